# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What must change when a person leaves. Pure."""

from __future__ import annotations

from typing import Any, Iterable, Mapping, NamedTuple

from ansible_collections.listops.mailman.plugins.module_utils._lists.model import ListSpec, Roster
from ansible_collections.listops.mailman.plugins.module_utils._lists.plan import ListPlan
from ansible_collections.listops.mailman.plugins.module_utils._lists.vocabulary import Invalid, is_address


class Offboarding(NamedTuple):
    """Who leaves, and which changes are allowed.

    addresses: all addresses of the person, in lower case.
    roles: the roles that the person loses.
    ban: whether the addresses are banned.
    successor: owner of the lists that would have none left, or None.
    allow_ownerless: such lists may be left so.
    """

    addresses: frozenset[str]
    roles: tuple[str, ...]
    ban: bool = False
    successor: str | None = None
    allow_ownerless: bool = False


def leave(lists: Mapping[str, Mapping[str, Any]], leaving: Offboarding) -> list[ListSpec]:
    """The specifications of the lists that somebody leaves or is banned from.

    lists: state by posting address as the backend reads it, with the rosters of
        all roles that are left.
    """
    specs = []
    orphans = []
    for name, actual in sorted(lists.items()):
        rosters = {}
        for role in leaving.roles:
            present = actual["rosters"][role]
            gone = {key: present[key] for key in sorted(leaving.addresses) if key in present}
            if not gone:
                continue
            rosters[role] = Roster("absent", {key: {"address": person["address"]} for key, person in gone.items()})
            # A disabled list needs no owner.
            if role == "owner" and len(gone) == len(present) and not actual["saved"] and not leaving.allow_ownerless:
                orphans.append(name)
                if leaving.successor is not None:
                    heir = {leaving.successor.lower(): {"address": leaving.successor}}
                    rosters[role] = Roster("exact", heir)
        # Only real addresses can be banned.
        possible = frozenset(filter(is_address, leaving.addresses)) if leaving.ban else frozenset()
        ban = possible.difference(actual["bans"])
        if rosters or ban:
            specs.append(ListSpec(name=name, state="any", rosters=rosters, ban=ban))
    if orphans and leaving.successor is None:
        raise Invalid(
            "{0} would be left without an owner: give successor, who owns such lists from now on, "
            "or allow_ownerless: true".format(", ".join(orphans))
        )
    return specs


def removed(plans: Iterable[ListPlan]) -> list[dict[str, str]]:
    """The roles that people lose by the plans: {"list", "role", "address"}."""
    return [
        {"list": plan.name, "role": role, "address": address}
        for plan in plans
        for role, change in sorted(plan.step.get("rosters", {}).items())
        for address in change["remove"]
    ]
