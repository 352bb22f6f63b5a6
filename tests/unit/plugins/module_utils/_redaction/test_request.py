# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
from typing import Any

import pytest

from ansible_collections.listops.mailman.plugins.module_utils._lists.vocabulary import Invalid
from ansible_collections.listops.mailman.plugins.module_utils._redaction import request as redact
from ansible_collections.listops.mailman.plugins.module_utils._redaction.request import Page


def params(**more: Any) -> dict[str, Any]:
    plain = {"list": "a", "message_id": "<x@y>", "url": None, "reason": "r", "replacement": "t", "by": None}
    return {**plain, "subject": None, "sender": None, **more}


@pytest.mark.parametrize(
    ("url", "page"),
    [
        (
            "https://l.example.org/mailman3/hyperkitty/list/A@l.example.org/message/ABC234/",
            Page("a@l.example.org", hash="ABC234"),
        ),
        ("https://l/hyperkitty/list/a%40l.example.org/message/ABC234/#x", Page("a@l.example.org", hash="ABC234")),
        ("http://l/pipermail/a/2026-May/000012.html", Page("a", volume="2026-May", file="000012.html")),
        ("http://l/mailman/private/a/2026-May/000012.html", Page("a", volume="2026-May", file="000012.html")),
    ],
)
def test_pages_of_messages_are_understood(url: str, page: Page) -> None:
    assert redact.page(url) == page


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        ({"url": "http://l/hyperkitty/list/a@l.example.org/thread/ABC/"}, "the page of one message"),
        ({"url": "http://l/pipermail/a/../000012.html"}, "the page of one message"),
        ({"url": "http://l/pipermail/b/2026-May/000012.html"}, "url is of the list b, and list is 'a'"),
        ({"message_id": "two words"}, "message_id is 'two words': give a Message-ID such as"),
        ({"message_id": "<>"}, "message_id is '<>'"),
        ({"list": ".."}, "the list name is '..'"),
        ({"reason": " "}, "reason is ' ': give a text that is not empty"),
        ({"replacement": ""}, "replacement is ''"),
        ({"subject": "a\nb"}, "give one line of 1 to 512 characters"),
        ({"sender": "Removed"}, "give a name and an address"),
    ],
)
def test_what_makes_no_sense_is_refused(more: dict[str, Any], sentence: str) -> None:
    with pytest.raises(Invalid, match=sentence.replace("(", r"\(").replace(".", r"\.")):
        redact.asked(params(**more))


def test_what_is_asked_for() -> None:
    asked = redact.asked(params(replacement="gone\n", sender="Removed <no@example.org>"))
    assert (asked.list, asked.message_id) == ("a", "x@y")
    assert asked.replacement == {"text": "gone", "subject": None, "sender": ["Removed", "no@example.org"]}
    url = "http://l/list/a@l.example.org/message/ABC/"
    assert redact.asked(params(list=None, message_id=None, url=url)).list == "a@l.example.org"


def test_the_log_knows_what_was_interrupted() -> None:
    asked = redact.asked(params())
    found = {"message_id": "x@y", "url": "/p"}
    begun, done = (redact.entry(state, "now", asked, "a@b.c", found) for state in ("begun", "done"))
    assert json.loads(begun)["replaced"] == ["content"]
    assert redact.unfinished([begun], "a@b.c", "x@y") is True
    assert redact.unfinished([begun, done], "a@b.c", "x@y") is False
    assert redact.unfinished([begun, done, begun, '{"cut'], "a@b.c", "x@y") is True
    assert redact.unfinished([begun], "a@b.c", "z@y") is False
    assert redact.unfinished([], "a@b.c", "x@y") is False


def test_the_diff_names_places() -> None:
    shown = redact.diff([{"place": "/p", "what": ["content", "subject"]}], "/e")
    assert shown["before"] == "/p: content as sent\n/p: subject as sent\n"
    assert shown["after"] == "/p: content redacted\n/p: subject redacted\n/e: sealed original\n"


def test_names_of_files_cannot_lead_elsewhere() -> None:
    name = redact.key("../a@b.c", "../../x")
    assert "/" not in name and name == redact.key("../a@b.c", "../../x") != redact.key("../a@b.c", "../../y")
