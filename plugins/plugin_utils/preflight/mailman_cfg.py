# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Sections and keys of mailman.cfg, as the schema.cfg of Mailman 3.3.8 and 3.3.10 has them."""

from __future__ import annotations

# A key with `:bool` is a switch, one with `:int` a number.
_SCHEMA = {
    "mailman": """
        site_owner noreply_address default_language sender_headers anonymous_list_keep_headers
        email_commands_max_lines:int pending_request_life moderator_request_life cache_life run_tasks_every
        layout filtered_messages_are_preservable:bool html_to_plain_text_command filter_report:bool
        listname_chars hold_digest:bool masthead_threshold:int check_max_size_on_filtered_message:bool pre_hook
        post_hook dsn_lifetime
    """,
    "plugin.master": """
        class enabled:bool configuration component_package
    """,
    "shell": """
        prompt banner use_ipython:bool history_file
    """,
    "paths.master": """
        var_dir queue_dir bin_dir list_data_dir log_dir lock_dir data_dir cache_dir etc_dir ext_dir messages_dir
        archive_dir template_dir pid_file lock_file
    """,
    "devmode": """
        enabled:bool recipient testing:bool wait
    """,
    "passwords": """
        configuration password_length:int
    """,
    "runner.master": """
        class path instances:int start:bool max_restarts:int sleep_time
    """,
    "database": """
        class url debug:bool
    """,
    "logging.template": """
        format datefmt propagate:bool level path
    """,
    "webservice": """
        hostname port:int use_https:bool show_tracebacks:bool api_version admin_user admin_pass workers:int
        configuration
    """,
    "language.master": """
        description charset enabled:bool
    """,
    "ARC": """
        enabled:bool dmarc:bool dkim:bool authserv_id trusted_authserv_ids privkey selector domain sig_headers
    """,
    "antispam": """
        header_checks jump_chain
    """,
    "mta": """
        incoming outgoing smtp_host smtp_port:int smtp_user smtp_pass smtp_secure_mode smtp_verify_cert:bool
        smtp_verify_hostname:bool lmtp_host lmtp_port:int max_recipients:int max_sessions_per_connection:int
        max_delivery_threads:int delivery_retry_period verp_delimiter verp_format verp_confirm_format verp_regexp
        verp_confirm_regexp verp_confirmations:bool verp_personalized_deliveries:bool verp_delivery_interval:int
        verp_probe_format verp_probe_regexp verp_probes:bool max_autoresponses_per_day:int
        remove_dkim_headers:bool configuration
    """,
    "bounces": """
        register_bounces_every
    """,
    "archiver.master": """
        class enable:bool configuration clobber_date clobber_skew
    """,
    "styles": """
        default
    """,
    "digests": """
        mime_digest_keep_headers plain_digest_keep_headers
    """,
    "nntp": """
        user password host port remove_headers rewrite_duplicate_headers gatenews_every
    """,
    "dmarc": """
        resolver_timeout resolver_lifetime org_domain_data_url cache_lifetime
    """,
    "urlpatterns": """
        mailinglist held_message pending_subscriptions pending_unsubscriptions domain
    """,
}
# Sections of which there may be several, such as `runner.archive`, have the keys of one.
_SEVERAL = {"logging": "logging.template"}

KEYS = {section: dict(key.partition(":")[::2] for key in keys.split()) for section, keys in _SCHEMA.items()}


def keys_of(section: str) -> dict[str, str] | None:
    """The keys of a section and their kinds, None where Mailman has no such section."""
    family, dot, _name = section.partition(".")
    return KEYS.get(_SEVERAL.get(family, family + ".master")) if dot else KEYS.get(section)
