# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The folder with the account of a migration, which belongs to root alone: mail of private lists may be in it."""

from __future__ import annotations

import contextlib
import os
from typing import Iterable

from ansible_collections.listops.mailman.plugins.module_utils import _nofollow as nofollow


class AccountFolder:
    """Files below a folder, each replaced as a whole; see _nofollow for paths."""

    def __init__(self, path: str) -> None:
        self._path = path

    def read(self, name: str) -> bytes | None:
        """The content of a file, or None where there is none."""
        try:
            folder = nofollow.open_folder(os.path.dirname(os.path.join(self._path, name)))
        except FileNotFoundError:
            return None
        try:
            descriptor = nofollow.open_entry(folder, os.path.basename(name))
        except FileNotFoundError:
            return None
        finally:
            os.close(folder)
        with os.fdopen(descriptor, "rb") as handle:
            return handle.read()

    def write(self, name: str, content: bytes) -> bool:
        """Write a file that differs, atomically. Returns whether it differed."""
        if self.read(name) == content:
            return False
        path = os.path.join(self._path, name)
        folder = nofollow.need_folder(os.path.dirname(path), 0o700)
        try:
            if not nofollow.is_trusted(os.fstat(folder)):
                raise nofollow.Unsafe("account is {0!r}: give a folder that only root can write to".format(self._path))
            last = os.path.basename(path)
            flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC
            descriptor = os.open(last + ".new", flags, 0o600, dir_fd=folder)
            with os.fdopen(descriptor, "wb") as handle:
                handle.write(content)
                handle.flush()
                os.fsync(handle.fileno())
            os.rename(last + ".new", last, src_dir_fd=folder, dst_dir_fd=folder)
        finally:
            os.close(folder)
        return True

    def keep_only(self, name: str, kept: Iterable[str]) -> None:
        """Remove the files of a folder in it that are not named."""
        try:
            folder = nofollow.open_folder(os.path.join(self._path, name))
        except FileNotFoundError:
            return
        try:
            for entry in set(os.listdir(folder)).difference(kept):
                with contextlib.suppress(FileNotFoundError):
                    os.unlink(entry, dir_fd=folder)
        finally:
            os.close(folder)
