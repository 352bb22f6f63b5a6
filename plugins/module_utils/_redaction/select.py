# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Opens the message stores of a host."""

from __future__ import annotations

import contextlib
from typing import Iterator

from ansible_collections.listops.mailman.plugins.module_utils._argspec import Connection, WebInterface
from ansible_collections.listops.mailman.plugins.module_utils._backends.choose import choose
from ansible_collections.listops.mailman.plugins.module_utils._mailman3 import messages as mailman3
from ansible_collections.listops.mailman.plugins.module_utils._mailman21 import messages as mailman21
from ansible_collections.listops.mailman.plugins.module_utils._redaction.copies import CopiesStore, Remains
from ansible_collections.listops.mailman.plugins.module_utils._redaction.stores import Stores

OPENERS = {"mailman3": mailman3.open_stores, "mailman21": mailman21.open_stores}


@contextlib.contextmanager
def open_stores(connection: Connection, web: WebInterface, remains: Remains, *, readonly: bool) -> Iterator[Stores]:
    """Open the message stores of the Mailman that the options of a task name, and of what migrations left.

    The latter are redacted first, since Mailman's own archive is the one by which a message is found again.
    """
    with OPENERS[choose(connection)](connection, web, readonly=readonly) as there, CopiesStore(remains) as copies:
        yield Stores(there.domains, [*there.stores, copies])
