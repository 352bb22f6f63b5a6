# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The mails of a mailbox: where each begins, its Message-ID, when it arrived, what it answers, and which are there twice. Pure.

Runs in HyperKitty's interpreter, and in Ansible's for those who need the address of a message.
"""

from __future__ import annotations

import base64
import calendar
import contextlib
import hashlib
import itertools
import re
from array import array
from email.errors import MessageError
from email.header import decode_header, make_header
from email.utils import mktime_tz, parsedate_tz, unquote
from typing import Any, Callable, Iterable, Iterator, Mapping, NamedTuple

from ansible_collections.listops.mailman.plugins.module_utils._programs.remote.separator import HEADER, SEPARATOR

# How much of a file is read at once.
PART = 1 << 22
# No mail is older, so an earlier date is that of a clock that was not set.
EARLIEST = calendar.timegm((1971, 1, 1, 0, 0, 0))
# HyperKitty cuts Message-IDs of this length or more to one less.
LONGEST_ID = 255
# How much of a head, and of a header's text, people are shown.
LONGEST_HEAD, LONGEST_TEXT = 1 << 16, 200
# Why a mail has a Message-ID that was made up.
NO_ID = "it has no Message-ID"
# The domain of Message-IDs that were made up.
MADE_UP = "@made-up-message-id.invalid"

_BREAK = re.compile(rb"\r\n?")
_WANTED = re.compile(
    rb"^(message-id|in-reply-to|references|date)[ \t]*:(.*(?:\n[ \t].*)*)", re.IGNORECASE | re.MULTILINE
)
_BRACKETED = re.compile(r"<([^<>]+)>")
_TIME = re.compile(
    rb"(\w{3})\s+(\d?\d)\s+(\d?\d):(\d\d)(?::(\d\d))?(?:\s+[A-Za-z]\S*)?\s+(\d{4})(?:\s+([-+]\d{4}))?\s*\Z"
)
_MONTHS = {name: number for number, name in enumerate(calendar.month_abbr) if name}


# ---- one mail


def lf(raw: bytes) -> bytes:
    """The same with line ends as on Unix."""
    return _BREAK.sub(b"\n", raw) if b"\r" in raw else raw


def parts_of(mail: bytes) -> tuple[bytes, bytes]:
    """The From_ line, without its end, or nothing; and the raw mail, without the empty line before the next one."""
    line = b""
    if mail.startswith(b"From "):
        line, _end, mail = mail.partition(b"\n")
    return line.rstrip(), mail[:-1] if mail.endswith(b"\n\n") else mail


def head_of(raw: bytes) -> bytes:
    end = raw.find(b"\n\n")
    return raw if end < 0 else raw[: end + 1]


def text_digest(raw: bytes) -> bytes:
    """Equal for mails of which people read the same text, however it travelled."""
    text = lf(raw)
    lines = (line.rstrip() for line in text[len(head_of(text)) :].strip().split(b"\n"))
    return hashlib.sha256(b"\n".join(line[1:] if line.startswith(b">From ") else line for line in lines)).digest()


def clean_id(text: str) -> str | None:
    """A Message-ID as HyperKitty keeps it, from a header with comments, line ends or too many brackets; None if there is none."""
    text = re.sub(r"[\x00-\x20\x7f]", "", text.encode("ascii", "ignore").decode("ascii"))
    bracketed = _BRACKETED.search(text)
    found = bracketed.group(1) if bracketed else text.strip("<>")
    return (found[: LONGEST_ID - 1] if len(found) >= LONGEST_ID else found) or None


def message_id_hash(message_id: str) -> str:
    """The name of a message in HyperKitty's addresses, from a Message-ID with angle brackets or without."""
    bare = unquote(message_id)
    bare = bare[: LONGEST_ID - 1] if len(bare) >= LONGEST_ID else bare
    return base64.b32encode(hashlib.sha1(unquote(bare).encode("utf-8")).digest()).decode("ascii")


def made_up_id(*parts: bytes) -> str:
    """A Message-ID for a mail that has none of its own, the same each time."""
    return hashlib.sha256(b"\0".join(parts)).hexdigest()[:40] + MADE_UP


def message_id(raw: bytes) -> str | None:
    """The Message-ID that a raw mail has, or None."""
    return headers(raw)[0]


def headers(raw: bytes) -> tuple[str | None, str | None, str | None]:
    """Message-ID, the Message-ID of what it answers, and the date as it is written."""
    found: dict[bytes, str] = {}
    for match in _WANTED.finditer(head_of(lf(raw))):
        value = match.group(2).decode("ascii", "replace").strip()
        if value:
            found.setdefault(match.group(1).lower(), value)
    reference = found.get(b"in-reply-to") or "".join(found.get(b"references", "").split()[-1:])
    own = found.get(b"message-id")
    return own and clean_id(own), clean_id(reference), found.get(b"date")


def shown(raw: bytes) -> dict[str, str]:
    """Who wrote a raw mail, when and about what: "from", "date" and "subject" as people read them; what is missing is empty."""
    found = {}
    head = head_of(lf(raw))[:LONGEST_HEAD]
    for name in ("from", "date", "subject"):
        match = re.search(
            rb"^" + name.encode("ascii") + rb"[ \t]*:(.*(?:\n[ \t].*)*)", head, re.IGNORECASE | re.MULTILINE
        )
        found[name] = _readable(match.group(1)) if match else ""
    return found


def _readable(value: bytes) -> str:
    """The text of a header without control characters and what turns the direction of writing."""
    text = value.decode("utf-8", "replace")
    if "=?" in text:
        with contextlib.suppress(LookupError, ValueError, MessageError):
            text = str(make_header(decode_header(text)))
    text = "".join(letter if letter.isprintable() else " " for letter in text)
    text = " ".join(text.split())
    return text if len(text) <= LONGEST_TEXT else text[: LONGEST_TEXT - 1] + "…"


def date_seconds(text: str) -> int | None:
    """When a Date header says, as seconds since 1970; None for what it could not say."""
    try:
        parsed = parsedate_tz(text)
        return None if parsed is None else int(mktime_tz(parsed))
    except (ValueError, OverflowError, IndexError, TypeError):
        return None


def line_seconds(line: bytes) -> int | None:
    """When a From_ line says, as seconds since 1970; None when it does not."""
    found = _TIME.search(line)
    if found is None or found.group(1).decode("ascii", "replace").title() not in _MONTHS:
        return None
    month, day, hour, minute, second, year, zone = found.groups()
    parts = [
        int(year),
        _MONTHS[month.decode("ascii").title()],
        *(int(each or 0) for each in (day, hour, minute, second)),
    ]
    if not (1 <= parts[2] <= 31 and parts[3] < 24 and parts[4] < 60 and parts[5] < 62):
        return None
    east = int(zone[:1] + b"1") * (int(zone[1:3]) * 3600 + int(zone[3:]) * 60) if zone else 0
    return calendar.timegm(tuple(parts)) - east


# ---- a mailbox


def split(pieces: Iterable[bytes]) -> Iterator[tuple[int, bytes]]:
    """Split a file, read in pieces, into mails with their From_ lines: (offset, mail). Only the present mail is in memory."""
    kept, offset, at = bytearray(), 0, 0
    for piece in itertools.chain(pieces, [b""]):
        kept += piece
        while True:
            at = kept.find(b"\nFrom ", at)
            if at < 0:
                at = max(0, len(kept) - 5)
                break
            if piece and kept.find(b"\n", kept.find(b"\n", at + 1) + 1 or len(kept)) < 0:
                # The line after it says what it is.
                break
            if _begins(kept, at + 1):
                yield offset, bytes(kept[: at + 1])
                del kept[: at + 1]
                offset, at = offset + at + 1, 0
            else:
                at += 1
    if kept:
        yield offset, bytes(kept)


def _begins(kept: bytearray, at: int) -> bool:
    """Whether a mail begins here. Mailman 2.1 wrote no empty line after a mail whose last line had no end."""
    end = kept.find(b"\n", at)
    return end > 0 and bool(SEPARATOR.match(kept[at:end]) and HEADER.match(kept, end + 1))


class Mail(NamedTuple):
    """One mail of a mailbox.

    message_id: its own, or one that was made up.
    merged: the position of an earlier mail that is the same, or None.
    reason: why it is merged, or has another Message-ID than its own.
    arrived: seconds since 1970, by its From_ line, or its Date, or the mails beside it; None if nothing says it.
    """

    position: int
    message_id: str
    sha256: str
    merged: int | None
    reason: str | None
    arrived: int | None


class Mailbox:
    """A mailbox that is read twice: once now, to know all of its mails, and mail by mail later.

    read: gives bytes of the file, (size, offset) as os.pread.
    latest: seconds since 1970; a later date is wrong.
    ids: Message-IDs of mails without one, by position.
    look: called once with each mail: its position, From_ line, raw mail, and when it arrived if these say so.
    """

    def __init__(
        self,
        read: Callable[[int, int], bytes],
        latest: float,
        ids: Mapping[str, str] | None = None,
        look: Callable[[int, bytes, bytes, int | None], None] | None = None,
    ) -> None:
        self._read = read
        self._latest = latest
        self._look = look
        self._offsets, self._sizes = array("q"), array("q")
        self._arrived, self._parents = array("q"), array("q")
        self._digests = bytearray()
        self._ids: list[str] = []
        self._merged: dict[int, int] = {}
        self._reasons: dict[int, str] = {}
        self._index: dict[str, int] = {}
        self._scan(ids or {})

    def __len__(self) -> int:
        return len(self._ids)

    def mail(self, position: int) -> Mail:
        arrived = self._arrived[position]
        return Mail(
            position,
            self._ids[position],
            self._digests[32 * position : 32 * position + 32].hex(),
            self._merged.get(position),
            self._reasons.get(position),
            None if arrived < 0 else arrived,
        )

    def position(self, message_id: str) -> int | None:
        """Of the first mail with this Message-ID."""
        return self._index.get(message_id)

    def place(self, position: int) -> tuple[int, int]:
        """(offset, size) of a mail in the file, with its From_ line."""
        return self._offsets[position], self._sizes[position]

    def raw(self, position: int) -> bytes:
        """The raw mail, without its From_ line."""
        return parts_of(whole(self._read, *self.place(position)))[1]

    def order(self) -> Iterator[int]:
        """The positions of all mails that are not merged; what a mail answers comes before it."""
        done = bytearray(len(self))
        for position in range(len(self)):
            line = []
            while position >= 0 and not done[position]:
                done[position] = 1
                line.append(position)
                position = self._parents[position]
            yield from (each for each in reversed(line) if each not in self._merged)

    # ---- reading

    def _pieces(self) -> Iterator[bytes]:
        offset = 0
        while True:
            piece = self._read(PART, offset)
            if not piece:
                return
            offset += len(piece)
            yield piece

    def _scan(self, ids: Mapping[str, str]) -> None:
        references: list[str | None] = []
        for offset, mail in split(self._pieces()):
            line, raw = parts_of(mail)
            if not line and not raw.strip():
                # Empty lines before the first mail.
                continue
            position = len(self)
            own, reference, date = headers(raw)
            self._offsets.append(offset)
            self._sizes.append(len(mail))
            self._digests += hashlib.sha256(raw).digest()
            self._arrived.append(self._when(line, date))
            self._ids.append(self._identify(position, own, raw, ids))
            if self._look is not None:
                self._look(position, line, raw, None if self._arrived[position] < 0 else self._arrived[position])
            # A text that is there twice needs memory once.
            known = self._index.get(reference) if reference else None
            references.append(reference if known is None else self._ids[known])
        for reference in references:
            self._parents.append(-1 if reference is None else self._index.get(reference, -1))
        self._fill_arrived()

    def _when(self, line: bytes, date: str | None) -> int:
        for found in (line_seconds(line), date_seconds(date) if date else None):
            if found is not None and EARLIEST <= found <= self._latest:
                return found
        return -1

    def _fill_arrived(self) -> None:
        """Let those of which nothing is known arrive with the mail before, or else with the one after."""
        for steps in (range(len(self)), reversed(range(len(self)))):
            last = -1
            for position in steps:
                if self._arrived[position] < 0:
                    self._arrived[position] = last
                last = self._arrived[position]

    def _identify(self, position: int, own: str | None, raw: bytes, ids: Mapping[str, str]) -> str:
        if own is None:
            given = ids.get(str(position))
            own = (given and clean_id(given)) or made_up_id(raw)
            self._reasons[position] = NO_ID
        first = self._index.setdefault(own, position)
        if first == position:
            return own
        text = text_digest(raw)
        if text != text_digest(self.raw(first)):
            self._reasons[position] = "its Message-ID is also that of mail {0}, which has another text".format(first)
            own = made_up_id(own.encode("ascii"), text)
            first = self._index.setdefault(own, position)
        if first != position:
            self._merged[position] = first
            self._reasons[position] = "it has the Message-ID and the text of mail {0}".format(first)
        return own


def whole(read: Callable[[int, int], bytes], offset: int, size: int) -> bytes:
    """All the bytes of a part of a file, of which a system call may give fewer. Raises EOFError for a file that became shorter."""
    found = []
    while size:
        piece = read(size, offset)
        if not piece:
            raise EOFError("the mailbox became shorter while it was read")
        found.append(piece)
        offset, size = offset + len(piece), size - len(piece)
    return b"".join(found)


def thread_positions(rows: Iterable[tuple[int, int | None, Any]]) -> dict[int, tuple[int, int]]:
    """Order and depth of the mails of one thread, as HyperKitty computes them: answers to a mail by their dates.

    rows: (key, key of what it answers, date). Of mails that answer each other in a circle, and of those that answer one
    that is not there, the thread begins with the earliest.
    """
    answers: dict[int | None, list[int]] = {}
    dates = {}
    parents = {}
    for key, parent, date in rows:
        dates[key] = (date, key)
        parents[key] = parent
    for key in sorted(dates, key=lambda one: dates[one]):
        parent = parents[key]
        answers.setdefault(parent if parent in dates and parent != key else None, []).append(key)
    placed: dict[int, tuple[int, int]] = {}
    # The last ones are taken first; whoever is in a circle alone comes at the end.
    starts = answers.get(None, []) + sorted(dates, key=lambda one: dates[one])
    for start in starts:
        waiting = [(start, 0)]
        while waiting:
            key, depth = waiting.pop()
            if key in placed:
                continue
            placed[key] = (len(placed), depth)
            waiting += [(answer, depth + 1) for answer in reversed(answers.get(key, []))]
    return placed
