# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The playbook credentials on Mailman 2.1, where the credential of a list is its password."""

from __future__ import annotations

from mailman21 import ROOT, Mailman21
from support.controller import Controller, changed, results

CREDENTIALS = "playbooks/credentials.yml"


def test_an_heir_is_the_owner_and_is_told_a_password_once(host: Mailman21, made: str) -> None:
    inventory = ROOT / "tests/contract/inventory.yml"
    controller = Controller(host.engine[0], "contract", host="mailman2", inventories=[str(inventory)])
    keys = [
        "-e",
        "listops_hosts=mailman2",
        "-e",
        f"credentials_lists={made}",
        "-e",
        "credentials_person=heir@example.org",
    ]
    keys += ["-e", "credentials_replace=true"]
    old = host.attributes(made, "password", "owner")
    controller.playbook(CREDENTIALS, "--check", *keys)
    assert host.attributes(made, "password", "owner") == old, "check mode wrote"
    before = host.mail_of(made)
    said = results(controller.playbook(CREDENTIALS, *keys), "mailman2")[-1]["msg"]
    assert f"{made}@{host.domain}: a new password, told to its owners" in said
    assert host.attribute(made, "password") != old["password"]
    assert host.attribute(made, "owner") == ["heir@example.org"]
    assert host.mail_of(made) == before + 1
    assert changed(controller.playbook(CREDENTIALS, *keys), "mailman2") == 0
