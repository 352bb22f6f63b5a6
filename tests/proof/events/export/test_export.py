# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The people of lists go to files without loss, and come back without a change."""

from __future__ import annotations

import csv
import json
import os
from pathlib import Path

from support import site
from support.controller import Controller, changed, results
from support.mail_server import MailServer
from support.proved import Proved

LIST = "listops.mailman.mailman_list"
EXPORT = "playbooks/export.yml"
NAMES = {"ann@example.net": 'Ánn, "the" O\'Hara: #1', "bo@example.net": "陳大文", "cy@example.net": "{{ 6 * 7 }} 🙂"}


def test_everybody_is_exported_and_the_file_changes_nothing(
    fermium: MailServer, controller: Controller, word: str, tmp_path: Path, proved: Proved
) -> None:
    first, second = f"{word}-a@{site.DOMAIN}", f"{word}-b@{site.DOMAIN}"
    ann, bo, cy = NAMES
    # by the door that the collection does not use: what is there was not put there by it
    for name in (first, second):
        fermium.make_list(name)
    for address, role in ((ann, "member"), (bo, "member"), (cy, "owner"), (bo, "moderator"), (cy, "nonmember")):
        fermium.enrol(first, address, NAMES[address], role)
    fermium.hold_back(first, bo)
    controller.task(LIST, name=second, state="disabled", disabled_action="discard")

    options = ("-e", f"export_directory={tmp_path}", "-e", f"{{'export_lists': ['{first}', '{second}']}}")
    assert (
        changed(controller.playbook(EXPORT, "--check", *options), controller.host) > 0
        and list(tmp_path.iterdir()) == []
    ), "check mode wrote"
    umask = os.umask(0)
    umask = os.umask(0)
    try:
        controller.playbook(EXPORT, *options)
    finally:
        os.umask(umask)
    kept, sheet = (tmp_path / f"members-{controller.host}.{kind}" for kind in ("yml", "csv"))
    modes = {path.name: path.stat().st_mode & 0o777 for path in tmp_path.iterdir()}
    assert modes == {kept.name: 0o600, sheet.name: 0o600}
    assert changed(controller.playbook(EXPORT, *options), controller.host) == 0

    with sheet.open(encoding="utf-8", newline="") as handle:
        rows = {(row["role"], row["address"]): row for row in csv.DictReader(handle)}
    # Mailman 2.1 knows the names of members only, and a list there has an owner from the beginning
    assert {key: row["display_name"] for key, row in rows.items() if key[1] in NAMES} == {
        key: "" if fermium.mailman21 and key[0] != "member" else NAMES[key[1]]
        for key in (("member", ann), ("member", bo), ("owner", cy), ("moderator", bo), ("nonmember", cy))
    }
    digest = [rows["member", bo][key] for key in ("delivery_mode", "delivery_status", "moderation_action")]
    assert digest == ["mime_digests", "by_moderator", "hold"]

    task = {"name": "back", LIST: {"lists": "{{ mailman_lists }}"}}
    back = json.dumps([{"hosts": controller.host, "gather_facts": False, "vars_files": [str(kept)], "tasks": [task]}])
    (same,) = results(controller.playbook("/dev/stdin", stdin=back), controller.host)
    assert same["changed"] is False, same

    # the file says it all: what is taken away, it brings back
    before = people(fermium, first)
    controller.task(LIST, name=first, state="absent")
    controller.playbook("/dev/stdin", stdin=back)
    assert people(fermium, first) == before
    assert controller.task(LIST, name=second, state="disabled", disabled_action="discard")["changed"] is False
    for name in (first, second):
        controller.task(LIST, name=name, state="absent")
    proved("people are exported to YAML and CSV, 0600; the YAML changes nothing, and restores", f"{len(rows)} roles")


def test_a_list_that_is_not_there_is_named(controller: Controller, word: str, tmp_path: Path) -> None:
    lists = f"{{'export_lists': ['{word}']}}"
    said = controller.stopped(EXPORT, "-e", f"export_directory={tmp_path}", "-e", lists)
    assert said.startswith(f'export_lists is ["{word}"], of which {controller.host} has none: give names of lists')
    assert list(tmp_path.iterdir()) == []


def people(fermium: MailServer, name: str) -> dict[str, object]:
    keys = ("display_name", "delivery_mode", "moderation_action")
    return {
        role: {address: [person.get(key) for key in keys] for address, person in fermium.members(name, role).items()}
        for role in ("member", "owner", "moderator", "nonmember")
    }
