# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A copy of Mailman 2.1's files as a list backend that can only be read; there is no Mailman 2.1, and no Python 2."""

from __future__ import annotations

from typing import Any, Iterable, Mapping, Sequence

from ansible_collections.listops.mailman.plugins.module_utils._argspec import Connection
from ansible_collections.listops.mailman.plugins.module_utils._backends.base import Step
from ansible_collections.listops.mailman.plugins.module_utils._errors import HostError
from ansible_collections.listops.mailman.plugins.module_utils._mailman21 import stock
from ansible_collections.listops.mailman.plugins.module_utils._mailman21.client import Mailman21
from ansible_collections.listops.mailman.plugins.module_utils._mailman21.program import COPY
from ansible_collections.listops.mailman.plugins.module_utils._programs.process import (
    OwnProcess,
    Process,
    Program,
    reader_of,
)

# What the Mailman of these files said of itself, as far as nobody changed its configuration, which is elsewhere.
SAID: Mapping[str, Any] = {
    "version": stock.VERSION,
    "listname_chars": "[-+_.=a-z0-9]",
    "site_list": "mailman",
    "site_bans": [],
    "languages": sorted(stock.CHARSETS),
    "charsets": stock.CHARSETS,
    "default_language": "en",
    "options": stock.OPTIONS,
    "asks_dns": True,
}


def reading(program: Program, folder: str, said: Mapping[str, Any] | None = None) -> Process:
    """A process that reads a copy, not yet begun. said: what its Mailman would say of itself, SAID if that is not known."""
    option = program.user_option
    who = reader_of(folder, option)
    return OwnProcess(program, who, folder=folder, said=SAID if said is None else said, option=option)


class CopiedMailman21(Mailman21):
    """folder: what was /var/lib/mailman."""

    def __init__(self, folder: str) -> None:
        self._folder = folder
        super().__init__(Connection(engine="mailman21"))

    def _start(self, connection: Connection) -> Process:
        return reading(COPY, self._folder)

    def apply(self, steps: Sequence[Step]) -> Mapping[str, str]:
        raise HostError("a copy of Mailman's files is only read")

    def rename(self, renames: Iterable[Sequence[str]], follow: Sequence[str]) -> None:
        raise HostError("a copy of Mailman's files is only read")
