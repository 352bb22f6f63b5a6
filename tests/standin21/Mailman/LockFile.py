# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Locks that hold between hosts: a file that is a second link to its owner's own file.

The lock file's text is the path of the owner's file, which names host and process;
its modification time is when the lock ends by itself.
"""

import errno
import os
import random
import socket
import time

# A lock counts as forgotten when it ended this many seconds ago.
CLOCK_SLOP = 10


class LockError(Exception):
    pass


class AlreadyLockedError(LockError):
    pass


class NotLockedError(LockError):
    pass


class TimeOutError(LockError):
    pass


class LockFile:
    COUNTER = 0

    def __init__(self, lockfile, lifetime=15, withlogging=False):
        self._lockfile = lockfile
        self._lifetime = lifetime
        self._claim = '%s.%s.%d.%d' % (lockfile, socket.getfqdn(), os.getpid(), LockFile.COUNTER)
        LockFile.COUNTER += 1

    def __repr__(self):
        state = 'locked' if self.locked() else 'unlocked'
        return '<LockFile %s: %s [%s: %dsec] pid=%s>' % (id(self), self._lockfile, state, self._lifetime, os.getpid())

    def _owner(self):
        try:
            with open(self._lockfile) as handle:
                return handle.read()
        except IOError as error:
            if error.errno != errno.ENOENT:
                raise
            return None

    def _touch(self, path):
        end = time.time() + self._lifetime
        os.utime(path, (end, end))

    @staticmethod
    def _remove(path):
        try:
            os.unlink(path)
        except OSError as error:
            if error.errno != errno.ENOENT:
                raise

    def _forgotten(self):
        try:
            return os.stat(self._lockfile).st_mtime + CLOCK_SLOP < time.time()
        except OSError as error:
            if error.errno != errno.ENOENT:
                raise
            return False

    def locked(self):
        try:
            if os.stat(self._claim).st_nlink != 2 or self._owner() != self._claim:
                return False
            # whoever asks is alive, so the lock lasts
            self._touch(self._claim)
        except OSError as error:
            if error.errno != errno.ENOENT:
                raise
            return False
        return True

    def refresh(self, newlifetime=None, unconditionally=False):
        if newlifetime is not None:
            self._lifetime = newlifetime
        if not self.locked() and not unconditionally:
            raise NotLockedError('%s: %s' % (repr(self), self._owner()))

    def lock(self, timeout=0):
        """Wait for the lock, for ever unless a time in seconds is given."""
        if self.locked():
            raise AlreadyLockedError(repr(self))
        deadline = time.time() + timeout
        mask = os.umask(0o002)
        try:
            with open(self._claim, 'w') as handle:
                handle.write(self._claim)
        finally:
            os.umask(mask)
        self._touch(self._claim)
        while True:
            try:
                os.link(self._claim, self._lockfile)
                return
            except OSError as error:
                if error.errno != errno.EEXIST:
                    raise
            if timeout and time.time() > deadline:
                self._remove(self._claim)
                raise TimeOutError
            if self._forgotten():
                self._remove(self._owner() or self._lockfile)
                self._remove(self._lockfile)
            else:
                time.sleep(0.1 + random.random() / 4)

    def unlock(self, unconditionally=False):
        if not self.locked() and not unconditionally:
            raise NotLockedError('%s: %s' % (repr(self), self._owner()))
        if self.locked():
            self._remove(self._lockfile)
        self._remove(self._claim)
