# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The same through ansible-playbook: what the other tests hand to the modules themselves."""

from __future__ import annotations

import json

import pytest

from mailman21 import ROOT, Mailman21
from support.controller import Controller, results


@pytest.fixture(scope="module")
def controller(host: Mailman21) -> Controller:
    inventory = ROOT / "tests/contract/inventory.yml"
    return Controller(host.engine[0], "contract", host="mailman2", inventories=[str(inventory)])


def test_a_playbook_run_twice(host: Mailman21, controller: Controller, name: str) -> None:
    declared = {
        "name": name,
        "description": "Grüße",
        "owners": ["owner@example.org"],
        "members": ["alice@example.org", {"address": "Bob@example.org", "display_name": "Bób"}],
        "settings": {"admin_password": "correct horse"},
    }
    tasks = [
        {"name": "declare", "listops.mailman.mailman_list": declared},
        {
            "name": "leave",
            "listops.mailman.mailman_member": {"list": name, "address": "alice@example.org", "state": "absent"},
        },
        {"name": "look", "listops.mailman.mailman_list_info": {"list": name}},
    ]
    play = json.dumps([{"hosts": "mailman2", "gather_facts": False, "tasks": tasks}])
    said = controller.playbook("/dev/stdin", "--diff", stdin=play)
    first, left, looked = results(said, "mailman2")
    assert first["changed"] and left["changed"] and not looked["changed"]
    assert "correct horse" not in json.dumps(said)
    assert host.members(name, "-p") == ["Bob@example.org"]
    settings = looked["lists"][f"{name}@{host.domain}"]["settings"]
    assert (settings["description"], settings["admin_password"]) == ("Grüße", "set")
    (again,) = results(
        controller.playbook(
            "/dev/stdin",
            stdin=json.dumps(
                [
                    {
                        "hosts": "mailman2",
                        "gather_facts": False,
                        "tasks": [
                            {
                                "name": "declare",
                                "listops.mailman.mailman_list": dict(declared, members=["bob@example.org"]),
                            }
                        ],
                    }
                ]
            ),
        ),
        "mailman2",
    )
    assert again["changed"] is False
