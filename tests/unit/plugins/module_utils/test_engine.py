# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import sys

import pytest

from ansible_collections.listops.mailman.plugins.module_utils import engine, mailman3_engine


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
    with pytest.raises(engine.EngineError, match="does not start with a Python interpreter; set mailman_command"):
        engine.interpreter(script(tmp_path, line))


def test_a_missing_command_is_said(tmp_path):
    with pytest.raises(engine.NotInstalled, match="mailman_command is .*there is no such file"):
        engine.find_command("mailman3", str(tmp_path / "nothing"))


def test_an_interpreter_without_mailman_is_said(tmp_path):
    command = script(tmp_path, "#!" + sys.executable)
    with pytest.raises(engine.EngineError, match="ModuleNotFoundError: No module named 'mailman'"):
        with engine.Engine(user=own_user(), command=command):
            pass


def test_a_user_that_does_not_exist_is_said(tmp_path):
    command = script(tmp_path, "#!" + sys.executable)
    with pytest.raises(engine.EngineError, match="the user 'nobody-here' does not exist"):
        with engine.Engine(user="nobody-here", command=command):
            pass


def test_an_interpreter_that_dies_is_said(tmp_path):
    path = tmp_path / "python-that-dies"
    path.write_text("#!/bin/sh\necho too bad >&2; exit 3\n")
    path.chmod(0o755)
    with pytest.raises(engine.EngineError, match="does not start|stopped early") as trouble:
        with engine.Engine(user=own_user(), command=script(tmp_path, "#!{0}".format(path))):
            pass
    assert "too bad" in trouble.value.details


def test_chunks():
    assert [len(part) for part in mailman3_engine.chunks(range(1001))] == [500, 500, 1]


def own_user():
    import os
    import pwd

    return pwd.getpwuid(os.geteuid()).pw_name
