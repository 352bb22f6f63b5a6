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

ROOT = Path(__file__).resolve().parents[3]
GOOD: dict[str, dict[str, Any]] = {
    "exim": {"exim_list_domains": ["lists.example.org"]},
    "apache": {"apache_server_name": "lists.example.org", "apache_list_domain": "lists.example.org"},
    "spamassassin": {},
    "spool_tmpfs": {},
    "backup": {},
}
REFUSED: list[tuple[str, dict[str, Any], str]] = [
    ("exim", {"exim_list_domains": []}, "exim_list_domains is []: give at least one"),
    ("exim", {"exim_list_domains": ["Lists.example.org"]}, "give at least one lower-case domain name"),
    ("exim", {"exim_old_domains": ["lists.example.org"]}, "none of them in exim_list_domains"),
    ("exim", {"exim_relay_from_hosts": ["0.0.0.0/0"]}, "would serve the whole world"),
    ("exim", {"exim_private_lists": ["a b"]}, "exim_private_lists is ['a b']: give lower-case list names"),
    ("exim", {"exim_qualify_domain": "lists.example.org"}, "set exim_primary_hostname, too"),
    ("exim", {"exim_aliases": {"x": "|/bin/sh"}}, "files and programs are not delivered to"),
    ("exim", {"exim_spam_score_limit": 0}, "exim_spam_score_limit is 0: give a score above 0"),
    ("exim", {"exim_message_size_limit": "big"}, "exim_message_size_limit is 'big': give a number"),
    ("exim", {"exim_smtp_accept_reserve": 100}, "give a number from 0 to below exim_smtp_accept_max"),
    ("exim", {"exim_tls_certificate": "/x"}, "set both, or leave both empty"),
    ("exim", {"exim_dkim_domain": "example.org"}, "set all three, or leave all three empty"),
    ("exim", {"exim_main_settings": {"x": "a\nb"}}, "one line for each"),
    ("apache", {"apache_server_name": "lists_x"}, 'apache_server_name or apache_server_aliases has "lists_x"'),
    ("apache", {"apache_tls": "maybe"}, 'apache_tls is "maybe", it must be given, selfsigned or off'),
    ("apache", {"apache_tls": "given"}, "must be absolute paths on the host"),
    (
        "apache",
        {"apache_tls": "given", "apache_tls_certificate": "/no/cert", "apache_tls_key": "/no/key"},
        "but /no/cert of apache_tls_certificate and apache_tls_key does not exist",
    ),
    ("apache", {"apache_redirects": [{"from": "/", "to": "/x"}]}, "and not the whole site"),
    ("apache", {"apache_digest_archives": [{"list": "a/b"}]}, 'apache_digest_archives has list "a/b"'),
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
    ("spool_tmpfs", {"spool_tmpfs_before": ["exim4"]}, "give full names of units"),
    *(
        (
            "spool_tmpfs",
            {"spool_tmpfs_mounts": [{"path": path, "size": size, "owner": "root", "group": "root", "mode": "0750"}]},
            said,
        )
        for path, size, said in (
            ("/var/spool/x", "64", "has for /var/spool/x the size '64'"),
            ("/var/spool/x", "300%", "give a size such as 64m"),
            ("/var/../x", "64m", "give each directory once, as a plain absolute path"),
        )
    ),
    ("backup", {"backup_paths": ["etc"]}, 'has "etc": give an absolute path'),
    ("backup", {"backup_directory": "/var/lib"}, "give a directory that holds nothing else"),
    ("backup", {"backup_directory": "/home/backup/dumps"}, "and that is in none of /boot"),
    ("backup", {"backup_keep": 0}, "backup_keep is 0: give a number of 1 or more"),
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
        "which does not exist on",
    ),
]


@pytest.fixture(scope="module")
def said(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """What each preflight said, the good ones first; in one playbook on this machine, where it only looks."""
    cases = [(role, {}) for role in GOOD] + [(role, bad) for role, bad, _sentence in REFUSED]
    note = {"ansible.builtin.set_fact": {"said": "{{ said + [_said] }}"}}
    tasks = [
        {
            "block": [
                {
                    "ansible.builtin.include_role": {"name": f"listops.mailman.{role}", "tasks_from": "preflight"},
                    "vars": {**GOOD[role], **bad},
                },
                {**note, "vars": {"_said": "nothing"}},
            ],
            "rescue": [{**note, "vars": {"_said": SENTENCE}}],
        }
        for role, bad in cases
    ]
    end = {"ansible.builtin.debug": {"msg": "{{ said | to_json }}"}}
    play = {
        "hosts": "localhost",
        "connection": "local",
        "vars": {"said": [], "ansible_python_interpreter": sys.executable},
        "tasks": [*tasks, end],
    }
    path = tmp_path_factory.mktemp("preflight") / "play.json"
    path.write_text(json.dumps([play]), encoding="utf-8")
    program = Path(sys.executable).parent / "ansible-playbook"
    env = {**os.environ, "ANSIBLE_STDOUT_CALLBACK": "ansible.builtin.default", "ANSIBLE_NOCOLOR": "1"}
    done = subprocess.run(
        [program, "--inventory=localhost,", path], cwd=ROOT, env=env, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    found: list[str] = json.loads(json.loads("{" + done.stdout.rpartition("=> {")[2].partition("\n}")[0] + "}")["msg"])
    return found


# Of a loop, what its first failed round said.
SENTENCE = (
    "{{ (ansible_failed_result.results | default([ansible_failed_result]) | selectattr('failed', 'true'))[0].msg }}"
)


def test_nothing_is_said_of_what_is_good(said: list[str]) -> None:
    assert said[: len(GOOD)] == ["nothing"] * len(GOOD)


@pytest.mark.parametrize(
    "number", range(len(REFUSED)), ids=[f"{role}-{'-'.join(bad)}" for role, bad, _sentence in REFUSED]
)
def test_what_is_refused(said: list[str], number: int) -> None:
    assert REFUSED[number][2] in said[len(GOOD) + number]
