# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.listops.mailman.plugins.module_utils._lists import model, rename
from ansible_collections.listops.mailman.plugins.module_utils._lists.model import ArchiveState
from ansible_collections.listops.mailman.plugins.module_utils._lists.plan import ListPlan, plan_site
from ansible_collections.listops.mailman.plugins.module_utils._lists.vocabulary import Invalid

A, B, C = (f"{name}@lists.example.org" for name in "abc")
STATE = {
    "settings": {"display_name": "A", "subject_prefix": "[A] ", "acceptable_aliases": []},
    "rosters": {},
    "bans": [],
    "header_matches": [],
    "archivers": {},
    "saved": None,
}


def specs(*entries):
    return model.resolve(
        model.parse_site(list(entries)),
        domains=["lists.example.org"],
        schema={name: {"type": "line" if name != "acceptable_aliases" else "patterns"} for name in STATE["settings"]},
    )


def test_a_list_with_a_former_name_is_renamed_and_what_carries_the_name_follows():
    (plan,) = plan_site(specs({"name": "b", "renamed_from": "a"}), {A: STATE})
    assert plan.action == "rename"
    assert plan.changes["name"] == (A, B)
    assert plan.step["set"] == {"display_name": "B", "subject_prefix": "[B] ", "acceptable_aliases": [A]}


def test_what_somebody_chose_does_not_follow():
    chosen = dict(STATE, settings=dict(STATE["settings"], display_name="Announcements", subject_prefix="[news] "))
    (plan,) = plan_site(specs({"name": "b", "renamed_from": "a"}), {A: chosen})
    assert plan.step["set"] == {"acceptable_aliases": [A]}
    (plan,) = plan_site(specs({"name": "b", "renamed_from": "a", "display_name": "Mine"}), {A: STATE})
    assert plan.step["set"]["display_name"] == "Mine"


def test_a_renamed_list_stays_as_it_is():
    done = dict(STATE, settings={"display_name": "B", "subject_prefix": "[B] ", "acceptable_aliases": [A]})
    (plan,) = plan_site(specs({"name": "b", "renamed_from": ["a"]}), {B: done})
    assert plan == ListPlan(B, "none", {}, {})


def test_what_a_run_that_was_interrupted_left_of_the_old_name_follows():
    (plan,) = plan_site(specs({"name": "c", "renamed_from": ["b", "a"]}), {C: STATE})
    assert plan.step["set"] == {"display_name": "C", "subject_prefix": "[C] ", "acceptable_aliases": [B, A]}


def test_archives_of_two_names_are_merged_only_where_that_can_be():
    move = rename.Rename(A, B, "follow")
    rename.check_moves([move], {A: ArchiveState("public", 3), B: ArchiveState("public", 2)})
    rename.check_moves([move], {A: ArchiveState("public", 3, ["mbox"]), B: ArchiveState("public", 1, ["pages"])})
    archive = ArchiveState("public", 3, ["pages", "mbox"])
    with pytest.raises(
        Invalid, match="an archive of a@lists.example.org with 3 messages and one of .* with 3: give stay"
    ):
        rename.check_moves([move], {A: archive, B: archive})


def test_a_list_that_never_was_is_created_with_its_former_name_as_alias():
    (plan,) = plan_site(specs({"name": "b", "renamed_from": ["a"]}), {})
    assert plan.action == "create" and plan.step["set"] == {"acceptable_aliases": [A]}


@pytest.mark.parametrize(
    ("entries", "actual", "sentence"),
    [
        ([{"name": "b", "renamed_from": "a"}], {A: STATE, B: STATE}, "both lists exist"),
        ([{"name": "c", "renamed_from": ["a", "b"]}], {A: STATE, B: STATE}, "which all exist"),
        ([{"name": "b", "renamed_from": "a"}, {"name": "a"}], {}, "also a declared list"),
        ([{"name": "b", "renamed_from": "a"}, {"name": "c", "renamed_from": "a"}], {}, "also a former name of b@"),
        ([{"name": "b", "renamed_from": "b"}], {}, "renamed_from has b@"),
        ([{"name": "b", "renamed_from": ".."}], {}, "renamed_from: the list name is"),
        ([{"name": "b", "state": "absent", "renamed_from": "a"}], {}, "nothing, when state is absent"),
        ([{"name": "b", "renamed_from": "a", "renamed_archives": "burn"}], {}, "give follow or stay"),
    ],
)
def test_what_cannot_be_meant_is_refused(entries, actual, sentence):
    with pytest.raises(Invalid, match=sentence):
        plan_site(specs(*entries), actual)


def test_an_interrupted_rename_is_finished():
    former = [rename.Rename(A, B, "follow")]
    unchanged = ListPlan(B, "none", {}, {})
    assert rename.remaining(former, [unchanged], [A]) == former
    assert rename.remaining(former, [unchanged], []) == []
    assert rename.moves(former, [unchanged], {A: {}}) == former
    (plan,) = rename.with_remains([unchanged], former)
    assert plan.action == "rename" and plan.changes == {"name": (A, B)} and plan.step == {}


def test_archives_stay_by_choice_and_a_list_that_is_not_there_takes_none():
    assert rename.moves([rename.Rename(A, B, "stay")], [ListPlan(B, "none", {}, {})], {A: {}}) == []
    created = ListPlan(B, "create", {}, {"create": True})
    assert rename.moves([rename.Rename(A, B, "follow")], [created], {A: {}}) == []
    assert rename.remaining([rename.Rename(A, B, "follow")], [created], [A]) == []
