# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files and refusals; what HyperKitty does is proved in tests/proof/modules/test_migrate_archive.py."""

from __future__ import annotations

import os

import pytest

from ansible_collections.listops.mailman.plugins.module_utils._errors import HostError
from ansible_collections.listops.mailman.plugins.module_utils._migrate import archive


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
