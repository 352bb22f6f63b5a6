# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible.errors import AnsibleFilterError

from ansible_collections.listops.mailman.plugins.filter.roster import roster
from ansible_collections.listops.mailman.plugins.module_utils import model


def test_people_comments_and_repetitions():
    text = '# staff\n\n Alice@example.net \nBób "B" <bob@example.net>\n"Doe, J." <j@example.net>\nALICE@example.net\n'
    found = roster(text)
    assert [person["address"] for person in found] == ["Alice@example.net", "bob@example.net", "j@example.net"]
    assert found[2]["display_name"] == "Doe, J."
    assert len(model.parse_roster("members", {"state": "exact", "addresses": found}).people) == 3


@pytest.mark.parametrize(
    "line", ["alice", "ldap: connection refused", "<>", "a@b.example.net c@example.net", "Alice <alice>"]
)
def test_a_line_that_is_nobody_stops_everything(line):
    with pytest.raises(AnsibleFilterError, match="line 2 of the roster is .*; accepted: alice@example.net, or"):
        roster("bob@example.net\n" + line)


@pytest.mark.parametrize("value", [None, 3, ["alice@example.net"]])
def test_only_text(value):
    with pytest.raises(AnsibleFilterError, match="accepted: a text"):
        roster(value)


def test_an_empty_source_is_an_empty_roster_which_the_guard_refuses_later():
    assert roster("") == []
