# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A mailbox as big as wanted and the same every time: well-formed mails in the order of their dates. Pure."""

from __future__ import annotations

import datetime
import random
from collections.abc import Iterator
from email.message import EmailMessage
from email.utils import format_datetime

SEED = 7
SENDERS = 400
TEXT = (
    "lorem ipsum dolor sit amet consectetur adipiscing elit sed do eiusmod tempor incididunt ut labore et dolore magna "
    "aliqua list server archive mail thread patch review kernel wiki Grüße"
)
WORDS = TEXT.split()


def mailbox(number: int, seed: int = SEED, word: str = "", attached: int = 0) -> Iterator[bytes]:
    """So many mails with From_ lines; seven of ten answer one of the last sixty, one of ten has an attachment.

    word: in each subject and text. attached: how many bytes are attached to each mail instead.
    """
    chance = random.Random(seed)
    date = datetime.datetime(2010, 1, 1, tzinfo=datetime.UTC)
    earlier: list[tuple[str, str]] = []
    for at in range(number):
        date += datetime.timedelta(minutes=chance.randint(1, 300))
        sender = chance.randrange(SENDERS)
        message = EmailMessage()
        message["From"] = f"Person {sender} <p{sender}@example.net>"
        message["To"] = "big@lists.example.org"
        zone = datetime.timezone(datetime.timedelta(hours=chance.choice((-8, -5, 0, 1, 2))))
        message["Date"] = format_datetime(date.astimezone(zone))
        message["Message-ID"] = f"<{at}.{chance.randrange(1 << 40)}@example.net>"
        if earlier and chance.random() < 0.7:
            parent, subject = chance.choice(earlier[-60:])
            message["In-Reply-To"] = message["References"] = parent
            message["Subject"] = f"Re: {subject}"
        else:
            subject = " ".join([*chance.sample(WORDS, 5), *([word] if word else [])])
            message["Subject"] = subject
        lines = [" ".join(chance.choice(WORDS) for _each in range(10)) for _line in range(chance.randint(5, 60))]
        message.set_content("\n".join([*lines, word]))
        if attached or chance.random() < 0.1:
            message.add_attachment(
                chance.randbytes(attached or 3000), maintype="application", subtype="octet-stream", filename="a.bin"
            )
            message.set_boundary(f"=={at}==")
        earlier.append((str(message["Message-ID"]), subject))
        yield b"From p%d@example.net %s\n" % (sender, date.strftime("%a %b %d %H:%M:%S %Y").encode())
        yield message.as_bytes() + b"\n"


def of_size(size: int, attached: int) -> tuple[Iterator[bytes], int]:
    """A mailbox of at least so many bytes, and the number of its mails, each with an attachment."""
    sample = 20
    each = sum(map(len, mailbox(sample, attached=attached))) / sample
    # Some are shorter than those of the sample.
    number = int(size / each * 1.05) + 1
    return mailbox(number, attached=attached), number
