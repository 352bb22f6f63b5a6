# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Mailman 3 and HyperKitty for those who collect what is new in lists."""

from __future__ import annotations

from typing import Any, Collection, Iterator, Mapping, Sequence

from ansible_collections.listops.mailman.plugins.module_utils._argspec import Connection, WebInterface
from ansible_collections.listops.mailman.plugins.module_utils._migrate.rollback.program import POSTED, RETURNING
from ansible_collections.listops.mailman.plugins.module_utils._programs.process import Process

# How many messages are requested at once.
MESSAGES = 200


class PostedMails:
    """HyperKitty's archives. A context manager."""

    def __init__(self, web: WebInterface) -> None:
        self._process = Process(POSTED, command=web.manage, user=web.user)

    def __enter__(self) -> PostedMails:
        self._process.__enter__()
        return self

    def __exit__(self, *exc: Any) -> None:
        self._process.__exit__(*exc)

    def newest(self, lists: Sequence[str]) -> Mapping[str, int]:
        """The key of the last message of each archive."""
        return dict(self._process.request("newest", lists=list(lists))["newest"])

    def after(self, name: str, key: int, known: Collection[str]) -> Iterator[Mapping[str, Any]]:
        """The messages after one, without those of known Message-IDs, see PostedHandler.mails."""
        rows = self._process.request("posted", list=name, after=key)["messages"]
        keys = [row[0] for row in rows if row[1] not in known]
        while keys:
            answer = self._process.request("mails", messages=keys[:MESSAGES])
            yield from answer["messages"]
            keys = keys[answer["read"] :]


class WaitingThings:
    """Mailman 3. A context manager. readonly: nothing is to be forgotten."""

    def __init__(self, connection: Connection, *, readonly: bool) -> None:
        self._process = Process(
            RETURNING, command=connection.command, user=connection.user, config=connection.config, readonly=readonly
        )

    def __enter__(self) -> WaitingThings:
        self._process.__enter__()
        return self

    def __exit__(self, *exc: Any) -> None:
        self._process.__exit__(*exc)

    def waits(self, name: str, keys: Sequence[str]) -> Mapping[str, Any]:
        """What waits in a list, see Mailman3ReturningHandler.waits."""
        return self._process.request("waits", list=name, keys=list(keys))

    def shunted(self) -> Mapping[str, int]:
        return dict(self._process.request("shunted")["files"])

    def forget(self, name: str, keys: Sequence[str]) -> bool:
        """Let nothing wait in a list any more. Returns whether anything did."""
        return bool(self._process.request("forget", list=name, keys=list(keys))["changed"])
