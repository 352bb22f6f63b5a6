# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Options of Exim's main section, as `exim -bP` of Debian's 4.96 and 4.98 prints them."""

from __future__ import annotations

_SWITCHES = """
    accept_8bitmime allow_domain_literals allow_mx_to_ip allow_utf8_domains bounce_return_body
    bounce_return_message check_rfc2047_length commandline_checks_require_admin debug_store deliver_drop_privilege
    delivery_date_remove disable_ipv6 dkim_verify_minimal dns_csa_use_reverse drop_cr envelope_to_remove
    extract_addresses_remove_arguments gnutls_allow_auto_pkcs11 gnutls_compat_mode ignore_fromline_local
    ldap_start_tls local_from_check local_sender_retain log_timezone message_body_newlines message_logs
    move_frozen_messages mua_wrapper panic_coredump perl_at_start perl_taintmode prdr_enable preserve_message_logs
    print_topbitchars prod_requires_admin queue_fast_ramp queue_list_requires_admin queue_only
    queue_only_load_latch queue_only_override queue_run_in_order recipients_max_reject return_path_remove
    smtp_accept_keepalive smtp_check_spool_space smtp_enforce_sync smtp_etrn_serialize smtp_return_error_details
    split_spool_directory spool_wireformat strict_acl_vars strip_excess_angle_brackets strip_trailing_dot
    syslog_duplication syslog_pid syslog_timestamp tcp_nodelay tls_remember_esmtp write_rejectlog
"""
_OTHERS = """
    acl_not_smtp acl_not_smtp_mime acl_not_smtp_start acl_smtp_auth acl_smtp_connect acl_smtp_data
    acl_smtp_data_prdr acl_smtp_dkim acl_smtp_etrn acl_smtp_expn acl_smtp_helo acl_smtp_mail acl_smtp_mailauth
    acl_smtp_mime acl_smtp_notquit acl_smtp_predata acl_smtp_quit acl_smtp_rcpt acl_smtp_starttls acl_smtp_vrfy
    acl_smtp_wellknown add_environment admin_groups auth_advertise_hosts auto_thaw av_scanner bi_command
    bounce_message_file bounce_message_text bounce_return_linesize_limit bounce_return_size_limit
    bounce_sender_authentication callout_domain_negative_expire callout_domain_positive_expire
    callout_negative_expire callout_positive_expire callout_random_local_part check_log_inodes check_log_space
    check_spool_inodes check_spool_space chunking_advertise_hosts daemon_smtp_ports daemon_startup_retries
    daemon_startup_sleep delay_warning delay_warning_condition deliver_queue_load_max dkim_verify_hashes
    dkim_verify_keytypes dkim_verify_min_keysizes dkim_verify_signers dns_again_means_nonexist
    dns_check_names_pattern dns_cname_loops dns_csa_search_limit dns_dnssec_ok dns_ipv4_lookup dns_retrans
    dns_retry dns_trust_aa dns_use_edns0 dsn_advertise_hosts dsn_from errors_copy errors_reply_to event_action
    exim_group exim_path exim_user exim_version extra_local_interfaces finduser_retries freeze_tell gecos_name
    gecos_pattern header_line_maxsize header_maxsize headers_charset helo_accept_junk_hosts helo_allow_chars
    helo_lookup_domains helo_try_verify_hosts helo_verify_hosts hold_domains host_lookup host_lookup_order
    host_reject_connection hosts_connection_nolog hosts_proxy hosts_require_alpn hosts_require_helo
    hosts_treat_as_local ignore_bounce_errors_after ignore_fromline_hosts keep_environment keep_malformed
    ldap_ca_cert_dir ldap_ca_cert_file ldap_cert_file ldap_cert_key ldap_cipher_suite ldap_default_servers
    ldap_require_cert ldap_version limits_advertise_hosts local_from_prefix local_from_suffix local_interfaces
    local_scan_path local_scan_timeout localhost_number log_file_path log_selector lookup_open_max
    max_username_length message_body_visible message_id_header_domain message_id_header_text message_size_limit
    mysql_servers never_users notifier_socket openssl_options percent_hack_domains perl_startup pgsql_servers
    pid_file_path pipelining_advertise_hosts pipelining_connect_advertise_hosts primary_hostname process_log_path
    proxy_protocol_timeout qualify_domain qualify_recipient queue_domains queue_only_file queue_only_load
    queue_run_max queue_smtp_domains receive_timeout received_header_text received_headers_max
    recipient_unqualified_hosts recipients_max remote_max_parallel remote_sort_domains retry_data_expire
    retry_interval_max rfc1413_hosts rfc1413_query_timeout sender_unqualified_hosts slow_lookup_log
    smtp_accept_max smtp_accept_max_nonmail smtp_accept_max_nonmail_hosts smtp_accept_max_per_connection
    smtp_accept_max_per_host smtp_accept_queue smtp_accept_queue_per_connection smtp_accept_reserve
    smtp_active_hostname smtp_backlog_monitor smtp_banner smtp_connect_backlog smtp_etrn_command smtp_load_reserve
    smtp_max_synprot_errors smtp_max_unknown_commands smtp_ratelimit_hosts smtp_ratelimit_mail smtp_ratelimit_rcpt
    smtp_receive_timeout smtp_reserve_hosts smtputf8_advertise_hosts spamd_address spf_guess
    spf_smtp_comment_template spool_directory sqlite_dbfile sqlite_lock_timeout syslog_facility syslog_processname
    system_filter system_filter_directory_transport system_filter_file_transport system_filter_group
    system_filter_pipe_transport system_filter_reply_transport system_filter_user timeout_frozen_after timezone
    tls_advertise_hosts tls_alpn tls_certificate tls_crl tls_dh_max_bits tls_dhparam tls_eccurve tls_ocsp_file
    tls_on_connect_ports tls_privatekey tls_require_ciphers tls_resumption_hosts tls_try_verify_hosts
    tls_verify_certificates tls_verify_hosts trusted_groups trusted_users unknown_login unknown_username
    untrusted_set_sender uucp_from_pattern uucp_from_sender warn_message_file wellknown_advertise_hosts
"""
# These are true or false.
BOOLEANS = frozenset(_SWITCHES.split())
OPTIONS = BOOLEANS | frozenset(_OTHERS.split())
