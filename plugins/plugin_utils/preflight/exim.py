# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rules for the variables of the exim role. Pure."""

from __future__ import annotations

import re
from typing import Any, Iterator

from ansible_collections.listops.mailman.plugins.plugin_utils.preflight.exim_options import BOOLEANS, OPTIONS
from ansible_collections.listops.mailman.plugins.plugin_utils.preflight.given import Given
from ansible_collections.listops.mailman.plugins.plugin_utils.preflight.kinds import (
    DOMAIN,
    HOST_NAME,
    HOST_PORT,
    NETWORK,
    PORT,
    RENAMED,
    By,
    Fields,
    Kind,
    ListOf,
    MapOf,
    Refusal,
    Rule,
    number,
    or_empty,
    pattern,
)

_SIZE = pattern("[0-9]+[KMG]?", "a number with an optional K, M or G, such as 50M")
_RATE = pattern("[1-9][0-9]* / ([1-9][0-9]*[smhdw])+", "a number from 1 and a time, such as 40 / 1d")
_HOSTS = ListOf(
    Kind(
        NETWORK.accepted + "; a network /0 would be the whole world",
        lambda value: NETWORK.accepts(value) and not re.search("/0+$", value),
    )
)


def _plain(name: object) -> str:
    """An option's name without the `no_` of a switch."""
    return re.sub("^not?_", "", str(name)) if re.sub("^not?_", "", str(name)) in BOOLEANS else str(name)


_LIST_NAMES = ListOf(
    pattern(
        "[a-z0-9_][a-z0-9_.+=-]*(@[a-z0-9.-]+)?",
        "a lower-case list name, such as internal-l or internal-l@lists.example.org",
    )
)

# Options of Exim's main section that have a variable, or that the role sets itself.
ELSEWHERE = {
    "av_scanner": "",
    "acl_smtp_data": "",
    "acl_smtp_rcpt": "",
    "daemon_smtp_ports": "exim_smtp_ports",
    "local_interfaces": "exim_local_interfaces",
    "message_size_limit": "exim_message_size_limit",
    "never_users": "",
    "primary_hostname": "exim_primary_hostname",
    "qualify_domain": "exim_qualify_domain",
    "qualify_recipient": "exim_primary_hostname",
    "remote_max_parallel": "exim_remote_max_parallel",
    "smtp_accept_max": "exim_smtp_accept_max",
    "smtp_accept_max_per_host": "exim_smtp_accept_max_per_host",
    "smtp_accept_queue_per_connection": "exim_smtp_accept_queue_per_connection",
    "smtp_accept_reserve": "exim_smtp_accept_reserve",
    "smtp_reserve_hosts": "exim_smtp_reserve_hosts",
    "spamd_address": "exim_spamd_address",
    "system_filter": "",
    "tls_advertise_hosts": "exim_tls_certificate",
    "tls_certificate": "exim_tls_certificate",
    "tls_privatekey": "exim_tls_private_key",
}


def _main_settings(key: str, value: Any) -> Iterator[Refusal]:
    for name, setting in value.items():
        part = '{0}["{1}"]'.format(key, name)
        if name in ELSEWHERE:
            where = ELSEWHERE[name]
            other = "{0} instead, a variable of its own" if where else "nothing here, since the role needs its own"
            yield Refusal(part, setting, other.format(where))
        elif _plain(name) not in OPTIONS:
            yield Refusal("a key of {0}".format(key), name, "an option of Exim's main section, such as smtp_banner")
        elif _plain(name) in BOOLEANS and str(setting).lower() not in ("true", "false", "yes", "no"):
            yield Refusal(part, setting, "true or false")
        elif "\n" in str(setting):
            yield Refusal(part, setting, "one line")


RULES: dict[str, Rule] = {
    "exim_list_domains": ListOf(DOMAIN, least=1),
    "exim_old_domains": ListOf(DOMAIN),
    "exim_system_domains": ListOf(
        Kind("@ (this host's name) or " + DOMAIN.accepted, lambda value: value == "@" or DOMAIN.accepts(value)),
        least=1,
    ),
    "exim_renamed_lists": ListOf(RENAMED),
    "exim_relay_to_domains": ListOf(DOMAIN),
    "exim_primary_hostname": or_empty(HOST_NAME),
    "exim_qualify_domain": or_empty(DOMAIN),
    "exim_dkim_domain": or_empty(DOMAIN),
    "exim_relay_from_hosts": _HOSTS,
    "exim_smtp_reserve_hosts": _HOSTS,
    "exim_local_interfaces": _HOSTS,
    "exim_ignore_target_hosts": _HOSTS,
    "exim_postmaster": pattern("[A-Za-z0-9._+=-]+(@[A-Za-z0-9.-]+)?", "one mail address or the name of a local user"),
    "exim_aliases": MapOf(
        pattern("[A-Za-z0-9._+-]+", "a local part, such as root"),
        pattern(
            r'[^\s|/"][^\n|"]*',
            "one line of addresses or local users, or :blackhole: to drop mail; files and programs are not delivered to",
        ),
    ),
    "exim_private_lists": _LIST_NAMES,
    "exim_closed_lists": _LIST_NAMES,
    "exim_message_size_limit": _SIZE,
    "exim_spam_scan_max_size": _SIZE,
    "exim_mailman_free_space": _SIZE,
    "exim_queue_interval": pattern("([0-9]+[smhd])+", "a time with its unit, such as 5m or 1h"),
    "exim_spam_score_limit": Kind("a score above 0, since ordinary mail scores around 0", lambda value: value > 0),
    "exim_spamd_address": pattern(
        r"[A-Za-z0-9.:-]+ [0-9]{1,5}|/\S+", "an address and a port, such as 127.0.0.1 783, or the path of a socket"
    ),
    "exim_smtp_accept_reserve": number(0),
    "exim_smtp_accept_max_per_host": number(1),
    "exim_commands_per_host": _RATE,
    "exim_commands_per_sender": _RATE,
    "exim_smtp_ports": ListOf(PORT, least=1),
    "exim_mailman_lmtp_port": PORT,
    "exim_smarthost": or_empty(HOST_PORT),
    "exim_smarthost_user": or_empty(
        pattern("[!-~\u00a0-\uffff]([ -~\u00a0-\uffff]*[!-~\u00a0-\uffff])?", "one line without spaces around it")
    ),
    "exim_smarthost_password": or_empty(
        pattern("[!-~\u00a0-\uffff]([ -~\u00a0-\uffff]*[!-~\u00a0-\uffff])?", "one line without spaces around it")
    ),
    "exim_routes": ListOf(
        Fields(
            {"domain": pattern(r"(\*\.)?[a-z0-9.-]+", "a lower-case domain, such as example.org"), "host": HOST_PORT}
        )
    ),
    "exim_dkim_selector": pattern("[A-Za-z0-9._-]*", "letters, digits and the characters . _ -"),
    "exim_dkim_private_key": or_empty(
        Kind(
            "a private key in PEM form (-----BEGIN PRIVATE KEY----- and so on)",
            lambda value: bool(re.match("-----BEGIN (RSA )?PRIVATE KEY-----\n", value.strip())),
        )
    ),
    "exim_main_settings": By("a dictionary of Exim's main options", _main_settings),
}


def together(given: Given) -> None:
    """Rules of several variables."""
    for name, others in (
        ("exim_old_domains", "exim_list_domains"),
        ("exim_system_domains", "exim_old_domains"),
    ):
        if given.fine(name, others):
            for domain in given[name]:
                if domain in given[others]:
                    given.refuse(name, "domains of which none is in {0}".format(others), [domain])
    if given.fine("exim_renamed_lists"):
        given.refuse_renamed_to_itself("exim_renamed_lists")
    _names(given)
    _limits(given)
    _smarthost(given)
    _files(given)


def _names(given: Given) -> None:
    if not given.fine("exim_primary_hostname", "exim_qualify_domain"):
        return
    name = given["exim_primary_hostname"]
    # With a shorter name, other mail servers refuse its greeting.
    if "." not in (name or given.host.get("fqdn", ".")):
        given.refuse(
            "exim_primary_hostname",
            "a full host name that is in DNS, such as mail.example.org"
            + ("" if name else ", since this host calls itself {0}".format(given.host["fqdn"])),
        )
    elif given["exim_qualify_domain"] and not name:
        given.refuse(
            "exim_primary_hostname",
            "a full host name, too, where exim_qualify_domain is set, since mail to users here, such as root, goes to it",
        )


def _limits(given: Given) -> None:
    if given.fine("exim_smtp_accept_reserve", "exim_smtp_accept_max"):
        most = given["exim_smtp_accept_max"]
        if given["exim_smtp_accept_reserve"] >= most:
            given.refuse(
                "exim_smtp_accept_reserve",
                "a number from 0 to below exim_smtp_accept_max, which is {0}".format(most),
            )


def _smarthost(given: Given) -> None:
    if not given.fine("exim_smarthost", "exim_smarthost_user", "exim_smarthost_password"):
        return
    host, user, password = (
        given[name] for name in ("exim_smarthost", "exim_smarthost_user", "exim_smarthost_password")
    )
    if bool(user) != bool(password) or (user and not host):
        given.refuse(
            "exim_smarthost_user",
            "exim_smarthost, exim_smarthost_user and exim_smarthost_password, or neither user nor password;"
            " exim_smarthost is {0}, exim_smarthost_password is {1}".format(
                "set" if host else "empty", "set" if password else "empty"
            ),
        )


def _files(given: Given) -> None:
    if given.fine("exim_tls_acme", "exim_tls_certificate") and given["exim_tls_acme"] and given["exim_tls_certificate"]:
        given.refuse("exim_tls_certificate", '"", as exim_tls_acme is true')
    if given.fine("exim_tls_certificate", "exim_tls_private_key") and bool(given["exim_tls_certificate"]) != bool(
        given["exim_tls_private_key"]
    ):
        unset = "exim_tls_private_key" if given["exim_tls_certificate"] else "exim_tls_certificate"
        given.refuse(unset, "both exim_tls_certificate and exim_tls_private_key, or leave both empty")
    dkim = ("exim_dkim_domain", "exim_dkim_selector", "exim_dkim_private_key_path")
    if given.fine(*dkim) and 0 < sum(bool(given[name]) for name in dkim) < len(dkim):
        for name in dkim:
            if not given[name]:
                given.refuse(name, "all of {0}, or leave all three empty".format(", ".join(dkim)))
    key, path = "exim_dkim_private_key", "exim_dkim_private_key_path"
    if given.fine(key, path) and given[key] and not given[path].startswith("/"):
        given.refuse(path, "the absolute path that {0} is written to".format(key))
