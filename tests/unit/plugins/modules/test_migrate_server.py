# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Steps of a move, on hosts that only say what they have."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.listops.mailman.plugins.module_utils._errors import HostError
from ansible_collections.listops.mailman.plugins.module_utils._lists.vocabulary import Invalid
from ansible_collections.listops.mailman.plugins.modules import migrate_server as module

TALK = "talk@lists.example.org"
DATABASE = {"kind": "sqlite", "path": "/no/mailman.db", "bytes": 5 << 20}
SERVER: dict[str, Any] = {
    "versions": {"mailman": "3.3.10"},
    "databases": {"mailman": DATABASE, "mailman-web": DATABASE},
    "bytes": 12 << 20,
    "free": 90 << 20,
    "domains": ["lists.example.org"],
    "policies": {TALK: "private"},
    "archives": {},
    "guarded": [],
    "folder": "/var/lib/mailman3",
    "path": "/mailman3",
    "index": None,
    "index_engine": "whoosh",
    "texts": "",
    "texts_elsewhere": 0,
    "attachments": None,
}
MAILS = {"A": "1", "B": "2"}


def sums(sum_of_messages: str = "a") -> dict[str, Any]:
    some = {"found": 1, "sum": "x"}
    return {
        "lists": {TALK: {"settings": {"info": "1"}, "members": some, "requests": some}},
        "archives": {TALK: {"policy": 1, "messages": {"found": 2, "sum": sum_of_messages}, "attachments": some}},
        "people": some,
        "accounts": some,
        "tables": {},
    }


class Here:
    """This host: what it is and has."""

    what: dict[str, Any] = {**SERVER, "policies": {}}
    has: dict[str, Any] = sums()
    archive: dict[str, str] = MAILS

    def __init__(self, *_how: Any) -> None:
        pass

    def __enter__(self) -> Here:
        return self

    def __exit__(self, *_exc: Any) -> None:
        pass

    def server(self) -> dict[str, Any]:
        return self.what

    def sums(self) -> dict[str, Any]:
        return self.has

    def mails(self, _name: str) -> dict[str, str]:
        return self.archive


@pytest.fixture
def account(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(module, "WholeServer", type("There", (Here,), {}))
    return tmp_path / "account"


def step(account: Path, state: str, *, check_mode: bool = False, **given: Any) -> dict[str, Any]:
    none = dict.fromkeys(
        ("mailman_prefix", "mailman_command", "mailman_config", "web_manage", "dump", "source", "source_sums")
    )
    params = {
        **none,
        "mailman_engine": "auto",
        "mailman_user": "list",
        "mailman_lock_timeout": 30,
        "web_user": "www-data",
        "account": str(account),
        "existing": "refuse",
        **given,
    }
    result: dict[str, Any] = getattr(module.ServerMove(params, check_mode), state)()
    return result


def test_what_is_possible_is_said_with_figures(account: Path) -> None:
    said = step(account, "possible", source=SERVER)
    assert said["lists"] == said["private"] == [TALK] and said["changed"] is False
    assert (said["megabytes"], said["free_megabytes"], said["source_megabytes"]) == (36, 90, 10)
    assert not account.exists()
    with pytest.raises(Invalid, match="mailman is 4.0 on the old server"):
        step(account, "possible", source={**SERVER, "versions": {"mailman": "4.0"}})


def test_check_mode_puts_nothing_in_place(account: Path) -> None:
    assert step(account, "placed", source=SERVER, dump="/no", check_mode=True)["changed"] is True
    assert not account.exists()
    with pytest.raises(HostError, match="give a folder with dumps"):
        step(account, "placed", source=SERVER, dump="/no")
    assert not account.exists()


def test_a_difference_is_named_and_nothing_is_accounted_for(account: Path) -> None:
    with pytest.raises(HostError, match=f"this host is not as the old server: list {TALK}: messages differ"):
        step(account, "equal", source_sums=sums("b"))
    assert not account.exists()


def test_what_is_equal_is_accounted_for_once(account: Path) -> None:
    said = step(account, "equal", source_sums=sums())
    assert said == {
        "changed": True,
        "moved": {"members": 1, "messages": 2, "attachments": 1, "requests": 1, "accounts": 1},
    }
    assert step(account, "equal", source_sums=sums())["changed"] is False
    lines = (account / f"{TALK}.messages.jsonl").read_text().splitlines()
    assert [json.loads(line) for line in lines] == [
        {"hash": key, "sum": each, "state": "moved"} for key, each in MAILS.items()
    ]
    assert json.loads((account / "lists.json").read_text()) == {TALK: TALK}
    assert json.loads((account / "accounts.json").read_text())["moved"] == 1
    assert os.stat(account).st_mode & 0o077 == 0


def test_what_was_moved_is_looked_for(account: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    step(account, "equal", source_sums=sums())
    monkeypatch.setattr(Here, "archive", {**MAILS, "C": "3"})
    assert step(account, "kept", source_sums=sums()) == {"changed": False}
    monkeypatch.setattr(Here, "archive", {"A": "1"})
    with pytest.raises(HostError, match=f"list {TALK}: 1 of 2 messages .* the first is B"):
        step(account, "kept", source_sums=sums())
    with pytest.raises(HostError, match="the old server has changed since"):
        step(account, "kept", source_sums=sums("b"))
