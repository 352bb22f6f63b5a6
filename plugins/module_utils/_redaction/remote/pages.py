# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Files of a Pipermail archive without what one message said, where no Mailman 2.1 is left that could write them anew. Pure, on bytes.

ident, replacement, attached: see pipermail.py. The charset of a file, and how it writes @, are found in it.
"""

from __future__ import annotations

import codecs
import hashlib
import re
from typing import TYPE_CHECKING, Any, Iterator
from urllib.parse import quote_from_bytes, unquote_to_bytes

from ansible_collections.listops.mailman.plugins.module_utils._redaction.remote.message import (
    bare,
    body,
    fields,
    message_id,
    split,
)
from ansible_collections.listops.mailman.plugins.module_utils._redaction.remote.pipermail import (
    BEGIN,
    END,
    ENTRY,
    escaped,
    month_text,
    page_body,
    page_digest,
    unescaped,
)

if TYPE_CHECKING:
    from ansible_collections.listops.mailman.plugins.module_utils._redaction.remote.digests import Attached

_REPLY = re.compile(rb"[?&](?:amp;)?In-Reply-To=([^&\"]*)", re.IGNORECASE)
_CHARSET = re.compile(rb"<META[^>]*charset=[\"']?([\w.:-]+)", re.IGNORECASE)
_SUBJECT = re.compile(rb"<H1>(.*?)</H1>", re.DOTALL | re.IGNORECASE)
_AUTHOR = re.compile(rb"<B>(.*?)</B>(.*?)<BR>", re.DOTALL | re.IGNORECASE)
_DATE = re.compile(rb"<I>(.*?)</I>", re.DOTALL | re.IGNORECASE)
_TAG = re.compile(rb"<[^>]*>")
# The day of the From_ line, which ends the sender's address.
_WHEN = re.compile(rb"\AFrom .*?(?=\s+\w{3} \w{3} +\d)")


def page_ident(page: bytes) -> bytes:
    """The bare Message-ID that the page of a message names for answers, or nothing. An old Pipermail quoted nothing."""
    found = _REPLY.search(page.partition(BEGIN)[0])
    return bare(unescaped(unquote_to_bytes(found.group(1)))) if found else b""


def charset_of(text: bytes) -> str:
    """The charset that a page names; of another text, UTF-8 or one that has all bytes."""
    found = _CHARSET.search(text.partition(BEGIN)[0])
    if found:
        name = found.group(1).decode("ascii", "replace").lower()
        try:
            codecs.lookup(name)
        except LookupError:
            pass
        else:
            return name
    try:
        text.decode("utf-8")
    except UnicodeDecodeError:
        return "iso-8859-1"
    return "utf-8"


def written_at(text: bytes, ident: bytes) -> bytes:
    """How a text writes the @ of a Message-ID: as it is, or with the word that Pipermail has in the language of the list."""
    local, _at, domain = ident.partition(b"@")
    found = re.search(re.escape(local) + rb"( [^\s<>@]{1,12} )" + re.escape(domain), text) if domain else None
    return found.group(1) if found else b"@"


def attachment_folder(ident: bytes) -> str:
    """The name of the folder, below that of a day, in which Mailman 2.1 keeps what it took out of a message."""
    digest = hashlib.sha1(b"<" + ident + b">").hexdigest()
    return digest[:4] + digest[-4:]


def names(text: bytes, ident: bytes) -> bool:
    """Whether a file may hold the message, however it writes the Message-ID."""
    local = ident.partition(b"@")[0]
    quoted = local.replace(b"=", b"=3D")
    forms = {local, escaped(local), quoted, quote_from_bytes(local).encode("ascii")}
    return any(form in text for form in forms)


# ---- the page of a message


def copied_page(page: bytes, ident: bytes, replacement: dict[str, Any], attached: Attached = ()) -> bytes:
    """A page: of the message itself, or of a digest that holds it."""
    charset = charset_of(page)
    if page_ident(page) != ident:
        return page_digest(page, ident, replacement, written_at(page, ident), charset, attached)
    return own_page(page, ident, replacement)


def own_page(page: bytes, ident: bytes, replacement: dict[str, Any]) -> bytes:
    """The page of the message. With another subject or sender, or without Pipermail's marks, nothing of the old page stays but these."""
    charset = charset_of(page)
    article = b"<PRE>" + _html(replacement["text"], charset) + b"\n</PRE>"
    if replacement["subject"] is None and replacement["sender"] is None and BEGIN in page and END in page:
        return page_body(page, article)
    head = page.partition(BEGIN)[0]
    subject = _SUBJECT.search(head)
    author = _AUTHOR.search(head[subject.end() :] if subject else head)
    date = _DATE.search(head[subject.end() :] if subject else head)
    title = b" ".join(subject.group(1).split()) if subject else b""
    if replacement["subject"] is not None:
        title = _html(replacement["subject"], charset)
    sender = [b" ".join(_TAG.sub(b"", part).split()) for part in author.groups()] if author else [b"", b""]
    if replacement["sender"] is not None:
        name, address = replacement["sender"]
        sender = [_html(name, charset), _html(address.replace("@", " at "), charset)]
    return b"""<!DOCTYPE html>
<HTML>
 <HEAD>
   <TITLE>%s</TITLE>
   <LINK REL="made" HREF="mailto:?In-Reply-To=%%3C%s%%3E">
   <META NAME="robots" CONTENT="noindex">
   <META http-equiv="Content-Type" content="text/html; charset=%s">
 </HEAD>
 <BODY>
   <H1>%s</H1>
   <B>%s</B> %s<BR>
   <I>%s</I>
   <HR>
%s%s
%s
 </BODY>
</HTML>
""" % (
        title,
        quote_from_bytes(ident).encode("ascii"),
        charset.encode("ascii"),
        title,
        *sender,
        date.group(1).strip() if date else b"",
        BEGIN,
        article,
        END,
    )


def html(text: str, page: bytes) -> bytes:
    """Text as it stands in a page."""
    return _html(text, charset_of(page))


def _html(text: str, charset: str) -> bytes:
    # What the charset has not is written by its number.
    return escaped(text.encode("utf-8")).decode("utf-8").encode(charset, "xmlcharrefreplace")


# ---- the text of a month


def copied_month(text: bytes, ident: bytes, replacement: dict[str, Any], attached: Attached = ()) -> bytes:
    charset, at = charset_of(text), written_at(text, ident)
    own = next(own_entries(text, ident), None)
    if own is None:
        # The Message-ID is in no entry of its own, but a digest may hold the message.
        return month_text(text, ident, b"", True, replacement, at, charset, attached)
    new = _entry(own, replacement, charset)
    return month_text(text, ident, new, True, replacement, at, charset, attached)


def own_entries(text: bytes, ident: bytes) -> Iterator[bytes]:
    """What the text of a month has of the message."""
    starts = [found.start() for found in ENTRY.finditer(text)] + [len(text)]
    for start, end in zip(starts, starts[1:]):
        if message_id(text[start:end]) == ident:
            yield text[start:end]


def _entry(entry: bytes, replacement: dict[str, Any], charset: str) -> bytes:
    envelope, head, blank, _body = split(entry)
    sender = None
    if replacement["sender"] is not None:
        name, address = replacement["sender"]
        written = address.replace("@", " at ").encode(charset, "replace")
        envelope = _WHEN.sub(lambda _found: b"From " + written, envelope)
        sender = b"From: %s (%s)\n" % (written, name.encode(charset, "replace")) if name else b"From: %s\n" % written
    lines = []
    for field, line in fields(head):
        if field == b"subject" and replacement["subject"] is not None:
            line = b"Subject: %s\n" % replacement["subject"].encode(charset, "replace")
        lines.append(sender if field == b"from" and sender is not None else line)
    return envelope + b"".join(lines) + (blank or b"\n") + body(replacement["text"], charset) + b"\n"
