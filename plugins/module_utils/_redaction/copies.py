# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The store of what migrations left on this host: old pages, the copy of the old server's files, and the account.

Root finds the files, opens them from one open folder to the next, and replaces them. What is in them is read by a process without rights.
"""

from __future__ import annotations

import base64
import contextlib
import json
import os
import socket
import stat
from typing import Any, Iterator, Mapping, NamedTuple, Sequence

from ansible_collections.listops.mailman.plugins.module_utils import _nofollow as nofollow
from ansible_collections.listops.mailman.plugins.module_utils._migrate import tree
from ansible_collections.listops.mailman.plugins.module_utils._programs import identity
from ansible_collections.listops.mailman.plugins.module_utils._programs.process import OwnProcess, Process
from ansible_collections.listops.mailman.plugins.module_utils._redaction import left
from ansible_collections.listops.mailman.plugins.module_utils._redaction.program import COPIES

# Parts of the account of a migration, below its folder; the other one is of archives that were published.
_ACCOUNTS = ("account", "public")
_CANNOT = "it names the message and cannot be edited: remove it, or wait until the migration is accepted and remove its folder"


class Remains(NamedTuple):
    """What migrations may have left.

    migrations: the folder with those to this host. copies: of old servers' files that are elsewhere. pages: the folder of what is kept of
    old archives. archives: folders with old pages or texts of the list that are elsewhere. names: of the list on old servers.
    """

    migrations: str
    copies: Sequence[str]
    pages: str
    archives: Sequence[str]
    names: Sequence[str]


class _Same(Exception):
    """A file stays as it is."""


class CopiesStore:
    """See stores.Store. A context manager."""

    archive = True

    def __init__(self, remains: Remains) -> None:
        self._remains = remains
        self._stack = contextlib.ExitStack()
        # The process, and the way of open files to it.
        self._process: tuple[Process, socket.socket] | None = None
        self._found: set[str] = set()

    def __enter__(self) -> CopiesStore:
        return self

    def __exit__(self, *exc: Any) -> None:
        self._stack.__exit__(*exc)

    def look(self, request: Mapping[str, Any], *, originals: bool = False) -> Mapping[str, Any]:
        search = self._search(request, originals=originals)
        self._found = {place["place"] for place in search.places}
        return search.answer()

    def redact(self, request: Mapping[str, Any]) -> None:
        if self._found:
            self._search(request, chosen=self._found)

    def _search(
        self, request: Mapping[str, Any], *, originals: bool = False, chosen: set[str] | None = None
    ) -> _Search:
        search = _Search(self, request, originals, chosen)
        search.run(self._remains)
        return search

    # ---- the process

    def ask(self, op: str, files: Sequence[int] = (), **fields: Any) -> Mapping[str, Any]:
        """Send a request, and the open files that it is about. The process starts with the first one."""
        process, channel = self._process = self._process or self._start()
        if files:
            socket.send_fds(channel, [b"f"], list(files))
        return process.request(op, **fields)

    def _start(self) -> tuple[Process, socket.socket]:
        channel, theirs = socket.socketpair()
        self._stack.callback(channel.close)
        with theirs:
            number = theirs.fileno()
            process = OwnProcess(COPIES, identity.nobody(), descriptors=[number], channel=number)
            return self._stack.enter_context(process), channel


class _Search:
    """One way through all files. chosen: the files to write, or None to write nothing."""

    def __init__(
        self, store: CopiesStore, request: Mapping[str, Any], originals: bool, chosen: set[str] | None
    ) -> None:
        self._store = store
        self._request = request
        self._originals = originals
        self._chosen = chosen
        self._renamed = any(request["replacement"][name] is not None for name in ("subject", "sender"))
        self._known: Mapping[str, Any] = {}
        self._own = False
        self.places: list[dict[str, Any]] = []
        self.left: list[str] = []
        self.kept: list[tuple[str, str]] = []

    def answer(self) -> dict[str, Any]:
        ident = self._known.get("message_id")
        found = {"message_id": ident, "url": None, "replies": []} if ident and (self._own or self.places) else None
        return {"found": found, "places": self.places, "left": self.left, "originals": self.kept}

    def run(self, remains: Remains) -> None:
        lists = list(self._lists(remains))
        names = sorted({*remains.names, *(each.former for each in lists)} or {self._request["list"].partition("@")[0]})
        folders = [os.path.join(remains.pages, name) for name in names] + list(remains.archives)
        copies = dict.fromkeys([*(os.path.join(each.folder, "copy") for each in lists), *remains.copies])
        for copy in copies:
            folders += [os.path.join(copy, "archives/private", name) for name in names]
        folders += [os.path.join(each.folder, "pages/files", each.former) for each in lists]
        if not any(map(_is_there, [*folders, *copies, *(each.account for each in lists)])):
            return
        names_only = {name: self._request[name] for name in ("message_id", "page", "replacement")}
        self._store.ask("begin", **names_only)
        for each in lists:
            self._learn(each)
        if self._request["message_id"] is None:
            self._identify(folders)
        self._known = self._store.ask("known")
        if self._known["message_id"] is None:
            return
        for each in lists:
            self._account(each)
        for copy in copies:
            self._copy(copy, names)
        for folder in folders:
            self._archive(folder)

    # ---- where it may be

    def _lists(self, remains: Remains) -> Iterator[_Moved]:
        """The lists of migrations that are this one."""
        roots = [remains.migrations, *(os.path.join(remains.migrations, name) for name in _names(remains.migrations))]
        unknown = []
        found = False
        for root in roots:
            for part in _ACCOUNTS:
                account = os.path.join(root, part)
                made = _json(os.path.join(account, "lists.json"))
                if not isinstance(made, dict):
                    continue
                mine = left.moved(made, self._request["list"], remains.names)
                unknown += [] if mine else [root]
                for here, former in mine.items():
                    found = True
                    if left.going_on(_json(os.path.join(root, "state.json")), made[here]):
                        self.left.append(
                            "{0}: the migration is not accepted, and its phases copy the message again, or find that the old server "
                            "has another file: redact it on the old server, and here again when the migration is accepted".format(
                                root
                            )
                        )
                    yield _Moved(root, account, here, former)
        if unknown and not found and not remains.names:
            self.left += [
                "{0}: no list moved as {1}: if it is one of them that was renamed since, give its name on the old server".format(
                    root, self._request["list"]
                )
                for root in unknown
            ]

    def _learn(self, moved: _Moved) -> None:
        with _opened(moved.account) as folder:
            for each in left.account(folder.names() if folder else (), moved.here):
                if folder and each.kind in ("messages", "pages"):
                    self._ask_file("learn", folder, each.name, moved.account, kind=each.kind, path="", main=each.main)

    def _identify(self, folders: Sequence[str]) -> None:
        """Find the message that a page shows."""
        path = "/".join(self._request["page"] or ())
        for top in folders if path else ():
            with _opened(os.path.join(top, os.path.dirname(path))) as folder:
                name = os.path.basename(path)
                if folder and name in folder.names():
                    self._ask_file(
                        "learn",
                        folder,
                        name,
                        os.path.dirname(os.path.join(top, path)),
                        kind="page",
                        path=path,
                        main=False,
                    )
                    if self._store.ask("known")["message_id"] is None:
                        self.left.append(
                            "{0}: it names no Message-ID, by which copies are found: remove the file by hand".format(
                                os.path.join(top, path)
                            )
                        )

    # ---- what is there

    def _account(self, moved: _Moved) -> None:
        with _opened(moved.account) as folder:
            for each in left.account(folder.names() if folder else (), moved.here):
                if folder and each.kind == "folder":
                    self._kept(os.path.join(moved.account, each.name))
                elif folder and each.kind != "pages":
                    kind = "mailbox" if each.kind == "mailbox" else "lines"
                    if kind == "mailbox" or self._renamed:
                        self._redact(folder, each.name, moved.account, kind=kind, path="", main=False)
            if folder and "returned.jsonl" in folder.names():
                self._name(folder, "returned.jsonl", moved.account)
        dump = os.path.join(moved.folder, "dump")
        if _is_there(dump):
            self.left.append(
                "{0}: dumps of the old server's databases are not searched: remove them when the migration is accepted".format(
                    dump
                )
            )
        web = os.path.join(moved.folder, "web")
        if _is_there(web):
            self.left.append(
                "{0}: the copy of the old server's search index and attachments is not searched: remove it when the migration is "
                "accepted".format(web)
            )

    def _kept(self, path: str) -> None:
        """What was quarantined."""
        with _opened(path) as folder:
            for name in folder.names() if folder else ():
                if folder and left.kept(name) == "message":
                    self._redact(folder, name, path, kind="message", path="", main=False)
                elif folder:
                    self._name(folder, name, path)

    def _copy(self, copy: str, names: Sequence[str]) -> None:
        """Mailman's own files: mailboxes, and what waited."""
        for former in names:
            for path in ("archives/private/{0}.mbox/{0}.mbox".format(former), "lists/{0}/digest.mbox".format(former)):
                self._file(os.path.join(copy, path), main=path.startswith("archives"))
            with _opened(os.path.join(copy, "lists", former)) as folder:
                for name in folder.names() if folder else ():
                    if folder and name.startswith(("request", "pending")):
                        self._name(folder, name, os.path.join(copy, "lists", former))
        with _opened(os.path.join(copy, "data")) as folder:
            for name in folder.names() if folder else ():
                kinds = {left.waiting(name, former) for former in names}
                if folder and "message" in kinds:
                    self._redact(folder, name, os.path.join(copy, "data"), kind="message", path="", main=False)
                elif folder and "other" in kinds:
                    self._name(folder, name, os.path.join(copy, "data"))
        with _opened(os.path.join(copy, "qfiles")) as folder:
            for path, parent, name, _status in folder.files() if folder else ():
                self._name(parent, name, os.path.dirname(os.path.join(copy, "qfiles", path)))

    def _file(self, path: str, *, main: bool) -> None:
        with _opened(os.path.dirname(path)) as folder:
            name = os.path.basename(path)
            if folder and name in folder.names():
                self._redact(folder, name, os.path.dirname(path), kind="mailbox", path="", main=main)

    def _archive(self, top: str) -> None:
        """The pages and texts of an archive, twice: what a page is called must be known for its neighbours."""
        with _opened(top) as folder:
            if folder is None:
                return
            if self._known["made_up"]:
                self.left.append(
                    "{0}: old pages cannot be searched for a message that had no Message-ID of its own: look for its page there, and "
                    "redact that by its address".format(top)
                )
                return
            near: set[str] = set()
            volumes: set[str] = set()
            removed: dict[str, list[str]] = {}
            for path, parent, name, _status in folder.files():
                what = left.archived(path)
                if what.folder and what.folder == self._known["attachments"]:
                    removed.setdefault(os.path.dirname(path), []).append(name)
                elif what.kind in ("page", "month", "attached"):
                    said = self._ask_file(
                        "learn",
                        parent,
                        name,
                        os.path.dirname(os.path.join(top, path)),
                        kind=what.kind,
                        path=path,
                        main=False,
                    )
                    if said.get("near"):
                        near.add(path)
                    if said.get("own"):
                        volumes.add(what.volume)
            for where, held in removed.items():
                self._remove(folder, where, held, top)
            for path, parent, name, _status in folder.files():
                what = left.archived(path)
                where = os.path.dirname(os.path.join(top, path))
                beside = self._renamed and what.volume in volumes
                if path in near or (beside and what.kind in ("page", "index")):
                    self._redact(parent, name, where, kind=what.kind, path=path, main=False)
                elif what.kind == "other" or (beside and what.kind == "database"):
                    self._name(parent, name, where)

    # ---- one file

    def _redact(self, folder: tree.Folder, name: str, where: str, **fields: Any) -> None:
        """Look at a file, or redact it if that was asked for."""
        path = os.path.join(where, name)
        if self._chosen is not None and path not in self._chosen:
            return
        try:
            source = folder.open(name)
        except OSError as exc:
            self.left.append("{0}: it is not read: {1}".format(path, exc.strerror))
            return
        try:
            status = os.fstat(source)
            if not stat.S_ISREG(status.st_mode):
                return
            said = self._send(folder, name, source, status, fields)
        finally:
            os.close(source)
        if "fault" in said:
            self.left.append("{0}: {1}".format(path, said["fault"]))
            return
        self._own = self._own or said["own"]
        if said["changed"]:
            self.places.append({"place": path, "what": [_CALLED.get(fields["kind"], fields["kind"])]})
        if said["original"]:
            self.kept.append(("left-{0}-{1}".format(len(self.kept), name), said["original"]))

    def _send(
        self, folder: tree.Folder, name: str, source: int, status: os.stat_result, fields: Mapping[str, Any]
    ) -> Mapping[str, Any]:
        if self._chosen is None:
            return self._store.ask("redact", [source], write=False, originals=self._originals, **fields)
        said: Mapping[str, Any] = {}
        owner = nofollow.Owner(status.st_uid, status.st_gid, stat.S_IMODE(status.st_mode))
        with contextlib.suppress(_Same), folder.replacing(name, owner) as out:
            said = self._store.ask("redact", [source, out.fileno()], write=True, originals=False, **fields)
            if "fault" in said or not said["changed"]:
                raise _Same
        return said

    def _remove(self, folder: tree.Folder, where: str, held: Sequence[str], top: str) -> None:
        """Remove attachments of the message. where: their folder below the archive."""
        place = os.path.join(top, where)
        if self._chosen is not None and place not in self._chosen:
            return
        self._own = True
        self.places.append({"place": place, "what": ["{0} attachments".format(len(held))]})
        for name in held:
            with folder.at(os.path.join(where, name)) as (parent, last, _status):
                if self._originals:
                    data = base64.b64encode(parent.read(last)).decode("ascii")
                    self.kept.append(("left-{0}-attachments/{1}".format(len(self.kept), last), data))
                if self._chosen is not None:
                    parent.remove(last)

    def _name(self, folder: tree.Folder, name: str, where: str) -> None:
        """Name a file that has the message, and that nothing here can edit."""
        if self._chosen is None and self._ask_file("mentions", folder, name, where).get("there"):
            self.left.append("{0}: {1}".format(os.path.join(where, name), _CANNOT))

    def _ask_file(self, op: str, folder: tree.Folder, name: str, where: str, **fields: Any) -> Mapping[str, Any]:
        try:
            source = folder.open(name)
        except OSError:
            # A link, which is not followed; what it leads to is no copy of ours.
            return {}
        try:
            if not stat.S_ISREG(os.fstat(source).st_mode):
                return {}
            said = self._store.ask(op, [source], **fields)
        finally:
            os.close(source)
        if "fault" in said:
            self.left.append("{0}: {1}".format(os.path.join(where, name), said["fault"]))
        return said


class _Moved(NamedTuple):
    """A list of a migration. folder: of the migration; here: its address when it moved; former: its name on the old server."""

    folder: str
    account: str
    here: str
    former: str


# What a file is called in the result.
_CALLED = {"lines": "account", "attached": "attached message", "index": "entry"}


@contextlib.contextmanager
def _opened(path: str) -> Iterator[tree.Folder | None]:
    """A folder, or None where there is none."""
    with contextlib.ExitStack() as stack:
        folder = None
        with contextlib.suppress(FileNotFoundError, NotADirectoryError):
            folder = tree.Folder(stack.enter_context(nofollow.opened(path)))
        yield folder


def _is_there(path: str) -> bool:
    with _opened(path) as folder:
        return folder is not None


def _names(path: str) -> list[str]:
    with _opened(path) as folder:
        return folder.names() if folder else []


def _json(path: str) -> Any:
    """What a file says, or None where there is none that can be read."""
    try:
        found = nofollow.read_file(path)
        return None if found is None else json.loads(found[0].decode("utf-8"))
    except ValueError:
        return None
