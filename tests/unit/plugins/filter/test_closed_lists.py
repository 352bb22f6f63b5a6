# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible.errors import AnsibleFilterError

from ansible_collections.listops.mailman.plugins.filter.closed_lists import closed_lists


def test_only_what_refuses_every_post():
    lists = [
        {"name": "open"},
        {"name": "Old", "state": "disabled"},
        {"name": "kept@one.example.org", "state": "disabled", "disabled_action": "reject"},
        {"name": "held", "state": "disabled", "disabled_action": "hold"},
        {"name": "dropped", "state": "disabled", "disabled_action": "discard"},
        {"name": "gone", "state": "absent"},
    ]
    assert closed_lists(lists) == ["kept@one.example.org", "old"]
    assert closed_lists(lists, {"domain": "x.example.org"}) == ["kept@one.example.org", "old@x.example.org"]
    assert closed_lists(lists, {"disabled_action": "hold"}) == ["kept@one.example.org"]


def test_what_is_no_list():
    with pytest.raises(AnsibleFilterError):
        closed_lists([{"name": "a b", "state": "disabled"}])
