# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.listops.mailman.plugins.filter.archives_without_list import archives_without_list

X = "x.example.org"


@pytest.mark.parametrize(
    ("archive", "entry", "alone"),
    [
        ("a", {"name": "a"}, False),
        ("A", {"name": "a@x.example.org"}, False),
        ("a@X.example.org", {"name": "A"}, False),
        ("a@y.example.org", {"name": "a", "domain": "y.example.org"}, False),
        ("a", {"name": "a", "state": "disabled"}, False),
        ("a", {"name": "a", "state": "absent"}, False),
        ("a", {"name": "a", "state": "absent", "archives": "drop"}, True),
        ("a", {"name": "a-l"}, True),
        ("a", {"name": "a", "domain": "y.example.org"}, True),
        ("a", {"name": "b", "renamed_from": ["a"]}, True),
        ("a", "no dictionary", True),
    ],
)
def test_an_archive_belongs_to_a_declared_list(archive, entry, alone):
    found = archives_without_list([{"list": archive}], [{"name": "other"}, entry], X)
    assert found == (["a@x.example.org"] if alone else [])


def test_archives_may_be_in_another_domain_than_lists():
    lists = [{"name": "a"}]
    assert archives_without_list([{"list": "a"}], lists, X, "y.example.org") == ["a@y.example.org"]
    assert archives_without_list([{"list": "a@x.example.org"}], lists, X, "y.example.org") == []
