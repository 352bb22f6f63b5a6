# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Dumps that take the place of databases."""

from __future__ import annotations

import hashlib
import json
import os
import pwd
from pathlib import Path

import pytest

from ansible_collections.listops.mailman.plugins.module_utils._archives.guard import ArchiveGuard
from ansible_collections.listops.mailman.plugins.module_utils._errors import HostError
from ansible_collections.listops.mailman.plugins.module_utils._migrate.whole import place

USER = pwd.getpwuid(os.geteuid()).pw_name


@pytest.fixture
def dump(tmp_path: Path) -> Path:
    folder = tmp_path / "dump"
    folder.mkdir(mode=0o700)
    (folder / "mailman.sqlite").write_bytes(b"new")
    said = {"name": "mailman", "file": "mailman.sqlite", "sha256": hashlib.sha256(b"new").hexdigest()}
    (folder / "manifest.json").write_text(json.dumps({"databases": [said]}))
    return folder


def test_a_dump_takes_the_place_whole_and_nothing_of_the_old_one_stays(dump: Path, tmp_path: Path) -> None:
    database = tmp_path / "mailman.db"
    database.write_bytes(b"old")
    database.chmod(0o660)
    for end in ("-wal", "-shm", "-journal", ".new"):
        Path(f"{database}{end}").write_bytes(b"of the old one")
    place.Dump(str(dump)).put("mailman", str(database), USER, "mailman_user")
    assert database.read_bytes() == b"new" and database.stat().st_mode & 0o777 == 0o660
    assert sorted(path.name for path in tmp_path.iterdir()) == ["dump", "mailman.db"]


def test_what_cannot_be_written_is_said(dump: Path, tmp_path: Path) -> None:
    with pytest.raises(HostError, match="cannot be written as"):
        place.Dump(str(dump)).put("mailman", str(tmp_path / "no/mailman.db"), USER, "mailman_user")
    with pytest.raises(HostError, match="mailman_user is 'no-such-user'"):
        place.Dump(str(dump)).put("mailman", str(tmp_path / "mailman.db"), "no-such-user", "mailman_user")


def test_a_dump_that_is_not_whole_is_refused(dump: Path) -> None:
    place.Dump(str(dump)).check(["mailman"])
    with pytest.raises(HostError, match="no dump of mailman-web"):
        place.Dump(str(dump)).check(["mailman-web"])
    (dump / "mailman.sqlite").write_bytes(b"ne")
    with pytest.raises(HostError, match="the dump of mailman is not whole here"):
        place.Dump(str(dump)).check(["mailman"])


def test_a_folder_of_others_is_refused(dump: Path, tmp_path: Path) -> None:
    dump.chmod(0o777)
    with pytest.raises(HostError, match="give a folder that only root can write to"):
        place.Dump(str(dump)).check(["mailman"])
    with pytest.raises(HostError, match="give a folder with dumps"):
        place.Dump(str(tmp_path / "none")).check(["mailman"])


def test_the_guard_learns_of_private_lists_and_forgets_none(tmp_path: Path) -> None:
    program, path = tmp_path / "guard.py", tmp_path / "private.json"
    guard = ArchiveGuard("nobody", str(program), str(path))
    assert place.keep_private(guard, ["a@x.example"]) is False and not path.exists()
    program.touch()
    path.write_text('{"private": ["b@x.example"]}')
    path.chmod(0o640)
    if os.geteuid():
        pytest.skip("the guard's file is root's")
    guard = ArchiveGuard("nobody", str(program), str(path))
    assert place.keep_private(guard, ["a@x.example"]) is True
    assert json.loads(path.read_text())["private"] == ["a@x.example", "b@x.example"]
    assert place.keep_private(ArchiveGuard("nobody", str(program), str(path)), ["a@x.example"]) is False
