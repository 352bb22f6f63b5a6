# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What puts lists into place on a Mailman 2.1, in this Python, with fakes of the few things of Mailman that it uses."""

from __future__ import annotations

import contextlib
import os
import sys
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest import mock

from ansible_collections.listops.mailman.plugins.module_utils._mailman21 import stock
from ansible_collections.listops.mailman.plugins.module_utils._mailman21.remote import place as remote
from ansible_collections.listops.mailman.plugins.module_utils._mailman21.remote.read import Files


class Lock:
    """Mailman's own."""

    held: list[str] = []

    def __init__(self, path: str, lifetime: int) -> None:
        self._path = path

    def lock(self, timeout: int) -> None:
        self.held.append(self._path)

    def unlock(self, unconditionally: bool = False) -> None:
        self.held.remove(self._path)


class Writer:
    """What Mailman's own classes do with a list that is there."""

    wait = 3

    def __init__(self, handler: remote.PlaceHandler, locks: Path) -> None:
        self._handler, self._locks = handler, locks
        self.told: list[str] = []

    def lock_path(self, name: str) -> str:
        return str(self._locks / f"{name}.lock")

    def correct_archive(self, name: str) -> None:
        assert not Lock.held
        public = remote.archives.public(name)
        if not self._handler.files.config(name)["archive_private"] and not os.path.lexists(public):
            os.symlink(remote.archives.private(name), public)

    @contextlib.contextmanager
    def locked(self, name: str) -> Iterator[str]:
        yield name

    def tell_mail_server(self, what: str, mlist: Any) -> None:
        self.told.append(f"{what} {mlist}")


@contextlib.contextmanager
def mailman21(here: Path, copy: Path) -> Iterator[remote.PlaceHandler]:
    """A Mailman without lists in a folder, and what puts those of a copy into it."""
    for folder in ("lists", "data", "archives/private", "archives/public", "locks"):
        (here / folder).mkdir(parents=True)
    mailman, mm_cfg = types.ModuleType("Mailman"), types.ModuleType("Mailman.mm_cfg")
    mm_cfg.PRIVATE_ARCHIVE_FILE_DIR = str(here / "archives/private")  # type: ignore[attr-defined]
    mm_cfg.PUBLIC_ARCHIVE_FILE_DIR = str(here / "archives/public")  # type: ignore[attr-defined]
    mm_cfg.LIST_LOCK_LIFETIME = 100  # type: ignore[attr-defined]
    lock_file = types.ModuleType("Mailman.LockFile")
    lock_file.LockFile, lock_file.TimeOutError = Lock, TimeoutError  # type: ignore[attr-defined]
    mailman.mm_cfg, mailman.LockFile = mm_cfg, lock_file  # type: ignore[attr-defined]
    modules = {"Mailman": mailman, "Mailman.mm_cfg": mm_cfg, "Mailman.LockFile": lock_file}
    made = object.__new__(remote.PlaceHandler)
    made.mm_cfg, made.copy = mm_cfg, str(copy)
    made.files = Files(str(here / "lists"), str(here / "data"), stock.CHARSETS)
    made.writer = Writer(made, here / "locks")  # type: ignore[assignment]
    Lock.held.clear()
    with mock.patch.dict(sys.modules, modules):
        yield made
