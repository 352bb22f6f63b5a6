# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Stopping Mailman's service for changes that are not possible while it runs."""

from __future__ import annotations

import contextlib
from typing import Iterator

from ansible_collections.listops.mailman.plugins.module_utils._backends.base import ListBackend
from ansible_collections.listops.mailman.plugins.module_utils._systemd import systemctl


@contextlib.contextmanager
def stopped(backend: ListBackend, service: str) -> Iterator[None]:
    """Stop Mailman for this block. A note on disk makes the next run start it again after a crash."""
    runs = backend.info.runs
    if runs:
        backend.note_stop()
        systemctl("stop", service)
    try:
        yield
    finally:
        # A service that somebody else stopped stays stopped.
        if runs or backend.info.stopped:
            resume(backend, service)


def resume(backend: ListBackend, service: str) -> None:
    systemctl("start", service)
    backend.forget_stop()
