# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A list that is removed: what becomes of its mail, its held posts and its archives."""

from __future__ import annotations

from typing import Any

from support import site
from support.controller import Controller
from support.mail_server import MailServer
from support.outside import Outside, archived_at
from support.proved import Proved

MODULE = "listops.mailman.mailman_list"


def test_a_removed_list_refuses_mail_and_keeps_or_drops_its_archive(
    fermium: MailServer, outside: Outside, controller: Controller, word: str, proved: Proved
) -> None:
    name = f"gone-{word}"
    address = f"{name}@{site.DOMAIN}"
    controller.task(MODULE, name=name, members=[site.ALICE], default_nonmember_action="hold")
    # as a site has it whose Mailman archives into its prototype, too
    copies = f"/var/lib/mailman3/archives/prototype/{address}"
    fermium.check("runuser", "-u", "list", "--", "mkdir", "-p", f"{copies}/new")
    assert outside.send(site.ALICE, address, f"minutes {word}", f"We met, said {word}.\n").accepted
    message = archived_at(outside.mailbox(site.ALICE).wait_for(word))
    outside.wait_for_page(message)
    search = f"{site.ARCHIVES}/search?mlist={address}&q={word}"
    fermium.manage("update_index_one_list", address)
    assert f"minutes {word}" in outside.get(search).text
    assert outside.send(site.STRANGER, address, f"buy {word}").accepted
    fermium.becomes(lambda: f"buy {word}" in fermium.held(address), "a stranger's post is held")

    gone: dict[str, Any] = {"name": name, "state": "absent"}
    removed = controller.task(MODULE, **gone)
    assert removed["summary"]["lists_removed"] == 1
    assert controller.task(MODULE, **gone)["changed"] is False
    refused = outside.send(site.ALICE, address, f"late {word}")
    assert refused.recipients[address][0] == 550
    assert "no such list" in refused.refusal
    assert set(outside.offer(site.ALICE, [f"{name}-{part}@{site.DOMAIN}" for part in ("owner", "join")]).values()) == {
        550
    }

    # kept: served exactly as before
    kept = outside.get(message)
    assert kept.status == 200 and f"We met, said {word}." in kept.text
    assert f"minutes {word}" in outside.get(search).text

    drop = {**gone, "archives": "drop"}
    shown = controller.task(MODULE, check_mode=True, **drop)
    assert shown["lists"][0]["changes"]["archive"] == {"before": "1 messages", "after": None}
    assert outside.get(message).status == 200, "check mode dropped the archive"
    assert fermium.run("test", "-d", copies)["rc"] == 0
    assert controller.task(MODULE, **drop)["changed"] is True
    assert outside.get(message).status == 404
    assert outside.get(f"{site.ARCHIVES}/list/{address}/").status == 404
    assert f"minutes {word}" not in outside.get(search.replace(f"mlist={address}&", "")).text
    assert fermium.run("test", "-d", copies)["rc"] != 0
    assert controller.task(MODULE, **drop)["changed"] is False
    proved(
        "a removed list refuses mail; its archive stays served, or is gone", "550, 200 -> 404; not found by searching"
    )


def test_a_private_archive_outlives_its_list_in_private(
    fermium: MailServer, outside: Outside, controller: Controller, word: str, proved: Proved
) -> None:
    name = f"gone-{word}"
    address = f"{name}@{site.DOMAIN}"
    controller.task(MODULE, name=name, members=[site.ALICE], archive_policy="private")
    assert outside.send(site.ALICE, address, f"verdict {word}", f"Guilty, {word}.\n").accepted
    message = archived_at(outside.mailbox(site.ALICE).wait_for(word))
    archived = f"{site.ARCHIVES}/api/list/{address}/"
    fermium.becomes(lambda: outside.get(message).status == 403, "the message is in the private archive")
    controller.task(MODULE, name=name, state="absent")
    doors = [message, archived, f"{site.ARCHIVES}/list/{address}/", f"{site.ARCHIVES}/search?q={word}"]
    secrets = (f"verdict {word}", f"Guilty, {word}")
    leaks = [door for door in doors if any(secret in outside.get(door).text for secret in secrets)]
    assert leaks == []

    refused = controller.refused(MODULE, name=name, archive_policy="public")
    assert "would publish 1 messages of a private archive" in refused
    controller.task(MODULE, name=name, archive_policy="private", members=[site.ALICE])
    assert outside.get(message).status == 403
    both = controller.task(MODULE, name=name, state="absent", archives="drop")
    assert both["lists"][0]["action"] == "removed"
    assert outside.get(message).status == 404
    proved("a private archive outlives its list in private", f"{len(doors)} doors, 0 leaks, 403 -> 404")
