# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files and refusals; what HyperKitty does is proved in tests/proof/modules/test_migrate_archive.py."""

from __future__ import annotations

import os
import stat

import pytest

from ansible_collections.listops.mailman.plugins.module_utils._errors import HostError
from ansible_collections.listops.mailman.plugins.module_utils._migrate import archive
from ansible_collections.listops.mailman.plugins.module_utils._migrate.archive import StreamedAccount


class Guard:
    def __init__(self, names, installed=True):
        self.installed = installed
        self.names = None if names is None else frozenset(names)

    def keeps(self, name):
        return self.names is not None and name in self.names


@pytest.mark.parametrize(
    ("policy", "guard", "said"),
    [
        ("public", Guard([]), None),
        ("private", Guard(["a@x"]), None),
        ("public", Guard(["a@x"]), None),
        # All archives are closed.
        ("private", Guard(None), None),
        ("private", Guard([], installed=False), None),
        (None, Guard([]), "list a@x does not exist"),
        ("never", Guard([]), "archive_policy never"),
        ("private", Guard(["b@x"]), "the guard of HyperKitty does not know it"),
    ],
)
def test_lists_that_would_be_exposed_are_refused(policy, guard, said):
    found = archive.refusal("a@x", policy, guard)
    assert (found is None) if said is None else said in found


def test_accounts_are_for_their_owner_only_and_replaced_when_they_are_whole(tmp_path):
    folder = StreamedAccount(str(tmp_path / "deep/account"), write=True)
    path = tmp_path / "deep/account/a.json"
    with folder.replace("a.json") as handle:
        handle.write(b"one")
        assert not path.exists()
    assert path.read_bytes() == b"one"
    assert [stat.S_IMODE(each.stat().st_mode) for each in (path, path.parent)] == [0o600, 0o700]
    with pytest.raises(ZeroDivisionError), folder.replace("a.json") as handle:
        handle.write(b"two")
        raise ZeroDivisionError
    assert path.read_bytes() == b"one"
    with os.fdopen(folder.open("a.json"), "rb") as handle:
        assert handle.read() == b"one"
    folder.remove("a.json")
    folder.remove("a.json")
    assert not path.exists() and folder.open("a.json") is None


def test_check_mode_makes_no_account(tmp_path):
    folder = StreamedAccount(str(tmp_path / "account"), write=False)
    with folder.replace("a.json") as handle:
        handle.write(b"one")
    folder.remove("a.json")
    assert folder.open("a.json") is None and not (tmp_path / "account").exists()


def test_a_folder_that_others_can_write_to_is_refused(tmp_path):
    tmp_path.chmod(0o777)
    with pytest.raises(HostError, match="only root can write to"):
        StreamedAccount(str(tmp_path), write=True)


def test_a_link_is_no_file_of_an_account(tmp_path):
    folder = StreamedAccount(str(tmp_path), write=True)
    tmp_path.joinpath("a.json.new").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(OSError), folder.replace("a.json"):
        pass
    assert not (tmp_path / "elsewhere").exists()


@pytest.mark.parametrize("content", ["", "[]", '{"0": 1}', "{"])
def test_files_of_ids_that_are_none_are_refused(tmp_path, content):
    path = tmp_path / "ids.json"
    path.write_text(content)
    with pytest.raises(HostError, match=r"ids is .*: give "):
        archive.read_ids(str(path))


def test_files_of_ids(tmp_path):
    path = tmp_path / "ids.json"
    path.write_text('{"0": "<a@x>"}')
    assert archive.read_ids(str(path)) == {"0": "<a@x>"}
    assert archive.read_ids(None) == {}


def test_a_mailbox_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(HostError, match=r"mbox is .*/none': give a file that exists"):
        archive.open_mailbox(str(tmp_path / "none"))
    with pytest.raises(HostError, match=r"mbox is .*: give a file"):
        archive.open_mailbox(str(tmp_path))
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(HostError, match=r"mbox is .*/pipe': give a file"):
        archive.open_mailbox(str(tmp_path / "pipe"))
