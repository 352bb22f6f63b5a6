# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How far a migration is, from its folder."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.listops.mailman.plugins.module_utils._lists.vocabulary import Invalid
from ansible_collections.listops.mailman.plugins.modules.migrate_state import run

A, B = "a@lists.example.org", "b@lists.example.org"


def asked(folder: Path, phase: str, *only: str) -> dict[str, Any]:
    return run({"directory": str(folder), "phase": phase, "only": list(only)})


@pytest.fixture
def migration(tmp_path: Path) -> Path:
    (tmp_path / "account").mkdir()
    (tmp_path / "account/lists.json").write_text(json.dumps({A: A, B: B}), encoding="ascii")
    return tmp_path


def state(migration: Path, **said: Any) -> None:
    (migration / "state.json").write_text(json.dumps({"source": "sodium", "from": "2.1", **said}), encoding="ascii")


def test_before_the_first_copy_nothing_is_known(tmp_path: Path) -> None:
    found = asked(tmp_path / "none", "copy")
    assert found["state"] == "new" and not found["known"] and not found["refusal"] and found["lists"] == []
    assert "is new" in asked(tmp_path, "cutover", "a")["refusal"]


def test_a_batch_has_the_lists_that_have_not_moved(migration: Path) -> None:
    state(migration, state="copied", moved=[A])
    found = asked(migration, "cutover", "a", "b")
    assert found["chosen"] == [A, B] and [each["former"] for each in found["batch"]] == [B]
    assert found["after"] == {"state": "moved", "moved": [A, B]}
    assert [each["list"] for each in found["left"]] == [B]
    again = asked(migration, "cutover", "a")
    assert again["batch"] == [] and again["after"] == {"state": "copied", "moved": [A]}
    with pytest.raises(Invalid, match="migrate_only has 'c'"):
        asked(migration, "cutover", "c")


def test_lists_that_are_staged_are_there_and_an_archive_without_a_list_is_left_to_the_end(migration: Path) -> None:
    (migration / "account/lists.json").write_text(json.dumps({A: A}), encoding="ascii")
    (migration / "account/staged.json").write_text(json.dumps({B: B, "gone": "gone"}), encoding="ascii")
    state(migration, state="copied", moved=[A])
    found = asked(migration, "cutover", "b")
    assert found["lists"] == [A, B] and [each["source"] for each in found["batch"]] == ["b"]
    assert found["after"] == {"state": "copied", "moved": [A, B]}
    assert [each["former"] for each in found["left"]] == [B]
    with pytest.raises(Invalid, match="migrate_only has 'gone'"):
        asked(migration, "cutover", "gone")


def test_an_interrupted_batch_is_ended_first(migration: Path) -> None:
    state(migration, state="moving", moved=[A], batch=[B])
    assert asked(migration, "cutover", "b")["refusal"] == ""
    assert "give these" in asked(migration, "cutover")["refusal"]
    assert "give cutover or rollback or status" in asked(migration, "copy")["refusal"]
    assert [each["source"] for each in asked(migration, "rollback")["returning"]] == ["a", "b"]
