# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A backup is worth what comes back from it."""

from __future__ import annotations

import pytest

from support import site
from support.fermium import MAILMAN_CFG, Fermium
from support.proved import Proved

pytestmark = pytest.mark.usefixtures("subscribers")

LATEST = "/var/backups/listops/latest"
RESTORED = "/run/proof-restored"
CONFIG = "/etc/mailman3/proof-restored.cfg"


def test_what_was_lost_is_in_the_dump(fermium: Fermium, word: str, proved: Proved) -> None:
    witness = f"witness-{word}@example.net"
    fermium.subscribe(site.PUBLIC, witness)
    fermium.systemctl("start", "listops-dump.service")
    fermium.unsubscribe(site.PUBLIC, witness)
    assert not fermium.member(site.PUBLIC, witness)

    archived = fermium.ask(
        "rows", database=f"{LATEST}/mailman-web.sqlite", query="select count(*) from hyperkitty_email"
    )[0][0]
    assert archived > 0
    size, mode, owner = fermium.check("stat", "-L", "-c", "%s %a %U", f"{LATEST}/mailman.sqlite").split()
    assert (mode, owner) == ("600", "root")

    # Mailman itself, on the dump, beside the one that runs
    fermium.check("install", "-d", "-o", "list", "-g", "list", "-m", "0700", RESTORED)
    try:
        fermium.check(
            "install", "-o", "list", "-g", "list", "-m", "0600", f"{LATEST}/mailman.sqlite", f"{RESTORED}/mailman.db"
        )
        fermium.check(
            "sh",
            "-c",
            f"umask 027; sed 's,^url: sqlite.*,url: sqlite:///{RESTORED}/mailman.db,' {MAILMAN_CFG} > {CONFIG}",
        )
        fermium.check("chgrp", "list", CONFIG)
        members = fermium.check("runuser", "-u", "list", "--", "mailman", "-C", CONFIG, "members", site.PUBLIC).split()
    finally:
        fermium.check("rm", "-rf", RESTORED, CONFIG)
    assert witness in members
    assert {site.ALICE, site.BOB} <= set(members)
    proved(
        "a member lost after the dump is in what is restored from it",
        f"{int(size) // 1024} KiB, {archived} archived mails",
    )
