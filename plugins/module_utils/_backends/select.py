# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Opens the Mailman and the archives of a host."""

from __future__ import annotations

from typing import Callable

from ansible_collections.listops.mailman.plugins.module_utils._argspec import Connection
from ansible_collections.listops.mailman.plugins.module_utils._backends.base import ListBackend
from ansible_collections.listops.mailman.plugins.module_utils._backends.choose import choose
from ansible_collections.listops.mailman.plugins.module_utils._mailman3.client import Mailman3
from ansible_collections.listops.mailman.plugins.module_utils._mailman21.client import Mailman21

BACKENDS: dict[str, Callable[..., ListBackend]] = {"mailman3": Mailman3, "mailman21": Mailman21}


def open_backend(connection: Connection, *, readonly: bool) -> ListBackend:
    """Open the Mailman that the options of a task name. readonly: do not initialize a new Mailman."""
    return BACKENDS[choose(connection)](connection, readonly=readonly)
