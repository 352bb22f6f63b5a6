# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Messages that are not as they should be: those that a list takes, and those that are refused, with the header that is named.

tests/unit/roles/test_check_message.py asks the program that decides; tests/proof/attacks/test_odd_messages.py sends them.
"""

from __future__ import annotations

import dataclasses

BODY = "The meeting is on Monday."


@dataclasses.dataclass(frozen=True)
class Odd:
    """headers: instead of the usual ones, or besides; None is without it. refused: the header that is named, "" if it is taken."""

    name: str
    headers: dict[str, bytes | list[bytes] | None]
    refused: str = ""
    body: bytes = b"%s\n" % BODY.encode()

    def raw(self, word: str, to: str, date: str) -> bytes:
        usual: dict[str, bytes | list[bytes] | None] = {
            "From": b"Alice <alice@example.net>",
            "To": to.encode(),
            "Subject": f"odd {word}".encode(),
            "Date": date.encode(),
            "Message-ID": f"<{word}@example.net>".encode(),
        }
        lines = [
            f"{name}: ".encode() + each
            for name, value in {**usual, **self.headers, "X-Word": word.encode()}.items()
            if value is not None
            for each in (value if isinstance(value, list) else [value])
        ]
        return b"\n".join([*lines, b"", self.body]).replace(b"WORD", word.encode()).replace(b"\n", b"\r\n")


def nested(depth: int) -> Odd:
    body, kind = BODY.encode() + b"\n", b"text/plain"
    for level in range(depth):
        body = b"--b%d\nContent-Type: %s\n\n%s\n--b%d--\n" % (level, kind, body, level)
        kind = b"multipart/mixed; boundary=b%d" % level
    return Odd(f"{depth} parts deep", {"Content-Type": kind}, "Content-Type" if depth > 49 else "", body)


def part(name: str, header: bytes, refused: str = "") -> Odd:
    body = b"--zz\nContent-Type: text/plain\n\n%s\n--zz\n%s\n\nx\n--zz--\n" % (BODY.encode(), header)
    return Odd(name, {"MIME-Version": b"1.0", "Content-Type": b"multipart/mixed; boundary=zz"}, refused, body)


def cut(name: str, header: bytes, body: bytes, refused: str = "Content-Type") -> Odd:
    return Odd(name, {"MIME-Version": b"1.0", "Content-Type": header}, refused, body)


LATIN = "Jörg".encode("latin-1")
UTF = "Jörg".encode()
# Encoded words that do not decode: of an unknown character set, in broken base64, not in the character set that they name.
BROKEN = {
    "unknown": b"=?x-unknown?q?J=F6rg?=",
    "base64": b"=?utf-8?b?A?=",
    "utf-8": b"=?utf-8?q?J=F6rg?=",
    "2022": b"=?iso-2022-jp?b?GyRCRnxL?=",
    "rot13": b"=?rot13?q?abc?=",
}
LINE_BREAK = b"=?utf-8?q?a=0D=0ABcc=3A_x=40example=2Enet?="

TAKEN = [
    *(
        Odd(f"{name} of {what}", {name: value + (b" <alice@example.net>" if name != "Subject" else b"")})
        for name in ("From", "To", "Cc", "Reply-To", "Sender", "Subject")
        for what, value in (("latin-1", LATIN), ("utf-8", UTF), ("encoded", b"=?utf-8?q?M=C3=BCller=2C_J=C3=B6rg?="))
    ),
    *(Odd(f"To, {what}", {"To": value}) for what, value in BROKEN.items()),
    Odd("Subject with a line separator", {"Subject": b"=?utf-8?q?Agenda=E2=80=A8Montag?="}),
    Odd("an old mailer's From", {"From": b"alice@example.net (Alice A. Example)"}),
    Odd("From in quotation marks", {"From": b'"Example, Alice" <alice@example.net>'}),
    Odd("From with a dot", {"From": b"Alice A. Example <alice@example.net>"}),
    Odd("From with an apostrophe", {"From": b"Alice O'Neil <alice@example.net>"}),
    Odd("From over two lines", {"From": b"Alice\n <alice@example.net>"}),
    Odd("no To", {"To": None}),
    Odd("a group without addresses", {"To": b"undisclosed-recipients:;"}),
    Odd("To of no form at all", {"To": b"Undisclosed recipients"}),
    Odd("200 in To", {"To": b",\n ".join(b"p%d@example.net" % number for number in range(200))}),
    Odd("no Date", {"Date": None}),
    Odd("Date of no form", {"Date": b"yesterday at noon"}),
    Odd("Date in German", {"Date": b"Fr, 28 Nov 2026 12:00:00 +0100"}),
    Odd("Date in the year 0", {"Date": b"Fri, 28 Nov 0000 12:00:00 +0000"}),
    Odd("Date with a zone that is none", {"Date": b"Fri, 28 Nov 2026 12:00:00 +9999"}),
    Odd("no Message-ID", {"Message-ID": None}),
    Odd("Message-ID without brackets", {"Message-ID": b"odd-WORD-without-brackets"}),
    Odd("In-Reply-To that is prose", {"In-Reply-To": b"Your message of Friday"}),
    Odd("no character set", {}, body=LATIN + b"\n"),
    Odd("Content-Type without a slash", {"Content-Type": b"text"}),
    Odd("encoding of no kind", {"Content-Type": b"text/plain", "Content-Transfer-Encoding": b"foo"}),
    part("attachment of latin-1", b"Content-Type: application/pdf; name=" + LATIN),
    part("attachment of utf-8", b"Content-Disposition: attachment; filename=" + UTF),
    nested(20),
]
REFUSED = [
    cut("no boundary", b"multipart/mixed", b"x\n"),
    cut("boundary that is not there", b"multipart/mixed; boundary=zz", b"x\n"),
    cut("boundary without its end", b"multipart/mixed; boundary=zz", b"--zz\n\nx\n"),
    cut(
        "encoded as a whole",
        b"multipart/mixed; boundary=zz\nContent-Transfer-Encoding: base64",
        b"--zz\n\nx\n--zz--\n",
        "Content-Transfer-Encoding",
    ),
    *(Odd(f"Subject, {what}", {"Subject": value}, "Subject") for what, value in BROKEN.items()),
    Odd("unknown character set", {"Content-Type": b"text/plain; charset=x-unknown"}, "Content-Type", LATIN + b"\n"),
    Odd("From, an address beyond ASCII", {"From": "Jörg <jörg@exämple.net>".encode()}, "From"),
    Odd("From, no address but a name", {"From": UTF}, "From"),
    Odd("From, a comma", {"From": b'Sue "The Boss" O\'Neil, PhD <sue@example.com>'}, "From"),
    Odd("From, a name before a comma", {"From": b"O'Neil, Sue <sue@example.com>"}, "From"),
    Odd("From, two", {"From": b"Sue <sue@example.com>, Alice <alice@example.net>"}, "From"),
    Odd("From, a group", {"From": b"Friends: sue@example.com, alice@example.net;"}, "From"),
    Odd("From, twice", {"From": [b"Alice <alice@example.net>", b"Sue <sue@example.com>"]}, "From"),
    Odd("From, a quotation mark", {"From": b'"Sue <sue@example.com>'}, "From"),
    Odd("From, a parenthesis", {"From": b"(Sue <sue@example.com>"}, "From"),
    Odd("From, two brackets", {"From": b"Sue <<sue@example.com>>"}, "From"),
    *(
        Odd(f"{name}, {what}", {name: value + b" <alice@example.net>"}, name)
        for name in ("From", "Reply-To", "Sender")
        for what, value in ({**BROKEN, "a line break": LINE_BREAK}).items()
    ),
    *(
        Odd(f"{name}, an address beyond ASCII", {name: "jörg@exämple.net".encode()}, name)
        for name in ("To", "Cc", "Reply-To")
    ),
    *(
        Odd(f"{name}, a control character", {name: b"a\x0bb"}, name)
        for name in ("Subject", "X-Foo", "List-Id", "References")
    ),
    Odd("Date, latin-1", {"Date": "Fr, 28. März 2026 12:00:00 +0100".encode("latin-1")}, "Date"),
    Odd("Date, utf-8", {"Date": "Fri, 28 Nov 2026 12:00:00 +0100 (Mitteleuropäische Zeit)".encode()}, "Date"),
    Odd("Date, the year 99999", {"Date": b"Fri, 28 Nov 99999 12:00:00 +0000"}, "Date"),
    Odd("Message-ID, utf-8", {"Message-ID": "<ö@example.net>".encode()}, "Message-ID"),
    Odd("Content-Type, utf-8", {"Content-Type": "text/plain; name=Grüße.txt".encode()}, "Content-Type"),
    Odd("Content-Type, no text", {"Content-Type": b"text/plain; charset=idna"}, "Content-Type"),
    part("a part, no text", b"Content-Type: text/plain; charset=idna", "Content-Type"),
    nested(100),
]
