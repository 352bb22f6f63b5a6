# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reads the folder of an archive and writes files, as root: from one open folder to the next, and no link is followed."""

from __future__ import annotations

import contextlib
import os
import shutil
import stat
from typing import IO, BinaryIO, ContextManager, Iterable, Iterator

from ansible_collections.listops.mailman.plugins.module_utils import _nofollow as nofollow

# Owner and permissions of what Apache may read, and nobody else.
FILE = 0o640
# Names of files that are not complete begin with this.
UNFINISHED = ".unfinished-"


class Folder:
    """A folder that is open, and the way to it from the first one.

    Raises OSError for what cannot be read.
    """

    def __init__(self, descriptor: int, way: str = "") -> None:
        self._descriptor = descriptor
        self._way = way

    def files(self) -> Iterator[tuple[str, Folder, str, os.stat_result]]:
        """What is below it and is no folder, in the order of names: the path, the folder that it is in, its name, its status."""
        for name in sorted(os.listdir(self._descriptor)):
            status = os.stat(name, dir_fd=self._descriptor, follow_symlinks=False)
            path = self._way + name
            if not stat.S_ISDIR(status.st_mode):
                yield path, self, name, status
                continue
            with self.below(name) as child:
                yield from child.files()

    def names(self) -> list[str]:
        """What is in it, in order."""
        return sorted(os.listdir(self._descriptor))

    @contextlib.contextmanager
    def below(self, name: str) -> Iterator[Folder]:
        child = os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=self._descriptor)
        try:
            yield Folder(child, self._way + name + "/")
        finally:
            os.close(child)

    @contextlib.contextmanager
    def at(self, path: str) -> Iterator[tuple[Folder, str, os.stat_result]]:
        """The folder, the name and the status of a file below it."""
        name, _slash, rest = path.partition("/")
        if not rest:
            yield self, name, os.stat(name, dir_fd=self._descriptor, follow_symlinks=False)
            return
        with self.below(name) as child, child.at(rest) as found:
            yield found

    def open(self, name: str) -> int:
        return nofollow.open_entry(self._descriptor, name)

    def replacing(self, name: str, owner: nofollow.Owner) -> ContextManager[BinaryIO]:
        return nofollow.replacing(self._descriptor, name, owner)

    def remove(self, name: str) -> None:
        os.unlink(name, dir_fd=self._descriptor)

    def read(self, name: str, most: int | None = None) -> bytes:
        """A file's content, or its beginning."""
        with os.fdopen(self.open(name), "rb") as stream:
            return stream.read() if most is None else stream.read(most)


def same(path: str, status: os.stat_result) -> bool:
    """Whether a file was copied from one of that size and time."""
    try:
        with nofollow.opened(os.path.dirname(path)) as folder:
            there = os.stat(os.path.basename(path), dir_fd=folder, follow_symlinks=False)
    except (FileNotFoundError, NotADirectoryError):
        return False
    return (
        stat.S_ISREG(there.st_mode)
        and (there.st_size, there.st_mtime_ns) == (status.st_size, status.st_mtime_ns)
        and stat.S_IMODE(there.st_mode) == FILE
    )


def copy(source: Folder, name: str, path: str, owner: nofollow.Owner) -> None:
    """Copy a file with its time. owner: of the copy and of the folders that are made for it."""
    make(os.path.dirname(path), owner)
    with os.fdopen(source.open(name), "rb") as original, _replacement(path, owner) as stream:
        shutil.copyfileobj(original, stream, 1 << 20)
        stream.flush()
        status = os.fstat(original.fileno())
        os.utime(stream.fileno(), ns=(status.st_atime_ns, status.st_mtime_ns))


def write(path: str, parts: Iterable[bytes], owner: nofollow.Owner) -> None:
    """Replace a file, whose folder exists."""
    with _replacement(path, owner) as stream:
        for part in parts:
            stream.write(part)


def read(path: str) -> bytes | None:
    try:
        with nofollow.opened(os.path.dirname(path)) as folder:
            return Folder(folder).read(os.path.basename(path))
    except FileNotFoundError:
        return None


def put(fresh: str, path: str, owner: nofollow.Owner) -> None:
    """Give a file that a program has written its owner, and let it take the place of another in the same folder."""
    with nofollow.opened(os.path.dirname(path)) as folder:
        descriptor = nofollow.open_entry(folder, os.path.basename(fresh))
        try:
            nofollow.give(descriptor, owner._replace(mode=FILE))
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        os.rename(os.path.basename(fresh), os.path.basename(path), src_dir_fd=folder, dst_dir_fd=folder)
        os.fsync(folder)


def make(path: str, owner: nofollow.Owner) -> None:
    """Make a folder, and those between it and the first that exists."""
    try:
        os.close(nofollow.open_folder(path))
    except FileNotFoundError:
        make(os.path.dirname(path), owner)
        os.close(nofollow.make_folder(path, owner))


def remove(path: str) -> None:
    with nofollow.opened(os.path.dirname(path)) as folder:
        os.unlink(os.path.basename(path), dir_fd=folder)


@contextlib.contextmanager
def _replacement(path: str, owner: nofollow.Owner) -> Iterator[IO[bytes]]:
    """A file that takes its name when it is complete. It has its owner before it has its content."""
    name = os.path.basename(path)
    fresh = UNFINISHED + name[:200]
    with nofollow.opened(os.path.dirname(path)) as folder:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(fresh, dir_fd=folder)
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        with os.fdopen(os.open(fresh, flags, 0o600, dir_fd=folder), "wb") as stream:
            nofollow.give(stream.fileno(), owner._replace(mode=FILE))
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        os.rename(fresh, name, src_dir_fd=folder, dst_dir_fd=folder)
