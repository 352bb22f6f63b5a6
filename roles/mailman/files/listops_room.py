# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A plugin of Mailman 3: mail waits while there is no room for it.

On a full disk Mailman's runners put what they cannot write elsewhere into the queue `bad`, where it stays, and its LMTP
server answers 550, which returns a post to its sender. With this plugin runners leave their queues alone while less
than ROOM is free, and errors of the LMTP server are temporary: the mail server keeps the message and tries again.
"""

import logging
import os

from mailman.interfaces.plugin import IPlugin
from zope.interface import implementer

ROOM = 10 << 20
log = logging.getLogger("mailman.error")


def has_room(path):
    free = os.statvfs(path)
    # a file system may count no inodes
    return free.f_bavail * free.f_frsize >= ROOM and (free.f_favail > 0 or free.f_files == 0)


def let_runners_wait():
    from mailman.core.switchboard import Switchboard

    get_files = Switchboard.get_files

    def get_files_if_room(self, extension=".pck"):
        if extension != ".pck":
            return get_files(self, extension)
        waits = not has_room(self.queue_directory)
        if waits != getattr(self, "_listops_waits", False):
            self._listops_waits = waits
            log.error(
                "%s %s", self.queue_directory, "waits: the disk is full" if waits else "goes on: there is room again"
            )
        return [] if waits else get_files(self, extension)

    Switchboard.get_files = get_files_if_room


def let_lmtp_clients_try_again():
    from mailman.runners import lmtp

    class Handler(lmtp.LMTPHandler):
        """That a list does not exist is said at RCPT: a 550 after that is an error in writing."""

        async def handle_DATA(self, server, session, envelope):
            status = await super().handle_DATA(server, session, envelope)
            return status.replace(lmtp.ERR_550, lmtp.ERR_451)

        async def handle_exception(self, error):
            """aiosmtpd would answer 500, whatever it was: the database, for one."""
            log.error("LMTP: %s", error, exc_info=error)
            return lmtp.ERR_451

    lmtp.LMTPHandler = Handler


@implementer(IPlugin)
class Plugin:
    name = None
    resource = None

    def pre_hook(self):
        # Commands and other programs that load Mailman's library have no queue to wait for.
        if os.environ.get("MAILMAN_UNDER_MASTER_CONTROL"):
            let_runners_wait()
            let_lmtp_clients_try_again()

    def post_hook(self):
        pass
