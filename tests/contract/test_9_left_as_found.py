# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The last test: the host's lists and archives are as they were."""

from __future__ import annotations

import difflib

from mailman21 import Mailman21


def test_nothing_of_others_was_touched(host: Mailman21) -> None:
    host.remove_mine()
    left = host.belongings()
    differ = [line for what in left for line in difflib.ndiff(host.found[what].split("\n"), left[what].split("\n"))]
    assert not [line for line in differ if line.startswith(("+ ", "- "))]
