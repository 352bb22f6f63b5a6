# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What somebody else wrote, and a role keeps a copy of, may have passwords in it: no diff shows it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

ROLES = Path(__file__).resolve().parents[3] / "roles"
COPY, FILES, TEMPLATE = "listops.mailman.config_copy", "listops.mailman.config_files", "ansible.builtin.template"


def tasks(role: Path) -> Iterator[dict[str, Any]]:
    for path in sorted((role / "tasks").glob("*.yml")):
        yield from yaml.safe_load(path.read_text(encoding="utf-8")) or ()


def copied(role: Path) -> set[str]:
    """The files that a role keeps copies of."""
    found: set[str] = set()
    for task in tasks(role):
        files = task.get(COPY, {}).get("files", [])
        if isinstance(files, str):
            variables = yaml.safe_load((role / "vars/main.yml").read_text(encoding="utf-8"))
            files = variables[files.strip("{} ")]
        found |= {entry["path"] for entry in files}
    return found


def written(role: Path) -> Iterator[tuple[str, Any]]:
    """The files that a role writes, each with what says whether its differences are shown."""
    for task in tasks(role):
        lists = [task.get(FILES, {}).get("files", []), *(task.get("vars") or {}).values()]
        for entry in (entry for files in lists if isinstance(files, list) for entry in files):
            if isinstance(entry, dict) and "path" in entry:
                yield entry["path"], entry.get("show", True)
        if TEMPLATE in task:
            yield task[TEMPLATE]["dest"], task.get("diff", True)


KEEPING = [role for role in sorted(ROLES.iterdir()) if copied(role)]


def test_which_roles_keep_copies() -> None:
    assert [role.name for role in KEEPING] == ["apache", "backup", "exim", "mailman", "spamassassin"]


@pytest.mark.parametrize("role", KEEPING, ids=[role.name for role in KEEPING])
def test_no_diff_shows_what_somebody_else_wrote(role: Path) -> None:
    shown = dict(written(role))
    assert copied(role) <= shown.keys()
    for path in copied(role):
        assert shown[path] is False or ".foreign " in str(shown[path]), path
