# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the real one's runners do with posts: they go to all members, and into the mailbox of the archive.

Only a host with a file `data/standin-moves-mail` has it. Other proofs look at what is in the queues.
"""

import os
import subprocess
import time
from email.generator import Generator

from Mailman import Errors, mm_cfg
from Mailman.MailList import MailList
from Mailman.Queue.sbcache import get_switchboard

SWITCH = os.path.join(mm_cfg.DATA_DIR, "standin-moves-mail")


def moves_mail():
    return os.path.exists(SWITCH)


def run_once():
    for folder, handle in (
        (mm_cfg.INQUEUE_DIR, distribute),
        (mm_cfg.VIRGINQUEUE_DIR, send_own),
        (mm_cfg.ARCHQUEUE_DIR, archive),
    ):
        queue = get_switchboard(folder)
        for name in queue.files():
            message, data = queue.read(name)
            try:
                mlist = MailList(data["listname"], lock=0)
            except Errors.MMUnknownListError:
                continue
            handle(mlist, message, data)
            queue.finish(name)


def distribute(mlist, message, data):
    """A post goes to all who get each, and to the queue of the archive."""
    people = [member for member in mlist.getRegularMemberKeys() if not mlist.getDeliveryStatus(member)]
    if mlist.archive:
        get_switchboard(mm_cfg.ARCHQUEUE_DIR).enqueue(message, data)
    if people:
        send(mlist, message, people)


def send_own(mlist, message, data):
    send(mlist, message, data["recips"])


def send(mlist, message, people):
    program = ["/usr/sbin/sendmail", "-oi", "-f", mlist.GetBouncesEmail(), "--"] + list(people)
    child = subprocess.Popen(program, stdin=subprocess.PIPE)
    child.communicate(message.as_string())
    assert child.returncode == 0, "the mail server did not take it"


def archive(mlist, message, data):
    name = mlist.internal_name()
    if not message.get_unixfrom():
        message.set_unixfrom("From %s %s" % (message.get_sender(), time.ctime(data["received_time"])))
    mask = os.umask(0o002)
    try:
        folder = os.path.join(mm_cfg.PRIVATE_ARCHIVE_FILE_DIR, name + ".mbox")
        with open(os.path.join(folder, name + ".mbox"), "ab") as handle:
            Generator(handle, mangle_from_=True).flatten(message, unixfrom=True)
            handle.write("\n")
    finally:
        os.umask(mask)
