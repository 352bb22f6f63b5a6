# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What became of everything that a migration found: a line of JSON for each thing, and sums that must agree. Pure."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any, Iterable, Mapping

STATES = ("moved", "merged", "quarantined")


class Inexact(Exception):
    """Why an account does not agree with itself, in a sentence."""


def line(outcome: Mapping[str, Any]) -> str:
    """What became of one thing, the same text each time."""
    return json.dumps(dict(outcome), sort_keys=True) + "\n"


class Sums:
    """Counts what became of the things of one kind of a list. name: the list; things: what they are, such as mails."""

    def __init__(self, name: str, things: str, found: int) -> None:
        self._name = name
        self._things = things
        self._found = found
        self._counts: Counter[str] = Counter()

    def add(self, outcomes: Iterable[Mapping[str, Any]]) -> None:
        self._counts.update(outcome["state"] for outcome in outcomes)

    def total(self) -> dict[str, int]:
        """found, and each of STATES. Raises Inexact unless they add up."""
        counts = {state: self._counts[state] for state in STATES}
        if sum(self._counts.values()) != self._found or sum(counts.values()) != self._found:
            told = ", ".join("{0} {1}".format(number, state) for state, number in sorted(self._counts.items()))
            raise Inexact(
                "list {0}: {1} {2} were found, but {3}".format(
                    self._name, self._found, self._things, told or "none was accounted for"
                )
            )
        return {"found": self._found, **counts}

    def verify(self, there: int) -> dict[str, int]:
        """The same, when so many of those that were moved are on the target. Raises Inexact unless all are."""
        total = self.total()
        if total["moved"] != there:
            raise Inexact(
                "list {0}: {1} {2} were moved, but the target has {3} of them: run again".format(
                    self._name, total["moved"], self._things, there
                )
            )
        return total


def sentence(name: str, things: str, total: Mapping[str, int]) -> str:
    """The sums for people."""
    return "{0}: {1} {2} found, {3} moved, {4} merged, {5} quarantined".format(
        name, total["found"], things, *(total[state] for state in STATES)
    )
