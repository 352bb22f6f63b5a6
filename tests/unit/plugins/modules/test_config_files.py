# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The action and its module, by Ansible, on this host."""

from __future__ import annotations

import grp
import json
import os
import pwd
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.listops.mailman.plugins.modules import config_files as module

OWN = {"owner": pwd.getpwuid(os.geteuid()).pw_name, "group": grp.getgrgid(os.getegid()).gr_name}


class Host:
    """A play with one task in a folder, which has the folders files and templates, too."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.there = folder / "there"
        for name in ("there", "files", "templates"):
            (folder / name).mkdir()

    def run(self, *options: str, directories: Any = (), files: Any = ()) -> dict[str, Any]:
        """The result of the task; the paths of its arguments are below the folder `there`."""

        def placed(entries: Any) -> list[dict[str, Any]]:
            return [{**OWN, **entry, "path": f"{self.there}/{entry['path']}"} for entry in entries]

        task = {
            "listops.mailman.config_files": {"directories": placed(directories), "files": placed(files)},
            "register": "done",
        }
        variables = {"ansible_python_interpreter": sys.executable, "word": "said"}
        play = {"hosts": "localhost", "connection": "local", "gather_facts": False, "vars": variables, "tasks": [task]}
        (self.folder / "play.json").write_text(json.dumps([play]), encoding="utf-8")
        done = subprocess.run(
            [
                Path(sys.executable).parent / "ansible-playbook",
                "--inventory=localhost,",
                *options,
                self.folder / "play.json",
            ],
            env={**os.environ, "ANSIBLE_STDOUT_CALLBACK": "ansible.posix.json"},
            capture_output=True,
            text=True,
            check=False,
        )
        self.output = done.stdout + done.stderr
        tasks = json.loads(done.stdout[done.stdout.index("{") :])["plays"][0]["tasks"]
        result: dict[str, Any] = tasks[0]["hosts"]["localhost"]
        return result

    def changed(self, result: dict[str, Any]) -> list[str]:
        assert not result.get("failed"), result
        assert result["changed"] is bool(result["paths"])
        return [path[len(str(self.there)) + 1 :] for path in result["paths"]]


@pytest.fixture
def host(tmp_path: Path) -> Host:
    return Host(tmp_path)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_the_ladder(host: Host) -> None:
    (host.folder / "files/program").write_bytes(b"#!/bin/sh\n\xff\0")
    (host.folder / "templates/conf.j2").write_text('{"a": "{{ word }} {{ more }}"}\n', encoding="utf-8")
    asked: dict[str, Any] = {
        "directories": [{"path": "new/deeper", "mode": "0700"}],
        "files": [
            {"path": "new/deeper/conf", "template": "conf.j2", "variables": {"more": "twice"}, "mode": "0640"},
            {"path": "new/program", "src": "program", "mode": "0755"},
            {"path": "word", "content": "{{ word }}\n"},
        ],
    }
    promised = host.run("--check", "--diff", **asked)
    assert host.changed(promised) == ["new/deeper", "new/deeper/conf", "new/program", "word"]
    assert not list(host.there.iterdir())
    done = host.run("--diff", **asked)
    assert done == promised
    assert (host.there / "new/deeper/conf").read_text() == '{"a": "said twice"}\n'
    assert (host.there / "new/program").read_bytes() == b"#!/bin/sh\n\xff\0"
    assert (host.there / "word").read_text() == "said\n"
    modes = {name: mode(host.there / name) for name in ("new", "new/deeper", "new/deeper/conf", "new/program", "word")}
    assert modes == {"new": 0o755, "new/deeper": 0o700, "new/deeper/conf": 0o640, "new/program": 0o755, "word": 0o644}
    for options in (["--check"], []):
        assert host.changed(host.run(*options, **asked)) == []
    # a hand, and each in turn
    (host.there / "new/deeper").chmod(0o755)
    (host.there / "new/program").chmod(0o700)
    (host.there / "word").write_text("other\n", encoding="utf-8")
    for options in (["--check", "--diff"], ["--diff"]):
        result = host.run(*options, **asked)
        assert host.changed(result) == ["new/deeper", "new/program", "word"]
        assert [diff["before"] for diff in result["diff"]] == ["other owner or mode\n"] * 2 + ["other\n"]
    assert host.changed(host.run(**asked)) == []
    # nothing else is left there
    assert sorted(path.name for path in host.there.iterdir()) == ["new", "word"]
    assert sorted(path.name for path in (host.there / "new").iterdir()) == ["deeper", "program"]


def test_secrets_are_not_shown(host: Host) -> None:
    secret = {"path": "secret", "content": "hunter2-{{ word }}", "mode": "0600", "show": False}
    for options in (["--check"], [], []):
        host.run("--diff", "-vvv", *options, files=[secret, {"path": "other", "content": "open to all"}])
        assert "hunter2-said" not in host.output
    assert "config_files" in host.output and (host.there / "secret").read_text() == "hunter2-said"
    # without --diff nothing is
    result = host.run(files=[{"path": "other", "content": "open to some"}])
    assert host.changed(result) == ["other"] and "diff" not in result


def test_what_is_wrong_is_not_installed_nor_what_comes_after_it(host: Host) -> None:
    """And what is validated is read by nobody else."""
    (host.there / "second").write_text("old", encoding="utf-8")
    log = host.folder / "log"
    program = f"""/bin/sh -c 'stat -c %a%u "$0" >> {log}; cat "$0" >> {log}; exec grep -q good "$0"' %s"""
    files = [
        {"path": "first", "content": "good", "validate": program},
        {"path": "second", "content": "bad", "validate": program},
        {"path": "third", "content": "good", "validate": program},
    ]
    result = host.run(files=files)
    assert result["failed"] and result["msg"] == f"{host.there}/second: failed to validate"
    assert result["exit_status"] == 1 and result["paths"] == [f"{host.there}/first"]
    assert (host.there / "second").read_text() == "old" and not (host.there / "third").exists()
    assert log.read_text() == f"600{os.geteuid()}\ngood600{os.geteuid()}\nbad"
    # what is there is not looked at again, and in check mode nothing is
    assert not host.run("--check", files=files[1:]).get("failed")
    assert not host.run(files=files[:1]).get("failed")
    assert log.read_text().count("good") == 1


def test_a_file_that_is_there_may_stay(host: Host) -> None:
    log = {"path": "log", "content": "", "replace": False, "mode": "0600"}
    assert host.changed(host.run(files=[log])) == ["log"]
    (host.there / "log").write_text("kept", encoding="utf-8")
    assert host.changed(host.run(files=[log])) == []
    (host.there / "log").chmod(0o644)
    assert host.changed(host.run(files=[log])) == ["log"]
    assert (host.there / "log").read_text() == "kept" and mode(host.there / "log") == 0o600


def test_a_link_in_the_place_of_a_file_is_replaced(host: Host) -> None:
    target = host.folder / "target"
    target.write_text("same", encoding="utf-8")
    (host.there / "conf").symlink_to(target)
    files = [{"path": "conf", "content": "same", "mode": "0600"}]
    for options in (["--check"], []):
        assert host.changed(host.run(*options, files=files)) == ["conf"]
    assert not (host.there / "conf").is_symlink() and (host.there / "conf").read_text() == "same"
    assert target.read_text() == "same" and mode(target) != 0o600


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder away")
def test_no_path_through_a_link_of_others_is_gone(host: Host) -> None:
    """As a service's user would make it, to have root write elsewhere."""
    elsewhere = host.folder / "elsewhere"
    elsewhere.mkdir()
    (host.there / "theirs").mkdir()
    (host.there / "theirs/link").symlink_to(elsewhere)
    files = [{"path": "theirs/link/conf", "content": "x"}]
    os.chown(host.there / "theirs", 65534, 65534)
    for options in (["--check"], []):
        result = host.run(*options, files=files)
        assert result["failed"] and "leads through the symbolic link 'link'" in result["msg"]
    assert not list(elsewhere.iterdir())


@pytest.mark.parametrize(
    ("entry", "sentence"),
    [
        ({"content": "x", "src": "y"}, "mutually exclusive: src|template|content"),
        ({}, "one of the following is required: src, template, content"),
        ({"content": "x", "mode": "u=rw"}, "mode is 'u=rw': give three or four octal digits in quotes"),
        ({"content": "x", "owner": "nobody-here"}, "owner is 'nobody-here' and group is"),
        ({"content": "x", "validate": "true"}, "validate is 'true': give a command with %s for the file."),
        ({"src": "nowhere"}, "nowhere"),
        ({"template": "nowhere.j2"}, "nowhere.j2"),
        ({"template": "undefined.j2"}, "undefined"),
        ({"path": "no/folder", "content": "x"}, "No such file or directory"),
        ({"path": "", "content": "x"}, "is there, and is no file"),
    ],
)
def test_what_is_not_accepted_is_said(host: Host, entry: dict[str, Any], sentence: str) -> None:
    (host.folder / "templates/undefined.j2").write_text("{{ nothing_of_this_name }}", encoding="utf-8")
    result = host.run(files=[{"path": "x", **entry}])
    assert result["failed"] and sentence in result["msg"], result
    assert not list(host.there.iterdir())


def test_in_check_mode_users_and_folders_may_be_those_that_the_run_would_make(host: Host) -> None:
    files = [{"path": "no/folder", "content": "x", "owner": "nobody-here"}]
    assert host.changed(host.run("--check", files=files)) == ["no/folder"]


def test_what_is_shown_of_contents() -> None:
    shown = module.difference("/x", b"a\x1b[31m\tb\n", b"\xff\n")
    assert shown["before"] == "a\\x1b[31m\tb\n" and shown["after"] == "\ufffd\n"
    assert module.difference("/x", b"\0", b"a" * (module.SHOWN_MOST + 1)) == {
        "before_header": "/x",
        "after_header": "/x",
        "dst_binary": 1,
        "src_larger": module.SHOWN_MOST,
    }
