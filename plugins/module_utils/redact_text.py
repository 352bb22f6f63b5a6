# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Messages, mailboxes and digests without what one message said. Pure, on bytes; Python 2.7 and 3.

A wish says what stands in its place: {"text": str, "subject": str or None,
"sender": [name, address] or None}. None leaves a header as it is. Whatever is
not of that message stays byte for byte. Doing it twice is doing it once, so
that what differs is what is left to do.
"""

import base64
import email
import quopri
import re
from email.header import Header
from email.utils import formataddr

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, Iterable, Iterator  # noqa: F401


def pattern(text):
    # type: (str) -> bytes
    """A regular expression for bytes; Python 2.7 has no rb""."""
    return text.encode("ascii")


# What says where a message belongs; other headers may say what it said.
KEPT = (
    b"archived-at",
    b"cc",
    b"date",
    b"from",
    b"in-reply-to",
    b"message",
    b"message-id",
    b"message-id-hash",
    b"precedence",
    b"references",
    b"subject",
    b"to",
    b"x-list-received-date",
    b"x-message-id-hash",
)
# Kept, too, as long as the sender is.
OF_SENDER = (b"received", b"reply-to", b"return-path", b"sender")
CONTENT = b"MIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n"
FIELD = re.compile(pattern(r"[^\n]*\n(?:[ \t][^\n]*\n)*"))
# Between the messages of a plain digest (RFC 1153).
SEPARATOR = b"-" * 30

# Python 2 has only one kind of text in messages.
parse = getattr(email, "message_from_bytes", None) or email.message_from_string  # type: Callable[[Any], Any]


def bare(message_id):
    # type: (bytes) -> bytes
    """A Message-ID without blanks and brackets."""
    return re.sub(pattern(r"[\s<>]"), b"", message_id)


def split(raw):
    # type: (bytes) -> tuple[bytes, bytes, bytes, bytes]
    """Envelope line of a mailbox, header fields, empty line, body; together they are the message."""
    envelope = b""
    if raw.startswith(b"From "):
        envelope, newline, raw = raw.partition(b"\n")
        envelope += newline
    found = re.search(pattern(r"(?m)^\r?\n"), raw)
    if found is None:
        return envelope, raw, b"", b""
    return envelope, raw[: found.start()], found.group(), raw[found.end() :]


def fields(head):
    # type: (bytes) -> list[tuple[bytes, bytes]]
    """Header fields as they are, each with its name in lower case."""
    found = FIELD.findall(head if head.endswith(b"\n") else head + b"\n")
    return [(field.partition(b":")[0].strip().lower(), field) for field in found]


def message_id(raw):
    # type: (bytes) -> bytes
    """The bare Message-ID, or nothing."""
    for name, field in fields(split(raw)[1]):
        if name == b"message-id":
            return bare(field.partition(b":")[2])
    return b""


def field(name, text):
    # type: (str, str) -> bytes
    """A header field with any text."""
    charset = "us-ascii" if all(ord(letter) < 128 for letter in text) else "utf-8"
    return "{0}: {1}\n".format(name, Header(text, charset, header_name=name).encode()).encode("ascii")


def sender_field(sender):
    # type: (Iterable[str]) -> bytes
    name, address = sender
    shown = str(Header(name, "utf-8").encode()) if any(ord(letter) > 127 for letter in name) else name
    return "From: {0}\n".format(formataddr((shown, address))).encode("ascii")


def replacement(name, original, wish):
    # type: (bytes, bytes, dict[str, Any]) -> bytes
    """A header field of a message, or what stands in its place."""
    if name == b"subject" and wish["subject"] is not None:
        return field("Subject", wish["subject"])
    if name == b"from" and wish["sender"] is not None:
        return sender_field(wish["sender"])
    return original


def body(text, charset="utf-8"):
    # type: (str, str) -> bytes
    """The new text as lines that no mailbox takes for the beginning of a message."""
    return re.sub(r"(?m)^From ", ">From ", text + "\n").encode(charset, "replace")


def redacted(raw, wish):
    # type: (bytes, dict[str, Any]) -> bytes
    """A message that says the new text."""
    envelope, head, _blank, _body = split(raw)
    kept = KEPT + (OF_SENDER if wish["sender"] is None else ())
    if envelope and wish["sender"] is not None:
        envelope = re.sub(pattern(r"\AFrom \S*"), b"From " + wish["sender"][1].encode("ascii"), envelope)
    lines = [
        replacement(name, original, wish)
        for name, original in fields(head)
        if name in kept or name.startswith((b"list-", b"x-mailman-"))
    ]
    return envelope + b"".join(lines) + CONTENT + b"\n" + body(wish["text"])


def cleaned(raw, ident, wish):
    # type: (bytes, bytes, dict[str, Any]) -> bytes
    """A message without what it holds of another: itself, a part of a digest, or a section of a plain one.

    ident: the other's bare Message-ID.
    """
    lower = raw.lower()
    # Most messages hold nothing, and are told at a glance; encoded text may hide it.
    if ident not in raw and b"base64" not in lower and b"quoted-printable" not in lower:
        return raw
    if message_id(raw) == ident:
        return redacted(raw, wish)
    envelope, head, blank, content = split(raw)
    return envelope + _entity(head, blank, content, "text/plain", ident, wish)


def _entity(head, blank, content, default, ident, wish):
    # type: (bytes, bytes, bytes, str, bytes, dict[str, Any]) -> bytes
    """A part of a message; default: its type unless it says so."""
    parsed = parse(head)
    kind = parsed.get_content_type() if "content-type" in parsed else default
    boundary = parsed.get_boundary()
    if kind.startswith("multipart/") and boundary:
        inner = "message/rfc822" if kind == "multipart/digest" else "text/plain"
        return head + blank + _parts(content, boundary.encode("latin-1"), inner, ident, wish)
    if kind == "message/rfc822":
        return head + blank + cleaned(content, ident, wish)
    if kind == "text/plain":
        text = parse(head + blank + content).get_payload(decode=True) or b""
        new = plain_digest(text, ident, wish, parsed.get_content_charset("utf-8"))
        if new != text:
            encoding = parsed.get("content-transfer-encoding", "").strip().lower()
            return head + blank + _encoded(new, encoding)
    return head + blank + content


def _parts(content, boundary, default, ident, wish):
    # type: (bytes, bytes, str, bytes, dict[str, Any]) -> bytes
    pieces = re.split(pattern(r"(?m)(^--") + re.escape(boundary) + pattern(r"(?:--)?[ \t]*\r?(?:\n|\Z))"), content)
    out = pieces[:1]
    for delimiter, part in zip(pieces[1::2], pieces[2::2]):
        out.append(delimiter)
        if delimiter.rstrip() != b"--" + boundary + b"--":
            _envelope, head, blank, inner = split(part)
            part = _entity(head, blank, inner, default, ident, wish)
        out.append(part)
    return b"".join(out)


def _encoded(text, encoding):
    # type: (bytes, str) -> bytes
    if encoding == "base64":
        return b"".join(base64.b64encode(text[at : at + 57]) + b"\n" for at in range(0, len(text), 57))
    return quopri.encodestring(text) if encoding == "quoted-printable" else text


def section(lines, is_ident):
    # type: (list[bytes], Callable[[bytes], bool]) -> tuple[int, int, int] | None
    """Where a plain digest holds a message: its first header line, first line of its text, and the line after it.

    is_ident: whether a line is the Message-ID that is looked for.
    """
    for at, line in enumerate(lines):
        if not is_ident(line):
            continue
        first = at
        while first and lines[first - 1].strip() and not lines[first - 1].startswith(SEPARATOR):
            first -= 1
        before = first
        while before and not lines[before - 1].strip():
            before -= 1
        if not before or not lines[before - 1].startswith(SEPARATOR):
            continue
        start = at
        while start < len(lines) and lines[start].strip():
            start += 1
        start = min(start + 1, len(lines))
        end = start
        while end < len(lines) and not _ends_section(lines, end):
            end += 1
        return first, start, end
    return None


def _ends_section(lines, at):
    # type: (list[bytes], int) -> bool
    """A line of hyphens may be part of a message; that of a digest has headers or the end after it."""
    if lines[at].rstrip() != SEPARATOR:
        return False
    rest = [line for line in lines[at + 1 : at + 8] if line.strip()]
    return not rest or bool(re.match(pattern(r"[A-Za-z-]+: |_{10}|End of "), rest[0]))


def has_ident(ident, at=b"@"):
    # type: (bytes, bytes) -> Callable[[bytes], bool]
    """Whether a line is that Message-ID header; at: how it writes @."""
    return lambda line: line[:11].lower() == b"message-id:" and bare(line[11:].replace(at, b"@")) == ident


def plain_digest(text, ident, wish, charset="utf-8", at=b"@"):
    # type: (bytes, bytes, dict[str, Any], str, bytes) -> bytes
    """The text of a plain digest without what one message in it said; at: how it writes @."""
    if ident.partition(b"@")[0] not in text:
        return text
    lines = text.split(b"\n")
    found = section(lines, has_ident(ident, at))
    if found is None:
        return text
    first, start, end = found
    fresh = [replacement(name, was, wish) for name, was in fields(b"\n".join(lines[first : start - 1]))]
    new = b"".join(fresh).split(b"\n") + body(wish["text"], charset).split(b"\n")
    return b"\n".join(lines[:first] + new + lines[end:])


def mailbox(lines):
    # type: (Iterable[bytes]) -> Iterator[bytes]
    """The messages of a mailbox, each with its envelope line and what is before the next one."""
    chunk = []  # type: list[bytes]
    for line in lines:
        if line.startswith(b"From ") and chunk:
            yield b"".join(chunk)
            chunk = []
        chunk.append(line)
    if chunk:
        yield b"".join(chunk)


def cleaned_chunk(chunk, ident, wish):
    # type: (bytes, bytes, dict[str, Any]) -> bytes
    """A message of a mailbox, see `cleaned`; an empty line stays between it and the next."""
    new = cleaned(chunk, ident, wish)
    if new != chunk and chunk.endswith(b"\n\n") and not new.endswith(b"\n\n"):
        new += b"\n"
    return chunk if new == chunk else new
