# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json

import pytest

from ansible_collections.listops.mailman.plugins.module_utils._migrate import account
from ansible_collections.listops.mailman.plugins.module_utils._migrate.account import Inexact, Sums


def outcomes(*states):
    return [{"state": state} for state in states]


def test_sums_add_up():
    sums = Sums("a@example.org", "mails", 4)
    sums.add(outcomes("moved", "merged"))
    sums.add(outcomes("moved", "quarantined"))
    assert sums.total() == {"found": 4, "moved": 2, "merged": 1, "quarantined": 1}
    assert sums.verify(2) == sums.total()


@pytest.mark.parametrize(
    ("states", "said"),
    [
        (["moved"], "list a@example.org: 2 mails were found, but 1 moved"),
        (["moved", "moved", "merged"], "list a@example.org: 2 mails were found, but 1 merged, 2 moved"),
        (["moved", "lost"], "list a@example.org: 2 mails were found, but 1 lost, 1 moved"),
        ([], "list a@example.org: 2 mails were found, but none was accounted for"),
    ],
)
def test_sums_that_do_not_add_up_are_an_error(states, said):
    sums = Sums("a@example.org", "mails", 2)
    sums.add(outcomes(*states))
    with pytest.raises(Inexact) as caught:
        sums.total()
    assert str(caught.value) == said


def test_what_the_target_does_not_have_was_not_moved():
    sums = Sums("a@example.org", "mails", 2)
    sums.add(outcomes("moved", "moved"))
    with pytest.raises(Inexact, match="2 mails were moved, but the target has 1 of them"):
        sums.verify(1)


def test_a_line_is_the_same_each_time():
    line = account.line({"state": "moved", "message_id": "ä@x\u2028"})
    assert line == account.line({"message_id": "ä@x\u2028", "state": "moved"})
    assert line.endswith("\n") and len(line.splitlines()) == 1 and json.loads(line)["message_id"] == "ä@x\u2028"


def test_people_get_a_sentence():
    total = {"found": 4, "moved": 2, "merged": 1, "quarantined": 1}
    assert account.sentence("a@x", "mails", total) == "a@x: 4 mails found, 2 moved, 1 merged, 1 quarantined"
