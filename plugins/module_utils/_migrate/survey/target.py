# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""HyperKitty, as far as it is measured before anything is moved."""

from __future__ import annotations

import os
import socket
from typing import Any, Mapping, Sequence

from ansible_collections.listops.mailman.plugins.module_utils._migrate.archive import ArchiveLoader, open_mailbox
from ansible_collections.listops.mailman.plugins.module_utils._migrate.survey.program import TRIAL


class ArchiveTrial(ArchiveLoader):
    """Takes mails as ArchiveLoader does, and keeps none."""

    _program = TRIAL

    def __enter__(self) -> ArchiveTrial:
        super().__enter__()
        return self

    @property
    def cores(self) -> int:
        return int(self._process.server_info["cores"])

    def measure(self, samples: Mapping[str, Sequence[Any]]) -> tuple[int, float]:
        """How many mails took how many seconds. samples: path of a mailbox -> tasks, see parse_task."""
        tasks = []
        for number, (mbox, sample) in enumerate(samples.items()):
            mailbox = open_mailbox(mbox)
            try:
                socket.send_fds(self._channel, [b"f"], [mailbox])
                self._process.request("add")
            finally:
                os.close(mailbox)
            tasks += [[number, *task] for task in sample]
        answer = self._process.request("trial", tasks=tasks)
        return answer["mails"], answer["seconds"]
