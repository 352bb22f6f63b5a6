# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The last test: the host's lists and archives are as they were."""

from __future__ import annotations

from mailman21 import Mailman21


def test_nothing_of_others_was_touched(host: Mailman21) -> None:
    host.remove_mine()
    assert host.belongings() == host.found
