# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The inventory of a server that exists: applied, it changes nothing, and it reads as a person would write it."""

from __future__ import annotations

import copy
import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible.parsing.dataloader import DataLoader
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.listops.mailman.plugins.module_utils._lists import external_archives, model, plan
from ansible_collections.listops.mailman.plugins.plugin_utils.adopt import inventory
from ansible_collections.listops.mailman.plugins.plugin_utils.preflight.declared import vocabulary_of_mailman3
from support import recorded21

TESTS = Path(__file__).resolve().parents[4]
NAME = "talk@lists.example.org"


def a_list(**settings_: Any) -> dict[str, Any]:
    """A new list of Mailman 3, as mailman_list_info returns it, with some other settings."""
    fresh = {key: kind.get("default") for key, kind in vocabulary_of_mailman3().items()}
    return {
        "state": "present",
        "before": None,
        "settings": {**fresh, "display_name": "Talk", "subject_prefix": "[Talk] ", **settings_},
        "bans": [],
        "header_matches": [],
        "archivers": {"hyperkitty": True},
        "templates": {},
        "rosters": {"owner": [person("owner@example.org")], "moderator": [], "member": [], "nonmember": []},
        "archive_shown": None,
    }


def person(address: str, action: str = "accept", **more: str) -> dict[str, str]:
    ordinary = {"display_name": "", "delivery_mode": "regular", "delivery_status": "enabled"}
    return {"address": address, **ordinary, "moderation_action": action, **more}


def server(*lists: dict[str, Any], engine: str = "mailman3", **named: dict[str, Any]) -> dict[str, Any]:
    """Lists as mailman_list_info returns those of a host; by local name, or talk1, talk2 and so on."""
    found = {f"{name}@lists.example.org": each for name, each in named.items()}
    for number, each in enumerate(lists, 1):
        local = f"talk{number}" if len(lists) > 1 else "talk"
        shown = {"display_name": local.capitalize(), "subject_prefix": f"[{local.capitalize()}] "}
        kept = each["settings"]["display_name"] != "Talk"
        found[f"{local}@lists.example.org"] = {**each, "settings": {**each["settings"], **({} if kept else shown)}}
    return {
        "engine": engine,
        "domains": ["lists.example.org"],
        "lists": found,
        "unreadable": {},
        "available_settings": vocabulary_of_mailman3(),
    }


def variables(written: inventory.Written) -> dict[str, Any]:
    """What Ansible reads."""
    out: dict[str, Any] = {}
    for content in written.files.values():
        out.update(DataLoader().load(content) or {})
    return out


def text(value: Any) -> Any:
    """Ansible's texts as Python's."""
    return json.loads(json.dumps(value, default=str))


def changes(found: dict[str, Any], members: str = "leave") -> dict[str, Any]:
    """What applying the adopted inventory would change, by list."""
    said = variables(inventory.write(found, members, {}))
    rosters = {key: value for key, value in said.items() if key.startswith("mailman_members_")}
    lists = text(said["mailman_lists"])
    for entry in lists:
        where = entry.get("members")
        if isinstance(where, dict) and isinstance(where["addresses"], str):
            where["addresses"] = text(rosters[where["addresses"].strip("{} ")])
    defaults = {**text(said.get("mailman_list_defaults", {})), "domain": said["mailman_domains"][0]}
    specs = model.resolve(
        model.parse_site(lists, defaults), domains=found["domains"], schema=found["available_settings"]
    )
    actual = {
        name: {
            **each,
            "saved": each["before"],
            "rosters": {
                role: {one["address"].lower(): one for one in people} for role, people in each["rosters"].items()
            },
        }
        for name, each in found["lists"].items()
    }
    assert {spec.name for spec in specs} == set(actual)
    return {each.name: each.changes for each in plan.plan_site(specs, actual) if each.action != "none"}


def test_bans_of_the_whole_site_are_declared() -> None:
    bans = ["^.*@spam[.]example[.]com$", "eve@example.net"]
    found = {**server(a_list()), "site_bans": bans}
    assert yaml.safe_load(inventory.write(found, "leave", {}).files["lists.yml"])["lists_site_bans"] == bans
    # where mailman_settings has them
    found["engine"] = "mailman21"
    assert "lists_site_bans" not in inventory.write(found, "leave", {}).files["lists.yml"]
    assert "lists_site_bans" in inventory.write(found, "leave", {}, "mailman3").files["lists.yml"]


def test_bans_of_the_whole_site_that_cannot_be_declared_stay() -> None:
    found = {**server(a_list()), "site_bans": ["eve@example.net", "*@spam.example.com", "Mallory@example.net"]}
    made = inventory.write(found, "leave", {})
    (sentence,) = made.notes["every list"]
    assert sentence.endswith(": *@spam.example.com, Mallory@example.net.")
    assert "lists_site_bans" not in yaml.safe_load(made.files["lists.yml"])
    assert "# What is banned from every list stays as it is" in made.files["lists.yml"]


ARCHIVE = {"address": "archive@mail-archive.com", "display_name": ""}


@pytest.mark.parametrize(
    ("options", "settings_", "archives", "declared"),
    [
        (external_archives.OPTIONS, {}, (), True),
        # as somebody subscribed it
        ({**external_archives.OPTIONS, "moderation_action": "default"}, {}, (), False),
        (external_archives.OPTIONS, {"archive_policy": "private"}, (), False),
        ({**external_archives.OPTIONS, "address": "robot@example.org"}, {}, ("robot@example.org",), True),
        ({**external_archives.OPTIONS, "address": "robot@example.org"}, {}, (), None),
    ],
)
def test_external_archives(
    options: dict[str, Any], settings_: dict[str, Any], archives: tuple[str, ...], declared: bool | None
) -> None:
    """Declared where that changes nothing, and said where it would."""
    robot = {**ARCHIVE, **options}
    found = server(a_list(**settings_))
    found["lists"]["talk@lists.example.org"]["rosters"]["member"] = [person("alice@example.net", "default"), robot]
    for members in inventory.MEMBERS:
        made = inventory.write(found, members, {}, archives=archives)
        (entry,) = variables(made)["mailman_lists"]
        assert entry.get("external_archives") == ([robot["address"]] if declared else None)
        said = [each for sentences in made.notes.values() for each in sentences if "external_archives" in each]
        assert len(said) == (declared is False), said
        if members == "inventory":
            addresses = [each if isinstance(each, str) else each["address"] for each in entry["members"]["addresses"]]
            assert (robot["address"] in addresses) == (not declared)


@pytest.fixture(scope="module")
def sodium(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The recorded state of a real Mailman 2.1, as mailman_list_info returns it."""
    return recorded21.read(tmp_path_factory.mktemp("sodium"))


@pytest.mark.parametrize("members", inventory.MEMBERS)
def test_a_real_mailman_21_is_adopted_and_nothing_changes(sodium: dict[str, Any], members: str) -> None:
    assert changes(copy.deepcopy(sodium), members) == {}


def test_the_inventory_of_a_real_mailman_21_is_short(sodium: dict[str, Any]) -> None:
    written = inventory.write(sodium, "leave", {})
    lines = written.files["lists.yml"].splitlines()
    assert len(lines) < 16 * len(sodium["lists"])
    assert written.notes == {
        "dev.ops+test@lists.example.org": [
            "Mailman 3 takes no list of this name: letters, digits, '-', '_' and '.'.",
        ],
        "wiki-old@lists.example.org": [
            "A script disabled it, so what it was before is lost: present gives it what new lists have.",
        ],
    }
    said = text(variables(written)["mailman_lists"])
    by_name = {entry["name"]: entry for entry in said}
    assert by_name["empty-list"] == {"name": "empty-list", "owners": ["nobody.yet@example.org"]}
    assert by_name["wiki-old"]["state"] == "disabled"
    assert by_name["gardeners"]["settings"]["topics"][0] == {
        "name": "Roses",
        "pattern": "rose.*\nclimber",
        "description": "Roses and climbers",
    }


def test_what_is_mailmans_own_default_is_not_written() -> None:
    said = variables(inventory.write(server(a_list()), "leave", {}))
    assert text(said["mailman_lists"]) == [{"name": "talk", "owners": ["owner@example.org"]}]
    assert "mailman_list_defaults" not in said


def test_what_most_lists_share_is_a_default() -> None:
    found = server(*[a_list(max_message_size=500, admin_immed_notify=False) for _each in range(4)], a_list())
    said = variables(inventory.write(found, "leave", {}))
    assert text(said["mailman_list_defaults"]) == {
        "owners": ["owner@example.org"],
        "max_message_size": 500,
        "settings": {"admin_immed_notify": False},
    }
    assert [set(entry) for entry in said["mailman_lists"]] == [{"name"}] * 4 + [
        {"name", "max_message_size", "settings"}
    ]
    assert changes(found) == {}


def test_the_default_is_what_makes_the_text_shortest() -> None:
    """Three lists with a long text of their own, of five: one line more for each of the others is less."""
    footer = {"list:member:regular:footer": "one\ntwo\nthree\n"}
    lists = [a_list() for _each in range(5)]
    for each in lists[:3]:
        each["templates"] = dict(footer)
    found = server(*lists)
    said = variables(inventory.write(found, "leave", {}))
    assert text(said["mailman_list_defaults"])["templates"] == footer
    assert [entry.get("templates") for entry in text(said["mailman_lists"])][3:] == [
        {"list:member:regular:footer": ""}
    ] * 2
    assert changes(found) == {}


def test_nothing_that_fewer_than_half_share_is_a_default() -> None:
    lists = [a_list() for _each in range(5)]
    for number, each in enumerate(lists):
        each["rosters"]["owner"] = [person("desk@example.org" if number < 2 else f"owner{number}@example.org")]
    assert "mailman_list_defaults" not in variables(inventory.write(server(*lists), "leave", {}))


def test_a_default_never_reaches_a_list_whose_own_value_cannot_be_declared() -> None:
    """It would change that list."""
    lists = [a_list() for _each in range(4)]
    for each in lists:
        each["bans"] = ["spam@example.net"]
    lists[3]["bans"] = ["*@example.net"]
    found = server(*lists)
    written = inventory.write(found, "leave", {})
    assert "bans" not in variables(written).get("mailman_list_defaults", {})
    assert changes(found) == {}
    (said,) = written.notes.values()
    assert "bans is '*@example.net'" in said[0]
    assert f"  # {said[0]}\n  - name: talk4\n" in written.files["lists.yml"]


def test_a_disabled_list_is_declared_as_it_was() -> None:
    closed = a_list(advertised=False, emergency=True, subscription_policy="moderate")
    closed["header_matches"] = plan.disabled_rules("discard")
    rules = [{"header": "x-spam", "pattern": "yes", "action": "hold"}]
    closed["before"] = {
        "settings": {"advertised": True, "emergency": False, "subscription_policy": "open"},
        "header_matches": rules,
    }
    closed["state"] = "disabled"
    found = server(closed)
    (entry,) = text(variables(inventory.write(found, "leave", {}))["mailman_lists"])
    assert entry == {
        "name": "talk",
        "state": "disabled",
        "disabled_action": "discard",
        "owners": ["owner@example.org"],
        "header_matches": rules,
        "subscription_policy": "open",
    }
    assert changes(found) == {}


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        ({"owner": []}, "It has no owner: nobody gets what needs a decision."),
        ({"owner": [person("root@localhost")]}, "Its owner 'root@localhost' cannot be reached."),
        ({"owner": [person("noat")]}, "Its owner 'noat' cannot be reached."),
    ],
)
def test_an_owner_whom_nobody_reaches_needs_a_person(more: dict[str, Any], sentence: str) -> None:
    found = server(a_list())
    found["lists"][NAME]["rosters"].update(more)
    assert sentence in inventory.write(found, "leave", {}).notes[NAME]
    assert changes(found) == {}


def test_a_private_list_whose_archive_is_public_needs_a_person() -> None:
    found = server(a_list(archive_policy="private"))
    found["lists"][NAME]["archive_shown"] = "public"
    assert inventory.write(found, "leave", {}).notes == {
        NAME: ["archive_policy is private, and its archive is public: a run of listops.mailman.lists closes it."]
    }


def test_an_unreadable_list_is_named_and_holds_up_no_other() -> None:
    found = server(a_list())
    found["unreadable"] = {"odd": "list odd: config.pck cannot be read"}
    written = inventory.write(found, "leave", {})
    assert written.notes == {"odd": ["Not in the inventory: list odd: config.pck cannot be read."]}
    assert "# Not in the inventory: list odd: config.pck cannot be read.\n" in written.files["lists.yml"]
    assert len(variables(written)["mailman_lists"]) == 1


def test_a_list_whose_name_nobody_may_declare_holds_up_no_other() -> None:
    found = server(**{"talk": a_list(), "talk-request": a_list(), "c!": a_list()})
    written = inventory.write(found, "leave", {})
    assert [entry["name"] for entry in variables(written)["mailman_lists"]] == ["talk"]
    assert set(written.notes) == {"talk-request@lists.example.org", "c!@lists.example.org"}
    for (said,) in written.notes.values():
        assert said.startswith("Not in the inventory: the list name is ")


def test_lists_of_other_domains_have_their_whole_name() -> None:
    found = server(one=a_list(), two=a_list())
    found["lists"]["one@other.example.net"] = a_list(display_name="One", subject_prefix="[One] ")
    found["domains"] = ["other.example.net", "lists.example.org"]
    said = variables(inventory.write(found, "leave", {}))
    assert text(said["mailman_domains"]) == ["lists.example.org", "other.example.net"]
    assert [entry["name"] for entry in said["mailman_lists"]] == ["one", "one@other.example.net", "two"]


def test_people_are_as_short_as_can_be() -> None:
    found = server(a_list())
    found["lists"][NAME]["rosters"] = {
        "owner": [person("owner@example.org", display_name="Ö. Wner")],
        "moderator": [person("mod@example.org")],
        "member": [
            person("a@example.net", "default"),
            person("b@example.net", "hold", delivery_mode="mime_digests", delivery_status="by_user"),
        ],
        "nonmember": [person("friend@example.com", "accept"), person("wrote.once@example.com", "default")],
    }
    (entry,) = text(variables(inventory.write(found, "inventory", {}))["mailman_lists"])
    assert entry["owners"] == [{"address": "owner@example.org", "display_name": "Ö. Wner"}]
    assert entry["moderators"] == ["mod@example.org"]
    assert entry["members"] == {
        "state": "exact",
        "addresses": [
            "a@example.net",
            {
                "address": "b@example.net",
                "delivery_mode": "mime_digests",
                "delivery_status": "by_user",
                "moderation_action": "hold",
            },
        ],
    }
    assert entry["nonmembers"] == [{"address": "friend@example.com", "moderation_action": "accept"}]
    assert changes(found, "inventory") == {}


def test_a_file_for_each_roster() -> None:
    """Names of files and variables say which list it is, and no two are the same."""
    found = server(**{"a.b": a_list(), "a-b": a_list()})
    for each in found["lists"].values():
        each["rosters"]["member"] = [person("a@example.net", "default")]
    written = inventory.write(found, "files", {})
    assert sorted(written.files) == ["lists.yml", "members/a_b.yml", "members/a_b_2.yml", "server.yml"]
    assert written.private == {"members/a_b.yml", "members/a_b_2.yml"}
    assert changes(found, "files") == {}


AWKWARD = ["no", "Yes", "1e3", "0123", "0o17", "1_000", "2026-11-29", "12:30:45", "~", "null", "1.5", ".5", "-", "0x1F"]


@pytest.mark.parametrize("value", [*AWKWARD, "{{ lookup('pipe', 'id') }}", "{% if %}", "a: b", "# no", "'", '"', "x "])
def test_a_text_stays_a_text(value: str) -> None:
    found = server(a_list(description=value))
    (entry,) = variables(inventory.write(found, "leave", {}))["mailman_lists"]
    assert isinstance(entry["description"], str) and str(entry["description"]) == value
    assert changes(found) == {}


@pytest.mark.parametrize("value", AWKWARD)
def test_readers_of_newer_yaml_see_a_text_too(value: str) -> None:
    content = inventory.write(server(a_list(description=value)), "leave", {}).files["lists.yml"]
    assert re.search(r"description: (['\"]).*\1\n", content)


@settings(max_examples=60, deadline=None)
@given(
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=60),
    st.text(st.characters(exclude_categories=["Cs", "Zl", "Zp", "Cc"]), max_size=40),
)
def test_any_text_comes_back(info: str, description: str) -> None:
    found = server(a_list(info=info, description=description))
    (entry,) = variables(inventory.write(found, "leave", {}))["mailman_lists"]
    assert str(entry.get("info", "")) == info and str(entry.get("description", "")) == description


def test_the_file_acts_on_no_terminal() -> None:
    found = server(a_list(description="\x1b[31mred\u202e"))
    content = inventory.write(found, "leave", {}).files["lists.yml"]
    assert "\x1b" not in content and "\u202e" not in content
    assert changes(found) == {}


def test_entries_are_in_the_order_of_the_documentation() -> None:
    found = server(
        a_list(description="Talk about talk", info="More", advertised=False, max_days_to_hold=5, reply_to_address="")
    )
    found["lists"][NAME]["bans"] = ["spam@example.net"]
    (entry,) = variables(inventory.write(found, "leave", {}))["mailman_lists"]
    assert list(entry) == ["name", "description", "info", "owners", "bans", "advertised", "settings"]
