# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the client says to the program, and makes of its answers."""

from __future__ import annotations

import ast
import inspect

from ansible_collections.listops.mailman.plugins.module_utils._argspec import Connection
from ansible_collections.listops.mailman.plugins.module_utils._lists.server_info import ServerInfo
from ansible_collections.listops.mailman.plugins.module_utils._mailman3 import client
from ansible_collections.listops.mailman.plugins.module_utils._mailman3.client import Mailman3
from ansible_collections.listops.mailman.plugins.module_utils._mailman3.remote.main import Mailman3Handler

A, B = "a@lists.example.org", "b@lists.example.org"


class Process:
    """Answers what it is told to, and remembers what it was asked."""

    def __init__(self, _program=None, **opening):
        self.opening, self.asked = opening, []
        self.answers = {}
        self.server_info = {"engine": "mailman3", "lists": [A], "site_bans": []}

    def __enter__(self):
        return self

    def __exit__(self, *_exc):
        pass

    def request(self, op, **fields):
        self.asked.append((op, fields))
        return self.answers.get(op, {})


def opened(monkeypatch, **answers):
    monkeypatch.setattr(client, "Process", Process)
    backend = Mailman3(Connection(config="/etc/mailman.cfg"), readonly=True).__enter__()
    backend._process.answers = answers
    return backend._process, backend


def test_all_that_the_program_says_has_a_name():
    """Its keys are those of ServerInfo, but for what the client adds."""
    tree = ast.parse(inspect.getsource(Mailman3Handler))
    (function,) = [node for node in ast.walk(tree) if getattr(node, "name", "") == "_server_info"]
    (said,) = [node.value for node in ast.walk(function) if isinstance(node, ast.Return)]
    keys = {key.value for key in said.keys}
    assert keys <= set(ServerInfo._fields) - {"charset_names", "charset_remedy"}
    assert {"lists", "schema", "archive_policies", "stopped"} <= keys


def test_the_first_request_says_how_mailman_is_opened(monkeypatch):
    process, _backend = opened(monkeypatch)
    assert process.opening == {"command": None, "user": "list", "config": "/etc/mailman.cfg", "readonly": True}


def test_what_it_says_of_itself(monkeypatch):
    process, backend = opened(monkeypatch)
    assert backend.info.lists == [A] and backend.info.charset_names and backend.unreadable == {}
    assert backend.own_archive() is None and process.asked == []


def test_people_have_more_addresses_than_are_given(monkeypatch):
    process, backend = opened(monkeypatch, aliases={"addresses": ["b@example.net"]})
    assert set(backend.aliases({"a@example.net"})) == {"a@example.net", "b@example.net"}
    assert process.asked == [("aliases", {"addresses": ["a@example.net"]})]


def test_addresses_of_a_user_are_one_person(monkeypatch):
    process, backend = opened(monkeypatch, people={"people": {"a@example.net": "user 1"}})
    assert backend.people({"b@example.net", "a@example.net"}) == {
        "a@example.net": "user 1",
        "b@example.net": "b@example.net",
    }
    assert process.asked == [("people", {"addresses": ["a@example.net", "b@example.net"]})]


def test_archives_do_not_follow_a_rename_by_mailman_itself(monkeypatch):
    process, backend = opened(monkeypatch)
    backend.rename([[A, B]], [A])
    assert process.asked == [("rename", {"renames": [[A, B]]})]


def test_what_is_asked_for_can_be_sent_as_json(monkeypatch):
    process, backend = opened(monkeypatch, read={"lists": {A: {}}}, facts={"lists": {}})
    assert backend.read({A}, settings={"description"}) == {A: {}}
    (op, asked) = process.asked[0]
    assert (op, asked["lists"], asked["settings"], asked["rosters"], asked["secrets"]) == (
        "read",
        [A],
        ["description"],
        None,
        {},
    )
