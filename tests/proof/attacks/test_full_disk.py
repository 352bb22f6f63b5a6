# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The disk under Mailman's state fills while posts arrive: each is delivered once, none is returned or lost."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

import pytest

from support import site
from support.inside import eventually
from support.mail_server import MailServer
from support.outside import Outside
from support.proved import Proved
from support.room import STATE, SmallDisk

pytestmark = pytest.mark.usefixtures("subscribers")
MAINLOG = "/var/log/exim4/mainlog"
# Holds Mailman's database for half a minute; Mailman waits for twenty seconds.
HOLD = f"""
import sqlite3, time
held = sqlite3.connect("{STATE}/data/mailman.db", isolation_level=None)
held.execute("BEGIN EXCLUSIVE")
print("held", flush=True)
time.sleep(30)
"""


# What other proofs have left, such as mail to lists that are gone.
BEFORE: set[str] = set()


@pytest.fixture(scope="module", autouse=True)
def before(fermium: MailServer) -> None:
    BEFORE.update(left_behind(fermium))


@contextmanager
def stopped(fermium: MailServer, runner: str) -> Iterator[None]:
    process = f"bin/runner .*--runner={runner}:"
    fermium.check("pkill", "-STOP", "-f", process)
    try:
        yield
    finally:
        fermium.check("pkill", "-CONT", "-f", process)


def has_two(fermium: MailServer, runner: str) -> bool:
    return len(fermium.check("ls", f"{STATE}/queue/{runner}").split()) >= 2


def left_behind(fermium: MailServer) -> list[str]:
    """What Mailman could not handle."""
    found = fermium.check("find", f"{STATE}/queue/shunt", f"{STATE}/queue/bad", "-type", "f").split()
    return sorted(set(found) - BEFORE)


def copies(outside: Outside, word: str) -> list[str]:
    return sorted(str(copy["Subject"]) for copy in outside.mailbox(site.BOB).all(word))


def returned(outside: Outside, word: str) -> int:
    return len([mail for mail in outside.mailbox(site.ALICE).all(word) if mail["Return-Path"] == "<>"])


def expected(subjects: list[str]) -> list[str]:
    return sorted(f"[Wikitech-l] {subject}" for subject in subjects)


def all_arrive(fermium: MailServer, outside: Outside, subjects: list[str], word: str) -> None:
    fermium.check("exim4", "-qff", seconds=180)
    eventually(lambda: len(copies(outside, word)) >= len(subjects), f"{len(subjects)} posts", 180)
    # time for a second copy
    time.sleep(3)
    assert len(copies(outside, word)) == len(set(copies(outside, word))) == len(subjects), copies(outside, word)
    assert returned(outside, word) == 0
    assert left_behind(fermium) == []
    assert "wikitech-l@" not in fermium.check("exim4", "-bp")


@pytest.mark.parametrize("what", ["space", "inodes"])
def test_mail_waits_before_the_disk_is_full(
    fermium: MailServer, outside: Outside, disk: SmallDisk, what: str, word: str, proved: Proved
) -> None:
    if what == "space":
        disk.leave(150 << 20)
    else:
        disk.leave_inodes(500)
    old = site.PUBLIC.replace(site.DOMAIN, site.OLD_DOMAIN)
    asked = [site.PUBLIC, f"wikitech-l-owner@{site.DOMAIN}", old, f"{word}@{site.DOMAIN}", f"postmaster@{site.DOMAIN}"]
    answers = outside.offer(site.ALICE, asked)
    assert list(answers.values()) == [451, 451, 451, 550, 250], answers
    assert list(outside.offer("", [f"wikitech-l-bounces@{site.DOMAIN}"]).values()) == [451]
    said = outside.send(site.ALICE, site.PUBLIC, f"refused {word}")
    assert said.refusal == "451 no room for mail to lists at the moment: try again later"

    # a program on the host is no mail server that would try again
    message = f"From: {site.ALICE}\nTo: {site.PUBLIC}\nSubject: local {word}\nDate: {time.ctime()}\n\nHello.\n"
    fermium.check("/usr/sbin/sendmail", "-f", site.ALICE, site.PUBLIC, stdin=message)
    eventually(lambda: site.PUBLIC in fermium.check("exim4", "-bp"), "it waits")
    assert copies(outside, word) == []

    disk.clear()
    assert outside.send(site.ALICE, site.PUBLIC, f"again {word}").accepted
    all_arrive(fermium, outside, ["local", "again"], word)
    proved(f"Mailman's disk has little {what} left: 451 to others, own mail waits", "4 x 451, 2 of 2 delivered once")


def test_posts_arrive_while_the_disk_fills(
    fermium: MailServer, outside: Outside, disk: SmallDisk, word: str, proved: Proved
) -> None:
    sender = Outside(fermium.engine[0], outside.container, mail_server=site.DOMAIN)
    tries: list[str] = []
    subjects = [f"{word} {number:02d}" for number in range(30)]

    def post() -> None:
        """As mail servers do: a temporary error is another try."""
        for subject in subjects:
            while True:
                said = sender.send(site.ALICE, site.PUBLIC, subject)
                tries.append(said.refusal)
                if said.accepted:
                    break
                assert said.refusal.startswith("4"), said.refusal
                time.sleep(0.5)
            time.sleep(0.2)

    thread = threading.Thread(target=post, daemon=True)
    thread.start()
    time.sleep(3)
    # at the speed of a disk, 20 MB in a tenth of a second
    for left in range(260, -1, -20):
        disk.leave(left << 20)
    time.sleep(5)
    assert thread.is_alive(), tries
    disk.clear()
    thread.join(timeout=120)
    assert not thread.is_alive(), tries[-3:]
    all_arrive(fermium, outside, subjects, word)
    deferred = len([said for said in tries if said])
    assert deferred
    proved(
        "posts arrive while the disk fills and is cleared: each once", f"30 posts, {deferred} x 451, 0 returned, 0 lost"
    )


def test_a_disk_that_fills_after_the_look_returns_no_mail(
    fermium: MailServer, outside: Outside, disk: SmallDisk, word: str, proved: Proved
) -> None:
    with stopped(fermium, "lmtp"):
        sent = outside.send(site.ALICE, site.PUBLIC, f"race {word}")
        assert sent.accepted, sent.refusal
        # Exim has looked, and is connected
        eventually(lambda: fermium.check("ss", "-Htn", "state", "established", "dport = :8024"), "Exim waits for LMTP")
        disk.leave(0)
    eventually(lambda: f"{sent.queue_id} == " in fermium.ask("read", path=MAINLOG), "Exim is told to try again")
    assert f"{sent.queue_id} ** " not in fermium.ask("read", path=MAINLOG)
    disk.clear()
    all_arrive(fermium, outside, ["race"], word)
    # a list that Mailman does not know is refused all the same
    fermium.check("install", "-d", "-o", "list", "-g", "list", f"{STATE}/lists/{word}.{site.DOMAIN}")
    unknown = outside.send(site.ALICE, f"{word}@{site.DOMAIN}", f"unknown {word}")
    assert unknown.accepted
    eventually(lambda: f"{unknown.queue_id} ** " in fermium.ask("read", path=MAINLOG), "it is returned")
    proved(
        "Mailman cannot write what LMTP brought: tried again; unknown list: returned", "1 delivered once, 1 returned"
    )


def test_posts_that_mailman_has_wait_too(
    fermium: MailServer, outside: Outside, disk: SmallDisk, word: str, proved: Proved
) -> None:
    subjects = [f"{word} {runner} {number}" for runner in ("in", "pipeline", "out") for number in range(2)]
    for runner in ("in", "pipeline", "out"):
        with stopped(fermium, runner):
            for subject in [subject for subject in subjects if f" {runner} " in subject]:
                assert outside.send(site.ALICE, site.PUBLIC, subject).accepted
            eventually(partial(has_two, fermium, runner), f"{runner} has them")
            disk.leave(0)
        time.sleep(3)
        assert left_behind(fermium) == []
        disk.clear()
    all_arrive(fermium, outside, subjects, word)
    outside.wait_for_page(f"{site.ARCHIVES}/search?mlist={site.PUBLIC}&q={word}")
    proved("posts that Mailman had when the disk filled wait in its queues", f"{len(subjects)} of {len(subjects)} once")


def test_a_database_that_cannot_be_read_returns_no_mail(
    fermium: MailServer, outside: Outside, disk: SmallDisk, word: str, proved: Proved
) -> None:
    fermium.check("systemd-run", "--quiet", "--collect", "--unit=listops-hold", "python3", "-c", HOLD)
    time.sleep(1)
    sent = outside.send(site.ALICE, site.PUBLIC, f"locked {word}")
    assert sent.accepted, sent.refusal
    eventually(lambda: f"{sent.queue_id} == " in fermium.ask("read", path=MAINLOG), "Exim is told to try again")
    eventually(lambda: not fermium.is_active("listops-hold"), "the database is free")
    all_arrive(fermium, outside, ["locked"], word)
    proved("Mailman's database is locked for longer than it waits: tried again", "1 delivered once")


def test_posts_that_mailman_has_wait_for_the_database(
    fermium: MailServer, outside: Outside, disk: SmallDisk, word: str, proved: Proved
) -> None:
    subjects = [f"{word} {number}" for number in range(2)]
    with stopped(fermium, "in"):
        for subject in subjects:
            assert outside.send(site.ALICE, site.PUBLIC, subject).accepted
        eventually(partial(has_two, fermium, "in"), "they are in the queue")
        fermium.check("systemd-run", "--quiet", "--collect", "--unit=listops-hold", "python3", "-c", HOLD)
        time.sleep(1)
    eventually(
        lambda: "queue/in waits: database is locked" in fermium.ask("read", path="/var/log/mailman3/mailman.log"),
        "the runner waits",
    )
    all_arrive(fermium, outside, subjects, word)
    proved("posts that Mailman had when its database was locked wait in their queue", "2 of 2 once")


def test_mailman_stops_while_it_has_mail(
    fermium: MailServer, outside: Outside, disk: SmallDisk, word: str, proved: Proved
) -> None:
    """A runner that waits for the database is told to stop."""
    with stopped(fermium, "in"):
        assert outside.send(site.ALICE, site.PUBLIC, f"{word} stop").accepted
        eventually(lambda: fermium.check("ls", f"{STATE}/queue/in").split(), "it is in the queue")
        fermium.check("systemd-run", "--quiet", "--collect", "--unit=listops-hold", "python3", "-c", HOLD)
        time.sleep(1)
    time.sleep(3)
    fermium.check("systemctl", "restart", "mailman3", seconds=300)
    eventually(fermium.mailman_runs, "Mailman runs", 300)
    all_arrive(fermium, outside, [f"{word} stop"], word)
    proved("a post that Mailman had when it was stopped waits in its queue", "1 of 1 once")
