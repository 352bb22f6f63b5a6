# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A person leaves every list in every role, by every address, and stays away."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from support import site
from support.controller import Controller, results
from support.mail_server import MailServer
from support.proved import Proved

LIST = "listops.mailman.mailman_list"
MEMBER = "listops.mailman.mailman_member"
PERSON = "listops.mailman.mailman_person"
ROLES = ("member", "owner", "moderator", "nonmember")
EVE = "eve@example.net"


@pytest.fixture
def lists(controller: Controller, word: str) -> Iterator[tuple[str, str]]:
    """A public list and a private one, gone afterwards."""
    names = f"{word}-open@{site.DOMAIN}", f"{word}-shut@{site.DOMAIN}"
    yield names
    for name in names:
        controller.task(LIST, name=name, state="absent")


def where(fermium: MailServer, lists: tuple[str, str], *addresses: str) -> set[tuple[str, str, str]]:
    """As Mailman itself sees it."""
    return {
        (name, role, address)
        for name in lists
        for role in ROLES
        for address in addresses
        if address in fermium.members(name, role)
    }


def test_a_person_leaves(
    fermium: MailServer, controller: Controller, lists: tuple[str, str], word: str, proved: Proved
) -> None:
    public, private = lists
    dave, alias = f"dave-{word}@example.net", f"d.{word}@example.com"
    stranger = {"address": dave, "moderation_action": "accept"}
    controller.task(LIST, name=public, members=[f"Dave-{word}@Example.net", EVE], owners=[EVE, dave], moderators=[dave])
    controller.task(LIST, name=private, archive_policy="private", members=[EVE], owners=[dave], nonmembers=[stranger])
    addresses = [dave]
    if not fermium.mailman21:
        # Mailman 2.1 knows of nobody's other addresses
        fermium.rest("POST", f"users/{dave}/addresses", email=alias)
        controller.task(MEMBER, list=private, address=alias)
        addresses.append(alias)
    before = where(fermium, lists, dave, alias, EVE)

    # before anything: the list that would have no owner
    refused = controller.refused(PERSON, address=dave.upper())
    assert f"{private} would be left without an owner: give successor" in refused and public not in refused
    assert where(fermium, lists, dave, alias, EVE) == before

    person: dict[str, Any] = {"addresses": [dave.upper()], "successor": EVE, "ban": True}
    shown = controller.task(PERSON, check_mode=True, **person)
    assert where(fermium, lists, dave, alias, EVE) == before, "check mode removed somebody"
    done = controller.task(PERSON, **person)
    assert done["removed"] == shown["removed"] and done["lists"] == shown["lists"]
    assert {(row["list"], row["role"], row["address"]) for row in done["removed"]} == {
        row for row in before if row[2] != EVE
    }
    assert done["addresses"] == sorted(addresses)
    assert controller.task(PERSON, check_mode=True, **person)["changed"] is False
    assert controller.task(PERSON, **person)["changed"] is False
    assert where(fermium, lists, dave, alias) == set()
    assert where(fermium, lists, EVE) == {row for row in before if row[2] == EVE} | {(private, "owner", EVE)}
    # Mailman itself lets neither address in again
    assert [fermium.admits(public, address) for address in addresses] == [False] * len(addresses)
    assert "the ban" in controller.refused(MEMBER, list=private, address=addresses[-1])
    proved(
        "a person leaves all lists in all roles by all addresses, and cannot come back", f"{len(done['removed'])} roles"
    )


def test_a_person_leaves_the_private_lists_only(
    fermium: MailServer, controller: Controller, lists: tuple[str, str], word: str, proved: Proved
) -> None:
    public, private = lists
    dave, alias = f"dave-{word}@example.net", f"d.{word}@example.com"
    controller.task(LIST, name=public, members=[dave, EVE], owners=[EVE])
    controller.task(LIST, name=private, archive_policy="private", members=[dave, alias, EVE], owners=[EVE])
    options = ("-e", f"leave_addresses={dave}", "-e", "leave_lists=private")
    shown = results(controller.playbook("playbooks/leave.yml", "--check", *options), controller.host)[-1]["msg"]
    assert where(fermium, lists, dave) == {(public, "member", dave), (private, "member", dave)}
    said = results(controller.playbook("playbooks/leave.yml", *options), controller.host)[-1]["msg"]
    assert said == shown == [f"{private} member {dave}"]
    assert where(fermium, lists, dave, alias) == {(public, "member", dave), (private, "member", alias)}
    proved("a person leaves the private lists; what is printed is what is done", said[0].replace(word, "..."))


def test_bad_input(controller: Controller) -> None:
    bad: dict[str, dict[str, object]] = {
        "addresses is 'no, body': give an e-mail address": {"address": ["no, body"]},
        "addresses is []: give one address or more": {"addresses": []},
        "successor is 'Eve@Example.net': give somebody else's": {"address": EVE, "successor": "Eve@Example.net"},
        "value of lists must be one of: all, private": {"address": EVE, "lists": "some"},
    }
    tasks = [{"name": "bad", PERSON: options, "ignore_errors": True} for options in bad.values()]
    play = json.dumps([{"hosts": controller.host, "gather_facts": False, "tasks": tasks}])
    answers = results(controller.playbook("/dev/stdin", stdin=play), controller.host)
    for sentence, said in zip(bad, answers, strict=True):
        assert said["failed"] is True and sentence in said["msg"]
