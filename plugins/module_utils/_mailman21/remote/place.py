# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Puts lists of a copied Mailman 2.1 into this one, file by file. Runs in Mailman's own Python 2.7, as its user, while it works.

A list has parts (see PARTS). Each is first staged: written beside the place where it belongs, where neither Mailman nor a web
server looks. Then it is renamed into place, under the list's lock and in the order of PARTS, so the folder with config.pck, which makes
it a list, is the last. An interrupted run goes on with the parts that are still staged.
"""

import contextlib
import errno
import hashlib
import os
import shutil
import stat
import subprocess

from ansible_collections.listops.mailman.plugins.module_utils._mailman21.remote import archives, lock
from ansible_collections.listops.mailman.plugins.module_utils._mailman21.remote.main import Mailman21Handler, naming
from ansible_collections.listops.mailman.plugins.module_utils._mailman21.remote.read import PYTHON2, load, own_held_file
from ansible_collections.listops.mailman.plugins.module_utils._programs.remote.server import Failure, serve

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, Iterator  # noqa: F401

# Pipermail's mailbox and its pages, files of held messages, and the list's own folder.
PARTS = ("mbox", "pages", "held", "list")
# Of the folders where parts are staged; no list can have such a name.
STAGED = "listops-moving:"
REPLACED = "listops-replaced:"
# The end of a file that is being written.
UNFINISHED = ".listops-new"
PIECE = 1 << 20


def shown(name):
    # type: (Any) -> Any
    """A file's name, whatever its bytes, in a form for JSON; see stored()."""
    return name.decode("latin-1") if isinstance(name, bytes) else name


def stored(name):
    # type: (Any) -> Any
    """The name in the interpreter's own kind of str."""
    return name.encode("latin-1") if PYTHON2 else name


def remove(path):
    # type: (str) -> None
    """Remove a file, a link or a folder with all that it has."""
    if os.path.isdir(path) and not os.path.islink(path):
        shutil.rmtree(path)
    elif os.path.lexists(path):
        os.unlink(path)


def need_folder(path, mode):
    # type: (str, int) -> None
    if not os.path.isdir(path):
        remove(path)
        os.makedirs(path)
    if stat.S_IMODE(os.stat(path).st_mode) != mode:
        os.chmod(path, mode)


def walk(root, path=""):
    # type: (str, str) -> Iterator[list[Any]]
    """What is there and below it, no link followed: path, kind, size, time in seconds, and of a link where it leads."""
    waiting = [path]
    while waiting:
        path = waiting.pop()
        whole = os.path.join(root, path) if path else root
        status = os.lstat(whole)
        if stat.S_ISLNK(status.st_mode):
            yield [shown(path), "link", 0, 0, shown(os.readlink(whole))]
        elif stat.S_ISDIR(status.st_mode):
            yield [shown(path), "folder", 0, 0, stat.S_IMODE(status.st_mode)]
            waiting.extend(os.path.join(path, name) for name in sorted(os.listdir(whole), reverse=True))
        else:
            kind = "file" if stat.S_ISREG(status.st_mode) else "other"
            yield [shown(path), kind, status.st_size, int(status.st_mtime), stat.S_IMODE(status.st_mode)]


def content_hash(path, mails=None):
    # type: (str, list[str] | None) -> str
    """The SHA-256 of a file. mails: gets that of each message of a mailbox, as Pipermail tells them apart."""
    whole = hashlib.sha256()
    one = None  # type: Any
    with open(path, "rb") as handle:
        if mails is None:
            for piece in iter(lambda: handle.read(PIECE), b""):
                whole.update(piece)
            return str(whole.hexdigest())
        for line in handle:
            whole.update(line)
            if line.startswith(b"From ") or one is None:
                if one is not None:
                    mails.append(str(one.hexdigest()))
                one = hashlib.sha256()
            one.update(line)
    if one is not None:
        mails.append(str(one.hexdigest()))
    return str(whole.hexdigest())


class PlaceHandler(Mailman21Handler):
    """Adds requests that put lists into place. copy: what was /var/lib/mailman of another host."""

    def __init__(self, command, wait, copy):
        # type: (str, int, str) -> None
        Mailman21Handler.__init__(self, command, wait)
        self.copy = copy

    def server_info(self):
        # type: () -> dict[str, Any]
        from Mailman import Version

        mm_cfg = self.mm_cfg
        hosts = dict((url.lower(), mail.lower()) for url, mail in mm_cfg.VIRTUAL_HOSTS.items())
        hosts.setdefault(mm_cfg.DEFAULT_URL_HOST.lower(), mm_cfg.DEFAULT_EMAIL_HOST.lower())
        return dict(
            Mailman21Handler.server_info(self),
            data_version=getattr(Version, "DATA_FILE_VERSION", 0),
            hosts=hosts,
            archives=mm_cfg.PRIVATE_ARCHIVE_FILE_DIR,
            # staged lists can be renamed into place
            one_device=os.stat(self.files.data).st_dev == os.stat(self.files.lists).st_dev,
        )

    def _roots(self, where, name):
        # type: (str, str) -> dict[str, str]
        """The folder of each part: in the copy, staged or placed."""
        if where == "staged":
            beside = os.path.join(self.files.data, STAGED + name)
            archive = self._beside(STAGED, name)
            rooms = [os.path.join(room, part) for room, part in zip((archive, archive, beside, beside), PARTS)]
        elif where == "copy":
            archive = os.path.join(self.copy, "archives", "private", name)
            rooms = [
                archive + ".mbox",
                archive,
                os.path.join(self.copy, "data"),
                os.path.join(self.copy, "lists", name),
            ]
        else:
            archive = archives.private(name)
            rooms = [archive + ".mbox", archive, self.files.data, os.path.join(self.files.lists, name)]
        return dict(zip(PARTS, rooms))

    @staticmethod
    def _beside(word, name):
        # type: (str, str) -> str
        """A folder beside the archive of a list."""
        return os.path.join(os.path.dirname(archives.private(name)), "." + word + name)

    def source(self, request):
        # type: (dict[str, Any]) -> dict[str, Any]
        """What the copy has besides lists.

        request: {"lists": [all lists of the copy]}; answer: {"archives": {name of an archive without a list: whether strangers see it
        there}, "version": content of the file with Mailman's version, "shunted": how many messages Mailman had given up}.
        """
        lists = set(request["lists"])
        found = {}
        private, public = (os.path.join(self.copy, "archives", end) for end in ("private", "public"))
        for entry in os.listdir(private) if os.path.isdir(private) else []:
            name = entry[: -len(".mbox")] if entry.endswith(".mbox") else entry
            path = os.path.join(private, entry)
            if shown(name) not in lists and not name.startswith(".") and (os.path.isdir(path) or os.path.islink(path)):
                # a link is a former name, whose pages are those of a list
                found[shown(name)] = os.path.lexists(os.path.join(public, name)) and not os.path.islink(path)
        version = os.path.join(self.copy, "data", "last_mailman_version")
        said = ""
        if os.path.isfile(version):
            with open(version) as handle:
                said = handle.read(100)
        shunt = os.path.join(self.copy, "qfiles", "shunt")
        shunted = [
            file for file in (os.listdir(shunt) if os.path.isdir(shunt) else []) if file.endswith((".pck", ".psv"))
        ]
        return {"archives": found, "version": said, "shunted": len(shunted)}

    def room(self, _request):
        # type: (dict[str, Any]) -> dict[str, Any]
        """How much space there is for archives. answer: {"free": in bytes}."""
        status = os.statvfs(self.mm_cfg.PRIVATE_ARCHIVE_FILE_DIR)
        return {"free": status.f_bavail * status.f_frsize}

    def loadable(self, request):
        # type: (dict[str, Any]) -> dict[str, Any]
        """Lists of the copy that this Mailman's Python cannot load, such as those of a Mailman on Python 3.

        request: {"names": [names]}; answer: {"unreadable": {name: sentence}}.
        """
        unreadable = {}
        for name in request["names"]:
            path = os.path.join(self._roots("copy", stored(name))["list"], "config.pck")
            try:
                with naming(name), open(path, "rb") as handle:
                    if not all(isinstance(key, bytes) for key in load(handle)):
                        raise Failure("list {0}: its files are of a Mailman on Python 3".format(name))
            except Failure as exc:
                unreadable[name] = str(exc)
        return {"unreadable": unreadable}

    def look(self, request):
        # type: (dict[str, Any]) -> dict[str, Any]
        """What this Mailman has of lists.

        request: {"names": [names]}; answer: {"found": {name: {"list": whether there is one, "archive": its parts that are not empty,
        "folder": the number that tells whether the last part is the one that was staged}}, "staged": [all names that are staged]}.
        """
        found = {}
        for name in map(stored, request["names"]):
            found[shown(name)] = {
                "list": self.files.exists(name),
                "archive": archives.parts(name),
                "folder": self._folder_number("placed", name),
            }
        staged = [file for file in os.listdir(self.files.data) if file.startswith(STAGED)]
        return {"found": found, "staged": sorted(shown(file[len(STAGED) :]) for file in staged)}

    def drop(self, request):
        # type: (dict[str, Any]) -> dict[str, Any]
        """Remove what is staged of lists. request: {"names": [names]}."""
        for name in map(stored, request["names"]):
            remove(self._beside(STAGED, name))
            remove(os.path.join(self.files.data, STAGED + name))
        return {}

    def _folder_number(self, where, name):
        # type: (str, str) -> int
        roots = self._roots(where, name)
        for part in ("list", "pages", "mbox"):
            if os.path.lexists(roots[part]):
                return os.lstat(roots[part]).st_ino
        return 0

    def tree(self, request):
        # type: (dict[str, Any]) -> dict[str, Any]
        """What a list has in one place.

        request: {"name", "where": "copy", "staged" or "placed"}; answer: {"entries": [[part, path, kind, size, time, mode or where a
        link leads]]}.
        """
        name = stored(request["name"])
        entries = []
        for part, root in self._roots(request["where"], name).items():
            if part == "held" and request["where"] != "staged":
                held = [file for file in os.listdir(root) if own_held_file(name, file)] if os.path.isdir(root) else []
                rows = [row for file in sorted(held) for row in walk(root, file)]
            else:
                rows = list(walk(root)) if os.path.lexists(root) else []
            entries += [[part] + row for row in rows]
        return {"entries": entries}

    def hashes(self, request):
        # type: (dict[str, Any]) -> dict[str, Any]
        """The content of files of a list.

        request: {"name", "where", "files": [[part, path]]}; answer: {"files": [[part, path, SHA-256, and those of its mails]]}, without
        those that are gone.
        """
        roots = self._roots(request["where"], stored(request["name"]))
        found = []
        for part, path in request["files"]:
            mails = [] if part == "mbox" else None  # type: list[str] | None
            try:
                value = content_hash(os.path.join(roots[part], stored(path)), mails)
            except EnvironmentError as exc:
                if exc.errno != errno.ENOENT:
                    raise
                continue
            found.append([part, path, value, mails or []])
        return {"files": found}

    def stage(self, request):
        # type: (dict[str, Any]) -> dict[str, Any]
        """Make what is staged of a list match the copy.

        request: {"name", "gone": [[part, path]], "folders": [[part, path, mode]], "files": [[part, path, mode]],
        "links": [[part, path, where it leads]]}. answer: {"folder": see look()}.
        """
        name = stored(request["name"])
        with naming(name):
            source, target = self._roots("copy", name), self._roots("staged", name)
            for room in sorted(set(map(os.path.dirname, target.values()))):
                need_folder(room, 0o2770)
            for part, path in request["gone"]:
                remove(os.path.join(target[part], stored(path)) if path else target[part])
            for part, path, mode in request["folders"]:
                need_folder(os.path.join(target[part], stored(path)) if path else target[part], mode)
            for part, path, mode in request["files"]:
                self._copy_file(
                    os.path.join(source[part], stored(path)), os.path.join(target[part], stored(path)), mode
                )
            for part, path, lead in request["links"]:
                place = os.path.join(target[part], stored(path)) if path else target[part]
                remove(place)
                os.symlink(stored(lead), place)
        return {"folder": self._folder_number("staged", name)}

    @staticmethod
    def _copy_file(source, target, mode):
        # type: (str, str, int) -> None
        status = os.stat(source)
        if os.path.isdir(target):
            remove(target)
        descriptor = os.open(target + UNFINISHED, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with open(source, "rb") as reader, os.fdopen(descriptor, "wb") as writer:
            shutil.copyfileobj(reader, writer, PIECE)
        os.chmod(target + UNFINISHED, mode)
        os.utime(target + UNFINISHED, (status.st_atime, status.st_mtime))
        os.rename(target + UNFINISHED, target)

    @staticmethod
    def settle(_request):
        # type: (dict[str, Any]) -> dict[str, Any]
        """Have the disk keep what was staged, before anything is renamed."""
        subprocess.check_call(["sync"])
        return {}

    def place(self, request):
        # type: (dict[str, Any]) -> dict[str, Any]
        """Rename what is staged of a list into place, and let Mailman's archives and mail server know it.

        request: {"name", "list": whether it is one, or else an archive alone, "public": whether strangers may read the archive,
        "held": [files of its held messages]}. answer: {"placed": whether anything was}.
        """
        name = stored(request["name"])
        with naming(name):
            with self._locked(name):
                if not request["public"]:
                    # First, since what is put there must not be seen through a link that there was.
                    archives.close(name)
                if os.path.lexists(self._roots("staged", name)["list"]):
                    self._drop_held(name, [stored(file) for file in request["held"]])
                placed = [part for part in PARTS if self._place_part(name, part)]
            if request["list"]:
                self.writer.correct_archive(name)
                with self.writer.locked(name) as mlist:
                    # only once, even if this starts again
                    self.writer.tell_mail_server("remove", mlist)
                    self.writer.tell_mail_server("create", mlist)
            elif request["public"]:
                self._open_archive(name)
            for word in (STAGED, REPLACED):
                remove(self._beside(word, name))
                remove(os.path.join(self.files.data, word + name))
        return {"placed": bool(placed)}

    def _drop_held(self, name, kept):
        # type: (str, list[str]) -> None
        """Remove held messages of the list that is replaced."""
        for file in os.listdir(self.files.data):
            if own_held_file(name, file) and file not in kept:
                os.unlink(os.path.join(self.files.data, file))

    @staticmethod
    def _open_archive(name):
        # type: (str) -> None
        if os.path.isdir(archives.private(name)) and not os.path.lexists(archives.public(name)):
            os.symlink(archives.private(name), archives.public(name))

    @contextlib.contextmanager
    def _locked(self, name):
        # type: (str) -> Iterator[None]
        """The lock of a list that need not exist yet."""
        from Mailman import LockFile

        path = self.writer.lock_path(name)
        held = LockFile.LockFile(path, self.mm_cfg.LIST_LOCK_LIFETIME)
        lock.take(held.lock, path, "list {0}".format(name), self.writer.wait)
        try:
            yield
        finally:
            held.unlock(unconditionally=True)

    def _place_part(self, name, part):
        # type: (str, str) -> bool
        staged, place = self._roots("staged", name)[part], self._roots("placed", name)[part]
        if not os.path.lexists(staged):
            return False
        if part == "held":
            for file in os.listdir(staged):
                os.rename(os.path.join(staged, file), os.path.join(place, file))
            os.rmdir(staged)
            return True
        if os.path.lexists(place):
            # On the same disk, so that there is no moment without a whole one but between two renames.
            aside = self._beside(REPLACED, name) if part != "list" else os.path.join(self.files.data, REPLACED + name)
            need_folder(aside, 0o2770)
            remove(os.path.join(aside, part))
            os.rename(place, os.path.join(aside, part))
        os.rename(staged, place)
        return True


def main():
    # type: () -> None
    serve(lambda request: PlaceHandler(str(request["command"]), int(request["wait"]), stored(request["copy"])))
