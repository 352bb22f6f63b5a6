# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The same through ansible-playbook: what the other tests hand to the modules themselves."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mailman21 import ROOT, STATE, Mailman21
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


def test_the_audit_shows_lists_that_cannot_be_read(
    host: Mailman21, controller: Controller, made: str, tmp_path: Path
) -> None:
    """Declared or not, with what is known of them, beside the others."""
    odd, damaged, folder = made + "-odd", made + "-damaged", f"{STATE}/lists/{made}-damaged"
    for name in (odd, damaged):
        host.check("newlist", "-q", name, "owner@example.org", "pw")
    host.withlist("odd.without", odd, "archive_private")
    host.sh(f"cp {folder}/config.pck {damaged}.pck; head -c 100 {damaged}.pck > {folder}/config.pck")
    declared = {
        "listops_hosts": "mailman2",
        "mailman_domains": [host.domain],
        "mailman_lists": [{"name": made}, {"name": damaged}],
        "audit_page": f"{tmp_path}/audit.html",
    }
    try:
        before = host.fingerprint()
        controller.playbook("playbooks/audit.yml", "-e", json.dumps(declared))
        assert host.fingerprint() == before
    finally:
        host.sh(f"cp {damaged}.pck {folder}/config.pck")
        # any run would shut its archive
        host.check("rmlist", "-a", odd)
    table = json.loads((tmp_path / "audit.json").read_text(encoding="utf-8"))
    rows = {row["name"]: row for row in table["lists"]}
    assert table["errors"] == {} and rows[f"{made}@{host.domain}"]["status"] == "declared"
    unreadable = {name: row for name, row in rows.items() if row["status"] == "unreadable" and made in name}
    assert set(unreadable) == {f"{odd}@{host.domain}", damaged}
    page = (tmp_path / "audit.html").read_text(encoding="utf-8")
    assert "</b> cannot be read" in page and "archive_private" in page and "config.pck" in page
