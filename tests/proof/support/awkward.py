# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Mails at which hyperkitty_import fails, or which it loses, doubles or dates to the day of the import; and what must become of each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

LINE = b"From x@example.net Mon Jan  4 10:00:00 2010\n"
FROM = b"From: A <a@example.net>\nTo: l@example.org\n"
TEN = b"Date: Mon, 04 Jan 2010 10:00:00 +0000\n"
ARRIVED = "2010-01-04T10:00:00+00:00"
NEST = 3000


@dataclass(frozen=True)
class Awkward:
    """head, text: of the mail. state, said: a part of its reason or of what was mended; row: columns in HyperKitty."""

    head: bytes
    text: bytes = b"body\n"
    state: str = "moved"
    said: str = ""
    row: dict[str, Any] = field(default_factory=dict)

    def raw(self) -> bytes:
        return LINE + self.head + b"\n" + self.text + b"\n"


def own(name: bytes, *, date: bytes = TEN, sender: bytes = FROM, more: bytes = b"", **expected: Any) -> Awkward:
    """A mail with a subject, and a Message-ID of this name."""
    return Awkward(sender + b"Message-ID: <%b@x>\n" % name + date + (more or b"Subject: %b\n" % name), **expected)


MAILS: dict[str, Awkward] = {
    "first of a Message-ID": own(b"dup", text=b"one\n", row={"message_id": "dup@x", "content": "one\n"}),
    "second with another text": own(
        b"dup",
        text=b"another text\n",
        said="also that of mail 0, which has another text",
        row={"content": "another text\n"},
    ),
    "second with the same text": own(b"dup", text=b"one\n", state="merged", said="the text of mail 0"),
    "no Message-ID": Awkward(FROM + TEN + b"Subject: nomid\n", said="it has no Message-ID", row={"subject": "nomid"}),
    "an empty Message-ID": Awkward(FROM + TEN + b"Message-ID: <>\n", said="it has no Message-ID", row={"subject": ""}),
    "double brackets": own(b"<id", more=b"Subject: x\n", row={"message_id": "id@x"}),
    "no date": own(b"nodate", date=b"", said="its date cannot be right", row={"date": ARRIVED}),
    "a date of nonsense": own(
        b"baddate", date=b"Date: Foo, 99 Bar 2010\n", said="its date cannot be right", row={"date": ARRIVED}
    ),
    "the future": own(
        b"future",
        date=b"Date: Mon, 04 Jan 2038 10:00:00 +0000\n",
        said="its date cannot be right",
        row={"date": ARRIVED},
    ),
    "the year 110": own(
        b"y110",
        date=b"Date: Mon, 04 Jan 0110 11:00:00 +0000\n",
        said="was read as 2010-01-04 11:00 UTC",
        row={"date": "2010-01-04T11:00:00+00:00"},
    ),
    "a zone of nonsense": own(b"zone", date=b"Date: Mon, 04 Jan 2010 10:00:00 +9900\n", row={"date": ARRIVED}),
    "a sender that is not ASCII": own(
        b"sender",
        sender=b"From: \xc3\xa4@example.net\n",
        said="it is in the sender's name",
        row={"sender_name": "ä@example.net"},
    ),
    "a subject in Latin-1": own(b"latin", more=b"Subject: Gr\xfc\xdfe\n", said="cp1252", row={"subject": "Grüße"}),
    "an unknown charset": own(
        b"charset",
        more=b'MIME-Version: 1.0\nContent-Type: text/plain; charset="x-unknown-zz"\nContent-Transfer-Encoding: 8bit\n',
        text=b"gr\xfc\xdf\n",
        said="was read in another one",
        row={"content": "grüß\n"},
    ),
    "NUL in the text": own(b"nul", text=b"a\0b\n", row={"content": "ab\n"}),
    "NUL in a header": own(b"nulhead", more=b"Subject: a\0b\n", said="NUL bytes", row={"subject": "ab"}),
    "no From": own(b"nofrom", sender=b"", said="its sender is x@example.net", row={"sender_id": "x@example.net"}),
    "a line of text with From": own(
        b"line",
        text=b"Hello\n\nFrom here on it is lost\nmore\n",
        row={"content": "Hello\n\nFrom here on it is lost\nmore\n"},
    ),
    "a long Message-ID": own(b"z" * 300, row={"message_id": "z" * 254}),
    "a folded Message-ID": Awkward(FROM + TEN + b"Message-ID:\n <folded@x>\n", row={"message_id": "folded@x"}),
    "a Message-ID with a comment": Awkward(
        FROM + TEN + b"Message-ID: <cm@x> (added by postmaster@x)\n", row={"message_id": "cm@x"}
    ),
    "HTML alone": own(
        b"html", more=b"MIME-Version: 1.0\nContent-Type: text/html\n", text=b"<b>x</b>\n", row={"attached": 1}
    ),
    "an answer before what it answers": own(
        b"reply", more=b"In-Reply-To: <parent@x>\n", row={"parent": "parent@x", "thread_depth": 1, "thread_order": 1}
    ),
    "what it answers": own(b"parent", row={"parent": None, "thread_depth": 0, "thread_order": 0}),
    "an answer to itself": own(b"self", more=b"In-Reply-To: <self@x>\n", row={"parent": None, "thread_order": 0}),
    "broken MIME": own(
        b"mime",
        more=b'MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary="q"\n',
        text=b"--q\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: base64\n\n!!!notbase64\n",
    ),
    "a long sender": own(
        b"long",
        sender=b'From: "' + b"N" * 300 + b'" <a@example.net>\n',
        said="was cut to 255",
        row={"sender_name": "N" * 255},
    ),
    "a sender as Pipermail shows it": own(
        b"shown", sender=b"From: joe at example.net (Joe)\n", row={"sender_id": "joe@example.net", "sender_name": "Joe"}
    ),
    "more parts in parts than Python can read": own(
        b"deep",
        more=b'MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary="b0"\n',
        text=b"".join(b'--b%d\nContent-Type: multipart/mixed; boundary="b%d"\n\n' % (at, at + 1) for at in range(NEST)),
        state="quarantined",
        said="RecursionError",
    ),
}


def mailbox(mails: Mapping[str, Awkward]) -> bytes:
    return b"".join(mail.raw() for mail in mails.values())
