# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Locks on mailboxes, such as digests in progress. Runs in Mailman's interpreter."""

from __future__ import annotations

import contextlib
import fcntl
import os
import time


def clear_dead_lock(path: str) -> None:
    """Remove a stale lock of a killed process on a mailbox, which would also block Mailman.

    A lock consists of the system's lock on the file, which is taken and released first, and a file beside it. While we
    hold the first, a living process holds the second only for the moment until it removes it.
    """
    lock = path + ".lock"
    if not os.path.exists(lock):
        return
    with open(path, "rb+") as handle:
        fcntl.lockf(handle, fcntl.LOCK_EX)
        time.sleep(0.2)
        with contextlib.suppress(FileNotFoundError):
            os.unlink(lock)
