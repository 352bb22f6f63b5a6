# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the housekeeping role puts on a host runs there by itself: no collection is installed there."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[3]
ROLE = ROOT / "roles/housekeeping"
LIBRARY = "/usr/local/lib/listops-housekeeping"


@pytest.fixture
def program(tmp_path: Path) -> Path:
    """listops-publish with its library, as the role installs them, below a folder of the test."""
    tasks = yaml.safe_load((ROLE / "tasks/main.yml").read_text(encoding="utf-8"))
    (task,) = (each for each in tasks if each["name"] == "Install the library for paths of other users")
    package = yaml.safe_load((ROLE / "vars/main.yml").read_text(encoding="utf-8"))["_housekeeping_library"]
    assert task["ansible.builtin.copy"]["dest"] == LIBRARY + "/{{ _housekeeping_library }}/{{ item }}"
    (tmp_path / package).mkdir(parents=True)
    for name in task["loop"]:
        shutil.copy(ROOT / "plugins/module_utils" / name, tmp_path / package)
    text = (ROLE / "files/listops-publish").read_text(encoding="utf-8")
    assert LIBRARY in text
    path = tmp_path / "listops-publish"
    path.write_text(text.replace(LIBRARY, str(tmp_path)), encoding="utf-8")
    return path


def run(program: Path, *args: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-I", "-S", str(program), *args], capture_output=True, text=True, check=False
    )


def test_it_removes_a_file(program, tmp_path):
    figures = tmp_path / "mailman.prom"
    figures.write_text("old")
    done = run(program, "nobody", str(figures))
    assert (done.returncode, done.stderr) == (0, "")
    assert not figures.exists()


def test_it_says_in_one_sentence_what_stops_it(program, tmp_path):
    done = run(program, "nobody", str(tmp_path / "gone\x1b[2J/mailman.prom"))
    assert done.returncode == 1 and done.stderr.startswith("listops-publish: ") and "Traceback" not in done.stderr
    assert "\x1b" not in done.stderr
