# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""For withlist -l -r: what the calls of an engine answer."""

from __future__ import print_function

from Mailman import Errors, MailList, MemberAdaptor, mm_cfg
from Mailman.UserDesc import UserDesc


def tell(m):
    try:
        m.ApprovedAddMember(UserDesc('x@example.org', 'X', 'pw', 0, 'en'), 0, 0)
    except Errors.MembershipIsBanned as error:
        print('ApprovedAddMember -> MembershipIsBanned', repr(error), error.args)
    m.addNewMember('x@example.org', password='pw', language='en', realname='X', digest=0)
    print('addNewMember ignores bans; options', m.user_options['x@example.org'], 'default mod', end=' ')
    print(bool(m.getMemberOption('x@example.org', mm_cfg.Moderate)))
    m.ban_list = []
    for address in ('Y.Upper@Example.ORG', 'bad', 'sp ace@example.org', u'caf\xe9@example.org', 'x@example.org'):
        try:
            m.ApprovedAddMember(UserDesc(address, '', 'pw', 0, 'en'), 0, 0)
        except Exception as error:
            print(repr(address), '->', error.__class__.__name__, error.args)
        else:
            shown = m.getMemberCPAddress(address)
            print(repr(address), 'added; key/CP', shown, shown)
    m.setMemberOption('x@example.org', mm_cfg.Digests, 1)
    try:
        m.setMemberOption('x@example.org', mm_cfg.Digests, 1)
    except Errors.AlreadyReceivingDigests:
        print('second Digests=1 -> AlreadyReceivingDigests')
    m.setMemberOption('x@example.org', mm_cfg.Digests, 0)
    print('one_last_digest', m.one_last_digest)
    m.removeMember('x@example.org')
    print('after delete one_last_digest', m.one_last_digest)
    try:
        m.removeMember('x@example.org')
    except Errors.NotAMemberError as error:
        print('second delete -> NotAMemberError', error.args)
    print('flags', sorted(mm_cfg.OPTINFO.items()))
    other = m.internal_name()
    for name in ('nosuch', other.capitalize(), other.upper(), '../' + other, ''):
        try:
            MailList.MailList(name, lock=0)
        except Errors.MMUnknownListError as error:
            print(repr(name), '->', error.__class__.__name__, error.args)


def times(m):
    """A repeated setDeliveryStatus moves its time."""
    m.setDeliveryStatus('alice@example.org', MemberAdaptor.BYUSER)
    first = m.getDeliveryStatusChangeTime('alice@example.org')
    m.setDeliveryStatus('alice@example.org', MemberAdaptor.BYUSER)
    print(m.getDeliveryStatusChangeTime('alice@example.org') > first)
