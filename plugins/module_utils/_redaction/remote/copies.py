# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Redacts a message in files that a migration left on this host. Runs in Ansible's Python, as a user who has no file.

Root opens the files, one by one, and sends them on a channel: one to read, and one to write to. What it shall know before it redacts,
such as the account of the migration, it reads first.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import io
import json
import mmap
import os
import re
import socket
import zlib
from array import array
from functools import partial
from typing import IO, Any, Iterable, Iterator, Mapping

from ansible_collections.listops.mailman.plugins.module_utils._migrate.remote.messages import (
    MADE_UP,
    NO_ID,
    clean_id,
    headers,
    parts_of,
    split,
)
from ansible_collections.listops.mailman.plugins.module_utils._programs.remote.server import serve
from ansible_collections.listops.mailman.plugins.module_utils._redaction.remote import pages
from ansible_collections.listops.mailman.plugins.module_utils._redaction.remote.digests import cleaned, cleaned_chunk
from ansible_collections.listops.mailman.plugins.module_utils._redaction.remote.message import message_id, redacted
from ansible_collections.listops.mailman.plugins.module_utils._redaction.remote.pipermail import (
    attached_message,
    attached_text,
    index_entry,
    link_texts,
)

PART = 1 << 22
# No page, and no text of a month, is larger.
LARGEST = 1 << 28
# Errors of a file that somebody damaged.
_DAMAGED = (OSError, EOFError, ValueError, LookupError, TypeError, zlib.error)


class Copies:
    """What is known of one message, and what files shall be without it.

    request: {"message_id": bare, or None, "page": [volume, file] or None, "replacement": see message.py}; one of both names the message.
    """

    def __init__(self, request: Mapping[str, Any]) -> None:
        self.replacement: dict[str, Any] = request["replacement"]
        self.page: list[str] | None = request["page"]
        self.ident = (request["message_id"] or "").encode("utf-8")
        self.renamed = self.replacement["subject"] is not None or self.replacement["sender"] is not None
        # Volumes and files of its pages.
        self.own: set[tuple[str, str]] = set()
        # See pipermail.py.
        self.attached: list[tuple[bytes, Any]] = []
        # The bytes of mails that have its Message-ID on the new host, whatever they have themselves; and their positions.
        self._mine: set[str] = set()
        self._positions: set[int] = set()
        # Of those that have its own, and another one on the new host.
        self._others: set[str] = set()

    # ---- what the account says

    def learn_messages(self, lines: Iterable[bytes], positions: bool) -> None:
        """Read the account of mails. positions: whether these are of the mailbox in the copy."""
        made_up = MADE_UP.encode("ascii")
        for line in lines:
            # Most lines are about other mails, and known at a glance.
            if self.ident not in line and made_up not in line:
                continue
            said = _line(line)
            if said.get("message_id") == self.ident.decode("utf-8", "replace"):
                self._mine.add(str(said.get("sha256")))
                if positions and isinstance(said.get("position"), int):
                    self._positions.add(said["position"])
            elif str(said.get("message_id")).endswith(MADE_UP) and said.get("reason") != NO_ID:
                self._others.add(str(said.get("sha256")))

    def learn_pages(self, lines: Iterable[bytes]) -> None:
        """Read the account of old pages: which show the message, and which message a page shows that was given."""
        found = []
        for line in lines:
            path = re.search(rb'"path": "/pipermail/[^/"]+/([A-Za-z0-9-]+)/([0-9]+\.html)"', line)
            if path:
                place = [each.decode("ascii") for each in path.groups()]
                if place == self.page and not self.ident:
                    self.ident = str(_line(line).get("message_id") or "").encode("utf-8")
                if not self.ident or self.ident in line:
                    found.append((place, line))
        if self.ident:
            named = self.ident.decode("utf-8", "replace")
            self.own |= {(volume, name) for (volume, name), line in found if _line(line).get("message_id") == named}

    # ---- what files say

    def learn_page(self, volume: str, name: str, page: bytes) -> bool:
        """Read a page. Returns whether it may hold the message."""
        shown = pages.page_ident(page)
        if not self.ident and self.page == [volume, name]:
            self.ident = shown
        clean = clean_id("<{0}>".format(shown.decode("utf-8", "replace"))) or ""
        if self.ident and self.ident in (shown, clean.encode("ascii")):
            self.own.add((volume, name))
        return (volume, name) in self.own or pages.names(page, self.ident)

    def learn_attached(self, path: str, text: bytes) -> bool:
        """Read a message that was attached to another one. Returns whether it may hold the message."""
        held = attached_message(text, self.ident)
        if held and self.renamed:
            self.attached.append((path.encode("utf-8", "surrogateescape"), held))
        return pages.names(text, self.ident)

    # ---- what it shall be

    def new_page(self, volume: str, name: str, page: bytes) -> bytes:
        if (volume, name) in self.own:
            return pages.own_page(page, self.ident, self.replacement)
        new = pages.copied_page(page, self.ident, self.replacement, self.attached)
        if self.replacement["subject"] is not None:
            # Neighbours name it in their links.
            for each in [file for own, file in self.own if own == volume]:
                new = link_texts(new, each, pages.html(self.replacement["subject"], page))
        return new

    def new_index(self, volume: str, page: bytes) -> bytes:
        """Pages of a month, which name subject and author."""
        subject, sender = self.replacement["subject"], self.replacement["sender"]
        for each in [file for own, file in self.own if own == volume]:
            page = index_entry(
                page,
                each,
                None if subject is None else pages.html(subject, page),
                None if sender is None else pages.html(sender[0] or sender[1].replace("@", " at "), page),
            )
        return page

    def new_month(self, text: bytes) -> bytes:
        return pages.copied_month(text, self.ident, self.replacement, self.attached)

    def new_attached(self, text: bytes) -> bytes:
        return attached_text(text, self.ident, self.replacement, self.attached)

    def new_mails(self, mails: Iterable[tuple[int, bytes]], positions: bool) -> Iterator[tuple[bytes, bytes, bool]]:
        """Of each mail of a mailbox what it is, what it shall be, and whether it is the message itself. mails: see messages.split."""
        position = 0
        for _offset, mail in mails:
            own, other = False, False
            line, raw = parts_of(mail)
            if line or raw.strip():
                own, other = self._compare(raw, position if positions else -1)
                position += 1
            if own:
                yield mail, _spaced(mail, redacted(mail, self.replacement)), True
            elif other:
                yield mail, mail, False
            else:
                yield mail, cleaned_chunk(mail, self.ident, self.replacement), False

    def _compare(self, raw: bytes, position: int) -> tuple[bool, bool]:
        """Whether a mail is the message, and whether it is another one that has its Message-ID."""
        made_up = self.ident.endswith(MADE_UP.encode("ascii"))
        if not made_up and self.ident not in raw:
            # Clean or not, it would be there.
            return False, False
        found = headers(raw)[0]
        named = found == self.ident.decode("utf-8", "replace") or message_id(raw) == self.ident
        if not named and not made_up:
            return False, False
        digest = hashlib.sha256(raw).hexdigest()
        if named:
            return digest not in self._others, digest in self._others
        # It had no Message-ID, or that of another one: of one that was redacted before, the place is left.
        return digest in self._mine or (found is None and position in self._positions), False

    def new_message(self, raw: bytes) -> bytes:
        return cleaned(raw, self.ident, self.replacement)

    def new_line(self, line: bytes) -> bytes:
        """A line of an account, which may say who wrote the message, and its subject."""
        said = _line(line) if self.renamed and self.ident in line else {}
        if said.get("message_id") != self.ident.decode("utf-8", "replace"):
            return line
        new = self._said(said)
        return line if new == said else json.dumps(new, sort_keys=True).encode("ascii") + b"\n"

    def _said(self, said: dict[str, Any]) -> dict[str, Any]:
        subject, sender = self.replacement["subject"], self.replacement["sender"]
        new = dict(said)
        if subject is not None and "subject" in said:
            new["subject"] = subject
        if sender is not None and "from" in said:
            new["from"] = "{0} <{1}>".format(*sender) if sender[0] else sender[1]
        if "about" in said:
            # One text has both.
            new["about"] = "a message that was redacted"
        return new


def _line(line: bytes) -> dict[str, Any]:
    """A line of an account; nothing of one that a crash cut off."""
    try:
        said = json.loads(line)
    except ValueError:
        return {}
    return said if isinstance(said, dict) else {}


def _spaced(old: bytes, new: bytes) -> bytes:
    """An empty line stays between a mail and the next."""
    return new + b"\n" if old.endswith(b"\n\n") and not new.endswith(b"\n\n") else new


class CopiesHandler:
    """request: {"channel": number of a socket on which open files come}."""

    def __init__(self, request: Mapping[str, Any]) -> None:
        self._channel = socket.socket(fileno=request["channel"])
        # Made by begin.
        self.copies: Copies

    def server_info(self) -> dict[str, Any]:
        return {}

    def begin(self, request: dict[str, Any]) -> dict[str, Any]:
        """Name the message. request: see Copies; answer: {}."""
        self.copies = Copies(request)
        return {}

    def known(self, _request: dict[str, Any]) -> dict[str, Any]:
        """What is known of it. answer: {"message_id": bare or None, "attachments": the name of their folder, below that of a day}."""
        ident = self.copies.ident
        return {
            "message_id": ident.decode("utf-8", "replace") or None,
            "made_up": ident.endswith(MADE_UP.encode("ascii")),
            "attachments": pages.attachment_folder(ident),
        }

    def learn(self, request: dict[str, Any]) -> dict[str, Any]:
        """Read a file, which is sent on the channel.

        request: {"kind": messages, pages, page, month or attached, "path": of the file in its archive, "main": whether it is the account of
        the mailbox in the copy}.
        answer: {"near": whether the file may hold the message, "own": whether it is the message's own page}, or {"fault": sentence}.
        """
        copies, path = self.copies, request["path"]
        volume, _slash, name = path.partition("/")
        near = False
        with open(self._files(1)[0], "rb") as stream:
            try:
                if request["kind"] == "messages":
                    copies.learn_messages(stream, request["main"])
                elif request["kind"] == "pages":
                    copies.learn_pages(stream)
                elif request["kind"] == "page":
                    near = copies.learn_page(volume, name, _whole(stream))
                elif request["kind"] == "month":
                    near = pages.names(_text(stream, path), copies.ident)
                else:
                    near = copies.learn_attached(path, _whole(stream))
            except _DAMAGED as exc:
                return {"fault": _sentence(exc)}
        return {"near": near, "own": (volume, name) in copies.own}

    def redact(self, request: dict[str, Any]) -> dict[str, Any]:
        """Redact a file, which is sent on the channel, with one to write to if it is to be written.

        request: {"kind": mailbox, message, page, index, month, attached or lines, "path": see learn, "main": whether it is the mailbox in
        the copy, "write", "originals": whether to return the message}.
        answer: {"changed": whether it held the message, "original": base64 or None, "own": whether it is the message itself}, or {"fault":
        sentence}; then what was written is of no use.
        """
        files = self._files(2 if request["write"] else 1)
        with open(files[0], "rb") as stream, open(files[1] if request["write"] else os.devnull, "wb") as out:
            try:
                return self._redact(request, stream, out)
            except _DAMAGED as exc:
                return {"fault": _sentence(exc)}

    def _redact(self, request: Mapping[str, Any], stream: IO[bytes], out: IO[bytes]) -> dict[str, Any]:
        changed, own, original = False, False, b""
        for before, after, itself in self._pieces(request, stream):
            changed = changed or before != after
            own = own or itself
            if itself and before != after:
                original = original or before
            out.write(after)
        encoded = base64.b64encode(original).decode("ascii") if original and request["originals"] else None
        return {"changed": changed, "own": own, "original": encoded}

    def _pieces(self, request: Mapping[str, Any], stream: IO[bytes]) -> Iterator[tuple[bytes, bytes, bool]]:
        """The file in pieces: what each is, what it shall be, and whether it is the message itself."""
        copies, kind, path = self.copies, request["kind"], request["path"]
        if kind == "mailbox":
            yield from copies.new_mails(split(iter(partial(stream.read, PART), b"")), request["main"])
        elif kind == "lines":
            for line in stream:
                yield line, copies.new_line(line), False
        elif kind == "month" and path.endswith(".gz"):
            data = _whole(stream)
            text = _unpacked(data)
            new = copies.new_month(text)
            yield data, data if new == text else gzip.compress(new), False
        else:
            data = _whole(stream)
            volume, _slash, name = path.partition("/")
            itself = kind == "page" and (volume, name) in copies.own
            if kind == "page":
                new = copies.new_page(volume, name, data)
            elif kind == "index":
                new = copies.new_index(volume, data)
            elif kind == "month":
                new = copies.new_month(data)
            elif kind == "attached":
                new = copies.new_attached(data)
            else:
                new = copies.new_message(data)
                itself = message_id(data) == copies.ident
            yield data, new, itself

    def mentions(self, request: dict[str, Any]) -> dict[str, Any]:
        """Whether a file of any kind, which is sent on the channel, has the Message-ID in it. answer: {"there"}."""
        (file,) = self._files(1)
        with open(file, "rb") as stream:
            # There is no map of nothing.
            if not os.fstat(file).st_size:
                return {"there": False}
            with mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as content:
                return {"there": content.find(self.copies.ident) >= 0}

    def _files(self, number: int) -> list[int]:
        return list(array("i", socket.recv_fds(self._channel, 1, number)[1]))


def _whole(stream: IO[bytes] | gzip.GzipFile) -> bytes:
    data = stream.read(LARGEST + 1)
    if len(data) > LARGEST:
        raise ValueError("it is larger than any page or text")
    return data


def _unpacked(data: bytes) -> bytes:
    with gzip.GzipFile(fileobj=io.BytesIO(data)) as stream:
        return _whole(stream)


def _text(stream: IO[bytes], path: str) -> bytes:
    data = _whole(stream)
    return _unpacked(data) if path.endswith(".gz") else data


def _sentence(exc: BaseException) -> str:
    return "it cannot be read: {0}".format(getattr(exc, "strerror", None) or exc)


def main() -> None:
    serve(CopiesHandler)
