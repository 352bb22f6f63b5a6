# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.listops.mailman.plugins.module_utils import archives
from ansible_collections.listops.mailman.plugins.module_utils.model import parse_site
from ansible_collections.listops.mailman.plugins.module_utils.plan import ListPlan
from ansible_collections.listops.mailman.plugins.module_utils.vocabulary import Invalid


def created(policy=None):
    changes = {"state": ("absent", "present")}
    if policy:
        changes["archive_policy"] = (None, policy)
    return ListPlan("a@lists.example.org", "create", changes, {"create": True})


def changed(before, after):
    return ListPlan("a@lists.example.org", "change", {"archive_policy": (before, after)}, {"set": {}})


OTHER = ListPlan("b@lists.example.org", "change", {"info": ("x", "y")}, {"set": {}})
PRIVATE = {"a@lists.example.org": {"archive_policy": "private", "messages": 3}}
EMPTY = {"a@lists.example.org": {"archive_policy": "private", "messages": 0}}
PUBLIC = {"a@lists.example.org": {"archive_policy": "public", "messages": 3}}


def test_only_new_lists_and_changed_policies_concern_the_archive():
    assert archives.concerned([created(), OTHER]) == ["a@lists.example.org"]
    assert archives.concerned([OTHER]) == []


@pytest.mark.parametrize("plan", [created("private"), changed("public", "private")])
def test_what_becomes_private_is_known_before(plan):
    assert archives.before([plan, OTHER]) == {plan.name: "private"}
    assert archives.after([plan, OTHER]) == {}


def test_what_is_opened_is_known_after():
    plan = changed("private", "public")
    assert archives.before([plan]) == {}
    assert archives.after([plan]) == {plan.name: "public"}


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


A = "a@lists.example.org"
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
    with pytest.raises(Invalid, match="list a: archives is 'drop'; accepted: keep, unless state is absent"):
        parse_site([{"name": "a", "state": state, "archives": "drop"}])
