# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""usage: config_list [-o file | -i file [-c] [-v]] listname"""

from __future__ import print_function

import sys

import paths  # pylint: disable=unused-import
from Mailman import mm_cfg
from Mailman.command import charset_of, open_list, options, usage
from Mailman.Gui import Refused
from Mailman.settings import SETTINGS

NAMES = [(name, widget) for _category, _subcategory, settings in SETTINGS for name, widget, _choices, _default in settings]


def literal(value, widget, charset):
    """Python for a value; text of several lines, or not in ASCII, is not quite the text that was there."""
    if not isinstance(value, str) and widget not in (mm_cfg.String, mm_cfg.Text):
        return repr(value)
    if isinstance(value, type(u'')):
        return repr(value)
    lines = value.splitlines()
    if len(lines) > 1:
        return '"""%s"""' % '\n'.join(lines).replace('"', '\\"')
    if charset != 'us-ascii' and any(ord(character) > 127 for character in value):
        return '"%s"' % value
    return repr(''.join(lines))


def write(mlist, path):
    out = sys.stdout if path == '-' else open(path, 'w')
    charset = charset_of(mlist)
    print('# -*- python -*-', file=out)
    print('# -*- coding: %s -*-' % charset, file=out)
    print('## "%s" mailing list configuration settings' % mlist.internal_name(), file=out)
    for name, widget in NAMES:
        if not name.startswith('_'):
            print(name, end=' =', file=out)
            print('', literal(mlist.shown_value(name), widget, charset) + '\n', file=out)


def read(mlist, path, verbose, checkonly):
    assigned = {'mlist': mlist}
    try:
        with open(path) as source:
            exec(compile(source.read(), path, 'exec'), assigned)
        del assigned['mlist']
        widgets = dict(NAMES)
        for name, value in assigned.items():
            if name.startswith('_'):
                continue
            if not hasattr(mlist, name):
                print('attribute "%s" ignored' % name, file=sys.stderr)
                continue
            if verbose:
                print('attribute "%s" changed' % name, file=sys.stderr)
            if name not in widgets:
                print('Non-standard property restored:', name, file=sys.stderr)
                setattr(mlist, name, value)
                continue
            try:
                setattr(mlist, name, mlist.take_value(name, widgets[name], value))
            except Refused as refused:
                print(refused, file=sys.stderr)
        if not checkonly:
            mlist.Save()
    finally:
        mlist.Unlock()


def main():
    found, arguments = options(__doc__, 'i:o:cv', ['inputfile=', 'outputfile=', 'checkonly', 'verbose'])
    given = dict(found)
    if len(arguments) != 1:
        usage(__doc__, 1)
    output, source = given.get('-o', given.get('--outputfile')), given.get('-i', given.get('--inputfile'))
    if bool(output) == bool(source):
        usage(__doc__, 1, 'Exactly one of -i and -o is required')
    mlist = open_list(arguments[0], lock=1 if source else 0)
    if output:
        write(mlist, output)
    else:
        read(mlist, source, '-v' in given or '--verbose' in given, '-c' in given or '--checkonly' in given)


main()
