# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""usage: list_owners [-w|--with-listnames] [-m|--moderators] [listname ...]"""

from __future__ import print_function

import paths  # pylint: disable=unused-import
from Mailman import MailList, Utils
from Mailman.command import options

found, arguments = options(__doc__, 'wm', ['with-listnames', 'moderators'])
given = dict(found)
by_list = {}
for name in [argument.lower() for argument in arguments] or Utils.list_names():
    mlist = MailList.MailList(name, lock=0)
    by_list[name] = mlist.owner + (mlist.moderator if '-m' in given or '--moderators' in given else [])
if '-w' in given or '--with-listnames' in given:
    for name in by_list:
        print(name)
        for address in by_list[name]:
            print('\t' + address)
else:
    for address in sorted(set(address for addresses in by_list.values() for address in addresses)):
        print(address)
