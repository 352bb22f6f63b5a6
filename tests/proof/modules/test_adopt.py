# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The recorded state of a real Mailman 2.1 becomes an inventory, and that becomes lists of a Mailman 3."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from ansible.parsing.dataloader import DataLoader

from ansible_collections.listops.mailman.plugins.plugin_utils.adopt import inventory
from support import recorded21, site
from support.controller import Controller
from support.mail_server import MailServer
from support.proved import Proved

COPY = "/srv/sodium"
LIST, INFO = "listops.mailman.mailman_list", "listops.mailman.mailman_list_info"


@pytest.fixture
def copy(controller: Controller, fermium: MailServer) -> Iterator[str]:
    """A copy of /var/lib/mailman on a host without a Mailman 2.1."""
    controller.task("ansible.builtin.file", path=COPY, state="directory", mode="0755")
    controller.task("ansible.builtin.unarchive", src=str(recorded21.STATE), dest=COPY)
    yield f"{COPY}/var/lib/mailman"
    fermium.check("rm", "-rf", COPY)


def read(written: inventory.Written) -> dict[str, Any]:
    said: dict[str, Any] = {}
    for content in written.files.values():
        said.update(json.loads(json.dumps(DataLoader().load(content), default=str)))
    return said


def test_lists_of_a_mailman_21_become_lists_of_mailman_3(
    controller: Controller, fermium: MailServer, copy: str, proved: Proved
) -> None:
    found = controller.task(INFO, mailman_copy=copy)
    assert len(found["lists"]) == recorded21.LISTS
    written = inventory.write(found, "inventory", {}, "mailman3")
    said = read(written)
    defaults = {**said["mailman_list_defaults"], "domain": site.DOMAIN}
    before = set(fermium.lists())
    # the host has lists of its own
    lists = [each for each in said["mailman_lists"] if f"{each['name']}@{site.DOMAIN}" not in before]
    assert len(lists) >= 14
    try:
        made = controller.task(LIST, lists=lists, defaults=defaults, override_bans=True)
        assert made["summary"]["lists_created"] == len(lists)
        for check_mode in (True, False):
            again = controller.task(LIST, lists=lists, defaults=defaults, override_bans=True, check_mode=check_mode)
            assert again["changed"] is False
        members = {name.partition("@")[0]: each["counts"]["member"] for name, each in found["lists"].items()}
        assert len(fermium.members(f"village-talk@{site.DOMAIN}")) == members["village-talk"]
        assert fermium.rest("GET", f"lists/nihongo@{site.DOMAIN}/config")["description"] == "日本語の練習"
    finally:
        gone = [{"name": name, "state": "absent", "archives": "drop"} for name in set(fermium.lists()) - before]
        controller.task(LIST, lists=gone, domain=site.DOMAIN)
    lost = sum(map(len, written.notes.values()))
    proved(
        "a recorded Mailman 2.1 becomes lists of Mailman 3",
        f"{len(lists)} lists made, {lost} values that have no place are named",
    )
