# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import copy
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.listops.mailman.plugins.module_utils._lists import model, report
from ansible_collections.listops.mailman.plugins.module_utils._lists.plan import (
    DISABLED_SETTINGS,
    Policy,
    guard_removal,
    notices,
    plan_list,
    plan_site,
    summary,
    wanted_settings,
)
from ansible_collections.listops.mailman.plugins.module_utils._lists.vocabulary import Invalid

NAME = "a@lists.example.org"


def spec(**entry):
    (found,) = model.parse_site([dict(entry, name=NAME)])
    return found


def person(address, **options):
    return dict(
        {
            "address": address,
            "display_name": "",
            "delivery_mode": "regular",
            "delivery_status": "enabled",
            "moderation_action": "default",
        },
        **options,
    )


def actual(members=(), saved=None, owners=(), **parts):
    def roster(people):
        return {p["address"].lower(): p for p in people}

    return dict(
        {
            "settings": {
                "advertised": True,
                "emergency": False,
                "subscription_policy": "confirm",
                "description": "old",
            },
            "rosters": {"member": roster(members), "owner": roster(owners)},
            "bans": [],
            "header_matches": [],
            "archivers": {"hyperkitty": True},
            "templates": {},
            "saved": saved,
        },
        **parts,
    )


def test_nothing_to_do():
    plan = plan_list(spec(description="old", members=["B@example.org"]), actual([person("b@example.org")]))
    assert (plan.action, plan.changes, plan.step) == ("none", {}, {})
    assert report.result([plan])["diff"] == {
        "before_header": "lists on the host",
        "after_header": "as declared",
        "before": "",
        "after": "",
    }


def test_create():
    plan = plan_list(spec(description="new", owners=["o@example.org"]), None)
    assert plan.action == "create"
    assert plan.step["create"] and plan.step["set"] == {"description": "new"}
    assert plan.step["rosters"]["owner"]["add"] == [{"address": "o@example.org"}]


def test_change_one_setting():
    plan = plan_list(spec(description="new"), actual())
    assert plan.changes == {"description": ("old", "new")}
    assert plan.step == {"list": NAME, "set": {"description": "new"}}


def test_the_order_of_addresses_says_nothing():
    entry = spec(acceptable_aliases=["z@example.org", "a@example.org"])
    have = actual(settings={"acceptable_aliases": ["a@example.org", "z@example.org"]})
    assert plan_list(entry, have).action == "none"
    have = actual(settings={"acceptable_aliases": ["a@example.org"]})
    assert plan_list(entry, have).step["set"] == {"acceptable_aliases": ["z@example.org", "a@example.org"]}


def test_absent():
    assert plan_list(spec(state="absent"), None).action == "none"
    plan = plan_list(spec(state="absent"), actual())
    assert (plan.action, plan.step) == ("delete", {"list": NAME, "delete": True})


def test_roster_present_adds_and_changes_only_what_is_said():
    have = actual([person("b@example.org", delivery_mode="mime_digests"), person("c@example.org")])
    wanted = spec(
        members=["b@example.org", {"address": "C@Example.org", "delivery_status": "by_user"}, "d@example.org"]
    )
    plan = plan_list(wanted, have)
    assert plan.step["rosters"]["member"] == {
        "add": [{"address": "d@example.org"}],
        "change": [{"address": "c@example.org", "delivery_status": "by_user"}],
        "remove": [],
    }
    assert plan.changes["members"] == (["c@example.org"], ["c@example.org (by_user)", "d@example.org"])


def test_roster_exact_removes_the_rest():
    have = actual([person("b@example.org"), person("c@example.org")])
    plan = plan_list(spec(members={"state": "exact", "addresses": ["b@example.org"]}), have)
    assert plan.step["rosters"]["member"]["remove"] == ["c@example.org"]


def test_roster_absent():
    have = actual([person("b@example.org"), person("c@example.org")])
    plan = plan_list(spec(members={"state": "absent", "addresses": ["B@example.org", "x@example.org"]}), have)
    assert plan.step["rosters"]["member"] == {"add": [], "change": [], "remove": ["b@example.org"]}


@pytest.mark.parametrize(
    ("before", "after", "refused"),
    [(1, 0, True), (9, 1, False), (10, 5, False), (10, 4, True), (100, 49, True), (0, 0, False)],
)
def test_a_shrinking_exact_roster_is_refused_with_the_numbers(before, after, refused):
    people = [person("p{0}@example.org".format(n)) for n in range(before)]
    wanted = spec(members={"state": "exact", "addresses": [p["address"] for p in people[:after]]})
    if not refused:
        plan_list(wanted, actual(people))
        return
    with pytest.raises(Invalid, match="would remove {0} of {1} and leave {2}".format(before - after, before, after)):
        plan_list(wanted, actual(people))
    plan = plan_list(wanted, actual(people), Policy(allow_shrink=True))
    assert len(plan.step["rosters"]["member"]["remove"]) == before - after


def test_a_disabled_list_keeps_its_people_from_a_broken_source():
    people = [person("p{0}@example.org".format(n)) for n in range(20)]
    with pytest.raises(Invalid, match="role member would remove 20 of 20"):
        plan_list(spec(members={"state": "exact", "addresses": []}, state="disabled"), actual(people))


@pytest.mark.parametrize(
    ("gone", "existing", "refused"),
    [(1, 1, True), (3, 4, False), (4, 4, True), (5, 10, False), (6, 10, True), (10, 10, True), (0, 0, False)],
)
def test_removing_what_nobody_declares_is_refused_when_it_is_most_of_a_site(gone, existing, refused):
    names = ["l{0}@lists.example.org".format(n) for n in range(gone)]
    guard_removal(names, existing, Policy(allow_shrink=True))
    if not refused:
        guard_removal(names, existing, Policy())
        return
    with pytest.raises(Invalid, match="would remove {0} of {1} lists .l0@.*: give allow_shrink".format(gone, existing)):
        guard_removal(names, existing, Policy())


def test_owners_may_be_replaced_but_not_emptied_unless_the_list_is_disabled():
    have = actual(owners=[person("o@example.org", moderation_action="accept")])
    assert plan_list(spec(owners=["n@example.org"]), have).changes["owners"] == (["o@example.org"], ["n@example.org"])
    with pytest.raises(Invalid, match="role owner"):
        plan_list(spec(owners=[]), have)
    plan = plan_list(spec(owners=[], state="disabled"), have)
    assert plan.step["rosters"]["owner"]["remove"] == ["o@example.org"]


@pytest.mark.parametrize("ban", ["b@example.org", "^.*@EXAMPLE.org"])
def test_bans_stop_additions(ban):
    wanted = spec(members=["B@example.org"])
    with pytest.raises(Invalid, match="B@example.org cannot be added, the ban"):
        plan_list(wanted, actual(bans=[ban]))
    with pytest.raises(Invalid, match="the ban"):
        plan_list(wanted, actual(), Policy(site_bans=(ban,)))
    assert plan_list(wanted, actual(bans=[ban]), Policy(override_bans=True)).action == "change"
    # Who is a member already may stay, and a ban that goes with this run does not count.
    assert plan_list(wanted, actual([person("b@example.org")], bans=[ban])).action == "none"
    assert plan_list(spec(members=["b@example.org"], bans=[]), actual(bans=[ban])).action == "change"


def test_disable_saves_and_restores():
    plan = plan_list(spec(state="disabled", description="old"), actual())
    assert plan.step["disable"]["save"] is True
    assert plan.changes["state"] == ("present", "disabled")
    rules = plan.step["disable"]["header_matches"]
    assert rules == [{"header": "from", "pattern": ".*", "action": "reject"}]

    saved = {
        "settings": {"advertised": True, "emergency": False, "subscription_policy": "confirm"},
        "header_matches": [],
    }
    have = actual(saved=saved, settings=dict(DISABLED_SETTINGS, description="old"), header_matches=rules)
    assert plan_list(spec(state="disabled"), have).action == "none"

    plan = plan_list(spec(), have)
    assert plan.step["set"] == saved["settings"]
    assert plan.step["header_matches"] == [] and plan.step["forget"] is True


def test_what_a_script_disabled_stays_as_the_script_left_it_until_another_way_is_declared():
    saved = {"settings": {"advertised": True}, "header_matches": [], "elsewhere": True}
    have = actual(saved=saved)
    have["settings"].update(advertised=False, emergency=True)
    assert plan_list(spec(state="disabled", disabled_action="hold"), have).action == "none"
    plan = plan_list(spec(state="disabled", disabled_action="reject"), have)
    assert plan.changes["subscription_policy"] == ("confirm", "moderate")
    assert "header_matches" in plan.changes
    # `present` opens it in the same way as one that we disabled
    assert plan_list(spec(state="present"), have).changes["advertised"] == (False, True)


def test_drift_of_a_disabled_list_does_not_overwrite_what_was_saved():
    saved = {"settings": {"advertised": True, "emergency": False, "subscription_policy": "open"}, "header_matches": []}
    plan = plan_list(spec(state="disabled", disabled_action="hold"), actual(saved=saved))
    assert plan.step["disable"]["save"] is False
    assert plan.step["disable"]["header_matches"] == []


def test_a_declared_value_wins_over_the_saved_one():
    saved = {
        "settings": {"advertised": True, "emergency": False, "subscription_policy": "confirm"},
        "header_matches": [],
    }
    have = actual(saved=saved, settings=dict(DISABLED_SETTINGS, description="old"))
    assert plan_list(spec(advertised=False), have).step["set"] == {"emergency": False, "subscription_policy": "confirm"}


def test_passwords_show_that_they_change_and_nothing_else():
    wanted = spec(settings={"moderator_password": "s3cret"})
    secret = frozenset(["moderator_password"])
    for known, changed in ((None, True), ("set", True), (True, False)):
        plan = plan_list(wanted, actual(settings={"moderator_password": known}), secrets=secret)
        assert (plan.action == "change") is changed
        assert "s3cret" not in str(plan.changes) + str(report.result([plan]))


def test_archivers_that_are_not_named_are_left_alone():
    plan = plan_list(spec(archivers={"mail-archive": True}), actual())
    assert plan.step["archivers"] == {"mail-archive": True}
    assert plan_list(spec(archivers=["hyperkitty"]), actual()).action == "none"


def test_an_archiver_that_a_list_has_twice_is_one_again():
    plan = plan_list(spec(), actual(archivers_twice=["hyperkitty"]))
    assert plan.changes["archivers"] == ({"hyperkitty": "twice"}, {"hyperkitty": True})
    assert plan.step["archivers"] == {"hyperkitty": True}
    plan = plan_list(spec(archivers={"hyperkitty": False}), actual(archivers_twice=["hyperkitty"]))
    assert plan.step["archivers"] == {"hyperkitty": False}


def test_nobody_is_sent_mail_unless_asked():
    have = actual([person("Old@example.org")])
    wanted = spec(
        members={"state": "exact", "addresses": ["New@example.org", "b@example.org"]}, owners=["o@example.org"]
    )
    plans = [plan_list(wanted, have), plan_list(spec(state="absent"), have)]
    assert notices(plans, Policy()) == []
    welcome, goodbye = ["new@example.org", "b@example.org"], ["old@example.org"]
    both = Policy(send_welcome=True, send_goodbye=True)
    assert notices(plans, both) == [{"list": NAME, "welcome": welcome, "goodbye": goodbye}]
    assert notices(plans, Policy(send_goodbye=True)) == [{"list": NAME, "welcome": [], "goodbye": goodbye}]


def test_summary_counts():
    plans = plan_site([spec(members=["n@example.org"])], {NAME: actual([person("m@example.org")])}) + [
        plan_list(spec(state="absent"), actual()),
        plan_list(spec(), None),
    ]
    counts = summary(plans)
    assert counts["lists_created"] == counts["lists_removed"] == counts["lists_changed"] == 1
    assert counts["members_added"] == 1 and counts["members_removed"] == 0


def test_the_diff_reads_as_text():
    have = actual([person("b@example.org")])
    plan = plan_list(spec(description="new", members={"state": "exact", "addresses": ["c@example.org"]}), have)
    text = report.result([plan])["diff"]
    assert text["before"] == NAME + ":\n  description: old\n  members:\n    - b@example.org\n"
    assert text["after"] == NAME + ":\n  description: new\n  members:\n    - c@example.org\n"


def carried_out(state, plan):
    """What an engine makes of a step, as far as settings and members go."""
    state = copy.deepcopy(state)
    state["settings"].update(plan.step.get("set", {}))
    for role, change in plan.step.get("rosters", {}).items():
        people = state["rosters"].setdefault(role, {})
        for key in change["remove"]:
            del people[key]
        for new in change["add"]:
            people[new["address"].lower()] = person(**new)
        for changed in change["change"]:
            people[changed["address"].lower()].update(changed)
    for key in ("bans", "header_matches"):
        state[key] = plan.step.get(key, state[key])
    return state


emails = st.sampled_from(["{0}@example.org".format(c) for c in "abcdef"])
rosters = st.lists(
    st.fixed_dictionaries(
        {"address": emails}, optional={"delivery_mode": st.sampled_from(["regular", "mime_digests"])}
    ),
    unique_by=lambda p: p["address"],
)


@given(
    have=rosters,
    want=rosters,
    state=st.sampled_from(model.ROSTER_STATES),
    description=st.sampled_from(["old", "new"]),
    bans=st.none() | st.lists(st.sampled_from(["x@example.net", "^y"]), unique=True),
)
def test_a_plan_carried_out_leaves_nothing_to_do(have, want, state, description, bans):
    before = actual([person(**p) for p in have])
    wanted = spec(description=description, bans=bans, members={"state": state, "addresses": want})
    policy = Policy(allow_shrink=True)
    after = carried_out(before, plan_list(wanted, before, policy))
    assert plan_list(wanted, after, policy).action == "none"


@pytest.mark.parametrize("goes", ["explicit_header", "explicit_header_only"])
def test_replies_to_an_address_need_one(goes):
    there = actual(settings={"reply_to_address": "answers@example.org"})
    assert plan_list(spec(reply_goes_to_list=goes), there).action == "change"
    assert plan_list(spec(reply_goes_to_list=goes, reply_to_address="a@example.org"), None).action == "create"
    sentence = "list a@lists.example.org: reply_goes_to_list is '{0}', and reply_to_address is '': give".format(goes)
    for wanted, have in (
        (spec(reply_goes_to_list=goes), None),
        (spec(reply_goes_to_list=goes), actual(settings={"reply_to_address": ""})),
        (spec(reply_goes_to_list=goes, reply_to_address=""), there),
        (spec(reply_to_address=""), actual(settings={"reply_goes_to_list": goes, "reply_to_address": "a@example.org"})),
    ):
        with pytest.raises(Invalid, match=re.escape(sentence)):
            plan_list(wanted, have)
        assert {"reply_goes_to_list", "reply_to_address"} <= set(wanted_settings([wanted]))
    # Of what nobody declares nothing is said.
    assert plan_list(spec(description="new"), actual(settings={"reply_goes_to_list": goes})).action == "change"
