# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a person sees: steps with the time since the start, progress, and one sentence when it ends badly."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from harness.checkout import LOGS, ROOT

START = time.monotonic()
# Of a command with brief output, a line is shown this often (on a terminal: always, over the last one).
HEARTBEAT = 5.0


class Problem(Exception):
    """One sentence for the person who typed the command."""


class Failed(Problem):
    """A command ended with an error; what it said is in the log and has been shown."""


def elapsed() -> int:
    return int(time.monotonic() - START)


def step(title: str) -> None:
    say(f"\n=== {title} ({elapsed()} s)")


# Of work beside other work, a line is shown this often before it has ended.
GLIMPSE = 20.0
_thread = threading.local()


def say(line: str) -> None:
    kept: list[str] | None = getattr(_thread, "kept", None)
    if kept is None:
        print(line, flush=True)
        return
    kept.append(line)
    if line.strip() and time.monotonic() - _thread.shown >= GLIMPSE:
        _thread.shown = time.monotonic()
        print(f"  {_thread.label}: {line.strip()[:150]}", flush=True)


def quietly(work: Callable[[], None], label: str) -> None:
    """Do some work, and say what it has to say when it is done; signs of life until then."""
    _thread.kept, _thread.label, _thread.shown = [], label, time.monotonic()
    try:
        work()
    finally:
        print("\n".join(_thread.kept), flush=True)
        del _thread.kept


@contextmanager
def beside(work: Callable[[], None], label: str = "beside") -> Iterator[None]:
    """Do some work beside what the block does."""
    with ThreadPoolExecutor(max_workers=1) as other:
        done = other.submit(quietly, work, label)
        yield
        done.result()


def side_by_side(work: Mapping[str, Callable[[], None]], at_once: int) -> None:
    """Do all of this work in its order, some at once; raises what the first raised when all has ended."""
    with ThreadPoolExecutor(max_workers=at_once) as pool:
        for done in [pool.submit(quietly, action, label) for label, action in work.items()]:
            done.result()


def every_line(line: str) -> str:
    return line


class Progress:
    """Shows the latest line of a long command, not all of them."""

    def __init__(self, label: str) -> None:
        self.label = label
        self.terminal = sys.stdout.isatty() and not hasattr(_thread, "kept")
        self.shown = time.monotonic()

    def __call__(self, line: str) -> None:
        line = line.strip()
        if not line:
            return
        if self.terminal:
            width = os.get_terminal_size().columns - 1
            print(f"\r\033[K{f'  {self.label}: {line}'[:width]}", end="", flush=True)
        elif time.monotonic() - self.shown >= HEARTBEAT:
            self.shown = time.monotonic()
            say(f"  {self.label}: {line[:150]}")

    def end(self) -> None:
        if self.terminal:
            print("\r\033[K", end="", flush=True)


def run(
    command: Sequence[str],
    *,
    log: str,
    env: Mapping[str, str],
    cwd: Path = ROOT,
    brief: str = "",
    only: Callable[[str], str] = every_line,
) -> str:
    """Run a command, show its output (all of it, or what `only` leaves, or with `brief` signs of life), keep it in a log.

    Raises Failed when its exit status is not 0, after showing the end of what had not been shown.
    """
    LOGS.mkdir(parents=True, exist_ok=True)
    path = LOGS / f"{log}.log"
    progress = Progress(brief) if brief else None
    lines: list[str] = []
    with (
        path.open("w", encoding="utf-8") as kept,
        subprocess.Popen(
            command, cwd=cwd, env=dict(env), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        ) as process,
    ):
        assert process.stdout is not None
        for raw in process.stdout:
            line = raw.decode("utf-8", "replace").rstrip("\n")
            kept.write(line + "\n")
            kept.flush()
            lines.append(line)
            wanted = only(line)
            if progress:
                progress(wanted)
            elif wanted or only is every_line:
                say(wanted)
    if progress:
        progress.end()
    if process.returncode:
        if progress or only is not every_line:
            say("\n".join(lines[-60:]))
        raise Failed(
            f"{shlex.join(command)[:160]} ended with status {process.returncode}; its output is in {path.relative_to(ROOT)}."
        )
    return "\n".join(lines)


def ask(command: Sequence[str], *, env: Mapping[str, str], timeout: float = 120) -> tuple[int, str]:
    """Run a short command quietly: its status and output."""
    try:
        done = subprocess.run(
            command,
            env=dict(env),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=timeout,
            check=False,
        )
    except (FileNotFoundError, subprocess.TimeoutExpired) as exc:
        return 127, str(exc)
    return done.returncode, done.stdout.decode("utf-8", "replace").strip()


def table(rows: Sequence[Sequence[str]]) -> str:
    """Columns as wide as their widest cell."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    )
