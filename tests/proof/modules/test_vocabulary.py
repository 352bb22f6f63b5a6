# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every option that Mailman lets an owner set is reachable by its own name; so are all who are on a list."""

from __future__ import annotations

from typing import Any

from ansible_collections.listops.mailman.plugins.module_utils._lists import vocabulary
from support import recorded
from support.controller import Controller
from support.ladder import DOMAIN, LIST, MEMBER, assert_idempotent, refusal, state
from support.mail_server import MailServer
from support.proved import Proved


def another(name: str, entry: dict[str, Any]) -> Any:
    """A value that is not the default."""
    default = entry["default"]
    if entry["type"] == "enum":
        return next(choice for choice in reversed(entry["choices"]) if choice != default)
    return {
        "bool": not default,
        "int": (default or 0) + 1 if entry["type"] == "int" else None,
        "float": 12.5,
        "interval": "3d",
        "address": "someone@example.com",
        "line": f"another {name}",
        "str": f"another {name}",
        "list": ["image/gif", "audio/mpeg"],
        "patterns": ["^.*@spam\\.example\\.com", "someone@example.com"],
        "lower_patterns": ["^old-\\d@spam\\.example\\.com", "someone@example.com"],
        "senders": ["^.*@spam\\.example\\.com", f"@announce@{DOMAIN}", "someone@example.com"],
    }[entry["type"]]


def test_every_setting(controller: Controller, fermium: MailServer, name: str, proved: Proved) -> None:
    version = fermium.rest("GET", "system/versions")["mailman_version"].split()[2]
    table = {key: entry for key, entry in recorded.settings(version).items() if entry["type"] != "secret"}
    controller.task(LIST, name=name)
    wanted = {key: another(key, entry) for key, entry in table.items()}
    assert_idempotent(controller, fermium, LIST, name=name, settings=wanted)
    rest = fermium.rest("GET", f"lists/{name}/config")
    assert {key: rest[key] for key in wanted} == wanted
    proved("every setting that Mailman lets an owner set is set by its own name, typed", f"{len(wanted)} settings")


def test_everybody_on_a_list(controller: Controller, fermium: MailServer, name: str, proved: Proved) -> None:
    """Roles, what happens to posts, delivery mode and status; and the archivers."""
    modes = list(vocabulary.DELIVERY_MODES)
    statuses = list(vocabulary.DELIVERY_STATUSES)
    actions = list(vocabulary.MODERATION_ACTIONS)
    members = [{"address": f"{mode}@example.net".replace("_", "-"), "delivery_mode": mode} for mode in modes]
    members += [{"address": f"{word}@example.net".replace("_", "-"), "delivery_status": word} for word in statuses]
    strangers = [{"address": f"{word}@stranger.example.com", "moderation_action": word} for word in actions]
    applied = assert_idempotent(
        controller,
        fermium,
        LIST,
        name=name,
        owners=[{"address": "boss@example.org", "display_name": "The Boss"}],
        moderators=["mod@example.org"],
        members=members,
        nonmembers={"state": "exact", "addresses": strangers},
        archivers={"hyperkitty": False},
    )
    assert applied["summary"]["members_added"] == len(members) + len(strangers) + 2
    found = fermium.members(name)
    assert {entry["address"]: entry.get("delivery_mode", "regular") for entry in members} == {
        key: entry["delivery_mode"] for key, entry in found.items()
    }
    for word in statuses:
        link = found[f"{word}@example.net".replace("_", "-")]["self_link"].rsplit("/", 1)[1]
        assert fermium.rest("GET", f"members/{link}/preferences").get("delivery_status", "enabled") == word
    assert {key.split("@")[0]: entry.get("moderation_action", "default") for key, entry in
            fermium.members(name, "nonmember").items()} == {word: word for word in actions}  # fmt: skip
    assert fermium.members(name, "owner")["boss@example.org"]["display_name"] == "The Boss"
    assert fermium.rest("GET", f"lists/{name}/archivers")["hyperkitty"] is False
    gone = {"state": "absent", "addresses": ["hold@stranger.example.com"]}
    assert_idempotent(controller, fermium, LIST, name=name, nonmembers=gone)
    assert len(fermium.members(name, "nonmember")) == len(actions) - 1
    proved(
        "members, owners, moderators and non-members with mode, status and moderation; archivers",
        f"{len(members)} members, {len(strangers)} non-members",
    )


def test_two_spellings_are_one_address(controller: Controller, fermium: MailServer, name: str, proved: Proved) -> None:
    applied = assert_idempotent(
        controller, fermium, LIST, name=name, members=["Ann.Lee@Example.NET", "ann.lee@example.net"]
    )
    assert applied["summary"]["members_added"] == 1
    assert fermium.rest("GET", "addresses/ann.lee@example.net")["original_email"] == "Ann.Lee@Example.NET"
    before = state(fermium)
    for spelling in ("ann.lee@example.net", "ANN.LEE@EXAMPLE.NET", "Ann.Lee@Example.NET"):
        said = controller.task(MEMBER, list=name, address=spelling)
        assert said["changed"] is False, spelling
    exact = {"state": "exact", "addresses": ["ann.LEE@example.net"]}
    assert controller.task(LIST, name=name, members=exact)["changed"] is False
    assert state(fermium) == before
    assert fermium.rest("GET", "addresses/ann.lee@example.net")["original_email"] == "Ann.Lee@Example.NET"
    twice = [{"address": "Ann.Lee@Example.NET"}, {"address": "ann.lee@example.net", "delivery_mode": "mime_digests"}]
    assert "ann.lee@example.net twice, with different options" in refusal(controller, LIST, name=name, members=twice)
    proved("two spellings are one address, and the first one given is displayed")
