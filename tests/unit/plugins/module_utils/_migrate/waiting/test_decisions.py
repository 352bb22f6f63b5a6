# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What becomes of what waits in a list of Mailman 2.1."""

from __future__ import annotations

import base64
import email
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.listops.mailman.plugins.module_utils._migrate.waiting import decisions, items, report

NOW = 1_800_000_000.0
TOKEN = "0123456789" * 4
MESSAGE = b"From: a@example.net\nMessage-ID: <1@example.net>\nSubject: x\n\nHello.\n"
EMPTY: dict[str, Any] = {
    "host": "lists.example.org",
    **{
        key: []
        for key in ("requests", "unnamed", "confirmations", "digest", "last_digests", "bounces", "damaged", "members")
    },
    "language": "en",
    "issue": [1, 1, 0],
    "mime_digests": False,
    "confirms": True,
    "passwords": 0,
    "topics": 0,
}
RECORD = {"time": 1_700_000_000.5, "sender": "a@example.net", "subject": "=?utf-8?q?Caf=C3=A9?=", "reason": "moderated"}


def encoded(data: bytes) -> str:
    return base64.b64encode(data).decode()


def held(number: int = 1, message: bytes = MESSAGE, **more: Any) -> dict[str, Any]:
    record = {**RECORD, "file": f"heldmsg-foo-{number}.pck", "time": RECORD["time"] + number, "received": None}
    return {"id": number, "kind": "held", "record": record, "line": "From b@x now", "message": encoded(message), **more}


def confirmation(kind: str, token: str = TOKEN, expires: Any = NOW + 60, **record: Any) -> dict[str, Any]:
    return {"token": token, "kind": kind, "expires": expires, "record": record}


def person(address: str = "new@example.net", **more: Any) -> dict[str, Any]:
    return {"address": address, "fullname": "N", "digest": 0, "language": "en", "invitation": None, **more}


def facts(**more: Any) -> dict[str, Any]:
    return {**decisions.NOTHING, **more}


def decided(target: str | None = None, there: dict[str, Any] | None = None, **found: Any) -> list[decisions.Decision]:
    waits = items.waiting("foo", {**EMPTY, **found}, NOW, target).items
    return decisions.decide(waits, facts(**(there or {})))


def outcomes(**more: Any) -> list[str]:
    return [decision.outcome for decision in decided(**more)]


def one(**more: Any) -> decisions.Decision:
    (decision,) = decided(**more)
    return decision


# ---- messages


def test_a_message_that_is_as_mailman_3_needs_it_stays() -> None:
    assert items.with_one_message_id(MESSAGE, "x") == (MESSAGE, "<1@example.net>")


@pytest.mark.parametrize(
    ("headers", "ident"),
    [
        (b"Message-id:  <2@x> \nSubject: x", "<2@x>"),
        (b"Message-ID:\n <2@x>\nSubject: x", "<2@x>"),
        (b"Message-ID:\nMessage-ID: <2@x>", "<2@x>"),
        (b"Message-ID: <2@x>\nMessage-ID: <3@x>", "<2@x>"),
        (b"Message-ID: <2@x>\nMessage-ID: <2@x>", "<2@x>"),
        (b"Message-ID: <\xe9@x>\nMessage-ID: <2@x>", "<2@x>"),
        (b"Message-ID: <\xe9@x>", None),
        (b"Message-ID:", None),
        (b"Subject: x", None),
        (b"Subject: x\n  Message-ID: <2@x>", None),
    ],
)
def test_a_message_gets_one_message_id(headers: bytes, ident: str | None) -> None:
    raw, chosen = items.with_one_message_id(headers + b"\n\nMessage-ID: <not@it>\n", "lists.example.org")
    parsed = email.message_from_bytes(raw)
    assert parsed.get_all("Message-ID") == [chosen]
    assert ident is None or chosen == ident
    assert ident is not None or chosen.endswith("@lists.example.org>")
    assert raw.endswith(b"\n\nMessage-ID: <not@it>\n")
    # stable
    assert items.with_one_message_id(raw, "lists.example.org") == (raw, chosen)
    again = items.with_one_message_id(headers + b"\n\nMessage-ID: <not@it>\n", "lists.example.org")
    assert again == (raw, chosen)


@given(st.binary(max_size=200))
def test_any_bytes_get_one_message_id(raw: bytes) -> None:
    new, chosen = items.with_one_message_id(raw, "x")
    assert b"Message-ID: " + chosen.encode("ascii") in new
    assert items.with_one_message_id(new, "x")[1] == chosen


@pytest.mark.parametrize(
    ("subject", "text"),
    [
        ("=?utf-8?q?Caf=C3=A9?=", "Café"),
        ("=?x-none?q?a?=", "=?x-none?q?a?="),
        ("=?utf-8?b?YQAbYg==?=", "a b"),
        ("=?utf-8?b?A?=", "=?utf-8?b?A?="),
        ("a\n\tb", "a b"),
        ("\udce9", "?"),
    ],
)
def test_a_subject_can_be_shown_and_stored(subject: str, text: str) -> None:
    assert items.decoded(subject) == text


# ---- held messages


def test_a_held_message_waits_with_what_mailman_21_knew_of_it() -> None:
    wish = one(requests=[held()]).item.put()
    assert base64.b64decode(wish.pop("message")) == MESSAGE
    assert len(wish.pop("key")) == 32
    assert wish == {
        "as": "held",
        "message_id": "<1@example.net>",
        "envelope": "b@x",
        "sender": "a@example.net",
        "subject": "Café",
        "reason": "moderated",
        "when": "2023-11-14T22:13:21",
        "received": 1_700_000_001.5,
    }


def test_one_message_that_is_held_twice_waits_once_and_another_is_kept() -> None:
    other = MESSAGE.replace(b"Hello", b"Bye")
    first, second, third = decided(requests=[held(1), held(2, b"Received: x\n" + MESSAGE), held(3, other)])
    assert (first.outcome, second.outcome, third.outcome) == ("put", "merged", "quarantined")
    assert third.item.kept == other and str(report.file_name(third)).endswith(".eml")


def test_a_message_that_waits_on_the_target_is_not_put_beside_it() -> None:
    assert outcomes(requests=[held()], there={"held": ["<1@example.net>"]}) == ["merged"]


def test_a_held_message_that_cannot_be_read_is_kept() -> None:
    fault = {"fault": "data/x cannot be read", "bytes": encoded(b"junk")}
    record = held()["record"]
    broken, lost = decided(
        requests=[
            {"id": 1, "kind": "held", "record": record, **fault},
            {"id": 2, "kind": "held", "record": {**record, "time": 2}, "fault": "gone", "bytes": None},
        ]
    )
    assert (broken.outcome, broken.reason, broken.item.kept) == ("quarantined", "data/x cannot be read", b"junk")
    assert lost.item.kept is not None and json.loads(lost.item.kept)["sender"] == "a@example.net"
    assert str(report.file_name(broken)).endswith(".pck") and str(report.file_name(lost)).endswith(".json")


def test_a_file_that_no_request_names_waits_only_where_the_requests_are_lost() -> None:
    unnamed = [{"file": "heldmsg-foo-7.pck", "line": "", "message": encoded(MESSAGE)}]
    assert outcomes(unnamed=unnamed) == ["quarantined"]
    damaged = [{"file": "lists/foo/request.pck", "reason": "junk", "bytes": encoded(b"x")}]
    assert outcomes(unnamed=unnamed, damaged=damaged) == ["put", "quarantined"]


# ---- people


SUBSCRIPTION = {
    "time": 1.0,
    "address": "New@example.net",
    "name": None,
    "password": None,
    "digest": 1,
    "language": "fr",
}


@pytest.mark.parametrize(
    ("there", "outcome", "reason"),
    [
        ({}, "put", None),
        ({"members": {"new@example.net": "enabled"}}, "merged", "New@example.net is a member of the list already"),
        ({"banned": ["new@example.net"]}, "quarantined", "New@example.net is banned from the list"),
        ({"no_addresses": ["new@example.net"]}, "quarantined", "New@example.net is no address to Mailman 3"),
        ({"asking": ["new@example.net"]}, "merged", decisions.WAITS),
    ],
)
def test_a_request_for_a_subscription(there: dict[str, Any], outcome: str, reason: str | None) -> None:
    decision = one(requests=[{"id": 1, "kind": "subscriptions", "record": SUBSCRIPTION}], there=there)
    assert (decision.outcome, decision.reason) == (outcome, reason)
    wish = decision.item.put()
    assert (wish["delivery_mode"], wish["language"], wish["name"], wish["verified"]) == (
        "plaintext_digests",
        "fr",
        "",
        True,
    )


def test_a_request_that_is_there_twice_waits_once() -> None:
    record = {"id": 1, "kind": "subscriptions", "record": SUBSCRIPTION}
    assert outcomes(requests=[record, {**record, "id": 2}]) == ["put", "merged"]


def test_a_request_to_leave() -> None:
    record = {"id": 1, "kind": "unsubscriptions", "record": {"address": "old@example.net"}}
    assert outcomes(requests=[record]) == ["merged"]
    assert outcomes(requests=[record], there={"members": {"old@example.net": "enabled"}}) == ["put"]


def test_an_unknown_request_is_kept() -> None:
    assert outcomes(requests=[{"id": 1, "kind": "unknown", "record": {"said": "(9, ())"}}]) == ["quarantined"]


# ---- confirmations


def test_the_token_of_a_held_message_follows_it() -> None:
    found = {"requests": [held(7)], "confirmations": [confirmation("held_message", request=7)]}
    message, token = decided(**found)
    assert (message.outcome, token.outcome) == ("put", "put")
    assert token.item.put()["held"] == message.item.key and token.item.put()["token"] == TOKEN
    # once it was handled on the target
    assert [each.outcome for each in decided(**found, there={"moved": [message.item.key]})] == ["moved", "merged"]
    both = {"moved": [message.item.key], "waiting": [message.item.key]}
    assert [each.outcome for each in decided(**found, there=both)] == ["moved", "put"]
    assert outcomes(confirmations=[confirmation("held_message", request=8)]) == ["merged"]


@pytest.mark.parametrize("expires", [NOW - 1, None])
def test_a_confirmation_that_is_no_longer_valid(expires: Any) -> None:
    decision = one(confirmations=[confirmation("subscription", expires=expires, person=person())])
    assert decision.outcome == "merged" and "not been valid since" in str(decision.reason)
    # It stays moved if it was.
    moved = {"moved": [decision.item.key]}
    assert outcomes(confirmations=[confirmation("subscription", expires=expires, person=person())], there=moved) == [
        "moved"
    ]


def test_people_who_are_asked_to_confirm() -> None:
    joins = confirmation("subscription", person=person(invitation="foo", digest=1))
    leaves = confirmation("unsubscription", token="f" * 40, address="old@example.net")
    first, second = decided(confirmations=[joins, leaves], there={"members": {"old@example.net": "enabled"}})
    wish = first.item.put()
    assert wish["as"] == "confirm_subscription" and wish["invitation"] is True and wish["expires"] == NOW + 60
    assert second.outcome == "put" and second.item.put()["as"] == "confirm_unsubscription"
    assert outcomes(confirmations=[leaves]) == ["merged"]


def test_who_changes_the_address_is_asked_again_or_kept() -> None:
    change = confirmation("change_of_address", address="old@example.net", new_address="new@example.net", everywhere=0)
    assert outcomes(confirmations=[change]) == ["quarantined"]
    decision = one(confirmations=[change], target="foo@lists.example.org")
    wish = decision.item.put()
    assert (
        decision.outcome == "put" and wish["address"] == "new@example.net" and "foo@lists.example.org" in wish["text"]
    )
    decisions.settle([decision], facts(moved=[decision.item.key]), {}, check_mode=False)
    assert (decision.outcome, decision.reason) == ("merged", decisions.ASKED)
    again = one(confirmations=[change], target="foo@lists.example.org", there={"moved": [decision.item.key]})
    assert (again.outcome, again.reason) == ("merged", decisions.ASKED)


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        (None, "no member"),
        ("enabled", "delivery is on"),
        ("by_bounces", "Mailman 3 itself reminds"),
        ("by_user", "in the web interface"),
    ],
)
def test_who_is_asked_to_turn_delivery_on(status: str | None, reason: str) -> None:
    members = {"off@example.net": status} if status else {}
    asked = confirmation("re_enable", listname="foo", address="off@example.net")
    decision = one(confirmations=[asked], there={"members": members})
    assert decision.outcome == "merged" and reason in str(decision.reason)


def test_other_confirmations() -> None:
    assert outcomes(confirmations=[confirmation("probe_bounce", address="a@x.org")]) == ["merged"]
    assert outcomes(confirmations=[confirmation("unknown", said="tuple")]) == ["quarantined"]


def test_no_token_is_in_the_account() -> None:
    found = {
        "requests": [held()],
        "confirmations": [
            confirmation("held_message", request=1),
            confirmation("subscription", token="f" * 40, person=person(), expires=1),
        ],
    }
    made = decided(**found)
    text = report.written(report.lines(made, [], facts()))
    assert TOKEN not in text and "f" * 40 not in text
    assert all(TOKEN.encode() not in (decision.item.kept or b"") for decision in made)


# ---- digests and bounces


def test_a_digest_in_progress() -> None:
    raw = b"From a now\nSubject: 1\n\nx\n\n"
    found = {"digest": [encoded(raw), encoded(raw), encoded(raw + b"\x01\x01\x01\x01\n")]}
    made = decided(**found)
    assert [each.outcome for each in made] == ["put", "put", "quarantined"]
    assert len({each.item.key for each in made}) == 3
    off = decided(**found, there={"digests_enabled": False})
    assert {each.outcome for each in off} == {"quarantined"} and off[0].item.kept == raw


@pytest.mark.parametrize(
    ("wanted", "there", "change"),
    [
        ((1, 1, 0), [1, 1, None], None),
        ((3, 14, 0), [1, 1, None], {"volume": 3, "number": 14, "last": None}),
        ((3, 14, 1_700_000_000.0), [1, 1, None], {"volume": 3, "number": 14, "last": "2023-11-14T22:13:20"}),
        ((3, 14, 1_700_000_000.0), [3, 13, "2024-01-01"], {"volume": 3, "number": 14, "last": None}),
        ((3, 14, 0), [3, 14, None], None),
        ((3, 14, 0), [4, 1, None], None),
        ((3, 14, 0), [None, None, None], {"volume": 3, "number": 14, "last": None}),
    ],
)
def test_volume_and_number_go_on_and_never_back(wanted: Any, there: Any, change: Any) -> None:
    assert decisions.issue(wanted, facts(issue=there)) == change


def test_last_digests_and_bounces() -> None:
    found = {"last_digests": [["a@x.org", True]], "bounces": [{"address": "b@x.org", "score": 2.0, "date": None}]}
    assert outcomes(**found) == ["merged", "merged"]
    assert outcomes(**found, there={"members": {"a@x.org": "enabled"}}) == ["put", "merged"]


def test_options_of_members() -> None:
    members = [
        ["a@x.org", 0, False, "en"],
        ["b@x.org", 2 | 4 | 16 | 256, True, "en"],
        ["c@x.org", 8, False, "fr"],
    ]
    options = [
        ["b@x.org", {"receive_own_postings": False, "acknowledge_posts": True, "receive_list_copy": False}],
        ["c@x.org", {"preferred_language": "fr"}],
    ]
    assert items.options({**EMPTY, "members": members}) == options
    decision = one(members=members)
    assert decision.outcome == "put" and decision.item.put()["people"] == options
    done = one(members=members, there={"unset": 0, "languages": ["en", "fr"]})
    assert (done.outcome, done.reason) == ("moved", None)
    lacking = one(members=members, there={"unset": 0, "languages": ["en"]})
    assert lacking.outcome == "moved" and "1 members read fr, which Mailman 3 does not have" in str(lacking.reason)
    assert len(report.attention(report.lines([lacking], [], facts()), facts(), "foo@x")) == 1
    decisions.settle([decision], facts(unset=1), {}, check_mode=False)
    assert decision.outcome == "lost"
    assert decided(members=members[:1]) == []
    assert items.waiting("foo", {**EMPTY, "members": members}, NOW).named == [
        "Since when delivery is off for 1 members has no place in Mailman 3"
    ]


# ---- the account


def test_what_is_put_is_moved_only_if_the_target_says_so() -> None:
    made = decided(
        requests=[held(1), held(2, MESSAGE.replace(b"<1@", b"<2@")), held(3, MESSAGE.replace(b"<1@", b"<3@"))]
    )
    keys = [each.item.key for each in made]
    decisions.settle(made, facts(moved=[keys[0]]), {keys[1]: "Mailman said no"}, check_mode=False)
    assert [each.outcome for each in made] == ["moved", "quarantined", "lost"]
    assert made[1].reason == "Mailman said no"
    sums = report.sums(report.lines(made, [], facts()))
    assert sums["found"] == 3 != sum(sums[name] for name in report.OUTCOMES)


def test_the_account_says_what_still_waits_and_what_the_copy_has_no_more() -> None:
    made = decided(requests=[held(1), held(2, MESSAGE.replace(b"<1@", b"<2@"))])
    first, second = (each.item.key for each in made)
    there = facts(moved=[first, second], waiting=[second])
    decisions.settle(made, there, {}, check_mode=False)
    lines = report.lines(made, [], there)
    assert [line["waits"] for line in lines] == [False, True]
    # The source's moderators handled both since.
    later = report.lines([], report.read_lines(report.written(lines)), there)
    assert [(line["gone"], line["waits"]) for line in later] == [(True, False), (True, True)]
    assert report.sums(later) == {"found": 2, "moved": 2, "merged": 0, "quarantined": 0}
    (sentence,) = report.attention(later, facts(), "foo@x")
    assert "handled on the source" in sentence


def test_a_list_that_discards_confirmations_is_named() -> None:
    made = decided(confirmations=[confirmation("subscription", person=person())])
    decisions.settle(made, facts(moved=[made[0].item.key]), {}, check_mode=False)
    lines = report.lines(made, [], facts())
    assert report.attention(lines, facts(), "foo@x") == []
    (sentence,) = report.attention(lines, facts(discards_confirmations=True), "foo@x")
    assert "its confirmations (1) wait in vain; set respond_and_continue" in sentence


def test_an_account_that_a_crash_cut_off_is_read() -> None:
    assert report.read_lines('{"key": "a"}\n{"key": "b", "ou') == [{"key": "a"}]


def test_names_of_kept_files_lead_nowhere() -> None:
    item = items.Item("k" * 32, "file", "../../etc/passwd", "x", kept=b"", suffix="../x")
    name = report.file_name(decisions.Decision(item, "quarantined", "x"))
    assert name is not None and "/" not in name and not name.startswith(".")
    assert report.file_name(decisions.Decision(item, "moved")) is None


def test_what_has_no_place_is_named() -> None:
    assert items.waiting("foo", {**EMPTY, "passwords": 3, "topics": 2}, NOW).named == [
        "3 members have a password for this list. Mailman 3 has none: they log in to the web interface with an account",
        "2 members chose topics, which Mailman 3 does not have: they get all posts",
    ]


def test_what_is_asked_of_the_target() -> None:
    waits = items.waiting("foo", {**EMPTY, "requests": [held()], "last_digests": [["a@x.org", True]]}, NOW).items
    asked = decisions.asked(waits, ["former"])
    assert set(asked["keys"]) == {"former", *(item.key for item in waits)}
    assert asked["addresses"] == ["a@x.org"] and asked["message_ids"] == ["<1@example.net>"]
