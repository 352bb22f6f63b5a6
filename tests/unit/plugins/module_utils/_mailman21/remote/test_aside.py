# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A list is put aside only when nothing of it would be lost, and comes back whole."""

from __future__ import annotations

import contextlib
import os
import pickle
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest import mock

import pytest

from ansible_collections.listops.mailman.plugins.module_utils._mailman21 import stock
from ansible_collections.listops.mailman.plugins.module_utils._mailman21.remote import aside
from ansible_collections.listops.mailman.plugins.module_utils._mailman21.remote.read import Files

CONFIG = pickle.dumps({"host_name": "lists.example.org"}, 2)


class Writer:
    """Takes and releases locks."""

    def __init__(self) -> None:
        self.held: list[str] = []

    @contextlib.contextmanager
    def locked(self, name: str) -> Iterator[str]:
        self.held.append(name)
        yield name
        self.held.remove(name)


@pytest.fixture
def handler(tmp_path: Path) -> aside.AsideHandler:
    for name in ("talk", "board", "mailman"):
        (tmp_path / "lists" / name / "en").mkdir(parents=True)
        for file in ("config.pck", "config.pck.last"):
            (tmp_path / "lists" / name / file).write_bytes(CONFIG)
        (tmp_path / "lists" / name / "en/listinfo.html").write_bytes(b"<html>")
    for queue in ("in", "out", "shunt"):
        (tmp_path / "qfiles" / queue).mkdir(parents=True)
    made = object.__new__(aside.AsideHandler)
    made.mm_cfg = SimpleNamespace(QUEUE_DIR=str(tmp_path / "qfiles"), MAILMAN_SITE_LIST="mailman")
    made.files = Files(str(tmp_path / "lists"), str(tmp_path / "data"), stock.CHARSETS)
    made.writer = Writer()  # type: ignore[assignment]
    return made


def folder(handler: aside.AsideHandler, name: str = "talk") -> Path:
    return Path(handler.files.lists, name)


def queue(handler: aside.AsideHandler, where: str, listname: Any, message: Any = "Subject: Hi\n\n") -> Path:
    path = Path(handler.mm_cfg.QUEUE_DIR, where)
    path = path / f"{len(list(path.iterdir()))}.pck"
    path.write_bytes(pickle.dumps(message, 1) + pickle.dumps({"listname": listname, "version": 3}, 1))
    return path


def put(handler: aside.AsideHandler, *names: str, write: bool = True) -> dict[str, Any]:
    asked = {name: aside.digests(str(folder(handler, name))) for name in names or ("talk",)}
    return handler.put_aside({"lists": asked, "write": write})


def test_a_list_is_none_any_more_and_nothing_of_it_is_gone(handler: aside.AsideHandler) -> None:
    before = aside.digests(str(folder(handler)))
    assert put(handler, write=False)["put"] == ["talk"] and handler.files.exists("talk")
    assert put(handler)["aside"] == ["talk"]
    assert handler.files.names() == ["board", "mailman"]
    assert set(aside.digests(str(folder(handler))).values()) == set(before.values())
    again = put(handler)
    assert again["aside"] == ["talk"] and again["put"] == []
    assert handler.bring_back({"lists": ["talk"], "write": False}) == {"back": ["talk"]}
    assert not handler.files.exists("talk")
    assert handler.bring_back({"lists": ["talk", "board", "gone"], "write": True}) == {"back": ["talk"]}
    assert aside.digests(str(folder(handler))) == before
    assert handler.bring_back({"lists": ["talk"], "write": True}) == {"back": []}


def test_one_for_which_a_message_waits_stays(handler: aside.AsideHandler) -> None:
    waits = queue(handler, "in", "talk")
    # as Python 2 writes it
    waits.write_bytes(b"S'Subject: Hi'\np0\n." + b"(dp0\nS'listname'\np1\nS'talk'\np2\ns.")
    queue(handler, "out", "board")
    said = put(handler)
    assert said["waiting"] == {"talk": 1} and not said["put"] and handler.files.exists("talk")
    waits.unlink()
    assert put(handler)["aside"] == ["talk"]


def test_what_mailman_has_given_up_is_counted_and_in_nobodys_way(handler: aside.AsideHandler) -> None:
    queue(handler, "shunt", "talk")
    (Path(handler.mm_cfg.QUEUE_DIR) / "in" / "damaged.pck").write_bytes(b"nothing")
    said = put(handler)
    assert said["aside"] == ["talk"] and said["given_up"] == {"talk": 1} and said["waiting"] == {}


def test_nothing_of_a_queued_message_is_made(handler: aside.AsideHandler) -> None:
    class Hostile:
        def __reduce__(self) -> tuple[Any, tuple[str]]:
            return os.mkdir, (str(folder(handler) / "made"),)

    queue(handler, "in", "talk", Hostile())
    assert put(handler)["waiting"] == {"talk": 1}
    queue(handler, "in", Hostile())
    put(handler)
    assert not (folder(handler) / "made").exists()


def test_one_that_changed_since_the_copy_stays(handler: aside.AsideHandler) -> None:
    there = aside.digests(str(folder(handler)))
    (folder(handler) / "digest.mbox").write_bytes(b"From a\n")
    (folder(handler) / "config.pck.tmp.host.1").write_bytes(b"unfinished")
    said = handler.put_aside({"lists": {"talk": there}, "write": True})
    assert said["changed"] == ["talk"] and not said["aside"] and handler.files.exists("talk")
    assert set(aside.digests(str(folder(handler)))) == {
        "config.pck",
        "config.pck.last",
        "en/listinfo.html",
        "digest.mbox",
    }


def test_looking_puts_none_aside(handler: aside.AsideHandler) -> None:
    said = handler.put_aside({"lists": {"talk": None, "board": None}, "write": False})
    assert said == {"aside": [], "put": [], "waiting": {}, "given_up": {}, "changed": [], "failed": {}}


def test_mailman_keeps_its_site_list(handler: aside.AsideHandler) -> None:
    said = put(handler, "mailman", "talk")
    assert said["aside"] == ["talk"] and "does not run without its site list" in said["failed"]["mailman"]


@pytest.mark.parametrize("steps", [0, 1])
def test_one_that_was_interrupted_is_whole_and_goes_on(handler: aside.AsideHandler, steps: int) -> None:
    before = aside.digests(str(folder(handler)))
    rename, done = os.rename, []

    def stop(source: str, target: str) -> None:
        if len(done) == steps:
            raise KeyboardInterrupt
        done.append(rename(source, target))

    with mock.patch.object(os, "rename", stop), pytest.raises(KeyboardInterrupt):
        put(handler)
    assert handler.files.exists("talk")
    assert put(handler)["aside"] == ["talk"]
    done.clear()
    with mock.patch.object(os, "rename", stop), pytest.raises(KeyboardInterrupt):
        handler.bring_back({"lists": ["talk"], "write": True})
    assert handler.bring_back({"lists": ["talk"], "write": True}) == {"back": ["talk"]}
    assert aside.digests(str(folder(handler))) == before
