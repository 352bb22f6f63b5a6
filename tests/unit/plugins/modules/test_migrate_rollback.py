# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The account of what went back adds up, or the run fails."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.listops.mailman.plugins.module_utils._errors import HostError
from ansible_collections.listops.mailman.plugins.module_utils._migrate.folder import AccountFolder
from ansible_collections.listops.mailman.plugins.module_utils._migrate.rollback import plan
from ansible_collections.listops.mailman.plugins.modules.migrate_rollback import collected, lists_of, settle

NAME = "talk@lists.example.org"
POSTS = [
    plan.of_post(
        NAME,
        "talk",
        {
            "message_id": f"{number}@x",
            "sender": "a@x.org",
            "subject": "Hi",
            "received": 1.0,
            "message": base64.b64encode(b"Subject: Hi\n\n").decode(),
        },
    )
    for number in range(3)
]
CHANGE = plan.item(NAME, "talk", "change", "x", "somebody is a member")


@pytest.fixture
def account(tmp_path: Path) -> Path:
    lines = [json.dumps(each) for each in [*POSTS, {"end": len(POSTS)}]]
    (tmp_path / plan.SENT).write_text("\n".join(lines) + "\n", encoding="ascii")
    (tmp_path / plan.CHANGES).write_text(json.dumps([CHANGE]), encoding="ascii")
    return tmp_path


def settled(account: Path, *states: str) -> dict[str, Any]:
    outcomes = [[post["key"], state, "why"] for post, state in zip(POSTS, states, strict=False)]
    return settle({"account": str(account), "outcomes": outcomes}, False)


def test_what_went_back_is_accounted_for_once(account: Path) -> None:
    said = settled(account, "returned", "merged", "returned")
    assert said["changed"] and said["found"] == {"found": 4, "returned": 3, "merged": 1, "quarantined": 0}
    assert not said["named"]
    assert settled(account, "returned", "merged", "returned")["changed"] is False
    lines = (account / f"{NAME}.returned.jsonl").read_text(encoding="utf-8").splitlines()
    assert len(lines) == 4 and all("message" not in json.loads(line) for line in lines)


def test_what_the_old_server_cannot_take_is_kept(account: Path) -> None:
    said = settled(account, "returned", "quarantined", "returned")
    assert "does not go back: why" in said["named"][0]
    (kept,) = (account / f"{NAME}.returned").iterdir()
    assert kept.read_bytes() == b"Subject: Hi\n\n"


def test_a_thing_that_nobody_speaks_of_fails_the_run(account: Path) -> None:
    with pytest.raises(HostError, match="the old server does not say"):
        settled(account, "returned")


def test_a_file_that_is_not_whole_is_refused(account: Path) -> None:
    path = account / plan.SENT
    path.write_text("\n".join(path.read_text(encoding="ascii").splitlines()[:2]) + "\n", encoding="ascii")
    with pytest.raises(HostError, match="not whole"):
        list(collected(AccountFolder(str(account))))
    path.unlink()
    with pytest.raises(HostError, match="nothing was collected"):
        list(collected(AccountFolder(str(account))))


def test_only_lists_that_moved_go_back(account: Path) -> None:
    (account / "lists.json").write_text(json.dumps({"a@x": "a@old", "b@x": "b@old"}), encoding="ascii")
    there = AccountFolder(str(account))
    assert lists_of({"lists": []}, there) == {"a@x": "a@old", "b@x": "b@old"}
    assert lists_of({"lists": ["b@x", "gone@x"]}, there) == {"b@x": "b@old"}
