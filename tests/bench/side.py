# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One Mailman under the bench: what is measured on each, and the figures that come of it."""

from __future__ import annotations

import subprocess
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any, ClassVar

from bench.figures import Figure, Target, exponent, median
from bench.host import HOME, Host
from bench.site import MEMBERS_PER_LIST, memberships, one_more, site
from harness.checkout import ROOT, VENV, environment

Entries = list[dict[str, Any]]
# of one list
BANS = 20000


@dataclass
class Side(ABC):
    """One engine on a host.

    name: the first part of its figures' names.
    rounds: how often everything is measured; reading is quick, and measured more often.
    targets: of its figures; figures without one only inform.
    floor_python, floor_programs: what runs the bare programs, and what `read` and `write` are in inside/.
    """

    name: str
    host: Host
    lists: int
    say: Callable[[str], None]
    rounds: int = 3
    seconds: dict[str, list[float]] = field(default_factory=dict)
    megabytes: dict[str, float] = field(default_factory=dict)

    targets: ClassVar[Mapping[str, Target]]
    floor_python: ClassVar[str]
    floor_programs: ClassVar[Mapping[str, str]]

    def figures(self) -> list[Figure]:
        self.host.install()
        with self.prepared():
            entries = self.entries(self.lists)
            whole = self.arguments("site", entries)
            more = self.arguments("more", one_more(entries, "one.more@example.net"))
            self.say(f"{self.name}: {self.lists} lists, {memberships(entries)} memberships")
            self._writing(whole)
            self._reading(whole, more)
            self.measure_today(entries)
            self._growth()
            self._banning()
        return self._report()

    # ---- what each Mailman has of its own

    @abstractmethod
    def prepared(self) -> AbstractContextManager[None]:
        """The host ready for measuring, and as it was found afterwards."""

    @abstractmethod
    def restore(self) -> None:
        """Take the bench's lists away."""

    @abstractmethod
    def measure_today(self, entries: Entries) -> None:
        """What users run today, on slices: notes seconds `of something, a list`."""

    @abstractmethod
    def ratios(self, cost: Mapping[str, float]) -> dict[str, float]:
        """Figures that compare with what users run today; cost: median seconds of what was noted."""

    def entries(self, lists: int) -> Entries:
        """A site as this Mailman can have it."""
        return site(lists) if lists else []

    # ---- measuring

    def arguments(self, name: str, entries: Entries) -> str:
        """A file with the arguments of mailman_list."""
        # `lists` serves the floor, the rest the module
        return self.host.put(name, {"lists": entries, "ANSIBLE_MODULE_ARGS": {"lists": entries}})

    def note(self, what: str, seconds: float) -> None:
        self.seconds.setdefault(what, []).append(seconds)
        self.say(f"  {self.name}: {what} {seconds:.2f} s")

    def _floor(self, what: str, stdin: str = "") -> None:
        program = f"{HOME}/inside/{self.floor_programs[what]}"
        done = self.host.measure(self.floor_python, program, stdin=stdin, user="list")
        assert int(done.out.split()[-1]) > 0, done.out
        self.note(f"floor {what}", done.seconds[0])

    def _module(self, what: str, arguments: str) -> dict[str, Any]:
        done, result = self.host.module(arguments)
        self.note(what, done.seconds[0])
        for process, megabytes in done.megabytes.items():
            self.megabytes[what] = max(megabytes, self.megabytes.get(what, 0))
            self.say(f"  {self.name}: {what}, {process} {megabytes:.0f} MB")
        return dict(result["summary"], changed=result["changed"])

    def _writing(self, whole: str) -> None:
        for _round in range(self.rounds):
            self.restore()
            self._floor("write", whole)
            self.restore()
            done = self._module("create", whole)
            assert done["lists_created"] == self.lists, done

    def _reading(self, whole: str, more: str) -> None:
        for _round in range(2 * self.rounds - 1):
            self._floor("read")
            assert not self._module("noop", whole)["changed"]
            assert self._module("one change", more)["members_added"] == 1
            back = self.host.module(whole)[1]["summary"]
            assert back["members_removed"] == 1 and back["lists_changed"] == 1, back
        for _round in range(self.rounds):
            self._adopt()

    def _adopt(self) -> None:
        """Read the whole site, and write its inventory, members and all."""
        done = self.host.read_all()
        began = time.monotonic()
        command = [VENV / "bin/python", ROOT / "tests/bench/adopting.py"]
        env = environment({"PYTHONPATH": str(ROOT / ".ansible/collections")})
        written = subprocess.run(command, input=done.out, capture_output=True, text=True, check=True, env=env)
        self.note("adopt", done.seconds[0] + time.monotonic() - began)
        assert int(written.stdout) >= self.lists, written.stdout

    def _growth(self) -> None:
        """The same on a site of no list, of a tenth and of the double."""
        for lists in (0, self.lists // 10, self.lists * 2):
            arguments = self.arguments("growth", self.entries(lists))
            for _round in range(self.rounds):
                self.restore()
                self._module(f"create {lists}", arguments)
                self._module(f"noop {lists}", arguments)

    def _banning(self) -> None:
        """One list with thousands of bans, and one ban more."""
        entry = self.entries(1)[0]
        bans = [f"spammer{number}@junk{number % 97}.example" for number in range(BANS)]
        whole, more = (
            self.arguments(name, [dict(entry, bans=[*bans, *new])])
            for name, new in (("bans", []), ("more-bans", ["one.more@example.net"]))
        )
        self.restore()
        self._module("create bans", whole)
        for _round in range(self.rounds):
            assert not self._module("noop bans", whole)["changed"]
            assert self._module("one ban", more)["lists_changed"] == 1
            assert self.host.module(whole)[1]["summary"]["lists_changed"] == 1

    # ---- telling

    def _report(self) -> list[Figure]:
        cost = {what: median(values) for what, values in self.seconds.items()}
        small, big = self.lists // 10, self.lists * 2

        def growth(what: str) -> float:
            """Of what a run costs beside its start."""
            start = cost[f"{what} 0"]
            return exponent(small, cost[f"{what} {small}"] - start, big, cost[f"{what} {big}"] - start)

        values = {
            "noop_vs_floor": cost["noop"] / cost["floor read"],
            "create_vs_floor": cost["create"] / cost["floor write"],
            "adopt_vs_floor": cost["adopt"] / cost["floor read"],
            "one_change_vs_noop": cost["one change"] / cost["noop"],
            "one_ban_vs_noop": cost["one ban"] / cost["noop bans"],
            **self.ratios(cost),
        }
        told = [self._figure(name, value, "times") for name, value in values.items()]
        memory = max(self.megabytes[what] for what in ("create", "noop", "one change"))
        told.append(self._figure("memory_mb", memory, "MB"))
        most = max(self.megabytes.values())
        told.append(self._figure(f"memory_of_{big}_lists_mb", most, "MB"))
        start = max(self.megabytes["create 0"], self.megabytes["noop 0"])
        told.append(self._figure("memory_per_1000_members_mb", (most - start) / (big * MEMBERS_PER_LIST / 1000), "MB"))
        for name, what in (("growth_exponent", "noop"), ("create_growth_exponent", "create")):
            told.append(self._figure(name, growth(what), "exponent"))
        for what in ("floor read", "noop", "one change", "adopt", "floor write", "create", "create bans", "one ban"):
            told.append(self._figure(f"{what.replace(' ', '_')}_seconds", cost[what], "s"))
        for what, seconds in cost.items():
            if what.endswith(", a list"):
                name = what.removesuffix(", a list").replace(" ", "_")
                told.append(self._figure(f"{name}_extrapolated_seconds", seconds * self.lists, "s"))
        return told

    def _figure(self, name: str, value: float, unit: str) -> Figure:
        return Figure(f"{self.name}.{name}", value, unit, self.targets.get(name))
