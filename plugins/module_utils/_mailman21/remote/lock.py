# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Locks of Mailman 2.1's lists: they are taken with a limited wait, and always released.

Mailman waits five hours for a lock whose holder was killed. The lock file
names the holder's host and process: if that process is dead, the lock is
removed; otherwise the message names the holder.
"""

import errno
import os
import signal
import socket

from ansible_collections.listops.mailman.plugins.module_utils._programs.remote.server import Failure

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable  # noqa: F401


class Interrupted(BaseException):
    """A signal asked to stop. It releases locks, and is not an error of one list, after which the next list would follow."""


def raise_on_signals():
    # type: () -> None
    def stop(number, _frame):
        # type: (int, Any) -> None
        raise Interrupted("stopped by signal {0}".format(number))

    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
        signal.signal(number, stop)


def read(path):
    # type: (str) -> str | None
    try:
        with open(path) as handle:
            return handle.read()
    except EnvironmentError as exc:
        if exc.errno != errno.ENOENT:
            raise
        return None


def holder(path, claim):
    # type: (str, str) -> tuple[str, int]
    """Host and process in a lock's content: PATH.HOST.PID.COUNTER, without the counter when the lock was passed on."""
    words = claim[len(path) + 1 :].split(".")
    numbers = [word for word in words[-2:] if word.isdigit()]
    if not claim.startswith(path + ".") or not numbers:
        return "", 0
    return ".".join(words[: len(words) - len(numbers)]), int(numbers[0])


def is_here(host):
    # type: (str) -> bool
    """Whether a lock is from this host; Mailman writes the full name."""
    return host in (socket.gethostname(), socket.getfqdn())


def is_dead(host, pid):
    # type: (str, int) -> bool
    """Whether the holder is a dead process of this host."""
    if not pid or not is_here(host):
        return False
    try:
        os.kill(pid, 0)
    except OSError as exc:
        return exc.errno == errno.ESRCH
    # A zombie still has its number, but does nothing any more.
    status = read("/proc/{0}/stat".format(pid)) or ""
    return status.rpartition(")")[2].split()[:1] == ["Z"]


def clear_if_dead(path):
    # type: (str) -> None
    """Remove the lock of a dead holder."""
    claim = read(path)
    if claim is None or not is_dead(*holder(path, claim)):
        return
    # Move it away first, so that a lock that another process takes meanwhile is not removed.
    aside = "{0}.{1}.{2}.aside".format(path, socket.gethostname(), os.getpid())
    try:
        os.rename(path, aside)
    except EnvironmentError:
        return
    if read(aside) != claim:
        os.link(aside, path)
    elif os.path.exists(claim):
        os.unlink(claim)
    os.unlink(aside)


def sweep(path):
    # type: (str) -> None
    """Remove files that dead processes left of the lock of a removed list."""
    clear_if_dead(path)
    folder = os.path.dirname(path)
    for name in os.listdir(folder):
        claim = os.path.join(folder, name)
        # A list can have the name of another list's lock file, so only a name with a dead holder at its end is removed.
        if is_dead(*holder(path, claim)):
            os.unlink(claim)


def described(path, what, waited):
    # type: (str, str, int) -> str
    """A sentence about the holder of a lock."""
    host, pid = holder(path, read(path) or "")
    if not pid:
        return "{0} is locked ({1}); waited {2} seconds".format(what, path, waited)
    state = "which is running" if is_here(host) else "if that is gone, remove {0}".format(path)
    return "{0} is locked by process {1} on {2}; waited {3} seconds; {4}".format(what, pid, host, waited, state)


def take(acquire, path, what, seconds):
    # type: (Callable[[int], Any], str, str, int) -> None
    """Take the lock at a path with one of Mailman's own functions, which gets the seconds to wait."""
    from Mailman.LockFile import TimeOutError

    clear_if_dead(path)
    try:
        acquire(max(1, seconds))
    except TimeOutError:
        raise Failure(described(path, what, seconds))


def tidy_locks(folder):
    # type: (str) -> None
    """Remove locks of dead processes and their other files, so that nobody waits for these for hours."""
    for name in sorted(os.listdir(folder)):
        if name.endswith(".lock"):
            clear_if_dead(os.path.join(folder, name))
    for name in sorted(os.listdir(folder)):
        base, dot, _rest = name.rpartition(".lock.")
        claim = os.path.join(folder, name[: -len(".aside")] if name.endswith(".aside") else name)
        if dot and is_dead(*holder(os.path.join(folder, base + ".lock"), claim)):
            remove(os.path.join(folder, name))


def tidy_lists(folder):
    # type: (str) -> None
    """Remove files that dead processes did not finish writing."""
    for name in sorted(os.listdir(folder)):
        place = os.path.join(folder, name)
        for file in sorted(os.listdir(place)) if os.path.isdir(place) else []:
            base, dot, _rest = file.rpartition(".pck.tmp.")
            path = os.path.join(place, file)
            if dot and is_dead(*holder(os.path.join(place, base + ".pck.tmp"), path)):
                remove(path)


def remove(path):
    # type: (str) -> None
    """Remove a file, unless it is gone or belongs to another user."""
    try:
        os.unlink(path)
    except OSError as exc:
        if exc.errno not in (errno.ENOENT, errno.EACCES, errno.EPERM):
            raise
