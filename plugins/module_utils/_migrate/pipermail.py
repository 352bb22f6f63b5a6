# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the files of a Pipermail archive are, which message each page shows, and where that is on a HyperKitty. Pure.

A page names its message in its link to a reply. Pages that an older Pipermail wrote do not; then Pipermail's own index does, which has
only those of the last numbering. Nothing that an index holds is run: see Index.
"""

from __future__ import annotations

import datetime
import hashlib
import io
import pickle
import re
from typing import Any, Collection, Iterator, Mapping, NamedTuple
from urllib.parse import quote, unquote_to_bytes

from ansible_collections.listops.mailman.plugins.module_utils._migrate.remote.messages import clean_id, message_id_hash

# How much of a page is read: its link is in its head.
HEAD = 1 << 16
# The names that a list and its folder can have with Mailman 2.1, and no others.
NAME = re.compile(r"[a-z0-9_][a-z0-9_.+=-]*")
_LINK = re.compile(rb'<LINK\s+REL="made"\s+HREF="mailto:([^"]*)"', re.IGNORECASE)
_REPLY = re.compile(rb"[?&]In-Reply-To=([^&]*)", re.IGNORECASE)
_SUBJECT = re.compile(rb"<H1>(.*?)</H1>", re.DOTALL | re.IGNORECASE)
_DATE = re.compile(rb"<I>(.*?)</I>", re.DOTALL | re.IGNORECASE)
_ARTICLE = re.compile(rb"<!--beginarticle-->(.*)<!--endarticle-->", re.DOTALL)
_NO_TEXT = re.compile(rb"(?:<|&lt;)?https?://[^\s<>]*|<[^>]*>", re.IGNORECASE)
_MESSAGE = re.compile(r"([A-Za-z0-9-]+)/([0-9]+\.html)")
_CONTENTS = re.compile(r"([A-Za-z0-9-]+)(?:/(?:(?:index|thread|date|subject|author)\.html)?)?")
_FRONT = ("", "index.html")
# In the map instead of a page on HyperKitty: the page of the list.
LIST_PAGE = "list"
# What is Pipermail's own, and no page.
_INTERNAL = re.compile(r"(?:database(?:/.*)?|pipermail\.pck|(?:.*/)?\.[^/]*|listops-was-public)", re.DOTALL)
# What a path of a file may hold where Apache serves it: see the apache role's migrated.j2.
_SERVED = re.compile(r"[^?\x00-\x1f\x7f]+")
_MONTHS = ["January", "February", "March", "April", "May", "June"]
_MONTHS += ["July", "August", "September", "October", "November", "December"]
# The classes of Pipermail's records.
_CLASSES = [
    (module, "Article")
    for module in ("Mailman.Archiver.HyperArch", "Mailman.Archiver.pipermail", "HyperArch", "pipermail")
]


# ---- messages


def _hashes(shown: str) -> Iterator[str]:
    """What the address of a message may end with, of which Pipermail shows the Message-ID as it was, with comments and brackets."""
    yield message_id_hash(shown)
    plain = clean_id("<{0}>".format(shown))
    if plain:
        yield message_id_hash(plain)


def _text(value: bytes) -> str:
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError:
        return value.decode("iso-8859-1")


def page_ids(page: bytes) -> list[str]:
    """The Message-ID that a page shows, without its brackets; also as it is written, since an old Pipermail quoted nothing."""
    link = _LINK.search(page)
    replies = _REPLY.findall(link.group(1).replace(b"&amp;", b"&")) if link else []
    found = [_bare(_text(value)) for value in (unquote_to_bytes(replies[-1]), replies[-1])] if replies else [""]
    return list(dict.fromkeys(found)) if found[0] else []


def _bare(message_id: str) -> str:
    message_id = message_id.strip()
    return message_id[1:-1] if message_id.startswith("<") and message_id.endswith(">") else message_id


def text_digest(page: bytes) -> bytes:
    """Equal for pages that show people the same message. Attachments may be elsewhere, and its neighbours may be others."""
    found = [pattern.search(page) for pattern in (_SUBJECT, _DATE, _ARTICLE)]
    text = b"\n".join(each.group(1) if each else b"" for each in found) if found[2] else page
    return hashlib.sha256(b" ".join(_NO_TEXT.sub(b" ", text).split())).digest()


# ---- Pipermail's index


class Damaged(Exception):
    """Why an index, or a record in it, is not read."""


class _Record:
    """Stands for a record; `state` holds its attributes."""

    state: Any = None

    def __setstate__(self, state: Any) -> None:
        self.state = state


class _Unpickler(pickle._Unpickler):  # type: ignore[name-defined, misc, unused-ignore] # pylint: disable=protected-access
    """In Python, since the one in C can be made to fill the memory by a few bytes."""

    def find_class(self, module: str, name: str) -> Any:
        """A class that only holds data, so that a pickle runs no code."""
        if (module, name) in _CLASSES:
            return _Record
        raise pickle.UnpicklingError("it holds a {0}.{1}".format(module, name))


def _record(data: bytes) -> Mapping[str, Any]:
    try:
        found = _Unpickler(io.BytesIO(data), encoding="bytes").load()
        state = found.state if isinstance(found, _Record) else None
        if not isinstance(state, dict):
            raise Damaged("it is no record of an article")
        return {_text(key) if isinstance(key, bytes) else key: value for key, value in state.items()}
    except Damaged:
        raise
    except Exception as exc:
        # A damaged pickle can raise almost any exception.
        raise Damaged(str(exc) if isinstance(exc, pickle.UnpicklingError) else type(exc).__name__) from exc


# The folder and the name of the index of a volume.
INDEX = ("database", "{0}-article")


class Index:
    """What one of Pipermail's indexes says.

    pages: file name of a page -> Message-ID.
    problems: why records are not read.

    It is a marshalled dictionary, of which only the kinds that such a file has are read here: Python's own reader of these
    trusts them. Its values are pickles.
    """

    def __init__(self, data: bytes) -> None:
        self.pages: dict[str, str] = {}
        self.problems: list[str] = []
        self._data = data
        self._at = 0
        self._words: list[bytes] = []
        self._references: list[bytes] = []
        for key, value in self._pairs():
            message_id = _bare(_text(key))
            try:
                name = self._page(_record(value))
            except Damaged as exc:
                self.problems.append("the record of {0!r}: {1}".format(message_id, exc))
            else:
                self.pages[name] = message_id

    @staticmethod
    def _page(record: Mapping[str, Any]) -> str:
        name, sequence = record.get("filename"), record.get("sequence")
        name = _text(name) if isinstance(name, bytes) else name
        if not isinstance(name, str) and isinstance(sequence, int) and not isinstance(sequence, bool):
            name = "{0:06d}.html".format(sequence)
        if not isinstance(name, str):
            raise Damaged("it names no page")
        return name

    def _pairs(self) -> Iterator[tuple[bytes, bytes]]:
        if self._kind()[0] != "{":
            raise Damaged("it is no dictionary")
        while True:
            key = self._word()
            if key is None:
                return
            value = self._word()
            if value is None:
                raise Damaged("a key has no value")
            yield key, value

    def _take(self, count: int) -> bytes:
        end = self._at + count
        if count < 0 or end > len(self._data):
            raise Damaged("it ends early")
        taken, self._at = self._data[self._at : end], end
        return taken

    def _number(self) -> int:
        return int.from_bytes(self._take(4), "little", signed=True)

    def _kind(self) -> tuple[str, bool]:
        code = self._take(1)[0]
        # Python 3 notes here that something may be referred to later on.
        if code & 0x80:
            self._references.append(b"")
        return chr(code & 0x7F), bool(code & 0x80)

    def _word(self) -> bytes | None:
        kind, kept = self._kind()
        place = len(self._references) - 1
        if kind == "0":
            return None
        if kind in "rR":
            known, number = (self._references if kind == "r" else self._words), self._number()
            if not 0 <= number < len(known):
                raise Damaged("it refers to nothing")
            return known[number]
        if kind not in "stuaAzZ":
            raise Damaged("it holds something else than text")
        word = self._take(self._take(1)[0] if kind in "zZ" else self._number())
        if kind == "t":
            self._words.append(word)
        if kept:
            self._references[place] = word
        return word


# ---- addresses


def volume_page(volume: str) -> str | None:
    """What HyperKitty has for a volume, such as 2003-March, after the list's address; None for what is no volume."""
    for pattern, page in (
        (r"(?P<year>\d{4})-(?P<name>[A-Z][a-z]+)", "/{0.year}/{0.month}/"),
        # HyperKitty has no page for a whole year
        (r"(?P<year>\d{4})", "/"),
        (r"(?P<year>\d{4})q(?P<quarter>[1-4])", "/{0.year}/{0.month}/"),
        (r"Week-of-Mon-(?P<year>\d{4})(?P<month>\d\d)(?P<day>\d\d)", "/{0.year}/{0.month}/"),
        (r"(?P<year>\d{4})(?P<month>\d\d)(?P<day>\d\d)", "/{0.year}/{0.month}/{0.day}/"),
    ):
        found = re.fullmatch(pattern, volume)
        if not found:
            continue
        said = found.groupdict()
        try:
            month = _MONTHS.index(said["name"]) + 1 if "name" in said else int(said.get("month") or 1)
            month = int(said["quarter"]) * 3 - 2 if "quarter" in said else month
            return page.format(datetime.date(int(said["year"]), month, int(said.get("day") or 1)))
        except ValueError:
            return None
    return None


class Place(NamedTuple):
    """What is at a path below an archive's folder.

    kind: message, month (also the archive's front page), file or internal.
    volume: of a message. page: where HyperKitty has a month, after the list's address.
    """

    kind: str
    volume: str = ""
    page: str = ""


def place(path: str) -> Place:
    message = _MESSAGE.fullmatch(path)
    if message and volume_page(message.group(1)):
        return Place("message", volume=message.group(1))
    if path in _FRONT:
        return Place("month", page="/")
    contents = _CONTENTS.fullmatch(path)
    page = volume_page(contents.group(1)) if contents else None
    if page:
        return Place("month", page=page)
    return Place("internal" if _INTERNAL.fullmatch(path) else "file")


class Entry(NamedTuple):
    """One page of the source, and where it is now.

    path: below the archive's folder.
    message_id: of the message that it shows, as far as it says so.
    found: how: link, index, month, file, page (kept, since its message is nowhere), or nothing.
    page: where it leads, after the list's address on HyperKitty, or LIST_PAGE; None for what is kept or not served.
    reason: why it is not where it should be.
    merged: whether an earlier page leads to the same message.
    """

    path: str
    message_id: str | None = None
    found: str = ""
    page: str | None = None
    reason: str = ""
    merged: bool = False

    @property
    def kept(self) -> bool:
        return self.found in ("file", "page")

    @property
    def state(self) -> str:
        if not self.found:
            return "quarantined"
        return "merged" if self.merged else "moved"


class Pages:
    """The pages of one archive, as they are found.

    hashes: of the messages that HyperKitty has of the list; None where it does not know the list, which has no page there.
    """

    def __init__(self, hashes: Collection[str] | None) -> None:
        self._known = hashes is not None
        self._hashes = hashes or ()
        self._led: dict[str, list[int]] = {}
        self.entries: list[Entry] = []

    def message(self, path: str, found: str, ids: list[str]) -> Entry:
        """A page of a message. ids: what its Message-ID may be; found: where that is from, link or index."""
        entry = self._message(path, found, ids)
        self.entries.append(entry)
        return entry

    def _message(self, path: str, found: str, ids: list[str]) -> Entry:
        for message_id in ids:
            for digest in _hashes(message_id):
                if digest in self._hashes:
                    led = self._led.setdefault(digest, [])
                    led.append(len(self.entries))
                    return Entry(path, message_id, found, "/message/{0}/".format(digest), merged=len(led) > 1)
        reason = "the archive has no such message" if ids else "neither the page nor the index names its message"
        return Entry(path, ids[0] if ids else None, "page", reason=reason)

    def twice(self) -> list[list[Entry]]:
        """The pages that lead to the same message, for each message that has several."""
        return [[self.entries[number] for number in numbers] for numbers in self._led.values() if len(numbers) > 1]

    def part(self, paths: Collection[str]) -> None:
        """Let pages of the same Message-ID that show several messages be what they were: which is which, nobody can say."""
        reason = "pages with this Message-ID show several messages"
        for number, entry in enumerate(self.entries):
            if entry.path in paths:
                self.entries[number] = entry._replace(found="page", page=None, reason=reason, merged=False)

    def month(self, path: str, page: str) -> None:
        self.entries.append(Entry(path, found="month", page=page if self._known else LIST_PAGE))

    def file(self, path: str) -> bool:
        """A file that is kept; whether it can be."""
        served = bool(_SERVED.fullmatch(path))
        reason = "" if served else "no address can have this name"
        self.entries.append(Entry(path, found="file" if served else "", reason=reason))
        return served

    def left(self, path: str, reason: str) -> None:
        self.entries.append(Entry(path, reason=reason))

    def kinds(self) -> dict[str, int]:
        """How the places of pages were found."""
        counts = dict.fromkeys(("link", "index", "month", "file", "page"), 0)
        for entry in self.entries:
            if entry.found:
                counts[entry.found] += 1
        return counts

    def account(self, source: str, address: str) -> Iterator[dict[str, Any]]:
        """One line for each page. source: the list's name in the copy; address: of the list now."""
        for entry in self.entries:
            old = "/pipermail/{0}/{1}".format(source, quote(entry.path, errors="surrogateescape"))
            new = None if entry.page is None else target(address, entry.page)
            line = {"path": old, "message_id": entry.message_id, "target": old if entry.kept else new}
            line["found"] = entry.found or None
            line["state"] = entry.state
            if entry.reason:
                line["reason"] = entry.reason
            yield line

    def lines(self, source: str) -> Iterator[str]:
        """The text of a RewriteMap: what follows /pipermail/, and what follows the list's address on HyperKitty."""
        for entry in self.entries:
            if entry.page is not None:
                for path in spellings("{0}/{1}".format(source, entry.path)):
                    yield "{0} {1}\n".format(path, entry.page)


def target(address: str, page: str) -> str:
    """The address of a page on the new host."""
    if page == LIST_PAGE:
        return "/mailman3/postorius/lists/{0}/".format(address.replace("@", ".", 1))
    return "/mailman3/hyperkitty/list/{0}{1}".format(address, page)


def spellings(path: str) -> list[str]:
    """The addresses of a page; Apache led from that of a folder to the same with a slash."""
    folder, _slash, name = path.rpartition("/")
    return [path, folder + "/", folder] if name == "index.html" else [path]
