# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Messages that go over a real connection to a small mail server."""

from __future__ import annotations

import email
import json
import os
import signal
import socketserver
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.listops.mailman.plugins.module_utils._errors import HostError
from ansible_collections.listops.mailman.plugins.module_utils._lists.vocabulary import Invalid
from ansible_collections.listops.mailman.plugins.module_utils._migrate.announcement import RECORD, Record
from ansible_collections.listops.mailman.plugins.module_utils._migrate.delivery import MailServer
from ansible_collections.listops.mailman.plugins.module_utils._migrate.folder import AccountFolder
from ansible_collections.listops.mailman.plugins.modules import migrate_announce
from unit.plugins.module_utils import fakes

TALK = "talk@lists.example.org"
TEXT = "Subject: moved\n\n$lists\n"
PARAMS: dict[str, Any] = {
    "owners": None,
    "subscribers": TEXT,
    "contact": "post@lists.example.org",
    "old": "sodium",
    "list_url": "https://x/{list_id}/",
    "archive_url": "https://x/{address}/",
    "private_archive_url": "https://x/private/{name}/",
    "accounts_url": "",
    "leave_out": [],
    "rate": 60_000,
}


class Receiver(socketserver.ThreadingTCPServer):
    """Takes mail. answers: the first part of a recipient -> what it answers at RCPT; most: messages in a session."""

    allow_reuse_address = daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Session)
        self.taken: list[bytes] = []
        self.answers: dict[str, str] = {}
        self.most = 1000
        self.hangs_up = ""
        self.sessions = 0
        self.pause = 0.0

    @property
    def port(self) -> int:
        return int(self.server_address[1])


class Session(socketserver.StreamRequestHandler):
    def say(self, text: str) -> None:
        self.wfile.write(text.encode() + b"\r\n")

    def handle(self) -> None:
        server: Any = self.server
        server.sessions += 1
        self.say("220 here")
        number, name = 0, ""
        while True:
            word, _blank, rest = self.rfile.readline().decode().strip().partition(" ")
            if not word or word.upper() == "QUIT":
                return
            if word.upper() == "MAIL" and number >= server.most:
                self.say("421 enough")
                return
            if word.upper() == "RCPT":
                name = rest.partition("<")[2].partition("@")[0]
                self.say(server.answers.get(name, "250 ok"))
            elif word.upper() == "DATA":
                self.say("354 go on")
                content = b"".join(iter(self.rfile.readline, b".\r\n"))
                server.taken.append(content)
                number += 1
                time.sleep(server.pause)
                if name == server.hangs_up:
                    return
                self.say("250 taken")
            else:
                self.say("250 ok")


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        yield server
        server.shutdown()


def people(*names: str) -> migrate_announce.MovedLists:
    roster = {f"{name}@x.org": {"address": f"{name}@x.org", "delivery_status": "enabled"} for name in names}
    return migrate_announce.MovedLists({TALK: {"rosters": {"member": roster}, "saved": None}}, {}, {}, {TALK: "public"})


def announce(folder: Path, found: migrate_announce.MovedLists, port: int, **more: Any) -> dict[str, Any]:
    """A run of the module after it has looked at Mailman."""
    given = migrate_announce.options({**PARAMS, **more})
    with AccountFolder(str(folder)).journal(RECORD) as journal:
        work = migrate_announce.Announcer(given, found, Record(journal.lines), journal)
        work.plan()
        with MailServer("127.0.0.1", port) as server:
            work.send(server, {})
    return work.said(500)


def told(receiver: Receiver) -> Counter[str]:
    return Counter(str(email.message_from_bytes(each)["To"]).partition("@")[0] for each in receiver.taken)


def test_everybody_is_told_once(tmp_path: Path, receiver: Receiver) -> None:
    said = announce(tmp_path, people("a", "b"), receiver.port)
    assert said["changed"] and said["sentences"] == ["subscribers: of 2 messages 2 sent"]
    assert said["diff"]["after"] == f"subscribers: a@x.org: {TALK}\nsubscribers: b@x.org: {TALK}\n"
    # Who subscribes later is not told.
    said = announce(tmp_path, people("a", "b", "c"), receiver.port)
    assert not said["changed"] and said["diff"]["after"] == ""
    assert told(receiver) == Counter("ab")


def test_a_session_is_begun_again_when_the_server_ends_it(tmp_path: Path, receiver: Receiver) -> None:
    receiver.most = 2
    announce(tmp_path, people(*"abcde"), receiver.port)
    assert told(receiver) == Counter("abcde") and receiver.sessions == 3


def test_what_was_refused_and_what_is_in_doubt_is_said_and_not_sent_again(tmp_path: Path, receiver: Receiver) -> None:
    receiver.answers["b"], receiver.hangs_up = "550 nobody", "c"
    said = announce(tmp_path, people(*"abcd"), receiver.port)
    assert said["sums"]["subscribers"] == {"found": 4, "sent": 2, "refused": 1, "in_doubt": 1, "gone": 0, "left": 0}
    assert [sentence.partition(" to ")[2][:7] for sentence in said["attention"]] == ["c@x.org", "b@x.org"]
    receiver.answers, receiver.hangs_up = {}, ""
    again = announce(tmp_path, people(*"abcd"), receiver.port)
    assert not again["changed"] and again["attention"] == said["attention"]
    assert told(receiver) == Counter("acd")


def test_what_the_server_takes_later_is_sent_by_the_next_run(tmp_path: Path, receiver: Receiver) -> None:
    receiver.answers["b"] = "451 later"
    with pytest.raises(HostError, match="1 of the messages are not sent yet, .*'451 later': run again"):
        announce(tmp_path, people("a", "b", "left"), receiver.port)
    receiver.answers = {}
    announce(tmp_path, people("a", "b"), receiver.port)
    assert told(receiver) == Counter(["a", "b", "left"])


def test_a_server_that_takes_nothing_is_not_asked_for_ever(tmp_path: Path, receiver: Receiver) -> None:
    names = [f"p{number:02}" for number in range(30)]
    receiver.answers = dict.fromkeys(names, "452 full")
    with pytest.raises(HostError, match="30 of the messages are not sent yet"):
        announce(tmp_path, people(*names), receiver.port)
    assert receiver.sessions == migrate_announce.LATER_IN_A_ROW
    receiver.answers = {}
    # Meanwhile somebody left.
    said = announce(tmp_path, people(*names[1:]), receiver.port)
    assert said["sums"]["subscribers"]["gone"] == 1 and told(receiver) == Counter(names[1:])


def test_nobody_listens(tmp_path: Path, receiver: Receiver) -> None:
    receiver.shutdown()
    receiver.server_close()
    with pytest.raises(HostError, match="the mail server at 127.0.0.1 port .* does not answer"):
        announce(tmp_path, people("a"), receiver.port)
    assert Record((tmp_path / RECORD).read_bytes().splitlines()).sums("subscribers")["left"] == 1


def test_the_rate_is_bounded(tmp_path: Path, receiver: Receiver) -> None:
    began = time.monotonic()
    announce(tmp_path, people(*"abcdef"), receiver.port, rate=600)
    assert time.monotonic() - began > 0.45


def test_check_mode_says_whom_and_sends_nothing() -> None:
    work = migrate_announce.Announcer(migrate_announce.options(PARAMS), people("a", "b"), Record([]), None)
    work.plan()
    said = work.said(500)
    assert said["changed"] and said["sums"]["subscribers"]["left"] == 2
    assert said["diff"]["after"].count("\n") == 2


def test_only_one_run_at_a_time(tmp_path: Path, receiver: Receiver) -> None:
    said = "another run has announcements.jsonl open: wait until it has ended"
    with AccountFolder(str(tmp_path)).journal(RECORD), pytest.raises(HostError, match=said):
        announce(tmp_path, people("a"), receiver.port)


def test_what_mailman_has_of_the_lists_that_were_moved() -> None:
    host = fakes.Host(
        {
            TALK: fakes.as_list("private", member=["a@x.org", "dev-owner@lists.example.org"], owner=["o@x.org"]),
            "dev@lists.example.org": "public",
            "other@lists.example.org": "public",
        }
    )
    made = {TALK: "Talk@lists.example.org", "dev@lists.example.org": "dev@old.org", "gone@lists.example.org": "gone@x"}
    with fakes.FakeMailman(host) as backend:
        found = migrate_announce.look(backend, made, {"o@x.org": "not him"})
    assert (
        found.policies == {TALK: "private", "dev@lists.example.org": "public"} and found.people["a@x.org"] == "a@x.org"
    )
    assert found.audience("subscribers", found.lists) == (
        [("a@x.org", (TALK,))],
        {"dev-owner@lists.example.org": migrate_announce.IS_A_LIST},
    )
    assert found.audience("owners", found.lists) == ([], {"o@x.org": "not him"})
    assert "dev@old.org" in found.but
    host.nonsense.add(TALK)
    with fakes.FakeMailman(host) as backend, pytest.raises(HostError, match="cannot be read"):
        migrate_announce.look(backend, made, {})


RUN = """
import json, sys
from pathlib import Path
from unit.plugins.modules.test_migrate_announce import announce, people
announce(Path(sys.argv[1]), people(*json.loads(sys.argv[3])), int(sys.argv[2]))
"""


def test_a_killed_run_tells_nobody_twice_and_the_next_one_tells_the_rest(tmp_path: Path, receiver: Receiver) -> None:
    names = [f"p{number:03}" for number in range(200)]
    argv = [sys.executable, "-c", RUN, str(tmp_path), str(receiver.port), json.dumps(names)]
    receiver.pause = 0.005
    kills = 0
    for seconds in (0.01, 0.05, 0.1, 0.13, 0.17, 0.2, 0.11, 0.07):
        before = len(receiver.taken)
        process = subprocess.Popen(argv, env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)})
        # From when it has begun to send.
        while process.poll() is None and len(receiver.taken) == before:
            time.sleep(0.005)
        time.sleep(seconds)
        kills += process.poll() is None
        process.send_signal(signal.SIGKILL)
        process.wait()
    assert kills >= 5
    time.sleep(0.1)
    said = announce(tmp_path, people(*names), receiver.port)
    found = told(receiver)
    assert max(found.values()) == 1
    sums = said["sums"]["subscribers"]
    assert sums["found"] == 200 == sums["sent"] + sums["in_doubt"] and sums["in_doubt"] <= kills
    # Whoever has none is named.
    assert len(said["attention"]) == sums["in_doubt"]
    missing = set(names).difference(found)
    assert all(any(name in sentence for sentence in said["attention"]) for name in missing)


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"subscribers": None}, "owners and subscribers are missing: give one of them, or both"),
        ({"rate": 0}, "rate is 0: give a number of messages, at least 1"),
        ({"contact": "me"}, "contact is 'me': give an e-mail address such as alice@example.org"),
        ({"list_url": "https://x/{list}/"}, "list_url is 'https://x/{list}/': give an address with {name}, {list_id}"),
        ({"leave_out": ["x"]}, "leave_out is 'x': give an e-mail address"),
        ({"owners": "Hello"}, "owners begins with 'Hello': give a text with a first line"),
    ],
)
def test_options_are_checked(given: dict[str, Any], sentence: str) -> None:
    with pytest.raises(Invalid) as caught:
        migrate_announce.options({**PARAMS, **given})
    assert str(caught.value).startswith(sentence)
