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

program, name = sys.argv[1:]
if os.getgid() != grp.getgrnam("list").gr_gid:
    sys.stderr.write("Group mismatch error: started by group {0}, and list is expected\n".format(os.getgid()))
    sys.exit(2)
if program not in PROGRAMS:
    sys.stderr.write("Illegal command: {0}\n".format(program))
    sys.exit(5)
path = os.path.join("/var/lib/mailman/qfiles", PROGRAMS[program], "{0:.6f}+{1}".format(time.time(), os.getpid()))
entry = {"program": program, "list": name, "message": sys.stdin.read()}
with open(path + ".tmp", "w") as queued:
    json.dump(entry, queued)
os.rename(path + ".tmp", path + ".json")
