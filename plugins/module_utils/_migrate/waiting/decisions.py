# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What becomes of each thing that waited in a list of Mailman 2.1, from what the list has on Mailman 3. Pure.

An item is moved, or merged with what there is (with a reason), or quarantined: its bytes are kept in the account, with the reason.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Iterable, Mapping, Sequence

from ansible_collections.listops.mailman.plugins.module_utils._migrate.waiting.items import Item, moment

NO_ADDRESS = "{0} is no address to Mailman 3"
MEMBER = "{0} is a member of the list already"
NO_MEMBER = "{0} is no member of the list"
BANNED = "{0} is banned from the list"
ASKED = "the person was asked again"
WAITS = "the same waits on the target already"


@dataclass
class Decision:
    """What becomes of an item. outcome: one of OUTCOMES, or put."""

    item: Item
    outcome: str
    reason: str | None = None


def asked(items: Iterable[Item], earlier: Iterable[str]) -> dict[str, list[Any]]:
    """What to ask the target of, see Mailman3RequestsHandler.facts. earlier: keys in the account of the last run."""
    items = list(items)
    wishes = [item.wish for item in items if item.wish]
    return {
        "keys": sorted({*earlier, *(item.key for item in items)}),
        "addresses": sorted({wish["address"] for wish in wishes if "address" in wish}),
        "people": [each for wish in wishes if wish["as"] == "options" for each in wish["people"]],
        "message_ids": sorted({wish["message_id"] for wish in wishes if "message_id" in wish}),
    }


# What a list that does not exist has.
NOTHING: Mapping[str, Any] = {
    **dict.fromkeys(("moved", "waiting", "held", "asking", "leaving", "banned", "no_addresses", "languages"), ()),
    "members": {},
    "digests_enabled": True,
    "discards_confirmations": False,
    "unset": 1,
    "issue": [1, 1, None],
}


def decide(items: Sequence[Item], facts: Mapping[str, Any]) -> list[Decision]:
    """What becomes of each item. facts: what the target has, see Mailman3RequestsHandler.facts."""
    moved, held = set(facts["moved"]), set(facts["held"])
    out: list[Decision] = []
    will_wait = set(facts["waiting"])
    asking, leaving = set(facts["asking"]), set(facts["leaving"])
    for item in items:
        wish: Mapping[str, Any] = item.wish or {}
        address = str(wish.get("address", "")).lower()
        what = wish.get("as")
        if item.key in moved:
            out.append(Decision(item, *(("merged", ASKED) if what == "ask" else ("moved", None))))
            continue
        if what == "options":
            out.append(Decision(item, "put" if facts["unset"] else "moved", _languages(item, facts)))
            continue
        if item.outcome is not None:
            out.append(Decision(item, item.outcome, item.reason))
            continue
        outcome, reason = _given(wish, address, facts)
        if outcome == "put" and what == "held" and wish["message_id"] in held:
            outcome, reason = "merged", WAITS
        if outcome == "put" and what == "held_token" and item.needs not in will_wait:
            outcome, reason = "merged", "its message does not wait on the target"
        if outcome == "put" and what in ("subscription", "unsubscription"):
            others = asking if what == "subscription" else leaving
            if address in others:
                outcome, reason = "merged", WAITS
            others.add(address)
        if outcome == "put" and what == "held":
            held.add(wish["message_id"])
            will_wait.add(item.key)
        out.append(Decision(item, outcome, reason))
    return out


def _languages(item: Item, facts: Mapping[str, Any]) -> str | None:
    """What is said of languages of members that the target does not have."""
    wanted = [said.get("preferred_language") for _address, said in (item.wish or {})["people"]]
    missing = sorted({code for code in wanted if code} - set(facts["languages"]))
    if not missing:
        return None
    return "{0} members read {1}, which Mailman 3 does not have: they get the language of the list".format(
        sum(1 for code in wanted if code in missing), ", ".join(missing)
    )


def settle(
    decisions: Iterable[Decision], facts: Mapping[str, Any], failed: Mapping[str, str], *, check_mode: bool
) -> None:
    """Say what became of what was put: moved is what the target has, as it says itself. failed: key -> sentence."""
    moved = set(facts["moved"])
    for decision in decisions:
        if decision.outcome != "put":
            continue
        key = decision.item.key
        what = (decision.item.wish or {}).get("as")
        asks = what == "ask"
        if check_mode or key in moved or (what == "options" and not facts["unset"]):
            decision.outcome, decision.reason = ("merged", ASKED) if asks else ("moved", decision.reason)
        elif key in failed:
            decision.outcome, decision.reason = "quarantined", failed[key]
        else:
            decision.outcome = "lost"
            decision.reason = "it was put, and the target does not have it"


def _given(wish: Mapping[str, Any], address: str, facts: Mapping[str, Any]) -> tuple[str, str | None]:
    """The outcome that follows from what the target knows of the address."""
    what, status = wish["as"], facts["members"].get(address)
    if address and address in facts["no_addresses"]:
        return "quarantined", NO_ADDRESS.format(wish["address"])
    if what in ("subscription", "confirm_subscription"):
        if status is not None:
            return "merged", MEMBER.format(wish["address"])
        if address in facts["banned"]:
            return "quarantined", BANNED.format(wish["address"])
    if what in ("unsubscription", "confirm_unsubscription", "last_digest", "re_enable") and status is None:
        return "merged", NO_MEMBER.format(wish["address"])
    if what == "re_enable":
        return "merged", _re_enabled(str(status))
    if what == "digest" and not facts["digests_enabled"]:
        return "quarantined", "the list has no digests on the target (digests_enabled)"
    return "put", None


def _re_enabled(status: str) -> str:
    if status == "enabled":
        return "delivery is on"
    if status == "by_bounces":
        return "Mailman 3 itself reminds the member until delivery is on again"
    return "the member turns delivery on in the web interface"


def issue(wanted: tuple[int, int, float], facts: Mapping[str, Any]) -> dict[str, Any] | None:
    """Volume and number of the next digest, and when the last one was sent, where the target is behind."""
    volume, number, last = facts["issue"]
    if (volume or 1, number or 1) >= wanted[:2]:
        return None
    sent = moment(wanted[2]) if wanted[2] and not last else None
    return {"volume": wanted[0], "number": wanted[1], "last": sent}


def waits_for_moderators(items: Iterable[Item]) -> bool:
    """Whether moderators have something to do with what was put."""
    return any((item.wish or {}).get("as") in ("held", "subscription", "unsubscription") for item in items)
