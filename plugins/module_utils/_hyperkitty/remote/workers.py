# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Work shared among processes of this interpreter, with the answers in the order of the work and little of it in memory.

The processes are forked from this one, which is set up already. A mail that ends a process, or takes too long, stops no other.
"""

from __future__ import annotations

import collections
import contextlib
import gc
import os
import signal
from multiprocessing.connection import Connection, Pipe
from typing import Any, Callable, Iterable, Iterator

from ansible_collections.listops.mailman.plugins.module_utils._programs.remote.server import end_with_parent

# How many portions of work each process has waiting, so that it never waits itself.
AHEAD = 2


class Overdue(Exception):
    """One piece of work took too long."""


def cores() -> int:
    return len(os.sched_getaffinity(0))


class Workers:
    """do: what is done with each piece of work. seconds: how long one piece may take. A context manager."""

    def __init__(self, number: int, do: Callable[[Any], Any], seconds: float) -> None:
        self._number = number
        self._do = do
        self._seconds = seconds
        self._ends: list[tuple[int, Connection]] = []

    def __enter__(self) -> Workers:
        self._ends = [self._fork() for _each in range(self._number)]
        return self

    def __exit__(self, *_exc: Any) -> None:
        for worker in range(len(self._ends)):
            self._end(worker)
        self._ends = []

    def map(self, portions: Iterable[list[Any]]) -> Iterator[list[tuple[Any, Any]]]:
        """For each portion the pairs (a piece of work, its result, or an error that says why there is none), in their order."""
        waiting: collections.deque[tuple[int, list[Any]]] = collections.deque()
        for number, portion in enumerate(portions):
            worker = number % self._number
            if len(waiting) == AHEAD * self._number:
                yield self._answer(waiting)
            self._send(worker, portion)
            waiting.append((worker, portion))
        while waiting:
            yield self._answer(waiting)

    # ---- one process

    def _send(self, worker: int, portion: list[Any]) -> None:
        # Of a process that has ended, its answer says so.
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            self._ends[worker][1].send(portion)

    def _answer(self, waiting: collections.deque[tuple[int, list[Any]]]) -> list[tuple[Any, Any]]:
        worker, portion = waiting.popleft()
        try:
            return list(zip(portion, self._ends[worker][1].recv()))
        except (EOFError, ConnectionResetError):
            found = [self._alone(worker, piece) for piece in portion]
            for other, later in waiting:
                if other == worker:
                    self._send(worker, later)
            return found

    def _alone(self, worker: int, piece: Any) -> tuple[Any, Any]:
        """Do one piece of a portion that ended its process."""
        self._end(worker)
        self._ends[worker] = self._fork()
        self._send(worker, [piece])
        try:
            return piece, self._ends[worker][1].recv()[0]
        except (EOFError, ConnectionResetError):
            self._end(worker)
            self._ends[worker] = self._fork()
            return piece, RuntimeError("it ends the process that reads it")

    def _end(self, worker: int) -> None:
        process, ours = self._ends[worker]
        ours.close()
        os.kill(process, signal.SIGKILL)
        os.waitpid(process, 0)

    def _fork(self) -> tuple[int, Connection]:
        ours, theirs = Pipe()
        process = os.fork()
        if process:
            theirs.close()
            return process, ours
        try:
            # Else this process would keep those of others open.
            for _process, other in [*self._ends, (0, ours)]:
                other.close()
            self._serve(theirs)
        finally:
            # Nothing of the parent's is finished here.
            os._exit(0)

    def _serve(self, connection: Connection) -> None:
        end_with_parent()
        signal.signal(signal.SIGALRM, _overdue)
        # What is here stays; what a mail leaves behind has circles.
        gc.freeze()
        gc.enable()
        while True:
            try:
                portion = connection.recv()
            except EOFError:
                return
            connection.send([self._try(piece) for piece in portion])

    def _try(self, piece: Any) -> Any:
        # Again and again, for code that goes on after any error.
        signal.setitimer(signal.ITIMER_REAL, self._seconds, self._seconds)
        try:
            return self._do(piece)
        except Exception as exc:
            return RuntimeError("{0}: {1}".format(type(exc).__name__, exc))
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)


def _overdue(_signal: int, _frame: Any) -> None:
    raise Overdue("reading it takes too long")
