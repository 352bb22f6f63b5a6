# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The recorded table of what Mailman lets an owner set is what this Mailman says."""

from __future__ import annotations

import json
import pathlib

import pytest

from ansible_collections.listops.mailman.plugins.module_utils._lists import templates
from support import recorded, site
from support.controller import ROOT, Controller
from support.ladder import INFO, LIST
from support.mail_server import MailServer
from support.proved import Proved

pytestmark = pytest.mark.slow

PROGRAM = """
import json
from mailman.interfaces.template import ALL_TEMPLATES
from mailman.rest.listconf import VALIDATORS
print(json.dumps([sorted(VALIDATORS), sorted(ALL_TEMPLATES)]))
"""


def test_the_recorded_table_is_what_mailman_says(controller: Controller, fermium: MailServer, proved: Proved) -> None:
    name = f"{recorded.NAME}@{site.DOMAIN}"
    controller.task(LIST, name=name)
    try:
        info = controller.task(INFO, list=name)
        rest = fermium.rest("GET", f"lists/{name}/config")
    finally:
        controller.task(LIST, name=name, state="absent")
    found = recorded.of(info, name)
    path = recorded.FOLDER / f"{info['version']}.json"
    fresh = pathlib.Path(ROOT, ".cache", path.name)
    fresh.write_text(recorded.text(found), encoding="utf-8")
    assert path.exists() and path.read_text(encoding="utf-8") == recorded.text(found), (
        f"Mailman {info['version']} says something else than {path.relative_to(ROOT)}: "
        f"look at the difference, copy {fresh.relative_to(ROOT)} there, and run make docs"
    )
    names, texts = json.loads(fermium.check("runuser", "-u", "list", "--", "python3", "-c", PROGRAM))
    assert sorted(found) == names, "REST lets an owner set something else"
    said = {key: rest[key] for key, entry in found.items() if entry["type"] not in ("interval", "secret")}
    assert {key: found[key]["default"] for key in said} == said
    # That one is sent by a command when a list is made, before the list can have a text of its own.
    assert [*sorted(templates.TEMPLATES)] == [item for item in texts if item != "domain:admin:notice:new-list"]
    proved(
        "the table of Mailman's settings and texts is what this Mailman says",
        f"{len(names)} settings, {len(said)} defaults, {len(texts)} texts, Mailman {info['version']}",
    )


def test_the_placeholders_are_those_mailman_fills_in(fermium: MailServer, proved: Proved) -> None:
    """By its own texts and by its own code: none is in a text of Mailman that we would refuse."""
    program = """
import json
from importlib.resources import files
from mailman.interfaces.template import ALL_TEMPLATES
folder = files('mailman').joinpath('templates/en')
print(json.dumps({name: folder.joinpath(name + '.txt').read_text()
                  for name in ALL_TEMPLATES if folder.joinpath(name + '.txt').is_file()}))
"""
    texts = json.loads(fermium.check("runuser", "-u", "list", "--", "python3", "-c", program))
    own = {name: text for name, text in texts.items() if name in templates.TEMPLATES}
    assert templates.parse_templates("templates", own) == own
    proved("every text of Mailman itself passes the check of placeholders", f"{len(own)} texts")
