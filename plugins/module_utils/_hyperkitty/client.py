# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""HyperKitty, the archive of Mailman 3, as an archive backend."""

from __future__ import annotations

import base64
import os
from typing import Any, Iterator, Mapping, Sequence

from ansible_collections.listops.mailman.plugins.module_utils._archives import mbox
from ansible_collections.listops.mailman.plugins.module_utils._archives.guard import ArchiveGuard
from ansible_collections.listops.mailman.plugins.module_utils._argspec import WebInterface
from ansible_collections.listops.mailman.plugins.module_utils._backends.base import ArchiveBackend, Pair
from ansible_collections.listops.mailman.plugins.module_utils._hyperkitty.program import PROGRAM
from ansible_collections.listops.mailman.plugins.module_utils._lists.model import ArchiveState
from ansible_collections.listops.mailman.plugins.module_utils._programs.process import Process

# How many messages are requested at once.
MESSAGES = 500


class HyperKitty(ArchiveBackend):
    """Its process starts in parallel when root starts it, otherwise with the first request."""

    follows_late = True

    def __init__(self, web: WebInterface) -> None:
        self._web = web
        self._process = Process(PROGRAM, command=web.manage, user=web.user)
        self._starts = False
        self.left_out: list[dict[str, str]] = []

    @property
    def accessible(self) -> bool:
        """Whether this process can become HyperKitty's user."""
        return os.geteuid() == 0

    def __enter__(self) -> HyperKitty:
        if self.accessible:
            self._start()
            try:
                self._process.begin()
            except BaseException:
                self._process.__exit__()
                raise
        return self

    def __exit__(self, *exc: Any) -> None:
        if self._starts:
            self._process.__exit__(*exc)

    def _start(self) -> None:
        if not self._starts:
            self._process.__enter__()
            self._starts = True

    def _ask(self, op: str, **fields: Any) -> Mapping[str, Any]:
        self._start()
        return self._process.request(op, **fields)

    def guard(self) -> ArchiveGuard:
        return ArchiveGuard(self._web.user)

    def look(self, lists: Sequence[str]) -> dict[str, ArchiveState]:
        found = self._ask("look", lists=lists)["archives"]
        return {name: ArchiveState(one["archive_policy"], one["messages"]) for name, one in found.items()}

    def policies(self) -> dict[str, str]:
        return dict(self._ask("policies")["policies"])

    def set_policies(self, policies: Mapping[str, str]) -> None:
        self._ask("set_policies", policies=policies)

    def correct_policies(self, policies: Mapping[str, str]) -> Mapping[str, str]:
        self._ask("correct_policies", policies=policies)
        return {}

    def drop(self, lists: Sequence[str]) -> None:
        self._ask("drop", lists=lists)

    def move(self, renames: Sequence[Pair]) -> None:
        self._ask("move", renames=renames)

    def hashes(self, name: str) -> frozenset[str]:
        """What the addresses of an archive's messages end with."""
        return frozenset(self._ask("hashes", list=name)["hashes"])

    def lines(self, name: str) -> Iterator[bytes]:
        return mbox.lines(self._parts(name))

    def _parts(self, name: str) -> Iterator[bytes]:
        keys = self._ask("messages", list=name)["messages"]
        while keys:
            answer = self._ask("mbox", messages=keys[:MESSAGES])
            self.left_out += [{"list": name, **each} for each in answer["left_out"]]
            yield base64.b64decode(answer["mbox"])
            keys = keys[answer["messages"] :]
