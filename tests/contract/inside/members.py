# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""For withlist -l -r: members that only old lists have."""

from Mailman import MemberAdaptor


def unknown(m, address):
    m.setDeliveryStatus(address, MemberAdaptor.UNKNOWN)
    m.Save()
