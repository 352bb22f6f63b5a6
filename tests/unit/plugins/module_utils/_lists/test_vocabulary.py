# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.listops.mailman.plugins.module_utils._lists import vocabulary
from ansible_collections.listops.mailman.plugins.module_utils._lists.vocabulary import Field, Invalid

anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=5,
)


@pytest.mark.parametrize(
    "name",
    ["wikitech-l", "a", "1", "wikifi-admin", "a.b", "x_y", "wikitech-l@lists.example.org"],
)
def test_good_list_names(name):
    assert vocabulary.list_name(name) == name


def test_list_name_is_lower_case():
    assert vocabulary.list_name("Wikitech-L@Lists.Example.ORG") == "wikitech-l@lists.example.org"


@pytest.mark.parametrize(
    "name",
    ["", ".", "..", "a..b", "../x", "a/b", "a b", "a\n", "-a", ".a", "a.", "a@", "a@b", "a@b c.org", "é"]
    + ["alpha-" + suffix for suffix in vocabulary.RESERVED_SUFFIXES]
    + [None, 7, ["a"]],
)
def test_hostile_list_names(name):
    with pytest.raises(Invalid) as refusal:
        vocabulary.list_name(name)
    assert ": give " in str(refusal.value)


@given(st.text())
def test_no_list_name_leaves_its_directory(name):
    try:
        accepted = vocabulary.list_name(name)
    except Invalid:
        return
    assert accepted == name.lower()
    assert not re.search(r"[\s/\0]|\.\.|^\.|^$", accepted)


@pytest.mark.parametrize(
    "value", ["alice@example.org", "A.B+c@Example.co", '"odd"@example.org', "o'neil@x-y.example.org"]
)
def test_addresses(value):
    assert vocabulary.is_address(value)


@pytest.mark.parametrize(
    "value",
    [
        "",
        "alice",
        "alice@host",
        "@example.org",
        "a b@example.org",
        "a@-x.org",
        "a@x..org",
        "a@x.org\n",
        "é@x.org",
        "a,b@x.org",
        '"a,b"@x.org',
        '"a@x.org',
        '"\x07"@x.org',
        None,
        3,
    ],
)
def test_no_addresses(value):
    assert not vocabulary.is_address(value)


@given(st.emails())
def test_an_accepted_address_has_one_at_and_a_dot(value):
    if vocabulary.is_address(value):
        local, at, domain = value.rpartition("@")
        assert local and at and "." in domain and not re.search(r"\s", value)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [("7d", 604800), ("1w", 604800), ("1d12h", 129600), ("90", 90), (90, 90), ("2h30m5s", 9005), (0, 0)],
)
def test_intervals(value, seconds):
    assert vocabulary.interval("key", value) == seconds


@pytest.mark.parametrize("value", ["", "d", "7 days", "-1d", -1, True, None, 1.5, "1m1h"])
def test_no_intervals(value):
    with pytest.raises(Invalid, match="^key is "):
        vocabulary.interval("key", value)


@pytest.mark.parametrize(
    ("kind", "good", "canonical", "bad"),
    [
        ("bool", "yes", True, "maybe"),
        ("bool", 0, False, 2),
        ("int", "12", 12, -3),
        ("int", 12, 12, True),
        ("int", "2147483647", 2**31 - 1, 2**31),
        ("interval", "5200w", 5200 * 604800, "5201w"),
        ("interval", "14d", 14 * 86400, "9" * 5000 + "w"),
        ("float", "1.5", 1.5, float("nan")),
        ("float", 3, 3.0, "x"),
        ("str", "a\nb", "a\nb", None),
        ("line", "a", "a", "a\nb"),
        ("list", ["b", "a", "b"], ["b", "a"], "a"),
        ("patterns", ["A@Example.org", "^x.*"], ["a@example.org", "^x.*"], ["nope"]),
        ("patterns", [], [], ["^("]),
        ("lower_patterns", ["A@Example.org", r"^Old-\d"], ["a@example.org", r"^old-\d"], [r"^x\S"]),
        ("lower_patterns", [r"^a\\S"], [r"^a\\s"], ["^(?P<a>x)"]),
        ("secret", "s3cret", "s3cret", ""),
    ],
)
def test_types(kind, good, canonical, bad):
    field = Field("key", kind)
    assert vocabulary.checked(field, good) == canonical
    with pytest.raises(Invalid, match="^key is "):
        vocabulary.checked(field, bad)


def test_a_refused_password_is_not_shown():
    with pytest.raises(Invalid) as refused:
        vocabulary.checked(Field("moderator_password", "secret"), ["hunter22"])
    assert str(refused.value) == "moderator_password is not accepted: give text"


def test_a_refusal_names_key_value_and_choices():
    field = vocabulary.LIST_FIELDS["archive_policy"]
    with pytest.raises(Invalid, match="archive_policy is 'pubic': give public, private or never"):
        vocabulary.checked(field, "pubic")


@given(st.sampled_from(sorted(vocabulary.LIST_FIELDS)), anything)
def test_checks_accept_or_refuse_and_are_stable(name, value):
    field = vocabulary.LIST_FIELDS[name]
    try:
        once = vocabulary.checked(field, value)
    except Invalid as exc:
        assert "\n" not in str(exc) and name in str(exc)
        return
    assert vocabulary.checked(field, once) == once


def test_unknown_keys_suggest_the_nearest():
    assert "give an option such as description" in str(vocabulary.unknown_key("desciption", ["description", "info"]))
    assert "give an option such as max_message_size or max_num_recipients" in str(
        vocabulary.unknown_key("max_", ["max_message_size", "max_num_recipients", "info"])
    )
    assert "give info or name" in str(vocabulary.unknown_key("zzz", ["name", "info"]))


def test_every_field_has_an_argument_type():
    spec = vocabulary.argument_spec(vocabulary.LIST_FIELDS)
    assert spec["archive_policy"] == {"type": "str", "choices": ["public", "private", "never"]}
    assert spec["acceptable_aliases"] == {"type": "list", "elements": "str"}


def test_senders():
    field = Field("accept_these_nonmembers", "senders")
    given = ["@Other@Lists.example.org", "Bob@example.org", "^.*@Example"]
    assert vocabulary.checked(field, given) == ["@other@lists.example.org", "bob@example.org", "^.*@Example"]
    for bad in ("@x", "other", "^("):
        with pytest.raises(Invalid):
            vocabulary.checked(field, [bad])


@pytest.mark.parametrize("check", [vocabulary.address_or_pattern, vocabulary.lower_pattern, vocabulary.sender])
@pytest.mark.parametrize(
    "value",
    [
        "*@shell.example",
        "user?@shell.example",
        "spam*@shell.example",
        "*.shell.example",
        "^@caret.example",
        r"^\@caret.example",
        "^(@caret.example)",
        "^(?:@caret.example)$",
        "^((@a|@b).example)",
        "^[@]caret.example",
        r"^caret\.example$",
        "^user$",
        "^.*@a.example, ^.*@b.example",
        "^.*@a.example ",
        "^a@b.example;c@d.example",
    ],
)
def test_a_ban_or_rule_that_can_cover_nobody_is_refused(check, value):
    with pytest.raises(Invalid, match=r"bans is .*: give .*such as \^\.\*@example\\\.org\$"):
        check("bans", value)


@pytest.mark.parametrize(
    "value",
    [
        "^.*@shell.example",
        r"^.*@(.*\.)?shell\.example$",
        "^[^@]+@x",
        "^[@a]",
        "^@?spam",
        "^@{0,1}spam",
        "^spam",
        "^user.$",
        r"^[-_., ]*a{1,3}@x\.example$",
        r"^a\,?b@x",
        "^(?:a|b)@x",
        "^.*",
        "x@example.org",
        "a+b=c@example.org",
    ],
)
def test_a_ban_or_rule_that_covers_somebody_is_taken(value):
    assert vocabulary.address_or_pattern("bans", value) == value


@pytest.mark.parametrize(
    "value", ["no address", "a@example.net, b@example.net", "a@x.example b@x.example", "a@x.example/b@x.example"]
)
@pytest.mark.parametrize("more", ["", "Answers <{0}>"])
def test_replies_go_to_one_address(value, more):
    with pytest.raises(Invalid, match="reply_to_address is .*: give an e-mail address such as answers@example.org, or"):
        vocabulary.checked(vocabulary.LIST_FIELDS["reply_to_address"], more.format(value) or value)


@pytest.mark.parametrize("value", ["", " answers@example.org "])
def test_an_address_for_replies_or_none(value):
    assert vocabulary.checked(vocabulary.LIST_FIELDS["reply_to_address"], value) == value.strip()


@pytest.mark.parametrize("name", ["display_name", "subject_prefix"])
def test_a_name_is_as_long_as_the_archive_takes(name):
    field = vocabulary.LIST_FIELDS[name]
    assert vocabulary.checked(field, "ü" * 255) == "ü" * 255
    with pytest.raises(Invalid, match=name + " is .*: give text of up to 255 characters; this has 256"):
        vocabulary.checked(field, "ü" * 256)
