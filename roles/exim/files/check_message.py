# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Say which header of a message Mailman or HyperKitty could not take, and why.

Exim runs this for each message for a list while its sender still waits, and refuses the message with what it says:

    refuse Date: it has a character that is not ASCII

Mailman would keep such a message where nobody looks (a shunt queue), HyperKitty would refuse it each time that it is offered, or a
list would pass it on without what DMARC asks for. The rules do with a header what Mailman does, by Python's own classes.
"""

from __future__ import annotations

import datetime
import email
import email.errors
import email.header
import email.message
import email.policy
import email.utils
import pathlib
import re
import sys
from collections.abc import Callable, Iterator

# What Mailman takes for the sender's address, after decoding.
SENDERS = ("from", "reply-to", "sender")
# Whose addresses it writes anew.
ANSWERS = ("to", "cc", "reply-to")
# What HyperKitty reads, with the newer of Python's two ways to do so.
READ = ("from", "subject", "date", "message-id", "in-reply-to", "references")
ADDRESS = re.compile(
    r"""("[ -~]*"|[^\s"(),:;<>@\[\]]+)@([^\s".,()<>@:;\[\]]+(\.[^\s".,()<>@:;\[\]]+)*|\[[0-9A-Za-z.:]+\])"""
)
# Python takes these for the end of a line, or the rest of a text for none.
BREAKS = re.compile("[\x00\x0b\x0c\x1c-\x1e]")
UNREADABLE = (LookupError, UnicodeError, ValueError, email.errors.MessageError)
# Mailman copies a message part by part, each in the other, and Python has an end to that.
DEPTH = 50
# Mailman 3 takes no message in which Python finds a defect.
DEFECTS = {
    "NoBoundaryInMultipartDefect": "Content-Type: it is multipart and names no boundary",
    "StartBoundaryNotFoundDefect": "Content-Type: the boundary that it names is not in the message",
    "CloseBoundaryNotFoundDefect": "Content-Type: the boundary that ends the last part is not in the message",
    "MultipartInvariantViolationDefect": "Content-Type: it is multipart, and the message has no parts",
    "InvalidMultipartContentTransferEncodingDefect": "Content-Transfer-Encoding: it is not one that a multipart message may have",
}
NOT_ASCII = "it has an address with a character that is not ASCII"


def problem(raw: bytes, engine: str = "mailman3") -> str:
    """The first header that cannot be taken, and why; empty if there is none. engine: mailman3 or mailman21."""
    try:
        message = email.message_from_bytes(raw)
        return next(found(message), "") or (defect(message) if engine == "mailman3" else "")
    except RecursionError:
        return "the message: its parts are nested too deep"


def defect(message: email.message.Message) -> str:
    """Why Mailman 3's LMTP server would refuse it as a whole, when its sender could be told by a bounce only."""
    kinds = [type(each).__name__ for each in message.defects]
    return DEFECTS.get(kinds[0], "the message: a line among its headers is none") if kinds else ""


def found(message: email.message.Message) -> Iterator[str]:
    senders = message.get_all("From", [])
    if len(senders) > 1:
        yield f"From: it is there {len(senders)} times, and may be there once"
    for name, value in message.raw_items():
        for rule, names in RULES:
            if names and name.lower() not in names:
                continue
            try:
                said = rule(name, str(value))
            except RecursionError:
                said = "its comments are nested too deep"
            if said:
                yield f"{re.sub('[^!-~]', '?', name)}: {said}"
    parts = [(message, 1)]
    while parts:
        part, depth = parts.pop()
        if depth > DEPTH:
            yield f"Content-Type: parts are nested more than {DEPTH} deep"
            return
        yield from structure(part)
        if part.is_multipart():
            parts.extend((each, depth + 1) for each in part.get_payload() if isinstance(each, email.message.Message))


def decoded(value: str) -> str:
    """As Mailman does: bytes beyond ASCII are in some character set or other."""
    header = email.policy.compat32.header_fetch_parse("X", value)
    return str(email.header.make_header(email.header.decode_header(header)))


def read(name: str, value: str) -> str:
    """As HyperKitty does."""
    return str(email.policy.default.header_fetch_parse(name, value))


def addresses(text: str) -> list[str]:
    return [address for _name, address in email.utils.getaddresses([text])]


def folds(name: str, value: str) -> str:
    """Whether Python can write it as it was read."""
    if BREAKS.search(value):
        return "it has a control character"
    message = email.message.Message()
    # by a name that says nothing of the body
    message[f"X-{name}"] = value
    try:
        message.as_bytes()
    except (*UNREADABLE, IndexError):
        return "it is malformed"
    return ""


def is_one_address(name: str, value: str) -> str:
    """Whose DMARC policy holds: Mailman finds it by reading the header this way."""
    every, first = addresses(value), email.utils.parseaddr(value)[1]
    shown = email.utils.parseaddr(read(name, value))[1] if is_read(name, value) == "" else ""
    if not "".join([*every, first, shown]).isascii():
        return NOT_ASCII
    if "@" in value and (every != [first] or not ADDRESS.fullmatch(first)):
        return 'it is not one address; put quotation marks around a name with a comma or any of ()<>@;:[]"'
    return ""


def decodes(_name: str, value: str) -> str:
    """Encoded words (RFC 2047) of what has the sender's address, or is looked at by a list's rules."""
    try:
        text = decoded(value)
    except UNREADABLE:
        return "it has an encoded word (RFC 2047) in an unknown character set, or that does not decode"
    if re.search("[\r\n]", re.sub("\r?\n(?=[ \t])", "", text)):
        return "it has an encoded word (RFC 2047) with a line break"
    return ""


def is_text(_name: str, value: str) -> str:
    """What digests and the archive show. If it does not decode at all, they show it as it is."""
    try:
        text = decoded(value)
    except UNREADABLE:
        return ""
    try:
        text.encode("utf-8")
    except UnicodeError:
        return "it has an encoded word (RFC 2047) that is no text"
    return "it has a zero byte" if "\0" in text else ""


def has_plain_addresses(_name: str, value: str) -> str:
    return "" if "".join(addresses(value)).isascii() else NOT_ASCII


def is_ascii(_name: str, value: str) -> str:
    return "" if value.isascii() else "it has a character that is not ASCII"


def is_a_date(_name: str, value: str) -> str:
    """What Mailman does not find out about by itself."""
    try:
        parsed = email.utils.parsedate_tz(value)
    except (ValueError, OverflowError):
        return ""
    except (IndexError, TypeError):
        return "it is malformed"
    if parsed is None:
        return ""
    try:
        datetime.datetime.fromtimestamp(email.utils.mktime_tz(parsed))
    except (ValueError, OverflowError, OSError):
        return "there is no such date"
    return ""


def is_read(name: str, value: str) -> str:
    """Python's newer reader stumbles over some of what it should call a defect."""
    try:
        read(name, value)
    except RecursionError:
        raise
    except Exception:  # whatever it is, HyperKitty would meet it
        return "it is malformed"
    return ""


def structure(part: email.message.Message) -> Iterator[str]:
    """Of a part, its character set, boundary and file name."""
    try:
        b"x\xfc".decode(str(part.get_content_charset("us-ascii")), "replace")
    except LookupError:
        # which commands may be in a text, a list's rules want to know
        if part.get_content_type() == "text/plain":
            yield "Content-Type: its character set is unknown"
    except (UnicodeError, ValueError, TypeError):
        yield "Content-Type: its character set is not one of text"
    try:
        str(part.get_boundary("")).encode("ascii")
    except (*UNREADABLE, TypeError, IndexError):
        yield "Content-Type: its boundary has a character that is not ASCII"
    try:
        str(part.get_filename("")).encode("utf-8", "surrogateescape")
    except (*UNREADABLE, TypeError, IndexError):
        yield "Content-Disposition: its file name does not decode"


# For the headers named, or for each.
RULES: tuple[tuple[Callable[[str, str], str], tuple[str, ...]], ...] = (
    (folds, ()),
    (is_one_address, ("from",)),
    (decodes, (*SENDERS, "subject")),
    (is_text, ("from", "subject")),
    (has_plain_addresses, ANSWERS),
    (is_ascii, ("date", "message-id", "content-type")),
    (is_a_date, ("date",)),
    (is_read, READ),
)


def main(path: pathlib.Path, engine: str) -> None:
    """path: of a message, or of the folder where Exim has written it."""
    raw = (next(path.glob("*.eml")) if path.is_dir() else path).read_bytes()
    # Mailman and HyperKitty are deep in calls when they read it.
    sys.setrecursionlimit(sys.getrecursionlimit() // 2)
    # Exim writes the envelope before the message.
    raw = re.sub(rb"\A(From .*\n)?(X-Envelope-(From|To): .*\n([ \t].*\n)*)*", b"", raw)
    said = problem(raw, engine)
    print(f"refuse {said}" if said else "take")


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]), sys.argv[2])
