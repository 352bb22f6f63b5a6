# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""usage: rmlist [-a|--archives] listname"""

from __future__ import print_function

import glob
import os
import shutil
import sys

import paths  # pylint: disable=unused-import
from Mailman import Site, Utils, mm_cfg
from Mailman.command import options, usage

found, arguments = options(__doc__, 'a', ['archives'])
if len(arguments) != 1:
    usage(__doc__, 1)
name = arguments[0].lower().strip()
if not Utils.list_exists(name):
    if not found:
        usage(__doc__, 1, 'No such list (or list already deleted): ' + name)
    print('No such list: %s.  Removing its residual archives.' % name)
elif not found:
    print('Not removing archives.  Reinvoke with -a to remove them.')


def remove(path, what):
    if os.path.islink(path) or os.path.isfile(path):
        print('Removing', what)
        os.unlink(path)
    elif os.path.isdir(path):
        print('Removing', what)
        shutil.rmtree(path)
    else:
        print(name, what, 'not found as', path)


if Utils.list_exists(name):
    remove(Site.get_listpath(name), 'list info')
    # also the locks of every list whose name begins so
    for path in glob.glob(os.path.join(mm_cfg.LOCK_DIR, name + '.*')):
        os.unlink(path)
if found:
    for public, what in ((False, 'private archives'), (True, 'public archives')):
        for end in ('', '.mbox'):
            remove(Site.get_archpath(name + end, public=public), what)
sys.exit()
