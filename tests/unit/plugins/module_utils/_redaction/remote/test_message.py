# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.listops.mailman.plugins.module_utils._redaction.remote import digests
from ansible_collections.listops.mailman.plugins.module_utils._redaction.remote import message as texts
from unit.plugins.module_utils._redaction.remote.samples import ALL, MESSAGE, REPLACEMENT

OTHER = b"""From bob@example.net Mon Jan  5 11:00:00 2026
From: Bob <bob@example.net>
Message-ID: <two@example.net>

> nothing of <One@example.net>\xff
"""


def test_a_message_keeps_its_place_and_says_something_else() -> None:
    assert texts.redacted(MESSAGE, REPLACEMENT) == (
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
    new = texts.redacted(MESSAGE, ALL)
    assert b"ann" not in new.lower() and b"secret" not in new.lower()
    assert b"From no@example.org Mon Jan  5" in new
    assert b"Subject: =?utf-8?" in new and b"From: Nobody <no@example.org>\n" in new
    assert new.endswith("Entfernt: ä.\n>From here on nothing.\n".encode())


@pytest.mark.parametrize("replacement", [REPLACEMENT, ALL])
def test_twice_is_once_and_others_stay_as_they_are(replacement: dict[str, object]) -> None:
    box = OTHER + b"\n" + MESSAGE + b"\n" + OTHER

    def clean(data: bytes) -> list[bytes]:
        chunks = texts.mailbox(data.splitlines(keepends=True))
        return [digests.cleaned_chunk(chunk, b"One@example.net", replacement) for chunk in chunks]

    once = clean(box)
    assert once[0] == OTHER + b"\n" and once[2] == OTHER
    assert b"secret." not in once[1] and once[1].endswith(b"\n\n")
    assert clean(b"".join(once)) == once
