# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Mailman 3 for what waited in the lists of another server."""

from __future__ import annotations

from typing import Any, Mapping, Sequence

from ansible_collections.listops.mailman.plugins.module_utils._argspec import Connection
from ansible_collections.listops.mailman.plugins.module_utils._migrate.waiting.program import REQUESTS
from ansible_collections.listops.mailman.plugins.module_utils._programs.process import Process

# Limits how many messages exist as text at once.
ITEMS_PER_REQUEST = 100


class RequestTarget:
    """A context manager. readonly: nothing is to be put."""

    def __init__(self, connection: Connection, *, readonly: bool) -> None:
        self._process = Process(
            REQUESTS,
            command=connection.command,
            user=connection.user,
            config=connection.config,
            readonly=readonly,
        )

    def __enter__(self) -> RequestTarget:
        self._process.__enter__()
        return self

    def __exit__(self, *exc: Any) -> None:
        self._process.__exit__(*exc)

    def facts(self, name: str, asked: Mapping[str, Sequence[str]]) -> Mapping[str, Any]:
        """What a list has of what is to be put into it, see Mailman3RequestsHandler.facts_of."""
        return self._process.request("facts_of", list=name, **asked)

    def put(self, name: str, items: Sequence[Mapping[str, Any]], issue: Mapping[str, Any] | None) -> Mapping[str, str]:
        """Put items into a list. Returns the keys of those that failed, with a sentence each."""
        failed: dict[str, str] = {}
        # The messages of a digest are one file.
        digest = [item for item in items if item["as"] == "digest"]
        others = [item for item in items if item["as"] != "digest"]
        for start in range(0, len(others), ITEMS_PER_REQUEST):
            part = others[start : start + ITEMS_PER_REQUEST]
            failed.update(self._process.request("put", list=name, items=part, issue=None)["failed"])
        failed.update(self._process.request("put", list=name, items=digest, issue=issue)["failed"])
        return failed

    def tell_moderators(self, name: str) -> None:
        self._process.request("tell_moderators", list=name)
