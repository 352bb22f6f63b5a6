# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The example's lists on Mailman 3 and on Mailman 2.1: declared once, and read alike."""

from __future__ import annotations

import os
from typing import Any

import pytest

from support.controller import Controller, changed
from support.proved import Proved

HOSTS = {"fermium": "mailman3", "sodium": "mailman21"}
# What differs by nature: what the engines call things of their own, when things happened, and archives without a post.
OWN = ("archivers", "templates", "created_at", "last_post_at", "before", "archive_shown")


@pytest.fixture(scope="session")
def controllers() -> dict[str, Controller]:
    engine, project = os.environ.get("LISTOPS_ENGINE") or "podman", os.environ.get("LISTOPS_PROJECT") or "listops"
    return {host: Controller(engine, project, host) for host in HOSTS}


def read(controller: Controller) -> dict[str, Any]:
    said = controller.task("listops.mailman.mailman_list_info")
    assert said["engine"] == HOSTS[controller.host]
    # Mailman 2.1's own list is no list of the inventory
    said["lists"] = {name: entry for name, entry in said["lists"].items() if not name.startswith("mailman@")}
    return said


def test_a_further_run_changes_nothing(controllers: dict[str, Controller], proved: Proved) -> None:
    counts = {
        host: changed(controller.playbook("playbooks/lists.yml"), host) for host, controller in controllers.items()
    }
    assert counts == {"fermium": 0, "sodium": 0}
    proved("a further run of the lists changes nothing on either", "0 and 0")


def test_both_are_read_alike(controllers: dict[str, Controller], proved: Proved) -> None:
    new, old = (read(controller) for controller in controllers.values())
    common = sorted(set(new["available_settings"]) & set(old["available_settings"]))
    assert new["lists"].keys() == old["lists"].keys()
    compared, differences = 0, []
    for name in sorted(new["lists"]):
        sides = []
        for said in (new, old):
            entry = {key: value for key, value in said["lists"][name].items() if key not in OWN}
            settings = entry.pop("settings")
            sides.append({**entry, **{key: settings[key] for key in common}})
        for key, value in sides[0].items():
            compared += 1
            if value != sides[1][key]:
                differences.append(f"{name}: {key}: {value!r} and {sides[1][key]!r}")
    assert differences == []
    assert compared > 100
    proved("both are read alike in the common vocabulary", f"{len(new['lists'])} lists, {compared} values, 0 differ")


def test_drift_is_shown_alike(controllers: dict[str, Controller], proved: Proved) -> None:
    module = "listops.mailman.mailman_list"
    options = {"description": "Another", "emergency": True, "owners": ["list-admin@example.org"]}
    said = [
        controller.task(module, check_mode=True, name="wikitech-l", **options) for controller in controllers.values()
    ]
    assert [answer["changed"] for answer in said] == [True, True]
    assert said[0]["lists"] == said[1]["lists"]
    assert said[0]["diff"] == said[1]["diff"]
    proved("the same change is shown by the same diff", f"{len(said[0]['diff']['after'].splitlines())} lines")
