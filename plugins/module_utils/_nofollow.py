# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Opens paths through folders of other users step by step, each step from the open folder before it.

A symbolic link is followed only where nobody but root (or this process's user) can have made it. An open file or folder
stays the same even if somebody renames it meanwhile.
"""

from __future__ import annotations

import base64
import contextlib
import errno
import grp
import os
import pwd
import re
import stat
from typing import BinaryIO, Iterator, NamedTuple

from ansible_collections.listops.mailman.plugins.module_utils import _visible

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
# O_NONBLOCK: a pipe without a writer must not hold us up.
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
_LINKS = 40


class Unsafe(Exception):
    """Why a path is not followed, in one sentence that is safe for a terminal."""

    def __init__(self, message: str) -> None:
        super().__init__(_visible.sentence(message))


class Owner(NamedTuple):
    """The owner of files, and the mode of folders; None leaves modes as they are."""

    uid: int
    gid: int
    mode: int | None

    def file_mode(self) -> int | None:
        return None if self.mode is None else self.mode & 0o666


def owner(user: str, group: str, mode: str | None) -> Owner:
    """To whom something shall belong; ValueError, a sentence, for what is not accepted."""
    if mode is not None and not re.fullmatch("[0-7]{3,4}", mode):
        raise ValueError("mode is {0!r}: give three or four octal digits in quotes, such as '0750'.".format(mode))
    try:
        uid, gid = pwd.getpwnam(user).pw_uid, grp.getgrnam(group).gr_gid
    except KeyError:
        raise ValueError(
            "owner is {0!r} and group is {1!r}: give a user and a group of this host.".format(user, group)
        ) from None
    return Owner(uid, gid, None if mode is None else int(mode, 8))


def is_trusted(status: os.stat_result) -> bool:
    """Whether only root and this process's user can create files in a folder."""
    others = status.st_mode & (stat.S_IWOTH | (stat.S_IWGRP if status.st_gid else 0))
    return status.st_uid in (0, os.geteuid()) and not others


def open_folder(path: str) -> int:
    """Open an existing folder by its absolute path. Raises OSError, or Unsafe for a link that others made."""
    return _walk(path)[0]


@contextlib.contextmanager
def opened(path: str) -> Iterator[int]:
    """An existing folder, open as long as the context is. Raises as open_folder does."""
    folder = open_folder(path)
    try:
        yield folder
    finally:
        os.close(folder)


def _walk(path: str) -> tuple[int, bool]:
    rest = _parts(path)
    folder = os.open("/", _FOLDER)
    trusted = is_trusted(os.fstat(folder))
    links = 0
    try:
        while rest:
            name = rest.pop(0)
            target = _link(folder, name)
            if target is None:
                child = os.open(name, _FOLDER, dir_fd=folder)
            else:
                links += 1
                if not trusted:
                    raise Unsafe(_refusal(path, name))
                if links > _LINKS:
                    raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), path)
                rest = _parts(target) + rest
                if not target.startswith("/"):
                    continue
                child = os.open("/", _FOLDER)
            os.close(folder)
            folder = child
            # Below a folder of others, a folder of root's is there only as long as they like.
            trusted = trusted and is_trusted(os.fstat(folder))
        return folder, trusted
    except BaseException:
        os.close(folder)
        raise


def _parts(path: str) -> list[str]:
    return [part for part in path.split("/") if part not in ("", ".")]


def _link(folder: int, name: str) -> str | None:
    """Where a link leads, or None for what is none (or not there)."""
    try:
        return os.readlink(name, dir_fd=folder)
    except OSError as exc:
        if exc.errno in (errno.EINVAL, errno.ENOENT):
            return None
        raise


def _refusal(path: str, name: str) -> str:
    return (
        "{0} leads through the symbolic link {1!r} in a folder that does not belong to root alone; remove it, since whoever "
        "made it could make it lead anywhere".format(path, name)
    )


def open_file(path: str, flags: int, mode: int = 0o600) -> int:
    """A descriptor of a file, as os.open gives it; Unsafe for a link of others."""
    for _step in range(_LINKS):
        folder, trusted = _walk(os.path.dirname(path))
        try:
            name = os.path.basename(path)
            target = _link(folder, name)
            if target is None:
                return os.open(name, flags | os.O_NOFOLLOW | os.O_CLOEXEC, mode, dir_fd=folder)
            if not trusted:
                raise Unsafe(_refusal(path, name))
            path = os.path.join(os.path.dirname(path), target)
        finally:
            os.close(folder)
    raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), path)


def open_entry(folder: int, name: str) -> int:
    """A descriptor of a file in an open folder, to read it; OSError for a link."""
    return os.open(name, _FILE, dir_fd=folder)


def read_file(path: str) -> tuple[bytes, os.stat_result] | None:
    """A file's content, and what it is; None where there is no file. Unsafe for a link of others."""
    try:
        descriptor = open_file(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY)
    except (FileNotFoundError, NotADirectoryError):
        return None
    there = os.fstat(descriptor)
    if not stat.S_ISREG(there.st_mode):
        os.close(descriptor)
        return None
    with os.fdopen(descriptor, "rb") as stream:
        return stream.read(), there


@contextlib.contextmanager
def replacing(folder: int, name: str, owner: Owner) -> Iterator[BinaryIO]:
    """Write a file that has its owner and permissions before it has its content, and its name when it is whole.

    folder: where it is, open. Yields what to write to; if that fails, everything stays as it was.
    """
    fresh = ".{0}.{1}~".format(name, base64.b16encode(os.urandom(4)).decode())
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600, dir_fd=folder)
    try:
        with os.fdopen(descriptor, "wb") as stream:
            give(stream.fileno(), owner)
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        os.rename(fresh, name, src_dir_fd=folder, dst_dir_fd=folder)
    except BaseException:
        os.unlink(fresh, dir_fd=folder)
        raise


def make_folder(path: str, owner: Owner) -> int:
    """Create a folder and its parents, which belong to this process's user; returns its descriptor."""
    parent = need_folder(os.path.dirname(path), 0o755)
    try:
        name = os.path.basename(path)
        os.mkdir(name, 0o700, dir_fd=parent)
        folder = os.open(name, _FOLDER, dir_fd=parent)
    finally:
        os.close(parent)
    give(folder, owner._replace(mode=0o755 if owner.mode is None else owner.mode))
    return folder


def need_folder(path: str, mode: int) -> int:
    """Open a folder, which is created if it does not exist."""
    try:
        return open_folder(path)
    except FileNotFoundError:
        return make_folder(path, Owner(os.geteuid(), os.getegid(), mode))


def differs(status: os.stat_result, owner: Owner, mode: int | None) -> bool:
    return (status.st_uid, status.st_gid) != (owner.uid, owner.gid) or mode not in (None, stat.S_IMODE(status.st_mode))


def give(descriptor: int, owner: Owner) -> None:
    """Set owner and mode of an open file or folder."""
    os.fchown(descriptor, owner.uid, owner.gid)
    if owner.mode is not None:
        os.fchmod(descriptor, owner.mode)


def give_contents(folder: int, path: str, owner: Owner, *, check_mode: bool) -> Iterator[str]:
    """Set owner and mode of all files and folders below an open folder. Yields the paths that differed.

    Links, pipes, files with several names (which could belong to anybody) and other file systems are left as they are.
    """
    device = os.fstat(folder).st_dev
    for name in sorted(os.listdir(folder)):
        # A file that was removed meanwhile needs no owner.
        with contextlib.suppress(FileNotFoundError):
            yield from _give_entry(folder, name, os.path.join(path, name), owner, device, check_mode)


def _give_entry(folder: int, name: str, path: str, owner: Owner, device: int, check_mode: bool) -> Iterator[str]:
    status = os.stat(name, dir_fd=folder, follow_symlinks=False)
    if status.st_dev != device or not (stat.S_ISDIR(status.st_mode) or stat.S_ISREG(status.st_mode)):
        return
    mode = owner.mode if stat.S_ISDIR(status.st_mode) else owner.file_mode()
    if stat.S_ISREG(status.st_mode) and not differs(status, owner, mode):
        return
    try:
        child = os.open(name, _FOLDER, dir_fd=folder) if stat.S_ISDIR(status.st_mode) else open_entry(folder, name)
    except OSError as exc:
        # Somebody replaced it meanwhile, such as by a link.
        if exc.errno in (errno.ELOOP, errno.ENOTDIR, errno.ENXIO):
            return
        raise
    try:
        # Check the file that was opened, not the one of a moment ago.
        status = os.fstat(child)
        if stat.S_ISDIR(status.st_mode):
            if status.st_dev != device:
                return
        elif not stat.S_ISREG(status.st_mode) or status.st_nlink != 1:
            return
        if differs(status, owner, mode):
            yield path
            if not check_mode:
                give(child, owner._replace(mode=mode))
        if stat.S_ISDIR(status.st_mode):
            yield from give_contents(child, path, owner, check_mode=check_mode)
    finally:
        os.close(child)
