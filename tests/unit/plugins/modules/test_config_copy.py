# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is kept of a configuration that somebody else wrote."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.listops.mailman.plugins.module_utils import _nofollow as nofollow
from ansible_collections.listops.mailman.plugins.modules import config_copy as module

ENTRY: dict[str, Any] = {"mark": "# ours", "mark_path": None, "setting": "^([a-z]+) =", "content": "# ours\nkept = 1\n"}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    there = tmp_path / "exim4.conf"
    there.write_text("kept = 1\nlost = 2\n", encoding="utf-8")
    there.chmod(0o640)
    os.utime(there, (1e9, 1e9))
    return there


def test_a_copy_has_what_the_file_has(path: Path) -> None:
    found = module.look({**ENTRY, "path": str(path)}, {})
    assert found and found.said["settings"] == ["lost"]
    found.keep()
    copy = Path(found.said["kept"])
    assert copy.read_bytes() == path.read_bytes()
    assert (stat.S_IMODE(copy.stat().st_mode), copy.stat().st_mtime) == (0o640, 1e9)
    assert sorted(path.parent.iterdir()) == sorted((path, copy))


def test_what_is_ours_or_the_packages_is_not_copied(path: Path) -> None:
    entry = {**ENTRY, "path": str(path)}
    digest = module.hashlib.md5(path.read_bytes(), usedforsecurity=False).hexdigest()
    assert module.look(entry, {str(path): {digest}}) is None
    assert module.look({**entry, "path": str(path.with_name("none"))}, {}) is None
    path.write_text("# ours\nlost = 2\n", encoding="utf-8")
    assert module.look(entry, {}) is None


def test_a_link_of_a_services_user_is_refused(path: Path) -> None:
    """Such as robots.txt in a folder of www-data's, of which root would make a copy that www-data can read."""
    folder = path.parent / "www"
    folder.mkdir()
    (folder / "robots.txt").symlink_to(path)
    folder.chmod(0o777)
    with pytest.raises(nofollow.Unsafe, match="'robots.txt'"):
        module.look({**ENTRY, "path": str(folder / "robots.txt")}, {})
