# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""mail/mailman PROGRAM LIST: what the mail server runs, with the message on standard input.

Like the real wrapper it works for one group only, and puts the message into a queue.
"""

import grp
import json
import os
import sys
import time

PROGRAMS = {
    "post": "in",
    "admin": "bounces",
    "bounces": "bounces",
    "confirm": "commands",
    "join": "commands",
    "leave": "commands",
    "owner": "in",
    "request": "commands",
    "subscribe": "commands",
    "unsubscribe": "commands",
}

program = sys.argv[1]
if program not in PROGRAMS:
    sys.stderr.write("Illegal command: {0}\n".format(program))
    sys.exit(5)
if os.getgid() != grp.getgrnam("list").gr_gid:
    sys.stderr.write("Group mismatch error. It is to be executed as group \"list\", not {0}.\n".format(os.getgid()))
    sys.exit(2)
if len(sys.argv) < 3:
    sys.stderr.write("There is no name of a list.\n")
    sys.exit(1)
name = sys.argv[2]
if program == "post" and os.path.exists("/var/lib/mailman/data/standin-moves-mail"):
    sys.path.insert(0, "/usr/lib/mailman")
    import email

    from Mailman import Message, mm_cfg
    from Mailman.Queue.sbcache import get_switchboard

    message = email.message_from_file(sys.stdin, Message.Message)
    get_switchboard(mm_cfg.INQUEUE_DIR).enqueue(message, listname=name, tolist=1)
    sys.exit(0)
path = os.path.join("/var/lib/mailman/qfiles", PROGRAMS[program], "{0:.6f}+{1}".format(time.time(), os.getpid()))
entry = {"program": program, "list": name, "message": sys.stdin.read()}
with open(path + ".tmp", "w") as queued:
    json.dump(entry, queued)
os.rename(path + ".tmp", path + ".json")
