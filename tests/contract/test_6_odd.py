# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What lists really have: addresses that are none, bytes of any charset, values of the wrong kind."""

from __future__ import annotations

import ast

import pytest

from mailman21 import STATE, Mailman21

LIST, MEMBER, PERSON, INFO = "mailman_list", "mailman_member", "mailman_person", "mailman_list_info"
ODD = [
    "noat",
    "u@localhost",
    "x@[192.0.2.1]",
    'quoted."x y"@example.net',
    "umlaut\xfc@example.net",
    "\xdcmlaut@example.net",
]
ROLES = ["member", "owner", "moderator"]


def put(host: Mailman21, name: str, attribute: str, value: object) -> None:
    host.withlist("odd.attribute", name, attribute, value if isinstance(value, str) else repr(value))


def messy(host: Mailman21, name: str) -> None:
    """A list with members, owners and moderators whose addresses are in Latin-1, as Mailman keeps what it is given."""
    members = {address.lower(): address for address in [*ODD, "alice@example.net"]}
    for attribute, value in (
        ("members", members),
        ("owner", [*ODD, "", "broken address", "owner@example.org"]),
        ("moderator", [*ODD, "mod@example.org"]),
    ):
        # a repr of bytes, which Latin-1 is here
        put(host, name, attribute, repr(value).encode("unicode_escape").decode().replace("\\\\", "\\"))
    for attribute in ("language", "user_options", "usernames", "passwords"):
        value: object = {"language": "en", "user_options": 0, "usernames": "", "passwords": "pw"}[attribute]
        text = repr(dict.fromkeys(members, value)).encode("unicode_escape").decode().replace("\\\\", "\\")
        put(host, name, attribute, text)


def addresses(host: Mailman21, name: str, role: str) -> list[str]:
    rosters = host.apply(INFO, lists=[name], roles=[role])["lists"][f"{name}@{host.domain}"]["rosters"]
    return [person["address"] for person in rosters[role]]


@pytest.mark.parametrize("role", ROLES)
def test_each_can_be_removed_by_name(host: Mailman21, made: str, role: str) -> None:
    messy(host, made)
    odd = [*ODD, "", "broken address"] if role == "owner" else ODD
    before = addresses(host, made, role)
    assert set(odd) <= set(before), before
    for address in odd:
        host.assert_idempotent(MEMBER, list=made, address=address, role=role, state="absent")
    assert set(addresses(host, made, role)) == set(before) - set(odd)


@pytest.mark.parametrize("role", ROLES)
def test_an_exact_roster_removes_them_once(host: Mailman21, made: str, role: str) -> None:
    messy(host, made)
    host.assert_idempotent(
        MEMBER, list=made, members=["alice@example.net"], role=role, state="exact", allow_shrink=True
    )
    assert addresses(host, made, role) == ["alice@example.net"]
    if role == "member":
        assert host.members(made) == ["alice@example.net"]


def test_they_can_leave(host: Mailman21, made: str) -> None:
    messy(host, made)
    for address in [*ODD, ""]:
        host.assert_idempotent(PERSON, addresses=[address], allow_ownerless=True)
    assert addresses(host, made, "member") == ["alice@example.net"]
    assert addresses(host, made, "owner") == ["broken address", "owner@example.org"]
    assert addresses(host, made, "moderator") == ["mod@example.org"]


def test_what_is_exported_can_be_given_back(host: Mailman21, made: str) -> None:
    """As the export playbook writes it: people with all that is said of them, owners and moderators as they are."""
    messy(host, made)
    found = host.apply(INFO, lists=[made])["lists"][f"{made}@{host.domain}"]["rosters"]
    rosters = {
        "owners": found["owner"],
        "moderators": found["moderator"],
        "members": {"state": "exact", "addresses": found["member"]},
    }
    before = host.fingerprint()
    said = host.apply(LIST, name=made, **rosters)
    assert said["changed"] is False, said
    assert host.fingerprint() == before


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("address", ODD[:2] + ODD[4:])
def test_none_can_come(host: Mailman21, made: str, role: str, address: str) -> None:
    before = host.fingerprint()
    assert address in host.refusal(MEMBER, list=made, address=address, role=role)
    assert host.fingerprint() == before


def test_a_name_of_such_a_member_changes_once(host: Mailman21, made: str) -> None:
    messy(host, made)
    host.assert_idempotent(MEMBER, list=made, address=ODD[4], display_name="U", delivery_status="by_user")
    assert host.apply(INFO, lists=[made], roles=["member"])


def test_a_language_says_the_same_in_other_bytes(host: Mailman21, made: str) -> None:
    """Topics and rules are strings inside lists; nobody mentioned them."""
    host.apply(LIST, name=made, preferred_language="de")
    put(host, made, "topics", "[('Gr\\xfcn', '.*gr\\xfcn.*', 'Alles Gr\\xfcne', 0), ('plain', 'p', 'q', 0)]")
    put(host, made, "header_filter_rules", "[('^Subject:.*\\xfc', 3, False)]")
    put(host, made, "owner", "['\\xfc@example.org', 'owner@example.org']")
    host.sh(f"echo a@example.net | add_members -r - -w n -a n {made}")
    put(host, made, "topics_userinterest", "{'a@example.net': ['Gr\\xfcn']}")

    def said() -> tuple[object, object, object]:
        found = host.apply(INFO, lists=[made])["lists"][f"{made}@{host.domain}"]
        return found["settings"]["topics"], found["header_matches"], found["rosters"]["owner"]

    before = said()
    assert "Gr\xfcn" in str(before[0])
    for language in ("en", "ja", "de"):
        host.assert_idempotent(LIST, name=made, preferred_language=language)
        assert said() == before, language
        topics = host.attribute(made, "topics")
        interest = host.attribute(made, "topics_userinterest")
        assert interest == {"a@example.net": [topics[0][0]]}


def test_no_value_stops_the_other_lists(host: Mailman21, made: str) -> None:
    """Every attribute with every kind of value, each in a list of its own, all at once."""
    other, prefix = made + "-other", made + "-odd"
    host.check("newlist", "-q", other, "owner@example.org", "pw")
    host.sh(f"echo {made}@example.net | add_members -r - -w n -a n {other}")
    lines = host.withlist("odd.copies", made, prefix, lock=False).splitlines()
    odd = dict(line.split() for line in lines)
    assert len(odd) > 2000
    try:
        said = host.apply(INFO)
        names = {address.partition("@")[0]: address for address in said["lists"]}
        unreadable = {name.partition("@")[0]: why for name, why in said["unreadable"].items()}
        assert other in names and made in names
        for name, attribute in odd.items():
            assert name in names or name in unreadable
            if name in unreadable:
                assert name in unreadable[name] and attribute in unreadable[name], unreadable[name]
                assert "Error" not in unreadable[name], unreadable[name]
        assert {"description", "ban_list", "acceptable_aliases", "host_name", "members"} <= {
            odd[name] for name in unreadable
        }
        host.assert_idempotent(LIST, name=f"{other}@{host.domain}", description="goes on", members=["b@example.net"])
        message = host.refusal(PERSON, addresses=[f"{made}@example.net"])
        assert made in message and host.members(other) == ["b@example.net"]
    finally:
        host.sh(f"cd {STATE}/lists; rm -rf {prefix}*; rm -f {STATE}/archives/public/{prefix}*")


@pytest.mark.parametrize(("attribute", "value"), [("description", "3"), ("ban_list", "[3]")])
def test_one_that_is_declared_is_an_error_and_in_nobody_elses_way(
    host: Mailman21, made: str, attribute: str, value: str
) -> None:
    other = made + "-other"
    host.check("newlist", "-q", other, "owner@example.org", "pw")
    put(host, made, attribute, value)
    message = host.refusal(LIST, lists=[{"name": made, "description": "x"}, {"name": other, "info": "done"}])
    assert made in message and attribute in message and host.attribute(other, "info") == "done"
    host.apply(LIST, name=made, state="absent")
    assert host.shell(f"test -e {STATE}/lists/{made}")["rc"] != 0


@pytest.mark.parametrize("declared", [False, True])
@pytest.mark.parametrize("open_archive", [False, True])
def test_without_a_policy_its_archive_is_shut_and_nobody_else_fails(
    host: Mailman21, made: str, open_archive: bool, declared: bool
) -> None:
    """Whether its archive may be shown nobody can tell: it is not, and only who declares it is told of an error."""
    other = made + "-other"
    host.check("newlist", "-q", other, "owner@example.org", "pw")
    link = f"{STATE}/archives/public/{made}"
    host.sh(f"test -L {link}" if open_archive else f"rm {link}")
    host.withlist("odd.without", made, "archive_private")
    host.sh(f"test -L {link} || ln -s {STATE}/archives/private/{made} {link}" if open_archive else "true")
    lists = [{"name": made, "description": "x"}, {"name": other, "info": "done"}]
    if declared:
        message = host.refusal(LIST, lists=lists)
        assert made in message and "archive_private" in message and "\n" not in message
        assert "the other lists are done" in message
    else:
        changes = {each["name"]: each["changes"] for each in host.apply(LIST, lists=lists[1:])["lists"]}
        drift = {"archive_shown": {"before": "public", "after": "private"}}
        assert changes.get(f"{made}@{host.domain}") == (drift if open_archive else None)
        assert "archive_private" in host.apply(INFO)["unreadable"][f"{made}@{host.domain}"]
    assert host.attribute(other, "info") == "done"
    assert host.shell(f"test -e {link} -o -L {link}")["rc"] == 1
    # nothing is left to do
    if not declared:
        assert host.apply(LIST, lists=lists[1:])["changed"] is False


@pytest.mark.parametrize("last", [False, True])
def test_a_copy_is_named_where_there_is_one(host: Mailman21, made: str, last: bool) -> None:
    folder = f"{STATE}/lists/{made}"
    host.sh(
        f"cp {folder}/config.pck {made}.pck; rm -f {folder}/config.pck.last; head -c 100 {made}.pck > {folder}/config.pck"
    )
    if last:
        host.sh(f"cp {made}.pck {folder}/config.pck.last")
    try:
        assert (".last" in host.refusal(LIST, name=made, description="x")) is last
    finally:
        host.sh(f"cp {made}.pck {folder}/config.pck; rm -f {folder}/config.pck.last")


def test_bytes_are_what_they_were() -> None:
    """The helper above writes Latin-1."""
    text = repr(["\xfc"]).encode("unicode_escape").decode().replace("\\\\", "\\")
    assert text == "['\\xfc']" and ast.literal_eval("b" + text[1:-1]) == b"\xfc"
