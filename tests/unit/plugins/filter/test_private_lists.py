# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible.errors import AnsibleFilterError

from ansible_collections.listops.mailman.plugins.filter.private_lists import private_lists


def test_private_by_itself_or_by_default():
    lists = [
        {"name": "open-l"},
        {"name": "Board@lists.example.org", "archive_policy": "private"},
        {"name": "gone", "archive_policy": "private", "state": "absent"},
        {"name": "quiet", "archive_policy": "private", "state": "disabled"},
    ]
    assert private_lists(lists) == ["board@lists.example.org", "quiet"]
    assert private_lists(lists, {"archive_policy": "private"}) == ["board@lists.example.org", "open-l", "quiet"]
    assert private_lists([{"name": "a", "archive_policy": "public"}], {"archive_policy": "private"}) == []


def test_private_by_a_setting():
    assert private_lists([{"name": "a", "settings": {"archive_policy": "private"}}, {"name": "b"}]) == ["a"]
    assert private_lists([{"name": "a"}], {"settings": {"archive_policy": "private"}}) == ["a"]


def test_each_in_its_domain():
    lists = [
        {"name": "a", "domain": "one.example.org", "renamed_from": ["b", "c@old.example.org"]},
        {"name": "a@two.example.org", "archive_policy": "public"},
        {"name": "d", "renamed_from": "e"},
    ]
    names = ["a@one.example.org", "b@one.example.org", "c@old.example.org", "d", "e"]
    assert private_lists(lists, {"archive_policy": "private"}) == names
    assert private_lists([{"name": "a"}], {"archive_policy": "private", "domain": "x.example.org"}) == [
        "a@x.example.org"
    ]


def test_a_bad_name_is_refused():
    with pytest.raises(AnsibleFilterError, match="the list name is None"):
        private_lists([{"archive_policy": "private"}])
