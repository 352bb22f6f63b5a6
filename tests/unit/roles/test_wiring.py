# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What each role of playbooks/site.yml is given: what the inventory says of it, or else what follows from another variable."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

CHECK = "listops.mailman.preflight"
ROOT = Path(__file__).resolve().parents[3]
SITE = yaml.safe_load((ROOT / "playbooks/site.yml").read_text(encoding="utf-8"))[0]
LEAST: dict[str, Any] = {"mailman_domains": ["lists.example.org", "old.example.org"], "mailman_lists": [{"name": "a"}]}
PRIVATE = [{"name": "a", "archive_policy": "private"}, {"name": "b@old.example.org"}]
OWN_HOSTS = ["lists.example.org", "old.example.org"]
LOOPBACK = ["127.0.0.1", "localhost"]

# What the inventory says beside LEAST, and what roles are given then.
GIVEN: list[tuple[dict[str, Any], dict[str, Any]]] = [
    (
        {},
        {
            "exim_mailman_lmtp_host": "127.0.0.1",
            "exim_mailman_lmtp_port": 8024,
            "_exim_all_private_lists": [],
            "_exim_all_closed_lists": [],
            "exim_spamd_address": "127.0.0.1 783",
            "mailman_spam_discard_score": 6.0,
            "mailman_web_https": True,
            "apache_server_name": "lists.example.org",
            "apache_list_domain": "lists.example.org",
            "apache_uwsgi_socket": "/run/mailman3-web/uwsgi.sock",
            "lists_mailman_engine": "mailman3",
            "lists_declared": [{"name": "a"}],
            "lists_domain": "lists.example.org",
            "exim_list_domains": ["lists.example.org", "old.example.org"],
            "_backup_site_keys": ["/var/lib/spamd"],
            "backup_mailman_database_names": ["mailman3", "mailman3web"],
        },
    ),
    (
        {"mailman_lmtp_host": "::1", "mailman_lmtp_port": 8025},
        {"exim_mailman_lmtp_host": "::1", "exim_mailman_lmtp_port": 8025},
    ),
    ({"mailman_lmtp_port": 8025, "exim_mailman_lmtp_port": 8026}, {"exim_mailman_lmtp_port": 8026}),
    (
        {"spamassassin_listen_address": "127.0.0.2", "spamassassin_port": 784},
        {"exim_spamd_address": "127.0.0.2 784"},
    ),
    ({"spamassassin_port": 784, "exim_spamd_address": "192.0.2.1 783"}, {"exim_spamd_address": "192.0.2.1 783"}),
    ({"exim_spam_score_limit": 4}, {"mailman_spam_discard_score": 4}),
    ({"exim_spam_score_limit": 4, "mailman_spam_discard_score": 8}, {"mailman_spam_discard_score": 8}),
    ({"apache_tls": "off"}, {"mailman_web_https": False}),
    ({"apache_tls": False}, {"mailman_web_https": False}),
    ({"apache_tls": "files"}, {"mailman_web_https": True}),
    ({}, {"acme_enabled": False, "exim_tls_acme": False, "acme_names": ["lists.example.org"]}),
    (
        {"apache_tls": "acme", "apache_server_aliases": ["b.example.org"], "exim_primary_hostname": "mx.example.org"},
        {
            "acme_enabled": True,
            "mailman_web_https": True,
            "exim_tls_acme": True,
            "_exim_certificate": "/etc/listops/certificate.pem",
            "_exim_private_key": "/etc/listops/certificate.pem",
            "_apache_certificate": "/etc/listops/certificate.pem",
            "_apache_key": "/etc/listops/certificate.pem",
            "acme_names": ["lists.example.org", "b.example.org", "mx.example.org"],
            "_backup_site_keys": ["/etc/letsencrypt", "/var/lib/spamd"],
        },
    ),
    # what the inventory names wins
    (
        {"apache_tls": "acme", "exim_tls_certificate": "/a.pem", "exim_tls_private_key": "/a.key"},
        {"exim_tls_acme": False, "_exim_certificate": "/a.pem", "_exim_private_key": "/a.key"},
    ),
    # TLS ends elsewhere
    ({"apache_tls": "off", "mailman_web_https": True}, {"mailman_web_https": True}),
    (
        {"mailman_web_domain": "www.example.org", "mailman_web_socket": "/run/a/b.sock"},
        {
            "apache_server_name": "www.example.org",
            "apache_list_domain": "lists.example.org",
            "apache_uwsgi_socket": "/run/a/b.sock",
        },
    ),
    (
        {"mailman_web_domain": "www.example.org", "apache_server_name": "pages.example.org"},
        {"apache_server_name": "pages.example.org"},
    ),
    (
        {"mailman_lists": [{"name": "a", "state": "disabled"}], "exim_closed_lists": ["z@lists.example.org"]},
        {"_exim_all_closed_lists": ["a@lists.example.org", "z@lists.example.org"]},
    ),
    ({"mailman_lists": PRIVATE}, {"_exim_all_private_lists": ["a@lists.example.org"]}),
    (
        {"mailman_lists": PRIVATE, "mailman_list_defaults": {"archive_policy": "private"}},
        {"_exim_all_private_lists": ["a@lists.example.org", "b@old.example.org"]},
    ),
    (
        # none of those is left out by naming another
        {"mailman_lists": PRIVATE, "exim_private_lists": ["z@lists.example.org"]},
        {"_exim_all_private_lists": ["a@lists.example.org", "z@lists.example.org"]},
    ),
    (
        {
            "mailman_engine": "mailman21",
            "mailman_prefix": "/opt/mailman",
            "mailman_database": "postgresql",
            "mailman_database_name": "core",
        },
        {
            "exim_mailman_engine": "mailman21",
            "apache_mailman_engine": "mailman21",
            "lists_mailman_engine": "mailman21",
            "overview_mailman_engine": "mailman21",
            "backup_mailman_engine": "mailman21",
            "lists_mailman_prefix": "/opt/mailman",
            "overview_mailman_prefix": "/opt/mailman",
            "backup_mailman_database": "postgresql",
            "backup_mailman_database_names": ["core", "mailman3web"],
        },
    ),
    ({"apache_server_aliases": ["b.example.org"]}, {"hosts": [*OWN_HOSTS, "b.example.org", *LOOPBACK]}),
    (
        {"apache_server_aliases": ["b.example.org"], "mailman_web_allowed_hosts": ["c.example.org"]},
        {"hosts": [*OWN_HOSTS, "c.example.org", "b.example.org", *LOOPBACK]},
    ),
    # what a role is given wins over what it would be given
    ({"mailman_engine": "mailman21", "lists_mailman_engine": "auto"}, {"lists_mailman_engine": "auto"}),
    ({"exim_list_domains": ["c.example.org"]}, {"exim_list_domains": ["c.example.org"]}),
    ({"mailman_user": "mm", "exim_mailman_user": "x"}, {"exim_mailman_user": "x", "lists_mailman_user": "mm"}),
    ({}, {"overview_page": "/var/www/lists/overview/index.html"}),
    ({"apache_document_root": "/srv/www"}, {"overview_page": "/srv/www/overview/index.html"}),
    ({"apache_document_root": "/srv/www", "overview_page": "/srv/x.html"}, {"overview_page": "/srv/x.html"}),
    ({"spamassassin_home": "/srv/spamd"}, {"_backup_site_keys": ["/srv/spamd"]}),
    (
        {
            "mailman_lists": [{"name": "new", "renamed_from": "old"}],
            "mailman_list_defaults": {"domain": "old.example.org"},
        },
        {"exim_renamed_lists": [{"from": "old@old.example.org", "to": "new@old.example.org", "archives": "follow"}]},
    ),
    (
        {
            "exim_tls_certificate": "/etc/letsencrypt/live/a/fullchain.pem",
            "apache_tls_key": "/etc/letsencrypt/live/a/privkey.pem",
            "exim_dkim_private_key_path": "/etc/exim4/dkim.key",
            "backup_keys": ["/root/key"],
        },
        {
            "_backup_site_keys": ["/etc/letsencrypt", "/etc/exim4/dkim.key", "/etc/letsencrypt", "/var/lib/spamd"],
            "backup_keys": ["/root/key"],
        },
    ),
]
# Combinations that the playbook refuses before the first role, and the sentences.
SMTP = "among them, since Mailman sends there, or another mailman_smtp_host."
LONE = "give a list that mailman_lists declares or {host} has, else its readers are locked out of its archive."
REMOTE = {
    "mailman_database": "postgresql",
    "mailman_postgresql_local": False,
    "mailman_database_password": "x",
    "mailman_web_database_password": "x",
}
REFUSED: list[tuple[dict[str, Any], str]] = [
    ({}, ""),
    ({"mailman_web_path": ""}, 'mailman_web_path is "": give /mailman3, which the apache role serves.'),
    ({"mailman_web_path": "/mailman", "mailman_engine": "mailman21"}, ""),
    (
        REMOTE,
        "backup_databases is missing: give the two databases of Mailman, with host, user and password,"
        " as mailman_postgresql_local is false.",
    ),
    ({**REMOTE, "backup_databases": []}, ""),
    ({"mailman_database": "postgresql"}, ""),
    ({"mailman_postgresql_local": False}, ""),
    (
        {"exim_local_interfaces": ["192.0.2.25"]},
        f'exim_local_interfaces is ["192.0.2.25"]: give 127.0.0.1 {SMTP}',
    ),
    ({"exim_local_interfaces": ["192.0.2.25", "127.0.0.1"], "exim_smtp_ports": [25, 587]}, ""),
    ({"exim_local_interfaces": ["0.0.0.0"], "mailman_smtp_host": "localhost"}, ""),
    ({"exim_smtp_ports": [587], "exim_local_interfaces": []}, f"exim_smtp_ports is [587]: give 25 {SMTP}"),
    ({"exim_local_interfaces": ["192.0.2.25"], "mailman_smtp_host": "192.0.2.25"}, ""),
    (
        {"apache_digest_archives": [{"list": "a"}, {"list": "a-l"}, {"list": "b@old.example.org"}]},
        f'apache_digest_archives is "a-l@lists.example.org": {LONE}\napache_digest_archives is "b@old.example.org": {LONE}',
    ),
    ({"apache_digest_archives": [{"list": "A@lists.example.org"}]}, ""),
    (
        {"apache_digest_archives": [{"list": "a"}], "apache_list_domain": "old.example.org"},
        f'apache_digest_archives is "a@old.example.org": {LONE}',
    ),
    (
        {
            "apache_digest_archives": [{"list": "a@old.example.org"}],
            "mailman_list_defaults": {"domain": "old.example.org"},
        },
        "",
    ),
]


@pytest.fixture(scope="module")
def said(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Of each case, which is a host of its own, what roles are given, or the sentences; in one playbook."""
    folder = tmp_path_factory.mktemp("site")
    cases = [given for given, _wanted in [*GIVEN, *REFUSED]]
    hosts = {f"case{number}": {**LEAST, **given} for number, given in enumerate(cases)}
    inventory = folder / "hosts.json"
    local = {"ansible_connection": "local", "ansible_python_interpreter": sys.executable}
    inventory.write_text(json.dumps({"all": {"hosts": hosts, "vars": local}}), encoding="utf-8")
    names = dict.fromkeys(name for _given, wanted in GIVEN for name in wanted)
    look: dict[str, Any] = {name: f"{{{{ {name} }}}}" for name in names}
    look["hosts"] = "{{ _mailman_web_config.ALLOWED_HOSTS }}"
    (check,) = [task for task in SITE["pre_tasks"] if CHECK in task]
    refuse = {**check, "ignore_errors": True, "tags": ["show"]}
    shown: list[dict[str, Any]] = [{"ansible.builtin.debug": {"msg": look}, "tags": ["show"]}, refuse]
    # defaults of roles are there; nothing of them runs
    roles = []
    for task in SITE["tasks"]:
        assert list(task) == ["name", "ansible.builtin.import_role", "tags"]
        assert list(task["ansible.builtin.import_role"]) == ["name", "rolespec_validate"]
        roles.append({"role": task["ansible.builtin.import_role"]["name"], "tags": ["never"]})
    playbook = folder / "play.json"
    playbook.write_text(
        json.dumps([{"hosts": "all", "gather_facts": False, "roles": roles, "tasks": shown}]), encoding="utf-8"
    )
    done = subprocess.run(
        [
            Path(sys.executable).parent / "ansible-playbook",
            f"--inventory={inventory}",
            "--tags=show",
            "--skip-tags=always",
            playbook,
        ],
        cwd=ROOT,
        env={**os.environ, "ANSIBLE_STDOUT_CALLBACK": "ansible.posix.json", "ANSIBLE_JINJA2_NATIVE": "true"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    tasks = json.loads(done.stdout[done.stdout.index("{") :])["plays"][0]["tasks"]
    given: dict[str, Any] = {}
    for host in hosts:
        answers = [task["hosts"][host] for task in tasks if host in task["hosts"]]
        given[host] = {
            name: value
            for answer in answers
            for name, value in (answer["msg"] if isinstance(answer.get("msg"), dict) else {}).items()
        }
        given[host]["refused"] = " ".join(answer["msg"] for answer in answers if answer.get("failed"))
    return given


@pytest.mark.parametrize("number", range(len(GIVEN)), ids=["-".join(given) or "least" for given, _wanted in GIVEN])
def test_what_roles_are_given(said: dict[str, Any], number: int) -> None:
    wanted = GIVEN[number][1]
    assert {name: said[f"case{number}"][name] for name in wanted} == wanted


@pytest.mark.parametrize("number", range(len(REFUSED)), ids=["-".join(given) or "least" for given, _said in REFUSED])
def test_what_is_refused(said: dict[str, Any], number: int) -> None:
    host = f"case{len(GIVEN) + number}"
    assert said[host]["refused"] == REFUSED[number][1].replace("{host}", host)
