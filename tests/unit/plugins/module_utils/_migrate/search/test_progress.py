# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.listops.mailman.plugins.module_utils._migrate.search import progress
from ansible_collections.listops.mailman.plugins.module_utils._migrate.search.progress import Way

AT = ["2026-01-05T10:00:00+00:00", 7]
HALF = Way(("a@x", "b@x"), AT)
DONE = Way(("a@x", "b@x"), None, {"a@x": 0, "b@x": 2})


@pytest.mark.parametrize("way", [HALF, DONE, Way(("a@x",))])
def test_what_is_noted_is_read_again(way: Way) -> None:
    assert progress.parse(progress.written(way)) == way


@pytest.mark.parametrize(
    "text", [None, b"", b"{", b"[]", b'{"lists": null, "at": null, "lacking": null}', b'{"lists": ["a@x"], "at": []}']
)
def test_of_a_damaged_note_nothing_is_known(text: bytes | None) -> None:
    assert progress.parse(text) == Way(())


@pytest.mark.parametrize("at", ['"x"', '["x", "7"]', "[7, 7]"])
def test_a_place_that_is_none_is_the_beginning(at: str) -> None:
    assert progress.parse(b'{"lists": ["a@x"], "lacking": null, "at": ' + at.encode() + b"}") == Way(("a@x",))


@pytest.mark.parametrize(
    ("noted", "lacking", "way"),
    [
        # at first, and when all is there already
        (Way(()), {"b@x": 0, "a@x": 3}, Way(("a@x", "b@x"))),
        (Way(()), {"a@x": 0}, None),
        # after an interruption, even where the count says that all is there
        (HALF, {"a@x": 0, "b@x": 0}, HALF),
        # some mails are lacking for good
        (DONE, {"a@x": 0, "b@x": 2}, None),
        (DONE, {"a@x": 0, "b@x": 3}, Way(("a@x", "b@x"))),
        # another list came
        (HALF, {"a@x": 1, "b@x": 0, "c@x": 0}, Way(("a@x", "b@x", "c@x"))),
    ],
)
def test_where_a_run_goes_on(noted: Way, lacking: dict[str, int], way: Way | None) -> None:
    assert progress.begin(noted, lacking) == way
