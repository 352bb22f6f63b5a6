# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reads and changes accounts of Mailman 3's web interface through a program in its own interpreter."""

from __future__ import annotations

from typing import Any, Mapping, Sequence

from ansible_collections.listops.mailman.plugins.module_utils._accounts.program import PROGRAM
from ansible_collections.listops.mailman.plugins.module_utils._argspec import WebInterface
from ansible_collections.listops.mailman.plugins.module_utils._programs.process import Process


class Accounts:
    """The accounts of a host. A context manager."""

    def __init__(self, web: WebInterface) -> None:
        self._process = Process(PROGRAM, command=web.manage, user=web.user)

    def __enter__(self) -> Accounts:
        self._process.__enter__()
        return self

    def __exit__(self, *exc: Any) -> None:
        self._process.__exit__(*exc)

    def look(self, address: str) -> Mapping[str, Any]:
        """Accounts that concern an address in lower case: see _accounts/remote/main.py."""
        return self._process.request("look", address=address)

    def apply(self, address: str, steps: Sequence[Mapping[str, Any]]) -> str:
        """Carry out the steps of a plan in one transaction. Returns the name of the account."""
        return str(self._process.request("apply", address=address, steps=steps)["name"])
