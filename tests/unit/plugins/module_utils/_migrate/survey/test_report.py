# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.listops.mailman.plugins.module_utils._migrate.survey import report
from ansible_collections.listops.mailman.plugins.module_utils._migrate.survey.report import Target

THREE, OLD = Target(False, ["en", "fr"]), Target(True, ["en", "fr"])
LIST = {"list": "talk@lists.example.org", "source": "talk"}
BOX: dict[str, Any] = {
    "bytes": 1 << 20,
    "mails": 533,
    "twice": 0,
    "same_id": 0,
    "without_id": 0,
    "faults": {},
    "seconds": 0.1,
    "sample": [],
}
FOUND: dict[str, Any] = {
    "unreadable": None,
    "archived": True,
    "languages": ["en"],
    "texts": 2,
    "waiting": 11,
    "damaged": [],
    "mailbox": BOX,
}


def said(target: Target = THREE, each: Any = None, box: Any = (), **more: Any) -> list[str]:
    mailbox = {**BOX, **dict(box)}
    return list(report.row(each or LIST, {**FOUND, "mailbox": mailbox, **more}, [], target)["sentences"])


def test_a_list_with_which_all_is_well_says_nothing() -> None:
    assert said() == [] and said(OLD) == []


@pytest.mark.parametrize(
    ("box", "sentence"),
    [
        (
            {"twice": 1},
            "1 mail is there twice with Message-ID and text of another one; moved once; nothing is to be done.",
        ),
        (
            {"same_id": 2},
            "2 mails have the Message-ID of another one with another text; moved under a Message-ID of its own; nothing is to be done.",
        ),
        (
            {"without_id": 1200},
            "1,200 mails have no Message-ID; it gets one that is made of its bytes, the same each time; nothing is to be done.",
        ),
        (
            {"faults": {"nul": [1, 16]}},
            "1 mail has NUL bytes, the first is number 17 of its mailbox; they are taken out; compare it with a backup, since a disk may "
            "have failed.",
        ),
    ],
)
def test_each_fault_has_what_to_do(box: dict[str, Any], sentence: str) -> None:
    assert said(box=box) == [f"talk@lists.example.org: {sentence}"]
    assert said(OLD, box=box)[0].endswith("; it is moved as it is; nothing is to be done.")


def test_what_cannot_be_read_or_kept_is_named() -> None:
    damaged = [{"file": "lists/talk/request.pck", "reason": "EOFError: Ran out of input"}]
    found = said(
        each={"list": "dev.a-b@lists.example.org", "source": "dev.a+b"}, languages=["de", "en"], damaged=damaged
    )
    assert found == [
        "dev.a-b@lists.example.org: its name on the old server is dev.a+b, which this host cannot hold; give it as an alias.",
        "dev.a-b@lists.example.org: lists/talk/request.pck is damaged (EOFError: Ran out of input); restore it from a backup, or what it "
        "held is quarantined.",
        "dev.a-b@lists.example.org: it or members of it have de, which this host's Mailman has not; add that language there, or they get "
        "the language of the site.",
    ]
    (alone,) = report.row(LIST, {"unreadable": "list talk: it is damaged"}, [], THREE)["sentences"]
    assert "is not moved (list talk: it is damaged); restore its config.pck" in alone


def test_a_list_without_a_mailbox_is_named_unless_nothing_is_archived() -> None:
    without = {**FOUND, "mailbox": None}
    assert "it has no mailbox in the copy" in report.row(LIST, without, [], THREE)["sentences"][0]
    assert report.row(LIST, {**without, "archived": False}, [], THREE)["sentences"] == []


def test_sums_are_of_all_lists() -> None:
    one = {**FOUND, "mailbox": {**BOX, "twice": 1, "faults": {"nul": [3, 0], "cut": [1, 9]}}, "languages": ["de"]}
    rows = [
        report.row(LIST, one, ["lost"], THREE),
        report.row({"list": "b@x", "source": "b"}, {**FOUND, "mailbox": None, "languages": ["de"]}, [], THREE),
        report.row({"list": "c", "source": "c"}, {"unreadable": "it is damaged"}, [], THREE),
    ]
    sums = report.totals(rows)
    assert sums == {
        "lists": 3,
        "bytes": 1 << 20,
        "mails": 533,
        "twice": 1,
        "same_id": 0,
        "without_id": 0,
        "waiting": 22,
        "texts": 4,
        "without_mailbox": 1,
        "unreadable": 1,
        "faults": 4,
        "damaged": 0,
        "renamed": 0,
        "languages_lacking": 1,
        "lost": 1,
    }
    told = report.sentences(sums, None, {"needed": 30, "free": 20}, "/srv/copy")
    assert told[0] == "Lists: 3; mails: 533 (1 MB); waiting things: 22; texts of their own: 4."
    assert told[3] == "/srv/copy has 20 MB of free space, and 30 MB are needed: make room first."
    assert told[4].startswith("How long the archives take is not known")
    assert report.sentences(sums, {"sentence": "The archives take long"}, {"needed": 1, "free": 2}, "x")[3:] == [
        "x has 2 MB of free space, and 1 MB are needed: nothing is to be done.",
        "The archives take long.",
    ]


def test_each_fault_that_can_be_found_has_words() -> None:
    text = Path(str(report.__file__)).parents[1].joinpath("remote/survey.py").read_text(encoding="utf-8")
    assert set(re.findall(r'_note\("(\w+)"', text)) == report.FAULTS.keys()


def test_what_is_of_the_server_is_said_once() -> None:
    assert report.of_server({"python3": [], "shared": 0, "shared_fault": None}) == []
    python3, shared, fault = report.of_server({"python3": ["a", "b"], "shared": 3, "shared_fault": "EOFError: x"})
    assert python3.startswith("2 lists are of a Mailman 2 on Python 3") and "rollback is refused" in python3
    assert shared.startswith("data/pending.pck has 3 confirmations") and "damaged (EOFError: x)" in fault
