# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Opens the archives of a host."""

from __future__ import annotations

import contextlib
from typing import ContextManager

from ansible_collections.listops.mailman.plugins.module_utils._argspec import WebInterface
from ansible_collections.listops.mailman.plugins.module_utils._backends.base import ArchiveBackend, ListBackend
from ansible_collections.listops.mailman.plugins.module_utils._errors import NotInstalled
from ansible_collections.listops.mailman.plugins.module_utils._hyperkitty.client import HyperKitty


def open_archive(backend: ListBackend, web: WebInterface) -> ArchiveBackend:
    """The archive of this Mailman: its own, or HyperKitty, which starts in parallel. Raises NotInstalled."""
    return backend.own_archive() or HyperKitty(web)


def open_archives(backend: ListBackend, web: WebInterface) -> ContextManager[ArchiveBackend | None]:
    """The same; None where HyperKitty is not installed and web_manage is not given."""
    try:
        return open_archive(backend, web)
    except NotInstalled:
        if web.manage is not None:
            raise
        return contextlib.nullcontext()
