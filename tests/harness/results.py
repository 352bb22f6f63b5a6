# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What ran, what it said, and how long it took. Later parts run after one has failed."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from xml.etree import ElementTree

from harness.console import Problem, say, table


@dataclass(frozen=True)
class Count:
    passed: int = 0
    failed: int = 0
    skipped: int = 0
    # each failed test, and the gist of what it said
    failures: tuple[str, ...] = ()


@dataclass(frozen=True)
class Result:
    part: str
    count: Count
    seconds: float


ONE = Count(passed=1)


TRACEBACK = "Traceback (most recent call last):"


def gist(message: str) -> str:
    """The first line of an error's message; when a traceback is in it, also the error with which that ends."""
    first, *rest = lines = message.strip().splitlines() or [""]
    begins = [number for number, line in enumerate(lines) if line.endswith(TRACEBACK)]
    if not begins or not rest:
        return first
    frames = [number for number, line in enumerate(lines) if number > begins[-1] and line.startswith('  File "')]
    # what follows the last frame and is not indented; pytest may say more after it
    after = lines[frames[-1] + 1 :] if frames else []
    error = next((line for line in after if line and not line[0].isspace()), lines[-1].strip())
    # the first line may be a long command, and CI keeps 300 letters
    return f"{first[:150]} {error}"


def read_junit(path: Path) -> Count:
    """Count the tests of a pytest report; one that is not there holds none."""
    if not path.exists():
        return Count()
    cases = list(ElementTree.parse(path).getroot().iter("testcase"))
    failures = tuple(
        f"{case.get('name')}: {gist(said.get('message') or '')}"
        for case in cases
        for said in [*case.findall("failure"), *case.findall("error")][:1]
    )
    skipped = sum(1 for case in cases if case.find("skipped") is not None)
    return Count(len(cases) - len(failures) - skipped, len(failures), skipped, failures)


def left_out(path: Path) -> list[str]:
    """Why tests of a pytest report were skipped, each reason once."""
    reasons = [str(skipped.get("message")) for skipped in ElementTree.parse(path).getroot().iter("skipped")]
    return list(dict.fromkeys(reasons))


def reason(output: str) -> str:
    """Where a playbook stopped, and why: the task, and the first words of its error. Later ones tidy up."""
    error = re.search(r"^(?:\[ERROR\]|fatal): (.*)$", output, re.MULTILINE)
    before = output[: error.start()] if error else output
    tasks = re.findall(r"^(?:TASK|RUNNING HANDLER) \[(.*)\]", before, re.MULTILINE)
    return f"{tasks[-1] if tasks else 'before the first task'}: {error.group(1) if error else 'no error was shown'}"


class PartFailed(Problem):
    """Some tests of a part failed; the sentence and what is known of the number."""

    def __init__(self, sentence: str, count: Count) -> None:
        super().__init__(sentence)
        self.count = count


class Run:
    """One `make` of several independent parts."""

    def __init__(self) -> None:
        self.results: list[Result] = []

    def part(self, name: str, action: Callable[[], Count]) -> None:
        started = time.monotonic()
        try:
            count = action()
        except PartFailed as exc:
            say(f"FAILED {name}: {exc}")
            count = replace(exc.count, failed=max(1, exc.count.failed), failures=exc.count.failures or (str(exc),))
        except Problem as exc:
            say(f"FAILED {name}: {exc}")
            count = Count(failed=1, failures=(str(exc),))
        self.results.append(Result(name, count, time.monotonic() - started))

    def total(self) -> Count:
        counts = [result.count for result in self.results]
        return Count(sum(c.passed for c in counts), sum(c.failed for c in counts), sum(c.skipped for c in counts))

    def summary(self) -> str:
        rows = [("part", "result", "passed", "failed", "skipped", "seconds")]
        for result in self.results:
            count = result.count
            verdict = "FAILED" if count.failed else "passed"
            rows.append(
                (
                    result.part,
                    verdict,
                    str(count.passed),
                    str(count.failed),
                    str(count.skipped),
                    f"{result.seconds:.0f}",
                )
            )
        return table(rows)

    def closing_line(self) -> str:
        total = self.total()
        skipped = f", {total.skipped} skipped" if total.skipped else ""
        return f"{total.passed} passed, {total.failed} failed{skipped}"

    def finish(self) -> int:
        """Print the summary; the exit status."""
        say("\n" + self.summary() + "\n")
        # once more at the end, which is what CI keeps
        for result in self.results:
            for failure in result.count.failures[:5]:
                say(f"FAILED {result.part}: {failure[:300]}")
        say(self.closing_line())
        total = self.total()
        return 0 if total.passed and not total.failed else 1
