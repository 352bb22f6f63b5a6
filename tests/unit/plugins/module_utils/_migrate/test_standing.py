# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where lists stand, from files of an account."""

from __future__ import annotations

from typing import Any

from ansible_collections.listops.mailman.plugins.module_utils._migrate import standing

FILES: dict[str, Any] = {
    "lists.json": {
        "talk@lists.example.org": "talk+@lists.example.org",
        "board@lists.example.org": "board@lists.example.org",
    },
    "talk@lists.example.org.messages.json": {"list": "x", "found": 5, "moved": 3, "merged": 1, "quarantined": 1},
    "talk@lists.example.org.pages.json": {"found": 7, "moved": 7, "merged": 0, "quarantined": 0, "link": 7},
}


def test_each_list_has_its_sums_and_what_is_not_moved_has_none() -> None:
    board, talk = standing.lists(FILES.get)
    assert board == {
        "list": "board@lists.example.org",
        "former": "board@lists.example.org",
        "here": None,
        "staged": False,
        **dict.fromkeys(standing.KINDS),
    }
    assert talk["messages"] == {"found": 5, "moved": 3, "merged": 1, "quarantined": 1}
    assert talk["pages"] == {"found": 7, "moved": 7, "merged": 0, "quarantined": 0}
    assert standing.totals([board, talk])["messages"]["found"] == 5
    assert list(standing.totals([board, talk])) == ["messages", "pages"]


def test_a_person_reads_one_line_for_each() -> None:
    board, talk = standing.lists(FILES.get)
    assert standing.sentence(board) == "board@lists.example.org: made, nothing else to be moved"
    assert (
        standing.sentence(talk)
        == "talk@lists.example.org: 3 of 5 mails moved, 1 merged, 1 quarantined; 7 of 7 pages moved"
    )


def test_while_some_have_moved_each_says_where_it_is() -> None:
    board, talk = standing.lists(FILES.get, ["talk+@lists.example.org"])
    assert standing.sentence(board).startswith("board@lists.example.org (still on the old server): ")
    assert standing.sentence(talk).startswith("talk@lists.example.org (moved): 3 of 5 mails moved")


def test_what_only_waits_beside_its_place_is_said_to() -> None:
    staged = {
        "board@lists.example.org": "board@lists.example.org",
        "later@lists.example.org": "later@lists.example.org",
    }
    read = {**FILES, standing.STAGED: staged}.get
    assert list(standing.known(read)) == [
        "board@lists.example.org",
        "later@lists.example.org",
        "talk@lists.example.org",
    ]
    board, later, _talk = standing.lists(read, ["talk+@lists.example.org"])
    assert (board["staged"], later["staged"]) == (False, True)
    assert standing.sentence(later) == "later@lists.example.org (still on the old server): its files are staged"


def test_before_the_first_copy_there_is_nothing() -> None:
    assert standing.lists({}.get) == []


def test_accounts_are_of_the_whole_server() -> None:
    sums = {"found": 2, "moved": 2, "merged": 0, "quarantined": 0}
    assert standing.accounts({"accounts.json": sums}.get) == sums
    assert standing.accounts(FILES.get) is None


def test_what_went_back_is_said_after_a_rollback() -> None:
    sums = {"found": 4, "returned": 2, "merged": 1, "quarantined": 1}
    board, _talk = standing.lists({**FILES, "board@lists.example.org.returned.json": sums}.get)
    assert board["returned"] == {"found": 4, "moved": 2, "merged": 1, "quarantined": 1}
    assert standing.sentence(board).endswith("2 of 4 things that came since went back, 1 merged, 1 quarantined")
