# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.listops.mailman.plugins.module_utils._lists import model
from ansible_collections.listops.mailman.plugins.module_utils._lists.vocabulary import Invalid

SCHEMA = {
    "description": {"type": "line"},
    "advertised": {"type": "bool"},
    "max_num_recipients": {"type": "int"},
    "archive_policy": {"type": "enum", "choices": ["public", "private", "never"]},
    "moderator_password": {"type": "secret"},
}


def one(**entry):
    (spec,) = model.parse_site([entry])
    return spec


def test_what_is_not_mentioned_is_left_alone():
    spec = one(name="a")
    assert (spec.settings, spec.rosters, spec.bans, spec.header_matches, spec.archivers) == ({}, {}, None, None, None)
    assert one(name="a", description=None, owners=None) == spec


def test_owners_are_exact_and_members_are_not():
    spec = one(name="a", owners=["o@example.org"], members=["m@example.org"])
    assert spec.rosters["owner"].state == "exact"
    assert spec.rosters["member"].state == "present"


def test_people_keep_their_spelling_and_differ_not_by_case():
    roster = model.parse_roster("members", ["Bob@Example.org", "Bob@Example.org"])
    assert roster.people == {"bob@example.org": {"address": "Bob@Example.org"}}
    with pytest.raises(Invalid, match="members has bob@example.org twice"):
        model.parse_roster("members", ["Bob@Example.org", {"address": "bob@example.org", "delivery_mode": "regular"}])


def test_exact_members():
    spec = one(name="a", members={"state": "exact", "addresses": []})
    assert spec.rosters["member"] == model.Roster("exact", {})


@pytest.mark.parametrize(
    ("entry", "sentence"),
    [
        (
            {"name": "a", "desciption": "x"},
            "list a: 'desciption' is not an option here .*give an option such as description",
        ),
        ({"name": "a", "owners": ["bob"]}, "list a: owners is 'bob': give an e-mail address"),
        ({"name": "a", "owners": "bob@example.org"}, "list a: owners is 'bob@example.org': give a list"),
        ({"name": "a", "members": 3}, "list a: members is 3"),
        ({"name": "a", "members": [3]}, "list a: members is 3"),
        (
            {"name": "a", "members": [{"delivery_mode": "regular"}]},
            "list a: the address of an entry of members is missing",
        ),
        (
            {"name": "a", "members": [{"address": "b@example.org", "delivery_mode": "fast"}]},
            "list a: members: b@example.org: delivery_mode is 'fast': give regular, mime_digests",
        ),
        ({"name": "a", "members": {"state": "exact"}}, "list a: members.addresses is missing"),
        ({"name": "a", "members": {"state": "odd", "addresses": []}}, "list a: members.state is 'odd'"),
        ({"name": "a", "bans": ["^("]}, r"list a: bans is '\^\(': give a regular expression that compiles"),
        ({"name": "a", "bans": ["x"]}, "list a: bans is 'x': give an e-mail address, or a regular"),
        (
            {"name": "a", "header_matches": [{"header": "X", "pattern": "("}]},
            r"list a: header_matches.pattern is '\(': give a regular expression that compiles",
        ),
        (
            {"name": "a", "header_matches": [{"header": "X", "pattern": "a", "action": "drop"}]},
            "list a: header_matches.action is 'drop': give hold, reject, discard or accept",
        ),
        (
            {"name": "a", "header_matches": [{"header": "X", "pattern": "a"}, {"header": "x", "pattern": "a"}]},
            "list a: header_matches has header x with pattern 'a' twice",
        ),
        ({"name": "a", "state": "gone"}, "list a: state is 'gone': give present, disabled or absent"),
        ({"name": "a", "settings": [1]}, "list a: settings is \\[1\\]: give a dictionary"),
        (
            {"name": "a", "info": "x", "settings": {"info": "y"}},
            "list a: info is given as an option and under settings: give one",
        ),
        ({"name": "a/b"}, "the list name is 'a/b': give lower-case letters"),
        ({"description": "x"}, "an entry of lists has no name, but description"),
        ("a", "an entry of lists is 'a': give a dictionary"),
    ],
)
def test_bad_input_is_one_sentence(entry, sentence):
    with pytest.raises(Invalid, match="^" + sentence) as refusal:
        model.parse_site([entry])
    assert "\n" not in str(refusal.value)


def test_defaults_hold_unless_the_list_says_otherwise():
    defaults = {
        "advertised": False,
        "bans": ["x@example.org"],
        "settings": {"max_num_recipients": 5, "max_message_size": 1},
    }
    first, second = model.parse_site(
        [{"name": "a"}, {"name": "b", "advertised": True, "bans": [], "settings": {"max_num_recipients": 9}}], defaults
    )
    assert first.settings == {"advertised": False, "max_num_recipients": 5, "max_message_size": 1}
    assert second.settings == {"advertised": True, "max_num_recipients": 9, "max_message_size": 1}
    assert (first.bans, second.bans) == (["x@example.org"], [])


def test_an_option_and_the_same_setting_meet_in_defaults():
    (spec,) = model.parse_site([{"name": "a", "info": "mine"}], {"settings": {"info": "site's"}})
    assert spec.settings == {"info": "mine"}
    (spec,) = model.parse_site([{"name": "a", "settings": {"info": "mine"}}], {"info": "site's"})
    assert spec.settings == {"info": "mine"}


@pytest.mark.parametrize("key", ["name", "state", "members"])
def test_what_belongs_to_one_list_is_no_default(key):
    with pytest.raises(Invalid, match="^defaults: {0} belongs to one list".format(key)):
        model.parse_site([], {key: "x"})


def resolve(*entries, domains=("lists.example.org",)):
    return model.resolve(model.parse_site(entries), domains=domains, schema=SCHEMA)


def test_the_only_domain_completes_a_name():
    (spec,) = resolve({"name": "a"})
    assert spec.name == "a@lists.example.org"


@pytest.mark.parametrize(("domains", "has"), [((), "no domain yet"), (("x.org", "y.org"), "x.org, y.org")])
def test_several_domains_need_a_choice(domains, has):
    with pytest.raises(Invalid, match="^list a: its domain is missing: give one, since this Mailman has " + has):
        resolve({"name": "a"}, domains=domains)


def test_settings_have_the_types_of_the_engine():
    (spec,) = resolve({"name": "a", "settings": {"max_num_recipients": "20"}})
    assert spec.settings == {"max_num_recipients": 20}
    with pytest.raises(Invalid, match="^list a: max_num_recipients is 'many': give a whole number"):
        resolve({"name": "a", "settings": {"max_num_recipients": "many"}})
    with pytest.raises(
        Invalid, match="^list a: 'max_num' is not an option here .*give an option such as max_num_recipients"
    ):
        resolve({"name": "a", "settings": {"max_num": 3}})


def test_owners_are_accepted_by_default():
    owner = {"address": "o@example.org", "moderation_action": "default"}
    (spec,) = resolve({"name": "a", "owners": [owner], "moderators": ["m@example.org"], "members": [owner]})
    actions = {role: [p.get("moderation_action") for p in r.people.values()] for role, r in spec.rosters.items()}
    assert actions == {"owner": ["accept"], "moderator": [None], "member": ["default"]}


def test_a_list_is_declared_once():
    with pytest.raises(Invalid, match="^list a@lists.example.org is declared twice"):
        resolve({"name": "a"}, {"name": "A@lists.example.org"})


def test_a_list_is_not_its_own_member():
    with pytest.raises(Invalid, match="own address"):
        resolve({"name": "a", "members": ["A@lists.example.org"]})


def test_one_name_for_each_address():
    specs = resolve(
        {"name": "a", "members": [{"address": "b@example.org", "display_name": "Bob"}]},
        {"name": "b", "members": [{"address": "B@example.org", "display_name": "Robert"}]},
    )
    with pytest.raises(Invalid, match="is called 'Bob' on list a@.* and 'Robert' on list b@"):
        model.one_name_each(specs)


def test_one_list_id_for_each_list():
    specs = model.parse_site([{"name": "foo.lists@example.org"}])
    model.one_id_each(specs, ["foo.lists@example.org", "foo@example.org"])
    with pytest.raises(Invalid, match="its list-id foo.lists.example.org is that of the list foo@lists.example.org"):
        model.one_id_each(specs, ["foo@lists.example.org"])
    both = model.parse_site([{"name": "foo@lists.example.org"}, {"name": "foo.lists@example.org"}])
    with pytest.raises(Invalid, match="list foo.lists@example.org: its list-id"):
        model.one_id_each(both, [])
    model.one_id_each(
        model.parse_site([{"name": "foo.lists@example.org", "state": "absent"}]), ["foo@lists.example.org"]
    )


@given(
    st.dictionaries(
        st.sampled_from(
            ["name", "state", "owners", "members", "bans", "header_matches", "settings", "archivers", "info"]
        ),
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.text(),
            lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
            max_leaves=6,
        ),
    )
)
def test_any_entry_is_parsed_or_refused_in_one_line(entry):
    try:
        model.parse_site([entry])
    except Invalid as exc:
        assert str(exc) and "\n" not in str(exc)


@pytest.mark.parametrize(
    ("people", "shown"),
    [
        (["Bob@Example.org", "bob@example.ORG"], "Bob@Example.org"),
        (["bob@example.org", "BOB@example.org"], "bob@example.org"),
        ([{"address": "Bob@Example.org", "delivery_mode": "regular"},
          {"address": "bob@example.org", "delivery_mode": "regular"}], "Bob@Example.org"),
    ],
)  # fmt: skip
def test_two_spellings_are_one_address_and_the_first_is_shown(people, shown):
    roster = model.parse_roster("members", people)
    assert list(roster.people) == [shown.lower()] and roster.people[shown.lower()]["address"] == shown


def test_two_spellings_with_different_options_are_refused():
    with pytest.raises(Invalid) as caught:
        model.parse_roster("members", ["Bob@Example.org", {"address": "bob@example.org", "display_name": "Bob"}])
    assert str(caught.value) == "members has bob@example.org twice, with different options: give it once"


def test_nonmembers():
    (found,) = model.parse_site(
        [{"name": "x", "nonmembers": [{"address": "S@x.example.org", "moderation_action": "discard"}]}]
    )
    roster = found.rosters["nonmember"]
    assert roster.state == "present" and roster.people["s@x.example.org"]["moderation_action"] == "discard"
    both = {"name": "x", "members": ["A@x.example.org"], "nonmembers": ["a@x.example.org"]}
    with pytest.raises(Invalid) as caught:
        model.parse_site([both])
    assert str(caught.value) == "list x: a@x.example.org is in members and in nonmembers: give it in one of them"
    model.parse_site([dict(both, nonmembers={"state": "absent", "addresses": ["a@x.example.org"]})])
