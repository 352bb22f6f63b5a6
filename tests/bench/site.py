# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A site as big as wanted and the same every time, as an inventory declares it. Pure."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

DOMAIN = "lists.example.org"
# what each list has on average: 1,000 lists hold 100,000 memberships of 20,000 people
MEMBERS_PER_LIST = 100
PEOPLE_PER_LIST = 20
SEED = 2026
FIRST = (
    "Anna",
    "Björn",
    "Chloé",
    "Dragoș",
    "Élodie",
    "Fatma",
    "Gábor",
    "Håkon",
    "Ilse",
    "José",
    "Łucja",
    "Mary",
    "Νίκος",
    "Ольга",
)
LAST = ("Smith", "Müller", "Çelik", "Dvořák", "García", "Jørgensen", "Kowalski", "Nuñez", "Παππάς", "Иванова", "山田")


def site(lists: int, seed: int = SEED) -> list[dict[str, Any]]:
    """The entries of mailman_list's option `lists`: so many lists, a hundred times as many memberships."""
    chance = random.Random(seed)
    # a tiny site, too, has rosters of the usual size
    people = [_person(number, chance) for number in range(max(PEOPLE_PER_LIST * lists, 4 * MEMBERS_PER_LIST))]
    deal = _deal(people, chance)
    sizes = _sizes(lists, len(people) // 4, chance)
    return [_list(number, size, people, deal, chance) for number, size in enumerate(sizes)]


def memberships(entries: list[dict[str, Any]]) -> int:
    return sum(len(entry["members"]["addresses"]) for entry in entries)


def one_of_each_size(entries: list[dict[str, Any]], number: int) -> list[dict[str, Any]]:
    """So many lists, or all there are, which are like the others: one from the middle of each tenth, by size."""
    ranked = sorted(entries, key=lambda entry: len(entry["members"]["addresses"]))
    number = min(number, len(ranked))
    return [ranked[(2 * each + 1) * len(ranked) // (2 * number)] for each in range(number)]


def one_more(entries: list[dict[str, Any]], address: str) -> list[dict[str, Any]]:
    """The same site with one more member on one list in the middle."""
    changed = list(entries)
    at = len(entries) // 2
    members = entries[at]["members"]
    changed[at] = dict(entries[at], members=dict(members, addresses=[*members["addresses"], {"address": address}]))
    return changed


def _person(number: int, chance: random.Random) -> dict[str, Any]:
    """Somebody with a name, mostly; the user's spelling of an address may have capitals."""
    local = f"person{number:05d}" if chance.random() > 0.05 else f"Person{number:05d}"
    person: dict[str, Any] = {"address": f"{local}@{chance.choice(('example.com', 'example.net', 'mail.example.org'))}"}
    if chance.random() < 0.8:
        person["display_name"] = f"{chance.choice(FIRST)} {chance.choice(LAST)}"
    return person


def _sizes(lists: int, limit: int, chance: random.Random) -> list[int]:
    """Sizes of rosters, a few big and many small, with the wanted sum."""
    total = MEMBERS_PER_LIST * lists
    weights = [chance.lognormvariate(0, 1) for _each in range(lists)]
    sizes = [max(1, min(limit, int(total * weight / sum(weights)))) for weight in weights]
    while sum(sizes) != total:
        at = chance.randrange(lists)
        step = 1 if sum(sizes) < total else -1
        if 1 <= sizes[at] + step <= limit:
            sizes[at] += step
    return sizes


def _deal(people: list[dict[str, Any]], chance: random.Random) -> Iterator[dict[str, Any]]:
    """Everybody in turn, each time in another order, so that nobody is left out."""
    while True:
        yield from chance.sample(people, len(people))


def _member(person: dict[str, Any], chance: random.Random) -> dict[str, Any]:
    member = dict(person)
    if chance.random() < 0.1:
        member["delivery_mode"] = chance.choice(("mime_digests", "plaintext_digests", "summary_digests"))
    if chance.random() < 0.05:
        member["delivery_status"] = chance.choice(("by_user", "by_moderator"))
    if chance.random() < 0.03:
        member["moderation_action"] = chance.choice(("hold", "accept", "reject"))
    return member


def _list(
    number: int, size: int, people: list[dict[str, Any]], deal: Iterator[dict[str, Any]], chance: random.Random
) -> dict[str, Any]:
    roster: dict[str, dict[str, Any]] = {}
    while len(roster) < size:
        person = next(deal)
        if person["address"] not in roster:
            roster[person["address"]] = _member(person, chance)
    entry: dict[str, Any] = {
        "name": f"list{number:04d}@{DOMAIN}",
        "description": f"Liste n° {number} – {chance.choice(LAST)}",
        "info": "What this list is for.\n" * chance.randrange(4),
        "archive_policy": chance.choice(("public", "private", "never")),
        "subscription_policy": chance.choice(("confirm", "moderate", "confirm_then_moderate")),
        "advertised": chance.random() < 0.7,
        "owners": [person["address"] for person in chance.sample(people, 2)],
        "members": {"state": "exact", "addresses": list(roster.values())},
        "settings": {"max_num_recipients": chance.randrange(5, 50), "admin_notify_mchanges": chance.random() < 0.2},
    }
    if chance.random() < 0.5:
        entry["moderators"] = [person["address"] for person in chance.sample(people, 3)]
    if chance.random() < 0.3:
        entry["bans"] = [f"spam{chance.randrange(10**6)}@example.net", rf"^.*@bulk{number}\.example\.net$"]
    if chance.random() < 0.3:
        entry["header_matches"] = [{"header": "X-Spam-Score", "pattern": r"\+{4,}", "action": "hold"}]
    return entry
