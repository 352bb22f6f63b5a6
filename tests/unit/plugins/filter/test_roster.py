# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import re

import pytest
from ansible.errors import AnsibleFilterError

from ansible_collections.listops.mailman.plugins.filter.roster import roster
from ansible_collections.listops.mailman.plugins.module_utils._lists import model


def test_people_comments_and_repetitions():
    text = '# staff\n\n Alice@example.net \nBób "B" <bob@example.net>\n"Doe, J." <j@example.net>\nALICE@example.net\n'
    found = roster(text)
    assert [person["address"] for person in found] == ["Alice@example.net", "bob@example.net", "j@example.net"]
    assert found[2]["display_name"] == "Doe, J."
    assert len(model.parse_roster("members", {"state": "exact", "addresses": found}).people) == 3


@pytest.mark.parametrize(
    "line",
    [
        "alice",
        "ldap: connection refused",
        "<>",
        "a@b.example.net c@example.net",
        "Alice <alice>",
        # two people, in every way in which they are pasted
        "Alice <a@x.example>, Bob <b@x.example>",
        "Alice <a@x.example>; Bob <b@x.example>",
        "Alice <a@x.example> Bob <b@x.example>",
        "Alice <a@x.example>Bob <b@x.example>",
        "Alice <a@x.example>\tBob <b@x.example>",
        "Alice <a@x.example>,Bob <b@x.example>",
        "<a@x.example>,<b@x.example>",
        "<a@x.example> <b@x.example>",
        "<a@x.example,b@x.example>",
        "<a@x.example b@x.example>",
        "a@x.example, Bob <b@x.example>",
        "a@x.example; Bob <b@x.example>",
        "a@x.example Bob <b@x.example>",
        "a@x.example <b@x.example>",
        "'a@x.example' <b@x.example>",
        "a@x.example,b@x.example",
        "a@x.example;b@x.example",
        "a@x.example/b@x.example",
        "a@x.example&b@x.example",
        "Alice <a@x.example/b@x.example>",
        "Alice <a@x.example>,",
        "Alice <a@x.example>;",
        "a@x.example,",
        # a name that needs quotes: who is it?
        "Doe, Alice <a@x.example>",
        "Doe; Alice <a@x.example>",
        # groups, routes, comments, quoted local parts
        "Staff: a@x.example, b@x.example;",
        "Staff: Alice <a@x.example>",
        "Staff:;",
        "<@relay.example:a@x.example>",
        "<@relay.example,@other.example:a@x.example>",
        "Alice <a@x.example> (b@x.example)",
        "(b@x.example) Alice <a@x.example>",
        "a@x.example (Alice)",
        "Alice <a@x.example (b@x.example)>",
        '"a,b"@x.example',
        '"a b"@x.example',
        'Alice <"a,b"@x.example>',
        '"Alice <a@x.example>',
        'Alice" <a@x.example>',
        '"Alice" <a@x.example>, "Bob" <b@x.example>',
        '"Alice\\" <a@x.example>',
        "Alice <<a@x.example>>",
        "Alice <b> <a@x.example>",
        "=?no-such-charset?q?Alice?= <a@x.example>",
        "=?utf-8?b?A?= <a@x.example>",
        "mailto:a@x.example",
        "Alice a@x.example",
        "Alice <a@x.example> Smith",
        "Alice <a@x.example> # gone",
    ],
)
def test_a_line_that_is_nobody_stops_everything(line):
    with pytest.raises(AnsibleFilterError, match="line 2 of the roster is .*: give alice@example.net, or"):
        roster("bob@example.net\n" + line)


@pytest.mark.parametrize(
    ("line", "name", "address"),
    [
        ("a@x.example", "", "a@x.example"),
        ("<a@x.example>", "", "a@x.example"),
        ("Alice\t<a@x.example>", "Alice", "a@x.example"),
        ("Alice<a@x.example>", "Alice", "a@x.example"),
        ("Alice  B. Smith < A@x.example >", "Alice B. Smith", "A@x.example"),
        ("O'Neil (Sales) <o'neil@x.example>", "O'Neil (Sales)", "o'neil@x.example"),
        ('"Doe, Alice" <a@x.example>', "Doe, Alice", "a@x.example"),
        (r'"Alice \"Al\" \\ <b@x.example>; Bob" <a@x.example>', r'Alice "Al" \ <b@x.example>; Bob', "a@x.example"),
        ('Alice "Al, B." Smith <a@x.example>', "Alice Al, B. Smith", "a@x.example"),
        ("=?utf-8?q?Zo=C3=AB?= =?iso-8859-1?Q?M=FCller=2C_X?= <z@x.example>", "ZoëMüller, X", "z@x.example"),
        ("日本 太郎 <t@x.example>", "日本 太郎", "t@x.example"),
        ("a@x.example <A@x.example>", "", "A@x.example"),
        ("'a@x.example' <a@x.example>", "", "a@x.example"),
        ('"a@x.example" <a@x.example>', "", "a@x.example"),
        ("\ufeffAlice <a@x.example>", "Alice", "a@x.example"),
    ],
)
def test_one_person_is_understood_whole(line, name, address):
    assert roster(line) == [{"address": address, "display_name": name} if name else {"address": address}]


@pytest.mark.parametrize("mail", ["a@x.example, b@x.example", "a@x.example;b@x.example", "a@x.example/b@x.example"])
def test_two_addresses_in_one_value_are_an_error(mail):
    with pytest.raises(AnsibleFilterError, match="mail of entry 1 in the roster is .*: give an e-mail address"):
        roster([{"mail": mail}])


@pytest.mark.parametrize("value", [None, 3, {"mail": "alice@example.net"}])
def test_only_text_and_entries(value):
    with pytest.raises(AnsibleFilterError, match="give text with an address on each line, or a list of entries"):
        roster(value)


def test_an_empty_source_is_an_empty_roster_which_the_guard_refuses_later():
    assert roster("") == roster([]) == []


ENTRIES = [
    {"dn": "ou=staff,dc=example,dc=org"},
    {"dn": "uid=zoe,ou=staff", "cn": ["Zoë Müller", "Zoe"], "mail": "zoe@example.org"},
    {"dn": "uid=bob,ou=staff", "cn": "Bob", "mail": ["bob@example.org", "BOB@example.com", "Zoe@Example.org"]},
    {"dn": "uid=none,ou=staff", "cn": "No Mail", "mail": []},
    {"dn": "uid=robot,ou=staff", "MAIL": " robot@example.org ", "CN": None},
]


def test_entries_of_a_directory():
    found = roster(ENTRIES)
    assert [(person["address"], person.get("display_name")) for person in found] == [
        ("zoe@example.org", "Zoë Müller"),
        ("bob@example.org", "Bob"),
        ("BOB@example.com", "Bob"),
        ("robot@example.org", None),
    ]
    assert len(model.parse_roster("members", {"state": "exact", "addresses": found}).people) == 4
    other = [{"proxyAddress": "a@example.org", "displayName": "A"}]
    assert roster(other, "proxyaddress", "displayname") == [{"address": "a@example.org", "display_name": "A"}]


@pytest.mark.parametrize(
    ("found", "sentence"),
    [
        (
            [*ENTRIES, {"dn": "uid=x,ou=staff", "mail": "x"}],
            "mail of uid=x,ou=staff in the roster is 'x': give an e-mail address",
        ),
        ([{"mail": ["a@example.org", 7]}], "mail of entry 1 in the roster is '7': give an e-mail address"),
        ([{"cn": "A"}, {"cn": "B"}], "none of the 2 entries of the roster has 'mail': give the attribute"),
        (
            [{"mail": "a@example.org"}, "b@example.org"],
            "entry 2 of the roster is 'b@example.org': give a dictionary",
        ),
    ],
)
def test_entries_that_make_no_sense_stop_everything(found, sentence):
    with pytest.raises(AnsibleFilterError, match=re.escape(sentence)):
        roster(found)
