# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Measures how fast HyperKitty, whose interpreter runs this, takes mails of a mailbox. Nothing of it stays.

The mails are parsed and inserted by the code that moves archives, in transactions as short as there, and each
transaction is taken back.
"""

from __future__ import annotations

import os
import socket
import time
from array import array
from functools import partial
from typing import Any, Iterator, Mapping, Sequence

from ansible_collections.listops.mailman.plugins.module_utils._hyperkitty.remote.archive import Archive
from ansible_collections.listops.mailman.plugins.module_utils._hyperkitty.remote.load import (
    BYTES,
    DAY,
    MAILS,
    PORTION,
    SECONDS,
    LoadHandler,
    parse_task,
)
from ansible_collections.listops.mailman.plugins.module_utils._hyperkitty.remote.parse import Parsed
from ansible_collections.listops.mailman.plugins.module_utils._hyperkitty.remote.threads import place_mails
from ansible_collections.listops.mailman.plugins.module_utils._hyperkitty.remote.workers import Workers, cores
from ansible_collections.listops.mailman.plugins.module_utils._programs.remote.server import serve
from ansible_collections.listops.mailman.plugins.module_utils._programs.remote.web import retry_when_locked

# No list has this address, so that mails that were moved before count, too.
NAME = "listops-trial@trial.invalid"


class TrialArchive(Archive):
    """An archive that is there only within a transaction."""

    def __init__(self) -> None:
        super().__init__(NAME, private=False, write=False)
        self._write = True

    def measure(self, rows: list[Parsed]) -> int:
        """Insert mails, give them their places in threads, and take it back. Returns how many the database took."""
        from django.db import DataError, IntegrityError

        try:
            if rows:
                retry_when_locked(partial(self._measure, rows))
        except (DataError, IntegrityError, ValueError, OverflowError):
            return 0 if len(rows) == 1 else sum(self.measure([row]) for row in rows)
        return len(rows)

    def _measure(self, rows: list[Parsed]) -> None:
        from django.db import transaction

        with transaction.atomic():
            self._put(rows)
            place_mails(self.row)
            transaction.set_rollback(True)


class TrialHandler(LoadHandler):
    """request: see LoadHandler."""

    def __init__(self, request: Mapping[str, Any]) -> None:
        super().__init__(request)
        from django.conf import settings

        # Files would stay, so attachments go into the database, and with it.
        settings.HYPERKITTY_ATTACHMENT_FOLDER = None
        self._mailboxes: list[int] = []

    def server_info(self) -> dict[str, Any]:
        """Adds "cores": how many processor cores this host has for the work."""
        return {**super().server_info(), "cores": cores()}

    def add(self, _request: dict[str, Any]) -> dict[str, Any]:
        """Take a mailbox, which is sent on the channel. answer: {}."""
        self._mailboxes += array("i", socket.recv_fds(self._channel, 1, 1)[1])
        return {}

    def trial(self, request: dict[str, Any]) -> dict[str, Any]:
        """Measure mails of all mailboxes that were added, as they are moved: parsed on all cores while others are inserted.

        request: {"tasks": [[number of the mailbox, *see parse_task]]}.
        answer: {"mails": how many were measured, "seconds", "refused": how many HyperKitty cannot have}.
        """
        tasks = request["tasks"]
        archive, taken = TrialArchive(), 0
        batch: list[Parsed] = []
        size = 0
        with Workers(min(cores(), max(1, len(tasks) // PORTION)), self._parse, SECONDS) as workers:
            began = time.monotonic()
            for answers in workers.map(_parts(tasks, PORTION)):
                for (_mailbox, _position, place, *_more), parsed in answers:
                    batch += [parsed] if isinstance(parsed, Parsed) else []
                    size += place[1]
                if len(batch) >= MAILS or size >= BYTES:
                    taken += archive.measure(batch)
                    batch, size = [], 0
            taken += archive.measure(batch)
            seconds = time.monotonic() - began
        return {"mails": len(tasks), "seconds": seconds, "refused": len(tasks) - taken}

    def _parse(self, task: Any) -> Parsed | str:
        mailbox, *rest = task
        return parse_task(partial(os.pread, self._mailboxes[mailbox]), time.time() + DAY, rest)


def _parts(values: Sequence[Any], size: int) -> Iterator[list[Any]]:
    for start in range(0, len(values), size):
        yield list(values[start : start + size])


def main() -> None:
    serve(TrialHandler)
