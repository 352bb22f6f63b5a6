# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""For withlist -l -r: one member for each way of getting no mail, and a moderated one."""

from Mailman import MemberAdaptor, mm_cfg


def st(m):
    for address, status in (
        ('bob@example.org', MemberAdaptor.BYUSER),
        ('carol@example.org', MemberAdaptor.BYADMIN),
        ('dan@example.org', MemberAdaptor.BYADMIN),
        ('dave@example.org', MemberAdaptor.BYBOUNCE),
        ('ok1@example.org', MemberAdaptor.UNKNOWN),
    ):
        m.setDeliveryStatus(address, status)
    m.setMemberOption('alice@example.org', mm_cfg.Moderate, 1)
    m.Save()
