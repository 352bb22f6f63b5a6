# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Messages, and the mail that Mailman itself writes, which waits in the queue `virgin`."""

import cPickle
import email.message
import hashlib
import os
import time

from Mailman import mm_cfg


class Message(email.message.Message):
    __version__ = 3

    def get_sender(self):
        return email.utils.parseaddr(self.get('from', ''))[1]


def enqueue(folder, message, **metadata):
    metadata.update(version=3, received_time=time.time())
    name = '%f+%s' % (metadata['received_time'], hashlib.sha1(os.urandom(20)).hexdigest())
    path = os.path.join(folder, name)
    mask = os.umask(0o007)
    try:
        with open(path + '.tmp', 'wb') as handle:
            cPickle.dump(message, handle, 1)
            cPickle.dump(metadata, handle, 1)
    finally:
        os.umask(mask)
    os.rename(path + '.tmp', path + '.pck')


class UserNotification(Message):
    def __init__(self, recip, sender, subject=None, text=None, lang=None):
        Message.__init__(self)
        self.recips = recip if isinstance(recip, list) else [recip]
        self.set_payload(text or '')
        self['Subject'] = subject or ''
        self['From'] = sender
        self['To'] = ', '.join(self.recips)

    def send(self, mlist, noprecedence=False, **metadata):
        enqueue(mm_cfg.VIRGINQUEUE_DIR, self, listname=mlist.internal_name(), recips=self.recips, nodecorate=1,
                reduced_list_headers=1, **metadata)


class OwnerNotification(UserNotification):
    def __init__(self, mlist, subject=None, text=None, tomoderators=1):
        recips = mlist.owner + (mlist.moderator if tomoderators else [])
        sender = '%s-bounces@%s' % (mm_cfg.MAILMAN_SITE_LIST, mlist.host_name)
        UserNotification.__init__(self, recips, sender, subject, text)
