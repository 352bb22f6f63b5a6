# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Real processes. Each test runs them below a process of its own, since pytest's has threads and much memory."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[6]
PRELUDE = """
import json, os, signal, sys, time
from ansible_collections.listops.mailman.plugins.module_utils._hyperkitty.remote.workers import Workers

def run(do, portions, number=2, seconds=20.0):
    with Workers(number, do, seconds) as workers:
        return [[(piece, str(found)) for piece, found in answers] for answers in workers.map(portions)]
"""


def run(program: str):
    env = dict(os.environ, PYTHONPATH=str(ROOT / ".ansible/collections"))
    done = subprocess.run(
        [sys.executable, "-c", PRELUDE + program], capture_output=True, text=True, check=False, env=env, timeout=120
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_answers_come_in_the_order_of_the_work():
    found = run("""
def do(piece):
    time.sleep(0.02 if piece % 3 else 0)
    return piece * 2
print(json.dumps(run(do, [[3 * at, 3 * at + 1, 3 * at + 2] for at in range(20)])))
""")
    assert [pair for answers in found for pair in answers] == [[piece, str(2 * piece)] for piece in range(60)]


def test_work_is_taken_little_by_little():
    found = run("""
taken = []
def portions():
    for at in range(100):
        taken.append(at)
        yield [at]
with Workers(2, str, 20.0) as workers:
    answers = workers.map(portions())
    next(answers)
    print(len(taken))
""")
    assert found <= 6


def test_what_fails_says_why_and_stops_no_other():
    found = run("""
def do(piece):
    return 1 // piece
print(json.dumps(run(do, [[1, 0, 1], [1]])))
""")
    assert found == [
        [[1, "1"], [0, "ZeroDivisionError: integer division or modulo by zero"], [1, "1"]],
        [[1, "1"]],
    ]


def test_what_ends_its_process_stops_no_other():
    found = run("""
def do(piece):
    if piece == 5:
        os.kill(os.getpid(), signal.SIGKILL)
    return piece
print(json.dumps(run(do, [[at, at + 1] for at in range(0, 40, 2)])))
""")
    flat = dict(pair for answers in found for pair in answers)
    assert flat.pop(5) == "it ends the process that reads it"
    assert flat == {at: str(at) for at in range(40) if at != 5}


def test_what_takes_too_long_stops_no_other():
    found = run("""
def do(piece):
    while piece == 1:
        pass
    return piece
print(json.dumps(run(do, [[0, 1, 2]], seconds=0.2)))
""")
    assert found == [[[0, "0"], [1, "Overdue: reading it takes too long"], [2, "2"]]]


def test_big_answers_do_not_block():
    found = run("""
def do(piece):
    return "x" * piece
print(json.dumps([len(found) for answers in run(do, [[3000000], [3000000], [10]] * 5, number=1) for _piece, found in answers]))
""")
    assert found == [3000000, 3000000, 10] * 5


def test_no_process_is_left():
    found = run("""
with Workers(3, str, 20.0) as workers:
    list(workers.map([[1], [2]]))
    there = [process for process, _end in workers._ends]
def runs(process):
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True
print(json.dumps([len(there), sum(map(runs, there))]))
""")
    assert found == [3, 0]
