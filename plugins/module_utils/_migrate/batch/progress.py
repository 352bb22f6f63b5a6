# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How far a migration is, and which phase makes sense then. Pure.

Lists are named by the posting addresses that they have on the old server.
"""

from __future__ import annotations

import json
from typing import Any, Collection, Mapping, NamedTuple, Sequence

from ansible_collections.listops.mailman.plugins.module_utils._lists.vocabulary import Invalid, in_words

# Phase -> the states of the migration in which it makes sense. After the cut-over this host is right, and the old server must not
# change it.
AFTER = {
    "preflight": ("new", "copied", "moving", "moved", "back"),
    "copy": ("new", "copied", "back"),
    "cutover": ("copied", "moving", "moved"),
    "rollback": ("moving", "moved", "returning", "returned", "back"),
    "status": ("new", "copied", "moving", "moved", "accepted", "returning", "returned", "back"),
    "verify": ("copied", "moving", "moved"),
    "index": ("copied", "moved", "accepted"),
    "accept": ("moved", "accepted"),
}
# While some lists are being moved: those of which it is not said where they are.
DURING_BATCH = ("cutover", "rollback", "status")


class Progress(NamedTuple):
    """state: what happened last to all lists: new, copied, moving (between the closing of the old server and the last copy), moved or
    accepted; or, on the way back, returning (until all is on the old server), returned or back.

    known: whether there is a migration at all. source, kind: the old server, and which Mailman it has.
    moved: the lists that moved before the others. batch: those that are being moved, where these are not all.
    """

    state: str = "new"
    known: bool = False
    source: str = ""
    kind: str = "2.1"
    moved: Sequence[str] = ()
    batch: Sequence[str] = ()


def parse(text: str | None) -> Progress:
    """From the content of state.json, which knows of no batches where there were none. Raises ValueError, KeyError."""
    if text is None:
        return Progress()
    said = json.loads(text)
    lists = (tuple(sorted(said.get(key, ()))) for key in ("moved", "batch"))
    return Progress(said["state"], True, said.get("source", ""), said.get("from", "2.1"), *lists)


def phases(progress: Progress) -> list[str]:
    """The phases that make sense."""
    if progress.state == "moving" and progress.batch:
        return [phase for phase in AFTER if phase in DURING_BATCH]
    some = progress.state == "copied" and progress.moved
    return [phase for phase, states in AFTER.items() if progress.state in states or (some and phase == "rollback")]


def choose(only: Collection[str], there: Collection[str]) -> list[str]:
    """The lists that are named: with or without a domain, or all of a domain by @ and its name. Raises Invalid."""
    chosen = set()
    for name in only:
        given = name.lower()
        found = [
            address
            for address in there
            if given in (address, address.partition("@")[0]) or (given[:1] == "@" and address.endswith(given))
        ]
        if not found:
            raise Invalid(
                "migrate_only has {0!r}: give lists that the phase copy made, such as {1}, or @ and a domain of lists".format(
                    name, in_words(sorted(there)[:3] or ["one; it made none"])
                )
            )
        chosen.update(found)
    return sorted(chosen)


def refusal(progress: Progress, phase: str, chosen: Collection[str]) -> str | None:
    """Why a phase makes no sense now, in a sentence. chosen: the lists of a cut-over; none for all."""
    makes_sense = phases(progress)
    if phase not in makes_sense:
        return "migrate_phase is {0}, and {1}: give {2}.".format(
            json.dumps(phase), stands(progress), " or ".join(makes_sense)
        )
    if phase == "cutover" and progress.batch and set(progress.batch) != set(chosen):
        return "migrate_only is {0}, and {1}: give these.".format(json.dumps(sorted(chosen)), stands(progress))
    return None


def stands(progress: Progress) -> str:
    """How far the migration is, for a sentence."""
    if progress.state == "moving" and progress.batch:
        return "the cut-over of {0} has not ended".format(in_words(progress.batch))
    if progress.state == "copied" and progress.moved:
        return "the migration is copied, with {0} moved already".format(in_words(progress.moved))
    return "the migration is {0}".format(progress.state)


def left(progress: Progress, there: Collection[str]) -> list[str]:
    """The lists for which the old server still is right."""
    if progress.state in ("moved", "accepted"):
        return []
    if progress.state in ("returned", "back"):
        return sorted(there)
    return sorted(set(there).difference(progress.moved))


def returning(progress: Progress) -> list[str]:
    """The lists that a rollback is about; none where it is all of them."""
    if progress.state == "copied" or progress.batch:
        return sorted({*progress.moved, *progress.batch})
    return list(progress.moved) if progress.state in ("returning", "returned") else []


def after_batch(progress: Progress, chosen: Collection[str], there: Collection[str]) -> dict[str, Any]:
    """What state.json says when these lists have moved, too."""
    if progress.state == "moved":
        return {"state": "moved", "moved": list(progress.moved)}
    moved = sorted({*progress.moved, *chosen})
    return {"state": "moved" if set(moved) >= set(there) else "copied", "moved": moved}


def named(made: Mapping[str, str], lists: Collection[str]) -> list[dict[str, str]]:
    """Lists with their present addresses and names of folders. made: present posting address -> the one on the old server."""
    return [
        {"list": name, "former": former, "source": former.partition("@")[0]}
        for name, former in sorted(made.items())
        if former in lists
    ]
