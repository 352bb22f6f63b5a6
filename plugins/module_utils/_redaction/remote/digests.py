# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Digests, and whatever else holds a message, without what that said. Pure, on bytes; Python 2.7 and 3.

ident: its bare Message-ID; replacement: see redact_text; charset and at: see
redact_topics; attached: files of an archive into which Pipermail took the
message out of a digest, each with its number there, and what it says of itself.
"""

import base64
import codecs
import quopri
import re

from ansible_collections.listops.mailman.plugins.module_utils._redaction.remote.contents import (
    before_ruler,
    notes,
    number,
    said,
    sender_text,
    spliced,
    topic,
)
from ansible_collections.listops.mailman.plugins.module_utils._redaction.remote.message import (
    bare,
    body,
    fields,
    message_id,
    parse,
    pattern,
    redacted,
    split,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, Iterable, Iterator, Optional  # noqa: F401

    from ansible_collections.listops.mailman.plugins.module_utils._redaction.remote.contents import Edit, Said  # noqa: F401

    Attached = Iterable[tuple[bytes, tuple[Optional[int], Said]]]

# Between the messages of a plain digest (RFC 1153).
SEPARATOR = b"-" * 30


def cleaned(raw, ident, replacement, attached=()):
    # type: (bytes, bytes, dict[str, Any], Attached) -> bytes
    """A message without what it holds of another: itself, a part of a digest, or a section of a plain one."""
    lower = raw.lower()
    # Most messages hold nothing, and are told at a glance; encoded text may hide it.
    named = ident in raw or any(path in raw for path, _held in attached)
    if not named and b"base64" not in lower and b"quoted-printable" not in lower:
        return raw
    if message_id(raw) == ident:
        return redacted(raw, replacement)
    envelope, head, blank, content = split(raw)
    return envelope + _entity(head, blank, content, "text/plain", ident, replacement, attached)


def _entity(head, blank, content, default, ident, replacement, attached):
    # type: (bytes, bytes, bytes, str, bytes, dict[str, Any], Attached) -> bytes
    """A part of a message; default: its type unless it says so."""
    parsed = parse(head)
    kind = parsed.get_content_type() if "content-type" in parsed else default
    boundary = parsed.get_boundary()
    if kind.startswith("multipart/") and boundary:
        inner = "message/rfc822" if kind == "multipart/digest" else "text/plain"
        return head + blank + _parts(content, boundary.encode("latin-1"), inner, ident, replacement, attached)
    if kind == "message/rfc822":
        return head + blank + cleaned(content, ident, replacement, attached)
    if kind == "text/plain":
        content = _rewritten(
            head, blank, content, lambda text, charset: plain_digest(text, ident, replacement, charset, b"@", attached)
        )
    return head + blank + content


def _rewritten(head, blank, content, change):
    # type: (bytes, bytes, bytes, Callable[[bytes, str], bytes]) -> bytes
    """The body of a text, changed; change: from text and charset to text."""
    parsed = parse(head + blank + content)
    text = parsed.get_payload(decode=True) or b""
    charset = parsed.get_content_charset("utf-8")
    try:
        codecs.lookup(charset)
    except LookupError:
        charset = "utf-8"
    new = change(text, charset)
    if new == text:
        return content
    return _encoded(new, parsed.get("content-transfer-encoding", "").strip().lower())


def _pieces(content, boundary):
    # type: (bytes, bytes) -> list[bytes]
    """What is before the parts, and of each part its delimiter and itself; the last delimiter has what is after them."""
    return re.split(pattern(r"(?m)(^--") + re.escape(boundary) + pattern(r"(?:--)?[ \t]*\r?(?:\n|\Z))"), content)


def _parts(content, boundary, default, ident, replacement, attached):
    # type: (bytes, bytes, str, bytes, dict[str, Any], Attached) -> bytes
    pieces = _pieces(content, boundary)
    texts = []  # type: list[int]
    for at in range(2, len(pieces), 2):
        if pieces[at - 1].rstrip() == b"--" + boundary + b"--":
            continue
        envelope, head, blank, inner = split(pieces[at])
        pieces[at] = envelope + _entity(head, blank, inner, default, ident, replacement, attached)
        if parse(head).get_content_type() == "text/plain":
            texts.insert(0, at)
        held = _held(pieces[at], ident)
        if held:
            _name(pieces, texts, held, replacement)
    return b"".join(pieces)


def _held(part, ident):
    # type: (bytes, bytes) -> tuple[int, Said] | None
    """Of a message in a part that is a digest, its number there and what it says of itself."""
    _envelope, head, _blank, content = split(part)
    parsed = parse(head)
    boundary = parsed.get_boundary()
    if parsed.get_content_type() == "multipart/digest" and boundary:
        for place, piece in enumerate(_pieces(content, boundary.encode("latin-1"))[2::2], 1):
            found = held_message(split(piece)[3], ident)
            if found:
                return found[0] or place, found[1]
    return None


def held_message(raw, ident):
    # type: (bytes, bytes) -> tuple[int | None, Said] | None
    """See _held; of a message that was in a digest."""
    if message_id(raw) != ident:
        return None
    head = fields(split(raw)[1])
    return number(head), said(head)


def _name(pieces, texts, held, replacement):
    # type: (list[bytes], list[int], tuple[int, Said], dict[str, Any]) -> None
    """Name the message otherwise in the table of contents. texts: which pieces may be that, the likeliest first."""
    tables = []  # type: list[list[Edit]]

    def change(text, charset):
        # type: (bytes, str) -> bytes
        lines = text.split(b"\n")
        edits = topic(lines, held[0], held[1], replacement, charset)
        if edits is not None:
            tables.append(edits)
        return b"\n".join(spliced(lines, edits or []))

    while texts and not tables:
        at = texts.pop(0)
        envelope, head, blank, content = split(pieces[at])
        pieces[at] = envelope + head + blank + _rewritten(head, blank, content, change)


def _encoded(text, encoding):
    # type: (bytes, str) -> bytes
    if encoding == "base64":
        return b"".join(base64.b64encode(text[at : at + 57]) + b"\n" for at in range(0, len(text), 57))
    return quopri.encodestring(text) if encoding == "quoted-printable" else text


def sections(lines, is_ident):
    # type: (list[bytes], Callable[[bytes], bool]) -> Iterator[tuple[int, int, int]]
    """Where a plain digest holds a message: its first header line, first line of its text, and the line after it.

    is_ident: whether a line is the Message-ID that is looked for. It may be there again, in a digest that is in the digest.
    """
    end = 0
    for at, line in enumerate(lines):
        if at < end or not is_ident(line):
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
        yield first, start, end


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


def plain_digest(text, ident, replacement, charset="utf-8", at=b"@", attached=()):
    # type: (bytes, bytes, dict[str, Any], str, bytes, Attached) -> bytes
    """The text of a plain digest without what one message in it said; at: how it writes @."""
    near = [(path, held) for path, held in attached if path in text]
    if not near and ident.partition(b"@")[0] not in text:
        return text
    lines = text.split(b"\n")
    edits = note_edits(lines, near, replacement, charset, at)
    for found in sections(lines, has_ident(ident, at)):
        edits += section_edits(lines, found, replacement, charset, at)
    return b"\n".join(spliced(lines, edits))


def contents(text, held, replacement, charset="utf-8"):
    # type: (bytes, Iterable[tuple[int | None, Said]], dict[str, Any], str) -> bytes
    """The text of a digest with another entry in its table of contents. held: see held_message."""
    lines = text.split(b"\n")
    for place, message in held:
        lines = spliced(lines, place and topic(lines, place, message, replacement, charset) or [])
    return b"\n".join(lines)


def first_ident(text):
    # type: (bytes) -> bytes
    """The bare Message-ID of the first message in a plain digest, or nothing."""
    ruler = re.search(pattern(r"(?m)^-{70}\r?\n\r?\n"), text)
    return message_id(text[ruler.end() :]) if ruler else b""


def section_edits(lines, found, replacement, charset, at):
    # type: (list[bytes], tuple[int, int, int], dict[str, Any], str, bytes) -> list[Edit]
    """What makes a section of a plain digest, and its entry in the table of contents, say something else.

    found: see sections.
    """
    first, start, end = found
    text = body(replacement["text"], charset).split(b"\n")
    edits = [(start, end, [b""] + text if lines[start - 1].strip() else text)]
    head = fields(b"\n".join(lines[first:start]))
    line = first
    for name, was in head:
        after = line + was.count(b"\n")
        new = None
        if name == b"subject" and replacement["subject"] is not None:
            new = replacement["subject"]
        if name == b"from" and replacement["sender"] is not None:
            new = sender_text(replacement["sender"], at.decode(charset))
        if new is not None:
            edits.append((line, after, [was.partition(b":")[0] + b": " + new.encode(charset, "replace")]))
        line = after
    place = number(head) or 1 + sum(_ends_section(lines, line) for line in range(first))
    return edits + (topic(before_ruler(lines[:first]), place, said(head, charset, at), replacement, charset, at) or [])


def note_edits(lines, attached, replacement, charset, at):
    # type: (list[bytes], Attached, dict[str, Any], str, bytes) -> list[Edit]
    """What names a message otherwise where Pipermail took it out of a digest, and in that digest's table of contents."""
    edits = []  # type: list[Edit]
    for path, (place, message) in attached:
        found = notes(lines, path, replacement, charset, at)
        if found:
            first, named = found
            edits += named
            if place:
                edits += topic(lines[:first], place, message, replacement, charset, at) or []
    return edits


def cleaned_chunk(chunk, ident, replacement, attached=()):
    # type: (bytes, bytes, dict[str, Any], Attached) -> bytes
    """A message of a mailbox, see `cleaned`; an empty line stays between it and the next."""
    new = cleaned(chunk, ident, replacement, attached)
    if new != chunk and chunk.endswith(b"\n\n") and not new.endswith(b"\n\n"):
        new += b"\n"
    return chunk if new == chunk else new
