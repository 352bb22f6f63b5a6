# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import base64

import pytest

from ansible_collections.listops.mailman.plugins.module_utils._redaction.remote import digests
from ansible_collections.listops.mailman.plugins.module_utils._redaction.remote import message as texts
from unit.plugins.module_utils._redaction.remote.samples import ALL, MESSAGE, REPLACEMENT


def digest(part: bytes) -> bytes:
    return (
        b"""From: list@example.org
Message-ID: <digest@example.org>
Content-Type: multipart/mixed; boundary="a=b"

--a=b
Content-Type: text/plain

   1. A secret (Ann)
   2. three (c@example.net)
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
    new = digests.cleaned(digest(message), b"One@example.net", REPLACEMENT)
    assert new == digest(texts.redacted(message, REPLACEMENT)[:-1])
    assert digests.cleaned(new, b"One@example.net", REPLACEMENT) == new
    bare = digests.cleaned(digest(message), b"three@example.net", REPLACEMENT)
    assert b"Without a header" not in bare and b"The secret." in bare


@pytest.mark.parametrize("encoding", ["base64", "quoted-printable", "8bit"])
def test_a_digest_names_the_message_otherwise(encoding: str) -> None:
    message = MESSAGE.partition(b"\n")[2]
    table, rules = (
        b"\n   1. A secret of mine (Ann)\n   2. three (c@example.net)\n",
        b"\n   1. A secret\n   2. no secrets\n",
    )

    def made(table: bytes, part: bytes) -> bytes:
        content = {"base64": base64.encodebytes(table), "quoted-printable": table, "8bit": table}[encoding]
        head = b"Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: " + encoding.encode() + b"\n"
        plain = b"Content-Type: text/plain\n\n   1. A secret (Ann)\n   2. three (c@example.net)\n"
        assert plain in digest(part)
        rule = b"Content-Type: text/plain\n" + rules
        return digest(part).replace(plain, rule + b"--a=b\n" + head + b"\n" + content)

    def clean(raw: bytes, ident: bytes, replacement: dict[str, object]) -> bytes:
        new = digests.cleaned(raw, ident, replacement)
        assert digests.cleaned(new, ident, replacement) == new, "twice is not once"
        return new

    def named(raw: bytes) -> list[bytes]:
        return [part.get_payload(decode=True).strip(b"\n") for part in texts.parse(raw).get_payload()[:2]]

    one, three = table.strip(b"\n").split(b"\n")
    for key, entry in {"subject": "   1. (gelöscht) (Ann)", "sender": "   1. A secret of mine (Nobody)"}.items():
        new = clean(made(table, message), b"One@example.net", {**REPLACEMENT, key: ALL[key]})
        assert named(new) == [rules.strip(b"\n"), entry.encode() + b"\n" + three]
        # byte for byte, but for the two places
        assert new.partition(b"inner\n")[0].endswith(b"digest; boundary=") and new.endswith(b"--a=b--\nepilogue\n")
    second = clean(made(table, message), b"three@example.net", ALL)
    assert named(second) == [rules.strip(b"\n"), one + "\n   2. (gelöscht) (Nobody)".encode()]
    assert clean(made(table, message), b"four@example.net", ALL) == made(table, message)


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
    new = digests.plain_digest(PLAIN, b"One@example.net", REPLACEMENT)
    assert new == PLAIN.replace(b"The secret.\n------------------------------\nStill the secret.\n", b"Removed.\n")
    assert digests.plain_digest(new, b"One@example.net", REPLACEMENT) == new
    named = digests.plain_digest(PLAIN, b"One@example.net", ALL)
    assert "From: Nobody <no@example.org>\nSubject: (gelöscht)\n".encode() in named
    assert "\n   1. (gelöscht) (Nobody)\n".encode() in named and b"secret" not in named
    assert digests.plain_digest(named, b"One@example.net", ALL) == named
    last = digests.plain_digest(PLAIN, b"two@example.net", REPLACEMENT)
    assert last == PLAIN.replace(b"> The quote.\n", b"Removed.\n")
    assert digests.plain_digest(PLAIN, b"nobody@example.net", REPLACEMENT) == PLAIN
    inner = PLAIN.replace(b"A secret (Ann)\n", b"zero (Bob)\n   2. A secret (Ann)\n").replace(
        b"Message: 1", b"Message: 2"
    )
    nested = PLAIN.replace(b"> The quote.\n", inner)
    once = digests.plain_digest(nested, b"One@example.net", ALL)
    assert once.count(b"secret") == 0 and "\n   1. zero (Bob)\n   2. (gelöscht) (Nobody)\n".encode() in once
    assert digests.plain_digest(once, b"One@example.net", ALL) == once
    quoted = b"On Monday\nMessage-ID: <One@example.net>\n\nwas quoted"
    assert digests.plain_digest(quoted, b"One@example.net", REPLACEMENT) == quoted


def test_a_plain_digest_begins_with_a_message() -> None:
    assert digests.first_ident(PLAIN) == b"One@example.net"
    assert digests.first_ident(MESSAGE) == b""


@pytest.mark.parametrize("encoding", ["base64", "quoted-printable", "8bit"])
def test_an_encoded_plain_digest_is_read(encoding: str) -> None:
    head = b"Message-ID: <d@example.org>\nContent-Type: text/plain; charset=utf-8\n"
    head += b"Content-Transfer-Encoding: " + encoding.encode() + b"\n\n"
    content = {"base64": base64.encodebytes(PLAIN), "quoted-printable": PLAIN.replace(b"=", b"=3D"), "8bit": PLAIN}
    raw = head + content[encoding]
    new = digests.cleaned(raw, b"One@example.net", REPLACEMENT)
    assert digests.cleaned(new, b"One@example.net", REPLACEMENT) == new != raw
    text = texts.parse(new).get_payload(decode=True)
    assert text == digests.plain_digest(PLAIN, b"One@example.net", REPLACEMENT)


def test_what_is_no_message_stays() -> None:
    for raw in (b"", b"\n", b"no header One@example.net", b"Content-Type: multipart/mixed\n\nOne@example.net"):
        assert digests.cleaned(raw, b"One@example.net", REPLACEMENT) == raw
