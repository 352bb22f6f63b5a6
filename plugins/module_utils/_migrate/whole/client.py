# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A Mailman 3 with its web interface, as a whole."""

from __future__ import annotations

import os
from typing import Any, Mapping

from ansible_collections.listops.mailman.plugins.module_utils._archives.guard import ArchiveGuard
from ansible_collections.listops.mailman.plugins.module_utils._argspec import Connection, WebInterface
from ansible_collections.listops.mailman.plugins.module_utils._migrate.whole.program import WHOLE_CORE, WHOLE_WEB
from ansible_collections.listops.mailman.plugins.module_utils._programs.process import Process

# Where there must be room for the dumps, and for the copy.
STATE = "/var/lib"


class WholeServer:
    """Reads it by programs in both interpreters, whether or not its services run. A context manager."""

    def __init__(self, connection: Connection, web: WebInterface) -> None:
        self._core = Process(
            WHOLE_CORE, command=connection.command, user=connection.user, config=connection.config, readonly=True
        )
        self._web = Process(WHOLE_WEB, command=web.manage, user=web.user)
        self._user = web.user

    def __enter__(self) -> WholeServer:
        self._core.__enter__()
        try:
            self._web.__enter__()
            self._web.begin()
        except BaseException:
            self._core.__exit__()
            raise
        return self

    def __exit__(self, *exc: Any) -> None:
        self._web.__exit__(*exc)
        self._core.__exit__(*exc)

    def server(self) -> dict[str, Any]:
        """Its versions, where it keeps what, how much that is, and who may read which archive.

        free: how many bytes are free in STATE. guarded: the lists that the guard in front of HyperKitty keeps private; None for all.
        """
        core, web = self._core.request("server"), self._web.request("server")
        guard = ArchiveGuard(self._user)
        disk = os.statvfs(STATE)
        return {
            "free": disk.f_bavail * disk.f_frsize,
            "versions": {"mailman": core["version"], **web["versions"]},
            "databases": {"mailman": core["database"], "mailman-web": web["database"]},
            "bytes": core["bytes"] + web["bytes"],
            "domains": core["domains"],
            "policies": core["policies"],
            "archives": web["policies"],
            "guarded": (sorted(guard.names) if guard.names is not None else None) if guard.installed else [],
            **{key: core[key] for key in ("folder", "texts_elsewhere")},
            **{key: web[key] for key in ("path", "texts", "index", "index_engine", "attachments")},
        }

    def sums(self) -> dict[str, Any]:
        """What it has, see compare.differences."""
        core, web = self._core.request("sums"), self._web.request("sums")
        return {
            "lists": core["lists"],
            "people": core["people"],
            "archives": web["lists"],
            "accounts": web["accounts"],
            "tables": web["tables"],
        }

    def mails(self, name: str) -> Mapping[str, str]:
        """The messages of an archive: hash -> sum."""
        found: Mapping[str, str] = self._web.request("mails", list=name)["messages"]
        return found
