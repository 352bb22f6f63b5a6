# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the commands have in common: options, usage, opening a list."""

from __future__ import print_function

import getopt
import sys
from email.utils import formataddr

from Mailman import Errors, MailList, Utils


def usage(text, code, message=''):
    out = sys.stderr if code else sys.stdout
    print(text, file=out)
    if message:
        print(message, file=out)
    sys.exit(code)


def options(text, short, long_options):
    """The options given, as a list of pairs, and the arguments; -h is answered here."""
    try:
        found, arguments = getopt.getopt(sys.argv[1:], short + 'h', long_options + ['help'])
    except getopt.error as error:
        usage(text, 1, error)
    if any(option in ('-h', '--help') for option, _value in found):
        usage(text, 0)
    return found, arguments


def open_list(name, lock=0):
    """The list, or a sentence and the end."""
    try:
        return MailList.MailList(name.lower().strip(), lock=lock)
    except Errors.MMListError:
        print('No such list: ' + name, file=sys.stderr)
        sys.exit(1)


def charset_of(mlist):
    return Utils.GetCharSet(mlist.preferred_language)


def with_name(mlist, member, address):
    """The address with the member's name, what the list's character set lacks as question marks."""
    charset, name = charset_of(mlist), mlist.getMemberName(member) or ''
    if not isinstance(name, type(u'')):
        name = name.decode(charset, 'replace')
    return formataddr((name.encode(charset, 'replace'), address))
