# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""For withlist -l -r: posts and subscriptions that wait for a moderator."""

from __future__ import print_function

import email

from Mailman import Message, mm_cfg

POST = 'From: mallory@example.com\nTo: %s\nSubject: held %d\nMessage-ID: <%s.%d@example.com>\n\nText.\n'


def hold(m, count):
    for number in range(1, int(count) + 1):
        text = POST % (m.GetListEmail(), number, m.internal_name(), number)
        message = email.message_from_string(text, Message.Message)
        m.HoldMessage(message, 'Post by non-member to a members-only list', {'listname': m.internal_name()})
    m.Save()


def hold_people(m):
    m.HoldSubscription('applicant@example.com', 'Applicant One', 'secretpw', 0, 'en')
    m.Save()


def show(m):
    print('pending requests: %d held ids %r subs %r unsubs %r' % (
        m.NumRequestsPending(), sorted(m.GetHeldMessageIds()), m.GetSubscriptionIds(), m.GetUnsubscriptionIds()))


def discard(m):
    for number in sorted(m.GetHeldMessageIds()):
        print(number, m.HandleRequest(number, mm_cfg.DISCARD))
    m.Save()


def bad(m):
    m.HandleRequest(999, mm_cfg.DISCARD)
