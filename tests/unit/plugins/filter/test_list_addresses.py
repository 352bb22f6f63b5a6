# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from ansible_collections.listops.mailman.plugins.filter.list_addresses import list_addresses

DOMAINS = ["b.example.org", "a.example.org"]


def test_a_name_alone_is_meant_in_each_domain():
    assert list_addresses(
        ["staff", "board@b.example.org", "board@old.example.org", "staff@a.example.org"], DOMAINS
    ) == [
        "board@b.example.org",
        "board@old.example.org",
        "staff@a.example.org",
        "staff@b.example.org",
    ]
    assert list_addresses([], DOMAINS) == []


def test_mailman21_has_lists_in_every_domain():
    wanted = ["board@a.example.org", "board@b.example.org"]
    assert list_addresses(["board@b.example.org", "board"], DOMAINS, True) == wanted
