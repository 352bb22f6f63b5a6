# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What waits in Exim's queue for lists."""

from __future__ import annotations

from ansible_collections.listops.mailman.plugins.module_utils._migrate.batch import spool

TALK = "talk@lists.example.org"
SAID = """\
25m  2.9K 0t5C6f-0000c8-00 <alice@example.net>
          talk@lists.example.org
        D board@lists.example.org
          someone@example.com

 4d   12M 1rUsXJ-00000000abc-1234 <> *** frozen ***
          talk-bounces+x=y.org@lists.example.org

 2h   800 0t5C6f-0000c8-01 <bob@example.net> (bob)
          alias@lists.example.org

 3h       0t5C6f-0000c8-02
          talk@other.example.org
"""


def test_messages_are_found_with_those_whom_they_have_not_reached() -> None:
    first, frozen, local, *_more = spool.messages(SAID)
    assert first == {
        "id": "0t5C6f-0000c8-00",
        "age": "25m",
        "size": "2.9K",
        "sender": "alice@example.net",
        "frozen": False,
        "recipients": [TALK, "someone@example.com"],
    }
    assert frozen["frozen"] and frozen["sender"] == "" and frozen["id"] == "1rUsXJ-00000000abc-1234"
    assert local["sender"] == "bob@example.net" and not local["frozen"]
    assert spool.messages("") == []


def test_only_what_is_for_these_lists_waits_for_them() -> None:
    found = spool.waiting(spool.messages(SAID), [TALK], [TALK])
    assert [each["recipients"] for each in found] == [[TALK], ["talk-bounces+x=y.org@lists.example.org"]]
    assert spool.waiting(spool.messages(SAID), ["board@lists.example.org"], []) == []


def test_what_may_lead_to_a_list_by_another_name_is_known_by_its_domain() -> None:
    numbers = spool.at(spool.messages(SAID), [TALK])
    assert numbers == ["0t5C6f-0000c8-00", "1rUsXJ-00000000abc-1234", "0t5C6f-0000c8-01"]


def test_a_person_learns_what_it_is_and_what_to_do() -> None:
    found = spool.waiting(spool.messages(SAID), [TALK], [TALK])
    first, frozen = (spool.sentence(each, "sodium") for each in found)
    assert first.startswith(
        "0t5C6f-0000c8-00 in the mail server of sodium, 2.9K, of alice@example.net, waiting since 25m, to talk@lists"
    )
    assert "exim4 -Mrm 0t5C6f-0000c8-00" in first
    assert "of nobody (a bounce), frozen since 4d" in frozen
