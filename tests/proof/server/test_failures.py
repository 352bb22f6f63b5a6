# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Parts fail; no mail is lost."""

from __future__ import annotations

import re
from typing import Any

import pytest

from support import site
from support.controller import ROOT, Controller, changed
from support.inside import eventually
from support.mail_server import MailServer
from support.mounts import mounts
from support.outside import Outside, archived_at
from support.proved import Proved

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("subscribers")]


def test_mail_passes_while_spamd_is_down(fermium: MailServer, outside: Outside, word: str, proved: Proved) -> None:
    fermium.systemctl("stop", "spamd")
    try:
        assert not fermium.ask("listening", host="127.0.0.1", port=783)
        sent = outside.send(site.ALICE, site.PUBLIC, f"unscanned {word}", headers={"X-Spam-Score": "-9.9 (/)"})
        assert sent.accepted, sent.refusal
    finally:
        fermium.systemctl("start", "spamd")
    eventually(lambda: fermium.ask("listening", host="127.0.0.1", port=783), "spamd is back")
    assert outside.send(site.ALICE, site.PUBLIC, f"rescanned {word}").accepted
    unscanned = outside.mailbox(site.BOB).wait_for(f"unscanned {word}")
    rescanned = outside.mailbox(site.BOB).wait_for(f"rescanned {word}")
    assert "-9.9 (/)" not in str(unscanned["X-Spam-Score"]), "the sender's own score was believed"
    assert rescanned["X-Spam-Report"]
    assert not unscanned["X-Spam-Report"]
    proved("spamd down: mail is accepted unscanned; up: scanned again", "2 of 2 delivered")


def test_rules_outlive_an_update_that_fails(fermium: MailServer, proved: Proved) -> None:
    # an address that nobody answers, in place of the proxy that an operator may have
    update = [
        "env",
        "https_proxy=http://127.0.0.1:9",
        "http_proxy=http://127.0.0.1:9",
        "/usr/local/sbin/spamassassin-update",
        "spamd",
    ]
    failed = fermium.run(*update, seconds=300)
    assert failed["rc"] > 3, failed
    fermium.check("runuser", "-u", "debian-spamd", "--", "spamassassin", "--lint")
    proved("an update of spam rules fails: the rules stay", f"status {failed['rc']}, lint 0")


def test_mail_waits_while_mailman_is_down(fermium: MailServer, outside: Outside, word: str, proved: Proved) -> None:
    fermium.systemctl("stop", "mailman3")
    try:
        sent = outside.send(site.ALICE, site.PUBLIC, f"patient {word}")
        assert sent.accepted, sent.refusal
        # a list that does not exist is unknown all the same
        refused = outside.offer(site.ALICE, [site.PUBLIC, f"{word}@{site.DOMAIN}"])
        assert list(refused.values()) == [250, 550], refused
        assert fermium.has_queued(sent.queue_id)
    finally:
        fermium.systemctl("start", "mailman3")
    eventually(fermium.mailman_runs, "Mailman is back")
    fermium.check("exim4", "-qff")
    outside.mailbox(site.BOB).wait_for(f"patient {word}")
    eventually(lambda: not fermium.has_queued(sent.queue_id), "it has left Exim's queue")
    assert len(outside.mailbox(site.BOB).all(f"patient {word}")) == 1
    proved("Mailman down: mail waits in Exim's queue, and is delivered once", "250, queued, 1 copy")


def moment(fermium: MailServer, what: str, unit: str) -> int:
    """When a unit began to start, or had started, after the host did."""
    return int(fermium.check("systemctl", "show", f"--property={what}", "--value", unit))


def test_everything_comes_back_after_a_power_cut(
    fermium: MailServer, outside: Outside, server: Any, word: str, proved: Proved
) -> None:
    began = fermium.check("stat", "-c", "%Y", "/proc/1").strip()
    fermium.lose_power()
    outside.knows("fermium", fermium.address())
    assert fermium.check("stat", "-c", "%Y", "/proc/1").strip() != began, "it did not restart"
    mounts(server)
    assert fermium.processes("exim4"), "Exim did not start"
    started = moment(fermium, "ActiveEnterTimestampMonotonic", "exim4")
    for unit in ("mailman3", "mailman3-web"):
        assert moment(fermium, "InactiveExitTimestampMonotonic", unit) >= started > 0, f"{unit} did not wait for Exim"
    eventually(fermium.mailman_runs, "Mailman has started")
    assert outside.send(site.ALICE, site.PUBLIC, f"reborn {word}").accepted
    copy = outside.mailbox(site.BOB).wait_for(f"reborn {word}")
    assert copy["X-Spam-Score"]
    link = archived_at(copy)
    outside.wait_for_page(link)
    proved("after a power cut: mounts, scan, delivery and archive are back", "all of it without a hand")


def as_the_runbook_says(section: str) -> list[str]:
    """The commands of a section of docs/runbook.md, block by block."""
    text = (ROOT / "docs/runbook.md").read_text(encoding="utf-8")
    found = re.search(rf"^### {section}$(.*?)^##", text, re.MULTILINE | re.DOTALL)
    return re.findall(r"^```sh\n(.*?)^```$", found.group(1) if found else "", re.MULTILINE | re.DOTALL)


SNAKEOIL = "/etc/ssl/certs/ssl-cert-snakeoil.pem"


def lose_everything(fermium: MailServer, sqlite: bool) -> None:
    """Whatever is in the backup is gone; an empty server of before the first list is all that is left."""
    fermium.check("sh", "-c", "xargs rm -rf < /etc/listops/backup-paths")
    # which has a key of its own
    if fermium.run("test", "-e", SNAKEOIL)["rc"] == 0:
        fermium.check("install", "-d", "-g", "ssl-cert", "-m", "0710", "/etc/ssl/private")
        fermium.check("make-ssl-cert", "generate-default-snakeoil", "--force-overwrite")
    for database in () if sqlite else ("mailman3", "mailman3web"):
        fermium.check("runuser", "-u", "postgres", "--", "dropdb", database)
        fermium.check("runuser", "-u", "postgres", "--", "createdb", f"--owner={database}", database)
    assert fermium.run("test", "-e", "/var/lib/mailman3")["rc"] == 1


def test_the_runbook_restores_what_was_lost(
    fermium: MailServer, outside: Outside, controller: Controller, word: str, proved: Proved
) -> None:
    eventually(fermium.mailman_runs, "Mailman runs")
    assert outside.send(site.ALICE, site.PUBLIC, f"history {word}", f"Once upon a time, {word}.\n").accepted
    link = archived_at(outside.mailbox(site.BOB).wait_for(f"history {word}"))
    outside.wait_for_page(link)
    fermium.systemctl("restart", "listops-dump.service")
    save = "tar --create --absolute-names --exclude-from=/etc/listops/backup-excludes --files-from=/etc/listops/backup-paths"
    # 1: the web interface wrote meanwhile; its database is in the dump
    saved = fermium.run("sh", "-c", f"umask 077; {save} --file /root/saved.tar")
    assert saved["rc"] in (0, 1), saved["err"]

    stop, sqlite_dumps, postgresql_dumps, start = as_the_runbook_says("Restore")
    sqlite = fermium.run("test", "-e", "/var/backups/listops/latest/mailman.sqlite")["rc"] == 0
    services = ("exim4", "cron", "mailman3", "mailman3-web", "spamd")
    fermium.systemctl("stop", *services)
    lose_everything(fermium, sqlite)
    try:
        for commands in (stop, sqlite_dumps if sqlite else postgresql_dumps, start):
            fermium.check("bash", "-e", "-c", commands, seconds=300)
        started = [fermium.is_active(service) for service in services]
    finally:
        fermium.check("rm", "-f", "/root/saved.tar")
        fermium.systemctl("start", *services)
    assert all(started), "the runbook does not start everything"

    eventually(fermium.mailman_runs, "Mailman has started")
    assert "Once upon a time" in outside.wait_for_page(link).text
    assert f"history {word}" in outside.wait_for_page(f"{site.ARCHIVES}/search?mlist={site.PUBLIC}&q={word}").text
    assert outside.get(site.ARCHIVE).status == 401
    assert outside.send(site.ALICE, site.PUBLIC, f"sequel {word}").accepted
    sequel = outside.mailbox(site.BOB).wait_for(f"sequel {word}")
    assert sequel["X-Spam-Score"]
    outside.wait_for_page(archived_at(sequel))
    assert changed(controller.playbook("playbooks/lists.yml")) == 0
    # certificates and keys belong together still, which is found out when they are read
    for service in ("apache2", *(() if sqlite else ("postgresql", "mailman3", "mailman3-web"))):
        fermium.systemctl("restart", service)
    eventually(fermium.mailman_runs, "Mailman runs")
    assert "Once upon a time" in outside.wait_for_page(link).text
    proved("all of it lost, restored as docs/runbook.md says", "archive, search, private archive 401, post, no drift")
