# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""For withlist -l -r: what Mailman's pipeline makes of a post. The list is not saved."""

from __future__ import print_function

import email

from Mailman import Errors, Message

POST = 'From: %s\nTo: %s\nSubject: hello\nMessage-ID: <judge@example.com>\n\nText.\n'


def judge(m, sender):
    try:
        from Mailman.Handlers import Emergency, Moderate, SpamDetect
    except ImportError:
        print('unknown')
        return
    # nobody is to be told
    m.respond_to_post_requests = m.admin_immed_notify = 0
    message = email.message_from_string(POST % (sender, m.GetListEmail()), Message.Message)
    try:
        for handler in (SpamDetect, Moderate, Emergency):
            handler.process(m, message, {})
    except Errors.DiscardMessage:
        print('discard')
    except Errors.RejectMessage:
        print('reject')
    except Errors.HoldMessage:
        print('hold')
        for number in m.GetHeldMessageIds():
            m.HandleRequest(number, 3)
    else:
        print('accept')
