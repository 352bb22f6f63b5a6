# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the page of a migration says beyond sums."""

from __future__ import annotations

import json
import tracemalloc
from collections.abc import Iterator
from typing import Any

from ansible_collections.listops.mailman.plugins.module_utils._migrate import account, exceptions
from ansible_collections.listops.mailman.plugins.module_utils._migrate.remote.messages import NO_ID

LIST = "talk@lists.example.org"
MAIL = {"position": 7, "message_id": "a@x", "state": "moved", "reason": None, "mended": [], "hash": "H", "stored": "d"}
SAID = {"from": "Ann <a@x>", "date": "Mon, 5 Jan 2026", "subject": "Hello"}


def lines(*said: dict[str, Any]) -> Iterator[bytes]:
    return (account.line(each).encode("ascii") for each in said)


def groups(kind: str, *said: dict[str, Any], most: int = 5) -> dict[str, dict[str, Any]]:
    found = exceptions.groups(kind, lines(*said), most, "/account", LIST)
    assert [each["what"] for each in found] == [
        what for what in exceptions.WHAT if what in {each["what"] for each in found}
    ]
    return {each["what"]: each for each in found}


def test_what_is_simply_moved_is_not_named() -> None:
    assert groups("messages", MAIL) == {}
    page = {"path": "/pipermail/talk/1.html", "found": "link", "state": "merged"}
    assert groups("pages", page, {**page, "state": "moved"}, {**page, "found": "month", "state": "moved"}) == {}


def test_mails_are_named_by_what_became_of_them() -> None:
    same = "it has the Message-ID and the text of mail 3"
    found = groups(
        "messages",
        {**MAIL, **SAID, "state": "merged", "reason": same},
        {**MAIL, "reason": NO_ID},
        {**MAIL, "reason": "its Message-ID is also that of mail 1, which has another text"},
        {**MAIL, **SAID, "state": "quarantined", "reason": "it has no header"},
        {**MAIL, "mended": ["its date", "its name"]},
    )
    assert list(found) == ["quarantined", "without a Message-ID", "under another Message-ID", "merged", "mended"]
    assert found["merged"]["rows"] == [
        {"where": "mail 7", "reason": same, **SAID, "message_id": "a@x", "file": None},
    ]
    assert found["quarantined"]["rows"][0]["file"] == f"/account/{LIST}.quarantine.mbox"
    assert found["mended"]["rows"][0]["reason"] == "its date; its name"
    # an account of an earlier version
    assert found["without a Message-ID"]["rows"][0]["subject"] is None


def test_pages_and_what_waited() -> None:
    page = {
        "path": "/pipermail/talk/1.html",
        "found": "page",
        "state": "moved",
        "reason": "the archive has no such message",
    }
    assert groups("pages", page)["kept as they were"]["rows"][0]["where"] == "/pipermail/talk/1.html"
    held = {"key": "k", "kind": "held", "source": "data/held-1", "about": "a message of x", "state": "quarantined"}
    row = groups("requests", {**held, "reason": "junk", "file": "held-1.eml"})["quarantined"]["rows"][0]
    assert (row["where"], row["subject"], row["file"]) == (
        "data/held-1",
        "a message of x",
        f"/account/{LIST}.requests/held-1.eml",
    )
    lost = {"key": "k", "kind": "post", "about": "a post", "state": "lost", "reason": "nobody said"}
    assert groups("returned", lost)["lost"]["count"] == 1


def test_only_the_first_are_shown_and_all_are_counted() -> None:
    said = [{**MAIL, "position": number, "state": "merged", "reason": "same"} for number in range(9)]
    group = groups("messages", *said, most=2)["merged"]
    assert group["count"] == 9 and [row["where"] for row in group["rows"]] == ["mail 0", "mail 1"]
    assert group["file"] == f"/account/{LIST}.messages.jsonl"


def test_a_text_in_a_subject_is_no_state() -> None:
    subject = '"state": "moved" "reason": null "mended": []'
    assert (
        groups("messages", {**MAIL, "state": "quarantined", "reason": "x", "subject": subject})["quarantined"]["count"]
        == 1
    )


def test_lines_that_are_cut_off_are_left_out() -> None:
    cut = json.dumps({**MAIL, "state": "merged", "reason": "x"}).encode()[:-5]
    assert exceptions.groups("messages", [cut, b"\n", b"[]\n"], 5, "/account", LIST) == []


def test_memory_stays_flat() -> None:
    """For a tenth of a million mails, each of them remarkable, it needs what the shown ones need."""
    line = account.line({**MAIL, **SAID, "state": "merged", "reason": "same"}).encode("ascii")
    tracemalloc.start()
    try:
        (group,) = exceptions.groups("messages", (line for _each in range(100_000)), 25, "/account", LIST)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert group["count"] == 100_000 and peak < 1 << 20
