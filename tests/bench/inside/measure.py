# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs a command several times on the host under the bench: how long it took, and how much memory.

Standard input: {"argv", "stdin": path of a file or null, "times", "user": null
or whom to become, "env", "together": whether to add up the memory of all
processes}. Answer: {"seconds": [of each run], "cpu": [processor seconds of each
run], "megabytes": {"module", "engine" (its children): the most that such a
process held; "together": all processes at once, each page once}, "out": what
the last printed}. Ends with the command's complaint when it fails.
"""

import json
import os
import pwd
import resource
import subprocess
import sys
import tempfile
import time

PAUSE = 0.02


def children(pid):
    """The processes below one, with what they are called."""
    found = {}
    for task in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{task}/children") as handle:
            for child in handle.read().split():
                found[child] = "engine"
    return found


def peak(pid):
    with open(f"/proc/{pid}/status") as handle:
        for line in handle:
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) / 1024
    return 0


def share(pid):
    """The memory of a process and of all below it; of pages that several have, each has a part."""
    with open(f"/proc/{pid}/smaps_rollup") as handle:
        total = sum(int(line.split()[1]) / 1024 for line in handle if line.startswith("Pss:"))
    return total + sum(map(share, children(pid)))


def watch(process, megabytes, together):
    while process.poll() is None:
        try:
            if together:
                megabytes["together"] = max(megabytes.get("together", 0), share(process.pid))
            for pid, name in {str(process.pid): "module", **children(process.pid)}.items():
                megabytes[name] = max(megabytes.get(name, 0), peak(pid))
        except (FileNotFoundError, ProcessLookupError):
            pass  # it has just ended
        time.sleep(10 * PAUSE if together else PAUSE)


def processor():
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def once(asked, megabytes):
    options = {}
    if asked.get("user"):
        entry = pwd.getpwnam(asked["user"])
        groups = os.getgrouplist(entry.pw_name, entry.pw_gid)
        options = {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": groups}
    with open(asked.get("stdin") or "/dev/null", "rb") as stdin, tempfile.TemporaryFile() as out:
        began, used = time.monotonic(), processor()
        process = subprocess.Popen(
            asked["argv"],
            stdin=stdin,
            stdout=out,
            stderr=subprocess.STDOUT,
            env=dict(os.environ, **asked["env"]),
            **options,
        )
        watch(process, megabytes, asked.get("together"))
        process.wait()
        seconds = time.monotonic() - began
        out.seek(0)
        said = out.read().decode(errors="replace")
    if process.returncode:
        sys.exit(f"{asked['argv'][:4]} ended with status {process.returncode}: {said[-3000:]}")
    return seconds, processor() - used, said


asked = json.load(sys.stdin)
megabytes = {}
runs = [once(asked, megabytes) for _each in range(asked["times"])]
seconds, cpu, said = ([run[at] for run in runs] for at in range(3))
json.dump({"seconds": seconds, "cpu": cpu, "megabytes": megabytes, "out": said[-1]}, sys.stdout)
