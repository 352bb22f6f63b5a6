# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Archives elsewhere on Mailman 2.1: members as state, and what was posted before as mbox."""

from __future__ import annotations

import mailbox
import pathlib
from typing import Any

import pytest

from mailman21 import ROOT, STATE, Mailman21
from support.controller import Controller, changed

LIST, MEMBER, MBOX = "mailman_list", "mailman_member", "mailman_mbox"
ARCHIVE = "archive@mail-archive.example.net"
NOMETOO, HIDE, NOREMIND, MODERATED, NODUPES = 2, 16, 32, 128, 256
OLD = """From a@example.org  Wed Nov 25 21:20:31 2026
From: a@example.org
Subject: one

From here on it is text.

From b@example.org  Wed Nov 25 21:20:31 2026
is quoted.

From b@example.org  Wed Nov 25 21:22:00 2026
From: b@example.org
Subject: two

bye
"""


def test_an_external_archive_is_a_member(host: Mailman21, made: str) -> None:
    exact = {"state": "exact", "addresses": ["alice@example.org"]}
    host.config_list(made, "new_member_options=256\n")
    host.assert_idempotent(LIST, name=made, members=exact, external_archives=[ARCHIVE])
    assert sorted(host.members(made, "-r")) == ["alice@example.org", ARCHIVE]
    assert host.members(made, "-m") == [ARCHIVE], "what is sent in its name is for the moderators"
    options = host.member(made, ARCHIVE)["options"]
    assert options & (NOMETOO | HIDE | NOREMIND | NODUPES) == HIDE | NOREMIND
    assert host.members(made, "--nomail=enabled") == sorted(["alice@example.org", ARCHIVE])

    # what bounced is tried again, whatever the list does with members' posts
    host.apply(MEMBER, list=made, address=ARCHIVE, delivery_status="by_bounces", delivery_mode="mime_digests")
    host.assert_idempotent(LIST, name=made, members=exact, external_archives={ARCHIVE.upper(): True})
    assert host.members(made, "-r", "--nomail=enabled") == sorted(["alice@example.org", ARCHIVE])
    host.assert_idempotent(LIST, name=made, external_archives=[ARCHIVE], default_member_action="hold")
    assert host.apply(LIST, name=made, external_archives=[ARCHIVE])["changed"] is False
    assert ARCHIVE in host.members(made, "-m")

    host.assert_idempotent(LIST, name=made, members=exact, external_archives={ARCHIVE: False})
    assert host.members(made) == ["alice@example.org"]


def test_no_external_archive_is_greeted(host: Mailman21, made: str) -> None:
    with host.no_mail_of(made):
        host.apply(LIST, name=made, external_archives=[ARCHIVE], send_welcome=True)
        host.apply(LIST, name=made, external_archives={ARCHIVE: False}, send_goodbye=True)


def test_a_private_list_has_none(host: Mailman21, made: str, name: str) -> None:
    sentence = f"external_archives has {ARCHIVE}, and archive_policy is private: give archive_policy public"
    before = host.fingerprint()
    other = f"{made}-new"
    entries = [{"name": other}, {"name": made, "archive_policy": "private", "external_archives": [ARCHIVE]}]
    assert sentence in host.refusal(LIST, lists=entries)
    assert host.fingerprint() == before and other not in host.lists()
    defaults = {"external_archives": [ARCHIVE]}
    host.assert_idempotent(LIST, lists=[{"name": made}], defaults=defaults)
    host.assert_idempotent(LIST, lists=[{"name": made, "archive_policy": "private"}], defaults=defaults)
    assert host.members(made) == []
    assert sentence in host.refusal(LIST, name=made, external_archives=[ARCHIVE])
    host.assert_idempotent(LIST, name=made, external_archives=[ARCHIVE], external_archives_allow_private=True)
    assert host.members(made) == [ARCHIVE]


@pytest.fixture
def archived(host: Mailman21, made: str) -> str:
    """A list with an mbox, of which two lines only look like the beginning of a message."""
    folder = f"{STATE}/archives/private/{made}.mbox"
    host.sh(f"mkdir -p {folder} && chown list:list {folder}")
    host.ask("write", path=f"{folder}/{made}.mbox", text=OLD)
    return made


def counted(host: Mailman21, path: str, folder: pathlib.Path) -> list[Any]:
    copy = folder / "copy.mbox"
    copy.write_text(host.ask("read", path=path), encoding="utf-8")
    return list(mailbox.mbox(copy))


def test_the_posts_of_before(host: Mailman21, archived: str, tmp_path: pathlib.Path) -> None:
    path = f"{host.room}/{archived}@{host.domain}.mbox"
    options = {"list": archived, "directory": host.room}
    before = host.fingerprint()
    shown = host.module(MBOX, check_mode=True, **options)
    assert shown["changed"] is True and host.run("test", "-e", path)["rc"] == 1, "check mode wrote"
    assert host.apply(MBOX, **options) == shown
    assert shown["files"] == [{"list": f"{archived}@{host.domain}", "path": path, "messages": 2}]
    assert host.sh(f"stat -c %a {path}") == "600\n"
    found = counted(host, path, tmp_path)
    assert [message["Subject"] for message in found] == ["one", "two"]
    assert found[0].get_payload().count(">From ") == 2
    for check_mode in (True, False):
        assert host.module(MBOX, check_mode=check_mode, **options)["changed"] is False
    assert host.fingerprint() == before

    host.apply(LIST, name=archived, archive_policy="private")
    assert f"list {archived}@{host.domain} has archive_policy private: give " in host.refusal(MBOX, **options)
    assert host.apply(MBOX, **options, allow_private=True)["changed"] is False
    assert "does not exist" in host.refusal(MBOX, list=f"{archived}-no", directory=host.room)
    assert host.refusal(MBOX, list=archived, directory="/nowhere").startswith("directory is '/nowhere': give ")


def test_a_list_without_posts(host: Mailman21, made: str) -> None:
    (file,) = host.apply(MBOX, list=made, directory=host.room)["files"]
    assert file["messages"] == 0 and host.ask("read", path=file["path"]) == ""


def test_the_playbook(host: Mailman21, archived: str, tmp_path: pathlib.Path) -> None:
    inventory = ROOT / "tests/contract/inventory.yml"
    controller = Controller(host.engine[0], "contract", host="mailman2", inventories=[str(inventory)])
    there = ("-e", "listops_hosts=mailman2")
    backfill = (*there, "-e", f"backfill_lists={archived}", "-e", f"backfill_directory={tmp_path}")
    assert changed(controller.playbook("playbooks/backfill.yml", *backfill), "mailman2") > 0
    path = tmp_path / f"{archived}@{host.domain}.mbox"
    assert path.stat().st_mode & 0o777 == 0o600 and len(mailbox.mbox(path)) == 2
    assert changed(controller.playbook("playbooks/backfill.yml", *backfill), "mailman2") == 0
