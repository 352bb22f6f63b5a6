# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""For withlist -l -r: what Mailman's runners do with posts, archiving and collecting for digests."""

from __future__ import print_function

import email
import os

from Mailman import Message
from Mailman.Handlers import ToDigest


def post(m, folder):
    """Every file of a folder is a post."""
    for name in sorted(os.listdir(folder)):
        with open(os.path.join(folder, name)) as handle:
            one(m, handle.read())
    m.Save()


def one(m, text):
    # as from the queue: each part of Mailman gets a message of its own
    ToDigest.process(m, email.message_from_string(text, Message.Message), {})
    m.ArchiveMail(email.message_from_string(text, Message.Message))


def digests(m):
    """Mailman's own digests of what was collected, which somebody sends to the list."""
    made = []
    # or the digests themselves, which are collected too, would make the next ones
    m.digest_size_threshhold = 0

    class Box(object):
        def enqueue(self, msg, **kws):
            made.append(msg)

    ToDigest.get_switchboard = lambda queue: Box()
    with open(os.path.join(m.fullpath(), 'digest.mbox')) as handle:
        ToDigest.send_i18n_digests(m, handle)
    for number, digest in enumerate(made):
        for name in list(digest.keys()):
            if not name.lower().startswith(('content-', 'mime-')):
                del digest[name]
        digest['From'] = 'alice@example.org'
        digest['Subject'] = 'digest %d' % number
        digest['Date'] = 'Tue, 06 Jan 2026 10:00:00 +0000'
        digest['Message-ID'] = '<digest-%d-%s@example.org>' % (number, m.internal_name())
        one(m, digest.as_string())
    m.Save()
    print(len(made))
