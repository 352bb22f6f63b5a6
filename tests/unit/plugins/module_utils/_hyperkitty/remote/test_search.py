# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The search index by haystack's interface alone. The stories redact and redact-xapian have Whoosh and Xapian."""

from __future__ import annotations

import sys
from types import SimpleNamespace

import pytest

from ansible_collections.listops.mailman.plugins.module_utils._hyperkitty.remote import search


class Backend:
    """Of a kind of index that we do not know."""

    def __init__(self) -> None:
        self.removed: list[str] = []

    def remove(self, document: str) -> None:
        self.removed.append(document)


@pytest.fixture
def backend(monkeypatch):
    found = Backend()
    connections = {"default": SimpleNamespace(get_backend=lambda: found)}
    monkeypatch.setitem(sys.modules, "haystack", SimpleNamespace(connections=connections))
    return found


def test_any_index_removes_one_by_one(backend):
    search.remove([3, 17])
    assert backend.removed == ["hyperkitty.email.3", "hyperkitty.email.17"]
    search.scrub()


def test_two_folders_change_places(tmp_path):
    one, other = tmp_path / "one", tmp_path / "other"
    for folder in (one, other):
        folder.mkdir()
        (folder / folder.name).touch()
    search.exchange(str(one), str(other))
    assert (one / "other").exists() and (other / "one").exists()
    with pytest.raises(FileNotFoundError, match="gone"):
        search.exchange(str(one), str(tmp_path / "gone"))
    assert (one / "other").exists()
