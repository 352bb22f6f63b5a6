# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import time
from typing import Any

from ansible_collections.listops.mailman.plugins.plugin_utils.adopt import host

LISTS = {"new@lists.example.org": {}}
FILES = {
    "/etc/mailman3/mailman.cfg": "[webservice]\nadmin_pass: hush\n[mta]\nsmtp_pass: hush\n",
    "/etc/exim4/exim4.conf": (
        "begin routers\na:\n  driver = redirect\n  domains = lists.example.org\n"
        "  data = ${lookup{$local_part}lsearch{/etc/exim4/aliases}}\n"
    ),
    "/etc/exim4/aliases": "old: new\n",
    "/etc/apache2/sites-enabled/a.conf": (
        "Redirect /mailman3/hyperkitty/list/old@lists.example.org /mailman3/hyperkitty/list/new@lists.example.org\n"
    ),
    "/etc/spamassassin/local.cf": "required_score 9\n",
}


def read(*, with_secrets: bool = True, packaged: tuple[str, ...] = (), engine: str = "mailman3") -> host.Host:
    found: dict[str, Any] = {
        "files": FILES,
        "packaged": packaged,
        "unread": {"/etc/aliases": "it is larger than 1024 KiB"},
        "digest_users": {},
        "archives": [],
        "mail_servers": [],
    }
    return host.read(found, engine, ["lists.example.org"], LISTS, with_secrets=with_secrets)


def test_all_services_together() -> None:
    found = read()
    assert found.renamed == {"new@lists.example.org": {"renamed_from": ["old"]}}
    assert found.variables["spamassassin_required_score"] == 9.0
    assert set(found.secrets) == {"mailman_rest_password", "mailman_settings_mta_smtp_pass"}
    assert found.notes["/etc/aliases"] == ["It is not read: it is larger than 1024 KiB."]
    assert list(found.notes) == sorted(found.notes) and "hush" not in str((found.variables, found.notes))


def test_what_a_package_installed_is_no_wish() -> None:
    assert "spamassassin_required_score" not in read(packaged=("/etc/spamassassin/local.cf",)).variables


def test_the_other_mailmans_configuration_is_not_read() -> None:
    assert not read(engine="mailman21").secrets


def test_without_secrets_their_names_are_said() -> None:
    found = read(with_secrets=False)
    assert found.secrets == {} and "mailman_settings" not in found.variables
    assert "mailman_rest_password" in found.notes["secrets.yml"][0] and "hush" not in str(found)


def test_a_link_to_what_was_read_is_not_said() -> None:
    found = {"packaged": [], "digest_users": {}, "archives": [], "mail_servers": []}
    folder = "/usr/lib/mailman/Mailman/"
    unread = {folder + name: "it leads elsewhere" for name in ("mm_cfg.py", "listops-secrets.json")}
    for files, said in (({"/etc/mailman/mm_cfg.py": "MTA = None\n"}, False), ({}, True)):
        made = host.read({**found, "files": files, "unread": unread}, "mailman21", [], {}, with_secrets=True)
        assert set(made.notes).intersection(unread) == (set(unread) if said else set())


def test_a_big_site_takes_seconds() -> None:
    lists = {f"list{number}@lists.example.org": {} for number in range(1000)}
    files = {
        "/etc/exim4/exim4.conf": FILES["/etc/exim4/exim4.conf"],
        "/etc/exim4/aliases": "".join(f"old{number}: list{number % 1000}\n" for number in range(30_000)),
        "/etc/apache2/sites-enabled/a.conf": "".join(
            f"Redirect /pipermail/old{number} /pipermail/list{number % 1000}\n" for number in range(5_000)
        ),
    }
    found = {"files": files, "packaged": [], "unread": {}, "digest_users": {}, "archives": [], "mail_servers": []}
    began = time.monotonic()
    made = host.read(found, "mailman21", ["lists.example.org"], lists, with_secrets=True)
    assert len(made.renamed) == 1000 and len(made.renamed["list7@lists.example.org"]["renamed_from"]) == 30
    assert time.monotonic() - began < 30


def test_a_mailman_3_gets_nothing_that_only_mailman_21_has() -> None:
    found = {"packaged": [], "unread": {}, "digest_users": {}, "archives": [], "mail_servers": []}
    files = {
        "/etc/mailman/mm_cfg.py": (
            "SMTPHOST = 'mx.example.org'\nNNTP_PASSWORD = 'hush'\nSUBSCRIBE_FORM_SECRET = 'hush'\nKNOWN_SPAMMERS = []\n"
            "DEFAULT_URL_PATTERN = 'https://%s/cgi-bin/mailman/'\n"
        ),
        "/etc/cron.d/mailman": "0 1 * * * list /usr/lib/mailman/cron/senddigests\n",
    }
    for target, names in (
        ("mailman3", ["mailman_smtp_host"]),
        (
            "same",
            [
                *(
                    "mailman_smtp_host",
                    "mailman_web_path",
                    "mailman_spam_discard_score",
                    "mailman_mm_cfg",
                    "mailman_cron_jobs",
                ),
                *("mailman_subscribe_form_secret", "mailman_mm_cfg_nntp_password"),
            ],
        ),
    ):
        made = host.read({**found, "files": files}, "mailman21", ["x.org"], {}, with_secrets=True, target=target)
        assert [*made.variables, *made.secrets] == names
