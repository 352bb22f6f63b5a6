# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Mailboxes that are put into HyperKitty, and the account of it in a folder of root's.

Root opens the mailboxes and writes the account. What is in a mail is read by HyperKitty's user alone.
"""

from __future__ import annotations

import contextlib
import json
import os
import socket
import stat
import tempfile
from array import array
from typing import Any, Collection, Container, Iterable, NamedTuple

from ansible_collections.listops.mailman.plugins.module_utils import _nofollow as nofollow
from ansible_collections.listops.mailman.plugins.module_utils._archives.guard import ArchiveGuard
from ansible_collections.listops.mailman.plugins.module_utils._argspec import WebInterface
from ansible_collections.listops.mailman.plugins.module_utils._errors import HostError
from ansible_collections.listops.mailman.plugins.module_utils._migrate import account
from ansible_collections.listops.mailman.plugins.module_utils._migrate.folder import AccountFolder
from ansible_collections.listops.mailman.plugins.module_utils._migrate.program import PROGRAM, TEXTS
from ansible_collections.listops.mailman.plugins.module_utils._programs.process import (
    OwnProcess,
    Process,
    reader_of,
)


class Source(NamedTuple):
    """A mailbox. list: posting address; name: of its files in the account; mbox, ids: paths.

    texts: in place of mbox, a folder with texts of months. charset: of those that are not in UTF-8.
    """

    list: str
    name: str
    mbox: str | None
    ids: str | None = None
    texts: str | None = None
    charset: str = "iso-8859-1"


def refusal(name: str, policy: str | None, guard: ArchiveGuard) -> str | None:
    """Why mails may not be put into the archive of a list, in a sentence; policy: Mailman's, or None for a list that it has not."""
    if policy is None:
        return "list {0} does not exist: give a list of this Mailman".format(name)
    if policy == "never":
        return (
            "list {0} has archive_policy never: give it private or public first, since HyperKitty shows an archive of such a "
            "list to everybody".format(name)
        )
    if policy == "private" and guard.installed and guard.names is not None and not guard.keeps(name):
        return "list {0} is private, and the guard of HyperKitty does not know it: run mailman_list first".format(name)
    return None


def open_mailbox(path: str) -> int:
    try:
        found = nofollow.open_file(path, os.O_RDONLY | os.O_NONBLOCK)
    except OSError as exc:
        raise HostError("mbox is {0!r}: give a file that exists ({1})".format(path, exc.strerror)) from None
    if not stat.S_ISREG(os.fstat(found).st_mode):
        os.close(found)
        raise HostError("mbox is {0!r}: give a file".format(path))
    return found


def check_source(source: Source) -> None:
    """Refuse what cannot be read."""
    if source.texts is None:
        os.close(open_mailbox(str(source.mbox)))
    else:
        with converting(source, 0) as process:
            process.server_info  # noqa: B018
    read_ids(source.ids)


def converting(source: Source, out: int) -> Process:
    """A process that makes a mailbox of texts, not yet begun. It writes to an open file, as who may read them. out: its number."""
    texts, option = str(source.texts), TEXTS.user_option
    who = reader_of(texts, option)
    return OwnProcess(
        TEXTS, who, descriptors=[out] if out else (), folder=texts, option=option, charset=source.charset, out=out
    )


def open_source(source: Source) -> int:
    """The mailbox as an open file; of texts it has no name, and is gone when it is closed."""
    if source.texts is None:
        return open_mailbox(str(source.mbox))
    with tempfile.TemporaryFile() as made:
        with converting(source, made.fileno()) as process:
            process.request("convert")
        return os.dup(made.fileno())


def read_ids(path: str | None) -> dict[str, str]:
    """Message-IDs of mails without one, by position."""
    if path is None:
        return {}
    try:
        with os.fdopen(nofollow.open_file(path, os.O_RDONLY), encoding="utf-8") as handle:
            found = json.load(handle)
    except (OSError, ValueError) as exc:
        raise HostError("ids is {0!r}: give a file in JSON ({1})".format(path, exc)) from None
    if not isinstance(found, dict) or not all(isinstance(value, str) for value in found.values()):
        raise HostError("ids is {0!r}: give an object of positions and Message-IDs".format(path))
    return found


class ArchiveLoader:
    """HyperKitty's interpreter, to which open files are handed. A context manager. jobs: processes that parse; 0: one for each core."""

    _program = PROGRAM

    def __init__(self, web: WebInterface, *, jobs: int, write: bool) -> None:
        self._jobs = jobs
        self._write = write
        self._private: Container[str] = ()
        self._channel, theirs = socket.socketpair()
        self._theirs = theirs
        self._process = Process(
            self._program, command=web.manage, user=web.user, descriptors=[theirs.fileno()], channel=theirs.fileno()
        )

    def __enter__(self) -> ArchiveLoader:
        self._process.__enter__()
        self._theirs.close()
        # It opens Django while Mailman is asked.
        self._process.begin()
        return self

    def __exit__(self, *exc: Any) -> None:
        self._channel.close()
        self._process.__exit__(*exc)

    @property
    def cached_in_processes(self) -> bool:
        return bool(self._process.server_info["cached_in_processes"])

    def check(self, sources: Collection[Source], private: Container[str]) -> None:
        """Refuse what cannot be done, before anything is written. private: the lists that strangers must not read."""
        for source in sources:
            check_source(source)
        self._private = private
        self._process.request("check", archives={source.list: source.list in private for source in sources})

    def load(self, source: Source, folder: AccountFolder) -> dict[str, Any]:
        """Put a mailbox into an archive. Returns the sums, whether anything was changed, and what is quarantined."""
        with contextlib.ExitStack() as stack:
            files = [open_source(source)]
            stack.callback(os.close, files[0])
            earlier = folder.open(source.name + ".messages.jsonl")
            if earlier is not None:
                files.append(earlier)
                stack.callback(os.close, earlier)
            socket.send_fds(self._channel, [b"f"], files)
            begun = self._process.request(
                "begin",
                list=source.list,
                private=source.list in self._private,
                write=self._write,
                jobs=self._jobs,
                ids=read_ids(source.ids),
                account=earlier is not None,
            )
            return self._account(source, folder, begun["found"], files[0])

    def _account(self, source: Source, folder: AccountFolder, found: int, mailbox: int) -> dict[str, Any]:
        sums = account.Sums(source.list, "mails", found)
        quarantined = []
        with tempfile.TemporaryFile() as lines:
            offsets, sizes = (array("q", [0]) * found for _each in range(2))
            while True:
                answer = self._process.request("go_on")
                if answer["outcomes"] is None:
                    break
                for outcome in answer["outcomes"]:
                    if "place" in outcome:
                        quarantined.append((outcome["position"], outcome.pop("place"), outcome["reason"]))
                    text = account.line(outcome).encode("ascii")
                    offsets[outcome["position"]], sizes[outcome["position"]] = lines.tell(), len(text)
                    lines.write(text)
                sums.add(answer["outcomes"])
            total = sums.verify(answer["verified"]) if self._write else sums.total()
            lines.flush()
            # They come in another order than that of the mailbox.
            write_pieces(folder, source.name + ".messages.jsonl", zip(offsets, sizes) if found else (), lines.fileno())
        quarantined.sort()
        write_pieces(
            folder, source.name + ".quarantine.mbox", [place for _position, place, _reason in quarantined], mailbox
        )
        with folder.replace(source.name + ".messages.json") as handle:
            handle.write((json.dumps(total, sort_keys=True) + "\n").encode("ascii"))
        reasons = [{"position": position, "reason": reason} for position, _place, reason in quarantined]
        return {"changed": answer["changed"], "sums": total, "quarantined": reasons}

    def index(self, name: str) -> bool:
        """Add the mails of an archive to the search index; whether it lacked any."""
        return bool(self._process.request("index", list=name, write=self._write)["indexed"])


def write_pieces(folder: AccountFolder, name: str, places: Iterable[tuple[int, int]], source: int) -> None:
    """Copy pieces (offset, size) of an open file into one of the account, which has no empty file."""
    if not places:
        folder.remove(name)
        return
    with folder.replace(name) as handle:
        for offset, size in places:
            while size:
                piece = os.pread(source, min(size, 1 << 20), offset)
                if not piece:
                    raise HostError("the mailbox became shorter while it was read")
                handle.write(piece)
                offset, size = offset + len(piece), size - len(piece)
