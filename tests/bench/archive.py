# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How fast a mailbox becomes an archive of HyperKitty, beside hyperkitty_import on the same mailbox in the same run."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

from bench import mails
from bench.figures import Figure, Target, exponent, median
from bench.host import HOME, MODULE, Host

MIGRATE = (*MODULE[:2], MODULE[2].replace("mailman_list", "migrate_archive"))
IMPORT = ("/usr/bin/python3", "-W", "ignore", "/usr/share/mailman3-web/manage.py", "hyperkitty_import")
# Growth and memory are those of a mailbox this many times as big, unless more are asked for.
BIG = 5
# The biggest mailbox, of mails with an attachment of so many bytes each.
GIGABYTE = 1 << 30
ATTACHMENT = 20_000

TARGETS = {
    "archive_vs_import": Target(4.5, at_least=True),
    "archive_two_cores_vs_import": Target(7, at_least=True),
    "archive_growth_exponent": Target(1.1),
    "archive_memory_mb": Target(300),
    "archive_gigabyte_memory_mb": Target(300),
}


def figures(
    name: str, seconds: Mapping[str, float], sizes: tuple[int, int], memory: Mapping[str, float]
) -> list[Figure]:
    """Figures from medians. Pure.

    seconds: what each measurement took, see Archives. sizes: of the usual mailbox and the big one, in mails. memory: in MB.
    """
    cost = {what: seconds[what] - seconds[f"{what} start"] for what in ("import", "one core", "two cores")}
    big = seconds["big"] - seconds["two cores start"]
    values = {
        "archive_vs_import": (cost["import"] / cost["one core"], "times"),
        "archive_two_cores_vs_import": (cost["import"] / cost["two cores"], "times"),
        "archive_growth_exponent": (exponent(sizes[0], cost["two cores"], sizes[1], big), "exponent"),
        "archive_mails_per_second": (sizes[1] / big, "mails"),
        "import_mails_per_second": (sizes[0] / cost["import"], "mails"),
        "archive_memory_mb": (memory["big"], "MB"),
        "archive_gigabyte_memory_mb": (memory["gigabyte"], "MB"),
    }
    return [Figure(f"{name}.{what}", value, unit, TARGETS.get(what)) for what, (value, unit) in values.items()]


@dataclass
class Archives:
    """One database on a host with Mailman and its web interface.

    name: the first part of its figures' names. number: of mails; most: of the biggest mailbox, 0 for BIG times as many.
    gigabyte: how many bytes the mailbox with attachments has.
    """

    name: str
    host: Host
    number: int
    say: Callable[[str], None]
    rounds: int = 3
    most: int = 0
    gigabyte: int = GIGABYTE
    seconds: dict[str, list[float]] = field(default_factory=dict)

    def figures(self) -> list[Figure]:
        self.host.install()
        most = self.most or self.number * BIG
        one, path, big = (self._mailbox(f"mailbox{count}", mails.mailbox(count)) for count in (1, self.number, most))
        for _round in range(self.rounds):
            # What Python and Django take to start is the same for any number of mails.
            for start, content, number in ((" start", one, 1), ("", path, self.number)):
                self._import(f"import{start}", content)
                self._migrate(f"one core{start}", content, "0", number)
                self._migrate(f"two cores{start}", content, "0,1", number)
        memory = {"big": self._migrate("big", big, "0,1", most)}
        self.host.run("rm", big)
        with_attachments, count = mails.of_size(self.gigabyte, ATTACHMENT)
        gigabyte = self._mailbox("gigabyte", with_attachments)
        memory["gigabyte"] = self._migrate("gigabyte", gigabyte, "0,1", count)
        self.host.run("rm", gigabyte)
        medians = {what: median(values) for what, values in self.seconds.items()}
        return figures(self.name, medians, (self.number, most), memory)

    def _mailbox(self, name: str, content: Iterable[bytes]) -> str:
        """A mailbox that HyperKitty's user can read, as its own command must."""
        path = f"{HOME}/{name}.mbox"
        self.host.write(path, content)
        return path

    @contextmanager
    def _list(self) -> Iterator[str]:
        """The name of a list that is gone afterwards; its archive stays, since HyperKitty takes long to delete one."""
        name = f"bench-{secrets.token_hex(4)}@lists.example.org"
        for state in ("present", "absent"):
            entry = {"name": name, "state": state}
            self.host.module(self.host.put("archive", {"ANSIBLE_MODULE_ARGS": {"lists": [entry]}}))
            if state == "present":
                yield name

    def _note(self, what: str, seconds: float) -> None:
        self.seconds.setdefault(what, []).append(seconds)
        self.say(f"  {self.name}: {what} {seconds:.2f} s")

    def _import(self, what: str, path: str) -> None:
        with self._list() as name:
            argv = ("taskset", "-c", "0", *IMPORT, "--no-sync-mailman", "--list-address", name, path)
            self._note(what, self.host.measure(*argv, user="www-data").seconds[0])

    def _migrate(self, what: str, path: str, cores: str, number: int) -> float:
        """Put the mailbox into an archive; how much memory all its processes had together, in MB."""
        with self._list() as name:
            archives = [{"list": name, "mbox": path}]
            asked = {"archives": archives, "account": f"{HOME}/account", "web_service": ""}
            stdin = self.host.put("migrate", {"ANSIBLE_MODULE_ARGS": asked})
            done = self.host.measure("taskset", "-c", cores, *MIGRATE, stdin=stdin, together=True)
            assert f"{number} moved" in done.out, done.out[-3000:]
        self._note(what, done.seconds[0])
        return done.megabytes["together"]
