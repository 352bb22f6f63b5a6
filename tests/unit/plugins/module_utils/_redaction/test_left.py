# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.listops.mailman.plugins.module_utils._redaction import left
from ansible_collections.listops.mailman.plugins.module_utils._redaction.left import Account, Archived


@pytest.mark.parametrize(
    ("path", "what"),
    [
        ("2017-March/000025.html", Archived("page", volume="2017-March")),
        ("Week-of-Mon-20170306/000025.html", Archived("page", volume="Week-of-Mon-20170306")),
        ("2017-March/subject.html", Archived("index", volume="2017-March")),
        ("2017-March.txt", Archived("month")),
        ("2017-March.txt.gz", Archived("month")),
        ("attachments/20170306/0123abcd/a.bin", Archived("attachment", folder="0123abcd")),
        ("attachments/20170306/0123abcd/a.eml", Archived("attached", folder="0123abcd")),
        ("database/2017-March-article", Archived("database", volume="2017-March")),
        # These have Message-IDs and no more.
        ("database/2017-March-thread", Archived("nothing")),
        ("pipermail.pck", Archived("nothing")),
        ("index.html", Archived("nothing")),
        ("2017-March/.index.html.new", Archived("nothing")),
        ("talk.tgz", Archived("other")),
        ("attachments/a", Archived("other")),
    ],
)
def test_what_a_file_of_an_archive_is(path: str, what: Archived) -> None:
    assert left.archived(path) == what


def test_a_list_is_known_by_its_address_or_its_name_on_the_old_server() -> None:
    made = {"talk@x": "talk@old", "new@x": "Old@old"}
    assert left.moved(made, "talk@x", []) == {"talk@x": "talk"}
    assert left.moved(made, "now@x", ["old"]) == {"new@x": "old"}
    assert left.moved(made, "now@x", []) == {}


def test_files_of_an_account_are_of_one_list() -> None:
    files = [
        "a@x.quarantine.mbox",
        "a@x.requests",
        "a@x.requests.jsonl",
        "a@x.messages.jsonl",
        "a@x-mended.messages.jsonl",
        "a@x.messages.json",
        "a@x.uk.messages.jsonl",
        "aa@x.messages.jsonl",
        "lists.json",
    ]
    assert left.account(files, "a@x") == [
        Account("a@x-mended.messages.jsonl", "messages"),
        Account("a@x.messages.jsonl", "messages", True),
        Account("a@x.quarantine.mbox", "mailbox", True),
        Account("a@x.requests", "folder", True),
        Account("a@x.requests.jsonl", "lines", True),
    ]


@pytest.mark.parametrize(
    ("name", "what"),
    [
        ("heldmsg-talk-3.pck", "other"),
        ("heldmsg-talk-3.txt", "message"),
        ("heldmsg-talk-two-3.pck", "nothing"),
        ("pending.pck", "nothing"),
    ],
)
def test_what_waited(name: str, what: str) -> None:
    assert left.waiting(name, "talk") == what


@pytest.mark.parametrize(
    ("state", "on"),
    [
        (None, False),
        ({"state": "copied"}, True),
        ({"state": "copied", "moved": ["talk@old"]}, False),
        ({"state": "moved"}, True),
        ({"state": "accepted"}, False),
        ({"state": "back"}, True),
    ],
)
def test_until_it_is_accepted_it_would_be_copied_again(state: object, on: bool) -> None:
    assert left.going_on(state, "talk@old") == on
