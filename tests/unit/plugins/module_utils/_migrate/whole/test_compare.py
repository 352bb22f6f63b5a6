# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which servers can take whose place, and what is said when something is not the same."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest

from ansible_collections.listops.mailman.plugins.module_utils._migrate.whole import compare

TALK, BOARD = "talk@lists.example.org", "board@lists.example.org"
SQLITE = {"kind": "sqlite", "path": "/var/lib/mailman3/data/mailman.db", "bytes": 5}
SERVER: dict[str, Any] = {
    "versions": {"mailman": "3.3.8", "hyperkitty": "1.3.7", "postorius": "1.3.8", "django": "3.2.19"},
    "databases": {"mailman": SQLITE, "mailman-web": SQLITE},
    "bytes": 10,
    "domains": ["lists.example.org"],
    "policies": {TALK: "public", BOARD: "private"},
    "archives": {TALK: "public", BOARD: "private"},
    "guarded": [BOARD],
    "folder": "/var/lib/mailman3",
    "path": "/mailman3",
    "index": "/var/lib/mailman3/web/fulltext_index",
    "index_engine": "whoosh",
    "texts": "http://127.0.0.1:8000/mailman3/",
    "texts_elsewhere": 0,
    "attachments": None,
}
EMPTY = {**SERVER, "policies": {}, "archives": {}, "guarded": []}


def said(source: dict[str, Any], target: dict[str, Any], **how: Any) -> list[str]:
    return list(compare.refusals(source, target, **{"made": (), "take": False, **how}))


def test_an_empty_server_of_the_same_or_a_later_version_takes_the_place() -> None:
    assert said(SERVER, EMPTY) == []
    later = {"mailman": "3.3.10", "hyperkitty": "1.3.12", "postorius": "1.3.13", "django": "4.2.23"}
    assert said(SERVER, {**EMPTY, "versions": later}) == []
    (refusal,) = said({**SERVER, "versions": later}, {**EMPTY, "versions": {**later, "mailman": "3.3.9"}})
    assert refusal.startswith("mailman is 3.3.10 on the old server and 3.3.9 here: give a host with 3.3.10 or later")


@pytest.mark.parametrize(
    ("there", "here", "sentence"),
    [
        (
            {"databases": {"mailman": SQLITE, "mailman-web": {**SQLITE, "kind": "postgresql"}}},
            {},
            "the database of the web interface is of the kind postgresql on the old server and sqlite here: give the same",
        ),
        (
            {"databases": dict.fromkeys(SERVER["databases"], {**SQLITE, "kind": "postgresql"})},
            {"databases": dict.fromkeys(SERVER["databases"], {**SQLITE, "kind": "postgresql"})},
            "only sqlite is carried: restore a backup",
        ),
        ({"folder": "/opt/mailman/var"}, {}, "Mailman's folder is '/opt/mailman/var'"),
        (
            {"index_engine": "xapian"},
            {},
            "the kind of the search index is 'xapian' on the old server and 'whoosh' here",
        ),
        ({"path": ""}, {}, "the path of the web interface is ''"),
        ({"texts_elsewhere": 2, "texts": "http://x/"}, {}, "2 texts that were set in the web interface"),
        ({"attachments": "/srv/x"}, {}, "HYPERKITTY_ATTACHMENT_FOLDER is '/srv/x'"),
        ({"domains": ["a.example", "lists.example.org"]}, {}, "the old server has the mail domains a.example"),
        ({}, {"policies": {TALK: "public"}}, f"this host has {TALK} already, which would be lost"),
    ],
)
def test_what_cannot_be_carried_is_refused(there: dict[str, Any], here: dict[str, Any], sentence: str) -> None:
    found = said({**SERVER, **there}, {**EMPTY, **here})
    assert found and all(sentence in each or "of Mailman is" in each for each in found) and sentence in found[-1]


def test_texts_at_another_address_matter_only_where_there_are_some() -> None:
    assert said({**SERVER, "texts": "http://x/"}, EMPTY) == []


def test_lists_that_came_before_are_its_own_and_others_can_be_given_up() -> None:
    target = {**EMPTY, "policies": {TALK: "public", BOARD: "private"}}
    assert said(SERVER, target, made=[TALK, BOARD]) == []
    assert said(SERVER, target, take=True) == []
    assert len(said(SERVER, target, made=[TALK])) == 1


def test_a_list_is_private_if_anything_of_the_old_server_says_so() -> None:
    assert compare.private_lists(SERVER) == [BOARD]
    assert compare.private_lists({**SERVER, "guarded": [TALK]}) == [BOARD, TALK]
    assert compare.private_lists({**SERVER, "guarded": [], "policies": {}}) == [BOARD]
    # not archived any more, and what there is, is private
    never = {**SERVER, "guarded": [], "policies": {BOARD: "never"}}
    assert compare.private_lists(never) == [BOARD]
    assert compare.private_lists({**SERVER, "guarded": None}) == [BOARD, TALK]
    # a policy that no later version has
    assert compare.private_lists({**EMPTY, "policies": {TALK: "unknown"}}) == [TALK]


def sums() -> dict[str, Any]:
    some = {"found": 2, "sum": "a"}
    found = {
        "lists": {
            name: {"settings": {"description": "1", "bans": "2"}, "members": some, "requests": some}
            for name in (TALK, BOARD)
        },
        "archives": {TALK: {"policy": 1, "messages": some, "attachments": some}},
        "people": some,
        "accounts": some,
        "tables": {"hyperkitty.vote": 1},
    }
    # each of them an object of its own
    return dict(json.loads(json.dumps(found)))


def test_the_same_is_the_same_also_with_what_a_later_version_has() -> None:
    later = copy.deepcopy(sums())
    later["lists"][TALK]["settings"]["new"] = "3"
    later["tables"]["hyperkitty.new"] = 0
    former = {**sums(), "tables": {**sums()["tables"], "openid.store": 0}}
    assert compare.differences(former, sums()) == []
    assert compare.differences(sums(), later) == []


@pytest.mark.parametrize(
    ("path", "value", "sentence"),
    [
        (("lists", TALK, "settings", "bans"), "9", f"list {TALK}: bans differ"),
        (("lists", BOARD, "members", "found"), 1, f"list {BOARD}: members: 2 on the old server, 1 here"),
        (("lists", BOARD, "requests", "sum"), "b", f"list {BOARD}: requests differ"),
        (("archives", TALK, "messages", "sum"), "b", f"list {TALK}: messages differ"),
        (("archives", TALK, "attachments", "found"), 0, f"list {TALK}: attachments: 2 on the old server, 0 here"),
        (("archives", TALK, "policy"), 2, f"list {TALK}: its archive is open to others than on the old server"),
        (("people", "found"), 3, "people: 2 on the old server, 3 here"),
        (("accounts", "sum"), "b", "accounts differ"),
        (("tables", "hyperkitty.vote"), 0, "hyperkitty.vote: 1 on the old server, 0 here"),
    ],
)
def test_each_difference_is_named(path: tuple[str, ...], value: Any, sentence: str) -> None:
    here = sums()
    place = here
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    assert compare.differences(sums(), here) == [sentence]


def test_a_list_of_one_side_only_is_named() -> None:
    here = sums()
    del here["lists"][BOARD]
    assert compare.differences(sums(), here) == [f"list {BOARD} is only on the old server"]
    assert compare.differences(here, sums()) == [f"list {BOARD} is only here"]
    # its archive is here
    gone = sums()
    del gone["lists"][TALK]
    found = compare.differences(sums(), gone)
    assert f"list {TALK}: all settings differ" in found


def test_messages_that_came_later_are_nobodys_loss() -> None:
    moved = {TALK: {"A": "1", "B": "2"}}
    assert compare.missing(moved, {TALK: {"A": "1", "B": "2", "C": "3"}}) == []
    assert compare.missing(moved, {TALK: {"A": "1", "B": "9"}}) == [
        f"list {TALK}: 1 of 2 messages are not as they were moved, the first is B"
    ]
    assert compare.missing(moved, {})[0].startswith(f"list {TALK}: 2 of 2")


def test_the_sums_of_each_list_add_up() -> None:
    found = compare.by_list(sums())
    assert found[BOARD]["messages"] == {"found": 0} and found[TALK]["messages"]["found"] == 2
    assert compare.account_sums(3) == {"found": 3, "moved": 3, "merged": 0, "quarantined": 0}
    assert compare.needed({"bytes": 10}) == 30
