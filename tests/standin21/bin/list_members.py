# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""usage: list_members [-o file] [-r] [-d|--digest[=kind]] [-n|--nomail[=why]] [-f] [-p] [-m] [-M] listname"""

from __future__ import print_function

import sys

import paths  # pylint: disable=unused-import
from Mailman import MemberAdaptor, mm_cfg
from Mailman.command import open_list, options, usage, with_name

WHY = {
    'enabled': [MemberAdaptor.ENABLED],
    'unknown': [MemberAdaptor.UNKNOWN],
    'byuser': [MemberAdaptor.BYUSER],
    'byadmin': [MemberAdaptor.BYADMIN],
    'bybounce': [MemberAdaptor.BYBOUNCE],
}
KINDS = {'mime': False, 'plain': True}
LONG = ('output=', 'regular', 'fullnames', 'preserve', 'moderated', 'non-moderated')
SHORT = {'-%s' % name[0]: '--' + name for name in ('regular', 'fullnames', 'preserve', 'moderated')}
SHORT['-M'] = '--non-moderated'

# -d and -n, in both their forms, may have a value or none
words, given, rest = sys.argv[1:], {}, []
while words:
    word = words.pop(0)
    name, equals, value = word.partition('=')
    name = {'-d': '--digest', '-n': '--nomail'}.get(name, name)
    if name not in ('--digest', '--nomail'):
        rest.append(word)
        continue
    known = KINDS if name == '--digest' else WHY
    if not equals and words and words[0] in known:
        value = words.pop(0)
    if value and value not in known:
        usage(__doc__, 1, 'Bad %s option: %s' % (name, value))
    given[name] = value
sys.argv[1:] = rest
found, arguments = options(__doc__, 'o:rfpmM', list(LONG))
given.update((SHORT.get(option, option), value) for option, value in found)
if len(arguments) != 1:
    usage(__doc__, 1, 'Exactly one list name is required.')
mlist = open_list(arguments[0])
out = sys.stdout
path = given.get('-o', given.get('--output'))
if path:
    try:
        out = open(path, 'w')
    except IOError:
        print('Could not open file for writing:', path, file=sys.stderr)
        sys.exit(1)


def show(members):
    rows = {}
    for member in members:
        address = mlist.getMemberCPAddress(member) if '--preserve' in given else member
        rows[address] = with_name(mlist, member, address) if '--fullnames' in given else address
    for address in sorted(rows):
        print(rows[address], file=out)


def wanted(member):
    why = given.get('--nomail')
    codes = WHY.get(why) or [code for name in WHY if name != 'enabled' for code in WHY[name]]
    return why is None or mlist.getDeliveryStatus(member) in codes


if '--moderated' in given or '--non-moderated' in given:
    moderated = '--moderated' in given
    show(member for member in mlist.getMembers() if mlist.getMemberOption(member, mm_cfg.Moderate) == moderated)
    sys.exit()
both = '--regular' not in given and '--digest' not in given
if both or '--regular' in given:
    show(filter(wanted, mlist.getRegularMemberKeys()))
if both or '--digest' in given:
    plain = KINDS.get(given.get('--digest'))
    members = filter(wanted, mlist.getDigestMemberKeys())
    show(member for member in members if plain in (None, mlist.getMemberOption(member, mm_cfg.DisableMime)))
