# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The side of Mailman 2.1: measured in a host that somebody has, whose own lists stay as they are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, ClassVar

from bench.figures import Target
from bench.host import HOME
from bench.side import Entries, Side
from bench.site import one_of_each_size

# What the bench's lists are called, so that nobody else's are touched.
PREFIX = "listops-bench-"
STATE = "/var/lib/mailman"
# The commands are measured on so many lists, and reckoned up to all of them.
COMMANDED_LISTS = 10

TARGETS = {
    "noop_vs_floor": Target(2),
    "noop_vs_commands": Target(50, at_least=True),
    "create_vs_floor": Target(2),
    "adopt_vs_floor": Target(3),
    "one_change_vs_noop": Target(1.3),
    "one_ban_vs_noop": Target(1.5),
    "memory_mb": Target(400),
    "memory_per_1000_members_mb": Target(2),
    "growth_exponent": Target(1.15),
    "create_growth_exponent": Target(1.15),
}

DOMAIN = """
import sys
sys.path.insert(0, "/usr/lib/mailman/bin")
import paths
from Mailman import mm_cfg
print(mm_cfg.DEFAULT_EMAIL_HOST)
"""
# Every file and folder of Mailman's state, and of each that is in a folder, whose change it is.
BELONGINGS = f"""
find {STATE}/lists {STATE}/archives {STATE}/data -mindepth 1 \
    \\( -type d -printf '%p %m %u:%g\\n' -o -printf '%p %m %u:%g %s %T@ %l\\n' \\) | sort
"""
LEFTOVERS = f"""
rm -rf {STATE}/lists/{PREFIX}* {STATE}/archives/private/{PREFIX}* {STATE}/archives/public/{PREFIX}* \
    {STATE}/locks/{PREFIX}*
"""
# What an operator's script asks about each list.
LOOK = 'for name; do config_list -o /dev/null "$name"; list_members "$name" >/dev/null; done'

# What Mailman 2.1 lacks, and what is like it.
LIKE = {
    "delivery_mode": {"summary_digests": "plaintext_digests"},
    "moderation_action": {"accept": "defer", "reject": "hold"},
}


def expressed(entries: Entries, domain: str) -> Entries:
    """The site as 2.1 can have it. Pure."""
    out = []
    for number, entry in enumerate(entries):
        people = [
            {key: LIKE.get(key, {}).get(value, value) for key, value in person.items()}
            for person in entry["members"]["addresses"]
        ]
        members = dict(entry["members"], addresses=people)
        out.append(dict(entry, name=f"{PREFIX}{number:04}@{domain}", members=members))
    return out


@dataclass
class Mailman21(Side):
    """Mailman 2.1 in a running container, with whatever lists it has beside those of the bench."""

    domain: str = field(init=False, default="")

    targets: ClassVar[Mapping[str, Target]] = TARGETS
    floor_python: ClassVar[str] = "python2.7"
    floor_programs: ClassVar[Mapping[str, str]] = {"read": "floor_read21.py", "write": "floor_write21.py"}

    @contextmanager
    def prepared(self) -> Iterator[None]:
        self.domain = self.host.run("python2.7", "-B", "-c", DOMAIN).strip()
        self._leave_nothing()
        before = self._belongings()
        try:
            yield
        finally:
            self._leave_nothing()
            self.host.run("rm", "-rf", HOME)
        differ = sorted({*before.splitlines()} ^ {*self._belongings().splitlines()})
        if differ:
            what = "; ".join(differ[:6])
            raise RuntimeError(f"{self.host.container}: the files below {STATE} are not as they were found: {what}")

    def restore(self) -> None:
        there = [name for name in self.host.run("ls", f"{STATE}/lists").split() if name.startswith(PREFIX)]
        if there:
            absent: list[dict[str, Any]] = [
                {"name": f"{name}@{self.domain}", "state": "absent", "archives": "drop"} for name in there
            ]
            self.host.module(self.arguments("absent", absent))

    def _leave_nothing(self) -> None:
        """Also what an interrupted run or floor left half made."""
        self.restore()
        self.host.run("sh", "-c", LEFTOVERS)

    def _belongings(self) -> str:
        return self.host.run("sh", "-c", BELONGINGS)

    def entries(self, lists: int) -> Entries:
        return expressed(super().entries(lists), self.domain)

    def measure_today(self, entries: Entries) -> None:
        """Mailman's commands, a process for each question."""
        names = [entry["name"].partition("@")[0] for entry in one_of_each_size(entries, COMMANDED_LISTS)]
        for _round in range(self.rounds):
            done = self.host.measure("sh", "-ec", LOOK, "sh", *names, user="list")
            self.note("commands, a list", done.seconds[0] / len(names))

    def ratios(self, cost: Mapping[str, float]) -> dict[str, float]:
        return {"noop_vs_commands": cost["commands, a list"] * self.lists / cost["noop"]}
