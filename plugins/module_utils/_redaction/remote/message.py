# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A message that says something else, and what messages and mailboxes are made of. Pure, on bytes; Python 2.7 and 3.

A replacement says what stands in its place: {"text": str, "subject": str or None,
"sender": [name, address] or None}. None leaves a header as it is. Whatever is
not of that message stays byte for byte. Doing it twice is doing it once, so
that what differs is what is left to do.
"""

import email
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


def replaced_header(name, original, replacement):
    # type: (bytes, bytes, dict[str, Any]) -> bytes
    """A header field of a message, or what stands in its place."""
    if name == b"subject" and replacement["subject"] is not None:
        return field("Subject", replacement["subject"])
    if name == b"from" and replacement["sender"] is not None:
        return sender_field(replacement["sender"])
    return original


def body(text, charset="utf-8"):
    # type: (str, str) -> bytes
    """The new text as lines that no mailbox takes for the beginning of a message."""
    return re.sub(r"(?m)^From ", ">From ", text + "\n").encode(charset, "replace")


def redacted(raw, replacement):
    # type: (bytes, dict[str, Any]) -> bytes
    """A message that says the new text."""
    envelope, head, _blank, _body = split(raw)
    kept = KEPT + (OF_SENDER if replacement["sender"] is None else ())
    if envelope and replacement["sender"] is not None:
        envelope = re.sub(pattern(r"\AFrom \S*"), b"From " + replacement["sender"][1].encode("ascii"), envelope)
    lines = [
        replaced_header(name, original, replacement)
        for name, original in fields(head)
        if name in kept or name.startswith((b"list-", b"x-mailman-"))
    ]
    return envelope + b"".join(lines) + CONTENT + b"\n" + body(replacement["text"])


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
