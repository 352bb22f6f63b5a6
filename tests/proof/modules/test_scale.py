# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an operator sees of a change, however big it is."""

from __future__ import annotations

import re
import time

from support.controller import Controller
from support.ladder import DOMAIN, LIST
from support.proved import Proved

COUNT = 100_000


def test_a_hundred_thousand_new_members_stay_readable(controller: Controller, word: str, proved: Proved) -> None:
    lists = [
        {"name": f"{word}-big", "members": [f"m{number:06d}@example.net" for number in range(COUNT)]},
        {"name": f"{word}-small", "description": "not hidden", "members": ["alice@example.net"]},
    ]
    task = {"name": "big", LIST: {"domain": DOMAIN, "lists": lists}, "check_mode": True}
    began = time.monotonic()
    seen = controller.screen([task], "--diff")
    seconds = time.monotonic() - began
    lines = seen.splitlines()
    head = next(line for line in lines if line.startswith("+++ after: "))
    assert head == f"+++ after: as declared (lists: 2 created; members: {COUNT + 1} added)"
    assert lines.index(head) < 10, "the summary comes first"
    assert "+  description: not hidden" in lines and "+    - m000000@example.net" in lines
    left = re.search(r"^[ +]  \((\d+) more lines; diff_limit shows more\)$", seen, re.MULTILINE)
    shown = len([line for line in lines if line.startswith("+    - m0")])
    assert left and int(left.group(1)) == COUNT - shown
    assert len(lines) < 550
    proved(
        "100,000 new members in check mode: the counts, then what fits, then how much is left out",
        f"{len(lines)} lines, {seconds:.0f} s with Ansible's own time",
    )


def test_a_run_that_changes_nothing_shows_nothing(controller: Controller, name: str, proved: Proved) -> None:
    task = {"name": "same", LIST: {"name": name, "description": "x", "members": ["alice@example.net"]}}
    first, _play, rest = controller.screen([task, {**task, "name": "again"}], "--diff").partition("TASK [again]")
    assert "+  description: x" in first and "(lists: 1 created; members: 1 added)" in first
    assert [line for line in rest.splitlines() if line.startswith(("+", "-", "@"))] == []
    assert "ok: [fermium]" in rest
    proved("--diff of a run that changes nothing prints nothing")
