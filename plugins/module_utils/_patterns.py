# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Regular expressions that list owners wrote, tried within a bounded time.

An expression such as ^(a+)+$ can take years. Another process tries them, with a limit of processor time by the system, so
that it blocks neither the run nor the host.
"""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
from typing import Any, Iterable, Mapping

# Limit of processor time for each expression and PORTION texts.
SECONDS = 1.0
PORTION = 1000
# Answers each request with a line for each expression: which of the texts it matches.
_PROGRAM = """
import json, re, signal, sys
signal.signal(signal.SIGVTALRM, signal.SIG_DFL)
for line in iter(sys.stdin.readline, ""):
    seconds, portion, whole, patterns, texts = json.loads(line)
    for pattern in patterns:
        found = []
        for start in range(0, len(texts), portion):
            signal.setitimer(signal.ITIMER_VIRTUAL, seconds)
            try:
                expression = re.compile(pattern, 0 if whole else re.IGNORECASE)
            except re.error:
                # Mailman ignores it, too.
                break
            match = expression.fullmatch if whole else expression.match
            found.extend(start + at for at, text in enumerate(texts[start:start + portion]) if match(text))
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        print(json.dumps(found), flush=True)
"""


class TooSlow(Exception):
    """An expression takes too long. pattern: the expression."""

    def __init__(self, pattern: str) -> None:
        super().__init__(pattern)
        self.pattern = pattern


class Matcher:
    """A context manager. Its process starts with the first match."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[str] | None = None

    def __enter__(self) -> Matcher:
        return self

    def __exit__(self, *_exc: Any) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.communicate()

    def first(self, patterns: Iterable[str], texts: Iterable[str], *, whole: bool = False) -> Mapping[str, str]:
        """For each text that a pattern matches as Mailman does, the first such pattern.

        whole: match the whole text and its case; Mailman matches only from the beginning, in any case.
        """
        patterns, texts = list(patterns), list(texts)
        found: dict[str, str] = {}
        if not patterns or not texts:
            return found
        process = self._process = self._process or self._start()
        if process.stdin is None or process.stdout is None:
            raise AssertionError("_start opens both")
        with contextlib.suppress(BrokenPipeError):
            process.stdin.write(json.dumps([SECONDS, PORTION, whole, patterns, texts]) + "\n")
            process.stdin.flush()
        for pattern in patterns:
            line = process.stdout.readline()
            if not line.endswith("\n"):
                self.__exit__()
                raise TooSlow(pattern)
            for at in json.loads(line):
                found.setdefault(texts[at], pattern)
        return found

    @staticmethod
    def _start() -> subprocess.Popen[str]:
        # -I ignores the environment, -S installed packages.
        return subprocess.Popen(
            [sys.executable, "-I", "-S", "-c", _PROGRAM],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            encoding="ascii",
        )
