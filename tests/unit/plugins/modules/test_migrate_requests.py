# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any, cast

import pytest

from ansible_collections.listops.mailman.plugins.module_utils._errors import HostError
from ansible_collections.listops.mailman.plugins.module_utils._lists.vocabulary import Invalid
from ansible_collections.listops.mailman.plugins.module_utils._migrate.waiting import decisions
from ansible_collections.listops.mailman.plugins.module_utils._migrate.waiting.target import RequestTarget
from ansible_collections.listops.mailman.plugins.modules.migrate_requests import RequestMove, Result, chosen

FOUND: dict[str, Any] = {
    "host": "lists.example.org",
    **{key: [] for key in ("unnamed", "confirmations", "last_digests", "bounces", "members")},
    "language": "en",
    "requests": [
        {
            "id": 1,
            "kind": "subscriptions",
            "record": {"time": 1, "address": "a@x.org", "name": "", "digest": 0, "language": ""},
        }
    ],
    "digest": [base64.b64encode(b"From a now\n\n\x01\x01\x01\x01\n").decode()],
    "damaged": [{"file": "lists/foo/pending.pck", "reason": "junk", "bytes": base64.b64encode(b"junk").decode()}],
    "issue": [2, 5, 0],
    "mime_digests": False,
    "confirms": False,
    "passwords": 1,
    "topics": 0,
}
NAME = "foo@lists.example.org"


class Target:
    """What a Mailman 3 answers. loses: it does not have what was put."""

    def __init__(self, *, exists: bool = True, loses: bool = False) -> None:
        self.exists, self.loses = exists, loses
        self.has: set[str] = set()
        self.number = [1, 1, None]
        self.told: list[str] = []

    def facts(self, name: str, asked: Any) -> dict[str, Any]:
        return {
            **decisions.NOTHING,
            "exists": self.exists,
            "moved": self.has,
            "waiting": self.has,
            "issue": self.number,
        }

    def put(self, name: str, items: Any, issue: Any) -> dict[str, str]:
        assert self.exists
        if not self.loses:
            self.has |= {item["key"] for item in items}
        if issue:
            self.number = [issue["volume"], issue["number"], None]
        return {}

    def tell_moderators(self, name: str) -> None:
        self.told.append(name)


def move(target: Target, folder: Path, *, check_mode: bool = False, found: Any = FOUND, notify: bool = False) -> Result:
    result = Result()
    params = {"account": str(folder), "notify": notify, "ask_again": False}
    RequestMove(cast(RequestTarget, target), params, check_mode, result).move(NAME, "foo", found)
    return result


def test_a_list_is_moved_once_and_accounted(tmp_path: Path) -> None:
    target = Target()
    checked = move(target, tmp_path / "account", check_mode=True)
    assert not target.has and not (tmp_path / "account").exists()
    first = move(target, tmp_path / "account")
    assert first.changed and checked.changed and first.lists == checked.lists and first.put == checked.put
    (said,) = first.lists
    assert [said[key] for key in ("found", "moved", "merged", "quarantined", "put")] == [3, 1, 0, 2, 1]
    assert len(first.attention) == 2 and len(first.named) == 1
    folder = tmp_path / "account" / f"{NAME}.requests"
    assert sorted(path.read_bytes() for path in folder.iterdir()) == [b"From a now\n\n\x01\x01\x01\x01\n", b"junk"]
    lines = [json.loads(line) for line in (tmp_path / "account" / f"{NAME}.requests.jsonl").read_text().splitlines()]
    assert {line["file"] for line in lines if line["file"]} == {path.name for path in folder.iterdir()}
    sums = json.loads((tmp_path / "account" / f"{NAME}.requests.json").read_text())
    assert sums == {"found": 3, "moved": 1, "merged": 0, "quarantined": 2}
    again = move(target, tmp_path / "account")
    assert not again.changed and not again.put and again.lists == [{**said, "put": 0}]
    # What could not be read is mended.
    mended = move(target, tmp_path / "account", found={**FOUND, "damaged": []})
    assert mended.lists[0]["found"] == 3


def test_moderators_are_told_if_somebody_wants_that_and_something_is_new(tmp_path: Path) -> None:
    target = Target()
    move(target, tmp_path / "a", check_mode=True, notify=True)
    assert target.told == []
    move(target, tmp_path / "a", notify=True)
    move(target, tmp_path / "a", notify=True)
    assert target.told == [NAME]
    target = Target()
    move(target, tmp_path / "b")
    assert target.told == []


def test_what_the_target_does_not_have_fails(tmp_path: Path) -> None:
    with pytest.raises(HostError, match="does not add up"):
        move(Target(loses=True), tmp_path)


def test_a_list_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(HostError, match="list foo@lists.example.org does not exist: make it before"):
        move(Target(exists=False), tmp_path)
    assert move(Target(exists=False), tmp_path, check_mode=True).lists[0]["moved"] == 1


@pytest.mark.parametrize(
    ("lists", "sentence"),
    [
        ([{"list": "foo", "source": "foo"}], "lists.list is 'foo': give the posting address of a list"),
        ([{"list": "../x@y", "source": "foo"}], "lists.list is '../x@y': give the posting address of a list"),
        ([{"list": "a@x", "source": "a"}, {"list": "A@x", "source": "b"}], "lists.list is 'A@x': give each list once"),
        ([{"list": "a@x", "source": "a"}, {"list": "b@x", "source": "a"}], "lists.source is 'a': give each name"),
    ],
)
def test_lists_are_checked(lists: Any, sentence: str) -> None:
    with pytest.raises(Invalid, match=sentence.replace("(", "\\(")):
        chosen({"lists": lists})


def test_addresses_are_lower_case() -> None:
    assert chosen({"lists": [{"list": "Foo@X.org", "source": "Foo"}]}) == [("foo@x.org", "Foo")]
