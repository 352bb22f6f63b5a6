# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Pictures for the README: what the audit and the overview look like."""

from __future__ import annotations

import pathlib

import pytest

from support import site
from support.controller import Controller
from support.mail_server import MailServer
from support.outside import Outside
from support.pictures import picture
from support.proved import Proved

pytestmark = pytest.mark.slow

STRAY = f"test@{site.DOMAIN}"
CONFIG = f"lists/{site.PUBLIC}/config"


def test_the_overview(controller: Controller, outside: Outside, proved: Proved) -> None:
    controller.playbook("playbooks/site.yml", "--tags=overview")
    picture(outside, "overview", f"https://{site.DOMAIN}/overview/", "Mailing lists", "wikitech-l", width=800)
    proved("a picture of the overview", "1 picture")


def test_the_audit(
    controller: Controller, fermium: MailServer, outside: Outside, tmp_path: pathlib.Path, proved: Proved
) -> None:
    """Somebody was at the server: a setting changed, a list made that has no owner."""
    page = tmp_path / "audit.html"
    before = fermium.rest("GET", CONFIG)["description"]
    fermium.rest("PATCH", CONFIG, description="Changed by hand")
    fermium.rest("POST", "lists", fqdn_listname=STRAY)
    try:
        controller.playbook("playbooks/audit.yml", f"--extra-vars=audit_page={page}")
        picture(outside, "audit", page, "1\ndiffer from the inventory", STRAY, "not declared", width=1240)
    finally:
        fermium.rest("DELETE", f"lists/{STRAY}")
        fermium.rest("PATCH", CONFIG, description=before)
    proved("a picture of the audit", "1 picture")
