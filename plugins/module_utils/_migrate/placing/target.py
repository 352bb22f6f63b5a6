# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Mailman 2.1 for the lists of another one, of which there is a copy on this host."""

from __future__ import annotations

import os
from typing import Any, Iterable, Iterator, Mapping, NamedTuple, Sequence

from ansible_collections.listops.mailman.plugins.module_utils._argspec import Connection
from ansible_collections.listops.mailman.plugins.module_utils._migrate.place import FileEntry, Place, Staging
from ansible_collections.listops.mailman.plugins.module_utils._migrate.placing.program import PLACE
from ansible_collections.listops.mailman.plugins.module_utils._programs.process import Process

# Files that one request names.
FILES_PER_REQUEST = 5000


class Contents(NamedTuple):
    """Hashes of files by place, and of the mails in a list's mailbox, in their order."""

    files: dict[Place, str]
    mails: list[str]


class PlaceTarget:
    """A context manager; see PlaceHandler for the answers."""

    def __init__(self, connection: Connection, copy: str) -> None:
        prefix = connection.prefix
        command = os.path.join(prefix, "bin", "config_list") if prefix else None
        self._process = Process(PLACE, command=command, user=connection.user, wait=connection.lock_timeout, copy=copy)

    def __enter__(self) -> PlaceTarget:
        self._process.__enter__()
        return self

    def __exit__(self, *exc: Any) -> None:
        self._process.__exit__(*exc)

    @property
    def info(self) -> Mapping[str, Any]:
        return self._process.server_info

    def source(self, lists: Iterable[str]) -> Mapping[str, Any]:
        return self._process.request("source", lists=sorted(lists))

    def loadable(self, names: Iterable[str]) -> Mapping[str, str]:
        found: Mapping[str, str] = self._process.request("loadable", names=sorted(names))["unreadable"]
        return found

    def look(self, names: Iterable[str]) -> Mapping[str, Any]:
        return self._process.request("look", names=sorted(names))

    def drop(self, names: Iterable[str]) -> None:
        self._process.request("drop", names=sorted(names))

    def room(self) -> int:
        """Free space for archives, in bytes."""
        free: int = self._process.request("room")["free"]
        return free

    def tree(self, name: str, where: str) -> list[FileEntry]:
        return [FileEntry(*row) for row in self._process.request("tree", name=name, where=where)["entries"]]

    def contents(self, name: str, where: str, files: Sequence[Place]) -> Contents:
        parts = [files[start : start + FILES_PER_REQUEST] for start in range(0, len(files), FILES_PER_REQUEST)]
        found = Contents({}, [])
        asked = ({"name": name, "where": where, "files": part} for part in parts)
        for answer in self._process.requests("hashes", asked):
            for part, path, value, mails in answer["files"]:
                found.files[part, path] = value
                found.mails.extend(mails)
        return found

    def stage(self, name: str, staging: Staging) -> int:
        number: int = self._process.request("stage", name=name, **staging.request())["folder"]
        return number

    def settle(self) -> None:
        self._process.request("settle")

    def place(self, name: str, **how: Any) -> None:
        self._process.request("place", name=name, **how)

    def read(self, names: Sequence[str], attributes: Sequence[str]) -> Iterator[tuple[str, Mapping[str, Any]]]:
        """Lists as this host's Mailman has them, one at a time."""
        return read(self._process, names, attributes)


def read(
    process: Process, names: Sequence[str], attributes: Sequence[str], unreadable: dict[str, str] | None = None
) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Lists as a program reads them. Those that cannot be read are left out; unreadable: gets a sentence about each."""
    asked = {"attributes": sorted(attributes), "members": True, "passwords": {}, "texts": True}
    for name, answer in zip(names, process.requests("read", (dict(asked, lists=[name]) for name in names))):
        if name in answer["lists"]:
            yield name, answer["lists"][name]
        elif unreadable is not None:
            unreadable.update(answer["unreadable"])
