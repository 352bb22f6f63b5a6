# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.listops.mailman.plugins.modules import service_info as module

MOMENT = "Sun 2024-03-10 12:00:00 UTC"
SECONDS = 1710072000


class Programs:
    """The part of Ansible's module that runs programs."""

    def __init__(self, check_mode: bool = False) -> None:
        self.check_mode = check_mode

    def run_command(self, argv: list[str], cwd: str) -> tuple[int, str, str]:
        done = subprocess.run(argv, cwd=cwd, capture_output=True, text=True, check=False)
        return done.returncode, done.stdout, done.stderr

    def fail_json(self, msg: str) -> Any:
        raise RuntimeError(msg)


def test_what_systemctl_shows() -> None:
    shown = "ActiveState=active\nUnitFileState=enabled\n\nActiveState=inactive\nUnitFileState=\n"
    assert module.states(shown) == [
        {"ActiveState": "active", "UnitFileState": "enabled"},
        {"ActiveState": "inactive", "UnitFileState": ""},
    ]


@pytest.mark.parametrize(
    ("wanted", "state", "expected"),
    [
        (True, "enabled", False),
        (True, "disabled", True),
        # by a script of SysV, say: whoever can tell is asked
        (True, "generated", True),
        (True, "", True),
        (False, "disabled", False),
        (False, "enabled", True),
        (None, "masked", False),
    ],
)
def test_what_differs(wanted: bool | None, state: str, expected: bool) -> None:
    assert module.differs(wanted, module.ENABLED, state) is expected


def newer(*files: Path, moment: str = MOMENT, user: str | None = None, check_mode: bool = False) -> list[str]:
    look = module.Look(Programs(check_mode))
    return [Path(path).name for path in look.newer([str(path) for path in files], moment, user)]


def test_files_that_are_newer(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    # what is not a second newer may have been there before the start
    for name, late in (("older", -60), ("same", 1), ("newer", 1.5), ("folder/below", 60), ("target", 60)):
        (tmp_path / name).write_text("")
        os.utime(tmp_path / name, (SECONDS + late, SECONDS + late))
    os.utime(folder, (SECONDS, SECONDS))
    old, new = tmp_path / "old-link", tmp_path / "new-link"
    old.symlink_to("target")
    os.utime(old, (SECONDS, SECONDS), follow_symlinks=False)
    new.symlink_to("older")
    names = ("older", "same", "newer", "folder")
    assert newer(*(tmp_path / name for name in names)) == ["newer", "below"]
    # of a link both count
    assert newer(old) == ["old-link"] and newer(new) == ["new-link"]
    # a unit that was never started
    assert newer(tmp_path / "newer", moment="") == []
    assert newer() == []


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    (tmp_path / "there").write_text("")
    with pytest.raises(RuntimeError, match="/missing"):
        newer(tmp_path / "there", tmp_path / "missing")
    assert newer(tmp_path / "there", tmp_path / "missing", check_mode=True) == ["there"]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
def test_a_user_looks_with_no_more_rights_than_his(tmp_path: Path) -> None:
    (tmp_path / "there").write_text("")
    tmp_path.chmod(0o700)
    assert newer(tmp_path / "there") == ["there"]
    with pytest.raises(RuntimeError, match="Permission denied"):
        newer(tmp_path / "there", user="nobody")
