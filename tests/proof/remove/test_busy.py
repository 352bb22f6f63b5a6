# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What waits while somebody else writes to the web interface's database."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

from support import site
from support.controller import Controller, changed
from support.mail_server import MailServer
from support.outside import Outside, archived_at
from support.proved import Proved

MODULE = "listops.mailman.mailman_list"
BUSY = """
import sqlite3, time
database = sqlite3.connect("/var/lib/mailman3/web/mailman3web.db", isolation_level=None)
database.execute("BEGIN IMMEDIATE")
time.sleep({seconds})
"""
MAILMAN = ("playbooks/site.yml", "--tags=mailman")


def be_busy(fermium: MailServer, seconds: int) -> None:
    """Longer than Django waits, and longer than it takes until the database is written to."""
    fermium.check("systemd-run", "--quiet", "python3", "-c", BUSY.format(seconds=seconds))
    fermium.becomes(lambda: is_busy(fermium), "somebody writes")


def is_busy(fermium: MailServer) -> bool:
    return bool(fermium.processes("BEGIN IMMEDIATE"))


def test_an_archive_is_dropped_when_its_database_is_free(
    fermium: MailServer, outside: Outside, controller: Controller, word: str, proved: Proved
) -> None:
    name = f"busy-{word}"
    controller.task(MODULE, name=name, members=[site.ALICE])
    assert outside.send(site.ALICE, f"{name}@{site.DOMAIN}", f"minutes {word}").accepted
    message = archived_at(outside.mailbox(site.ALICE).wait_for(word))
    outside.wait_for_page(message)
    be_busy(fermium, 20)
    assert controller.task(MODULE, name=name, state="absent", archives="drop")["changed"] is True
    assert not is_busy(fermium), "it did not wait"
    assert outside.get(message).status == 404
    assert controller.task(MODULE, name=name, state="absent", archives="drop")["changed"] is False
    proved("an archive is dropped while HyperKitty's database is being written", "20 s")


def test_two_runs_at_once(controller: Controller, word: str, proved: Proved) -> None:
    entry: dict[str, Any] = {
        "name": f"twice-{word}",
        "members": [f"m{number}-{word}@example.net" for number in range(500)],
    }
    with ThreadPoolExecutor(max_workers=2) as both:
        said = list(both.map(lambda _: controller.task(MODULE, **entry), range(2)))
    try:
        assert sorted(one["changed"] for one in said) == [False, True]
    finally:
        controller.task(MODULE, name=entry["name"], state="absent", archives="drop")
    proved("two runs that declare one list at once", "one makes it, one finds it")


def test_the_administrator_is_set_when_the_database_is_free(
    fermium: MailServer, controller: Controller, proved: Proved
) -> None:
    be_busy(fermium, 35)
    try:
        assert changed(controller.playbook(*MAILMAN, "--extra-vars=mailman_admin_email=other@example.org")) > 0
        assert not is_busy(fermium), "it did not wait"
    finally:
        controller.playbook(*MAILMAN)
    assert changed(controller.playbook(*MAILMAN)) == 0
    proved("the administrator gets another address while the database is being written", "35 s")
