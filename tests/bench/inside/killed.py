# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs a command and kills it with SIGKILL after a while: all of it, or only the process that it started.

Standard input: {"argv", "stdin": path of a file, "env", "seconds", "after":
path of a file that must be there before the seconds count, or null, "child":
whether only what it started is killed}. Prints true when something was killed.
"""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time

asked = json.load(sys.stdin)
with open(asked["stdin"], "rb") as stdin:
    process = subprocess.Popen(
        asked["argv"],
        stdin=stdin,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=dict(os.environ, **asked["env"]),
        start_new_session=True,
    )
while asked["after"] and process.poll() is None and not os.path.exists(asked["after"]):
    time.sleep(0.002)
time.sleep(asked["seconds"])
with open(f"/proc/{process.pid}/task/{process.pid}/children") as handle:
    children = [int(child) for child in handle.read().split()]
running = process.poll() is None and bool(children)
if running and not asked["child"]:
    os.killpg(process.pid, signal.SIGKILL)
if running:
    # in sessions of their own
    for child in children:
        with contextlib.suppress(ProcessLookupError):
            os.kill(child, signal.SIGKILL)
process.wait()
print(json.dumps(running))
