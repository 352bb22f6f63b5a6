# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which lists of a copy are moved."""

from __future__ import annotations

import pytest

from ansible_collections.listops.mailman.plugins.module_utils._lists.vocabulary import Invalid
from ansible_collections.listops.mailman.plugins.module_utils._migrate import lists

A, B = "a@lists.example.org", "b@lists.example.org"
FOUND = {"engine": "mailman21", "lists": {A: 1, B: 2}}


def test_lists_are_chosen_by_name() -> None:
    assert lists.choose(FOUND, ["a"]) == {"engine": "mailman21", "lists": {A: 1}}
    with pytest.raises(Invalid, match="give lists of the old server, such as a@"):
        lists.choose(FOUND, ["c"])


def test_what_moved_already_is_left_alone() -> None:
    assert lists.leave(FOUND, [A]) == {"engine": "mailman21", "lists": {B: 2}}
    assert lists.leave(FOUND, []) == FOUND
