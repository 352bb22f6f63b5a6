# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The places where a digest names a message: its table of contents, and Pipermail's notes about extracted messages.

Pure, on lines of bytes; Python 2.7 and 3. An edit is the first line, the line
after the last one, and the new lines. charset: of the lines. at: how they write
@. replacement: see message.py.
"""

from __future__ import unicode_literals

import re
from email.errors import HeaderParseError
from email.header import decode_header, make_header
from email.utils import getaddresses

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Iterable  # noqa: F401

    Edit = tuple[int, int, list[bytes]]
    # Subject, and name or address of the sender, as in a table.
    Said = tuple[str, str]

# An entry as both Mailmans write it, with a number of two columns, and its folded lines.
ENTRY = re.compile(b"^  (?: ([1-9])|([1-9][0-9]+))\\.(?: |\r?$)")
FOLDED = re.compile(b"^      (?! *\r?$)")
SIZE = re.compile(b": *[0-9]+\r?$")
RULER = re.compile(b"^-{70}\r?$")
text_type = type("")


def header_text(value, charset="utf-8"):
    # type: (bytes, str) -> str
    """The text of a header, on one line."""
    text = " ".join(value.decode(charset, "replace").split())
    if "=?" not in text:
        return text
    try:
        # Python 2 needs its own str.
        return text_type(make_header(decode_header(str(text))))
    except (HeaderParseError, LookupError, ValueError):
        return text


def said(fields, charset="utf-8", at=b"@"):
    # type: (Iterable[tuple[bytes, bytes]], str, bytes) -> Said
    """Subject and sender of a message in a table. fields: see message.fields."""
    values = dict((name, field.partition(b":")[2]) for name, field in fields)
    before, _at, after = values.get(b"from", b"").rpartition(at)
    found = getaddresses([header_text(before + b"@" + after if before else after, charset)])
    name, address = found[0] if found else ("", "")
    return header_text(values.get(b"subject", b""), charset), name or address


def number(fields):
    # type: (Iterable[tuple[bytes, bytes]]) -> int | None
    """The number of a message in its digest, from the header that Mailman adds."""
    values = [field.partition(b":")[2].strip() for name, field in fields if name == b"message"]
    return int(values[-1]) if values and values[-1].isdigit() else None


def topic(lines, place, message, replacement, charset, at=b"@"):
    # type: (list[bytes], int, Said, dict[str, Any], str, bytes) -> list[Edit] | None
    """Edits of the entry of a message in the table of contents; None when there is no table.

    place: its number in the digest. message: the message before or after the redaction.
    """
    if replacement["subject"] is None and replacement["sender"] is None:
        return []
    tables = [table for table in _tables(lines) if len(table) >= place]
    if not tables:
        return None
    # There may be other lists in the same form above or below.
    entries = [table[place - 1] for table in tables]
    named = [entry for entry in entries if _subject_end(_unfolded(lines, entry, charset), message[0])]
    return _edits(lines, (named or entries)[-1], place, message, replacement, charset, at)


def cut_topic(lines, least, message, replacement, charset="utf-8"):
    # type: (list[bytes], int, Said, dict[str, Any], str) -> list[Edit]
    """Edits of the entry of a message in the table of a plain digest, of which HyperKitty keeps what is before the first attachment.

    Its number is unknown. least: the lowest possible number. message: the message before the redaction.
    """
    wanted = _squeezed("{0} ({1})".format(*message) if message[1] else message[0])
    for table in _tables(before_ruler(lines))[-1:]:
        for place, entry in enumerate(table, 1):
            if place >= least and _squeezed(_unfolded(lines, entry, charset)) == wanted:
                return _edits(lines, entry, place, message, replacement, charset, b"@")
    return []


def unprefixed(subject, prefix):
    # type: (str, str) -> str
    """A subject without the list's prefix, as Mailman writes it into a table."""
    found = re.match("(re:? *)?({0})".format(re.escape(prefix)), subject, re.IGNORECASE)
    return subject[: found.start(2)] + subject[found.end(2) :] if found else subject


def before_ruler(lines):
    # type: (list[bytes]) -> list[bytes]
    """The masthead of a plain digest. Its messages may have tables, too."""
    for at in range(len(lines) - 1, 0, -1):
        if RULER.match(lines[at]):
            last = at - 1
            while last > 0 and not lines[last].strip():
                last -= 1
            if ENTRY.match(lines[last]) or FOLDED.match(lines[last]):
                return lines[: last + 1]
    return []


def notes(lines, path, replacement, charset, at=b"@"):
    # type: (list[bytes], bytes, dict[str, Any], str, bytes) -> tuple[int, list[Edit]] | None
    """Pipermail's note about a message that it extracted into a file: its place and edits; None without a note.

    In all languages, the lines are sender, subject, date, size and URL; the sender may be folded.
    """
    for end in range(5, len(lines)):
        if path not in lines[end]:
            continue
        first = end - 4
        while first > 1 and lines[first][:1] in (b" ", b"\t"):
            first -= 1
        subject = end - 3
        # Notes about other files have other lines.
        if not all(b":" in lines[line] for line in (first, subject)) or not SIZE.search(lines[end - 1]):
            continue
        edits = []
        for start, after, new in (
            (
                first,
                subject,
                None if replacement["sender"] is None else sender_text(replacement["sender"], at.decode(charset)),
            ),
            (subject, subject + 1, replacement["subject"]),
        ):
            if new is not None:
                label = lines[start].partition(b":")[0] + b": "
                line = [label + new.encode(charset, "replace")]
                edits += [(start, after, line)] if lines[start:after] != line else []
        return first, edits
    return None


def sender_text(sender, at):
    # type: (Iterable[str], str) -> str
    """Name and address as text for people."""
    name, address = sender
    address = address.replace("@", at)
    return "{0} <{1}>".format(name, address) if name else address


def spliced(lines, edits):
    # type: (list[bytes], Iterable[Edit]) -> list[bytes]
    """Apply edits to lines."""
    out = list(lines)
    for first, after, new in sorted(edits, reverse=True):
        out[first:after] = new
    return out


def _tables(lines):
    # type: (list[bytes]) -> list[list[tuple[int, int]]]
    """Tables of contents: the first line of each entry and the line after it."""
    found = []  # type: list[list[tuple[int, int]]]
    end = -1
    for at, line in enumerate(lines):
        entry = ENTRY.match(line)
        counted = int(entry.group(1) or entry.group(2)) if entry else 0
        if counted == 1:
            found.append([(at, at + 1)])
        elif end == at and counted == len(found[-1]) + 1:
            found[-1].append((at, at + 1))
        elif end == at and FOLDED.match(line):
            found[-1][-1] = (found[-1][-1][0], at + 1)
        else:
            continue
        end = at + 1
    return found


def _unfolded(lines, entry, charset):
    # type: (list[bytes], tuple[int, int], str) -> str
    """The text of an entry without its number."""
    text = b" ".join(line.strip() for line in lines[entry[0] : entry[1]])
    return text.partition(b".")[2].strip().decode(charset, "replace")


def _edits(lines, entry, place, message, replacement, charset, at):
    # type: (list[bytes], tuple[int, int], int, Said, dict[str, Any], str, bytes) -> list[Edit]
    old = _unfolded(lines, entry, charset)
    new = _entry(old, message, replacement, at.decode(charset)).encode(charset, "replace").decode(charset)
    if _squeezed(new) == _squeezed(old):
        return []
    return [(entry[0], entry[1], [line.encode(charset) for line in _folded(place, new)])]


def _entry(old, message, replacement, at):
    # type: (str, Said, dict[str, Any], str) -> str
    # Keep the part that does not change as it is, perhaps without the list's prefix.
    kept = old[: _subject_end(old, message[0])] or message[0]
    subject = kept if replacement["subject"] is None else replacement["subject"]
    sender = message[1] if replacement["sender"] is None else (replacement["sender"][0] or replacement["sender"][1])
    sender = sender.replace("@", at)
    return " ".join("{0} ({1})".format(subject, sender).split()) if sender else subject


def _subject_end(old, subject):
    # type: (str, str) -> int
    """The length of the subject in an entry, without the sender in parentheses; 0 for another subject."""
    ends = [len(old)] + [found.start() for found in re.finditer(" ?\\(", old)][::-1]
    squeezed = _squeezed(subject)
    return next((end for end in ends if _shortened(_squeezed(old[:end]), squeezed)), 0)


def _shortened(short, whole):
    # type: (str, str) -> bool
    """Whether a text is another text without one piece of it."""
    if len(short) > len(whole):
        return False
    same = 0
    while same < len(short) and short[same] == whole[same]:
        same += 1
    return whole.endswith(short[same:])


def _squeezed(text):
    # type: (str) -> str
    """A text without blanks, since folding changes these."""
    return "".join(text.split())


def _folded(place, text):
    # type: (int, str) -> list[str]
    """An entry as Mailman folds it."""
    lines = ["{0:2}.".format(place)]
    for word in text.split(" "):
        if lines[-1] and len(lines[-1]) + 1 + len(word) > 65:
            lines.append("")
        lines[-1] += " " + word
    return ["  " + lines[0]] + ["     " + line for line in lines[1:]]
