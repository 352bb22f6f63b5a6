# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Puts the databases of another server in the place of this host's, which nobody has open then.

Root reads the dumps in a folder of its own; what is written, the service's user writes.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
from typing import Any, Iterable, Mapping

from ansible_collections.listops.mailman.plugins.module_utils import _nofollow as nofollow
from ansible_collections.listops.mailman.plugins.module_utils._archives.guard import ArchiveGuard
from ansible_collections.listops.mailman.plugins.module_utils._errors import HostError
from ansible_collections.listops.mailman.plugins.module_utils._programs import identity

# The new one is whole, and on the disk, before it gets the name. What belongs to the old one, SQLite would apply to the new one.
WRITE = """
set -eu
umask 0027
mode=$(stat -c %a -- "$1" 2> /dev/null || echo 640)
rm -f -- "$1.new"
cat > "$1.new"
chmod -- "$mode" "$1.new"
sync -- "$1.new"
rm -f -- "$1-wal" "$1-shm" "$1-journal"
mv -- "$1.new" "$1"
"""


class Dump:
    """A set of dumps as listops-dump makes it. folder: of root's."""

    def __init__(self, folder: str) -> None:
        self._folder = folder

    def _open(self, name: str) -> int:
        try:
            folder = nofollow.open_folder(self._folder)
        except OSError as exc:
            raise HostError(
                "dump is {0!r}: give a folder with dumps ({1})".format(self._folder, exc.strerror)
            ) from None
        try:
            if not nofollow.is_trusted(os.fstat(folder)):
                raise HostError("dump is {0!r}: give a folder that only root can write to".format(self._folder))
            return nofollow.open_entry(folder, name)
        except OSError as exc:
            raise HostError(
                "dump is {0!r}: give a folder with {1} ({2})".format(self._folder, name, exc.strerror)
            ) from None
        finally:
            os.close(folder)

    def manifest(self) -> dict[str, dict[str, Any]]:
        """What it says of each database, by name."""
        with os.fdopen(self._open("manifest.json"), "rb") as handle:
            found = json.loads(handle.read())
        return {each["name"]: each for each in found["databases"]}

    def check(self, names: Iterable[str]) -> None:
        """Refuse a set in which one of these is not there, or not whole."""
        said = self.manifest()
        for name in names:
            if name not in said:
                raise HostError("the copy has no dump of {0}: run the phase copy".format(name))
            found = hashlib.sha256()
            with os.fdopen(self._open(said[name]["file"]), "rb") as handle:
                for block in iter(lambda: handle.read(1 << 20), b""):
                    found.update(block)
            if found.hexdigest() != said[name]["sha256"]:
                raise HostError("the dump of {0} is not whole here: run the phase again".format(name))

    def put(self, name: str, path: str, user: str, option: str) -> None:
        """Put one in the place of a database. user: whose it is; option: which names that user."""
        try:
            who = identity.find(user, option)
        except identity.Refused as exc:
            raise HostError(str(exc)) from None
        dump = self._open(self.manifest()[name]["file"])
        try:
            done = subprocess.run(
                ["/bin/sh", "-c", WRITE, "sh", path],
                stdin=dump,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                check=False,
                **who.options(),
            )
        finally:
            os.close(dump)
        if done.returncode:
            said = done.stderr.decode("utf-8", "replace").strip().rpartition("\n")[2]
            raise HostError("{0} cannot be written as {1}: {2}".format(path, user, said or done.returncode))


def keep_private(guard: ArchiveGuard, names: Iterable[str]) -> bool:
    """Let the guard know private lists before there is anything of them; whether it did not."""
    if not guard.installed:
        return False
    wanted = (guard.names or frozenset()).union(names)
    changed = wanted != guard.names
    guard.write(wanted)
    return changed


def places(server: Mapping[str, Any]) -> dict[str, str]:
    """Where the databases of this host are, by the names of their dumps."""
    return {name: found["path"] for name, found in sorted(server["databases"].items())}
