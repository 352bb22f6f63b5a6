# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lists are put into place whole, wherever that is interrupted."""

from __future__ import annotations

import os
import pickle
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

from ansible_collections.listops.mailman.plugins.module_utils._mailman21.remote import place as remote
from ansible_collections.listops.mailman.plugins.module_utils._migrate import place
from unit.plugins.module_utils import fake21 as fake

CONFIG = pickle.dumps({"host_name": "lists.example.org", "archive_private": 0}, 2)


def write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    os.utime(path, (1000, 1000))


@pytest.fixture
def handler(tmp_path: Path) -> Iterator[remote.PlaceHandler]:
    """A Mailman without lists, and a copy of one with some."""
    here, copy = tmp_path / "here", tmp_path / "copy"
    write(copy / "lists/talk/config.pck", CONFIG)
    write(copy / "lists/talk/request.pck", b"requests")
    write(copy / "lists/talk/en/listinfo.html", b"<html>")
    write(copy / "data/heldmsg-talk-1.pck", b"held")
    write(copy / "data/heldmsg-talk-more-1.pck", b"of another list")
    write(copy / "archives/private/talk/2017/000001.html", b"page")
    write(copy / "archives/private/talk.mbox/talk.mbox", b"From a\n\nx\nFrom b\n\ny\n")
    write(copy / "archives/private/gone/index.html", b"gone")
    (copy / "archives/public").mkdir()
    (copy / "archives/public/gone").symlink_to("/nowhere")
    with fake.mailman21(here, copy) as made:
        yield made


def stage(handler: remote.PlaceHandler, name: str = "talk") -> place.Staging:
    trees = [
        [place.FileEntry(*row) for row in handler.tree({"name": name, "where": where})["entries"]]
        for where in ("copy", "staged")
    ]
    made = place.staging(name, *trees, place.Archives("/x", {"talk"}))
    handler.stage({"name": name, **made.request()})
    return made


def put(handler: remote.PlaceHandler, name: str = "talk", **more: Any) -> dict[str, Any]:
    asked = {"name": name, "list": True, "public": True, "held": ["heldmsg-talk-1.pck"], **more}
    return handler.place(asked)


def contents(handler: remote.PlaceHandler, where: str, name: str = "talk") -> list[Any]:
    rows = handler.tree({"name": name, "where": where})["entries"]
    asked = [row[:2] for row in rows if row[2] == "file"]
    return sorted(handler.hashes({"name": name, "where": where, "files": asked})["files"])


def here(handler: remote.PlaceHandler) -> list[str]:
    root = Path(handler.files.data).parent
    return sorted(str(path.relative_to(root)) for path in root.rglob("*") if not path.is_dir() or path.is_symlink())


def test_what_is_staged_is_no_list_yet(handler: remote.PlaceHandler) -> None:
    assert len(stage(handler).wanted) == 6
    assert contents(handler, "staged") == contents(handler, "copy")
    assert handler.files.names() == []
    assert not os.listdir(remote.archives.public(""))
    assert stage(handler).nothing
    assert handler.look({"names": ["talk"]}) == {
        "found": {"talk": {"list": False, "archive": [], "folder": 0}},
        "staged": ["talk"],
    }


def test_then_it_is_put_into_place(handler: remote.PlaceHandler) -> None:
    stage(handler)
    number = handler.stage({"name": "talk", **place.Staging([], [], [], [], [], {}).request()})["folder"]
    assert put(handler) == {"placed": True}
    assert contents(handler, "placed") == contents(handler, "copy")
    assert here(handler) == [
        "archives/private/talk.mbox/talk.mbox",
        "archives/private/talk/2017/000001.html",
        "archives/public/talk",
        "data/heldmsg-talk-1.pck",
        "lists/talk/config.pck",
        "lists/talk/en/listinfo.html",
        "lists/talk/request.pck",
    ]
    assert handler.look({"names": ["talk"]})["found"]["talk"]["folder"] == number
    assert handler.writer.told == ["remove talk", "create talk"]  # type: ignore[attr-defined]
    assert put(handler) == {"placed": False}
    status = os.stat(os.path.join(handler.files.lists, "talk/config.pck"))
    assert (status.st_mode & 0o777, status.st_mtime) == (0o660, 1000)


def test_a_staged_list_is_dropped(handler: remote.PlaceHandler) -> None:
    stage(handler)
    handler.drop({"names": ["talk"]})
    assert here(handler) == [] and os.listdir(handler.files.data) == []


def test_mails_of_a_mailbox_have_hashes_of_their_own(handler: remote.PlaceHandler) -> None:
    ((_part, _path, _whole, mails),) = (row for row in contents(handler, "copy") if row[0] == "mbox")
    assert len(mails) == len(set(mails)) == 2


def test_a_file_that_is_gone_has_no_hash(handler: remote.PlaceHandler) -> None:
    assert handler.hashes({"name": "talk", "where": "copy", "files": [["list", "nothing"]]}) == {"files": []}


class Killed(BaseException):
    pass


def interrupted(step: int) -> Callable[..., Any]:
    """os.rename that is killed before its call of that number."""
    calls = iter(range(1000))
    rename = os.rename

    def do(source: str, target: str) -> None:
        if next(calls) == step:
            raise Killed
        rename(source, target)

    return do


@pytest.mark.parametrize("replaced", [False, True])
@pytest.mark.parametrize("step", range(7))
def test_it_is_finished_wherever_it_was_killed(handler: remote.PlaceHandler, step: int, replaced: bool) -> None:
    old = Path(handler.files.lists).parent
    if replaced:
        write(old / "lists/talk/config.pck", pickle.dumps({"archive_private": 1}, 2))
        write(old / "lists/talk/old.pck", b"old")
        write(old / "data/heldmsg-talk-7.pck", b"old")
        write(old / "data/heldmsg-talk-more-7.pck", b"of another list")
        write(old / "archives/private/talk/secret.html", b"old")
    stage(handler)
    killed = False
    with mock.patch("os.rename", interrupted(step)):
        try:
            put(handler)
        except Killed:
            killed = True
    assert not fake.Lock.held
    if "talk" in handler.files.names() and not (old / "lists/talk/old.pck").exists():
        assert contents(handler, "placed") == contents(handler, "copy"), "half a list"
    if killed:
        assert not os.listdir(remote.archives.public("")), "it is public before it is whole"
        stage(handler)
        put(handler)
    assert contents(handler, "placed") == contents(handler, "copy")
    others = ["data/heldmsg-talk-more-7.pck"] if replaced else []
    assert [path for path in here(handler) if "talk-more" in path] == others
    assert not [path for path in here(handler) if "listops" in path or "old" in path or "secret" in path]


def test_a_private_archive_is_closed_first(handler: remote.PlaceHandler) -> None:
    private = pickle.dumps({"host_name": "x.org", "archive_private": 1}, 2)
    write(Path(handler.copy) / "lists/talk/config.pck", private)
    os.symlink(remote.archives.private("talk"), remote.archives.public("talk"))
    stage(handler)
    with mock.patch("os.rename", interrupted(0)), pytest.raises(Killed):
        put(handler, public=False)
    assert not os.listdir(remote.archives.public(""))
    put(handler, public=False)
    assert not os.listdir(remote.archives.public(""))


def test_an_archive_without_a_list_is_shown_as_it_was(handler: remote.PlaceHandler) -> None:
    assert handler.source({"lists": ["talk"]}) == {"archives": {"gone": True}, "version": "", "shunted": 0}
    assert handler.source({"lists": ["talk", "gone"]})["archives"] == {}
    stage(handler, "gone")
    put(handler, "gone", list=False, held=[])
    assert here(handler) == ["archives/private/gone/index.html", "archives/public/gone"]
    assert handler.look({"names": ["gone"]})["found"]["gone"]["folder"] > 0


def test_a_former_name_is_no_archive_that_strangers_see(handler: remote.PlaceHandler) -> None:
    private = Path(handler.copy) / "archives/private"
    (private / "before").symlink_to("/rsyncd-munged/talk")
    (Path(handler.copy) / "archives/public/before").symlink_to("/nowhere")
    assert handler.source({"lists": ["talk", "gone"]})["archives"] == {"before": False}
    stage(handler, "before")
    put(handler, "before", list=False, public=False, held=[])
    assert os.readlink(remote.archives.private("before")) == "talk"


def test_a_list_of_another_python_is_named(handler: remote.PlaceHandler) -> None:
    assert "of a Mailman on Python 3" in handler.loadable({"names": ["talk"]})["unreadable"]["talk"]
    write(Path(handler.copy) / "lists/talk/config.pck", b"no pickle")
    found = handler.loadable({"names": ["talk", "missing"]})["unreadable"]
    assert found.keys() == {"talk", "missing"} and found["talk"].startswith("list talk: ")
    write(Path(handler.copy) / "lists/talk/config.pck", pickle.dumps({b"host_name": b"x.org"}, 3))
    assert handler.loadable({"names": ["talk"]})["unreadable"] == {}


def test_names_of_files_may_have_any_bytes(handler: remote.PlaceHandler) -> None:
    name = os.fsdecode(b"caf\xe9.html")
    assert remote.stored(remote.shown(name)) == name
    assert remote.shown(b"caf\xe9") == "café"
