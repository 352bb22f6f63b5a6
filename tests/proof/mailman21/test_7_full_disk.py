# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The disk under the state of Mailman 2.1 is full: posts wait, and each arrives once when there is room again."""

from __future__ import annotations

import email
import time

import pytest

from support import site
from support.inside import eventually
from support.mailman21_server import STATE, Mailman21Server
from support.outside import Outside
from support.proved import Proved
from support.room import SmallDisk

LIST, DOMAIN = site.PUBLIC.split("@")
MAINLOG = "/var/log/exim4/mainlog"
INCOMING = f"{STATE}/qfiles/in"
# A file system of its own in which there can be no file; Exim looks at the one above it.
NO_FILES = f"mount -t tmpfs -o nr_inodes=1,mode=2775,uid=list,gid=list tmpfs {INCOMING}"


def arrived(fermium: Mailman21Server, outside: Outside, word: str) -> list[str]:
    """The subjects of the posts that a subscriber has; or that the stand-in, which distributes nothing, was given."""
    if fermium.moves_mail:
        subjects = [str(copy["Subject"]) for copy in outside.mailbox(site.BOB).all(word)]
    else:
        messages = [email.message_from_string(entry["message"]) for entry in fermium.queued(word)]
        subjects = [str(message["Subject"]) for message in messages]
    return sorted(subject.rpartition("] ")[2] for subject in subjects)


def all_arrive(fermium: Mailman21Server, outside: Outside, subjects: list[str], word: str) -> None:
    fermium.check("exim4", "-qff", seconds=180)
    eventually(lambda: len(arrived(fermium, outside, word)) >= len(subjects), f"{len(subjects)} posts", 180)
    # time for a second copy
    time.sleep(3)
    assert arrived(fermium, outside, word) == sorted(subjects)
    assert not [mail for mail in outside.mailbox(site.ALICE).all(word) if mail["Return-Path"] == "<>"], "returned"
    assert f"{LIST}@" not in fermium.check("exim4", "-bp")


@pytest.mark.parametrize("what", ["nothing", "little space", "few inodes"])
def test_mail_waits_while_the_disk_is_full(
    fermium: Mailman21Server, outside: Outside, disk: SmallDisk, what: str, word: str, proved: Proved
) -> None:
    if what == "few inodes":
        disk.leave_inodes(500)
    else:
        disk.leave(0 if what == "nothing" else 150 << 20)
    addresses = [site.PUBLIC, f"{LIST}-owner@{DOMAIN}", f"{LIST}@{site.OLD_DOMAIN}"]
    answers = outside.offer(site.ALICE, [*addresses, f"{word}@{DOMAIN}", f"postmaster@{DOMAIN}"])
    assert list(answers.values()) == [451, 451, 451, 550, 250], answers
    assert list(outside.offer("", [f"{LIST}-bounces@{DOMAIN}"]).values()) == [451]

    subjects = [f"{word} {number}" for number in range(3)]
    for subject in subjects:
        said = outside.send(site.ALICE, site.PUBLIC, subject)
        assert said.refusal == "451 no room for mail to lists at the moment: try again later"
    # a program on the host is no mail server that would try again
    message = f"From: {site.ALICE}\nTo: {site.PUBLIC}\nSubject: {word} local\nDate: {time.ctime()}\n\nHello.\n"
    fermium.check("/usr/sbin/sendmail", "-f", site.ALICE, site.PUBLIC, stdin=message)
    eventually(lambda: site.PUBLIC in fermium.check("exim4", "-bp"), "it waits")
    fermium.check("exim4", "-qff", seconds=180)
    assert arrived(fermium, outside, word) == [] and site.PUBLIC in fermium.check("exim4", "-bp")

    disk.clear()
    for subject in subjects:
        assert outside.send(site.ALICE, site.PUBLIC, subject).accepted
    all_arrive(fermium, outside, [*subjects, f"{word} local"], word)
    proved(f"the disk of Mailman 2.1 has {what} left: 451 to others, own mail waits", "4 x 451, 4 of 4 posts once")


def test_a_disk_that_fills_after_the_look_returns_no_mail(
    fermium: Mailman21Server, outside: Outside, disk: SmallDisk, word: str, proved: Proved
) -> None:
    """Exim finds room, and Mailman, which it gives the mail to, does not."""

    def exim_sees_mounts() -> None:
        # its unit has mounts of its own, which in a container do not follow
        fermium.systemctl("restart", "exim4")
        eventually(lambda: fermium.ask("listening", host="127.0.0.1", port=25), "Exim runs")

    fermium.check("sh", "-c", NO_FILES)
    try:
        exim_sees_mounts()
        sent = outside.send(site.ALICE, site.PUBLIC, f"{word} race")
        assert sent.accepted, sent.refusal
        eventually(lambda: f"{sent.queue_id} == " in fermium.ask("read", path=MAINLOG), "Exim is told to try again")
        assert f"{sent.queue_id} ** " not in fermium.ask("read", path=MAINLOG)
    finally:
        fermium.check("umount", "--lazy", INCOMING)
        exim_sees_mounts()
    all_arrive(fermium, outside, [f"{word} race"], word)
    proved("Mailman 2.1 cannot write what Exim's pipe brought: tried again", "1 of 1 post once")
