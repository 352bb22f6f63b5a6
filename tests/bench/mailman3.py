# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The side of Mailman 3: what is measured there, beside its floor and what users run today."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import ClassVar

from bench.figures import Target
from bench.host import HOME
from bench.side import Entries, Side
from bench.site import DOMAIN, MEMBERS_PER_LIST, memberships, one_of_each_size

# What users run today is measured on so many lists, and reckoned up to all of them.
REST_LISTS = 10
LOOPED_LISTS = 5

TARGETS = {
    "noop_vs_floor": Target(2),
    "noop_vs_rest": Target(50, at_least=True),
    "create_vs_floor": Target(1.5),
    "create_vs_commands": Target(100, at_least=True),
    "adopt_vs_floor": Target(3),
    "one_change_vs_noop": Target(1.3),
    "one_ban_vs_noop": Target(1.5),
    "memory_mb": Target(400),
    "memory_per_1000_members_mb": Target(2),
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
class Mailman3(Side):
    """One engine with one database on a host of its own, with Mailman and no lists.

    loop: runs a task of the module for each of so many entries through Ansible.
    """

    loop: Callable[[Entries], None] = field(kw_only=True)

    targets: ClassVar[Mapping[str, Target]] = TARGETS
    floor_python: ClassVar[str] = "/usr/bin/python3"
    floor_programs: ClassVar[Mapping[str, str]] = {"read": "floor_read.py", "write": "floor_write.py"}

    @contextmanager
    def prepared(self) -> Iterator[None]:
        self.host.run("systemctl", "stop", "mailman3", "mailman3-web")
        self.host.run("sh", "-ec", SAVE.format(home=HOME))
        try:
            yield
        finally:
            self.restore()
            self.host.run("systemctl", "start", "mailman3", "mailman3-web")

    def restore(self) -> None:
        self.host.run("sh", "-ec", RESTORE.format(home=HOME))

    def ratios(self, cost: Mapping[str, float]) -> dict[str, float]:
        return {
            "noop_vs_rest": cost["rest, a list"] * self.lists / cost["noop"],
            "create_vs_commands": cost["commands, a list"] * self.lists / cost["create"],
            "noop_vs_ansible_loop": cost["ansible loop, a list"] * self.lists / cost["noop"],
        }

    def measure_today(self, entries: Entries) -> None:
        """REST, the commands, a loop of module calls."""
        self.host.run("systemctl", "start", "mailman3")
        some = one_of_each_size(entries, REST_LISTS)
        names = [entry["name"] for entry in some]
        asked = self.host.put("rest", {"lists": names})
        self._wait_for_rest(names[0])
        for number in range(self.rounds):
            done = self.host.measure("/usr/bin/python3", f"{HOME}/inside/rest_read.py", stdin=asked)
            # rosters are nearly all of it
            self.note("rest, a list", float(done.out) / memberships(some) * MEMBERS_PER_LIST)
            self.note("commands, a list", self._commands(number))
            self.note("ansible loop, a list", self._loop(entries[:LOOPED_LISTS]))

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

    def _loop(self, entries: Entries) -> float:
        """Seconds for each more list in a loop of an Ansible task."""
        spent = []
        for some in (entries[:1], entries):
            began = time.monotonic()
            self.loop(some)
            spent.append(time.monotonic() - began)
        return (spent[1] - spent[0]) / max(1, len(entries) - 1)


def play(entries: Entries) -> str:
    """A playbook that declares lists one by one, as one does with a module for one list."""
    task = {"name": "One list", "listops.mailman.mailman_list": "{{ item }}", "loop": entries}
    return json.dumps([{"hosts": "fermium", "gather_facts": False, "tasks": [task]}])
