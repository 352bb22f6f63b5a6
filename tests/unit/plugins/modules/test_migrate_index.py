# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The search index is built from the newest mail down, by runs that are killed at each step."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.listops.mailman.plugins.module_utils._errors import HostError
from ansible_collections.listops.mailman.plugins.module_utils._migrate.folder import AccountFolder
from ansible_collections.listops.mailman.plugins.module_utils._migrate.search.progress import Way
from ansible_collections.listops.mailman.plugins.modules import migrate_index

LISTS = ["a@x", "b@x"]
# Dates and keys; two mails have one date.
MAILS = [("2026-01-03", 1), ("2026-01-02", 5), ("2026-01-02", 4), ("2026-01-01", 9), ("2025-01-01", 2)]


class Killed(BaseException):
    pass


class Index:
    """Two mails a step. kill: the number of the step before whose answer all ends."""

    def __init__(self) -> None:
        self.mails = list(MAILS)
        self.there: list[int] = []
        self.kill: int | None = None
        self.steps = 0

    def newest(self, names: list[str]) -> int:
        assert names == LISTS
        return max(key for _date, key in self.mails)

    def _of(self, way: Way) -> list[tuple[str, int]]:
        assert way.top is not None
        return [mail for mail in sorted(self.mails, reverse=True) if way.done < mail[1] <= way.top]

    def count(self, way: Way) -> int:
        return len(self._of(way))

    def step(self, way: Way) -> dict[str, Any]:
        left = [mail for mail in self._of(way) if way.at is None or mail < tuple(way.at)][:2]
        self.there += [key for _date, key in left]
        self.steps += 1
        if self.steps - 1 == self.kill:
            raise Killed
        return {"at": list(left[-1]) if left else None, "indexed": len(left)}


@pytest.fixture
def account(tmp_path: Path) -> AccountFolder:
    found = AccountFolder(str(tmp_path / "account"))
    found.write("lists.json", json.dumps(dict.fromkeys(LISTS, "old")).encode())
    return found


def run(index: Index, account: AccountFolder, check_mode: bool = False) -> dict[str, Any]:
    return migrate_index.run(index, account, check_mode)  # type: ignore[arg-type]


def test_the_newest_are_first_and_a_second_run_does_nothing(account: AccountFolder) -> None:
    index = Index()
    assert run(index, account, check_mode=True) == {"changed": True, "indexed": 5}
    assert index.steps == 0 and account.read("index.json") is None
    assert run(index, account) == {"changed": True, "indexed": 5}
    assert index.there == [key for _date, key in MAILS]
    assert not run(index, account)["changed"] and index.steps == 4


@pytest.mark.parametrize("kill", range(4))
def test_a_killed_run_is_continued_with_the_step_that_was_killed(account: AccountFolder, kill: int) -> None:
    index = Index()
    index.kill = kill
    with pytest.raises(Killed):
        run(index, account)
    before = len(index.there)
    index.kill = None
    assert run(index, account)["changed"]
    # at most one step is done twice
    assert set(index.there) == {key for _date, key in MAILS} and len(index.there) <= len(MAILS) + 2
    assert index.there[before:] == [key for _date, key in MAILS[2 * kill :]]
    assert not run(index, account)["changed"]


@pytest.mark.parametrize("kill", [None, 1])
def test_mails_that_came_later_are_added_alone(account: AccountFolder, kill: int | None) -> None:
    index = Index()
    index.kill = kill
    if kill is None:
        run(index, account)
    else:
        with pytest.raises(Killed):
            run(index, account)
    # older by its date than all that are done
    index.mails.append(("2001-01-01", 12))
    index.kill = None
    if kill is not None:
        run(index, account)
        assert 12 not in index.there
    index.there.clear()
    assert run(index, account) == {"changed": True, "indexed": 1} and index.there == [12]
    assert not run(index, account)["changed"]


def test_without_lists_there_is_nothing_to_do(tmp_path: Path) -> None:
    assert run(Index(), AccountFolder(str(tmp_path))) == {"changed": False, "indexed": 0}


def test_a_damaged_account_is_said(account: AccountFolder) -> None:
    account.write("lists.json", b"{")
    with pytest.raises(HostError, match=r"account has a lists\.json that is damaged"):
        run(Index(), account)
