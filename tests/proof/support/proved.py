# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What was proved, with which figures, in how long."""

from __future__ import annotations

import dataclasses
from typing import Protocol


class Proved(Protocol):
    """The fixture: say in one line what a test has proved; it counts if the test passes."""

    def __call__(self, what: str, figures: str = "") -> None: ...


@dataclasses.dataclass(frozen=True)
class Row:
    what: str
    figures: str
    seconds: float


rows: list[Row] = []
unproved: list[tuple[str, str]] = []


def table() -> list[str]:
    lines = [
        ("what was proved", "figures", "seconds"),
        *((row.what, row.figures, f"{row.seconds:.1f}") for row in rows),
    ]
    widths = [max(len(line[column]) for line in lines) for column in range(3)]
    return [f"{what:<{widths[0]}}  {figures:<{widths[1]}}  {seconds:>{widths[2]}}" for what, figures, seconds in lines]
