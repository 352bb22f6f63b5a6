# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.listops.mailman.plugins.filter.external_archives import external_archives
from ansible_collections.listops.mailman.plugins.module_utils._lists import model
from ansible_collections.listops.mailman.plugins.module_utils._lists.plan import (
    Policy,
    notices,
    plan_list,
    wanted_rosters,
    wanted_settings,
)
from ansible_collections.listops.mailman.plugins.module_utils._lists.vocabulary import Invalid

NAME = "a@lists.example.org"
ARCHIVE, OTHER = "archive@mail-archive.example.net", "Gmane@example.net"
ROBOT = {
    "address": ARCHIVE,
    "display_name": "",
    "delivery_mode": "regular",
    "delivery_status": "enabled",
    "moderation_action": "discard",
}


def spec(defaults=None, **entry):
    (found,) = model.parse_site([dict(entry, name=NAME)], defaults)
    return found


def actual(policy="public", *members):
    people = {person["address"].lower(): person for person in members}
    return {
        "settings": {"archive_policy": policy, "advertised": True, "emergency": False, "subscription_policy": "open"},
        "rosters": {"member": people},
        "bans": [],
        "header_matches": [],
        "archivers": {},
        "templates": {},
        "saved": None,
    }


def person(address):
    return dict(ROBOT, address=address, moderation_action="default")


def moved(plan):
    change = plan.step.get("rosters", {}).get("member", {"add": [], "change": [], "remove": []})
    return [entry["address"] for entry in change["add"]], change["change"], change["remove"]


def test_an_archive_is_a_member_with_single_posts_whose_own_are_discarded():
    wanted = spec(external_archives=[ARCHIVE])
    assert wanted_rosters([wanted]) == ["member"] and "archive_policy" in wanted_settings([wanted])
    plan = plan_list(wanted, actual())
    assert plan.changes["members"] == ([], [f"{ARCHIVE} (discard)"])
    (added,) = plan.step["rosters"]["member"]["add"]
    assert {key: added[key] for key in ROBOT if key in added} == {k: v for k, v in ROBOT.items() if k in added}
    assert plan_list(wanted, actual("public", ROBOT)).action == "none"
    bounced = dict(ROBOT, delivery_status="by_bounces", delivery_mode="mime_digests")
    again = plan_list(wanted, actual("public", bounced)).step["rosters"]["member"]["change"]
    assert again == [{"address": ARCHIVE, "delivery_status": "enabled", "delivery_mode": "regular"}]


@pytest.mark.parametrize("state", ["exact", "present"])
def test_a_roster_and_an_archive_live_together(state):
    wanted = spec(members={"state": state, "addresses": ["m@example.org"]}, external_archives=[ARCHIVE])
    assert plan_list(wanted, actual("public", person("m@example.org"), ROBOT)).action == "none"
    off = spec(members={"state": state, "addresses": ["m@example.org"]}, external_archives={ARCHIVE: False})
    assert moved(plan_list(off, actual("public", person("m@example.org"), ROBOT))) == ([], [], [ARCHIVE])


def test_a_roster_of_people_who_are_not_there_and_an_archive():
    wanted = spec(members={"state": "absent", "addresses": ["m@example.org"]}, external_archives=[ARCHIVE])
    assert moved(plan_list(wanted, actual("public", person("m@example.org")))) == ([ARCHIVE], [], ["m@example.org"])


def test_an_archive_among_the_members_is_subscribed_once():
    wanted = spec(members=[ARCHIVE.upper(), "m@example.org"], external_archives=[ARCHIVE])
    added, _changed, _removed = moved(plan_list(wanted, actual()))
    assert sorted(added) == [ARCHIVE, "m@example.org"]


def test_an_archive_does_not_hide_that_a_roster_is_empty():
    wanted = spec(members={"state": "exact", "addresses": []}, external_archives=[ARCHIVE])
    with pytest.raises(Invalid, match="would remove 1 of 1 and leave 0"):
        plan_list(wanted, actual("public", person("m@example.org"), ROBOT))
    with pytest.raises(Invalid, match="would remove 1 of 1 and leave 0"):
        plan_list(wanted, actual("public", person("m@example.org")))
    assert plan_list(wanted, actual("public", ROBOT)).action == "none"


@pytest.mark.parametrize("policy", ["private", "never"])
def test_a_list_that_is_not_public_is_refused(policy):
    sentence = f"list {NAME}: external_archives has {ARCHIVE}, and archive_policy is {policy}: give archive_policy"
    with pytest.raises(Invalid, match=sentence):
        plan_list(spec(external_archives=[ARCHIVE]), actual(policy))
    with pytest.raises(Invalid, match=sentence):
        plan_list(spec(external_archives=[ARCHIVE], archive_policy=policy), None)
    with pytest.raises(Invalid, match=sentence):
        plan_list(spec(external_archives=[ARCHIVE], archive_policy=policy), actual("public", ROBOT))
    forced = spec(external_archives=[ARCHIVE], external_archives_allow_private=True)
    assert moved(plan_list(forced, actual(policy)))[0] == [ARCHIVE]
    # one that was opened in the same breath is public
    assert moved(plan_list(spec(external_archives=[ARCHIVE], archive_policy="public"), actual(policy)))[0] == [ARCHIVE]


def test_the_default_of_a_site_is_for_public_lists():
    defaults = {"external_archives": {ARCHIVE: True, OTHER: True}}
    assert moved(plan_list(spec(defaults), actual()))[0] == [ARCHIVE, OTHER]
    assert plan_list(spec(defaults), actual("private", person("m@example.org"))).action == "none"
    # a list that is made private loses them
    assert moved(plan_list(spec(defaults, archive_policy="private"), actual("public", ROBOT))) == ([], [], [ARCHIVE])
    assert moved(plan_list(spec(defaults, external_archives={ARCHIVE.upper(): False}), actual()))[0] == [OTHER]
    assert moved(plan_list(spec(defaults, external_archives=["x@example.org"]), actual()))[0] == [
        ARCHIVE,
        OTHER,
        "x@example.org",
    ]
    # what the list says itself is not forgiven because the site says it, too
    with pytest.raises(Invalid, match="archive_policy is private"):
        plan_list(spec(defaults, external_archives={OTHER: True}), actual("private"))


def test_nobody_greets_an_archive():
    wanted = spec(members=["m@example.org"], external_archives=[ARCHIVE])
    found = notices([plan_list(wanted, actual())], Policy(send_welcome=True, send_goodbye=True))
    assert found == [{"list": NAME, "welcome": ["m@example.org"], "goodbye": []}]
    plan = plan_list(spec(external_archives={ARCHIVE: False}), actual("public", ROBOT))
    assert notices([plan], Policy(send_welcome=True, send_goodbye=True)) == []


@pytest.mark.parametrize(
    "value, sentence",
    [
        ("x@example.org", "external_archives is 'x@example.org': give a list of addresses"),
        (["nobody"], "external_archives is 'nobody': give an e-mail address"),
        ({"x@example.org": "maybe"}, "external_archives.x@example.org is 'maybe': give true or false"),
        ([NAME], "external_archives has the list's own address"),
    ],
)
def test_bad_input(value, sentence):
    with pytest.raises(Invalid, match=sentence):
        model.resolve([spec(external_archives=value)], domains=["lists.example.org"], schema={})


def test_entries_of_a_roster_know_their_external_archives():
    declared = [
        {"name": "staff", "domain": "lists.example.org", "external_archives": [ARCHIVE]},
        {"name": "Board", "external_archives": [OTHER], "external_archives_allow_private": True},
        {"name": "other"},
    ]
    entries = [{"name": "staff@lists.example.org"}, {"name": "board", "members": []}, {"name": "other"}]
    assert external_archives(entries, declared) == [
        {"name": "staff@lists.example.org", "external_archives": [ARCHIVE]},
        {"name": "board", "members": [], "external_archives": [OTHER], "external_archives_allow_private": True},
        {"name": "other"},
    ]
