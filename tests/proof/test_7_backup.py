# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A backup is worth what comes back from it."""

from __future__ import annotations

import pytest

from support import site
from support.fermium import Fermium
from support.inside import eventually
from support.proved import Proved

pytestmark = pytest.mark.usefixtures("subscribers")

LATEST = "/var/backups/listops/latest"
LIVE = "/var/lib/mailman3/data/mailman.db"


def test_a_dump_brings_a_lost_member_back(fermium: Fermium, word: str, proved: Proved) -> None:
    witness = f"witness-{word}@example.net"
    fermium.subscribe(site.PUBLIC, witness)
    fermium.systemctl("start", "listops-dump.service")
    fermium.unsubscribe(site.PUBLIC, witness)
    assert witness not in fermium.members(site.PUBLIC)

    archived = fermium.ask(
        "rows", database=f"{LATEST}/mailman-web.sqlite", query="select count(*) from hyperkitty_email"
    )[0][0]
    assert archived > 0
    size = int(fermium.check("stat", "-L", "-c", "%s", f"{LATEST}/mailman.sqlite"))
    assert fermium.check("stat", "-L", "-c", "%a %U", f"{LATEST}/mailman.sqlite").strip() == "600 root"

    fermium.systemctl("stop", "mailman3")
    fermium.check("install", "-o", "list", "-g", "list", "-m", "0640", f"{LATEST}/mailman.sqlite", LIVE)
    fermium.systemctl("start", "mailman3")
    eventually(fermium.rest_answers, "Mailman is back")
    assert witness in fermium.members(site.PUBLIC)
    fermium.unsubscribe(site.PUBLIC, witness)
    proved("a member lost after the dump is back after the restore", f"{size // 1024} KiB, {archived} archived mails")
