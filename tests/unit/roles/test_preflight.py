# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What roles say before anything is touched: one sentence that names the variable, its value and what is accepted."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[3]
GOOD: dict[str, dict[str, Any]] = {
    "acme": {},
    # this machine may have no full name
    "exim": {"exim_list_domains": ["lists.example.org"], "exim_primary_hostname": "mail.example.org"},
    "apache": {"apache_server_name": "lists.example.org", "apache_list_domain": "lists.example.org"},
    "spamassassin": {},
    "spool_tmpfs": {},
    "backup": {},
    "housekeeping": {},
    "mailman": {"mailman_domains": ["lists.example.org"]},
    "platform": {},
    "migrate": {},
    # whatever is installed where this runs
    "lists": {"lists_mailman_engine": "mailman3", "lists_mailman_command": "/no/mailman"},
}
NAMING = {"rules": [{"pattern": ".*-l", "explanation": "lists end in -l"}], "exceptions": ["old"]}
MAILMAN21 = {"mailman_engine": "mailman21"}
# Tasks that loop over so many would take minutes.
MANY = 5000
MIGRATED = {"from": "old", "to": "new@lists.example.org"}
RENAMED = {"from": "old@lists.example.org", "to": "new@lists.example.org"}


def on(distribution: str, version: str, release: str) -> dict[str, Any]:
    """As if the host were another than the machine on which this runs."""
    return {"facts": {"distribution": distribution, "version": version, "release": release}}


BULLSEYE = on("Debian", "11.11", "bullseye")
# In the place of a Mailman 2.1, whose Python is not here: the first line of its mailmanctl.
INTERPRETERS = {
    "2.1.15": '#! /usr/bin/printf {"version":"2.1.15"}',
    "2.1.18-1": '#! /usr/bin/printf {"version":"2.1.18-1","user":"list"}',
    "other-user": '#! /usr/bin/printf {"version":"2.1.39","user":"mailman"}',
    "orphan": "#! /no/python2.7 -S",
}
# Of a role its preflight, or role/tasks; what is not refused, if barely.
ACCEPTED: list[tuple[str, dict[str, Any]]] = [
    ("migrate", {"migrate_announce": ["owners", "subscribers"], "migrate_announce_owners": "Subject: $lists\n\n$$5\n"}),
    *((role, {}) for role in GOOD),
    *(("platform/main", on("Debian", version, "")) for version in ("11.11", "12.0", "13")),
    ("mailman", {**BULLSEYE, **MAILMAN21}),
    (
        "mailman",
        {
            "mailman_domains": ["1.example.org", "lists-2"],
            "mailman_web_allowed_hosts": ["xn--mller-kva.example.org"],
            "mailman_site_owner": "a.b+c@EXAMPLE.org",
            "mailman_admin_name": "",
            "mailman_noreply_name": "no-reply.2",
            "mailman_web_path": "",
            "mailman_web_socket": "/run/mailman3-web/a.sock",
            "mailman_rest_password": """!"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~""",
            "mailman_rest_host": "localhost",
            "mailman_smtp_port": "65535",
            "mailman_web_processes": 1000,
            "mailman_web_mails_per_client": "1",
            "mailman_settings": {
                "mailman": {"cache_life": "7d"},
                "mta": {"max_delivery_threads": 0, "verp_probes": True},
            },
            "mailman_web_settings": {"DEBUG": False, "Q_9": {"a": ["b"]}},
            "mailman_start_after": [],
            # Mailman 2.1's
            "mailman_spam_discard_score": 99,
        },
    ),
    ("mailman", {"mailman_database": "postgresql", "mailman_database_port": 1}),
    (
        "exim",
        {
            "exim_smarthost": "mx.example.net:587",
            "exim_smarthost_user": "a:b^c",
            "exim_smarthost_password": """ä$^:;{}"'\\ x""",
            "exim_long_lines": "accept",
        },
    ),
    (
        "mailman",
        {
            **MAILMAN21,
            "mailman_prefix": "/opt/mailman-2.1",
            "mailman_web_path": "/cgi-bin/mailman",
            "mailman_start_after": ["postfix@-.service"],
            "mailman_spam_discard_score": 50,
            "mailman_subscribe_form_secret": "12345",
            "mailman_mm_cfg": {"VERP_PROBES": True},
            "mailman_cron_jobs": {"checkdbs": "*/5,59 0-23/2 31 JAN,12  mon-7", "disabled": "@daily"},
            # Mailman 3's
            "mailman_rest_password": "two words",
        },
    ),
    (
        "apache",
        {
            "apache_redirects": [
                {"from": f"/pipermail/list-{number}", "to": f"https://lists.example.org/{number}"}
                for number in range(MANY)
            ],
            "apache_renamed_lists": [
                {"from": f"former-{number}@lists.example.org", "to": "new@lists.example.org"} for number in range(MANY)
            ],
        },
    ),
    (
        "apache",
        {
            "apache_migrated_lists": [
                {"from": f"dev.ops+test_{number}", "to": f"new-{number}@lists.example.org"} for number in range(MANY)
            ]
        },
    ),
    # what stayed where it was has a guard of its own
    (
        "apache",
        {"apache_digest_archives": [{"list": "old"}], "apache_renamed_lists": [{**RENAMED, "archives": "stay"}]},
    ),
    # who has no password keeps his
    (
        "apache",
        {
            "apache_digest_archives": [
                {
                    "list": "a",
                    "users": [{"name": "b"}, {"name": "c", "password": "d"}],
                    "users_from": "/etc/apache2/a.htdigest",
                }
            ]
        },
    ),
    ("mailman/find21", {**MAILMAN21, "mailman_prefix": "{{ inventory_dir }}/2.1.18-1"}),
    (
        "lists",
        {
            "lists_domain": "LISTS.example.org",
            "lists_declared": [{"name": "Wikitech-l", "members": []}, {"name": "old@example.net", "state": "disabled"}],
            "lists_defaults": {"advertised": False, "owners": ["a@example.org"]},
            "lists_naming": NAMING,
            "lists_diff_limit": 0,
        },
    ),
]


# Values without their role, and what is said of them.
Refused = tuple[dict[str, Any], *tuple[str, ...]]


def each(value: Any, said: str, *names: str) -> Refused:
    """What is said of several variables at once."""
    return (dict.fromkeys(names, value), *(f"{name} {said}" for name in names))


REFUSED_BY_MAILMAN: list[Refused] = [
    each(
        "lists",
        'is "lists": give a list, such as ["lists"].',
        "mailman_domains",
        "mailman_web_allowed_hosts",
        "mailman_web_login_providers",
        "mailman_start_after",
    ),
    ({"mailman_domains": []}, "mailman_domains is []: give a list with at least one item, a lower-case domain name"),
    (
        {"mailman_domains": ["Lists.example.org"]},
        'mailman_domains[0] is "Lists.example.org": give a lower-case domain name',
    ),
    (
        {"mailman_web_domain": "https://example.org"},
        'mailman_web_domain is "https://example.org": give a lower-case host name',
    ),
    ({"mailman_web_allowed_hosts": ["*"]}, 'mailman_web_allowed_hosts[0] is "*": give a lower-case host name'),
    each(
        "root",
        'is "root": give a mail address that a person reads',
        "mailman_site_owner",
        "mailman_web_from_email",
        "mailman_web_server_email",
        "mailman_admin_email",
    ),
    ({"mailman_site_owner": "you@example.com"}, 'mailman_site_owner is "you@example.com": give a mail address'),
    (
        {
            "mailman_admin_name": "List Admin",
            "mailman_rest_user": "",
            "mailman_noreply_name": "noreply@lists.example.org",
            "mailman_web_path": "/mailman3/",
            "mailman_web_socket": "/run/uwsgi.sock",
        },
        'mailman_admin_name is "List Admin": give letters, digits and the characters @ . + - _, or "" for no administrator',
        'mailman_rest_user is "": give letters, digits and the characters . _ -.',
        'mailman_noreply_name is "noreply@lists.example.org": give the part of an address before the @',
        'mailman_web_path is "/mailman3/": give a path without a slash at its end',
        'mailman_web_socket is "/run/uwsgi.sock": give a file in /run/mailman3-web',
    ),
    each(None, "is null: give letters, digits", "mailman_admin_name", "mailman_rest_user"),
    each(
        "two words",
        'is not accepted: give printable ASCII without white space, in quotes, or "" to have one generated.',
        "mailman_rest_password",
        "mailman_archiver_key",
        "mailman_web_secret_key",
        "mailman_admin_password",
    ),
    (
        {"mailman_database": "postgresql", "mailman_database_password": 12345, "mailman_web_database_password": "grün"},
        "mailman_database_password is not accepted",
        "mailman_web_database_password is not accepted",
    ),
    (
        {"mailman_database": "postgresql", "mailman_postgresql_local": False, "mailman_database_password": "x"},
        'mailman_web_database_password is "": give the password of the database\'s user, as mailman_postgresql_local is false.',
    ),
    each("0.0.0.0", 'is "0.0.0.0": give a loopback address', "mailman_rest_host", "mailman_lmtp_host"),
    each(
        65536,
        "is 65536: give a port number from 1 to 65535.",
        "mailman_smtp_port",
        "mailman_lmtp_port",
        "mailman_rest_port",
        "mailman_database_port",
        "mailman_web_loopback_port",
    ),
    (
        {"mailman_rest_port": "8024"},
        "mailman_rest_port is 8024: give three different ports in mailman_lmtp_port, mailman_rest_port",
    ),
    each(
        0,
        "is 0: give a number from 1 to 1000.",
        "mailman_smtp_max_recipients",
        "mailman_web_processes",
        "mailman_web_threads",
        "mailman_web_task_workers",
        "mailman_web_mails_per_client",
        "mailman_web_mails_per_address",
        "mailman_web_failed_logins",
    ),
    (
        {"mailman_settings": {"cache_life": "7d", "mta": {"a": ["b"]}, "shell": {"banner": None}, "[mailman]": {}}},
        *(
            f'a key of mailman_settings is "{name}": give a section of mailman.cfg'
            for name in ("cache_life", "[mailman]")
        ),
        'a key of mailman_settings["mta"] is "a": give one of incoming, outgoing',
        'mailman_settings["shell"]["banner"] is null: give a plain value.',
    ),
    (
        {
            "mailman_settings": {
                "webservice": {"admin_pass": "x", "hostname": "0.0.0.0"},
                "mta": {"lmtp_port": 25},
                "database": {"url": "x"},
            }
        },
        *(
            f'mailman_settings["webservice"]["{name}"] is not accepted: give the variables mailman_rest_..., which'
            for name in ("admin_pass", "hostname")
        ),
        'mailman_settings["mta"]["lmtp_port"] is not accepted: give the variables mailman_lmtp_..., which',
        'mailman_settings["database"]["url"] is not accepted: give the variables mailman_database_..., which',
    ),
    *(
        ({"mailman_web_settings": {name: "x"}}, f'a key of mailman_web_settings is "{name}": give {accepted}')
        for name, accepted in (("Debug", "the name of a Django setting"), ("SECRET_KEY", "no database and no secret"))
    ),
    ({"mailman_start_after": ["exim4"]}, 'mailman_start_after[0] is "exim4": give the full name of a unit'),
]
REFUSED_WITH_MAILMAN21: list[Refused] = [
    ({"mailman_subscribe_form_secret": 12345}, "mailman_subscribe_form_secret is not accepted"),
    *(
        ({"mailman_user": name}, f'mailman_user is "{name}": give a system name other than root')
        for name in ("root", "", "a b", "-list")
    ),
    (
        {"mailman_prefix": "/opt/mailman/"},
        'mailman_prefix is "/opt/mailman/": give an absolute path, or "", as mailman_engine is',
    ),
    (
        {"mailman_web_path": "/mailman3"},
        'mailman_web_path is "/mailman3": give /mailman or /cgi-bin/mailman, as mailman_engine is',
    ),
    ({"mailman_spam_discard_score": 51}, "mailman_spam_discard_score is 51: give a number from 0 to 50"),
    *(
        ({"mailman_mm_cfg": {name: "x"}}, f'a key of mailman_mm_cfg is "{name}": give {accepted}')
        for name, accepted in (
            ("verp_probes", "the name of a setting of Defaults.py"),
            ("SUBSCRIBE_FORM_SECRET", "mailman_subscribe_form_secret instead"),
        )
    ),
    *(
        (
            {"mailman_cron_jobs": {name: time}},
            f'mailman_cron_jobs["{name}"] is {json.dumps(time)}: give five fields as in crontab',
        )
        for name, time in (("checkdbs", "daily"), ("disabled", "0 24 * * *"), ("gate_news", None))
    ),
    ({"mailman_cron_jobs": {"cron/x": "@daily"}}, 'a key of mailman_cron_jobs is "cron/x": give a program of'),
]
REFUSED_BY_LISTS: list[Refused] = [
    ({"lists_undeclared": "delete"}, "lists_undeclared must be one of: report, remove, got: delete"),
    ({"lists_mailman_engine": "mailman2"}, "lists_mailman_engine must be one of: auto, mailman3, mailman21, got:"),
    ({"lists_domain": "https://example.org"}, 'lists_domain is "https://example.org": give a lower-case domain name'),
    ({"lists_diff_limit": -1}, "lists_diff_limit is -1: give a number of lines, 0 for no limit."),
    ({"lists_defaults": {"members": []}}, "lists_defaults: members belongs to one list: give it in an entry"),
    (
        {"lists_naming": {"rules": [{"pattern": "*-l", "explanation": "x"}]}},
        "naming.rules.pattern is '*-l': give a regular expression that compiles",
    ),
    *(
        ({"lists_declared": [entry], "lists_naming": NAMING, "lists_domain": "example.org"}, said)
        for entry, said in (
            ({"list": "a-l"}, "an entry of lists has no name, but list"),
            ({"name": "a l"}, "the list name is 'a l': give lower-case letters"),
            ({"name": "a"}, "list a@example.org: its name follows no rule of naming: give .*-l (lists end in -l)"),
            ({"name": "a-l", "owner": []}, "list a-l: 'owner' is not an option here"),
            ({"name": "a-l", "members": "a@example.org"}, "list a-l: members is 'a@example.org': give a list of"),
        )
    ),
]
REFUSED: list[tuple[str, *Refused]] = [
    (
        "migrate",
        {
            "migrate_announce": ["members"],
            "migrate_announce_from": "root",
            "migrate_announce_url": "https://lists.example.org/mailman3",
            "migrate_announce_subscribers": "Subject: moved\n\nDear $name\n",
            "migrate_announce_leave_out": ["archive"],
            "migrate_announce_rate": 0,
        },
        'migrate_announce[0] is "members": give owners or subscribers.',
        'migrate_announce_from is "root": give an e-mail address such as alice@example.org, or ""',
        'migrate_announce_url is "https://lists.example.org/mailman3": give an address such as https://lists.example.org,',
        "give a text with a first line `Subject: ...`, an empty line, and a message in which $ begins nothing but $lists $lost",
        'migrate_announce_leave_out[0] is "archive": give an e-mail address',
        "migrate_announce_rate is 0: give a number from 1.",
    ),
    *(
        (
            "platform/main",
            on(*found),
            f" is {found[0]} {found[1]} ({found[2]}): give a host with Debian 12 or 13, or 11 for",
        )
        for found in (
            ("Ubuntu", "24.04", "noble"),
            ("Ubuntu", "12.04", "precise"),
            ("Rocky", "9.5", "Blue Onyx"),
            ("Devuan", "12", "daedalus"),
            ("Debian", "10.13", "buster"),
            ("Debian", "14", "forky"),
            ("Debian", "n/a", "sid"),
        )
    ),
    # each of the others asks before it does anything
    *(
        (
            f"{role}/main",
            {**on("Rocky", "9.5", "Blue Onyx"), **given},
            "is Rocky 9.5 (Blue Onyx): give a host with Debian",
        )
        for role, given in (
            ("exim", {}),
            ("apache", {}),
            ("spamassassin", {}),
            ("spool_tmpfs", {}),
            ("mailman", MAILMAN21),
            ("backup", {}),
            ("housekeeping", {}),
        )
    ),
    (
        "mailman",
        BULLSEYE,
        'mailman_engine is "mailman3": give mailman21, or a host with Debian 12 or 13, since ',
        " is Debian 11.",
    ),
    ("exim", *each("x", 'is "x": give a list, such as ["x"].', "exim_list_domains", "exim_relay_from_hosts")),
    ("exim", {"exim_smtp_ports": 25}, "exim_smtp_ports is 25: give a list, such as [25]."),
    ("apache", *each("x", 'is "x": give a list', "apache_server_aliases", "apache_digest_archives")),
    ("spamassassin", *each("x", 'is "x": give a list', "spamassassin_allowed_ips", "spamassassin_update_channels")),
    ("spool_tmpfs", {"spool_tmpfs_before": "exim4.service"}, 'spool_tmpfs_before is "exim4.service": give a list'),
    ("backup", *each("/x", 'is "/x": give a list', "backup_paths", "backup_keys", "backup_excludes")),
    ("backup/main", {"backup_mailman_engine": "mailman2"}, "backup_mailman_engine must be one of: mailman3, mailman21"),
    (
        "exim",
        {"exim_list_domains": []},
        "exim_list_domains is []: give a list with at least one item, a lower-case domain name",
    ),
    (
        "exim",
        {"exim_list_domains": ["Lists.example.org"]},
        'exim_list_domains[0] is "Lists.example.org": give a lower-case domain name',
    ),
    (
        "exim",
        {"exim_old_domains": ["lists.example.org"]},
        'exim_old_domains is ["lists.example.org"]: give domains of which none is in exim_list_domains.',
    ),
    (
        "exim",
        {"exim_relay_from_hosts": ["0.0.0.0/0"]},
        'exim_relay_from_hosts[0] is "0.0.0.0/0": give an address or a network',
    ),
    ("exim", {"exim_smtp_accept_max_per_host": 0}, "exim_smtp_accept_max_per_host is 0: give a number from 1."),
    *(
        ("exim", {name: value}, f'{name} is "{value}": give a number from 1 and a time, such as 40 / 1d.')
        for name, value in (
            ("exim_commands_per_host", "0 / 1h"),
            ("exim_commands_per_host", "100"),
            ("exim_commands_per_sender", "40/1d/strict"),
            ("exim_commands_per_sender", "40 / day"),
        )
    ),
    (
        "exim",
        {"exim_mailman_free_space": "10%"},
        'exim_mailman_free_space is "10%": give a number with an optional K, M or G',
    ),
    ("exim", {"exim_private_lists": ["a b"]}, 'exim_private_lists[0] is "a b": give a lower-case list name'),
    (
        "exim",
        {"exim_closed_lists": ["Old@l.example.org"]},
        'exim_closed_lists[0] is "Old@l.example.org": give a lower-case list name',
    ),
    ("exim", {"exim_closed_lists": "old"}, "exim_closed_lists"),
    (
        "exim",
        {"exim_primary_hostname": "", "exim_qualify_domain": "lists.example.org"},
        # on a host without a full name that is said first
        "exim_primary_hostname",
    ),
    (
        "exim",
        {"exim_primary_hostname": "fermium"},
        'exim_primary_hostname is "fermium": give a full host name that is in DNS',
    ),
    *(
        ("exim", given, said)
        for given, said in (
            (
                {"exim_smarthost_user": "lists"},
                'exim_smarthost_user is "lists": give exim_smarthost, exim_smarthost_user and exim_smarthost_password',
            ),
            ({"exim_smarthost": "mx.example.net", "exim_smarthost_user": "lists"}, "exim_smarthost_password is empty"),
            (
                {"exim_smarthost": "mx.example.net", "exim_smarthost_user": "lists", "exim_smarthost_password": "a\nb"},
                "exim_smarthost_password is not accepted: give one line without spaces around it",
            ),
            (
                {"exim_smarthost_user": "lists", "exim_smarthost_password": "x"},
                "exim_smarthost is empty, exim_smarthost_password is set.",
            ),
            (
                {"exim_main_settings": {"av_scanner": "clamd:/run/x"}},
                'exim_main_settings["av_scanner"] is "clamd:/run/x": give nothing here, since the role needs its own.',
            ),
        )
    ),
    ("exim/main", {"exim_long_lines": "wrap"}, "exim_long_lines must be one of: refuse, accept, got: wrap"),
    ("exim", {"exim_aliases": {"x": "|/bin/sh"}}, "files and programs are not delivered to"),
    ("exim", {"exim_spam_score_limit": 0}, "exim_spam_score_limit is 0: give a score above 0"),
    ("exim", {"exim_message_size_limit": "big"}, 'exim_message_size_limit is "big": give a number'),
    ("exim", {"exim_smtp_accept_reserve": 100}, "give a number from 0 to below exim_smtp_accept_max"),
    (
        "exim",
        {"exim_tls_certificate": "/x"},
        'exim_tls_private_key is "": give both exim_tls_certificate and exim_tls_private_key, or leave both empty.',
    ),
    (
        "exim",
        {"exim_dkim_domain": "example.org"},
        'exim_dkim_selector is "": give all of exim_dkim_domain, exim_dkim_selector, exim_dkim_private_key_path',
    ),
    (
        "exim",
        {"exim_main_settings": {"smtp_banner": "a\nb"}},
        'exim_main_settings["smtp_banner"] is "a\\nb": give one line.',
    ),
    (
        "exim",
        {"exim_main_settings": {"message_size_limit": "20M"}},
        'exim_main_settings["message_size_limit"] is "20M": give exim_message_size_limit instead, a variable of its own.',
    ),
    ("exim", {"exim_main_settings": {"never_users": ""}}, 'exim_main_settings["never_users"] is "": give nothing here'),
    (
        "apache",
        {
            "apache_digest_archives": [{"list": "Old"}],
            "apache_renamed_lists": [RENAMED],
        },
        'apache_digest_archives[0].list is "old@lists.example.org": give its present name, new@lists.example.org.',
    ),
    ("apache", {"apache_server_name": "lists_x"}, 'apache_server_name is "lists_x": give a lower-case host name'),
    *(
        (
            "apache",
            {"apache_disabled_sites": [name]},
            f'apache_disabled_sites[0] is "{name}": give the name of another site in',
        )
        for name in ("mailman", "a/b", "../x")
    ),
    (
        "acme",
        {"acme_enabled": True},
        "acme_agree_tos is false: give true, if you agree to the terms of acme_server, as apache_tls is acme.",
    ),
    (
        "acme",
        {"acme_enabled": True, "acme_agree_tos": True, "acme_names": []},
        "acme_names is []: give a list with at least one item, a lower-case host name",
    ),
    (
        "exim",
        {"exim_tls_acme": True, "exim_tls_certificate": "/a", "exim_tls_private_key": "/b"},
        'exim_tls_certificate is "/a": give "", as exim_tls_acme is true.',
    ),
    ("apache", {"apache_tls": "maybe"}, 'apache_tls is "maybe": give acme, given, selfsigned or off.'),
    (
        "apache",
        {"apache_tls": "given"},
        'apache_tls_key is "": give an absolute path without blanks and quotes, as apache_tls is given.',
    ),
    (
        "apache",
        {"apache_tls": "given", "apache_tls_certificate": "/no/cert", "apache_tls_key": "/no/key"},
        'apache_tls_certificate is "/no/cert": give a file that is on ',
    ),
    (
        "apache",
        {"apache_digest_archives": [{"list": "a/b"}]},
        'apache_digest_archives[0].list is "a/b": give a list\'s name or address',
    ),
    (
        "apache",
        {"apache_digest_archives": [{"list": "a", "users_from": "a.htdigest"}]},
        'apache_digest_archives[0].users_from is "a.htdigest": give an absolute path without blanks and quotes',
    ),
    *(
        ("apache", {"apache_redirects": redirects, **engine}, said)
        for redirects, engine, said in (
            ([{"from": "/", "to": "/x"}], {}, '[0].from is "/": give a path on the site, such as'),
            ([{"from": "/a", "to": "/x"}, {"from": "/mailman3/", "to": "/x"}], {}, '[1].from is "/mailman3/": give'),
            ([{"from": "/pipermail//", "to": "/x"}], {"apache_mailman_engine": "mailman21"}, "not the whole site"),
            ([{"from": "/a b", "to": "/x"}, {"from": "c", "to": "/x"}], {}, '[0].from is "/a b": give'),
            ([{"from": "/a\n", "to": "/x"}], {}, r'[0].from is "/a\n": give'),
            ([{"from": "/a", "to": ""}], {}, '[0].to is "": give a path on the site, or an address with'),
            (
                [{"from": "/a", "to": "ftp://x"}, {"from": "/b", "to": "/x\n"}],
                {},
                r'apache_redirects[1].to is "/x\n": give',
            ),
            (
                [{"from": "/a", "to": "/x"}] * 2 + [{"from": "/b", "to": "/x"}],
                {},
                '[1].from is "/a": give each path once',
            ),
        )
    ),
    *(
        ("apache", {"apache_migrated_lists": [MIGRATED, {**MIGRATED, **given}], **engine}, said)
        for given, engine, said in (
            ({}, {}, 'apache_migrated_lists[1].from is "old": give each name once.'),
            (
                {"from": "Old"},
                {},
                'apache_migrated_lists[1].from is "Old": give the name of a list of Mailman 2.1 in lower',
            ),
            ({"from": "../old"}, {}, 'apache_migrated_lists[1].from is "../old": give the name of a list'),
            ({"from": "o d"}, {}, 'apache_migrated_lists[1].from is "o d": give the name of a list'),
            ({"from": "a", "to": "a"}, {}, 'apache_migrated_lists[1].to is "a": give a posting address in lower case'),
            (
                {"from": "a"},
                {"apache_mailman_engine": "mailman21"},
                'apache_migrated_lists is ["old", "a"]: give no list, as apache_mailman_engine is not mailman3.',
            ),
        )
    ),
    *(
        ("apache", {"apache_renamed_lists": [RENAMED, {"from": old, "to": new}]}, f"apache_renamed_lists[1]{said}")
        for old, new, said in (
            (
                "Old@lists.example.org",
                "new@lists.example.org",
                '.from is "Old@lists.example.org": give a posting address',
            ),
            ("old@lists.example.org", "old@lists.example.org", ' is {"from": "old@lists.example.org", "to": "old@'),
            ("old", "new@lists.example.org", '.from is "old": give a posting address in lower case'),
            ("o d@lists.example.org", "new@lists.example.org", '.from is "o d@lists.example.org": give'),
            ("old@lists.example.org", "new@lists.example.org x", '.to is "new@lists.example.org x": give'),
        )
    ),
    ("spamassassin", {"spamassassin_user": "root"}, 'spamassassin_user is "root": give a system name other than root'),
    ("spamassassin", {"spamassassin_listen_address": "all"}, 'spamassassin_listen_address is "all": give one IPv4'),
    ("spamassassin", {"spamassassin_nice": 20}, "spamassassin_nice is 20: give a number from -20 to 19"),
    ("spamassassin", {"spamassassin_home": "/var/lib"}, "give a directory that belongs to spamd alone"),
    ("spamassassin", {"spamassassin_update_on_calendar": "daily at 3"}, "give a time as systemd writes it"),
    ("spamassassin", {"spamassassin_settings": {"x": "a\nb"}}, "a value of one line"),
    (
        "spamassassin",
        {"spamassassin_settings": {"bayes_sql_password": "x"}},
        "every user of the host may read local.cf",
    ),
    (
        "spool_tmpfs",
        {"spool_tmpfs_before": ["exim4"]},
        'spool_tmpfs_before[0] is "exim4": give the full name of a unit',
    ),
    *(
        (
            "spool_tmpfs",
            {"spool_tmpfs_mounts": [{"path": path, "size": size, "owner": "root", "group": "root", "mode": "0750"}]},
            said,
        )
        for path, size, said in (
            ("/var/spool/x", "64", 'spool_tmpfs_mounts[0].size is "64": give a size such as 64m.'),
            ("/var/spool/x", "300%", "give a size such as 64m"),
            ("/var/../x", "64m", 'spool_tmpfs_mounts[0].path is "/var/../x": give a plain absolute path'),
            (
                "/var/spool",
                "64m",
                'spool_tmpfs_mounts[0].path is "/var/spool": give a plain absolute path such as /var/spool/exim4/db, outside of',
            ),
            ("/var/mail/x", "64m", "outside of what must outlive a boot, such as mail"),
            ("/var/spool/exim4/input", "64m", "outside of what must outlive a boot, such as mail"),
        )
    ),
    ("backup", {"backup_paths": ["etc"]}, 'backup_paths[0] is "etc": give an absolute path'),
    ("backup", {"backup_directory": "/var/lib"}, "give a directory that holds nothing else"),
    ("backup", {"backup_directory": "/home/backup/dumps"}, "and that is in none of /boot"),
    ("backup", {"backup_keep": 0}, "backup_keep is 0: give a number from 1."),
    ("backup", {"backup_on_calendar": "daily at 3"}, 'backup_on_calendar is "daily at 3": give a time'),
    ("backup", {"backup_bacula": True}, 'backup_bacula_director_name is ""'),
    (
        "backup",
        {
            "backup_bacula": True,
            "backup_bacula_director_name": "dir",
            "backup_bacula_director_password": "twelve-letters",
            "backup_bacula_tls": True,
            "backup_bacula_tls_certificate": "/no/cert",
            "backup_bacula_tls_key": "/no/key",
        },
        'backup_bacula_tls_key is "/no/key": give a file that is on ',
    ),
    *(("mailman", *refused) for refused in REFUSED_BY_MAILMAN),
    *(("mailman", {**MAILMAN21, **given}, *sentences) for given, *sentences in REFUSED_WITH_MAILMAN21),
    # Without a domain main goes no further.
    *(
        ("mailman/main", {"mailman_domains": [], **given}, sentence)
        for given, sentence in (
            ({"mailman_engine": "mailman2"}, "mailman_engine must be one of: mailman3, mailman21, got: mailman2"),
            ({"mailman_database": "postgres"}, "mailman_database must be one of: sqlite, postgresql, got: postgres"),
            ({"mailman_domains": None}, "argument 'mailman_domains' is of type"),
        )
    ),
    (
        "mailman/install",
        {"_mailman_host": {"missing_files": ["/usr/sbin/sendmail"], "missing_packages": []}},
        "This host has no mail server (/usr/sbin/sendmail): install Exim before Mailman",
    ),
    *(
        ("mailman/find21", {**MAILMAN21, "mailman_prefix": f"{{{{ inventory_dir }}}}/{name}"}, sentence)
        for name, sentence in (
            ("nothing", "has no package of it: give mailman_prefix, or install it in one of "),
            (
                "2.1.15",
                "/2.1.15 has Mailman 2.1.15, and mailman_engine is mailman21: give Mailman 2.1.18 or a later 2.1.",
            ),
            ("other-user", '/other-user runs as "mailman": give that one, if it is right.'),
            ("orphan", "/orphan does not run with /no/python2.7 -S: install the Python 2.7 of its Mailman 2.1"),
        )
    ),
    *(("lists", *refused) for refused in REFUSED_BY_LISTS),
]


def through_role(wanted: str) -> list[dict[str, Any]]:
    role, _slash, tasks = wanted.partition("/")
    # these have none: the specification and the module of lists refuse
    tasks_from = tasks or ("main" if role in ("lists", "platform") else "preflight")
    return [{"ansible.builtin.include_role": {"name": f"listops.mailman.{role}", "tasks_from": tasks_from}}]


def asked_alone(wanted: str) -> list[dict[str, Any]]:
    """A preflight that is one task, without the role around it: that takes half the time."""
    path = ROOT / "roles" / wanted / "tasks/preflight.yml"
    tasks = yaml.safe_load(path.read_text(encoding="utf-8")) if path.exists() else []
    return tasks if len(tasks) == 1 else through_role(wanted)


@pytest.fixture(scope="module")
def said(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """What is said of each case, the accepted ones first; in one playbook on this machine, where it only looks."""
    cases = [case[:2] for case in [*ACCEPTED, *REFUSED]]
    folder = tmp_path_factory.mktemp("preflight")
    for name, line in INTERPRETERS.items():
        path = folder / name / "bin/mailmanctl"
        path.parent.mkdir(parents=True)
        path.write_text(f"{line}\n", encoding="utf-8")
    # A host for each, so that the machine has more than one to do at a time.
    hosts = {f"case{number}": {**GOOD[name.partition("/")[0]], **given} for number, (name, given) in enumerate(cases)}
    shared = {"ansible_connection": "local", "ansible_python_interpreter": sys.executable}
    inventory = folder / "hosts.json"
    inventory.write_text(json.dumps({"all": {"hosts": hosts, "vars": shared}}), encoding="utf-8")
    pretend = {
        "distribution": "{{ facts.distribution }}",
        "distribution_version": "{{ facts.version }}",
        "distribution_major_version": "{{ facts.version.split('.') | first }}",
        "distribution_release": "{{ facts.release }}",
        "cacheable": True,
    }
    gather = {"ansible.builtin.setup": {"gather_subset": ["!all"]}}
    pretending = [host for host, given in hosts.items() if "facts" in given]
    plays: list[dict[str, Any]] = [
        # With run_once hosts share their facts: one that pretends has some of its own.
        {"hosts": [host for host in hosts if host not in pretending], "tasks": [{**gather, "run_once": True}]},
        {"hosts": pretending, "tasks": [gather, {"ansible.builtin.set_fact": pretend}]},
    ]
    for wanted in dict.fromkeys(name for name, _given in cases):
        chosen = [host for host, (name, _given) in zip(hosts, cases, strict=True) if name == wanted]
        accepted = [name for name, _given in ACCEPTED].count(wanted)
        for some, tasks in ((chosen[:accepted], through_role(wanted)), (chosen[accepted:], asked_alone(wanted))):
            look = {
                "block": [*tasks, {"ansible.builtin.set_fact": {"said": "nothing"}}],
                "rescue": [{"ansible.builtin.set_fact": {"said": SENTENCES}}],
                "check_mode": True,
                # Whoever runs this cannot become Mailman's user, whom there need not be.
                "vars": {"_mailman_21_as": ["env"]},
            }
            if some:
                plays.append({"hosts": some, "tasks": [look]})
    end = {"ansible.builtin.debug": {"msg": "{{ groups.all | map('extract', hostvars, 'said') | to_json }}"}}
    plays.append({"hosts": "all", "tasks": [{**end, "run_once": True}]})
    playbook = folder / "play.json"
    playbook.write_text(json.dumps([{**play, "gather_facts": False} for play in plays]), encoding="utf-8")
    program = Path(sys.executable).parent / "ansible-playbook"
    env = {**os.environ, "ANSIBLE_STDOUT_CALLBACK": "ansible.builtin.default", "ANSIBLE_NOCOLOR": "1"}
    done = subprocess.run(
        [program, f"--forks={os.cpu_count()}", f"--inventory={inventory}", playbook],
        cwd=ROOT,
        env=env,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    found: list[str] = json.loads(json.loads("{" + done.stdout.rpartition("=> {")[2].partition("\n}")[0] + "}")["msg"])
    return found


# Of a loop, what its failed rounds said.
SENTENCES = (
    "{{ ansible_failed_result.results | default([ansible_failed_result]) | selectattr('failed', 'true')"
    " | map(attribute='msg') | join(' ') }}"
)


def test_nothing_is_said_of_what_is_accepted(said: list[str]) -> None:
    assert said[: len(ACCEPTED)] == ["nothing"] * len(ACCEPTED)


@pytest.mark.parametrize(
    "number", range(len(REFUSED)), ids=[f"{name}-{'-'.join(given)}" for name, given, *_said in REFUSED]
)
def test_what_is_refused(said: list[str], number: int) -> None:
    for sentence in REFUSED[number][2:]:
        assert sentence in said[len(ACCEPTED) + number]


def test_roles_that_install_something_look_at_the_distribution_first() -> None:
    """Alone, too, and not only in the playbooks."""
    for role in sorted((ROOT / "roles").iterdir()):
        tasks = "".join(path.read_text(encoding="utf-8") for path in role.glob("tasks/*.yml"))
        if "ansible.builtin.apt:" in tasks:
            needs = yaml.safe_load((role / "meta/main.yml").read_text(encoding="utf-8"))["dependencies"]
            assert needs == [{"role": "listops.mailman.platform"}], role.name
