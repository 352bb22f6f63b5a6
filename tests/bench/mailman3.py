# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The side of Mailman 3: what is measured there, beside its floor and what users run today."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from bench.figures import Figure, Target, exponent, median
from bench.host import HOME, Host
from bench.site import DOMAIN, MEMBERS_PER_LIST, memberships, one_more, one_of_each_size, site

# What users run today is measured on so many lists, and reckoned up to all of them.
REST_LISTS = 10
LOOPED_LISTS = 5

TARGETS = {
    "noop_vs_floor": Target(2),
    "noop_vs_rest": Target(50, at_least=True),
    "create_vs_floor": Target(1.5),
    "create_vs_commands": Target(100, at_least=True),
    "one_change_vs_noop": Target(1.3),
    "memory_mb": Target(400),
    "growth_exponent": Target(1.15),
    "create_growth_exponent": Target(1.15),
}

# Without lists, as it was found.
SAVE = """
rm -rf {home}/empty && cp -a /var/lib/mailman3 {home}/empty
if command -v pg_dump >/dev/null; then
    for name in mailman3 mailman3web; do runuser -u postgres -- createdb -T $name ${{name}}_empty; done
fi
"""
RESTORE = """
systemctl stop mailman3 mailman3-web
rm -rf /var/lib/mailman3 && cp -a {home}/empty /var/lib/mailman3
if command -v pg_dump >/dev/null; then
    for name in mailman3 mailman3web; do
        runuser -u postgres -- dropdb --force $name
        runuser -u postgres -- createdb -O $name -T ${{name}}_empty $name
    done
fi
"""


@dataclass
class Side:
    """One engine with one database on a host of its own, with Mailman and no lists.

    name: the first part of its figures' names.
    rounds: how often everything is measured; reading is quick, and measured more often.
    loop: runs a task of the module for each of so many entries through Ansible.
    """

    name: str
    host: Host
    lists: int
    loop: Callable[[list[dict[str, Any]]], None]
    say: Callable[[str], None]
    rounds: int = 3
    seconds: dict[str, list[float]] = field(default_factory=dict)
    megabytes: dict[str, float] = field(default_factory=dict)

    def figures(self) -> list[Figure]:
        self.host.install()
        self.host.run("systemctl", "stop", "mailman3", "mailman3-web")
        self.host.run("sh", "-ec", SAVE.format(home=HOME))
        entries = site(self.lists)
        whole = self._arguments("site", entries)
        more = self._arguments("more", one_more(entries, "one.more@example.net"))
        self.say(f"{self.name}: {self.lists} lists, {memberships(entries)} memberships")
        try:
            self._writing(whole)
            self._reading(whole, more)
            self._today(entries)
            self._growth()
        finally:
            self._restore()
            self.host.run("systemctl", "start", "mailman3", "mailman3-web")
        return self._report()

    # ---- measuring

    def _arguments(self, name: str, entries: list[dict[str, Any]]) -> str:
        # `lists` serves the floor, the rest the module
        return self.host.put(name, {"lists": entries, "ANSIBLE_MODULE_ARGS": {"lists": entries}})

    def _note(self, what: str, seconds: float) -> None:
        self.seconds.setdefault(what, []).append(seconds)
        self.say(f"  {self.name}: {what} {seconds:.2f} s")

    def _floor(self, what: str, stdin: str = "") -> None:
        program = f"{HOME}/inside/floor_{what}.py"
        done = self.host.measure("/usr/bin/python3", program, stdin=stdin, user="list")
        assert int(done.out.split()[-1]) > 0, done.out
        self._note(f"floor {what}", done.seconds[0])

    def _module(self, what: str, arguments: str) -> dict[str, Any]:
        done, result = self.host.module(arguments)
        self._note(what, done.seconds[0])
        for process, megabytes in done.megabytes.items():
            self.megabytes[what] = max(megabytes, self.megabytes.get(what, 0))
            self.say(f"  {self.name}: {what}, {process} {megabytes:.0f} MB")
        return dict(result["summary"], changed=result["changed"])

    def _restore(self) -> None:
        self.host.run("sh", "-ec", RESTORE.format(home=HOME))

    def _writing(self, whole: str) -> None:
        for _round in range(self.rounds):
            self._restore()
            self._floor("write", whole)
            self._restore()
            done = self._module("create", whole)
            assert done["lists_created"] == self.lists, done

    def _reading(self, whole: str, more: str) -> None:
        for _round in range(2 * self.rounds - 1):
            self._floor("read")
            assert not self._module("noop", whole)["changed"]
            assert self._module("one change", more)["members_added"] == 1
            back = self.host.module(whole)[1]["summary"]
            assert back["members_removed"] == 1 and back["lists_changed"] == 1, back

    def _today(self, entries: list[dict[str, Any]]) -> None:
        """What users run: REST, the commands, a loop of module calls; all on slices."""
        self.host.run("systemctl", "start", "mailman3")
        some = one_of_each_size(entries, REST_LISTS)
        names = [entry["name"] for entry in some]
        asked = self.host.put("rest", {"lists": names})
        self._wait_for_rest(names[0])
        for number in range(self.rounds):
            done = self.host.measure("/usr/bin/python3", f"{HOME}/inside/rest_read.py", stdin=asked)
            # rosters are nearly all of it
            self._note("rest, a list", float(done.out) / memberships(some) * MEMBERS_PER_LIST)
            self._note("commands, a list", self._commands(number))
            self._note("ansible loop, a list", self._loop(entries[:LOOPED_LISTS]))

    def _wait_for_rest(self, name: str) -> None:
        asked = self.host.put("first", {"lists": [name]})
        deadline = time.monotonic() + 60
        while True:
            try:
                self.host.measure("/usr/bin/python3", f"{HOME}/inside/rest_read.py", stdin=asked)
                return
            except RuntimeError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(1)

    def _commands(self, number: int) -> float:
        """Seconds to make a list of the usual size with the mailman commands."""
        people = "".join(f"new{number}-{each}@example.net\n" for each in range(MEMBERS_PER_LIST))
        file = f"{HOME}/people"
        self.host.run("sh", "-c", f"cat > {file}", stdin=people.encode())
        name = f"command{number}@{DOMAIN}"
        commands = (
            ("create", "--owner", f"new{number}-0@example.net", name),
            ("addmembers", "--no-welcome-msg", file, name.replace("@", ".", 1)),
        )
        done = [self.host.measure("/usr/lib/mailman3/bin/mailman", *command, user="list") for command in commands]
        return sum(each.seconds[0] for each in done)

    def _loop(self, entries: list[dict[str, Any]]) -> float:
        """Seconds for each more list in a loop of an Ansible task."""
        spent = []
        for some in (entries[:1], entries):
            began = time.monotonic()
            self.loop(some)
            spent.append(time.monotonic() - began)
        return (spent[1] - spent[0]) / max(1, len(entries) - 1)

    def _growth(self) -> None:
        """The same on a site of no list, of a tenth and of the double."""
        for lists in (0, self.lists // 10, self.lists * 2):
            arguments = self._arguments("growth", site(lists) if lists else [])
            for _round in range(self.rounds):
                self._restore()
                self._module(f"create {lists}", arguments)
                self._module(f"noop {lists}", arguments)

    # ---- telling

    def _report(self) -> list[Figure]:
        cost = {what: median(values) for what, values in self.seconds.items()}
        small, big = self.lists // 10, self.lists * 2

        def growth(what: str) -> float:
            """Of what a run costs beside its start."""
            start = cost[f"{what} 0"]
            return exponent(small, cost[f"{what} {small}"] - start, big, cost[f"{what} {big}"] - start)

        ratios = {
            "noop_vs_floor": cost["noop"] / cost["floor read"],
            "noop_vs_rest": cost["rest, a list"] * self.lists / cost["noop"],
            "create_vs_floor": cost["create"] / cost["floor write"],
            "create_vs_commands": cost["commands, a list"] * self.lists / cost["create"],
            "one_change_vs_noop": cost["one change"] / cost["noop"],
            "noop_vs_ansible_loop": cost["ansible loop, a list"] * self.lists / cost["noop"],
        }
        told = [Figure(f"{self.name}.{what}", value, "times", TARGETS.get(what)) for what, value in ratios.items()]
        memory = max(self.megabytes[what] for what in ("create", "noop", "one change"))
        told.append(Figure(f"{self.name}.memory_mb", memory, "MB", TARGETS["memory_mb"]))
        told.append(Figure(f"{self.name}.memory_of_{big}_lists_mb", max(self.megabytes.values()), "MB"))
        for name, what in (("growth_exponent", "noop"), ("create_growth_exponent", "create")):
            told.append(Figure(f"{self.name}.{name}", growth(what), "exponent", TARGETS[name]))
        for what in ("floor read", "noop", "one change", "floor write", "create"):
            told.append(Figure(f"{self.name}.{what.replace(' ', '_')}_seconds", cost[what], "s"))
        for what in ("rest", "commands", "ansible loop"):
            name = f"{self.name}.{what.replace(' ', '_')}_extrapolated_seconds"
            told.append(Figure(name, cost[f"{what}, a list"] * self.lists, "s"))
        return told


def play(entries: list[dict[str, Any]]) -> str:
    """A playbook that declares lists one by one, as one does with a module for one list."""
    task = {"name": "One list", "listops.mailman.mailman_list": "{{ item }}", "loop": entries}
    return json.dumps([{"hosts": "fermium", "gather_facts": False, "tasks": [task]}])
