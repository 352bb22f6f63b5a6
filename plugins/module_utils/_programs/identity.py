# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Starts programs as the user of a service: root's rights are dropped before any of its files is run or read."""

from __future__ import annotations

import os
import pwd
from typing import Any, Mapping, NamedTuple

# Variables of the environment that a program may inherit: not Ansible's interpreter, nor agents and tokens of the person who became root.
INHERITED = ("TZ", "MAILMAN_CONFIG_FILE", "DJANGO_SETTINGS_MODULE", "MAILMAN_WEB_CONFIG")
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


class Refused(Exception):
    """Why this process cannot become that user, in one sentence."""


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
        """Make this process, which was just forked, run as this user."""
        os.umask(0o022)
        if os.geteuid() != self.uid:
            os.initgroups(self.name, self.gid)
            os.setgid(self.gid)
            os.setuid(self.uid)

    def options(self) -> dict[str, Any]:
        """Arguments of subprocess.Popen that start a program as this user, in a folder that does not belong to a user.

        It gets a session of its own, since a process with our terminal could type there. Popen has arguments for the user
        only from Python 3.9 on; preexec_fn is safe in a process without threads.
        """
        return {
            "cwd": "/",
            "env": self.environment(os.environ),
            "preexec_fn": self.become,
            "start_new_session": True,
            "close_fds": True,
        }


def find(user: str, option: str) -> Identity:
    """The user of that name, if this process is or, as root, can become that user. Raises Refused."""
    try:
        entry = pwd.getpwnam(user)
    except KeyError:
        raise Refused("{1} is {0!r}: give a user of this host".format(user, option)) from None
    if os.geteuid() not in (0, entry.pw_uid):
        raise Refused("this must run as root or as {0} (become: true)".format(user))
    return Identity(entry.pw_name, entry.pw_uid, entry.pw_gid, entry.pw_dir)


def nobody() -> Identity:
    """Who has no file of this host, to read what is sent; without root's rights, whoever this is."""
    entry = pwd.getpwnam("nobody") if os.geteuid() == 0 else pwd.getpwuid(os.geteuid())
    return Identity(entry.pw_name, entry.pw_uid, entry.pw_gid, "/")


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
