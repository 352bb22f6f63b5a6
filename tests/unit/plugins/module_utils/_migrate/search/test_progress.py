# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.listops.mailman.plugins.module_utils._migrate.search import progress
from ansible_collections.listops.mailman.plugins.module_utils._migrate.search.progress import Way

AT = ["2026-01-05T10:00:00+00:00", 7]
LISTS = ("a@x", "b@x")
HALF = Way(LISTS, 3, 20, AT)
DONE = Way(LISTS, 20)


@pytest.mark.parametrize("way", [HALF, DONE, Way(("a@x",))])
def test_what_is_noted_is_read_again(way: Way) -> None:
    assert progress.parse(progress.written(way)) == way


@pytest.mark.parametrize(
    "text",
    [
        None,
        b"",
        b"{",
        b"[]",
        b'{"lists": null, "done": 1, "top": null, "at": null}',
        b'{"lists": ["a@x"], "done": "1", "top": null, "at": null}',
        b'{"lists": ["a@x"], "done": 1, "top": "9", "at": null}',
        b'{"lists": ["a@x"], "done": 1, "top": 9, "at": []}',
        b'{"lists": ["a@x"], "done": 1, "top": 9, "at": ["x", "7"]}',
    ],
)
def test_of_a_damaged_note_nothing_is_known(text: bytes | None) -> None:
    assert progress.parse(text) == Way(())


@pytest.mark.parametrize(
    ("noted", "lists", "newest", "way"),
    [
        # at first, and where there is no mail
        (Way(()), ["b@x", "a@x"], 20, Way(LISTS, 0, 20)),
        (Way(()), ["a@x"], None, None),
        # after an interruption, whatever came since
        (HALF, LISTS, 25, HALF),
        # when all is done, only what came since
        (DONE, LISTS, 20, None),
        (DONE, LISTS, 25, Way(LISTS, 20, 25)),
        # another list came
        (HALF, ["a@x", "b@x", "c@x"], 25, Way(("a@x", "b@x", "c@x"), 0, 25)),
    ],
)
def test_where_a_run_goes_on(noted: Way, lists: list[str], newest: int | None, way: Way | None) -> None:
    assert progress.begin(noted, lists, newest) == way


def test_what_was_indexed_is_noted_at_the_end() -> None:
    assert HALF.finished() == DONE and DONE.finished() == DONE
