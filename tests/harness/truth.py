# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""make test-truth: the engine's reading of a Mailman 2.1's files against what that Mailman says of them."""

from __future__ import annotations

import os
import re
from pathlib import Path

from harness.checkout import LOGS, ROOT, environment
from harness.console import Failed, Problem, run, say, step
from harness.results import Count, PartFailed

TRUTH = ROOT / "tests/truth"
OWN = {"FIXTURE": TRUTH / "sodium-var-lib-mailman.tgz", "TRUTH": TRUTH / "sodium-truth.json"}


def truth() -> Count:
    """Compare the pair that the environment names, or our own."""
    step("truth")
    paths = []
    for option, own in OWN.items():
        path = Path(os.environ.get(option) or own).resolve()
        if not path.is_file():
            raise Problem(f"{option} is {path}: give a file that exists.")
        paths.append(str(path))
    env = environment({"PYTHONPATH": str(ROOT / ".ansible/collections")})
    try:
        output = run(["python", str(TRUTH / "compare.py"), *paths], log="truth", env=env)
    except Failed as exc:
        raise PartFailed(str(exc), judge((LOGS / "truth.log").read_text(encoding="utf-8"))) from exc
    return judge(output)


def judge(output: str) -> Count:
    found = re.search(r"^(\d+) values compared, (\d+) differ$", output, re.MULTILINE)
    if not found:
        raise Problem("Nothing was compared: see .cache/logs/truth.log.")
    say(f"  {found.group(0)}")
    compared, wrong = map(int, found.groups())
    return Count(passed=compared - wrong, failed=wrong)
