# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A backup is worth what comes back from it."""

from __future__ import annotations

import pytest

from support import site
from support.mail_server import MAILMAN_CFG, MailServer
from support.proved import Proved

pytestmark = pytest.mark.usefixtures("subscribers")

LATEST = "/var/backups/listops/latest"
RESTORED = "/run/proof-restored"
CONFIG = "/etc/mailman3/proof-restored.cfg"


def restored_by_mailman(fermium: MailServer) -> set[str]:
    """The members of the public list, as Mailman itself reads them in the SQLite dump, beside the one that runs."""
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
        command = ("runuser", "-u", "list", "--", "mailman", "-C", CONFIG, "members", site.PUBLIC)
        return set(fermium.check(*command).split())
    finally:
        fermium.check("rm", "-rf", RESTORED, CONFIG)


def restored_by_postgresql(fermium: MailServer) -> set[str]:
    """The same, in a database of its own that pg_restore makes of the dump."""
    postgres = ("runuser", "-u", "postgres", "--")
    query = (
        "select email from member join address on member.address_id = address.id "
        f"where member.role = 1 and list_id = '{site.PUBLIC.replace('@', '.')}'"
    )
    fermium.check(*postgres, "createdb", "proof_restored")
    try:
        fermium.check(
            "sh", "-c", f"{' '.join(postgres)} pg_restore --no-owner -d proof_restored < {LATEST}/mailman.pgdump"
        )
        return set(fermium.check(*postgres, "psql", "-Atc", query, "proof_restored").split())
    finally:
        fermium.check(*postgres, "dropdb", "proof_restored")


def test_what_was_lost_is_in_the_dump(fermium: MailServer, word: str, proved: Proved) -> None:
    witness = f"witness-{word}@example.net"
    fermium.subscribe(site.PUBLIC, witness)
    fermium.systemctl("restart", "listops-dump.service")
    fermium.unsubscribe(site.PUBLIC, witness)
    assert not fermium.member(site.PUBLIC, witness)

    sqlite = fermium.run("test", "-e", f"{LATEST}/mailman.sqlite")["rc"] == 0
    dump = f"{LATEST}/mailman.{'sqlite' if sqlite else 'pgdump'}"
    size, mode, owner = fermium.check("stat", "-L", "-c", "%s %a %U", dump).split()
    assert (mode, owner) == ("600", "root")
    members = restored_by_mailman(fermium) if sqlite else restored_by_postgresql(fermium)
    assert witness in members
    assert {site.ALICE, site.BOB} <= members
    if sqlite:
        query = "select count(*) from hyperkitty_email"
        assert fermium.ask("rows", database=f"{LATEST}/mailman-web.sqlite", query=query)[0][0] > 0
    proved("a member lost after the dump is in what is restored from it", f"{int(size) // 1024} KiB")
