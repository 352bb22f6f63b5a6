# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a bench says: one line a figure, and whether it is as good as it must be. Pure."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Target:
    """A limit: at most so much, or at least."""

    limit: float
    at_least: bool = False

    def met(self, value: float) -> bool:
        return value >= self.limit if self.at_least else value <= self.limit

    def __str__(self) -> str:
        return f"{'at least' if self.at_least else 'at most'} {self.limit:g}"


@dataclass(frozen=True)
class Figure:
    """name: engine.database.what, such as mailman3.sqlite.noop_vs_floor; unit: one word; target: None to inform only."""

    name: str
    value: float
    unit: str
    target: Target | None = None

    @property
    def missed(self) -> bool:
        return self.target is not None and not self.target.met(self.value)

    def line(self) -> str:
        return f"{self.name} {self.value:.2f} {self.unit}"

    def verdict(self) -> str:
        assert self.target is not None
        return f"{'MISSED' if self.missed else 'met   '} {self.name} {self.value:.2f} {self.unit}: {self.target}"


def report(figures: Sequence[Figure]) -> list[str]:
    """The figures, then the targets."""
    return [figure.line() for figure in figures] + [""] + [figure.verdict() for figure in figures if figure.target]


def exponent(small: int, small_cost: float, big: int, big_cost: float) -> float:
    """e in cost = c * size ** e: 1 is linear."""
    return math.log(max(big_cost, 1e-3) / max(small_cost, 1e-3)) / math.log(big / small)


def median(values: Sequence[float]) -> float:
    return statistics.median(values)
