# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.listops.mailman.plugins.module_utils._mailman3.remote import (
    transactions,
)
from ansible_collections.listops.mailman.plugins.module_utils._mailman3.remote.transactions import (
    HELD_OF_ONE_LIST,
    LEAST_WORK,
    LISTS,
    PEOPLE_OF_ONE_LIST,
    WORK,
    WORK_OF_A_LIST,
    Busy,
    batches,
    pace,
    weight,
    when_free,
)


def step(name, people=0, **more):
    add = [{"address": f"p{number}@example.com"} for number in range(people)]
    return {"list": name, "rosters": {"member": {"add": add, "change": [], "remove": []}}, **more}


def test_no_more_than_ten_lists_a_transaction():
    assert [len(batch) for batch in batches([step(str(number)) for number in range(2 * LISTS + 3)])] == [
        LISTS,
        LISTS,
        3,
    ]


def test_no_more_people_than_are_written_in_a_moment():
    steps = [step(str(number), WORK // 2 - WORK_OF_A_LIST) for number in range(5)]
    assert [len(batch) for batch in batches(steps)] == [2, 2, 1]
    assert [batch[0]["list"] for batch in batches(steps)] == ["0", "2", "4"]


def test_a_big_roster_is_one_transaction_as_long_as_that_is_short():
    steps = [step("a"), step("b", PEOPLE_OF_ONE_LIST), step("c")]
    assert [[part["list"] for part in batch] for batch in batches(steps)] == [["a"], ["b"], ["c"]]
    assert next(batches([steps[1]])) == [steps[1]]


def test_a_very_big_roster_is_split_after_everything_else_and_nobody_is_lost():
    whole = step("a", 2 * PEOPLE_OF_ONE_LIST + 1, create=True, set={"info": "x"}, forget=True)
    cut = [part for batch in batches([whole]) for part in batch]
    assert cut[0] == {"list": "a", "create": True, "set": {"info": "x"}, "forget": True}
    assert [weight(part) for part in cut[1:]] == [PEOPLE_OF_ONE_LIST, PEOPLE_OF_ONE_LIST, 1]
    added = [person for part in cut[1:] for person in part["rosters"]["member"]["add"]]
    assert added == whole["rosters"]["member"]["add"]
    assert all(len(batch) == 1 for batch in list(batches([whole]))[1:3])


def test_very_many_bans_are_split_as_people_are():
    names = [f"p{number}@example.com" for number in range(2 * PEOPLE_OF_ONE_LIST + 1)]
    whole = {"list": "a", "set": {"info": "x"}, "bans": {"add": names, "remove": names[:5]}}
    cut = [part for batch in batches([whole]) for part in batch]
    assert cut[0] == {"list": "a", "set": {"info": "x"}}
    assert [weight(part) for part in cut[1:]] == [PEOPLE_OF_ONE_LIST, PEOPLE_OF_ONE_LIST, 1, 5]
    assert [name for part in cut[1:] for name in part["bans"]["add"]] == names
    few = dict(whole, bans={"add": names[:1], "remove": []})
    assert list(batches([few])) == [[few]] and weight(few) == 1


def test_very_many_held_messages_are_discarded_before_what_closes_their_list():
    whole = {"list": "a", "disable": {}, "held": 2 * HELD_OF_ONE_LIST + 1}
    some = {"list": "a", "discard": HELD_OF_ONE_LIST, "held": HELD_OF_ONE_LIST}
    assert list(batches([whole])) == [[some], [some], [{"list": "a", "disable": {}, "held": 1}]]
    few = dict(whole, held=HELD_OF_ONE_LIST)
    assert list(batches([few])) == [[few]]
    # they count as work among other lists, too
    assert [len(batch) for batch in batches([step(str(number), held=100) for number in range(6)])] == [3, 3]


def test_a_slow_machine_gets_shorter_transactions_and_a_quick_one_longer_again():
    assert pace(WORK, 1.0) == WORK // 2 and pace(LEAST_WORK, 1.0) == LEAST_WORK
    assert pace(WORK, 0.01) == WORK and pace(WORK // 4, 0.01) == WORK // 2
    assert pace(WORK, 0.2) == WORK
    limits = iter([WORK, WORK_OF_A_LIST, WORK_OF_A_LIST, WORK, WORK, WORK])
    steps = [step(str(number)) for number in range(6)]
    assert [len(batch) for batch in batches(steps, lambda: next(limits))] == [2, 1, 3]


def test_nothing_is_no_transaction():
    assert list(batches([])) == []


def test_a_locked_database_is_waited_for(monkeypatch):
    monkeypatch.setattr(transactions, "PAUSE_SECONDS", 0)
    answers = iter([RuntimeError("(sqlite3.OperationalError) database is locked\n[SQL: x]")] * 2)
    recovered = []

    def work():
        exc = next(answers, None)
        if exc:
            raise exc
        return "done"

    assert when_free(work, lambda: recovered.append(1)) == "done"
    assert recovered == [1, 1]
    monkeypatch.setattr(transactions, "BUSY_SECONDS", -1)
    answers = iter([RuntimeError("database is locked")])
    with pytest.raises(
        Busy, match="Mailman's database was busy for 0 s, because another process keeps writing to it; no"
    ):
        when_free(work)


def test_any_other_error_is_not_waited_for():
    with pytest.raises(ZeroDivisionError):
        when_free(lambda: 1 // 0)
