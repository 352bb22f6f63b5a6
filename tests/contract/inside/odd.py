# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""For withlist -r: a list that has what Mailman's commands let in, and its programs never write."""

from __future__ import print_function

import cPickle
import os
import subprocess

from Mailman import mm_cfg

WRONG = (None, 3, 3.5, float('inf'), True, '', 'x', '\xfc', u'\u20ac', [], ['a'], [3], [None], [[]], {}, {'a': 1}, {3: 'a'}, {(1,): 2}, (), (1,),
         ['\xfc@example.net'], 'x' * 200)


def attribute(m, name, value):
    """One attribute, given as Python."""
    setattr(m, name, eval(value))  # pylint: disable=eval-used
    m.Save()


def without(m, name):
    del m.__dict__[name]
    try:
        m.Save()
    except AttributeError:
        # it is saved by then, and the links of its archive come after that
        if name != 'archive_private':
            raise


def copies(m, prefix):
    """A list for each attribute with each wrong value, and without it; prints their names with the attributes."""
    state = dict((key, value) for key, value in m.__dict__.items() if key[0] != '_' and not callable(value))
    folders = []
    for name in sorted(state):
        for wrong in WRONG + (KeyError,):
            copy = dict(state)
            if wrong is KeyError:
                del copy[name]
            else:
                copy[name] = wrong
            folder = os.path.join(mm_cfg.LIST_DATA_DIR, '%s%d' % (prefix, len(folders)))
            os.mkdir(folder)
            with open(os.path.join(folder, 'config.pck'), 'wb') as handle:
                cPickle.dump(copy, handle, 1)
            print(os.path.basename(folder), name)
            folders.append(folder)
    subprocess.check_call(['chown', '-R', 'list:list'] + folders)
