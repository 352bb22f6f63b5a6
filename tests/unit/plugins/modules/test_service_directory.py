# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import grp
import os
import pwd
import stat

import pytest

from ansible_collections.listops.mailman.plugins.modules import service_directory as module


def params(path, **more):
    own = {"owner": pwd.getpwuid(os.geteuid()).pw_name, "group": grp.getgrgid(os.getegid()).gr_name}
    return {"path": str(path), "mode": "0750", "recurse": False, "tmpfs": None, **own, **more}


def test_the_ladder(tmp_path):
    path = tmp_path / "new"
    promised = module.bring_about(params(path), True)
    assert not path.exists()
    done = module.bring_about(params(path), False)
    assert promised == done
    assert done["changed"] is True
    assert done["given"] == [str(path)]
    assert stat.S_IMODE(path.stat().st_mode) == 0o750
    for check_mode in (True, False):
        again = module.bring_about(params(path), check_mode)
        assert again["changed"] is False
        assert again["diff"]["before"] == again["diff"]["after"] == ""


def test_the_ladder_of_what_is_in_it(tmp_path):
    (tmp_path / "sub").mkdir(mode=0o777)
    (tmp_path / "sub").chmod(0o777)
    tmp_path.chmod(0o700)
    asked = params(tmp_path, mode="0700", recurse=True)
    promised = module.bring_about(asked, True)
    assert promised["given"] == [str(tmp_path / "sub")]
    assert module.bring_about(asked, False) == promised
    assert module.bring_about(asked, False)["changed"] is False


def test_without_a_mode_modes_stay(tmp_path):
    (tmp_path / "file").write_text("")
    (tmp_path / "file").chmod(0o640)
    assert module.bring_about(params(tmp_path, mode=None, recurse=True), False)["changed"] is False
    assert stat.S_IMODE((tmp_path / "file").stat().st_mode) == 0o640


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        ({"mode": "u=rwX"}, "mode is 'u=rwX': give three or four octal digits"),
        ({"owner": "nobody-here"}, "owner is 'nobody-here' and group is .*: give a user and a group of this host"),
        ({"path": "relative"}, "path is 'relative': give the absolute path"),
        ({"path": "/"}, "path is '/': give the absolute path"),
    ],
)
def test_what_is_not_accepted_is_said(tmp_path, more, sentence):
    with pytest.raises(ValueError, match=sentence):
        module.bring_about({**params(tmp_path), **more}, False)
