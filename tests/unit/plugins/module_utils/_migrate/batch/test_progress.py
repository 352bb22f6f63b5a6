# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which phase makes sense when, and which lists have moved."""

from __future__ import annotations

import json

import pytest

from ansible_collections.listops.mailman.plugins.module_utils._lists.vocabulary import Invalid
from ansible_collections.listops.mailman.plugins.module_utils._migrate.batch import progress

A, B, C = "a@lists.example.org", "b@lists.example.org", "c@lists.example.com"
ALL = [A, B, C]
NEW = progress.Progress()
COPIED = NEW._replace(state="copied", known=True)
SOME = COPIED._replace(moved=(A,))
DURING = SOME._replace(state="moving", batch=(B,))
MOVED = COPIED._replace(state="moved")


def test_what_was_written_before_there_were_batches_is_read() -> None:
    assert progress.parse(None) == NEW
    found = progress.parse('{"state": "moved", "source": "sodium", "from": "3"}\n')
    assert found == progress.Progress("moved", True, "sodium", "3")
    # the first form
    assert progress.parse('{"state": "copied", "source": "sodium"}').kind == "2.1"
    assert progress.parse(json.dumps({"state": "copied", "moved": [B, A]})).moved == (A, B)


@pytest.mark.parametrize(
    ("found", "phase", "makes_sense"),
    [
        (NEW, "copy", True),
        (NEW, "cutover", False),
        (COPIED, "cutover", True),
        (COPIED, "rollback", False),
        (COPIED, "accept", False),
        (SOME, "copy", True),
        (SOME, "verify", True),
        (SOME, "rollback", True),
        (SOME, "accept", False),
        (DURING, "copy", False),
        (DURING, "verify", False),
        (DURING, "status", True),
        (DURING, "rollback", True),
        (MOVED, "copy", False),
        (MOVED, "index", True),
        (NEW, "index", False),
        (MOVED, "accept", True),
    ],
)
def test_phases(found: progress.Progress, phase: str, makes_sense: bool) -> None:
    said = progress.refusal(found, phase, found.batch)
    assert (said is None) is makes_sense
    assert said is None or said.startswith(f'migrate_phase is "{phase}", and the ')


def test_a_refusal_says_which_lists_are_where() -> None:
    assert progress.refusal(NEW, "cutover", ()) == (
        'migrate_phase is "cutover", and the migration is new: give preflight or copy or status.'
    )
    assert f"copied, with {A} moved already: give" in str(progress.refusal(SOME, "accept", ()))
    assert f"the cut-over of {B} has not ended: give cutover or rollback or status" in str(
        progress.refusal(DURING, "copy", ())
    )


def test_a_cut_over_that_did_not_end_is_ended_first() -> None:
    assert progress.refusal(DURING, "cutover", [B]) is None
    for chosen in ([], [A], [A, B]):
        assert str(progress.refusal(DURING, "cutover", chosen)).endswith(
            f"and the cut-over of {B} has not ended: give these."
        )


def test_lists_are_named_one_by_one_or_by_their_domain() -> None:
    assert progress.choose([], ALL) == []
    assert progress.choose(["A", C], ALL) == [A, C]
    assert progress.choose(["@lists.example.org", "a"], ALL) == [A, B]
    for wrong in ("nothing", "@example.org", "a@lists.example.com"):
        with pytest.raises(Invalid, match="give lists that the phase copy made, such as a@"):
            progress.choose([wrong], ALL)
    with pytest.raises(Invalid, match="it made none"):
        progress.choose(["a"], [])


def test_the_old_server_is_right_for_the_others() -> None:
    assert progress.left(COPIED, ALL) == ALL
    assert progress.left(SOME, ALL) == progress.left(DURING, ALL) == [B, C]
    assert progress.left(MOVED, ALL) == progress.left(MOVED._replace(moved=(A,)), ALL) == []
    assert progress.left(SOME._replace(state="returned"), ALL) == ALL


def test_the_last_batch_ends_the_cut_over() -> None:
    assert progress.after_batch(COPIED, [A], ALL) == {"state": "copied", "moved": [A]}
    assert progress.after_batch(DURING, [B], ALL) == {"state": "copied", "moved": [A, B]}
    assert progress.after_batch(SOME, [B, C], ALL) == {"state": "moved", "moved": ALL}
    # again, after all have moved
    assert progress.after_batch(MOVED, [A], ALL) == {"state": "moved", "moved": []}


def test_what_moved_goes_back() -> None:
    assert progress.returning(SOME) == [A]
    assert progress.returning(DURING) == [A, B]
    # all of them
    assert progress.returning(MOVED) == progress.returning(MOVED._replace(state="moving")) == []
    assert progress.returning(MOVED._replace(moved=(A,))) == []
    # an interrupted rollback goes on with the same ones
    assert progress.returning(SOME._replace(state="returning")) == [A]
    assert progress.returning(COPIED._replace(state="returned")) == []


def test_lists_are_named_as_here_and_as_there() -> None:
    made = {"a-b@lists.example.org": "a+b@lists.example.org", B: B}
    assert progress.named(made, ["a+b@lists.example.org"]) == [
        {"list": "a-b@lists.example.org", "former": "a+b@lists.example.org", "source": "a+b"}
    ]
