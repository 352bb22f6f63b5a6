# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which names of Mailman 2.1 the apache role tells Apache."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[3]
A = {"from": "a", "to": "a@lists.example.org"}
B = {"from": "b.c+d", "to": "b@other.example.net"}
RENAMED = {"from": "a@lists.example.org", "to": "new@lists.example.org"}
CASES: list[tuple[list[dict[str, str]], list[dict[str, str]], list[str]]] = [
    ([], [], []),
    (
        [A, B],
        [],
        [
            "page:a a.lists.example.org",
            "archive:a a/a@lists.example.org",
            "page:b.c+d b.other.example.net",
            "archive:b.c+d b.c+d/b@other.example.net",
        ],
    ),
    # renamed since then: the guard knows the archive by its present name
    ([A], [RENAMED], ["page:a new.lists.example.org", "archive:a a/new@lists.example.org"]),
    ([A], [{**RENAMED, "archives": "stay"}], ["page:a new.lists.example.org", "archive:a a/a@lists.example.org"]),
    # renamed before that, with Mailman 2.1
    (
        [{"from": "new", "to": "new@lists.example.org"}],
        [RENAMED],
        [
            "page:new new.lists.example.org",
            "archive:new new/new@lists.example.org",
            "page:a new.lists.example.org",
            "archive:a new/new@lists.example.org",
        ],
    ),
    # the name was given to another list
    (
        [{"from": "new", "to": "new@lists.example.org"}, {"from": "a", "to": "a@other.example.net"}],
        [RENAMED],
        [
            "page:new new.lists.example.org",
            "archive:new new/new@lists.example.org",
            "page:a a.other.example.net",
            "archive:a a/a@other.example.net",
        ],
    ),
    # of a list that never was with Mailman 2.1
    (
        [A],
        [{"from": "x@lists.example.org", "to": "y@lists.example.org"}],
        ["page:a a.lists.example.org", "archive:a a/a@lists.example.org"],
    ),
]


@pytest.fixture(scope="module")
def rendered(tmp_path_factory: pytest.TempPathFactory) -> list[list[str]]:
    folder = tmp_path_factory.mktemp("migrated")
    tasks: list[dict[str, Any]] = [
        {
            "ansible.builtin.template": {
                "src": str(ROOT / "roles/apache/templates/migrated_lists.j2"),
                "dest": str(folder / str(number)),
            },
            "vars": {"apache_migrated_lists": migrated, "apache_renamed_lists": renamed},
        }
        for number, (migrated, renamed, _lines) in enumerate(CASES)
    ]
    playbook = folder / "play.json"
    play = {"hosts": "localhost", "connection": "local", "gather_facts": False, "tasks": tasks}
    play["vars"] = {"ansible_python_interpreter": sys.executable}
    playbook.write_text(json.dumps([play]), encoding="utf-8")
    done = subprocess.run(
        [Path(sys.executable).parent / "ansible-playbook", "--inventory=localhost,", playbook],
        cwd=ROOT,
        env=os.environ,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    texts = [(folder / str(number)).read_text(encoding="utf-8") for number in range(len(CASES))]
    return [[line for line in text.splitlines() if line and not line.startswith("#")] for text in texts]


@pytest.mark.parametrize("number", range(len(CASES)))
def test_names(rendered: list[list[str]], number: int) -> None:
    assert rendered[number] == CASES[number][2]
