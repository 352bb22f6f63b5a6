# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The folder with the account of a migration, which belongs to root alone: mail of private lists may be in it."""

from __future__ import annotations

import contextlib
import fcntl
import os
from typing import IO, Iterable, Iterator

from ansible_collections.listops.mailman.plugins.module_utils import _nofollow as nofollow
from ansible_collections.listops.mailman.plugins.module_utils._errors import HostError


class Journal:
    """An open file to which lines are added, by one process at a time.

    lines: what is in it; the last may be cut off, when a process was killed while it wrote.
    """

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        with os.fdopen(os.dup(descriptor), "rb") as handle:
            content = handle.read()
        self.lines = content.splitlines()
        self._torn = bool(content) and not content.endswith(b"\n")

    def add(self, lines: bytes, *, safe: bool = True) -> None:
        """Add lines. safe: they are on the disk when this returns."""
        if self._torn:
            lines = b"\n" + lines
            self._torn = False
        while lines:
            lines = lines[os.write(self._descriptor, lines) :]
        if safe:
            os.fsync(self._descriptor)


class AccountFolder:
    """Files below a folder, each replaced when it is whole; see _nofollow for paths.

    write: otherwise nothing is changed, as in check mode.
    """

    def __init__(self, path: str, *, write: bool = True) -> None:
        self._path = path
        self._write = write

    @contextlib.contextmanager
    def _folder(self, name: str, make: bool = False) -> Iterator[int]:
        """The open folder of a file; FileNotFoundError where there is none, and HostError where others can write to it."""
        path = os.path.dirname(os.path.join(self._path, name))
        folder = nofollow.need_folder(path, 0o700) if make else nofollow.open_folder(path)
        try:
            if not nofollow.is_trusted(os.fstat(folder)):
                raise HostError("account is {0!r}: give a folder that only root can write to".format(self._path))
            yield folder
        finally:
            os.close(folder)

    def open(self, name: str) -> int | None:
        """A file as it is, or None."""
        try:
            with self._folder(name) as folder:
                return nofollow.open_entry(folder, os.path.basename(name))
        except FileNotFoundError:
            return None

    def read(self, name: str) -> bytes | None:
        """The content of a file, or None where there is none."""
        descriptor = self.open(name)
        if descriptor is None:
            return None
        with os.fdopen(descriptor, "rb") as handle:
            return handle.read()

    @contextlib.contextmanager
    def replace(self, name: str) -> Iterator[IO[bytes]]:
        """Write a file; it takes the place of the old one when all went well."""
        if not self._write:
            with open(os.devnull, "wb") as nothing:
                yield nothing
            return
        last = os.path.basename(name)
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC
        with self._folder(name, make=True) as folder:
            with os.fdopen(os.open(last + ".new", flags, 0o600, dir_fd=folder), "wb") as handle:
                yield handle
                handle.flush()
                os.fsync(handle.fileno())
            os.rename(last + ".new", last, src_dir_fd=folder, dst_dir_fd=folder)

    @contextlib.contextmanager
    def journal(self, name: str) -> Iterator[Journal]:
        """Open a file to add lines to it, which is created; HostError while another process has it open."""
        flags = os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC
        with self._folder(name, make=True) as folder:
            descriptor = os.open(os.path.basename(name), flags, 0o600, dir_fd=folder)
            os.fsync(folder)
        try:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise HostError("another run has {0} open: wait until it has ended".format(name)) from None
            yield Journal(descriptor)
        finally:
            os.close(descriptor)

    def write(self, name: str, content: bytes) -> bool:
        """Write a file that differs. Returns whether it differed."""
        if self.read(name) == content:
            return False
        with self.replace(name) as handle:
            handle.write(content)
        return True

    def remove(self, name: str) -> None:
        """Remove a file, if it is there."""
        if self._write:
            with contextlib.suppress(FileNotFoundError), self._folder(name) as folder:
                os.unlink(os.path.basename(name), dir_fd=folder)

    def keep_only(self, name: str, kept: Iterable[str]) -> None:
        """Remove the files of a folder in it that are not named."""
        with contextlib.suppress(FileNotFoundError), nofollow.opened(os.path.join(self._path, name)) as folder:
            for entry in set(os.listdir(folder)).difference(kept):
                self.remove(os.path.join(name, entry))
