# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import base64

import pytest

from ansible_collections.listops.mailman.plugins.module_utils import redact_text

WISH = {"text": "Removed.", "subject": None, "sender": None}
ALL = {"text": "Entfernt: ä.\nFrom here on nothing.", "subject": "(gelöscht)", "sender": ["Nobody", "no@example.org"]}
MESSAGE = b"""From ann@example.net Mon Jan  5 10:00:00 2026
Received: from ann's computer
From: Ann <ann@example.net>
Subject: A secret
\tof mine
Message-ID: <One@example.net>
References: <zero@example.net>
X-Secret: a secret
Content-Type: multipart/mixed; boundary=x

--x

The secret.
--x--
"""
OTHER = b"""From bob@example.net Mon Jan  5 11:00:00 2026
From: Bob <bob@example.net>
Message-ID: <two@example.net>

> nothing of <One@example.net>\xff
"""


def test_a_message_keeps_its_place_and_says_something_else() -> None:
    assert redact_text.redacted(MESSAGE, WISH) == (
        b"From ann@example.net Mon Jan  5 10:00:00 2026\n"
        b"Received: from ann's computer\n"
        b"From: Ann <ann@example.net>\n"
        b"Subject: A secret\n\tof mine\n"
        b"Message-ID: <One@example.net>\n"
        b"References: <zero@example.net>\n"
        b"MIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n"
        b"\nRemoved.\n"
    )


def test_subject_and_sender_go_everywhere() -> None:
    new = redact_text.redacted(MESSAGE, ALL)
    assert b"ann" not in new.lower() and b"secret" not in new.lower()
    assert b"From no@example.org Mon Jan  5" in new
    assert b"Subject: =?utf-8?" in new and b"From: Nobody <no@example.org>\n" in new
    assert new.endswith("Entfernt: ä.\n>From here on nothing.\n".encode())


@pytest.mark.parametrize("wish", [WISH, ALL])
def test_twice_is_once_and_others_stay_as_they_are(wish: dict[str, object]) -> None:
    box = OTHER + b"\n" + MESSAGE + b"\n" + OTHER

    def clean(data: bytes) -> list[bytes]:
        chunks = redact_text.mailbox(data.splitlines(keepends=True))
        return [redact_text.cleaned_chunk(chunk, b"One@example.net", wish) for chunk in chunks]

    once = clean(box)
    assert once[0] == OTHER + b"\n" and once[2] == OTHER
    assert b"secret." not in once[1] and once[1].endswith(b"\n\n")
    assert clean(b"".join(once)) == once


def digest(part: bytes) -> bytes:
    return (
        b"""From: list@example.org
Message-ID: <digest@example.org>
Content-Type: multipart/mixed; boundary="a=b"

--a=b
Content-Type: text/plain

1. A secret (Ann)
--a=b
Content-Type: multipart/digest; boundary=inner

--inner
Content-Type: message/rfc822
MIME-Version: 1.0

%s
--inner

From: c@example.net
Message-ID: <three@example.net>

Without a header of the part.
--inner--
--a=b--
epilogue
"""
        % part
    )


def test_a_digest_loses_one_part_and_nothing_else() -> None:
    message = MESSAGE.partition(b"\n")[2]
    new = redact_text.cleaned(digest(message), b"One@example.net", WISH)
    assert new == digest(redact_text.redacted(message, WISH)[:-1])
    assert redact_text.cleaned(new, b"One@example.net", WISH) == new
    bare = redact_text.cleaned(digest(message), b"three@example.net", WISH)
    assert b"Without a header" not in bare and b"The secret." in bare


PLAIN = b"""Today's Topics:

   1. A secret (Ann)

----------------------------------------------------------------------

Message: 1
Date: Mon, 5 Jan 2026
From: Ann <ann@example.net>
Subject: A secret
Message-ID: <One@example.net>

The secret.
------------------------------
Still the secret.

------------------------------

Message: 2
Message-ID: <two@example.net>

> The quote.

------------------------------

End of List Digest
"""


def test_a_plain_digest_loses_one_section_and_nothing_else() -> None:
    new = redact_text.plain_digest(PLAIN, b"One@example.net", WISH)
    assert new == PLAIN.replace(b"The secret.\n------------------------------\nStill the secret.\n", b"Removed.\n")
    assert redact_text.plain_digest(new, b"One@example.net", WISH) == new
    named = redact_text.plain_digest(PLAIN, b"One@example.net", ALL)
    assert b"From: Nobody <no@example.org>\nSubject: =?utf-8?" in named
    last = redact_text.plain_digest(PLAIN, b"two@example.net", WISH)
    assert last == PLAIN.replace(b"> The quote.\n", b"Removed.\n")
    assert redact_text.plain_digest(PLAIN, b"nobody@example.net", WISH) == PLAIN
    quoted = b"On Monday\nMessage-ID: <One@example.net>\n\nwas quoted"
    assert redact_text.plain_digest(quoted, b"One@example.net", WISH) == quoted


@pytest.mark.parametrize("encoding", ["base64", "quoted-printable", "8bit"])
def test_an_encoded_plain_digest_is_read(encoding: str) -> None:
    head = b"Message-ID: <d@example.org>\nContent-Type: text/plain; charset=utf-8\n"
    head += b"Content-Transfer-Encoding: " + encoding.encode() + b"\n\n"
    content = {"base64": base64.encodebytes(PLAIN), "quoted-printable": PLAIN.replace(b"=", b"=3D"), "8bit": PLAIN}
    raw = head + content[encoding]
    new = redact_text.cleaned(raw, b"One@example.net", WISH)
    assert redact_text.cleaned(new, b"One@example.net", WISH) == new != raw
    text = redact_text.parse(new).get_payload(decode=True)
    assert text == redact_text.plain_digest(PLAIN, b"One@example.net", WISH)


def test_what_is_no_message_stays() -> None:
    for raw in (b"", b"\n", b"no header One@example.net", b"Content-Type: multipart/mixed\n\nOne@example.net"):
        assert redact_text.cleaned(raw, b"One@example.net", WISH) == raw
