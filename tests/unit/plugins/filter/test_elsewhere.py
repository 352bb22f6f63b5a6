# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lines for Exim about lists that another server has."""

from __future__ import annotations

from ansible_collections.listops.mailman.plugins.filter.elsewhere import FilterModule


def test_each_address_has_a_line() -> None:
    elsewhere = FilterModule().filters()["elsewhere"]
    lines = elsewhere(["talk@lists.example.org"], "192.0.2.1", ["talk@lists.example.org"])
    assert len(lines) == 10 and all(line.endswith("@lists.example.org: 192.0.2.1") for line in lines)
    assert elsewhere([], "192.0.2.1", []) == []
