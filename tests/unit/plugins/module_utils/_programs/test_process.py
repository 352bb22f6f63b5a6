# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import os
import pwd
import signal
import subprocess
import sys
import time

import pytest

from ansible_collections.listops.mailman.plugins.module_utils._programs import identity
from ansible_collections.listops.mailman.plugins.module_utils._programs import process as engine
from ansible_collections.listops.mailman.plugins.module_utils._programs.remote import server as program

# A first line knows no white space, which the folder of this checkout may have in its name.
PYTHON = os.path.realpath(sys.executable)
# What head says of a command in a virtual environment of its own.
LINE = subprocess.CompletedProcess([], 0, b"#!/opt/mailman/venv/bin/python\nimport mailman\n", b"")


def script(tmp_path, first_line):
    path = tmp_path / "mailman"
    path.write_text(first_line + "\nprint()\n")
    return str(path)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("#!/usr/bin/python3", ["/usr/bin/python3"]),
        ("#!/usr/bin/env python3", ["/usr/bin/env", "python3"]),
        ("#!/usr/bin/python3 -sP", ["/usr/bin/python3", "-sP"]),
    ],
)
def test_the_interpreter_is_that_of_mailmans_own_command(tmp_path, line, words):
    command = script(tmp_path, line)
    assert engine.interpreter(command, engine.first_line(command, identity.find(own_user(), "mailman_user"))) == words


@pytest.mark.parametrize("line", ["", "#!/bin/sh", "\x7fELF", "#!/usr/bin/python3 'open"])
def test_no_interpreter_is_said(tmp_path, line):
    command = script(tmp_path, line)
    with pytest.raises(engine.EngineError, match="does not start with a Python interpreter"):
        open_engine(own_user(), command)


def test_a_command_that_its_user_cannot_read_is_said(tmp_path):
    with pytest.raises(engine.EngineError, match="cannot read .*/gone as .*: No such file or directory"):
        engine.first_line(str(tmp_path / "gone"), identity.find(own_user(), "mailman_user"))


def test_an_interpreter_that_is_not_there_is_said(tmp_path):
    with pytest.raises(engine.EngineError, match="/nowhere/python3 does not start as .*: No such file or directory"):
        open_engine(own_user(), script(tmp_path, "#!/nowhere/python3"))


@pytest.mark.parametrize("program", engine.PROGRAMS)
def test_root_is_dropped_before_anything_is_started(tmp_path, monkeypatch, program):
    """As root, each process that an engine starts is of its user from its first instruction on."""
    entry = pwd.getpwnam("nobody")
    started = []
    monkeypatch.setattr(identity.os, "geteuid", lambda: 0)
    monkeypatch.setattr(engine.subprocess, "run", lambda argv, **options: started.append((argv, options)) or LINE)
    monkeypatch.setattr(engine.subprocess, "Popen", lambda argv, **options: started.append((argv, options)) or 1 / 0)
    command = script(tmp_path, "#!/anything")
    with pytest.raises(ZeroDivisionError):
        engine.Engine(program, command=command, option="x", opening={"user": "nobody"}).__enter__()
    assert [argv[0] for argv, _options in started] == ["head", "/opt/mailman/venv/bin/python"]
    for _argv, options in started:
        done = []
        for name in ("umask", "initgroups", "setgid", "setuid"):
            monkeypatch.setattr(identity.os, name, lambda *given, name=name, done=done: done.append((name, *given)))
        # what happens between fork and exec
        options["preexec_fn"]()
        user, group = entry.pw_uid, entry.pw_gid
        assert done == [("umask", 0o022), ("initgroups", "nobody", group), ("setgid", group), ("setuid", user)]
        assert (options["cwd"], options["start_new_session"], options["close_fds"]) == ("/", True, True)
        assert options["env"]["HOME"] == entry.pw_dir
        assert options["env"]["USER"] == "nobody"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another")
def test_root_is_gone(tmp_path):
    """What such a process is, by its own word."""
    entry = pwd.getpwnam("nobody")
    said = "import os; print(os.getresuid(), os.getresgid(), os.getgroups(), os.getcwd(), os.getsid(0) == os.getpid())"
    options = identity.find("nobody", "mailman_user").options()
    done = subprocess.run(["python3", "-c", said], stdout=subprocess.PIPE, check=True, text=True, **options)
    groups = os.getgrouplist("nobody", entry.pw_gid)
    assert done.stdout == f"{(entry.pw_uid,) * 3} {(entry.pw_gid,) * 3} {groups} / True\n"


def test_nothing_of_roots_environment_is_inherited(monkeypatch):
    monkeypatch.setenv("SSH_AUTH_SOCK", "/root/agent")
    monkeypatch.setenv("PYTHONPATH", "/root/lib")
    monkeypatch.setenv("TZ", "Europe/Berlin")
    found = identity.find(own_user(), "mailman_user").options()["env"]
    assert not {"SSH_AUTH_SOCK", "PYTHONPATH"} & set(found)
    assert found["TZ"] == "Europe/Berlin"


def test_somebody_else_is_refused(monkeypatch):
    monkeypatch.setattr(identity.os, "geteuid", lambda: 4242)
    with pytest.raises(identity.Refused, match="this must run as root or as nobody"):
        identity.find("nobody", "mailman_user")


def test_a_missing_command_is_said(tmp_path):
    with pytest.raises(engine.NotInstalled, match="mailman_command is .*there is no such file"):
        engine.find_command("mailman3", str(tmp_path / "nothing"), "mailman_command")


def test_an_interpreter_without_mailman_is_said(tmp_path):
    command = script(tmp_path, "#!" + PYTHON)
    with pytest.raises(engine.EngineError, match="ModuleNotFoundError: No module named 'mailman'"):
        open_engine(own_user(), command)


def test_a_user_that_does_not_exist_is_said(tmp_path):
    command = script(tmp_path, "#!" + PYTHON)
    with pytest.raises(engine.EngineError, match="the user 'nobody-here' does not exist"):
        open_engine("nobody-here", command)


def test_an_interpreter_that_dies_is_said(tmp_path):
    path = tmp_path / "python-that-dies"
    path.write_text("#!/bin/sh\necho too bad >&2; exit 3\n")
    path.chmod(0o755)
    with pytest.raises(engine.EngineError, match="does not start|stopped early") as trouble:
        open_engine(own_user(), script(tmp_path, "#!{0}".format(path)))
    assert "too bad" in trouble.value.details


def test_nothing_is_opened_before_somebody_asks(tmp_path):
    command = script(tmp_path, "#!" + PYTHON)
    opening = {"user": own_user(), "config": None, "readonly": True}
    with engine.Engine("mailman3", command=command, option="mailman_command", opening=opening):
        pass


def test_chunks():
    assert [len(part) for part in program.chunks(range(1001))] == [500, 500, 1]


def test_the_program_is_sent_whole_and_nothing_of_ansible_is_needed(tmp_path):
    """The real programs start in a bare interpreter, and fail only for want of Django."""
    command = script(tmp_path, "#!" + PYTHON + " -I -S")
    web = engine.Engine("hyperkitty", command=command, option="web_manage", opening={"user": own_user()})
    with web, pytest.raises(engine.EngineError, match="No module named 'django'") as trouble:
        web.request({"op": "look", "lists": []})
    assert "_hyperkitty.remote.main" in trouble.value.details


def open_engine(user, command):
    opening = {"user": user, "config": None, "readonly": True}
    with engine.Engine("mailman3", command=command, option="mailman_command", opening=opening) as found:
        found.hello  # noqa: B018


def own_user():
    return pwd.getpwuid(os.geteuid()).pw_name


# A program that is busy for ever, and a module that is killed meanwhile, as Ansible's time-out does.
BUSY = """
import re

from {program} import serve


class Engine:
    def hello(self):
        return {{}}

    def spin(self, request):
        re.match("^(a+)+$", "a" * 60 + "!")


def main():
    serve(lambda request: Engine())
"""
PARENT = """
import os, pwd, sys

import busy
from {package} import process as engine
from {package}.remote import server as program

engine.PROGRAMS["busy"], engine.USER_OPTIONS["busy"] = [program, busy], "user"
opening = {{"user": pwd.getpwuid(os.getuid()).pw_name}}
with engine.Engine("busy", command=sys.argv[1], option="command", opening=opening) as found:
    found.hello
    print(found._process.pid, flush=True)
    found.request({{"op": "spin"}})
"""


def alive(process):
    try:
        with open("/proc/{0}/stat".format(process), encoding="ascii") as handle:
            return handle.read().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_a_program_ends_with_the_module_that_was_killed(tmp_path):
    (tmp_path / "busy.py").write_text(BUSY.format(program=program.__name__))
    env = dict(os.environ, PYTHONPATH=os.pathsep.join([str(tmp_path), *sys.path]))
    argv = [sys.executable, "-c", PARENT.format(package=engine.__package__), script(tmp_path, "#!" + PYTHON)]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, env=env, text=True) as parent:
        child = int(parent.stdout.readline())
        time.sleep(0.5)
        assert alive(child)
        parent.kill()
    began = time.monotonic()
    while alive(child) and time.monotonic() - began < 10:
        time.sleep(0.1)
    found = alive(child)
    if found:
        os.kill(child, signal.SIGKILL)
    assert not found


class Wrapped(Exception):
    """As SQLAlchemy's: what the driver said, the statement and a link."""

    def __init__(self, orig):
        super().__init__(
            f"(sqlite3.OperationalError) {orig}\n[SQL: UPDATE x SET y = ?]\n(Background on this: https://e.x)"
        )
        self.orig = orig


@pytest.mark.parametrize(
    ("exc", "wanted"),
    [
        (
            Wrapped(OSError("database or disk is full")),
            "no space is left for the database: make room on its disk (database",
        ),
        (
            Wrapped(OSError("database is locked")),
            "the database is kept by another process: run again when it is done (data",
        ),
        (Wrapped(ValueError("no such column: a\nLINE 1: x")), "ValueError: no such column: a"),
        (
            OSError(28, "No space left on device", "/var/x"),
            "no space is left on the disk ([Errno 28] No space left on device",
        ),
        (ValueError("a\nb"), "ValueError: a"),
        (ValueError(), "ValueError"),
    ],
)
def test_an_error_is_one_sentence(exc, wanted):
    said = program.sentence(exc)
    assert said.startswith(wanted) and "\n" not in said
