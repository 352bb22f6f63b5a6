# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.listops.mailman.plugins.module_utils._lists import offboarding, vocabulary
from ansible_collections.listops.mailman.plugins.module_utils._lists.plan import Policy, plan_site
from ansible_collections.listops.mailman.plugins.module_utils._lists.vocabulary import Invalid

A, B = "a@lists.example.org", "b@lists.example.org"
DAVE, OTHER, EVE = "dave@example.net", "d@example.com", "eve@example.net"


def there(*, saved=None, bans=(), **rosters):
    """A list as the engine reads it; rosters by role as addresses."""
    people = {
        role: {
            address.lower(): {
                "address": address,
                "display_name": "",
                "delivery_mode": "regular",
                "delivery_status": "enabled",
                "moderation_action": "accept" if role in ("owner", "moderator") else "default",
            }
            for address in rosters.get(role, ())
        }
        for role in vocabulary.ROLES
    }
    return {
        "settings": {"advertised": False, "emergency": True, "subscription_policy": "moderate"},
        "rosters": people,
        "bans": list(bans),
        "header_matches": [],
        "archivers": {},
        "saved": saved,
    }


def leaving(*addresses, **options):
    return offboarding.Offboarding(frozenset(addresses), vocabulary.ROLES, **options)


def test_every_role_and_address_goes_and_nobody_else():
    lists = {
        A: there(member=["Dave@Example.net", EVE], owner=[DAVE, EVE], nonmember=[OTHER]),
        B: there(member=[EVE], owner=[EVE]),
    }
    plans = plan_site(offboarding.leave(lists, leaving(DAVE, OTHER)), lists)
    assert [plan.name for plan in plans] == [A]
    assert offboarding.removed(plans) == [
        {"list": A, "role": "member", "address": DAVE},
        {"list": A, "role": "nonmember", "address": OTHER},
        {"list": A, "role": "owner", "address": DAVE},
    ]
    assert plans[0].changes["members"] == (["Dave@Example.net"], [])


def test_lists_without_an_owner_are_named_before_anything():
    lists = {A: there(owner=[DAVE, OTHER]), B: there(owner=[DAVE])}
    with pytest.raises(Invalid, match=f"{A}, {B} would be left without an owner: give successor"):
        offboarding.leave(lists, leaving(DAVE, OTHER))
    # only one of the two owners leaves the first
    with pytest.raises(Invalid, match=f"^{B} would"):
        offboarding.leave(lists, leaving(DAVE))


def test_a_successor_owns_only_what_would_have_no_owner():
    lists = {A: there(owner=[DAVE, OTHER]), B: there(owner=[DAVE, EVE])}
    specs = offboarding.leave(lists, leaving(DAVE, OTHER, successor="Heir@Example.org"))
    plans = {plan.name: plan for plan in plan_site(specs, lists, Policy(allow_shrink=True))}
    assert plans[A].changes["owners"] == (sorted([DAVE, OTHER]), ["Heir@Example.org"])
    assert plans[B].changes["owners"] == ([DAVE], [])


@pytest.mark.parametrize("options, saved", [({"allow_ownerless": True}, None), ({}, {"settings": {}})])
def test_lists_may_be_ownerless_when_asked_or_disabled(options, saved):
    lists = {A: there(owner=[DAVE], saved=saved)}
    (spec,) = offboarding.leave(lists, leaving(DAVE, **options))
    assert spec.state == "any" and spec.rosters["owner"].state == "absent"


def test_a_ban_covers_all_lists_and_all_addresses_once():
    lists = {A: there(member=[DAVE], bans=["^spam.*"]), B: there(bans=[DAVE, OTHER])}
    specs = offboarding.leave(lists, leaving(DAVE, OTHER, ban=True))
    assert [(spec.name, spec.ban) for spec in specs] == [(A, {OTHER, DAVE})]
    plans = {plan.name: plan for plan in plan_site(specs, lists, Policy(allow_shrink=True))}
    assert plans[A].changes["bans"] == (["^spam.*"], ["^spam.*", OTHER, DAVE])
    # whatever else is banned when it is written stays
    assert plans[A].step["ban"] == [OTHER, DAVE] and "bans" not in plans[A].step


def test_somebody_unknown_changes_nothing():
    lists = {A: there(member=[EVE], owner=[EVE])}
    assert offboarding.leave(lists, leaving(DAVE)) == []


def test_roles_that_are_not_asked_for_stay():
    lists = {A: there(member=[DAVE], owner=[DAVE])}
    specs = offboarding.leave(lists, offboarding.Offboarding(frozenset([DAVE]), ("member",)))
    assert list(specs[0].rosters) == ["member"]
