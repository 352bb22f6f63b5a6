# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Renames a list of Mailman 2.1. Runs in Mailman's own Python 2.7, while Mailman's runners do not run.

First everything is prepared under the new name. Then config.pck, which makes a
folder a list, is moved: that is the rename. Finally files with the old name are
removed, the list's old folder last. So there is one whole list at any moment. An
interrupted rename starts again before the move of config.pck, and continues after it.
"""

import os
import pickletools
import shutil

from ansible_collections.listops.mailman.plugins.module_utils._mailman21.remote import archives, lock
from ansible_collections.listops.mailman.plugins.module_utils._mailman21.remote.read import (
    CONFIG_FILES,
    REQUESTS,
    load,
    own_held_file,
)
from ansible_collections.listops.mailman.plugins.module_utils._programs.remote.server import Failure

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any  # noqa: F401

    from ansible_collections.listops.mailman.plugins.module_utils._mailman21.remote.write import Mailman21Writer  # noqa: F401

CONFIG = CONFIG_FILES[0]
REQUEST_FILE = "request.pck"


def master():
    # type: () -> int
    """The number of Mailman's running process, or 0."""
    from Mailman import mm_cfg

    programs = [os.path.realpath(os.path.join(mm_cfg.BIN_DIR, name)) for name in ("mailmanctl", "qrunner")]
    for pid in os.listdir("/proc"):
        try:
            with open(os.path.join("/proc", pid, "cmdline")) as handle:
                words = handle.read().split("\0")
        except EnvironmentError:
            continue
        if any(os.path.realpath(word) in programs for word in words[:3] if word) and "stop" not in words:
            return int(pid)
    return 0


def write_pickle(path, head, value, protocol):
    # type: (str, bytes, Any, int) -> None
    """Replace a file by the same leading bytes and a new pickle."""
    import cPickle  # type: ignore[import-not-found] # pylint: disable=import-error

    fresh = path + ".tmp"
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o660)
    with os.fdopen(descriptor, "wb") as handle:
        handle.write(head)
        cPickle.dump(value, handle, protocol)
        handle.flush()
        os.fsync(handle.fileno())
    os.rename(fresh, path)


def copy(source, target):
    # type: (str, str) -> None
    """Copy or link a file to another name."""
    if os.path.isdir(source):
        shutil.copytree(source, target, symlinks=True)
        return
    if os.path.lexists(target):
        os.unlink(target)
    try:
        os.link(source, target)
    except OSError:
        # Linux does not allow links to files of other users.
        shutil.copy2(source, target)


class Mailman21Renamer(object):
    def __init__(self, writer):
        # type: (Mailman21Writer) -> None
        self.writer = writer

    def folder(self, name):
        # type: (str) -> str
        return os.path.join(self.writer.files.lists, name)

    def unfinished(self, old):
        # type: (str) -> bool
        """Whether the old name is still in use."""
        return os.path.isdir(self.folder(old))

    def rename(self, old, new, follow):
        # type: (str, str, bool) -> None
        """follow: whether the archives get the new name."""
        pid = master()
        if pid:
            raise Failure("list {0}: it cannot be renamed while Mailman runs (process {1})".format(new, pid))
        if os.path.exists(os.path.join(self.folder(old), CONFIG)):
            mlist = self.writer.open_list(old)
            try:
                self._prepare(old, new)
                if follow:
                    archives.move(old, new)
                for name in CONFIG_FILES[1:]:
                    # With any of these files the old name would be a list again.
                    if os.path.exists(os.path.join(self.folder(old), name)):
                        os.unlink(os.path.join(self.folder(old), name))
                self.writer.tell_mail_server("remove", mlist)
                os.rename(os.path.join(self.folder(old), CONFIG), os.path.join(self.folder(new), CONFIG))
            finally:
                mlist.Unlock()
        mlist = self.writer.open_list(new)
        try:
            self._finish(mlist, old, new, follow)
        finally:
            mlist.Unlock()

    # ---- before the list has the new name

    def _prepare(self, old, new):
        # type: (str, str) -> None
        from Mailman import Site

        source = self.folder(old)
        for folder, _folders, _files in os.walk(source):
            if not os.access(folder, os.W_OK):
                raise Failure(
                    "list {0}: Mailman's own user may not write to {1}; make that user its owner".format(old, folder)
                )
        target = Site.get_listpath(new, create=1)
        for name in os.listdir(target):
            # From an interrupted run; the list may have changed since.
            path = os.path.join(target, name)
            if os.path.isdir(path) and not os.path.islink(path):
                shutil.rmtree(path)
            else:
                os.unlink(path)
        self._unlink_held(new)
        for name in os.listdir(source):
            if not name.startswith(("config.", REQUEST_FILE)):
                copy(os.path.join(source, name), os.path.join(target, name))
        self._requests(old, new)

    def _requests(self, old, new):
        # type: (str, str) -> None
        """Copy pending requests: the records, which name the list and its files, and the held posts."""
        import cPickle  # pylint: disable=import-error

        path = os.path.join(self.folder(old), REQUEST_FILE)
        if not os.path.exists(path):
            return
        with open(path, "rb") as handle:
            # It may contain only data.
            load(handle)
            handle.seek(0)
            requests = cPickle.load(handle)
        for key, (kind, record) in list(requests.items()):
            if REQUESTS.get(kind, ("",))[0] != "held":
                continue
            file, data = record[4], record[5]
            if own_held_file(old, file):
                fresh = "heldmsg-" + new + file[len("heldmsg-" + old) :]
                if os.path.exists(os.path.join(self.writer.files.data, file)):
                    copy(os.path.join(self.writer.files.data, file), os.path.join(self.writer.files.data, fresh))
                record = record[:4] + (fresh,) + record[5:]
            if data.get("listname") == old:
                data["listname"] = new
            requests[key] = (kind, record)
        write_pickle(os.path.join(self.folder(new), REQUEST_FILE), b"", requests, 1)

    # ---- after it

    def _finish(self, mlist, old, new, follow):
        # type: (Any, str, str, bool) -> None
        from Mailman import mm_cfg

        for queue in os.listdir(mm_cfg.QUEUE_DIR):
            folder = os.path.join(mm_cfg.QUEUE_DIR, queue)
            for name in os.listdir(folder) if os.path.isdir(folder) else []:
                if name.endswith((".pck", ".bak", ".psv")):
                    self._queued(os.path.join(folder, name), old, new)
        if follow:
            archives.move(old, new)
            archives.forget(old, new)
        archives.begin(mlist)
        if not follow and os.path.isdir(archives.private(old)):
            archives.stay(old, new)
        mlist.CheckHTMLArchiveDir()
        # Only once, even if the rename starts again.
        self.writer.tell_mail_server("remove", mlist)
        self.writer.tell_mail_server("create", mlist)
        self._unlink_held(old)
        lock.clear_if_dead(self.writer.lock_path(old))
        if os.path.isdir(self.folder(old)):
            shutil.rmtree(self.folder(old))

    def _unlink_held(self, name):
        # type: (str) -> None
        for file in os.listdir(self.writer.files.data):
            if own_held_file(name, file):
                os.unlink(os.path.join(self.writer.files.data, file))

    @staticmethod
    def _queued(path, old, new):
        # type: (str, str, str) -> None
        """Rename in a queued message: its own pickle stays byte for byte, the second one has the list's name."""
        with open(path, "rb") as handle:
            try:
                for _operation in pickletools.genops(handle):
                    pass
                head = handle.tell()
                data = load(handle)
            except Exception:
                # Mailman itself moves such a damaged file away.
                return
            handle.seek(0)
            message = handle.read(head)
        if isinstance(data, dict) and data.get("listname") == old:
            data["listname"] = new
            write_pickle(path, message, data, 0 if data.get("_parsemsg") else 1)
