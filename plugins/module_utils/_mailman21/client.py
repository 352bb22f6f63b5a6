# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Mailman 2.1 as a list backend; the program uses Mailman's own attributes."""

from __future__ import annotations

import os
from typing import Any, Collection, Iterable, Mapping, Sequence

from ansible_collections.listops.mailman.plugins.module_utils._argspec import Connection
from ansible_collections.listops.mailman.plugins.module_utils._backends.base import ListBackend, ListState, Pair, Step
from ansible_collections.listops.mailman.plugins.module_utils._lists import rename
from ansible_collections.listops.mailman.plugins.module_utils._lists.model import ListSpec
from ansible_collections.listops.mailman.plugins.module_utils._lists.server_info import ServerInfo
from ansible_collections.listops.mailman.plugins.module_utils._lists.vocabulary import ROLES, Invalid
from ansible_collections.listops.mailman.plugins.module_utils._mailman21 import options, translate
from ansible_collections.listops.mailman.plugins.module_utils._mailman21.archives import Pipermail
from ansible_collections.listops.mailman.plugins.module_utils._mailman21.program import PROGRAM
from ansible_collections.listops.mailman.plugins.module_utils._programs.process import Process, Program

# Mailman's files are read while earlier lists are compared, so that no process holds a whole site twice.
LISTS_PER_REQUEST = 50


def start(program: Program, connection: Connection) -> Process:
    """A process for a program, not yet begun."""
    prefix = connection.prefix
    command = os.path.join(prefix, "bin", "config_list") if prefix else None
    return Process(program, command=command, user=connection.user, wait=connection.lock_timeout)


class Mailman21(ListBackend):
    """readonly: has no effect, since Mailman 2.1 has no database to initialize."""

    service = "mailman"

    def __init__(self, connection: Connection, *, readonly: bool = True) -> None:
        self._process = self._start(connection)
        # Lists as last read, by posting address: with 2.1's attributes, and as plan.py compares them.
        self._raw: dict[str, Mapping[str, Any]] = {}
        self._read: dict[str, ListState] = {}
        # Names that lists had when they were read, by their new names.
        self._former: dict[str, str] = {}
        self._unreadable: dict[str, str] = {}

    def _start(self, connection: Connection) -> Process:
        return start(PROGRAM, connection)

    def __enter__(self) -> Mailman21:
        self._process.__enter__()
        try:
            said = self._process.server_info
            self.server = translate.server(said)
        except BaseException:
            self._process.__exit__()
            raise
        self._unreadable.update(said["unreadable"])
        return self

    def __exit__(self, *exc: Any) -> None:
        self._process.__exit__(*exc)

    @property
    def info(self) -> ServerInfo:
        return self.server.info

    @property
    def unreadable(self) -> Mapping[str, str]:
        return self._unreadable

    def own_archive(self) -> Pipermail:
        return Pipermail(self._process, self.server)

    def check(self, specs: Iterable[ListSpec]) -> None:
        translate.check(specs, self.server)

    def read(
        self,
        lists: Collection[str] | None = None,
        *,
        settings: Collection[str] | None = None,
        rosters: Collection[str] | None = None,
        templates: Collection[str] | None = None,
        secrets: Mapping[str, Mapping[str, str]] | None = None,
    ) -> Mapping[str, ListState]:
        schema = self.server.schema
        names = sorted(schema) if settings is None else [name for name in settings if name in schema]
        roles = list(ROLES) if rosters is None else list(rosters)
        wanted = list(self.server.lists) if lists is None else list(lists)
        passwords = {
            self.server.lists[address]: {options.TABLE[name].raw[0]: value for name, value in given.items()}
            for address, given in (secrets or {}).items()
            if address in self.server.lists
        }
        asked = {
            # those of facts(), too, for which no list need be read again
            "attributes": sorted({*translate.attributes_for(names, ROLES), *translate.TIMES}),
            "members": "member" in roles,
            "count": "member" not in roles,
        }
        parts = [wanted[start : start + LISTS_PER_REQUEST] for start in range(0, len(wanted), LISTS_PER_REQUEST)]
        requests = (
            dict(
                asked,
                lists=[self.server.lists[address] for address in part],
                passwords={name: passwords[name] for name in map(self.server.local, part) if name in passwords},
            )
            for part in parts
        )
        self._raw, self._read = {}, {}
        for part, answer in zip(parts, self._process.requests("read", requests)):
            for address in part:
                name = self.server.lists[address]
                if name in answer["unreadable"]:
                    self._unreadable[address] = answer["unreadable"][name]
                    continue
                entry = answer["lists"][name]
                try:
                    self._read[address] = translate.read_entry(entry, self.server, names, roles)
                except Invalid as exc:
                    self._unreadable[address] = "list {0}: {1}".format(address, exc)
                    continue
                self._raw[address] = entry
                # Drop raw members after translation to save memory.
                if entry.pop("members", None) is not None:
                    entry["count"] = len(self._read[address]["rosters"]["member"])
        return self._read

    def facts(self, lists: Collection[str] | None) -> Mapping[str, Mapping[str, Any]]:
        wanted = list(self.server.lists) if lists is None else list(lists)
        if not {*wanted} <= {*self._raw, *self._unreadable}:
            self.read(wanted, settings=[], rosters=[])
        read = {address: self.server.lists[address] for address in wanted if address in self._raw}
        answer = self._process.request("texts", lists=list(read.values()))
        out = {}
        for address, name in read.items():
            if name in answer["unreadable"]:
                self._unreadable[address] = answer["unreadable"][name]
                continue
            try:
                out[address] = translate.facts(self._raw[address], self.server, answer["texts"][name])
            except Invalid as exc:
                self._unreadable.setdefault(address, "list {0}: {1}".format(address, exc))
        return out

    def adapt(
        self, specs: list[ListSpec], actual: Mapping[str, ListState]
    ) -> tuple[list[ListSpec], Mapping[str, ListState]]:
        self._former = {new: item.old for new, item in rename.due(specs, self.server.lists).items()}
        return translate.adapt(specs, actual, self._raw, self._former)

    def apply(self, steps: Sequence[Step]) -> Mapping[str, str]:
        failed: dict[str, str] = {}
        for start in range(0, len(steps), LISTS_PER_REQUEST):
            part = steps[start : start + LISTS_PER_REQUEST]
            raw = [self._raw_step(step) for step in part]
            said = self._process.request("apply", steps=raw)["failed"]
            failed.update((step["list"], said[one["list"]]) for step, one in zip(part, raw) if one["list"] in said)
        return failed

    def tidy(self) -> None:
        self._process.request("tidy")

    def _raw_step(self, step: Step) -> dict[str, Any]:
        name = str(step["list"])
        name = self._former.get(name, name)
        return translate.raw_step(step, self.server, self._raw.get(name), self._read.get(name))

    def archive_policies(self) -> Mapping[str, str]:
        return translate.archive_policies(self._process.request("policies"))

    def unfinished_renames(self, former: Sequence[str]) -> list[str]:
        # The name may belong to a list in another domain meanwhile.
        taken = set(self.server.lists.values())
        names = {address: self.server.local(address) for address in former}
        names = {address: name for address, name in names.items() if address in self.server.lists or name not in taken}
        found = self._process.request("unfinished", lists=sorted(names.values()))["lists"]
        return [address for address, name in names.items() if name in found]

    def rename(self, renames: Sequence[Pair], follow: Sequence[str]) -> None:
        pairs = [[self.server.local(address) for address in pair] for pair in renames]
        self._process.request("rename", renames=pairs, follow=[self.server.local(address) for address in follow])

    def note_stop(self) -> None:
        self._process.request("note_stop")

    def forget_stop(self) -> None:
        self._process.request("forget_stop")

    def notify(self, notices: Sequence[Mapping[str, Any]]) -> None:
        said = [dict(notice, list=self.server.local(notice["list"])) for notice in notices]
        self._process.request("notify", notices=said)

    def set_passwords(
        self, site: Mapping[str, str], lists: Iterable[str], reason: str | None, *, check_mode: bool
    ) -> tuple[list[str], dict[str, str]]:
        """Set passwords of the site, and give the owners of lists new ones.

        site: "site" or "creator" -> password. reason: what the new passwords are for.

        Returns the names of those that differ, and of the lists that failed, with a sentence each. The others are done.
        """
        by_name, failed = {}, {}
        for address in lists:
            unreadable = self._unreadable.get(address, self._unreadable.get(address.partition("@")[0]))
            if address in self.server.lists:
                by_name[self.server.lists[address]] = address
            elif unreadable:
                failed[address] = unreadable
            else:
                raise Invalid("list {0} does not exist: give a list of this Mailman".format(address))
        answer = self._process.request("passwords", site=site, renew=dict.fromkeys(by_name, reason), check=check_mode)
        changed = ["{0}_password".format(name) for name in answer["site"]]
        failed.update((by_name[name], sentence) for name, sentence in answer["failed"].items())
        return changed + [by_name[name] for name in answer["renew"]], failed
