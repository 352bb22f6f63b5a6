# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from ansible_collections.listops.mailman.plugins.module_utils._errors import HostError
from ansible_collections.listops.mailman.plugins.module_utils._migrate.folder import AccountFolder
from ansible_collections.listops.mailman.plugins.module_utils._nofollow import Unsafe


def test_a_file_is_written_once_and_is_its_owners_alone(tmp_path: Path) -> None:
    folder = AccountFolder(str(tmp_path / "a/b"))
    assert folder.read("x.json") is None
    assert folder.write("sub/x.json", b"1") is True
    assert folder.write("sub/x.json", b"1") is False
    assert folder.write("sub/x.json", b"2") is True
    assert folder.read("sub/x.json") == b"2"
    assert folder.write("empty", b"") is True and folder.write("empty", b"") is False
    assert stat.S_IMODE((tmp_path / "a/b/sub/x.json").stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "a/b/sub").stat().st_mode) == 0o700
    assert [path.name for path in (tmp_path / "a/b/sub").iterdir()] == ["x.json"]


def test_other_files_are_removed(tmp_path: Path) -> None:
    folder = AccountFolder(str(tmp_path))
    folder.keep_only("sub", [])
    for name in ("a", "b"):
        folder.write("sub/" + name, b"x")
    folder.keep_only("sub", ["b"])
    assert [path.name for path in (tmp_path / "sub").iterdir()] == ["b"]


def test_a_link_of_others_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "open").mkdir()
    (tmp_path / "open").chmod(0o777)
    (tmp_path / "open/link").symlink_to(tmp_path)
    with pytest.raises(Unsafe):
        AccountFolder(str(tmp_path / "open/link")).write("x", b"")


def test_a_folder_of_others_is_refused(tmp_path: Path) -> None:
    (tmp_path / "open").mkdir()
    (tmp_path / "open").chmod(0o777)
    with pytest.raises(HostError, match="account is .*: give a folder that only root can write to"):
        AccountFolder(str(tmp_path / "open")).write("x", b"")


def test_a_file_is_replaced_when_it_is_whole(tmp_path: Path) -> None:
    folder = AccountFolder(str(tmp_path / "deep/account"))
    path = tmp_path / "deep/account/a.json"
    with folder.replace("a.json") as handle:
        handle.write(b"one")
        assert not path.exists()
    with pytest.raises(ZeroDivisionError), folder.replace("a.json") as handle:
        handle.write(b"two")
        raise ZeroDivisionError
    assert path.read_bytes() == b"one"
    descriptor = folder.open("a.json")
    assert descriptor is not None
    os.close(descriptor)
    folder.remove("a.json")
    folder.remove("a.json")
    assert not path.exists() and folder.open("a.json") is None


def test_check_mode_makes_no_account(tmp_path: Path) -> None:
    folder = AccountFolder(str(tmp_path / "account"), write=False)
    with folder.replace("a.json") as handle:
        handle.write(b"one")
    folder.remove("a.json")
    assert folder.open("a.json") is None and not (tmp_path / "account").exists()


def test_a_link_is_no_file_of_an_account(tmp_path: Path) -> None:
    (tmp_path / "a.json.new").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(OSError), AccountFolder(str(tmp_path)).replace("a.json"):
        pass
    assert not (tmp_path / "elsewhere").exists()


def test_lines_are_added_after_one_that_was_cut_off(tmp_path: Path) -> None:
    folder = AccountFolder(str(tmp_path / "a"))
    with folder.journal("x.jsonl") as journal:
        assert journal.lines == []
        journal.add(b"one\ntw")
    with folder.journal("x.jsonl") as journal:
        assert journal.lines == [b"one", b"tw"]
        journal.add(b"three\n", safe=False)
        journal.add(b"four\n")
        with pytest.raises(HostError, match="another run has x.jsonl open"), folder.journal("x.jsonl"):
            pass
    assert folder.read("x.jsonl") == b"one\ntw\nthree\nfour\n"
    assert stat.S_IMODE((tmp_path / "a/x.jsonl").stat().st_mode) == 0o600
    (tmp_path / "a/link").symlink_to("x.jsonl")
    with pytest.raises(OSError), folder.journal("link"):
        pass
