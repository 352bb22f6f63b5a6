# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.listops.mailman.plugins.module_utils._archives import policy as archives
from ansible_collections.listops.mailman.plugins.module_utils._lists.model import ArchiveState, parse_site
from ansible_collections.listops.mailman.plugins.module_utils._lists.plan import ListPlan
from ansible_collections.listops.mailman.plugins.module_utils._lists.vocabulary import Invalid

A, B = "a@lists.example.org", "b@lists.example.org"


def created(policy=None):
    changes = {"state": ("absent", "present")}
    if policy:
        changes["archive_policy"] = (None, policy)
    return ListPlan("a@lists.example.org", "create", changes, {"create": True})


def changed(before, after):
    return ListPlan("a@lists.example.org", "change", {"archive_policy": (before, after)}, {"set": {}})


OTHER = ListPlan("b@lists.example.org", "change", {"info": ("x", "y")}, {"set": {}})
PRIVATE = {"a@lists.example.org": ArchiveState("private", 3)}
EMPTY = {"a@lists.example.org": ArchiveState("private", 0)}
PUBLIC = {"a@lists.example.org": ArchiveState("public", 3)}


def test_only_new_lists_and_changed_policies_concern_the_archive():
    assert archives.concerned([created(), OTHER]) == ["a@lists.example.org"]
    assert archives.concerned([OTHER]) == []


@pytest.mark.parametrize("plan", [created("private"), changed("public", "private")])
def test_what_becomes_private_is_known_before(plan):
    assert archives.before([plan, OTHER]) == {plan.name: "private"}
    assert archives.private_after([plan, OTHER]) == {plan.name}


def test_what_is_opened_is_not_known_before():
    plan = changed("private", "public")
    assert archives.before([plan]) == {}
    assert archives.private_after([plan]) == set()


def test_a_list_that_exists_may_have_posts_on_their_way_when_it_is_closed():
    assert archives.closed([changed("public", "private"), OTHER]) == ["a@lists.example.org"]
    assert archives.closed([created("private"), changed("private", "public"), OTHER]) == []


@pytest.mark.parametrize(
    ("mailman", "archive", "kept", "stays"),
    [
        ("private", "public", True, True),
        ("private", "private", False, True),
        ("private", None, False, True),
        # opened: the archive must say so, too
        ("public", "private", True, True),
        ("public", "never", True, True),
        ("public", "public", True, False),
        ("public", None, True, False),
        ("public", "private", False, False),
        # of a list that is not archived any more, what is there stays what it was
        ("never", "public", True, True),
        ("never", "never", True, True),
        ("never", "private", False, True),
        ("never", "public", False, False),
        ("unknown", "public", True, True),
        # the list is gone, its archive is not
        (None, "public", True, True),
        (None, "private", False, True),
        (None, "public", False, False),
        (None, None, True, False),
    ],
)
def test_the_guard_lets_go_of_what_both_say_is_public_or_gone(mailman, archive, kept, stays):
    policies = {} if mailman is None else {A: mailman}
    shown = {} if archive is None else {A: archive}
    assert archives.stays_guarded(A, policies, shown, {A} if kept else set()) is stays


SHOWN, GUARDED = "archive_shown", "archive_guarded"


@pytest.mark.parametrize(
    ("mailman", "archive", "kept", "drift"),
    [
        ("private", "private", True, {}),
        ("private", None, True, {}),
        ("public", "public", False, {}),
        ("never", "public", False, {}),
        ("never", "private", True, {}),
        ("private", "public", True, {SHOWN: ("public", "private")}),
        ("private", "never", True, {SHOWN: ("never", "private")}),
        ("private", "private", False, {GUARDED: (False, True)}),
        ("private", "public", False, {SHOWN: ("public", "private"), GUARDED: (False, True)}),
        # somebody has opened it in Mailman, or a run was killed after that
        ("public", "public", True, {GUARDED: (True, False)}),
        ("public", "private", True, {SHOWN: ("private", "public"), GUARDED: (True, False)}),
        ("public", "private", False, {SHOWN: ("private", "public")}),
        (None, None, True, {GUARDED: (True, False)}),
        (None, "private", True, {}),
    ],
)
@pytest.mark.parametrize("plans", [[], [ListPlan(A, "none", {}, {})], [OTHER]])
def test_what_drifted_is_part_of_the_plan_also_of_lists_that_nobody_declares(mailman, archive, kept, drift, plans):
    policies = {} if mailman is None else {A: mailman}
    shown = {} if archive is None else {A: archive}
    done = archives.with_drift(plans, [A], policies, shown, {A} if kept else set())
    found = {plan.name: plan for plan in done}
    assert (found[A].changes if A in found else {}) == drift
    assert all(plan.action == "change" for plan in done if plan.changes)
    assert archives.watched(done) is bool(drift)


def test_without_a_guard_only_the_archive_itself_drifts():
    (done,) = archives.with_drift([], [A], {A: "private"}, {A: "public"}, None)
    assert done.changes == {SHOWN: ("public", "private")}
    assert archives.with_drift([], [A], {A: "private"}, {}, None) == []


@pytest.mark.parametrize("plan", [created("private"), changed("public", "private"), changed("private", "public")])
def test_what_the_archive_is_told_anyway_is_no_drift(plan):
    assert archives.with_drift([plan], [A], {A: "public"}, {A: "private"}, {A}) == [plan]


def test_a_list_that_changes_and_drifted_is_one_plan():
    (done,) = archives.with_drift([OTHER], [B], {B: "private"}, {B: "public"}, {B})
    assert (done.action, done.step) == ("change", OTHER.step)
    assert done.changes == {"info": ("x", "y"), SHOWN: ("public", "private")}


@pytest.mark.parametrize("plan", [created(), created("public"), created("never"), changed("private", "never")])
def test_a_private_archive_is_not_published_by_accident(plan):
    with pytest.raises(Invalid, match="would publish 3 messages of a private archive"):
        archives.guard([plan], PRIVATE)


@pytest.mark.parametrize(
    ("plan", "there"),
    [
        (created("private"), PRIVATE),
        (created("public"), EMPTY),
        (created("public"), PUBLIC),
        (created("public"), {}),
        (changed("private", "public"), PRIVATE),
        (OTHER, PRIVATE),
    ],
)
def test_everything_else_is_allowed(plan, there):
    archives.guard([plan], there)


REMOVED = ListPlan(A, "delete", {"state": ("present", "absent")}, {"list": A, "delete": True})
GONE = ListPlan(A, "none", {}, {})


@pytest.mark.parametrize(
    ("plan", "there", "copies", "action", "found"),
    [
        (REMOVED, PUBLIC, [], "delete", "3 messages"),
        (GONE, PUBLIC, [], "delete", "3 messages"),
        (GONE, {}, [A], "delete", "copies of posts"),
        (GONE, {}, [], "none", None),
        (REMOVED, {}, [], "delete", None),
    ],
)
def test_a_dropped_archive_is_part_of_the_plan_as_long_as_it_is_there(plan, there, copies, action, found):
    (done,) = archives.with_drops([plan], [A], there, copies)
    assert done.action == action
    assert done.changes.get("archive") == ((found, None) if found else None)
    assert done.step == plan.step


def test_an_archive_is_kept_unless_it_is_dropped():
    specs = parse_site([{"name": A, "state": "absent"}, {"name": "b", "state": "absent", "archives": "drop"}])
    assert archives.dropped(specs) == ["b"]
    assert archives.with_drops([REMOVED], [], PUBLIC, [A]) == [REMOVED]


@pytest.mark.parametrize("state", ["present", "disabled", None])
def test_only_a_list_that_is_absent_may_lose_its_archive(state):
    with pytest.raises(Invalid, match="list a: archives is 'drop': give keep, unless state is absent"):
        parse_site([{"name": "a", "state": state, "archives": "drop"}])
