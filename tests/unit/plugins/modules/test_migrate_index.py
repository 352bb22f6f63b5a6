# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The search index is built from the newest mail down, by runs that are killed at each step."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.listops.mailman.plugins.module_utils._errors import HostError
from ansible_collections.listops.mailman.plugins.module_utils._migrate.folder import AccountFolder
from ansible_collections.listops.mailman.plugins.modules import migrate_index

LISTS = ["a@x", "b@x"]
# Dates and keys; two mails have one date.
MAILS = [("2026-01-03", 1), ("2026-01-02", 5), ("2026-01-02", 4), ("2026-01-01", 9), ("2025-01-01", 2)]


class Killed(BaseException):
    pass


class Index:
    """Two mails a step. kill: the number of the step before whose answer all ends."""

    def __init__(self) -> None:
        self.there: list[int] = []
        self.kill: int | None = None
        self.steps = 0

    def lacking(self, names: Sequence[str]) -> dict[str, int]:
        return {**dict.fromkeys(names, 0), "a@x": len(MAILS) - len(set(self.there))}

    def step(self, names: Sequence[str], at: Sequence[Any] | None) -> dict[str, Any]:
        assert list(names) == LISTS
        left = [mail for mail in MAILS if at is None or mail < tuple(at)][:2]
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
    assert run(index, account, check_mode=True) == {"changed": True, "indexed": 0, "lacking": {"a@x": 5, "b@x": 0}}
    assert index.steps == 0 and account.read("index.json") is None
    assert run(index, account) == {"changed": True, "indexed": 5, "lacking": {"a@x": 0, "b@x": 0}}
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


def test_mails_that_came_later_are_added(account: AccountFolder) -> None:
    index = Index()
    run(index, account)
    index.there.remove(9)
    assert run(index, account)["changed"] and 9 in index.there


def test_without_lists_there_is_nothing_to_do(tmp_path: Path) -> None:
    assert run(Index(), AccountFolder(str(tmp_path))) == {"changed": False, "indexed": 0, "lacking": {}}


def test_a_damaged_account_is_said(account: AccountFolder) -> None:
    account.write("lists.json", b"{")
    with pytest.raises(HostError, match=r"account has a lists\.json that is damaged"):
        run(Index(), account)
