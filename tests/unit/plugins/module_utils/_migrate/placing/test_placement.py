# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lists of a recorded Mailman 2.1 move to another one, wherever a run is killed."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

from ansible_collections.listops.mailman.plugins.module_utils._errors import HostError
from ansible_collections.listops.mailman.plugins.module_utils._lists.vocabulary import Invalid
from ansible_collections.listops.mailman.plugins.module_utils._mailman21 import copy as copied
from ansible_collections.listops.mailman.plugins.module_utils._mailman21 import stock
from ansible_collections.listops.mailman.plugins.module_utils._migrate.account import Inexact
from ansible_collections.listops.mailman.plugins.module_utils._migrate.placing.placement import Placement
from ansible_collections.listops.mailman.plugins.module_utils._migrate.placing.program import COPIED
from ansible_collections.listops.mailman.plugins.module_utils._migrate.placing.target import PlaceTarget
from ansible_collections.listops.mailman.plugins.module_utils._programs import identity
from support import recorded21
from unit.plugins.module_utils import fake21

# A private one, and one whose name begins as that of another with held messages.
LISTS = ("board", "helpdesk", "helpdesk-announce")


class Killed(BaseException):
    pass


class OneProcess:
    """Answers requests in this process, and is killed before one of that number."""

    def __init__(self, handler: Any, killed_at: int | None = None) -> None:
        self._handler, self._left = handler, killed_at

    @property
    def server_info(self) -> dict[str, Any]:
        lists, private, unreadable = self._handler.files.policies()
        return {
            "lists": lists,
            "private": private,
            "unreadable": unreadable,
            "site_list": "mailman",
            "version": "2.1.39",
            "data_version": 112,
            "languages": sorted(stock.CHARSETS),
            "charsets": stock.CHARSETS,
            "hosts": {"lists.example.org": "lists.example.org"},
            "archives": self._handler.mm_cfg.PRIVATE_ARCHIVE_FILE_DIR,
            "one_device": True,
        }

    def request(self, op: str, **fields: Any) -> Any:
        if self._left is not None:
            self._left -= 1
            if self._left < 0:
                raise Killed
        return json.loads(json.dumps(getattr(self._handler, op)(json.loads(json.dumps(fields)))))

    def requests(self, op: str, messages: Any) -> Iterator[Any]:
        for message in messages:
            yield self.request(op, **message)


class Move:
    """here, copy: what is /var/lib/mailman on both hosts."""

    def __init__(self, folder: Path, handler: Any) -> None:
        self.folder, self.handler = folder, handler
        self.here, self.copy, self.account = folder / "here", folder / "copy", folder / "account"

    def run(self, state: str, *, check_mode: bool = False, killed_at: int | None = None, **more: Any) -> dict[str, Any]:
        target = object.__new__(PlaceTarget)
        target._process = OneProcess(self.handler, killed_at)  # type: ignore[assignment]
        params = {
            "lists": [],
            "leave": [],
            "existing": "refuse",
            "account": str(self.account),
            "source_state": str(self.here),
            **more,
        }
        with copied.reading(COPIED, str(self.copy)) as source:
            work = Placement(source, target, params, check_mode)
            {"staged": work.prepare, "placed": work.place, "compared": work.compare}[state]()
        return {**work.result, "changed": work.changed}

    def recorded(self, name: str) -> set[str]:
        """The lists that a file of the account has."""
        return set(json.loads((self.account / name).read_text(encoding="utf-8")))

    def sums(self, kind: str) -> dict[str, Any]:
        return {
            path.name.partition(".")[0].partition("@")[0]: json.loads(path.read_text(encoding="ascii"))
            for path in self.account.glob(f"*.{kind}.json")
        }


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The recorded state, of a few lists."""
    whole = recorded21.unpacked(tmp_path_factory.mktemp("recorded"))
    copy = tmp_path_factory.mktemp("some") / "copy"
    for folder in ("lists", "archives/public", "archives/private", "data"):
        (copy / folder).mkdir(parents=True)
    for name in LISTS:
        shutil.copytree(whole / "lists" / name, copy / "lists" / name)
        for end in ("", ".mbox"):
            shutil.copytree(whole / f"archives/private/{name}{end}", copy / f"archives/private/{name}{end}")
        for held in (whole / "data").glob(f"heldmsg-{name}-[0-9]*"):
            shutil.copy2(held, copy / "data")
    return copy


@pytest.fixture
def move(tmp_path: Path, recorded: Path) -> Iterator[Move]:
    tmp_path.chmod(0o700)
    shutil.copytree(recorded, tmp_path / "copy", symlinks=True)
    reader = identity.Identity("tests", os.geteuid(), os.getegid(), str(tmp_path))
    with contextlib.ExitStack() as stack:
        handler = stack.enter_context(fake21.mailman21(tmp_path / "here", tmp_path / "copy"))
        stack.enter_context(mock.patch.object(identity, "reader", return_value=reader))
        stack.enter_context(mock.patch("subprocess.check_call"))
        yield Move(tmp_path, handler)


def tree(root: Path) -> dict[str, str]:
    """All files that lists have, by path, with their hashes."""
    files = [path for path in root.rglob("*") if path.is_file() and not path.is_symlink()]
    return {str(path.relative_to(root)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def test_lists_are_staged_and_then_placed(move: Move) -> None:
    said = move.run("staged", check_mode=True)
    assert said["changed"] and not tree(move.here) and not move.account.exists()
    said = move.run("staged")
    assert sorted(each["source"] for each in said["lists"]) == list(LISTS) and said["changed"]
    assert said["memberships"] > 20 and said["files"] == len(tree(move.copy)) and not said["quarantined"]
    assert not move.run("staged")["changed"]
    assert not move.run("compared")["changed"]
    assert not move.handler.files.names()
    would = move.run("placed", check_mode=True)["placed"]
    assert not move.handler.files.names()
    assert move.run("placed")["placed"] == would == sorted(f"{name}@lists.example.org" for name in LISTS)
    assert tree(move.here) == tree(move.copy)
    assert sorted(os.listdir(move.here / "archives/public")) == ["helpdesk", "helpdesk-announce"]
    assert not move.run("placed")["changed"]
    assert move.run("compared")["same"] == len(tree(move.copy))
    assert {name: each["moved"] for name, each in move.sums("requests").items()}.keys() == set(LISTS)
    assert sum(each["moved"] for each in move.sums("messages").values()) > 30
    for kind in ("files", "messages", "requests"):
        assert all(each["found"] == each["moved"] for each in move.sums(kind).values()), kind


def test_it_is_finished_after_a_kill_at_each_request(move: Move) -> None:
    """And what was in place when it was killed is left alone by the next run."""
    for step in range(0, 200, 2):
        shutil.rmtree(move.here)
        for folder in ("lists", "data", "archives/private", "archives/public", "locks"):
            (move.here / folder).mkdir(parents=True)
        shutil.rmtree(move.account, ignore_errors=True)
        try:
            move.run("placed", killed_at=step)
        except Killed:
            pass
        else:
            break
        there = move.handler.files.names()
        for name in there:
            for own in (f"lists/{name}", f"archives/private/{name}"):
                assert tree(move.here / own) == tree(move.copy / own), f"half of {name} after {step}"
        for name in there:
            with open(move.here / "lists" / name / "digest.mbox", "ab") as handle:
                handle.write(b"From here on\n")
        move.run("placed")
        now = tree(move.here)
        used = {f"lists/{name}/digest.mbox" for name in there}
        assert {path: value for path, value in now.items() if path not in used} == {
            path: value for path, value in tree(move.copy).items() if path not in used
        }
        for path in used:
            assert (move.here / path).read_bytes().endswith(b"From here on\n"), "people's changes are lost"
    assert 15 < step < 198


def test_what_is_written_otherwise_than_it_was_read_fails(move: Move) -> None:
    move.run("staged")
    contents = move.handler.hashes

    def lie(request: dict[str, Any]) -> Any:
        answer = contents(request)
        if request["where"] == "staged" and request["name"] == "board":
            answer["files"][0][2] = "0" * 64
        return answer

    with mock.patch.object(move.handler, "hashes", lie), pytest.raises(Inexact, match="list board@lists.example.org"):
        move.run("placed")
    assert not move.handler.files.names()


def test_content_that_changed_within_a_second_is_staged_again(move: Move) -> None:
    move.run("staged")
    digest = move.copy / "lists/board/digest.mbox"
    times = digest.stat()
    digest.write_bytes(digest.read_bytes().swapcase())
    os.utime(digest, (times.st_atime, times.st_mtime))
    assert not move.run("staged")["changed"]
    with pytest.raises(HostError, match="lists/board/digest.mbox is not what was copied"):
        move.run("compared", check_mode=True)
    move.run("placed")
    assert (move.here / "lists/board/digest.mbox").read_bytes() == digest.read_bytes()


def test_too_little_space_is_said_before_anything_is_written(move: Move) -> None:
    said = "0 MB of free space, and the files of board@lists.example.org need 1 MB"
    room = mock.patch.object(move.handler, "room", lambda _request: {"free": 1000})
    with room, pytest.raises(HostError, match=said):
        move.run("staged")
    assert not tree(move.here)


def test_lists_that_are_here_are_refused_or_taken(move: Move) -> None:
    shutil.copytree(move.copy / "lists/board", move.here / "lists/helpdesk")
    with pytest.raises(Invalid, match="this host has helpdesk@lists.example.org already"):
        move.run("placed")
    said = move.run("placed", lists=["board"])
    assert said["placed"] == ["board@lists.example.org"]
    said = move.run("placed", existing="take")
    assert "board@lists.example.org" not in said["placed"] and len(said["placed"]) == 2
    assert tree(move.here) == tree(move.copy)


def test_lists_that_the_old_server_lost_are_not_placed(move: Move) -> None:
    move.run("staged")
    shutil.rmtree(move.copy / "lists/board")
    for end in ("", ".mbox"):
        shutil.rmtree(move.copy / f"archives/private/board{end}")
    move.run("placed")
    assert move.handler.files.names() == ["helpdesk", "helpdesk-announce"]
    assert not [path for path in tree(move.here) if "board" in path]


def test_the_archive_of_an_unreadable_list_is_not_taken_for_one_without_a_list(move: Move) -> None:
    (move.copy / "lists/board/config.pck").write_bytes(b"no pickle")
    (move.copy / "archives/public/board").symlink_to("/nowhere")
    said = move.run("placed")
    assert said["unreadable"].keys() == {"board"} and said["archives"] == []
    assert not [path for path in tree(move.here) if "board" in path]


def test_a_list_with_odd_people_is_named_and_the_others_move(move: Move) -> None:
    (move.copy / "lists/board/extend.py").write_text("members = None\n", encoding="ascii")
    said = move.run("placed")
    assert "extend.py" in said["unreadable"]["board"]
    assert move.handler.files.names() == ["helpdesk", "helpdesk-announce"]


def test_a_list_that_is_named_and_odd_is_refused(move: Move) -> None:
    (move.copy / "lists/board/extend.py").write_text("members = None\n", encoding="ascii")
    assert "extend.py" in move.run("staged", lists=["helpdesk"])["unreadable"]["board"]
    with pytest.raises((HostError, Invalid), match="board"):
        move.run("staged", lists=["helpdesk", "board"])


def test_a_list_that_this_mailman_cannot_load_is_refused_where_it_is_named(move: Move) -> None:
    said = {"unreadable": {"board": "list board: its files are of a Mailman on Python 3"}}
    with mock.patch.object(move.handler, "loadable", lambda _request: said):
        assert move.run("staged", lists=["helpdesk"])["unreadable"] == said["unreadable"]
        with pytest.raises(HostError, match="list board: its files are of a Mailman on Python 3"):
            move.run("staged", lists=["helpdesk", "board"])
    assert not (move.here / "lists/board").exists()


def used(move: Move, name: str) -> Path:
    """A file of a list that people have changed here since."""
    digest: Path = move.here / "lists" / name / "digest.mbox"
    digest.write_bytes(b"From here on\n")
    return digest


def test_some_lists_move_before_the_others(move: Move) -> None:
    board = "board@lists.example.org"
    shutil.copytree(move.copy / "archives/private/board", move.copy / "archives/private/gone")
    move.run("staged")
    assert move.recorded("staged.json") == {"gone", *(f"{name}@lists.example.org" for name in LISTS)}
    move.run("staged", lists=["board"])
    assert move.run("placed", lists=["board"])["placed"] == [board]
    assert move.handler.files.names() == ["board"] and move.recorded("lists.json") == {board}
    assert len(move.recorded("staged.json")) == 4
    digest = used(move, "board")
    # the old server goes on with the others, and is not right for this one
    (move.copy / "lists/board/digest.mbox").write_bytes(b"From there\n")
    (move.copy / "lists/helpdesk/digest.mbox").write_bytes(b"From there\n")
    said = move.run("staged", leave=[board])
    assert {each["source"] for each in said["lists"]} == set(LISTS[1:]) and said["changed"]
    assert not move.run("staged", leave=[board])["changed"]
    assert move.run("compared", check_mode=True)["changed_since"] == 1
    others = {"gone", *(f"{name}@lists.example.org" for name in LISTS[1:])}
    assert set(move.run("placed", leave=[board])["placed"]) == others
    assert digest.read_bytes() == b"From here on\n"
    assert (move.here / "lists/helpdesk/digest.mbox").read_bytes() == b"From there\n"
    assert os.listdir(move.here / "archives/public") and not (move.here / "archives/public/board").exists()
    assert move.run("compared", check_mode=True)["changed_since"] == 1
    assert move.recorded("staged.json") == others


def test_a_list_that_was_removed_here_after_it_moved_does_not_come_back(move: Move) -> None:
    board = "board@lists.example.org"
    move.run("placed", lists=["board"])
    shutil.rmtree(move.here / "lists/board")
    move.run("staged", leave=[board])
    move.run("placed", leave=[board])
    assert move.handler.files.names() == ["helpdesk", "helpdesk-announce"]


def test_a_batch_that_was_killed_is_finished_and_others_are_left_alone(move: Move) -> None:
    """What of it is in place by then is aside on the old server, so it is not staged again."""
    before, batch = "helpdesk-announce@lists.example.org", ["board", "helpdesk"]
    move.run("staged")
    move.run("placed", lists=[before])
    announced = used(move, "helpdesk-announce")
    for step in range(0, 100, 3):
        for name in batch:
            for folder in ("lists", "archives/private", "data", "archives/public"):
                for path in (move.here / folder).glob(f"*{name}"):
                    path.unlink() if path.is_symlink() else shutil.rmtree(path)
            shutil.rmtree(move.here / f"archives/private/{name}.mbox", ignore_errors=True)
        for name in ("lists.json", "placed.json"):
            path = move.account / name
            made = json.loads(path.read_text(encoding="utf-8"))
            path.write_text(json.dumps({key: each for key, each in made.items() if key == before}), encoding="utf-8")
        try:
            move.run("placed", lists=batch, leave=[before], killed_at=step)
        except Killed:
            pass
        else:
            break
        there = set(move.handler.files.names()).intersection(batch)
        digests = [used(move, name) for name in there]
        move.run("placed", lists=batch, leave=[before])
        assert set(move.handler.files.names()) == set(LISTS)
        assert all(digest.read_bytes() == b"From here on\n" for digest in [announced, *digests]), step
        changed = {f"lists/{name}/digest.mbox" for name in (*there, "helpdesk-announce")}
        now, copy = tree(move.here), tree(move.copy)
        assert {path: now.get(path) for path in copy if path not in changed} == {
            path: copy[path] for path in copy if path not in changed
        }
    assert 10 < step < 99


def test_what_is_staged_again_is_placed_again_and_the_rest_is_not_forgotten(move: Move) -> None:
    move.run("placed", lists=["board", "helpdesk"])
    move.run("staged", lists=["helpdesk"])
    assert move.recorded("placed.json") == {"board@lists.example.org"}


def test_an_archive_without_a_list_goes_along_unless_lists_are_named(move: Move) -> None:
    shutil.rmtree(move.copy / "lists/helpdesk-announce")
    (move.copy / "archives/public/helpdesk-announce").symlink_to("/nowhere")
    assert move.run("placed", lists=["board@lists.example.org"])["archives"] == []
    said = move.run("placed")
    assert said["archives"] == ["helpdesk-announce"] and "helpdesk-announce" in said["placed"]
    assert (move.here / "archives/public/helpdesk-announce/index.html").is_file()
    assert not move.run("placed")["changed"]


def test_going_back_and_staging_again_places_again(move: Move) -> None:
    move.run("staged")
    move.run("placed")
    (move.here / "lists/board/digest.mbox").write_bytes(b"of a few hours")
    move.run("staged")
    assert (move.here / "lists/board/digest.mbox").read_bytes() == b"of a few hours"
    assert len(move.run("placed")["placed"]) == 3
    assert tree(move.here) == tree(move.copy)


def test_damage_is_found_and_use_is_not_damage(move: Move) -> None:
    move.run("placed")
    held = next((move.here / "data").glob("heldmsg-helpdesk-[0-9]*"))
    held.unlink()
    digest = move.here / "lists/board/digest.mbox"
    digest.write_bytes(b"")
    said = move.run("compared", check_mode=True)
    assert said["changed_since"] == 2 and not said["changed"]
    page = next((move.here / "archives/private/board").glob("*/000001.html"))
    times = page.stat()
    page.write_bytes(b"x")
    os.utime(page, (times.st_atime, times.st_mtime))
    with pytest.raises(HostError, match="000001.html is not what was moved"):
        move.run("compared", check_mode=True)
    with contextlib.suppress(FileNotFoundError):
        page.unlink()
    with pytest.raises(HostError, match="000001.html is not what was moved"):
        move.run("compared", check_mode=True)
