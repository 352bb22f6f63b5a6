# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sodium, with Mailman 2.1, is moved to fermium, with Mailman 3, phase by phase."""

from __future__ import annotations

import os
from typing import Any

import pytest

from support import site
from support.controller import Controller, changed, results
from support.fermium import Fermium
from support.outside import Outside
from support.proved import Proved
from support.sodium import STATE, Sodium

ENGINE = os.environ.get("LISTOPS_ENGINE") or "podman"
PROJECT = os.environ.get("LISTOPS_PROJECT") or "listops"
OLD = "sodium.example.org"
TALK, BOARD = (f"{name}@{site.DOMAIN}" for name in ("village-talk", "board"))


@pytest.fixture(scope="module")
def sodium() -> Any:
    host = Sodium(ENGINE, f"{PROJECT}-sodium")
    yield host
    host.close()


@pytest.fixture(scope="module")
def migrate(controller: Controller) -> Any:
    """Runs a phase on fermium, as an operator does."""

    def run(phase: str, *options: str) -> dict[str, Any]:
        given = f"--extra-vars=migrate_phase={phase} migrate_source=sodium migrate_source_address={OLD}"
        return controller.playbook("playbooks/migrate.yml", given, *options)

    return run


def files(sodium: Sodium) -> str:
    """All that Mailman has there, so that a change is seen."""
    return sodium.check("sh", "-c", f"find {STATE}/ -type f -exec sha256sum {{}} + | sort")


def moved(said: dict[str, Any]) -> dict[str, Any]:
    """What the lists' task said."""
    return next(result for result in results(said) if "lost" in result)


def test_looking_changes_nothing(sodium: Sodium, fermium: Fermium, migrate: Any, proved: Proved) -> None:
    before, lists = files(sodium), fermium.lists()
    said = migrate("preflight")
    assert files(sodium) == before
    assert fermium.lists() == lists
    found = moved(said)
    assert len(found["lists"]) == 15 and not found["unreadable"]
    proved("preflight names what is there, and changes neither list", f"{len(found['lists'])} lists")


def test_lists_are_copied_while_the_old_server_works(
    sodium: Sodium, fermium: Fermium, outside: Outside, migrate: Any, proved: Proved
) -> None:
    before = files(sodium)
    assert changed(migrate("copy")) > 0
    assert changed(migrate("copy")) == 0
    assert files(sodium) == before
    members = {person["email"] for person in fermium.members(TALK).values()}
    assert members == set(sodium.members(TALK))
    assert outside.get(f"{site.ARCHIVES}/list/{BOARD}/").status in (401, 403, 404)
    proved("the lists are copied, again without a change, and the old server is as it was", f"{len(members)} members")


def test_what_changes_meanwhile_follows(sodium: Sodium, fermium: Fermium, migrate: Any, proved: Proved) -> None:
    assert sodium.subscribe(TALK, site.ERIN)
    migrate("copy")
    assert fermium.member(TALK, site.ERIN)
    sodium.unsubscribe(TALK, site.ERIN)
    migrate("copy")
    assert not fermium.member(TALK, site.ERIN)
    proved("who subscribes or leaves there meanwhile, does so here")


def test_the_key_copies_and_does_nothing_else(sodium: Sodium, fermium: Fermium, proved: Proved) -> None:
    key = "/var/lib/listops/migrate/sodium"
    ssh = [
        "ssh",
        "-i",
        f"{key}/key",
        "-o",
        "BatchMode=yes",
        "-o",
        f"UserKnownHostsFile={key}/known_hosts",
        f"root@{OLD}",
    ]
    for command in (
        "id",
        "",
        "rsync --server --sender -logDtpr . /etc/",
        f"rsync --server --sender -r . {STATE}/;id",
        f"rsync --server -r . {STATE}/",
        f"rsync --server --sender -r . {STATE}/ /etc/shadow",
        f"rsync --server --sender -r --rsh=id . {STATE}/../../../etc/",
    ):
        said = fermium.run(*ssh, *([command] if command else []))
        assert said["rc"] != 0 and "for copying" in said["err"], said
    proved("the key of the copy opens nothing else", "7 commands refused")


def test_the_old_server_stops_at_the_cut_over(
    sodium: Sodium, fermium: Fermium, outside: Outside, migrate: Any, controller: Controller, proved: Proved
) -> None:
    assert sodium.subscribe(TALK, site.ERIN)
    assert changed(migrate("cutover")) > 0
    assert fermium.member(TALK, site.ERIN)
    assert changed(migrate("cutover")) == 0
    assert changed(migrate("verify")) == 0
    told = controller.stopped("playbooks/migrate.yml", "--extra-vars=migrate_phase=copy migrate_source=sodium")
    assert "the migration is moved" in told
    proved("the last changes come at the cut-over, and afterwards nothing is taken from the old server", told)
