# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What goes back to the old server, and what its account says."""

from __future__ import annotations

import base64
import copy
from collections.abc import Mapping
from typing import Any

import pytest

from ansible_collections.listops.mailman.plugins.module_utils._mailman21 import options, stock
from ansible_collections.listops.mailman.plugins.module_utils._migrate.rollback import plan
from ansible_collections.listops.mailman.plugins.module_utils._migrate.waiting import items

NAME, OLD = "talk@lists.example.org", "talk@lists.example.org"
SCHEMA = options.schema(stock.OPTIONS, sorted(stock.CHARSETS))


def person(address: str, **more: Any) -> dict[str, Any]:
    ordinary = {"display_name": "", "delivery_mode": "regular", "delivery_status": "enabled"}
    return {"address": address, **ordinary, "moderation_action": "default", **more}


def listed(*members: dict[str, Any], **settings: Any) -> dict[str, Any]:
    """A list as mailman_list_info returns it."""
    return {
        "state": "present",
        "before": None,
        "settings": {"description": "Talk", "archive_policy": "public", **settings},
        "bans": [],
        "header_matches": [],
        "archivers": {},
        "templates": {},
        "rosters": {
            "owner": [person("boss@example.org", moderation_action="accept")],
            "moderator": [],
            "member": list(members),
            "nonmember": [],
        },
    }


NOTHING = ({}, {}, [], [])
ALICE, BOB, ERIN = (person(f"{name}@example.net") for name in ("alice", "bob", "erin"))


def changes(before: dict[str, Any], now: dict[str, Any], old: dict[str, Any] | None = None) -> plan.Changed:
    return plan.changes(OLD, before, now, before if old is None else old, SCHEMA, lambda _entry: None)


def test_what_did_not_change_does_not_go_back() -> None:
    assert changes(listed(ALICE), listed(ALICE)) == NOTHING


def test_who_came_left_or_changed_goes_back_and_nobody_else() -> None:
    odd = person("only@there")
    now = listed(dict(ALICE, delivery_mode="mime_digests"), dict(ERIN, display_name="Erin"))
    found = changes(listed(ALICE, BOB), now, listed(dict(ALICE, display_name="Al"), BOB, odd))
    digests = {"address": "alice@example.net", "delivery_mode": "mime_digests"}
    erin = {"address": "erin@example.net", "display_name": "Erin"}
    assert found.entry == {"name": OLD, "members": {"state": "present", "addresses": [digests, erin]}}
    assert found.absent == {"name": OLD, "members": {"state": "absent", "addresses": ["bob@example.net"]}}
    assert len(found.about) == 3 and not found.named


def test_an_option_that_the_old_server_does_not_have_is_named() -> None:
    found = changes(listed(ALICE), listed(dict(ALICE, delivery_mode="summary_digests", delivery_status="by_user")))
    assert found.entry["members"]["addresses"] == [{"address": "alice@example.net", "delivery_status": "by_user"}]
    assert "summary_digests" in found.named[0]


def test_a_nonmember_about_whom_somebody_decided_goes_back() -> None:
    now = listed(ALICE)
    now["rosters"]["nonmember"] = [person("bad@example.net", moderation_action="discard")]
    found = changes(listed(ALICE), now)
    assert found.entry["nonmembers"]["addresses"] == [{"address": "bad@example.net", "moderation_action": "discard"}]


def test_owners_are_carried_one_by_one() -> None:
    now, old = listed(ALICE), listed(ALICE)
    now["rosters"]["owner"] = [person("new@example.org")]
    old["rosters"]["owner"] = [person("boss@example.org"), person("only@there")]
    assert changes(listed(ALICE), now, old).entry["owners"] == ["only@there", "new@example.org"]


def test_what_the_old_server_refuses_is_named_and_the_rest_goes_back() -> None:
    def refused(entry: Mapping[str, Any]) -> str | None:
        return "no" if "description" in entry else None

    now = listed(ALICE, archive_policy="private", description="More talk")
    found = plan.changes(OLD, listed(ALICE), now, listed(ALICE), SCHEMA, refused)
    assert found.entry == {"name": OLD, "archive_policy": "private"}
    assert found.named == ["description is 'More talk' does not go back: no."]


def test_a_disabled_list_stays_so() -> None:
    now = dict(listed(ALICE, description="More talk"), state="disabled")
    closed = dict(listed(ALICE), state="disabled")
    assert changes(closed, now).entry == {"name": OLD, "state": "disabled", "description": "More talk"}


def test_a_person_who_is_there_already_is_no_change() -> None:
    assert changes(listed(ALICE), listed(ALICE, BOB), listed(ALICE, BOB)) == NOTHING


def test_strangers_whom_mailman_3_notes_are_nobody_there() -> None:
    now = listed(ALICE)
    now["rosters"]["nonmember"] = [person("stranger@example.net")]
    assert changes(listed(ALICE), now) == NOTHING


def test_settings_go_back_and_what_the_old_server_has_not_is_named() -> None:
    now = listed(ALICE, archive_policy="private", description="More talk", archive_rendering_mode="markdown")
    found = changes(listed(ALICE), now)
    assert found.entry == {"name": OLD, "archive_policy": "private", "description": "More talk"}
    assert found.named == ["archive_rendering_mode was set to 'markdown' here, which the old server does not have."]


def test_bans_are_carried_one_by_one() -> None:
    before, now, old = (copy.deepcopy(listed(ALICE)) for _each in range(3))
    before["bans"], now["bans"], old["bans"] = ["a@x.org", "b@x.org"], ["b@x.org", "c@x.org"], ["a@x.org", "d@x.org"]
    assert changes(before, now, old).entry["bans"] == ["d@x.org", "c@x.org"]


@pytest.mark.parametrize("key", ["templates", "archivers"])
def test_texts_are_named(key: str) -> None:
    now = listed(ALICE)
    now[key] = {"x": "y"}
    assert changes(listed(ALICE), now).named == [f"{key} was changed here: change it on the old server."]


def test_a_list_that_was_closed_is_named() -> None:
    assert changes(listed(ALICE), dict(listed(ALICE), state="disabled")).named


WAITS: dict[str, Any] = {
    "held": [{"message_id": "<h@x>", "message": "eA==", "sender": "s@x.org", "subject": "Hi", "reason": "why"}],
    "subscription": [{"kind": "subscription", "address": "a@x.org", "name": "A", "digest": True}],
    "unsubscription": [{"kind": "unsubscription", "address": "b@x.org", "name": "", "digest": False}],
    "asked": [{"kind": "subscription", "address": "c@x.org", "name": "", "digest": False}],
    "digest": [],
    "issue": [2, 5],
}


def test_what_waits_becomes_items_with_stable_keys() -> None:
    items = list(plan.of_waiting(NAME, "talk", WAITS))
    assert [each["kind"] for each in items] == ["held", "subscription", "unsubscription"]
    assert items == list(plan.of_waiting(NAME, "talk", WAITS))
    assert len({each["key"] for each in items}) == 3
    assert items[0]["message"] == "eA==" and "fault" not in items[0]
    assert items[1]["name"] == NAME and items[1]["name_of_person"] == "A" and items[1]["digest"] is True


def test_a_lost_message_is_a_fault() -> None:
    lost = dict(WAITS, held=[dict(WAITS["held"][0], message=None)])
    assert next(plan.of_waiting(NAME, "talk", lost))["fault"] == "Mailman lost the message"


def test_whom_this_server_asked_is_named() -> None:
    (said,) = plan.asked(NAME, WAITS)
    assert "c@x.org was asked by mail to confirm a subscription" in said


def test_what_was_handled_here_is_discarded_there_by_its_number() -> None:
    there = [
        {"id": 7, "kind": "held", "record": {"sender": "s@x.org", "file": "heldmsg-talk-7.pck"}},
        {"id": 8, "kind": "subscriptions", "record": {"address": "a@x.org"}},
    ]
    waiting = [
        items.Item("k7", "held", "request 7", "a message"),
        items.Item("k8", "subscription", "request 8", "a wish"),
        items.Item("k9", "digest", "message 1", "a message of a digest"),
    ]
    (found,) = plan.of_handled(NAME, "talk", there, waiting, ["k7", "k9"])
    assert (found["number"], found["what"], found["address"]) == (7, "held", "s@x.org")
    assert len(list(plan.of_handled(NAME, "talk", there, waiting, ["k7", "k8"]))) == 2


def in_digest(*idents: str) -> list[bytes]:
    return [f"From x Mon\nMessage-ID: <{ident}>\n\nFrom here\n".encode() for ident in idents]


def digest(mails: list[bytes] | None, there: list[bytes], issue: list[int]) -> list[dict[str, Any]]:
    held = None if mails is None else [base64.b64encode(each).decode() for each in mails]
    return list(plan.of_digest(NAME, "talk", dict(WAITS, digest=held), there, issue))


def test_a_digest_that_is_the_same_there_stays() -> None:
    assert digest(in_digest("a"), in_digest("a"), [2, 5, 0]) == []
    assert digest(None, in_digest("a"), [2, 5, 0]) == []


def test_a_digest_goes_on_where_it_is_here() -> None:
    (more,) = digest(in_digest("a", "b"), in_digest("a"), [2, 5, 0])
    parts = [base64.b64decode(each) for each in more["messages"]]
    assert parts[1] == b"From x Mon\nMessage-ID: <b>\n\n>From here\n\n" and (more["volume"], more["number"]) == (2, 5)
    # it was sent here
    (sent,) = digest([], in_digest("a"), [2, 4, 0])
    assert sent["messages"] == [] and sent["number"] == 5


def test_an_account_adds_up() -> None:
    items = list(plan.of_waiting(NAME, "talk", WAITS))
    outcomes = {each["key"]: ("returned", None) for each in items}
    outcomes[items[1]["key"]] = ("merged", "it waits already")
    said = plan.lines(items, outcomes)
    assert plan.sums(said) == {"found": 3, "returned": 2, "merged": 1, "quarantined": 0}
    assert plan.agree(NAME, said) is None
    assert plan.sentence(NAME, said).startswith(f"{NAME}: 3 found (1 held messages, 1 requests for a subscription")


def test_what_nobody_speaks_of_is_lost() -> None:
    items = list(plan.of_waiting(NAME, "talk", WAITS))
    said = plan.lines(items, {})
    assert "of 3 the old server does not say" in str(plan.agree(NAME, said))


def test_a_cut_over_of_some_lists_keeps_what_is_noted_of_others() -> None:
    first = plan.note({}, "begin", {"a": 1, "b": 2}, some=False)
    assert first == {"marks": {"a": 1, "b": 2}, "lists": None}
    ended = plan.note(first, "end", {"a": "as it is", "b": "as it is"}, some=False)
    # another cut-over of all is noted anew
    assert plan.note(ended, "begin", {"a": 5}, some=False) == {"marks": {"a": 5}, "lists": None}
    batch = plan.note(plan.note({}, "begin", {"a": 1}, some=True), "end", {"a": "moved"}, some=True)
    batch = plan.note(batch, "begin", {"b": 7}, some=True)
    assert batch == {"marks": {"a": 1, "b": 7}, "lists": {"a": "moved"}}
    assert plan.note(batch, "end", {"b": "moved"}, some=True)["lists"] == {"a": "moved", "b": "moved"}
