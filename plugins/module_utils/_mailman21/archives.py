# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Pipermail, Mailman 2.1's own archives, as an archive backend."""

from __future__ import annotations

import base64
from typing import Any, Iterator, Mapping, Sequence

from ansible_collections.listops.mailman.plugins.module_utils._archives import mbox
from ansible_collections.listops.mailman.plugins.module_utils._backends.base import ArchiveBackend, Pair
from ansible_collections.listops.mailman.plugins.module_utils._lists.model import ArchiveState
from ansible_collections.listops.mailman.plugins.module_utils._mailman21.translate import Server
from ansible_collections.listops.mailman.plugins.module_utils._programs.process import Process

# How many bytes of a file are read at once.
PORTION = 4 << 20


class Pipermail(ArchiveBackend):
    """process: Mailman's program, which also has the archives. server: facts about that Mailman."""

    def __init__(self, process: Process, server: Server) -> None:
        self._process = process
        self._server = server

    def look(self, lists: Sequence[str]) -> dict[str, ArchiveState]:
        names = {address: self._server.local(address) for address in lists}
        found = self._process.request("look_archives", lists=sorted(names.values()))["archives"]
        return {address: _state(found[name]) for address, name in names.items() if name in found}

    def policies(self) -> dict[str, str]:
        lists = self._server.lists
        shown = self._process.request("shown_archives", lists=list(lists.values()))["shown"]
        return {address: shown[name] for address, name in lists.items() if shown[name]}

    def set_policies(self, policies: Mapping[str, str]) -> None:
        """Do nothing: Mailman opens or closes the archive when it saves the list."""

    def correct_policies(self, policies: Mapping[str, str]) -> Mapping[str, str]:
        names = {self._server.local(address): address for address in policies}
        failed = self._process.request("correct_archives", lists=sorted(names))["failed"]
        return {names[name]: reason for name, reason in failed.items()}

    def drop(self, lists: Sequence[str]) -> None:
        self._process.request("drop_archives", lists=sorted(map(self._server.local, lists)))

    def move(self, renames: Sequence[Pair]) -> None:
        pairs = [[self._server.local(address) for address in pair] for pair in renames]
        self._process.request("move_archives", renames=pairs)

    def lines(self, name: str) -> Iterator[bytes]:
        return mbox.sound(mbox.lines(self._parts(self._server.local(name))))

    def _parts(self, name: str) -> Iterator[bytes]:
        size = self._process.request("mbox_size", list=name)["size"]
        for start in range(0, size, PORTION):
            portion = min(PORTION, size - start)
            answer = self._process.request("mbox_part", list=name, start=start, size=portion)
            yield base64.b64decode(answer["mbox"])


def _state(found: Mapping[str, Any]) -> ArchiveState:
    return ArchiveState(found["archive_policy"], found["messages"], tuple(found["parts"]))
