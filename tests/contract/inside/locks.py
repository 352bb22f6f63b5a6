# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""For withlist -r: locks."""

from __future__ import print_function

import os
import sys
import time

from Mailman import LockFile, MailList


def hold(m, seconds):
    """Keep the lock for a while."""
    print(os.getpid())
    sys.stdout.flush()
    time.sleep(float(seconds))


def make(_site_list, name, seconds):
    """Be in the middle of making a list for a while."""
    m = MailList.MailList()
    m.Create(name, 'owner@example.org', 'x')
    hold(m, seconds)


def wait(m, seconds):
    try:
        m.Lock(float(seconds))
    except LockFile.TimeOutError as error:
        print(error.__class__.__name__, error.args)


def unlocked(m):
    try:
        m.Save()
    except LockFile.NotLockedError as error:
        print(error.__class__.__name__)
    path = os.path.join(m.fullpath(), 'config.pck')
    # nobody saved the list since, and somebody did
    for seconds in (10, 0):
        m.description = 'edited without the lock'
        os.utime(path, (time.time() - seconds,) * 2)
        m.Lock()
        print(m.description or 'lost')
        m.Unlock()


def change(m, statement, sign):
    """Have the lock until there is a file, and change the list then, as a web page or a queue runner does."""
    print(os.getpid())
    sys.stdout.flush()
    while not os.path.exists(sign):
        time.sleep(0.05)
    exec(statement)  # pylint: disable=exec-used
    m.Save()
