# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The page of the migration's account, as the operator sees it."""

from __future__ import annotations

import json
import pathlib

from support import site
from support.controller import Controller
from support.outside import Outside
from support.pictures import picture
from support.proved import Proved


def test_the_account_of_the_migration(
    controller: Controller, outside: Outside, tmp_path: pathlib.Path, proved: Proved
) -> None:
    page = tmp_path / "migration.html"
    given = {"migrate_phase": "status", "migrate_source": "sodium", "migrate_page": str(page)}
    controller.playbook("playbooks/migrate.yml", f"--extra-vars={json.dumps(given)}")
    picture(outside, "migration", page, "Migration of sodium", f"village-talk@{site.DOMAIN}", width=1240)
    proved("the migration's account in a browser", "1 picture")
