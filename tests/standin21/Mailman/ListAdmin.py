# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Requests that wait for a moderator: posts, subscriptions, unsubscriptions.

The requests are in the list's request.pck, by number; a held post is in a file of
its own in the site's data folder, named after the list.
"""

import cPickle
import errno
import os
import time

from Mailman import Message, mm_cfg
from Mailman.Logging.Syslog import syslog
from Mailman.UserDesc import UserDesc

IGN, HELDMSG, SUBSCRIPTION, UNSUBSCRIPTION = range(4)
REQUESTS_VERSION = (0, 1)
LOST = 2


class ListAdmin:
    __db = None

    def requests_path(self):
        return os.path.join(self.fullpath(), 'request.pck')

    def _open_requests(self):
        assert self.Locked(), 'the list is not locked'
        if self.__db is None:
            self.__db = {}
            try:
                with open(self.requests_path(), 'rb') as handle:
                    self.__db = cPickle.load(handle)
            except IOError as error:
                if error.errno != errno.ENOENT:
                    raise
        return self.__db

    def SaveRequestsDb(self):
        if self.__db is not None:
            self.__db['version'] = REQUESTS_VERSION
            self.write_pickle(self.__db, self.requests_path())
            self.__db = None

    def _ids(self, kind):
        return sorted(key for key, entry in self._open_requests().items() if key != 'version' and entry[0] == kind)

    def NumRequestsPending(self):
        return len([key for key in self._open_requests() if key != 'version'])

    def GetHeldMessageIds(self):
        return self._ids(HELDMSG)

    def GetSubscriptionIds(self):
        return self._ids(SUBSCRIPTION)

    def GetUnsubscriptionIds(self):
        return self._ids(UNSUBSCRIPTION)

    def GetRecord(self, id):
        return self._open_requests()[id][1]

    def GetRecordType(self, id):
        return self._open_requests()[id][0]

    def _next_request(self, entry):
        requests = self._open_requests()
        number = self.next_request_id
        requests[number] = entry
        self.next_request_id += 1
        return number

    def HoldMessage(self, msg, reason, msgdata=()):
        """Keep a post for the moderators; its number."""
        number = self.next_request_id
        name = 'heldmsg-%s-%d.pck' % (self.internal_name(), number)
        self.write_pickle(msg, os.path.join(mm_cfg.DATA_DIR, name))
        data = (time.time(), msg.get_sender(), msg.get('subject', '(no subject)'), reason, name, dict(msgdata))
        return self._next_request((HELDMSG, data))

    def HoldSubscription(self, addr, fullname, password, digest, lang):
        self._next_request((SUBSCRIPTION, (time.time(), addr, fullname, password, digest, lang)))
        syslog('vette', '%s: held subscription request from %s', self.internal_name(), addr)

    def HoldUnsubscription(self, addr):
        self._next_request((UNSUBSCRIPTION, addr))
        syslog('vette', '%s: held unsubscription request from %s', self.internal_name(), addr)

    def HandleRequest(self, id, value, comment=None, preserve=None, forward=None, addr=None):
        kind, data = self._open_requests()[id]
        handler = {HELDMSG: self._handle_post, SUBSCRIPTION: self._handle_subscription,
                   UNSUBSCRIPTION: self._handle_unsubscription}[kind]
        if handler(data, value, comment) != mm_cfg.DEFER:
            del self.__db[id]

    def _handle_post(self, data, value, comment):
        sender, subject, name, metadata = data[1], data[2], data[4], data[5]
        path = os.path.join(mm_cfg.DATA_DIR, name)
        if value == mm_cfg.DEFER:
            return value
        try:
            with open(path, 'rb') as handle:
                message = cPickle.load(handle)
        except IOError as error:
            if error.errno != errno.ENOENT:
                raise
            return LOST
        if value == mm_cfg.APPROVE:
            Message.enqueue(mm_cfg.INQUEUE_DIR, message, **dict(metadata, approved=1))
            syslog('vette', '%s: held message approved, message-id: %s', self.internal_name(), message['message-id'])
        else:
            word = 'Rejected' if value == mm_cfg.REJECT else 'Discarded'
            syslog('vette', '%s: %s posting:\n\tFrom: %s\n\tSubject: %s', self.internal_name(), word, sender, subject)
        if value == mm_cfg.REJECT:
            Message.UserNotification(sender, self.GetBouncesEmail(), 'Rejected', comment).send(self)
        os.unlink(path)
        return value

    def _handle_subscription(self, data, value, comment):
        _when, address, fullname, password, digest, language = data
        if value == mm_cfg.SUBSCRIBE:
            self.ApprovedAddMember(UserDesc(address, fullname, password, digest, language))
        elif value == mm_cfg.REJECT:
            Message.UserNotification(address, self.GetBouncesEmail(), 'Rejected', comment).send(self)
        return value

    def _handle_unsubscription(self, address, value, comment):
        if value == mm_cfg.UNSUBSCRIBE:
            self.ApprovedDeleteMember(address)
        elif value == mm_cfg.REJECT:
            Message.UserNotification(address, self.GetBouncesEmail(), 'Rejected', comment).send(self)
        return value
