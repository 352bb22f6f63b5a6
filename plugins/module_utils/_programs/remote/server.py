# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What every program has that runs in the interpreter of somebody else (Mailman's, or its web interface's).

It is sent there together with the program, so it imports nothing of Ansible,
and it is Python 2.7 as well as 3, because Mailman 2.1 is. It runs as the
service's own user (see _programs/identity.py): what root writes, the service could not
change, and what is imported may be the service's own.
Requests arrive on standard input, one JSON object a line; every request gets
one JSON object in answer. Where that has "lists" by name, it says in "streamed"
how many lines [name, list] follow. Errors are answered as {"error": sentence}.
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

# How many values go into one IN (...) of a query; SQLite's limit is 999 on old versions.
CHUNK = 500
PR_SET_PDEATHSIG = 1


class Failure(Exception):
    """What the user must be told, in one sentence."""


class Absent(Failure):
    """The service is not there to be asked, which check mode takes for an empty one."""


# What databases say that is none of the program's faults, and what it means.
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
    """What went wrong, on one line. SQLAlchemy and Django wrap what the database said, with the statement and a link."""
    # who ran into it first knows most
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
    """Write a file so that whoever reads it sees all of the old or all of the new text, whatever happens."""
    temporary = path + ".new"
    with io.open(temporary, "w", encoding="utf-8", newline="") as handle:
        handle.write(text)
        handle.flush()
        os.fsync(handle.fileno())
    os.rename(temporary, path)


def replace_bytes(path, chunks_of):
    # type: (str, Iterable[bytes]) -> None
    """The same with bytes in pieces; the mode of a file that is there stays, and its group where that may be."""
    status = os.stat(path)
    # Beside it, where neither Mailman nor a web server looks for it.
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
    """Have the kernel send SIGTERM when whoever asks is gone: nobody waits for the answer, and nobody would end this process."""
    try:
        import ctypes

        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    except (ImportError, OSError, AttributeError):
        # Then it ends after the request that it is at.
        pass


def serve(start, prepare=None):
    # type: (Callable[[dict[str, Any]], Any], Callable[[], None] | None) -> None
    """Answer requests until there are no more.

    start: takes the first request and returns a handler, which has a method for
        every further value of "op"; its `server_info` is the first answer.
    prepare: imports what takes long while nobody asks yet; what it cannot
        import, start cannot either, and says so.
    """
    # A site is a million objects, and no garbage: a third of reading it would be looking for some.
    gc.disable()
    # Whatever the service's code prints must not mix with the answers.
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
        # A site's lists go one by one, so that nobody has all of them twice, as objects and as text.
        lists = answer.get("lists")
        if isinstance(lists, dict):
            answer = dict(answer, lists=None, streamed=len(lists))
        out.write(json.dumps(answer).encode("ascii") + b"\n")
        if isinstance(lists, dict):
            for name in list(lists):
                out.write(json.dumps([name, lists.pop(name)]).encode("ascii") + b"\n")
        out.flush()
        # while whoever asked thinks about it, not when the process ends
        del answer, lists
