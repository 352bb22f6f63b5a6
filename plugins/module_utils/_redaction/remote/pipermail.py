# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Pipermail's pages and texts without what one message said. Pure, on bytes; Python 2.7 and 3.

ident: bare Message-ID; replacement, attached: see redact_digests; at: how addresses are written instead of with @.
"""

import re

from ansible_collections.listops.mailman.plugins.module_utils._redaction.remote.contents import spliced
from ansible_collections.listops.mailman.plugins.module_utils._redaction.remote.digests import (
    cleaned,
    has_ident,
    held_message,
    note_edits,
    plain_digest,
    section_edits,
    sections,
)
from ansible_collections.listops.mailman.plugins.module_utils._redaction.remote.message import (
    message_id,
    pattern,
    split,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any  # noqa: F401

    from ansible_collections.listops.mailman.plugins.module_utils._redaction.remote.contents import Said  # noqa: F401
    from ansible_collections.listops.mailman.plugins.module_utils._redaction.remote.digests import Attached  # noqa: F401

BEGIN, END = b"<!--beginarticle-->\n", b"<!--endarticle-->"
ESCAPES = ((b"<", b"&lt;"), (b">", b"&gt;"), (b'"', b"&quot;"))
# Where a message begins in the text of a month.
ENTRY = re.compile(pattern(r"(?m)^(?=From [^\n]*\nFrom: [^\n]*\nDate: )"))


def unescaped(text):
    # type: (bytes) -> bytes
    for plain, written in ESCAPES:
        text = text.replace(written, plain)
    return text.replace(b"&amp;", b"&")


def escaped(text):
    # type: (bytes) -> bytes
    text = text.replace(b"&", b"&amp;")
    for plain, written in ESCAPES:
        text = text.replace(plain, written)
    return text


def page_body(page, html):
    # type: (bytes, bytes) -> bytes
    """A page with another article in it."""
    before, begin, rest = page.partition(BEGIN)
    _old, end, after = rest.rpartition(END)
    return before + begin + html + b"\n" + end + after if begin and end else page


def page_digest(page, ident, replacement, at, charset, attached=()):
    # type: (bytes, bytes, dict[str, Any], bytes, str, Attached) -> bytes
    """The page of a digest without what one message in it said; every line of a page is one of the digest."""
    # Links and marks divide what is searched for, but not the part before its @.
    inside = escaped(ident.partition(b"@")[0]) in page and b"-" * 30 in page
    near = [(path, message) for path, message in attached if path in page]
    before, begin, rest = page.partition(BEGIN)
    article, end, after = rest.rpartition(END)
    if not begin or not end or not (inside or near):
        return page
    lines = article.split(b"\n")
    plain = [unescaped(re.sub(pattern(r"<[^>]*>"), b"", line)) for line in lines]
    edits = note_edits(plain, near, replacement, charset, at)
    for first, start, last in sections(plain, has_ident(ident, at)) if inside else ():
        if last == len(lines):
            # The mark that ends the article is no line of the digest.
            last -= next((back for back, line in enumerate(reversed(lines[-3:]), 1) if line == b"</PRE>"), 0)
        edits += section_edits(plain, (first, start, last), replacement, charset, at)
    edits = [(start, last, [escaped(line) for line in new]) for start, last, new in edits]
    return before + begin + b"\n".join(spliced(lines, edits)) + end + after


def index_entry(page, filename, subject, author):
    # type: (bytes, str, bytes | None, bytes | None) -> bytes
    """An index page in which one message has another subject or author; None leaves them."""
    link = re.escape(filename.encode("ascii"))
    entry = re.compile(
        pattern(r'(<A HREF="') + link + pattern(r'">)(.*?)(\n</A><A NAME="\d+">&nbsp;</A>\n<I>)(.*?)(\n</I>)'),
        re.DOTALL | re.IGNORECASE,
    )

    def changed(found):
        # type: (Any) -> bytes
        start, old_subject, middle, old_author, end = found.groups()
        parts = (old_subject if subject is None else subject, old_author if author is None else author)
        return bytes(start + parts[0] + middle + parts[1] + end)

    return entry.sub(changed, page)


def link_texts(page, filename, subject):
    # type: (bytes, str, bytes) -> bytes
    """The page of a neighbour, which names the message's subject in its links to it."""
    link = re.escape(filename.encode("ascii"))
    links = re.compile(
        pattern(r'(<LI>[^<]*<A HREF="') + link + pattern(r'">)(.*?)(\n</A></li>)'), re.DOTALL | re.IGNORECASE
    )
    return links.sub(lambda found: bytes(found.group(1) + subject + found.group(3)), page)


def month_text(text, ident, new, renamed, replacement, at, charset, attached=()):
    # type: (bytes, bytes, bytes, bool, dict[str, Any], bytes, str, Attached) -> bytes
    """The text of a month, with another message in the place of one.

    new: the whole entry; renamed: whether its headers differ, too.
    """
    starts = [found.start() for found in ENTRY.finditer(text)] + [len(text)]
    out = [text[: starts[0]]]
    for start, end in zip(starts, starts[1:]):
        entry = text[start:end]
        if message_id(entry) == ident:
            head = entry[: len(entry) - len(split(entry)[3])]
            # Pipermail ends an entry with one empty line.
            out.append(new if renamed else head + split(new)[3])
        else:
            out.append(plain_digest(entry, ident, replacement, charset, at, attached))
    return b"".join(out)


def attached_message(text, ident):
    # type: (bytes, bytes) -> tuple[int | None, Said] | None
    """Of a message that Pipermail took out of a digest, its number there and what it says of itself; None of another."""
    return held_message(_peeled(text)[1], ident) if escaped(ident) in text else None


def attached_text(text, ident, replacement, attached=()):
    # type: (bytes, bytes, dict[str, Any], Attached) -> bytes
    """A message that was attached to another, as Pipermail keeps it: with what HTML needs escaped."""
    if escaped(ident) not in text and not any(path in text for path, _held in attached):
        return text
    before, plain, after = _peeled(text)
    new = cleaned(plain, ident, replacement, attached)
    return text if new == plain else before + escaped(new) + after


def _peeled(text):
    # type: (bytes) -> tuple[bytes, bytes, bytes]
    """A message as Pipermail keeps it, in brackets since it was a list of one."""
    inside = text.startswith(b"[From ") and text.endswith(b"]")
    return (b"[", unescaped(text[1:-1]), b"]") if inside else (b"", unescaped(text), b"")
