# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A raw mail as HyperKitty keeps it: what hyperkitty_import would make of it, and no less of one that this could not take.

HyperKitty's own functions read the headers, and its Scrubber the text and the attachments. Python's email package parses a
header again each time that it is asked for; here a header that is known is not parsed again.
"""

from __future__ import annotations

import functools
import re
from datetime import datetime, timedelta, timezone
from email.feedparser import FeedParser
from email.message import EmailMessage
from email.policy import EmailPolicy, compat32
from email.utils import parsedate_to_datetime
from typing import Any, NamedTuple, cast

from ansible_collections.listops.mailman.plugins.module_utils._migrate.remote.messages import (
    EARLIEST,
    clean_id,
    head_of,
    lf,
    line_seconds,
)
from ansible_collections.listops.mailman.plugins.module_utils._programs.remote.separator import HEADER

# Lengths of HyperKitty's columns.
NAME, SUBJECT = 255, 512
# As HyperKitty does for a sender without an address.
UNKNOWN = "unknown@example.com"
# These are plain text for Python, so that a plain value needs no parser.
PLAIN_HEADERS = frozenset(("date", "subject", "in-reply-to", "references"))
_PLAIN = re.compile(r"[\t -~]*\Z")
# As EmailPolicy.
_LINE_ENDS = re.compile(r"\n|\r\n?")
_BREAKS = re.compile(r"(\n|\r|\r\n|\n\r)\s*")
_FROM_ADDRESS = re.compile(rb"From \s*(\S+@\S+)")
_CHARSET = re.compile(rb"charset=[\"']?([\w.-]+)", re.IGNORECASE)
_SURROGATES = re.compile("[\ud800-\udfff]")


class Unusable(Exception):
    """Why HyperKitty cannot have a mail, in a sentence."""


class Parsed(NamedTuple):
    """A row of HyperKitty's table of mails, without its thread; attachments: (counter, name, content_type, encoding, bytes)."""

    message_id: str
    sender: str
    sender_name: str
    subject: str
    content: str
    date: datetime
    timezone: int
    archived_date: datetime
    in_reply_to: str | None
    attachments: list[tuple[int, str, str, str | None, bytes]]
    mended: list[str]


class RememberingPolicy(EmailPolicy):
    """email.policy.default, which does not parse a header of the same text again."""

    def header_fetch_parse(self, name: str, value: Any) -> Any:
        if hasattr(value, "name"):
            return value
        return _header(name.lower(), _LINE_ENDS.sub("", value))


class CarefulPolicy(RememberingPolicy):
    """The same, for a mail with a header that Python's parser fails at."""

    def header_fetch_parse(self, name: str, value: Any) -> Any:
        try:
            return super().header_fetch_parse(name, value)
        except Exception:
            return Unparsed(value)


class Unparsed(str):
    """The text of a header, with what the email package asks a parsed one for."""

    datetime = None
    params: dict[str, str] = {}

    @property
    def content_disposition(self) -> str:
        return self.partition(";")[0].strip().lower()


@functools.lru_cache(maxsize=512)
def _header(name: str, value: str) -> Any:
    if name in PLAIN_HEADERS and "=?" not in value and _PLAIN.match(value):
        return value
    return _DEFAULT.header_fetch_parse(name, value)


_DEFAULT = EmailPolicy()
POLICY = RememberingPolicy()
CAREFUL = CarefulPolicy()


def parse(raw: bytes, message_id: str, line: bytes, arrived: int | None, latest: float) -> Parsed:
    """Raises Unusable, or whatever HyperKitty's functions raise.

    line: the From_ line. arrived, latest: see _migrate/remote/messages.py.
    """
    raw = lf(raw)
    if not HEADER.match(raw):
        raise Unusable("it has no header")
    mended: list[str] = []
    raw = _readable_head(raw, mended)
    before = len(mended)
    try:
        fields = _fields(raw, POLICY, line, arrived, latest, mended)
    except Unusable:
        raise
    except Exception:
        mended[before:] = ["what Python's email package cannot read of it was kept as it is"]
        fields = _fields(raw, CAREFUL, line, arrived, latest, mended)
    return Parsed._make([message_id, *fields, mended])


def _fields(
    raw: bytes, policy: EmailPolicy, line: bytes, arrived: int | None, latest: float, mended: list[str]
) -> tuple[Any, ...]:
    """All fields of Parsed but the first and the last."""
    message = _message(raw, policy)
    sender, name = _sender(message, line, mended)
    date, offset = _date(message, arrived, latest, mended)
    reference = _reference(message)
    subject = _storable(_subject(message), SUBJECT, "subject", mended)
    sender_name = _storable(name, NAME, "sender's name", mended)
    content, attachments = _scrubbed(message, raw, mended)
    return (
        sender,
        sender_name,
        subject,
        _storable(content, None, "text", mended),
        date,
        offset,
        _archived(line, date, latest),
        reference,
        [_attachment(each, mended) for each in attachments],
    )


def _message(raw: bytes, policy: Any) -> EmailMessage:
    parser = FeedParser(policy=policy)
    parser.feed(raw.decode("ascii", "surrogateescape"))
    return cast("EmailMessage", parser.close())


def _readable_head(raw: bytes, mended: list[str]) -> bytes:
    """The mail with headers in UTF-8, which Python reads, in place of another encoding, and without NUL bytes."""
    head = head_of(raw)
    new = head.replace(b"\0", b"")
    if new != head:
        mended.append("NUL bytes in its headers were removed")
    try:
        new.decode("utf-8")
    except UnicodeDecodeError:
        named = _CHARSET.search(new)
        charsets = ["utf-8", *([named.group(1).decode("ascii")] if named else []), "cp1252", "latin-1"]
        new = b"".join(_decoded(line, charsets).encode("utf-8") for line in new.splitlines(True))
        mended.append(
            "headers with other letters than those of UTF-8 were read as {0}".format(" or ".join(charsets[1:-1]))
        )
    return raw if new == head else new + raw[len(head) :]


def _decoded(raw: bytes, charsets: list[str]) -> str:
    """The text, in the first charset that fits."""
    for charset in charsets:
        try:
            return raw.decode(charset)
        except (UnicodeDecodeError, LookupError, ValueError):
            pass
    raise AssertionError(charsets)


def _sender(message: EmailMessage, line: bytes, mended: list[str]) -> tuple[str, str]:
    """(address, name) of the sender."""
    value = message["From"]
    written = next((str(text) for name, text in message.raw_items() if name.lower() == "from"), "")
    if "@" not in written and " at " in written:
        # As Pipermail shows addresses; Python would lose the name.
        value = written.replace(" at ", "@", 1)
    if value is None or not value.strip():
        found = _FROM_ADDRESS.match(line)
        value = message["Sender"] or message["Reply-To"] or (found and found.group(1).decode("ascii", "replace"))
        mended.append("it has no From; its sender is {0}".format(value or "unknown"))
    address, name = _address(str(value or ""))
    if not address.isascii() or len(address) > NAME - 1:
        # HyperKitty keeps addresses in ASCII, and shows names.
        name = name if address in name else "{0} <{1}>".format(name, address)
        address = "{0}@example.com".format(re.sub("[^a-z0-9]", "", address.lower())[:64] or "unknown")
        mended.append("its sender's address is not one that HyperKitty can keep; it is in the sender's name")
    return address.replace("\0", ""), name


@functools.lru_cache(maxsize=4096)
def _address(value: str) -> tuple[str, str]:
    """As HyperKitty's add_to_list does."""
    from hyperkitty.lib.utils import header_to_unicode, parseaddr

    name, address = parseaddr(header_to_unicode(value))
    name, address = name.strip(), address.strip()
    if not address:
        address = "{0}@example.com".format(re.sub("[^a-z0-9]", "", name.lower()) or "unknown") if name else UNKNOWN
    return address, name


def _date(message: EmailMessage, arrived: int | None, latest: float, mended: list[str]) -> tuple[datetime, int]:
    """The date, and its distance from UTC in minutes. Never the time of the import."""
    for name in ("Date", "Resent-Date"):
        for value in message.get_all(name, ())[:1]:
            found = _dated(str(value), latest)
            if found is not None:
                if name != "Date" or found[2]:
                    mended.append("its date {0!r} was read as {1:%Y-%m-%d %H:%M} UTC".format(str(value), found[0]))
                return found[0], found[1]
    if arrived is None:
        raise Unusable("it has no date that can be read, nor has a mail beside it")
    date = datetime.fromtimestamp(arrived, timezone.utc)
    mended.append("its date cannot be right; it is now the one of its arrival, {0:%Y-%m-%d %H:%M} UTC".format(date))
    return date, 0


def _dated(value: str, latest: float) -> tuple[datetime, int, bool] | None:
    """(date in UTC, minutes from UTC, whether the year was mended), or None."""
    try:
        date = parsedate_to_datetime(value)
        mended = 100 <= date.year < 200
        if mended:
            # The years since 1900, as some programs wrote them.
            date = date.replace(year=date.year + 1900)
        offset = date.utcoffset() or timedelta(0)
        if abs(offset) > timedelta(hours=13):
            # As HyperKitty's parsedate.
            offset = timedelta(0)
        date = date.astimezone(timezone.utc) if date.tzinfo else date.replace(tzinfo=timezone.utc)
        seconds = date.timestamp()
    except (ValueError, TypeError, OverflowError, IndexError, AttributeError):
        return None
    if not EARLIEST <= seconds <= latest:
        return None
    return date, int((offset.days * 86400 + offset.seconds) / 60), mended


def _archived(line: bytes, date: datetime, latest: float) -> datetime:
    """When the mail was archived: as its From_ line says, or else its own date."""
    seconds = line_seconds(line)
    if seconds is None or not EARLIEST <= seconds <= latest:
        return date
    return datetime.fromtimestamp(seconds, timezone.utc)


def _reference(message: EmailMessage) -> str | None:
    """The Message-ID of what the mail answers."""
    from hyperkitty.lib.utils import get_ref

    found: str | None = get_ref(message)
    return found and clean_id(found)


def _subject(message: EmailMessage) -> str:
    from hyperkitty.lib.utils import header_to_unicode

    value = message["Subject"]
    if value.__class__ is str:
        # A plain one, which HyperKitty's function leaves as it is.
        return value
    return "" if value is None else str(header_to_unicode(_BREAKS.sub(" ", value)))


def _scrubbed(message: EmailMessage, raw: bytes, mended: list[str]) -> tuple[str, list[Any]]:
    """The text and the attachments, by HyperKitty's Scrubber."""
    scrub = _scrubber(careful=message.policy is CAREFUL)
    content, attachments = scrub(message).scrub()
    if "\ufffd" in content:
        # Scrubbing changes the message, so this one is read again.
        message = _message(raw, message.policy)
        if _recharged(message):
            content, attachments = scrub(message).scrub()
            mended.append("text that is not in the charset that it names was read in another one")
    return content, attachments


@functools.lru_cache(maxsize=2)
def _scrubber(careful: bool) -> Any:
    from django_mailman3.lib.scrub import Scrubber

    class CarefulScrubber(Scrubber):
        """Keeps an attachment that Python cannot read as the bytes that it is."""

        def _parse_attachment(self, part: Any, part_num: int, filter_html: bool = True) -> Any:
            try:
                return super()._parse_attachment(part, part_num, filter_html)
            except Exception:
                return part_num, "attachment.bin", "application/octet-stream", None, part.as_bytes(policy=compat32)

    return CarefulScrubber if careful else Scrubber


def _recharged(message: EmailMessage) -> bool:
    """Give parts of text whose charset is unknown or wrong another one that fits; whether there are any."""
    found = False
    for part in message.walk():
        charset = part.get_content_charset()
        if part.get_content_maintype() != "text" or part.is_multipart() or not charset:
            continue
        payload = cast("bytes", part.get_payload(decode=True))
        for name in (charset, "utf-8", "cp1252", "latin-1"):
            try:
                payload.decode(name)
            except (UnicodeDecodeError, LookupError, ValueError, AssertionError, AttributeError):
                continue
            if name != charset:
                part.set_param("charset", name)
                found = True
            break
    return found


def _attachment(found: Any, mended: list[str]) -> tuple[int, str, str, str | None, bytes]:
    """As HyperKitty's Attachment.set_content."""
    counter, name, content_type, encoding, content = found
    if isinstance(content, str):
        try:
            content = content.encode("utf-8" if encoding is None else encoding, "replace")
        except (LookupError, ValueError):
            mended.append(
                "an attachment names the charset {0!r}, which is unknown, and is kept in UTF-8".format(encoding)
            )
            encoding, content = "utf-8", content.encode("utf-8", "replace")
    short = [_storable(each, NAME, "attachment", mended) for each in (name, content_type, encoding)]
    return counter, short[0] or "", short[1] or "", short[2], content


def _storable(text: Any, length: int | None, what: str, mended: list[str]) -> str | None:
    """A text as every database takes it."""
    if text is None:
        return None
    text = str(text)
    new: str = text.replace("\0", "")
    if _SURROGATES.search(new):
        new = _SURROGATES.sub("\ufffd", new)
    if new != text:
        mended.append("what cannot be a character was taken out of its {0}".format(what))
    if length is not None and len(new) > length:
        mended.append("its {0} of {1} characters was cut to {2}".format(what, len(new), length))
        new = new[:length]
    return new
