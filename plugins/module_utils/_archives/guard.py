# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The names of the private lists, for the guard in front of HyperKitty (the apache role's archive_access.py).

HyperKitty's own row of a list follows Mailman late, and can be changed by hand.
Therefore the guard treats every list that is named here as private, whatever the
row says, and all lists when this file is missing or damaged.
"""

from __future__ import annotations

import json
import os
import pwd
import tempfile
from collections.abc import Iterable

from ansible_collections.listops.mailman.plugins.module_utils._errors import HostError

# Where the apache role installs the guard.
PROGRAM = "/usr/local/lib/listops-archive-access/archive_access.py"
# Only root can write the file and its directory; the web interface reads it.
PATH = "/var/lib/listops/private-archives.json"


def parse(text: str) -> frozenset[str] | None:
    """Parse the names in a file; None when it is damaged."""
    try:
        names = json.loads(text)["private"]
    except (ValueError, TypeError, KeyError):
        return None
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        return None
    return frozenset(names)


def render(names: Iterable[str]) -> str:
    return json.dumps({"private": sorted(names)}, indent=1) + "\n"


class ArchiveGuard:
    """The guard of this host, installed or not.

    installed: whether the host has a guard.
    names: the lists that it keeps private; None when it cannot read its file and keeps all lists private.
    damaged: the file exists and cannot be used.
    """

    def __init__(self, web_user: str, program: str = PROGRAM, path: str = PATH) -> None:
        self._web_user = web_user
        self._path = path
        self.installed = os.path.exists(program)
        self.names = self._read() if self.installed else None
        self.damaged = self.installed and self.names is None and os.path.lexists(path)

    def _read(self) -> frozenset[str] | None:
        try:
            with open(self._path, encoding="utf-8") as handle:
                status = os.fstat(handle.fileno())
                # The guard has the same condition: see archive_access.py.
                if status.st_uid != 0 or status.st_mode & 0o022:
                    return None
                return parse(handle.read())
        except PermissionError:
            raise HostError("{0} cannot be read; this must run as root (become: true)".format(self._path)) from None
        except (OSError, UnicodeDecodeError):
            return None

    def keeps(self, name: str) -> bool:
        """Whether it keeps this list private."""
        return self.names is not None and name in self.names

    def write(self, names: Iterable[str]) -> None:
        """Replace the names atomically."""
        wanted = frozenset(names)
        if wanted == self.names:
            return
        folder = os.path.dirname(self._path)
        try:
            os.makedirs(folder, mode=0o755, exist_ok=True)
            descriptor, temporary = tempfile.mkstemp(prefix=".private-archives-", dir=folder)
            try:
                with os.fdopen(descriptor, "w", encoding="utf-8") as handle:
                    handle.write(render(wanted))
                    handle.flush()
                    os.fchown(handle.fileno(), 0, self._group())
                    os.fchmod(handle.fileno(), 0o640)
                    os.fsync(handle.fileno())
                os.rename(temporary, self._path)
            except BaseException:
                os.unlink(temporary)
                raise
            directory = os.open(folder, os.O_RDONLY)
            try:
                os.fsync(directory)
            finally:
                os.close(directory)
        except OSError as exc:
            raise HostError(
                "the private archives cannot be noted in {0}: {1}; this must run as root (become: true)".format(
                    self._path, exc.strerror
                )
            ) from exc
        self.names = wanted

    def _group(self) -> int:
        """The group of the web interface; nobody else needs to know which lists are private."""
        try:
            return pwd.getpwnam(self._web_user).pw_gid
        except KeyError:
            raise HostError("web_user is {0!r}: give a user of this host".format(self._web_user)) from None
