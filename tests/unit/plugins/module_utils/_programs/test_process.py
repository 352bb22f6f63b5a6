# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import importlib.util
import os
import pwd
import signal
import subprocess
import sys
import time

import pytest

from ansible_collections.listops.mailman.plugins.module_utils._argspec import Connection
from ansible_collections.listops.mailman.plugins.module_utils._errors import HostError, NotInstalled
from ansible_collections.listops.mailman.plugins.module_utils._mailman3 import client
from ansible_collections.listops.mailman.plugins.module_utils._programs import commands, identity, process
from ansible_collections.listops.mailman.plugins.module_utils._programs.remote import server
from unit.plugins.module_utils.programs import PROGRAMS

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
    assert process.interpreter(command, process.first_line(command, identity.find(own_user(), "mailman_user"))) == words


@pytest.mark.parametrize("line", ["", "#!/bin/sh", "\x7fELF", "#!/usr/bin/python3 'open"])
def test_no_interpreter_is_said(tmp_path, line):
    command = script(tmp_path, line)
    with pytest.raises(HostError, match="does not start with a Python interpreter"):
        open_process(own_user(), command)


def test_a_command_that_its_user_cannot_read_is_said(tmp_path):
    with pytest.raises(HostError, match="cannot read .*/gone as .*: No such file or directory"):
        process.first_line(str(tmp_path / "gone"), identity.find(own_user(), "mailman_user"))


def test_an_interpreter_that_is_not_there_is_said(tmp_path):
    with pytest.raises(HostError, match="/nowhere/python3 does not start as .*: No such file or directory"):
        open_process(own_user(), script(tmp_path, "#!/nowhere/python3"))


@pytest.mark.parametrize("program", PROGRAMS)
def test_root_is_dropped_before_anything_is_started(tmp_path, monkeypatch, program):
    """As root, each process that an engine starts is of its user from its first instruction on."""
    entry = pwd.getpwnam("nobody")
    started = []
    monkeypatch.setattr(identity.os, "geteuid", lambda: 0)
    monkeypatch.setattr(process.subprocess, "run", lambda argv, **options: started.append((argv, options)) or LINE)
    monkeypatch.setattr(process.subprocess, "Popen", lambda argv, **options: started.append((argv, options)) or 1 / 0)
    command = script(tmp_path, "#!/anything")
    with pytest.raises(ZeroDivisionError):
        process.Process(PROGRAMS[program], command=command, user="nobody").__enter__()
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
    with pytest.raises(NotInstalled, match="mailman_command is .*: give a file that exists"):
        commands.find(commands.MAILMAN3, str(tmp_path / "nothing"), "mailman_command")


def test_an_interpreter_without_mailman_is_said(tmp_path):
    command = script(tmp_path, "#!" + PYTHON)
    with pytest.raises(HostError, match="ModuleNotFoundError: No module named 'mailman'"):
        open_process(own_user(), command)


def test_a_user_that_does_not_exist_is_said(tmp_path):
    command = script(tmp_path, "#!" + PYTHON)
    with pytest.raises(HostError, match="mailman_user is 'nobody-here': give a user of this host"):
        open_process("nobody-here", command)


def test_an_interpreter_that_dies_is_said(tmp_path):
    path = tmp_path / "python-that-dies"
    path.write_text("#!/bin/sh\necho too bad >&2; exit 3\n")
    path.chmod(0o755)
    with pytest.raises(HostError, match="does not start|stopped early") as trouble:
        open_process(own_user(), script(tmp_path, "#!{0}".format(path)))
    assert "too bad" in trouble.value.details


def test_nothing_is_opened_before_somebody_asks(tmp_path):
    command = script(tmp_path, "#!" + PYTHON)
    with process.Process(PROGRAMS["mailman3"], command=command, user=own_user(), config=None, readonly=True):
        pass


def test_chunks():
    assert [len(part) for part in server.chunks(range(1001))] == [500, 500, 1]


# What each program imports first of its service.
MISSING = {"mailman3": "mailman", "mailman21": "paths", "hyperkitty": "django", "accounts": "django"}


# These run in Ansible's own interpreter.
OWN = {"mailman21 copy", "mailman21 waiting", "mailman21 survey", "redaction of copies", "texts"}


@pytest.mark.parametrize("name", sorted({*PROGRAMS} - OWN))
def test_the_program_is_sent_whole_and_nothing_of_ansible_is_needed(tmp_path, name):
    """The real programs start in a bare interpreter, and fail only for want of their service."""
    command = script(tmp_path, "#!" + PYTHON + " -I -S")
    opening = {"config": None, "readonly": True, "wait": 1, "copy": str(tmp_path)}
    missing = "No module named '{0}'".format(MISSING[name.split()[0]])
    found = process.Process(PROGRAMS[name], command=command, user=own_user(), **opening)
    with found, pytest.raises(HostError, match=missing) as trouble:
        found.server_info  # noqa: B018
    # the traceback has the names of modules as they were sent
    assert PROGRAMS[name].modules[-1].__name__ in trouble.value.details


def test_a_program_gets_open_files_that_it_could_not_open(tmp_path):
    """As it gets root's."""
    reader, writer = os.pipe()
    os.write(writer, b"root's")
    os.close(writer)
    path = tmp_path / "sent.py"
    path.write_text(
        "def main():\n    import os, sys\n    os.write(1, b'\"%s\"\\n' % os.read(int(sys.stdin.readline()), 9))\n"
    )
    spec = importlib.util.spec_from_file_location("sent", path)
    sent = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(sent)
    program = PROGRAMS["hyperkitty loader"]._replace(modules=[sent])
    command = script(tmp_path, "#!" + PYTHON + " -I -S")
    with process.Process(program, command=command, user=own_user(), descriptors=[reader]) as found:
        found._write(b"%d\n" % reader)
        assert found._line() == "root's"
    os.close(reader)


def open_process(user, command):
    with process.Process(PROGRAMS["mailman3"], command=command, user=user, config=None, readonly=True) as found:
        found.server_info  # noqa: B018


def own_user():
    return pwd.getpwuid(os.geteuid()).pw_name


# A program that is busy for ever, and a module that is killed meanwhile, as Ansible's time-out does.
BUSY = """
import re

from {program} import serve


class Handler:
    def server_info(self):
        return {{}}

    def spin(self, request):
        re.match("^(a+)+$", "a" * 60 + "!")


def main():
    serve(lambda request: Handler())
"""
PARENT = """
import os, pwd, sys

import busy
from {package}.process import Process, Program
from {package}.remote import server

program = Program([server, busy], [], "command", "user")
with Process(program, command=sys.argv[1], user=pwd.getpwuid(os.getuid()).pw_name) as found:
    found.server_info
    print(found._process.pid, flush=True)
    found.request("spin")
"""


# A program with many lists, which says how many steps it got at a time.
BIG = """
from {program} import serve


class Handler:
    def server_info(self):
        return {{"lists": ["a", "b"]}}

    def read(self, request):
        return {{"lists": {{str(number): {{"n": number}} for number in range(request["many"])}}, "more": 1}}

    def apply(self, request):
        names = [step["list"] for step in request["steps"]]
        return {{"failed": {{names[0]: str(len(names))}}, "waited": 0.5}}


def main():
    serve(lambda request: Handler())
"""


def alive(process):
    try:
        with open("/proc/{0}/stat".format(process), encoding="ascii") as handle:
            return handle.read().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_lists_come_and_steps_go_in_small_pieces(tmp_path, monkeypatch):
    """Else each side would have a whole site twice, as objects and as text."""
    (tmp_path / "big.py").write_text(BIG.format(program=server.__name__))
    monkeypatch.syspath_prepend(tmp_path)
    import big

    lines = []
    line = process.Process._line
    monkeypatch.setattr(process.Process, "_line", lambda self: lines.append(line(self)) or lines[-1])
    monkeypatch.setattr(client, "PROGRAM", process.Program([server, big], [], "command", "user"))
    connection = Connection(command=script(tmp_path, "#!" + PYTHON), user=own_user())
    with client.Mailman3(connection, readonly=True) as backend:
        sent = backend._process.request
        assert sent("read", many=3)["lists"] == {"0": {"n": 0}, "1": {"n": 1}, "2": {"n": 2}}
        assert lines[-3:] == [["0", {"n": 0}], ["1", {"n": 1}], ["2", {"n": 2}]]
        assert sent("read", many=0) == {"lists": {}, "more": 1}
        steps = [{"list": str(number)} for number in range(2 * client.LISTS_PER_APPLY + 1)]
        size = str(client.LISTS_PER_APPLY)
        assert backend.apply(steps) == {"0": size, size: size, str(len(steps) - 1): "1"}
        assert backend.waited == 1.5


def test_a_program_ends_with_the_module_that_was_killed(tmp_path):
    (tmp_path / "busy.py").write_text(BUSY.format(program=server.__name__))
    env = dict(os.environ, PYTHONPATH=os.pathsep.join([str(tmp_path), *sys.path]))
    argv = [sys.executable, "-c", PARENT.format(package=process.__package__), script(tmp_path, "#!" + PYTHON)]
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
    said = server.sentence(exc)
    assert said.startswith(wanted) and "\n" not in said
