# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The common part of all programs that run in the interpreter of a service (Mailman or its web interface).

It is sent there together with the program, so it imports nothing of Ansible,
and runs in Python 2.7 and 3, because of Mailman 2.1. It runs as the service's own
user (see _programs/identity.py): the service could not change files that root
writes, and imported modules may belong to the service.
Requests arrive on standard input, one JSON object a line; every request is
answered by one JSON object. For an answer with "lists" by name, "streamed" is the
number of lines [name, list] that follow. Errors are answered as {"error": sentence}.
"""

import gc
import io
import json
import os
import signal
import sys
import traceback

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, Iterable, Iterator  # noqa: F401

# How many values one IN (...) of a query has; SQLite's limit is 999 in old versions.
CHUNK = 500
PR_SET_PDEATHSIG = 1


class Failure(Exception):
    """An error for the user, in one sentence."""


class Absent(Failure):
    """The service does not exist yet; in check mode it counts as an empty one."""


# Errors of databases that are no faults of the program, and their meaning.
TROUBLES = (
    ("database or disk is full", "no space is left for the database: make room on its disk"),
    ("database disk image is malformed", "the database is damaged: restore it from a backup"),
    ("attempt to write a readonly database", "the database may only be read: see who owns its file and folder"),
    ("unable to open database file", "the database cannot be opened: see who owns its file and folder"),
    ("disk I/O error", "the database's disk has an error, or no space left"),
    ("No space left on device", "no space is left on the disk"),
    ("database is locked", "the database is kept by another process: run again when it is done"),
)


def sentence(exc):
    # type: (BaseException) -> str
    """An error on one line. SQLAlchemy and Django wrap the database's error, with the statement and a link."""
    # The first error in the chain says most.
    below = getattr(exc, "orig", None) or exc
    lines = [line.strip() for line in str(below).splitlines() if line.strip()]
    text = lines[0] if lines else ""
    for said, meant in TROUBLES:
        if said in text:
            return "{0} ({1})".format(meant, text)
    return "{0}: {1}".format(type(below).__name__, text) if text else type(below).__name__


def chunks(values):
    # type: (Iterable[Any]) -> Iterator[list[Any]]
    values = list(values)
    for start in range(0, len(values), CHUNK):
        yield values[start : start + CHUNK]


def replace_file(path, text):
    # type: (str, str) -> None
    """Write a file atomically."""
    temporary = path + ".new"
    with io.open(temporary, "w", encoding="utf-8", newline="") as handle:
        handle.write(text)
        handle.flush()
        os.fsync(handle.fileno())
    os.rename(temporary, path)


def replace_bytes(path, chunks_of):
    # type: (str, Iterable[bytes]) -> None
    """Write a file atomically from pieces of bytes. An existing file keeps its mode and, if possible, its group."""
    status = os.stat(path)
    # A temporary name in the same folder that neither Mailman nor a web server uses.
    temporary = os.path.join(os.path.dirname(path), "." + os.path.basename(path) + ".new")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as handle:
        for chunk in chunks_of:
            handle.write(chunk)
        handle.flush()
        os.fsync(handle.fileno())
    if os.geteuid() == 0 or status.st_gid in os.getgroups():
        os.chown(temporary, -1, status.st_gid)
    os.chmod(temporary, status.st_mode & 0o7777)
    os.rename(temporary, path)


def end_with_parent():
    # type: () -> None
    """Let the kernel send SIGTERM when the parent process is gone, since nobody else would end this process."""
    try:
        import ctypes

        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    except (ImportError, OSError, AttributeError):
        # It then ends after the present request.
        pass


def serve(start, prepare=None):
    # type: (Callable[[dict[str, Any]], Any], Callable[[], None] | None) -> None
    """Answer requests until there are no more.

    start: takes the first request and returns a handler, which has a method for
        every further value of "op"; its `server_info` is the first answer.
    prepare: imports slow modules before the first request. Errors are left to
        start, which imports the same.
    """
    # A site has a million objects and no garbage; collection would take a third of the time.
    gc.disable()
    # Output of the service's code must not mix with the answers.
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    if prepare is not None:
        try:
            prepare()
        except ImportError:
            pass
    end_with_parent()
    handler = None  # type: Any
    for line in iter(sys.stdin.readline, ""):
        request = json.loads(line)
        try:
            if request["op"] == "open":
                handler = start(request)
                answer = handler.server_info()
            else:
                answer = getattr(handler, request["op"])(request)
        except Failure as exc:
            answer = {"error": str(exc), "absent": isinstance(exc, Absent)}
        except Exception as exc:
            answer = {"error": sentence(exc), "traceback": traceback.format_exc()}
        # Lists are sent one by one, so that no process has all of them twice, as objects and as text.
        lists = answer.get("lists")
        if isinstance(lists, dict):
            answer = dict(answer, lists=None, streamed=len(lists))
        out.write(json.dumps(answer).encode("ascii") + b"\n")
        if isinstance(lists, dict):
            for name in list(lists):
                out.write(json.dumps([name, lists.pop(name)]).encode("ascii") + b"\n")
        out.flush()
        # Now, while the caller handles the answer, and not when the process ends.
        del answer, lists
