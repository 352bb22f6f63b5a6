# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a subscriber sees in a browser. The pictures are kept in tests/output/screenshots."""

from __future__ import annotations

import pytest

from support import site
from support.controller import PICTURES
from support.outside import Outside, archived_at
from support.proved import Proved
from support.reader import Reader

pytestmark = pytest.mark.usefixtures("subscribers")


def test_pages_of_a_subscriber(outside: Outside, word: str, proved: Proved) -> None:
    assert outside.send(site.ALICE, site.PUBLIC, f"picture {word}", f"Look at {word}.\n").accepted
    link = archived_at(outside.mailbox(site.BOB).wait_for(word))
    outside.wait_for_page(link)

    lists = outside.browse(site.LISTS, PICTURES / "lists.png")
    assert site.PUBLIC in lists["text"]
    assert "internal-l" not in lists["text"], "an unadvertised list is shown"
    page = outside.browse(f"{site.LISTS}{site.PUBLIC.replace('@', '.')}/", PICTURES / "list.png")
    assert site.PUBLIC in page["text"]
    archive = outside.browse(f"{site.ARCHIVES}/list/{site.PUBLIC}/latest", PICTURES / "archive.png")
    assert f"picture {word}" in archive["text"]
    message = outside.browse(link, PICTURES / "message.png")
    assert f"Look at {word}." in message["text"]
    assert site.ALICE not in message["text"], "an address shows in the archive"
    missing = outside.browse(link + "nothere/", PICTURES / "missing.png")
    assert missing["status"] == 404
    assert {page["status"] for page in (lists, page, archive, message)} == {200}
    proved("Chromium: lists, a list, its archive, a message", "4 x 200, 1 x 404, 5 pictures")


def test_digest_prompt(outside: Outside, reader: Reader, word: str, proved: Proved) -> None:
    assert outside.send(site.ALICE, site.PRIVATE, f"secret {word}").accepted
    link = archived_at(outside.mailbox(site.ALICE).wait_for(word))
    outside.wait_for_page(link, reader.name, reader.password)

    asked = outside.browse(site.ARCHIVE, PICTURES / "digest-prompt.png")
    assert asked["status"] == 401
    assert site.PRIVATE not in asked["text"]
    address = site.ARCHIVE.replace("://", f"://{reader.name}:{reader.password}@")
    let_in = outside.browse(f"{address}latest", PICTURES / "digest-opened.png")
    assert let_in["status"] == 200
    assert f"secret {word}" in let_in["text"]
    proved(
        "Chromium: the private archive's prompt, and behind it", f"{asked['status']}, {let_in['status']}, 2 pictures"
    )
