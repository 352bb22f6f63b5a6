# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""New lists follow the site's naming scheme; those that exist keep their names."""

from __future__ import annotations

import json

from support import site
from support.controller import Controller
from support.mail_server import MailServer
from support.proved import Proved

LIST = "listops.mailman.mailman_list"
SCHEME = {
    "rules": [{"pattern": "[a-z0-9-]+-l", "explanation": "discussion lists end in -l"}],
    "exceptions": ["announce"],
}


def test_new_lists_follow_the_scheme(fermium: MailServer, controller: Controller, word: str, proved: Proved) -> None:
    good, bad, old = f"{word}-l", f"{word}-talk", f"{word}-old"
    controller.task(LIST, name=old)
    lists = [{"name": good}, {"name": old, "description": "kept"}]

    refused = controller.refused(LIST, lists=[*lists, {"name": bad}], naming=SCHEME)
    assert refused == (
        f"list {bad}@{site.DOMAIN}: its name follows no rule of naming: "
        "give [a-z0-9-]+-l (discussion lists end in -l), or a name among the exceptions"
    )
    there = {address.partition("@")[0]: description for address, description in fermium.lists().items()}
    assert old in there and not {good, bad} & there.keys(), "something was made before the refusal"
    assert there[old] == ""

    assert controller.task(LIST, lists=lists, naming=SCHEME)["summary"]["lists_created"] == 1
    assert controller.task(LIST, lists=lists, naming=SCHEME)["changed"] is False
    # the same by the playbook of every day
    variables = {"mailman_list_naming": SCHEME, "mailman_lists": [{"name": bad}], "mailman_list_defaults": {}}
    assert "follows no rule of naming" in controller.stopped("playbooks/lists.yml", "-e", json.dumps(variables))
    for name in (good, old):
        controller.task(LIST, name=name, state="absent")
    proved("a new list against the scheme is refused before anything; old ones keep their names", "1 sentence")
