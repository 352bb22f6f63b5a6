# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from types import SimpleNamespace

import pytest

from ansible_collections.listops.mailman.plugins.module_utils._mailman3.remote.write import Mailman3Writer

BANNED = {"a.l.example.org": {"old@x.net", "stays@x.net"}}


@pytest.mark.parametrize(
    "step, add, remove",
    [
        ({"bans": ["new@x.net", "stays@x.net"]}, ["new@x.net"], ["old@x.net"]),
        ({"bans": []}, [], ["old@x.net", "stays@x.net"]),
        ({"ban": ["new@x.net", "old@x.net"]}, ["new@x.net"], []),
        ({"bans": ["stays@x.net"], "ban": ["new@x.net"]}, ["new@x.net"], ["old@x.net"]),
        # somebody else has done it meanwhile
        ({"bans": ["old@x.net", "stays@x.net"]}, [], []),
    ],
)
def test_no_more_bans_are_written_than_differ(step, add, remove):
    reader = SimpleNamespace(
        bans=lambda list_ids: {list_id: set(BANNED[list_id]) for list_id in list_ids},
        held=lambda names: dict.fromkeys(names, 7),
    )
    whole = {"list": "a@l.example.org", "set": {"info": "x"}, **step}
    other = {"list": "b@l.example.org", "delete": True}
    found = Mailman3Writer.differences(SimpleNamespace(reader=reader), [whole, other])
    assert found == [
        {"list": "a@l.example.org", "set": {"info": "x"}, "bans": {"add": add, "remove": remove}},
        {**other, "held": 7},
    ]
