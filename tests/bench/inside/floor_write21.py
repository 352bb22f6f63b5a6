# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The floor of writing Mailman 2.1: a whole site through Mailman's own class in one process, nothing checked.

Runs in Mailman's own Python 2.7, as Mailman's user; standard input is
{"lists": entries as in bench/mailman21.py}. Prints how many memberships it wrote.
"""

from __future__ import print_function

import hashlib
import json
import os
import sys
import types

sys.path.insert(0, '/usr/lib/mailman/bin')
import paths
from Mailman import MemberAdaptor, mm_cfg
from Mailman.MailList import MailList

assert paths
STATUSES = {'by_user': MemberAdaptor.BYUSER, 'by_moderator': MemberAdaptor.BYADMIN}
POLICIES = {'confirm': 1, 'moderate': 2, 'confirm_then_moderate': 3}
ACTIONS = {'hold': 7, 'discard': 3}


def in_ascii(text):
    return text.encode('us-ascii', 'xmlcharrefreplace')


def subscribe(mlist, person):
    address, mode = str(person['address']), person.get('delivery_mode', 'regular')
    mlist.addNewMember(address, realname=person.get('display_name', u''), digest=mode != 'regular')
    if mode == 'plaintext_digests':
        mlist.setMemberOption(address, mm_cfg.DisableMime, 1)
    if person.get('moderation_action') == 'hold':
        mlist.setMemberOption(address, mm_cfg.Moderate, 1)
    if 'delivery_status' in person:
        mlist.setDeliveryStatus(address, STATUSES[person['delivery_status']])


def write(entry):
    name, domain = str(entry['name']).split('@')
    mlist = MailList()
    mlist.Create(name, str(entry['owners'][0]), hashlib.sha1(os.urandom(20)).hexdigest(), emailhost=domain)
    # Else Mailman would read the lock file again for each member.
    mlist.Locked = types.MethodType(lambda _mlist: True, mlist)
    try:
        mlist.owner = [str(owner) for owner in entry['owners']]
        mlist.moderator = [str(moderator) for moderator in entry.get('moderators', [])]
        mlist.description = in_ascii(entry['description'])
        mlist.info = in_ascii(entry['info'])
        mlist.archive = int(entry['archive_policy'] != 'never')
        mlist.archive_private = int(entry['archive_policy'] != 'public')
        mlist.subscribe_policy = POLICIES[entry['subscription_policy']]
        mlist.advertised = int(entry['advertised'])
        mlist.max_num_recipients = entry['settings']['max_num_recipients']
        mlist.admin_notify_mchanges = int(entry['settings']['admin_notify_mchanges'])
        mlist.ban_list = [str(ban) for ban in entry.get('bans', [])]
        mlist.header_filter_rules = [
            (str('^%(header)s:.*?(?:%(pattern)s)' % rule), ACTIONS[rule['action']], False)
            for rule in entry.get('header_matches', [])
        ]
        for person in entry['members']['addresses']:
            subscribe(mlist, person)
        mlist.Save()
    finally:
        mlist.Unlock()
    return len(entry['members']['addresses'])


os.umask(0o002)
print(sum(write(entry) for entry in json.load(sys.stdin)['lists']))
