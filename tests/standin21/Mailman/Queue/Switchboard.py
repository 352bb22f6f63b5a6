# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A queue: a folder of files with a message and what is known of it, named by the time when the message came."""

import cPickle
import hashlib
import os
import time


class Switchboard:
    def __init__(self, folder):
        self._folder = folder

    def enqueue(self, _msg, _metadata=None, **more):
        """Add a message; the name of its file."""
        data = dict(_metadata or {}, **more)
        came = data.setdefault("received_time", time.time())
        data.update(version=3, _parsemsg=False)
        text = cPickle.dumps(_msg, 1)
        name = "%r+%s" % (came, hashlib.sha1(text + data.get("listname", "") + repr(time.time())).hexdigest())
        path = os.path.join(self._folder, name)
        mask = os.umask(0o007)
        try:
            with open(path + ".tmp", "wb") as handle:
                handle.write(text)
                cPickle.dump(data, handle, 1)
                handle.flush()
                os.fsync(handle.fileno())
        finally:
            os.umask(mask)
        os.rename(path + ".tmp", path + ".pck")
        return name

    def files(self):
        """The names of all files, the oldest first."""
        names = [name[:-4] for name in os.listdir(self._folder) if name.endswith(".pck")]
        return sorted(names, key=lambda name: float(name.partition("+")[0]))

    def read(self, name):
        with open(os.path.join(self._folder, name + ".pck"), "rb") as handle:
            return cPickle.load(handle), cPickle.load(handle)

    def finish(self, name):
        os.unlink(os.path.join(self._folder, name + ".pck"))
