# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The program that adds mails to HyperKitty's search index, and who asks it."""

from __future__ import annotations

from typing import Any, Mapping, Sequence

from ansible_collections.listops.mailman.plugins.module_utils._argspec import WebInterface
from ansible_collections.listops.mailman.plugins.module_utils._hyperkitty.remote import index, search
from ansible_collections.listops.mailman.plugins.module_utils._migrate.search.progress import Way
from ansible_collections.listops.mailman.plugins.module_utils._programs import commands
from ansible_collections.listops.mailman.plugins.module_utils._programs.process import Process, Program
from ansible_collections.listops.mailman.plugins.module_utils._programs.remote import server, web

SEARCH = Program(
    modules=(server, web, search, index),
    commands=commands.WEB,
    command_option="web_manage",
    user_option="web_user",
)


class SearchIndex:
    """A context manager."""

    def __init__(self, interface: WebInterface) -> None:
        self._process = Process(SEARCH, command=interface.manage, user=interface.user)

    def __enter__(self) -> SearchIndex:
        self._process.__enter__()
        return self

    def __exit__(self, *exc: Any) -> None:
        self._process.__exit__(*exc)

    def newest(self, names: Sequence[str]) -> int | None:
        """The highest key of a mail of these lists."""
        found: int | None = self._process.request("newest", lists=list(names))["key"]
        return found

    def count(self, way: Way) -> int:
        """How many mails are to be indexed, of those that were not indexed before the way began."""
        found: int = self._process.request("count", lists=list(way.lists), above=way.done, top=way.top)["mails"]
        return found

    def step(self, way: Way) -> Mapping[str, Any]:
        """Index the next mails, see SearchIndexHandler.step."""
        return self._process.request("step", lists=list(way.lists), above=way.done, top=way.top, at=way.at)
