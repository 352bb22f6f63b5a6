# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A plugin of Mailman 3: mail waits while there is no room for it, or the database cannot be used.

On a full disk Mailman's runners put what they cannot write elsewhere into the queue `bad`, where it stays, and its LMTP
server answers 550, which returns a post to its sender. With this plugin runners leave their queues alone while less
than ROOM is free, and errors of the LMTP server are temporary: the mail server keeps the message and tries again.

While another process writes to SQLite, PostgreSQL starts anew, or Mailman itself stops, runners put the message that they
have at that moment into the queue `shunt`, where it stays, too. With this plugin it stays in its queue, as long as nothing
of it was passed on.
"""

import contextlib
import logging
import os
import time

from mailman.interfaces.plugin import IPlugin
from zope.interface import implementer

ROOM = 10 << 20
# Until the database is tried again; seconds.
PAUSE = 5
# Runners that send mail before they come to the database: a second time would be twice.
SENDERS = ("out", "nntp")
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
        return [] if waits or time.monotonic() < getattr(self, "_listops_until", 0) else get_files(self, extension)

    Switchboard.get_files = get_files_if_room


def let_messages_stay():
    from mailman.config import config
    from mailman.core.runner import Runner
    from mailman.core.switchboard import Switchboard
    from mailman.interfaces.runner import RunnerInterrupt
    from sqlalchemy.exc import OperationalError

    process, enqueue, dequeue, finish = (
        Runner._process_one_file,
        Switchboard.enqueue,
        Switchboard.dequeue,
        Switchboard.finish,
    )
    passed_on = 0

    def enqueue_and_count(self, *args, **more):
        nonlocal passed_on
        passed_on += 1
        return enqueue(self, *args, **more)

    def process_or_keep(self, msg, msgdata):
        before = passed_on
        try:
            process(self, msg, msgdata)
        except (OperationalError, RunnerInterrupt) as error:
            if passed_on > before or self.name in SENDERS:
                raise
            config.db.abort()
            self.switchboard._listops_stays = True
            if isinstance(error, OperationalError):
                self.switchboard._listops_until = time.monotonic() + PAUSE
                log.error("%s waits: %s", self.switchboard.queue_directory, error.orig)

    def dequeue_or_keep(self, filebase):
        try:
            return dequeue(self, filebase)
        except RunnerInterrupt:
            self._listops_stays = True
            raise

    def finish_or_keep(self, filebase, preserve=False):
        """The file is a .bak while the runner has it."""
        if not getattr(self, "_listops_stays", False):
            return finish(self, filebase, preserve)
        self._listops_stays = False
        place = os.path.join(self.queue_directory, filebase)
        with contextlib.suppress(FileNotFoundError):
            os.rename(place + ".bak", place + ".pck")

    Runner._process_one_file = process_or_keep
    Switchboard.enqueue, Switchboard.dequeue, Switchboard.finish = enqueue_and_count, dequeue_or_keep, finish_or_keep


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
            let_messages_stay()
            let_lmtp_clients_try_again()

    def post_hook(self):
        pass
