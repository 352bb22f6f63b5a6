# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""usage: list_lists [-a|--advertised] [-p|--public-archive] [-V domain] [-b|--bare]"""

from __future__ import print_function

import sys

import paths  # pylint: disable=unused-import
from Mailman import MailList, Utils
from Mailman.command import options

found, _arguments = options(__doc__, 'apV:b', ['advertised', 'public-archive', 'virtual-host-overview=', 'bare'])
given = dict(found)


def has(*names):
    return any(name in given for name in names)


lists = []
for name in sorted(Utils.list_names()):
    mlist = MailList.MailList(name, lock=0)
    domain = given.get('-V', given.get('--virtual-host-overview'))
    if (
        (has('-a', '--advertised') and not mlist.advertised)
        or (has('-p', '--public-archive') and mlist.archive_private)
        or (domain and domain not in mlist.web_page_url)
    ):
        continue
    lists.append(mlist)
if has('-b', '--bare'):
    for mlist in lists:
        print(mlist.internal_name())
elif not lists:
    print('No matching mailing lists found')
else:
    print(len(lists), 'matching mailing lists found:')
    width = max(len(mlist.real_name) for mlist in lists)
    for mlist in lists:
        sys.stdout.flush()
        print('   ', '%*s - %s' % (width, mlist.real_name, mlist.description or '[no description available]'))
