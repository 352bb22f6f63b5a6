# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""usage: withlist [-l|--lock] [-q|--quiet] [-a|--all] -r [module.]callable [listname [args ...]]"""

from __future__ import print_function

import sys

import paths  # pylint: disable=unused-import
from Mailman import Errors, Utils
from Mailman.command import options, usage
from Mailman.MailList import MailList


def do_list(name, arguments, function, lock, say):
    say('Loading list %s (%s)' % (name, 'locked' if lock else 'unlocked'))
    try:
        m = MailList(name, lock=lock)
    except Errors.MMUnknownListError:
        say('Unknown list: ' + name)
        m = None
    try:
        return function(m, *arguments)
    finally:
        if m is not None and m.Locked():
            say('Unlocking (but not saving) list: ' + name)
            m.Unlock()


def main():
    found, arguments = options(__doc__, 'lqar:i', ['lock', 'quiet', 'all', 'run=', 'interactive'])
    given = dict(found)
    run = given.get('-r', given.get('--run'))
    everywhere = '-a' in given or '--all' in given
    if not run or not (everywhere or arguments):
        usage(__doc__, 1, 'Give -r, and a list name or -a.')

    def say(text):
        if '-q' not in given and '--quiet' not in given:
            print(text, file=sys.stderr)

    module, _dot, name = run.rpartition('.')
    module = module or name
    say('Importing %s...' % module)
    __import__(module)
    function = getattr(sys.modules[module], name)
    say('Running %s.%s()...' % (module, name))
    lock = '-l' in given or '--lock' in given
    if everywhere:
        for listname in Utils.list_names():
            do_list(listname, arguments, function, lock, say)
    else:
        do_list(arguments[0].lower().strip(), arguments[1:], function, lock, say)
    say('Finalizing')


main()
