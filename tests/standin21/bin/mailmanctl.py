# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""mailmanctl [-s] [-q] start|stop|restart|reopen: a master; it does what runners do where a host wants that."""

import os
import pwd
import signal
import sys
import time

import paths  # pylint: disable=unused-import
from Mailman import mm_cfg, runners


def start():
    if os.fork():
        return
    user = pwd.getpwnam(mm_cfg.MAILMAN_USER)
    os.setsid()
    os.setgid(user.pw_gid)
    os.setuid(user.pw_uid)
    with open(mm_cfg.PIDFILE, "w") as pid_file:
        pid_file.write("{0}\n".format(os.getpid()))
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    null = os.open(os.devnull, os.O_RDWR)
    for descriptor in range(3):
        os.dup2(null, descriptor)
    while True:
        if runners.moves_mail():
            runners.run_once()
        time.sleep(0.5)


what = sys.argv[-1]
if what == "start":
    start()
else:
    with open(mm_cfg.PIDFILE) as pid_file:
        os.kill(int(pid_file.read()), signal.SIGTERM if what == "stop" else signal.SIGHUP)
