# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import os
import pwd

import pytest

from ansible_collections.listops.mailman.plugins.module_utils._archives import guard as archive_guard
from ansible_collections.listops.mailman.plugins.module_utils._errors import HostError

A, B = "a@lists.example.org", "b@lists.example.org"
ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="only root writes what root owns")


def guard(tmp_path, **options):
    (tmp_path / "program.py").touch()
    user = pwd.getpwuid(os.geteuid()).pw_name
    return archive_guard.ArchiveGuard(user, str(tmp_path / "program.py"), str(tmp_path / "state" / "names"), **options)


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "null", "{}", '{"private": null}', '{"private": "a"}', '{"private": [1]}', '{"private": ["a"', "["],
)
def test_what_is_not_as_it_should_be_names_no_list(text):
    assert archive_guard.parse(text) is None


def test_the_names_are_read_as_they_are_written():
    assert archive_guard.parse(archive_guard.render([B, A])) == {A, B}
    assert archive_guard.parse(archive_guard.render([])) == frozenset()


def test_where_no_guard_is_installed_there_is_none(tmp_path):
    there = archive_guard.ArchiveGuard("nobody", str(tmp_path / "program.py"), str(tmp_path / "names"))
    assert (there.installed, there.names, there.keeps(A)) == (False, None, False)


@ROOT
def test_the_names_are_written_whole_and_only_when_they_differ(tmp_path):
    there = guard(tmp_path)
    assert there.names is None
    there.write([A])
    assert guard(tmp_path).names == {A}
    assert there.keeps(A) and not there.keeps(B)
    path = tmp_path / "state" / "names"
    status = path.stat()
    assert (status.st_uid, status.st_mode & 0o7777, path.parent.stat().st_mode & 0o022) == (0, 0o640, 0)
    there.write([A])
    assert path.stat().st_ino == status.st_ino
    there.write([A, B])
    assert path.stat().st_ino != status.st_ino
    assert [file.name for file in path.parent.iterdir()] == ["names"]


@ROOT
@pytest.mark.parametrize("damage", ["mode", "owner", "text", "folder"])
def test_what_somebody_else_could_write_names_no_list(tmp_path, damage):
    guard(tmp_path).write([A])
    path = tmp_path / "state" / "names"
    if damage == "mode":
        path.chmod(0o660)
    elif damage == "owner":
        os.chown(path, 1, 0)
    elif damage == "text":
        path.write_text(archive_guard.render([A])[:-4], encoding="utf-8")
    else:
        path.unlink()
        path.mkdir()
    assert guard(tmp_path).names is None


@ROOT
def test_a_user_that_does_not_exist_is_said(tmp_path):
    (tmp_path / "program.py").touch()
    there = archive_guard.ArchiveGuard("no-such-user", str(tmp_path / "program.py"), str(tmp_path / "state" / "names"))
    with pytest.raises(HostError, match="web_user is 'no-such-user': give a user of this host"):
        there.write([A])
    assert list((tmp_path / "state").iterdir()) == []
