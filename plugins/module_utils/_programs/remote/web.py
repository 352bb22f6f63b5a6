# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Opens the web interface of Mailman 3, a Django project, for a program. It is sent there with the program."""

from __future__ import annotations

import os
import sys
import time
from typing import Callable, TypeVar

from ansible_collections.listops.mailman.plugins.module_utils._programs.remote.server import Failure

# As with Mailman's own database: see _mailman3/remote/transactions.py.
BUSY_SECONDS = 60.0
PAUSE_SECONDS = 0.12
T = TypeVar("T")


def enter(manage: str) -> None:
    """Load its models. manage: the path of its manage.py."""
    folder = os.path.dirname(manage)
    os.chdir(folder)
    sys.path.insert(0, folder)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "settings")
    import django

    django.setup()


def retry_when_locked(work: Callable[[], T]) -> T:
    """Do repeatable work, and repeat it from the beginning when the database was busy. Returns its result.

    SQLite does not wait when a transaction has read and wants to write while another one writes: it fails at once.
    """
    from django.db import OperationalError

    began = time.monotonic()
    while True:
        try:
            return work()
        except OperationalError as exc:
            if "database is locked" not in str(exc):
                raise
            waited = time.monotonic() - began
            if waited > BUSY_SECONDS:
                raise Failure(
                    "the web interface's database was busy for {0:.0f} s, because another process keeps writing to it; "
                    "what was done stays, run again for the rest".format(waited)
                ) from exc
            time.sleep(PAUSE_SECONDS)
