# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A thousand lists are made while mail flows, people look at pages and programs write through REST."""

from __future__ import annotations

import json
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from bench.host import HOME, Host
from bench.site import memberships
from bench.site import site as big_site
from support import site
from support.controller import Controller
from support.inside import eventually
from support.mail_server import MailServer
from support.outside import Outside
from support.proved import Proved

LISTS = 1000
LONGEST_WAIT = 1.0
LIST = "listops.mailman.mailman_list"


class Watch(threading.Thread):
    """Does one thing again and again until it is stopped; keeps how long each time took, and what went wrong."""

    def __init__(self, once: Callable[[int], None], pause: float) -> None:
        super().__init__(daemon=True)
        self.once, self.pause = once, pause
        self.seconds: list[float] = []
        self.trouble: list[str] = []
        self.ended = threading.Event()

    def run(self) -> None:
        while not self.ended.is_set():
            began = time.monotonic()
            try:
                self.once(len(self.seconds))
            except (AssertionError, RuntimeError, OSError) as exc:
                self.trouble.append(str(exc)[:300])
            self.seconds.append(time.monotonic() - began)
            self.ended.wait(self.pause)


@contextmanager
def watching(*watches: Watch) -> Iterator[None]:
    for watch in watches:
        watch.start()
    try:
        yield
    finally:
        for watch in watches:
            watch.ended.set()
        for watch in watches:
            watch.join(timeout=180)


@contextmanager
def waiting_for_the_lock(fermium: MailServer, longest: dict[str, Any]) -> Iterator[None]:
    process = subprocess.Popen(
        [
            *fermium.engine,
            "exec",
            "-i",
            fermium.container,
            "runuser",
            "-u",
            "list",
            "python3",
            f"{HOME}/inside/lock.py",
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    try:
        yield
    finally:
        longest.update(json.loads(process.communicate()[0]))


def shunted(fermium: MailServer) -> list[str]:
    return fermium.check("find", "/var/lib/mailman3/queue/shunt", "/var/lib/mailman3/queue/bad", "-type", "f").split()


def test_a_thousand_lists_appear_while_mail_flows(
    fermium: MailServer, outside: Outside, controller: Controller, host: Host, word: str, proved: Proved
) -> None:
    entries = big_site(LISTS)
    sender = Outside(fermium.engine[0], outside.container, mail_server=site.DOMAIN)
    visitor = Outside(fermium.engine[0], outside.container, mail_server=site.DOMAIN)
    program = MailServer(fermium.engine[0], fermium.container)
    writer = MailServer(fermium.engine[0], fermium.container)
    announce = "lists/announce@lists.example.org/config"
    sent: list[str] = []

    def post(number: int) -> None:
        answer = sender.send(site.ALICE, site.PUBLIC, f"{word} {number:04d}")
        assert answer.accepted, answer.refusal
        sent.append(answer.subject)

    def ask(_number: int) -> None:
        # without the patience of MailServer.rest: a 500 is a failure here
        answer = program.ask("rest", config="/etc/mailman3/mailman.cfg", method="GET", path=announce)
        assert answer["status"] == 200, answer

    def write(number: int) -> None:
        writer.rest("PATCH", announce, info=f"{word} {number}")

    def visit(_number: int) -> None:
        page = visitor.get(site.LISTS)
        assert page.status == 200, page.status

    before = set(shunted(fermium))
    posts, reads, writes, visits = Watch(post, 0.2), Watch(ask, 0.1), Watch(write, 0.1), Watch(visit, 1)
    longest: dict[str, Any] = {}
    with watching(posts, reads, writes, visits), waiting_for_the_lock(fermium, longest):
        began = time.monotonic()
        done = controller.task(LIST, lists=entries)
        seconds = time.monotonic() - began
    assert done["summary"]["lists_created"] == LISTS
    assert done["summary"]["members_added"] > memberships(entries)

    for watch in (posts, reads, writes, visits):
        assert watch.trouble == [] and len(watch.seconds) > 5, (watch.trouble[:3], len(watch.seconds))
    assert longest["rounds"] > 20, longest
    assert longest["write"] <= LONGEST_WAIT and longest["read"] <= LONGEST_WAIT, longest

    bob = outside.mailbox(site.BOB)
    eventually(lambda: len(bob.all(word)) >= len(sent), f"{len(sent)} posts reach Bob", seconds=180, pause=2)
    arrived = [str(message["Subject"]).rpartition(word)[2] for message in bob.all(word)]
    assert sorted(arrived) == sorted(subject.rpartition(word)[2] for subject in sent)
    assert set(shunted(fermium)) == before
    proved(
        f"{LISTS} lists made while mail flows: every post arrives once, none shunted",
        f"{len(sent)} posts in {seconds:.0f} s",
    )
    proved(
        "nobody waits for a lock longer than a second",
        f"longest: write {longest['write']:.2f} s, read {longest['read']:.2f} s, {longest['rounds']} tries",
    )
    proved(
        "REST reads and writes and pages answered all the time",
        f"longest: {max(reads.seconds):.1f}, {max(writes.seconds):.1f}, {max(visits.seconds):.1f} s, "
        f"{len(reads.seconds)} + {len(writes.seconds)} + {len(visits.seconds)} requests",
    )


def test_no_runner_serves_stale_state(
    fermium: MailServer, outside: Outside, controller: Controller, word: str, proved: Proved
) -> None:
    """The smallest of the new lists works at once, and what is changed holds for the next post."""
    entry = min(big_site(LISTS), key=lambda entry: len(entry["members"]["addresses"]))
    member, reader = entry["owners"][0], site.ERIN
    members = {"state": "present", "addresses": [member, reader]}
    changed = controller.task(LIST, name=entry["name"], members=members, default_member_action="accept")
    assert changed["changed"]
    assert outside.send(member, entry["name"], f"open {word}").accepted
    outside.mailbox(reader).wait_for(f"open {word}")

    assert controller.task(LIST, name=entry["name"], default_member_action="hold")["changed"]
    assert outside.send(member, entry["name"], f"shut {word}").accepted
    fermium.becomes(lambda: f"shut {word}" in fermium.held(entry["name"]), "the next post is held")
    assert outside.mailbox(reader).has_none(f"shut {word}")
    fermium.discard(entry["name"], f"shut {word}")
    proved("a new list works at once; a change holds for the next post", "1 delivered, 1 held, no restart")
