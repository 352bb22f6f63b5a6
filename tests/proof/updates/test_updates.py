# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""SpamAssassin's rules are updated from a channel: what is good is applied, what is not leaves the rules as they were.

The tests are days in the life of one channel, one after the other.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import secrets
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from support import channel, site
from support.channel import Channel, Keyring, packed
from support.controller import Controller, changed
from support.inside import eventually
from support.mail_server import MailServer
from support.outside import Outside
from support.proved import Proved

pytestmark = pytest.mark.usefixtures("moved_mail")
UPDATE = "spamassassin-maintenance.service"
PID = "/run/spamd/spamd.pid"
STATE, SAVED = "/var/lib/spamassassin", "/root/spamassassin.saved"


class Updates:
    """The channel of an operator, and the host that follows it. Rules of update 7 are called LISTOPS_UPDATE_7."""

    def __init__(self, fermium: MailServer, outside: Outside, controller: Controller, keys: Keyring) -> None:
        self.fermium = fermium
        self.outside = outside
        self.controller = controller
        self.keys = keys
        self.key = keys.new_key("rules@example.net")
        self.trigger = "t" + secrets.token_hex(5)
        said = fermium.check("spamassassin", "--version")
        self.channel = Channel(outside, said.split()[2])

    def declare(self, *channels: str) -> int:
        """As an operator does; how many tasks changed something."""
        keys = [{"id": self.key, "key": self.keys.public(self.key)}]
        variables = {"spamassassin_update_channels": channels, "spamassassin_update_keys": keys}
        said = self.controller.playbook(
            "playbooks/site.yml", "--tags=spamassassin", f"--extra-vars={json.dumps(variables)}"
        )
        return changed(said)

    def rules(self, number: int, test: str = "") -> bytes:
        name = f"LISTOPS_UPDATE_{number}"
        return packed(f"body {name} {test or f'/{self.trigger}/'}\ndescribe {name} Of the channel\nscore {name} 3.3\n")

    def publish(self, number: int, test: str = "") -> None:
        content = self.rules(number, test)
        self.channel.publish(number, content, self.keys.signature(self.key, content))

    def run(self) -> tuple[bool, str]:
        """Update the rules as the timer does: whether the unit succeeded, and what it said."""
        # a day has passed; systemd starts nothing six times in ten seconds
        self.fermium.run("systemctl", "reset-failed", UPDATE)
        done = self.fermium.run("systemctl", "start", UPDATE)
        assert (done["rc"] == 0) is (self.shown(UPDATE, "Result") == "success"), done
        return done["rc"] == 0, self.said()

    def said(self) -> str:
        self.fermium.check("journalctl", "--sync")
        run = f"_SYSTEMD_INVOCATION_ID={self.shown(UPDATE, 'InvocationID')}"
        return self.fermium.check("journalctl", "--no-pager", "--output=cat", run)

    def shown(self, unit: str, name: str) -> str:
        return self.fermium.check("systemctl", "show", f"--property={name}", "--value", unit).strip()

    def send(self, subject: str) -> float:
        """How long the mail server took for a message that the channel's rules find."""
        began = time.monotonic()
        sent = self.outside.send(site.ALICE, site.PUBLIC, subject, f"Say {self.trigger}!\n")
        assert sent.accepted, sent.refusal
        return time.monotonic() - began

    def in_force(self) -> set[int]:
        """By which updates the next message is judged."""
        return self.found(self.report())

    def found(self, report: str) -> set[int]:
        return {int(number) for number in re.findall(r"3\.3 LISTOPS_UPDATE_(\d+)", report)}

    def report(self) -> str:
        eventually(lambda: self.fermium.ask("listening", host="127.0.0.1", port=783), "spamd answers")
        subject = f"judged {secrets.token_hex(5)}"
        self.send(subject)
        copy = self.outside.mailbox(site.BOB).wait_for(subject)
        assert copy["X-Spam-Score"], "the message was not scanned"
        return str(copy["X-Spam-Report"])

    def daemon(self) -> str:
        """Which one it is. On a reload it keeps its process, and writes its number again when it is ready."""
        since = self.fermium.run("stat", "--format=%y", PID)["out"].strip()
        return f"{self.shown('spamd', 'MainPID')} since {since}" if since else ""

    def are_read(self, before: str) -> bool:
        """Whether the update is over, and the daemon that was there before has started anew."""
        return self.shown(UPDATE, "ActiveState") == "inactive" and self.daemon() not in ("", before)


@pytest.fixture(scope="module")
def keys() -> Iterator[Keyring]:
    # the path of a socket is short
    ring = Keyring(Path(f"/tmp/rules-{os.getpid()}"))
    yield ring
    ring.close()


@pytest.fixture(scope="module")
def updates(fermium: MailServer, outside: Outside, controller: Controller, keys: Keyring) -> Iterator[Updates]:
    made = Updates(fermium, outside, controller, keys)

    def as_it_was() -> None:
        fermium.check("rm", "-rf", STATE)
        fermium.check("mv", SAVED, STATE)
        fermium.run("systemctl", "reset-failed", UPDATE)
        controller.playbook("playbooks/site.yml", "--tags=spamassassin")
        fermium.systemctl("restart", "spamd")
        eventually(lambda: fermium.ask("listening", host="127.0.0.1", port=783), "spamd has its own rules again")
        assert changed(controller.playbook("playbooks/site.yml", "--tags=spamassassin")) == 0

    with contextlib.ExitStack() as after:
        fermium.check("cp", "--archive", STATE, SAVED)
        after.callback(as_it_was)
        after.callback(made.channel.close)
        made.channel.open()
        yield made


def test_an_update_is_applied_and_no_mail_passes_unscanned(updates: Updates, word: str, proved: Proved) -> None:
    fermium, box = updates.fermium, updates.outside.mailbox(site.BOB)
    assert updates.declare(channel.NAME) > 0
    assert updates.declare(channel.NAME) == 0
    assert updates.in_force() == set()
    updates.publish(1)
    before = updates.daemon()

    # mail comes all the time
    fermium.systemctl("start", "--no-block", UPDATE)
    took: list[float] = []
    deadline = time.monotonic() + 120
    while not took or not updates.are_read(before):
        took.append(updates.send(f"{word} {len(took)}."))
        assert updates.shown(UPDATE, "Result") == "success", updates.said()
        assert time.monotonic() < deadline, updates.said()
    copies = eventually(lambda: copies_of(box.all(word), len(took)), "every message arrives")
    unscanned = [str(copy["Subject"]) for copy in copies if not copy["X-Spam-Report"]]
    assert not unscanned, f"{len(unscanned)} of {len(took)} were not scanned: {unscanned}"
    assert updates.in_force() == {1}

    spamd = fermium.processes("/usr/sbin/spamd") + fermium.processes("spamd child")
    assert len(spamd) > 1, spamd
    assert {(fermium.user(item["uid"]), fermium.group(item["gid"]), item["nice"]) for item in spamd} == {
        ("spamd", "spamd", 10)
    }
    assert not updates.outside.ask("listening", host=fermium.address(), port=783)
    proved(
        "a rule of an update from a signed channel judges the next message; meanwhile all mail is scanned",
        f"{len(took)} of {len(took)} scanned, {max(took):.0f} s the longest; spamd, nice 10, loopback",
    )


def copies_of(messages: list[Any], number: int) -> list[Any]:
    return messages if len(messages) == number else []


def test_an_unchanged_channel_leaves_the_daemon_alone(updates: Updates, proved: Proved) -> None:
    before = updates.daemon()
    succeeded, said = updates.run()
    assert succeeded, said
    assert "No new rules." in said
    assert updates.daemon() == before
    assert updates.in_force() == {1}
    proved("nothing new in the channel: the unit succeeds, spamd is left alone", f"process {before[:-16]}")


def test_what_is_not_good_is_not_taken(updates: Updates, proved: Proved) -> None:
    stranger = updates.keys.new_key("stranger@example.net")
    before = updates.daemon()
    signed = updates.keys.signature

    updates.channel.publish(2, updates.rules(2), signed(stranger, updates.rules(2)))
    succeeded, said = updates.run()
    assert not succeeded and "GPG validation failed" in said, said

    # altered on its way
    updates.channel.publish(3, updates.rules(3), signed(updates.key, updates.rules(2)))
    succeeded, said = updates.run()
    assert not succeeded and "GPG validation failed" in said, said

    updates.publish(4, test="/(/")
    succeeded, said = updates.run()
    assert not succeeded and "lint check of update failed" in said, said

    assert updates.daemon() == before
    assert updates.in_force() == {1}
    # nor after the daemon's next start
    updates.fermium.systemctl("restart", "spamd")
    assert updates.in_force() == {1}
    proved(
        "signed by another key, altered, or with a broken rule: the unit fails, the former rules judge on",
        "3 of 3 not taken, also after a restart",
    )


def test_an_update_that_was_not_read_is_not_forgotten(updates: Updates, proved: Proved) -> None:
    fermium = updates.fermium
    own = "/etc/spamassassin/proof.cf"
    # sa-update looks at the channel's rules alone, and installs them; the daemon would read these, too
    fermium.ask("write", path=own, text="body LISTOPS_OWN /(/\n")
    try:
        updates.publish(5)
        before = updates.daemon()
        for _day in range(2):
            succeeded, said = updates.run()
            assert not succeeded and "LISTOPS_OWN" in said, said
        assert updates.daemon() == before
        assert updates.in_force() == {1}
    finally:
        fermium.check("rm", own)
    succeeded, said = updates.run()
    assert succeeded, said
    assert updates.in_force() == {5}
    proved(
        "an update finds the site's own rules broken: the unit fails until they are mended, and then it is applied",
        "failed on 2 days of 2; mended: applied",
    )


def test_a_channel_of_its_own_does_not_take_the_packaged_rules_away(updates: Updates, proved: Proved) -> None:
    # what an upgrade of SpamAssassin leaves: no folder of its version; and one channel of two does not answer
    updates.fermium.check("sh", "-c", f"rm -r {STATE}/[0-9]*")
    updates.declare("gone.example.net", channel.NAME)
    updates.publish(6)
    succeeded, said = updates.run()
    assert not succeeded and "Some channels have new rules, some failed." in said, said
    report = updates.report()
    assert updates.found(report) == {6}
    assert "ALL_TRUSTED" in report
    proved(
        "a first update, of one channel of two: that one's rules and the packaged ones judge, the unit says that one failed",
        "status 3",
    )


def test_the_rules_of_a_channel_go_with_its_declaration(updates: Updates, proved: Proved) -> None:
    updates.declare("gone.example.net")
    succeeded, said = updates.run()
    # that one does not answer, which keeps nothing else from being done
    assert not succeeded and "The rules of rules_example_net go" in said, said
    report = updates.report()
    assert updates.found(report) == set()
    assert "ALL_TRUSTED" in report
    left = updates.fermium.check("sh", "-c", f"ls {STATE}/[0-9]*/")
    assert "rules_example_net" not in left, left
    proved("a channel is declared no more: its rules judge nothing, the packaged ones do", "gone with the next update")
