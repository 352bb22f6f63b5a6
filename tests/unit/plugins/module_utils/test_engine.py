# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import os
import pwd
import sys

import pytest

from ansible_collections.listops.mailman.plugins.module_utils import engine, program

# A first line knows no white space, which the folder of this checkout may have in its name.
PYTHON = os.path.realpath(sys.executable)


def script(tmp_path, first_line):
    path = tmp_path / "mailman"
    path.write_text(first_line + "\nprint()\n")
    return str(path)


def test_the_interpreter_is_that_of_mailmans_own_command(tmp_path):
    assert engine.interpreter(script(tmp_path, "#!/usr/bin/python3")) == ["/usr/bin/python3"]
    assert engine.interpreter(script(tmp_path, "#!/usr/bin/env python3")) == ["/usr/bin/env", "python3"]
    assert engine.interpreter(script(tmp_path, "#!/usr/bin/python3 -sP")) == ["/usr/bin/python3", "-sP"]


@pytest.mark.parametrize("line", ["", "#!/bin/sh", "\x7fELF"])
def test_no_interpreter_is_said(tmp_path, line):
    with pytest.raises(engine.EngineError, match="does not start with a Python interpreter"):
        engine.interpreter(script(tmp_path, line))


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
    opening = {"user": "nobody-here", "config": None, "readonly": True}
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
    assert "hyperkitty_engine" in trouble.value.details


def open_engine(user, command):
    opening = {"user": user, "config": None, "readonly": True}
    with engine.Engine("mailman3", command=command, option="mailman_command", opening=opening) as found:
        found.hello  # noqa: B018


def own_user():
    return pwd.getpwuid(os.geteuid()).pw_name
