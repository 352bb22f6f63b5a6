# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Unit tests."""

from __future__ import annotations

from pathlib import Path

from harness.checkout import CACHE, VENV, environment
from harness.console import Failed, run, step
from harness.results import Count, PartFailed, read_junit


def units(name: str = "units", *, venv: Path = VENV) -> Count:
    step(name)
    report = CACHE / f"{name.replace(' ', '-')}.xml"
    report.unlink(missing_ok=True)
    try:
        run(["python", "-m", "pytest", "-q", f"--junitxml={report}"], log=report.stem, env=environment(venv=venv))
    except Failed as exc:
        raise PartFailed(str(exc), read_junit(report)) from exc
    return read_junit(report)
