# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""usage: find_member [-l listname] [-x listname] [-w|--owners] regex ..."""

from __future__ import print_function

import re

import paths  # pylint: disable=unused-import
from Mailman import MailList, Utils
from Mailman.command import options, usage

found, arguments = options(__doc__, 'l:x:w', ['listname=', 'exclude=', 'owners'])
if not arguments:
    usage(__doc__, 1, 'Search regular expression required')
patterns = [re.compile(argument, re.IGNORECASE) for argument in arguments]
chosen = [value.lower() for option, value in found if option in ('-l', '--listname')] or Utils.list_names()
excluded = [value.lower() for option, value in found if option in ('-x', '--exclude')]
owners = any(option in ('-w', '--owners') for option, _value in found)
matches = {}
for name in chosen:
    if name in excluded:
        continue
    mlist = MailList.MailList(name, lock=0)
    people = [(mlist.getMemberCPAddress(member), name) for member in mlist.getMembers()]
    if owners:
        people += [(owner, name + ' (as owner)') for owner in mlist.owner]
    for address, where in people:
        if any(pattern.search(address) for pattern in patterns):
            matches.setdefault(address, []).append(where)
for address in sorted(matches):
    print(address, 'found in:')
    for where in sorted(matches[address]):
        print('    ', where)
