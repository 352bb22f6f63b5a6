# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Members and their options, kept in dictionaries of the list by lower-case address.

Whatever writes needs the list's lock.
"""

import time

from Mailman import Errors, MemberAdaptor, Utils, mm_cfg


class OldStyleMemberships:
    def _check_locked(self):
        assert self.Locked(), 'the list is not locked'

    def _roster(self, member):
        """The key, and the dictionary that has it."""
        key = member.lower()
        for roster in (self.members, self.digest_members):
            if key in roster:
                return key, roster
        return key, None

    def _key(self, member):
        key, roster = self._roster(member)
        if roster is None:
            raise Errors.NotAMemberError(member)
        return key

    def getMembers(self):
        return self.members.keys() + self.digest_members.keys()

    def getRegularMemberKeys(self):
        return self.members.keys()

    def getDigestMemberKeys(self):
        return self.digest_members.keys()

    def isMember(self, member):
        return self._roster(member)[1] is not None

    def getMemberKey(self, member):
        return self._key(member)

    def getMemberCPAddress(self, member):
        key, roster = self._roster(member)
        if roster is None:
            raise Errors.NotAMemberError(member)
        return roster[key] or key

    def getMemberCPAddresses(self, members):
        return [self.getMemberCPAddress(member) if self.isMember(member) else None for member in members]

    def getMemberPassword(self, member):
        return self.passwords[self._key(member)]

    def setMemberPassword(self, member, password):
        self._check_locked()
        self.passwords[self._key(member)] = password

    def getMemberLanguage(self, member):
        return self.language.get(self._key(member), self.preferred_language)

    def setMemberLanguage(self, member, language):
        self._check_locked()
        self.language[self._key(member)] = language

    def getMemberName(self, member):
        return self.usernames.get(self._key(member))

    def setMemberName(self, member, realname):
        self._check_locked()
        self.usernames[self._key(member)] = realname

    def getMemberTopics(self, member):
        return self.topics_userinterest.get(self._key(member), [])

    def setMemberTopics(self, member, topics):
        self._check_locked()
        self.topics_userinterest[self._key(member)] = topics

    def getMemberOption(self, member, flag):
        key = self._key(member)
        if flag == mm_cfg.Digests:
            return key in self.digest_members
        return bool(self.user_options.get(key, 0) & flag)

    def setMemberOption(self, member, flag, value):
        self._check_locked()
        key = self._key(member)
        if flag == mm_cfg.Digests:
            self._set_digest(key, value)
            return
        old = self.user_options.get(key, 0)
        new = old | flag if value else old & ~flag
        if new:
            self.user_options[key] = new
        else:
            self.user_options.pop(key, None)

    def _set_digest(self, key, value):
        source, target = (self.members, self.digest_members) if value else (self.digest_members, self.members)
        if key in target:
            raise Errors.AlreadyReceivingDigests(key) if value else Errors.AlreadyReceivingRegularDeliveries(key)
        if not value:
            self.one_last_digest[key] = source[key]
        target[key] = source.pop(key)

    def getDeliveryStatus(self, member):
        key = self._key(member)
        unknown = self.user_options.get(key, 0) & mm_cfg.DisableDelivery
        return self.delivery_status.get(key, (MemberAdaptor.UNKNOWN if unknown else MemberAdaptor.ENABLED, 0))[0]

    def getDeliveryStatusChangeTime(self, member):
        return self.delivery_status.get(self._key(member), (None, 0))[1]

    def setDeliveryStatus(self, member, status):
        self._check_locked()
        key = self._key(member)
        self.setMemberOption(member, mm_cfg.DisableDelivery, 0)
        if status == MemberAdaptor.ENABLED:
            self.setBounceInfo(member, None)
            self.delivery_status.pop(key, None)
        else:
            self.delivery_status[key] = (status, time.time())

    def getDeliveryStatusMembers(self, status=(MemberAdaptor.UNKNOWN, MemberAdaptor.BYUSER, MemberAdaptor.BYADMIN,
                                               MemberAdaptor.BYBOUNCE)):
        return [member for member in self.getMembers() if self.getDeliveryStatus(member) in status]

    def getBounceInfo(self, member):
        return self.bounce_info.get(self._key(member))

    def setBounceInfo(self, member, info):
        self._check_locked()
        key = self._key(member)
        if info is None:
            self.bounce_info.pop(key, None)
            self.delivery_status.pop(key, None)
        else:
            self.bounce_info[key] = info

    def addNewMember(self, member, **options):
        """Knows nothing of bans, and of the options of a list's new members only the general ones."""
        self._check_locked()
        if self.isMember(member):
            raise Errors.MMAlreadyAMember(member)
        key, address = member.lower(), Utils.LCDomain(member)
        roster = self.digest_members if options.get('digest') else self.members
        roster[key] = 0 if address == key else address
        self.setMemberPassword(key, options.get('password') or Utils.MakeRandomPassword())
        self.setMemberLanguage(key, options.get('language') or self.preferred_language)
        if options.get('realname'):
            self.setMemberName(key, options['realname'])
        if self.new_member_options:
            self.user_options[key] = self.new_member_options

    def removeMember(self, member):
        self._check_locked()
        key, roster = self._roster(member)
        if roster is None:
            raise Errors.NotAMemberError(member)
        del roster[key]
        for kept in (self.passwords, self.language, self.usernames, self.user_options, self.topics_userinterest,
                     self.delivery_status, self.bounce_info):
            kept.pop(key, None)

    def changeMemberAddress(self, member, newaddress, nodelete=0):
        self._check_locked()
        key = self._key(member)
        kept = [self.user_options, self.topics_userinterest, self.delivery_status]
        values = [place.get(key) for place in kept]
        options = dict(digest=key in self.digest_members, password=self.passwords[key],
                       language=self.getMemberLanguage(key), realname=self.getMemberName(key))
        if not nodelete:
            self.removeMember(key)
        self.addNewMember(newaddress, **options)
        for place, value in zip(kept, values):
            place.pop(newaddress.lower(), None)
            if value is not None:
                place[newaddress.lower()] = value
