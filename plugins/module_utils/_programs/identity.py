# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The user of a service, as whom its programs are started: root is dropped before the first byte of theirs is run or read."""

from __future__ import annotations

import os
import pwd
from typing import Any, Mapping, NamedTuple

# What a service's program may inherit of the environment: not Ansible's interpreter, nor agents and tokens of whoever became root.
INHERITED = ("TZ", "MAILMAN_CONFIG_FILE", "DJANGO_SETTINGS_MODULE", "MAILMAN_WEB_CONFIG")
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


class Refused(Exception):
    """Why nothing can be done as that user, in one sentence."""


class Identity(NamedTuple):
    """A user of the host."""

    name: str
    uid: int
    gid: int
    home: str

    def environment(self, inherited: Mapping[str, str]) -> dict[str, str]:
        """The environment of a program that is started as this user."""
        kept = {key: value for key, value in inherited.items() if key in INHERITED}
        own = {"PATH": PATH, "LC_ALL": "C.UTF-8", "HOME": self.home, "USER": self.name, "LOGNAME": self.name}
        return {**kept, **own}

    def become(self) -> None:
        """Turn this process, which has just been forked, into one of this user's."""
        os.umask(0o022)
        if os.geteuid() != self.uid:
            os.initgroups(self.name, self.gid)
            os.setgid(self.gid)
            os.setuid(self.uid)

    def options(self) -> dict[str, Any]:
        """Arguments of subprocess.Popen that start a program as this user, from a folder that is nobody's.

        In a session of its own: whoever has our terminal could type there. Popen has arguments for the user from Python 3.9
        on only; preexec_fn is safe in a process without threads.
        """
        return {
            "cwd": "/",
            "env": self.environment(os.environ),
            "preexec_fn": self.become,
            "start_new_session": True,
            "close_fds": True,
        }


def find(user: str, option: str) -> Identity:
    """The user of that name, whom this process is or, as root, can become; Refused otherwise."""
    try:
        entry = pwd.getpwnam(user)
    except KeyError:
        raise Refused("{1} is {0!r}: give a user of this host".format(user, option)) from None
    if os.geteuid() not in (0, entry.pw_uid):
        raise Refused("this must run as root or as {0} (become: true)".format(user))
    return Identity(entry.pw_name, entry.pw_uid, entry.pw_gid, entry.pw_dir)


def reader(folder: str, option: str) -> Identity:
    """Who reads a folder of a service's files: whoever this is; as root, nobody with the group of that folder; Refused otherwise.

    Files of a service are its group's to read, and what they lead to may be more than that.
    """
    if os.geteuid() != 0:
        entry = pwd.getpwuid(os.geteuid())
        return Identity(entry.pw_name, entry.pw_uid, entry.pw_gid, entry.pw_dir)
    group = os.stat(folder).st_gid
    if group == 0:
        raise Refused(
            "{0} is {1}, a folder of the group root: give a folder of the group of Mailman's files (chgrp -R), "
            "or run this as another user (become_user)".format(option, folder)
        )
    nobody = pwd.getpwnam("nobody")
    return Identity(nobody.pw_name, nobody.pw_uid, group, "/")
