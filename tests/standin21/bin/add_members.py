# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""usage: add_members [-r file] [-d file] [-w y|n] [-a y|n] [-n] listname"""

from __future__ import print_function

import sys
from email.utils import parseaddr

import paths  # pylint: disable=unused-import
from Mailman import Errors, MemberAdaptor
from Mailman.command import open_list, options, usage
from Mailman.UserDesc import UserDesc

LONG = ['regular-members-file=', 'digest-members-file=', 'welcome-msg=', 'admin-notify=', 'nomail']


def add(mlist, line, digest, welcome, notify, nomail):
    line = line.strip()
    if not line:
        return
    name, address = parseaddr(line)
    if not address:
        print('Bad/Invalid email address: blank line')
        return
    try:
        mlist.ApprovedAddMember(UserDesc(address, name, digest=digest), welcome, notify)
    except Errors.MMAlreadyAMember:
        print('Already a member:', line)
    except Errors.EmailAddressError:
        print('Bad/Invalid email address:', line)
    except Errors.MembershipIsBanned as error:
        print('%s: Banned address (matched %s)' % (line, error))
    else:
        print('Subscribed:', line)
        if nomail:
            mlist.setDeliveryStatus(address, MemberAdaptor.BYADMIN)


def main():
    found, arguments = options(__doc__, 'r:d:w:a:n', LONG)
    given = dict((option.lstrip('-')[0], value) for option, value in found)
    if len(arguments) != 1 or not set('rd').intersection(given):
        usage(__doc__, 1, 'Give a list name and at least one of -r and -d.')
    answers = dict((key, given[key] == 'y' if key in given else None) for key in 'wa')
    mlist = open_list(arguments[0], lock=1)
    try:
        for key, digest in (('r', 0), ('d', 1)):
            if key in given:
                lines = sys.stdin if given[key] == '-' else open(given[key])
                for line in lines.read().splitlines():
                    add(mlist, line, digest, answers['w'], answers['a'], 'n' in given)
        mlist.Save()
    finally:
        mlist.Unlock()


main()
