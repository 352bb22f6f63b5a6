# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lists that exist become an inventory, which changes nothing; a copy of their files says the same as their Mailman."""

from __future__ import annotations

import json
import pathlib
from typing import Any

import pytest
from ansible.parsing.dataloader import DataLoader

from ansible_collections.listops.mailman.plugins.module_utils._mailman21 import options, stock
from ansible_collections.listops.mailman.plugins.plugin_utils.adopt import inventory, new_lists
from mailman21 import OLD_DISABLE, STATE, Mailman21
from support import recorded21

LIST, MEMBER, INFO = "mailman_list", "mailman_member", "mailman_list_info"
AWKWARD = (
    'description=\'{{ lookup("pipe", "id") }}\'\n'
    "info='0123'\n"
    "msg_footer='-- \\nno\\n\\n'\n"
    "subject_prefix='[%d] '\n"
    "topics=[('Roses', 'rose.*\\nclimber', 'Roses and climbers', False)]\n"
    "topics_enabled=1\n"
    "header_filter_rules=[('^X-Spam-Score: 9', 3, False), ('^Subject:.*sale', 7, False)]\n"
    "ban_list=['bad@example.net', '*@example.net', '^spam.*@']\n"
    "accept_these_nonmembers=['friend@example.com', '^.*@trusted\\\\.example\\\\.com$']\n"
    "acceptable_aliases='old@example.org\\nolder.*@example.org'\n"
    "dmarc_moderation_action=1\n"
    "regular_exclude_lists=['other@example.org']\n"
    "new_member_options=272\n"
    "bounce_score_threshold=2.5\n"
    "max_days_to_hold=5\n"
)


def adopted(found: dict[str, Any], members: str) -> dict[str, Any]:
    """The options of mailman_list that the inventory has, as Ansible reads them."""
    said: dict[str, Any] = {}
    for content in inventory.write(found, members, {}).files.values():
        said.update(json.loads(json.dumps(DataLoader().load(content), default=str)))
    for entry in said["mailman_lists"]:
        where = entry.get("members")
        if where and isinstance(where["addresses"], str):
            where["addresses"] = said[where["addresses"].strip("{} ")]
    return {
        "lists": said["mailman_lists"],
        "defaults": {**said.get("mailman_list_defaults", {}), "domain": said["mailman_domains"][0]},
        "undeclared": "report",
    }


@pytest.fixture
def awkward(host: Mailman21, name: str) -> dict[str, str]:
    """Lists that are hard to write down: open, private, disabled by us, disabled by the script of old."""
    names = {kind: f"{name}-{kind}" for kind in ("open", "shut", "ours", "script")}
    for each in names.values():
        host.check("newlist", "-q", each, "owner@example.org", "old-password")
    host.config_list(names["open"], AWKWARD)
    host.sh(f"printf 'alice@example.net\\nbob@example.net\\n' | add_members -r - -w n -a n {names['open']}")
    host.sh(f"printf 'dora@example.net\\n' | add_members -d - -w n -a n {names['open']}")
    host.apply(MEMBER, list=names["open"], address="bob@example.net", moderation_action="hold")
    host.config_list(names["shut"], "archive_private=1\nadvertised=0\nsubscribe_policy=3\n")
    host.apply(LIST, name=names["ours"], state="disabled", disabled_action="discard")
    host.config_list(names["script"], OLD_DISABLE)
    return names


@pytest.mark.parametrize("members", inventory.MEMBERS)
def test_an_adopted_server_is_left_as_it_is(host: Mailman21, awkward: dict[str, str], members: str) -> None:
    found = host.apply(INFO)
    declared = adopted(found, members)
    assert {entry["name"] for entry in declared["lists"]} >= set(awkward.values())
    before = host.fingerprint()
    for check_mode in (True, False):
        said = host.module(LIST, check_mode=check_mode, **declared)
        assert not said.get("failed"), said
        assert (said["changed"], said["lists"]) == (False, [])
        # what other tests left, which nobody can read
        unreadable = {name.partition("@")[0] for name in found["unreadable"]}
        assert {name.partition("@")[0] for name in said.get("undeclared", [])} <= unreadable
    assert host.fingerprint() == before


def test_an_adopted_list_is_made_again_elsewhere(host: Mailman21, awkward: dict[str, str]) -> None:
    """What the inventory leaves out is what a new list has."""
    found = host.apply(INFO)
    name = awkward["open"]
    entry = next(each for each in adopted(found, "inventory")["lists"] if each["name"] == name)
    defaults = adopted(found, "inventory")["defaults"]
    host.apply(LIST, name=name, state="absent", archives="drop")
    host.apply(LIST, lists=[entry], defaults=defaults)
    again = host.apply(INFO, lists=[name])["lists"][f"{name}@{host.domain}"]
    was = found["lists"][f"{name}@{host.domain}"]
    # a ban that is no regular expression cannot be declared
    skipped = {"admin_password", "moderator_password", "poster_password"}
    assert {key: value for key, value in again["settings"].items() if key not in skipped} == {
        key: value for key, value in was["settings"].items() if key not in skipped
    }
    assert again["rosters"] == was["rosters"]
    assert again["header_matches"] == was["header_matches"]


def test_a_copy_of_the_files_says_the_same_as_mailman(host: Mailman21, awkward: dict[str, str]) -> None:
    live, copy = host.apply(INFO), host.apply(INFO, mailman_copy=STATE)
    assert set(awkward.values()) <= {name.partition("@")[0] for name in copy["lists"]}
    assert copy["lists"] == live["lists"]
    assert copy["engine"] == live["engine"]


def test_what_a_new_list_has_is_recorded(host: Mailman21, made: str) -> None:
    said = host.apply(INFO, lists=[made])
    (found,) = said["lists"].values()
    new = new_lists.of("mailman21", {})
    # the last two are what the site of the recordings has of its own
    site = {"web_page_url", "admin_password", "moderator_password", "poster_password"}
    site |= {"dmarc_mitigate_action", "send_reminders"}
    for name, value in found["settings"].items():
        if name not in site:
            path = (name,) if name in inventory.entries.LIST_FIELDS else ("settings", name)
            assert new(f"{made}@{host.domain}", path) == value, name
    recorded = options.schema(stock.OPTIONS, said["available_settings"]["preferred_language"]["choices"])
    assert recorded == said["available_settings"]


@pytest.fixture
def recorded(tmp_path: pathlib.Path) -> dict[str, Any]:
    """The recorded state of a real Mailman 2.1, as mailman_list_info returns that of a host."""
    return recorded21.read(tmp_path)


def test_the_recorded_state_is_made_again(host: Mailman21, name: str, recorded: dict[str, Any]) -> None:
    """Another server with the adopted inventory has the same lists; only names differ here, so that nobody's are touched."""
    declared = adopted(recorded, "inventory")
    lists = [each for each in declared["lists"] if each["name"] != "mailman"]
    defaults = {key: value for key, value in declared["defaults"].items() if key != "domain"}
    # the page of a list is its host's
    defaults.get("settings", {}).pop("web_page_url", None)
    spoken = host.apply(INFO, lists=[])["available_settings"]["preferred_language"]["choices"]
    lists = [each for each in lists if each.get("preferred_language", "en") in spoken]
    for each in lists:
        each["was"] = each["name"]
        each["name"] = f"{name}-{each['name']}"
        each["display_name"] = each["name"]
    names = {each["name"]: each.pop("was") for each in lists}
    options_ = {"lists": lists, "defaults": defaults, "override_bans": True}
    said = host.apply(LIST, **options_)
    assert said["summary"]["lists_created"] == len(lists) >= 14
    assert host.apply(LIST, **options_)["changed"] is False
    made = host.apply(INFO, lists=list(names))["lists"]
    own = {"display_name", "subject_prefix", "web_page_url", "admin_password", "moderator_password", "poster_password"}
    compared = 0
    for new, old in names.items():
        now, then = made[f"{new}@{host.domain}"], recorded["lists"][f"{old}@lists.example.org"]
        assert now["state"] == then["state"]
        assert now["rosters"] == then["rosters"], old
        for key, value in then["settings"].items():
            # what a script disabled, this collection disables in its own way
            if key not in own and then["state"] == "present":
                assert now["settings"][key] == value, (old, key)
                compared += 1
    assert compared > 1000
