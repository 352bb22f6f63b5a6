# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.listops.mailman.plugins.module_utils import archives
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
