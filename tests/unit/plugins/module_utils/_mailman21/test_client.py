# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the client says to the program, which knows lists by their names in 2.1."""

from __future__ import annotations

import pytest

from ansible_collections.listops.mailman.plugins.module_utils._argspec import Connection
from ansible_collections.listops.mailman.plugins.module_utils._lists.model import ArchiveState
from ansible_collections.listops.mailman.plugins.module_utils._lists.vocabulary import Invalid
from ansible_collections.listops.mailman.plugins.module_utils._mailman21.client import Mailman21

A, B = "a@lists.example.org", "b@lists.example.org"
SAID = {
    "version": "2.1.29",
    "domains": ["lists.example.org"],
    # Mailman 2.1 takes capitals, too.
    "lists": {"A": "lists.example.org", "mailman": "lists.example.org"},
    "private": ["A"],
    "unreadable": {"odd": "list odd: cannot be read"},
    "listname_chars": "[-+_.=a-z0-9]",
    "site_list": "mailman",
    "site_bans": [],
    "languages": ["en"],
    "charsets": {"en": "us-ascii"},
    "default_language": "en",
    "options": [],
    "asks_dns": True,
    "runs": True,
    "stopped": False,
}


class Process:
    """Answers what it is told to, and remembers what it was asked."""

    server_info = SAID

    def __init__(self, **answers):
        self.answers, self.asked = answers, []

    def __enter__(self):
        return self

    def __exit__(self, *_exc):
        self.asked.append("exit")

    def request(self, op, **fields):
        self.asked.append((op, fields))
        return self.answers.get(op, {})


def opened(monkeypatch, **answers):
    process = Process(**answers)
    monkeypatch.setattr(
        "ansible_collections.listops.mailman.plugins.module_utils._mailman21.client.start",
        lambda _program, _connection: process,
    )
    return process, Mailman21(Connection()).__enter__()


def test_what_it_says_of_itself(monkeypatch):
    _process, backend = opened(monkeypatch)
    info = backend.info
    assert info.lists == [A, "mailman@lists.example.org"] and info.protected == ["mailman@lists.example.org"]
    assert info.archive_policies == {A: "private", "mailman@lists.example.org": "public"}
    assert backend.unreadable == SAID["unreadable"]


def test_lists_are_named_as_in_21(monkeypatch):
    process, backend = opened(monkeypatch, unfinished={"lists": ["A"]})
    backend.rename([[A, B]], [A])
    backend.notify([{"list": A, "welcome": []}])
    assert backend.unfinished_renames([A, "x@elsewhere.example"]) == [A]
    assert process.asked == [
        ("rename", {"renames": [["A", "b"]], "follow": ["A"]}),
        ("notify", {"notices": [{"list": "A", "welcome": []}]}),
        ("unfinished", {"lists": ["A", "x"]}),
    ]


def test_a_former_name_may_be_that_of_a_list_in_another_domain(monkeypatch):
    process, backend = opened(monkeypatch, unfinished={"lists": []})
    assert backend.unfinished_renames(["A@other.example"]) == []
    assert process.asked == [("unfinished", {"lists": []})]


def test_it_knows_only_the_addresses_that_it_is_given(monkeypatch):
    process, backend = opened(monkeypatch)
    assert set(backend.aliases({"a@example.net"})) == {"a@example.net"}
    assert backend.copies([A]) == [] and process.asked == []


def test_the_archive_is_its_own(monkeypatch):
    found = {"A": {"archive_policy": None, "messages": 3, "parts": ["mbox"]}}
    process, backend = opened(
        monkeypatch,
        look_archives={"archives": found},
        shown_archives={"shown": {"A": "private", "mailman": None}},
        correct_archives={"failed": {"A": "its archive is a file"}},
    )
    archive = backend.own_archive()
    assert archive.accessible and archive.guard() is None and not archive.follows_late
    assert archive.look([A, B]) == {A: ArchiveState(None, 3, ("mbox",))}
    assert archive.policies() == {A: "private"}
    del process.asked[:]
    # The list itself says who may read it.
    archive.set_policies({A: "private"})
    assert archive.correct_policies({A: "private"}) == {A: "its archive is a file"}
    archive.move([[A, B]])
    archive.drop([A])
    assert process.asked == [
        ("correct_archives", {"lists": ["A"]}),
        ("move_archives", {"renames": [["A", "b"]]}),
        ("drop_archives", {"lists": ["A"]}),
    ]


def test_a_program_whose_answer_makes_no_sense_is_ended(monkeypatch):
    monkeypatch.setattr(Process, "server_info", {})
    process = Process()
    monkeypatch.setattr(
        "ansible_collections.listops.mailman.plugins.module_utils._mailman21.client.start",
        lambda _program, _connection: process,
    )
    with pytest.raises(KeyError):
        Mailman21(Connection()).__enter__()
    assert process.asked == ["exit"]


def test_passwords_of_lists_that_are_not_there(monkeypatch):
    _process, backend = opened(monkeypatch)
    with pytest.raises(Invalid, match="list b@lists.example.org does not exist"):
        backend.set_passwords({}, [B], "May", check_mode=True)
