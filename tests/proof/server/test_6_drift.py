# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What somebody changes behind the inventory's back is seen, shown and put back."""

from __future__ import annotations

import pytest

from support import site
from support.controller import Controller, changed, differences
from support.mail_server import MailServer
from support.proved import Proved

CONFIG = f"lists/{site.PUBLIC}/config"


@pytest.mark.usefixtures("undisturbed")
def test_drift_is_shown_and_put_back(fermium: MailServer, controller: Controller, proved: Proved) -> None:
    declared = fermium.rest("GET", CONFIG)["description"]
    fermium.rest("PATCH", CONFIG, description="Hacked by somebody")
    try:
        shown = controller.playbook("playbooks/lists.yml", "--check", "--diff")
        assert fermium.rest("GET", CONFIG)["description"] == "Hacked by somebody", "check mode wrote"
        lines = differences(shown)
        assert any("Hacked by somebody" in line for line in lines if line.startswith("-")), lines
        assert any(declared in line for line in lines if line.startswith("+")), lines
        assert len(lines) == 2, lines
        repaired = controller.playbook("playbooks/lists.yml")
        assert changed(repaired) == 1
        assert fermium.rest("GET", CONFIG)["description"] == declared
    finally:
        fermium.rest("PATCH", CONFIG, description=declared)
    proved(
        "a setting changed by REST is shown as drift and put back",
        f"{changed(shown)} change shown, {changed(repaired)} made",
    )
