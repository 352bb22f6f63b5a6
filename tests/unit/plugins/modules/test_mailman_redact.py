# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import stat

import pytest

from ansible_collections.listops.mailman.plugins.module_utils import _nofollow as nofollow
from ansible_collections.listops.mailman.plugins.module_utils._redaction import escrow
from ansible_collections.listops.mailman.plugins.modules import mailman_redact


def test_the_log_is_roots_and_lines_are_added(tmp_path):
    path = tmp_path / "log/redactions.jsonl"
    assert mailman_redact.read_lines(str(tmp_path / "none")) == []
    for line in ("one\n", "two\n"):
        mailman_redact.note(str(path), line)
    assert mailman_redact.read_lines(str(path)) == ["one\n", "two\n"]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_originals_are_written_whole(tmp_path, monkeypatch):
    monkeypatch.setattr(escrow, "_encrypt", lambda key, data: b"sealed " + data)
    path = tmp_path / "escrow/a.tar.gpg"
    escrow.seal("key", b"data", str(path))
    escrow.seal("key", b"more", str(path))
    assert path.read_bytes() == b"sealed more"
    assert [entry.name for entry in path.parent.iterdir()] == ["a.tar.gpg"]
    assert [stat.S_IMODE(entry.stat().st_mode) for entry in (path.parent, path)] == [0o700, 0o600]


@pytest.mark.parametrize("place", ["log", "folder"])
def test_a_link_that_others_could_make_is_refused(tmp_path, place):
    (tmp_path / "elsewhere").mkdir()
    open_to_all = tmp_path / "open"
    open_to_all.mkdir()
    open_to_all.chmod(0o777)
    (open_to_all / "log").symlink_to(tmp_path / "elsewhere/file")
    (open_to_all / "folder").symlink_to(tmp_path / "elsewhere")
    path = str(open_to_all / ("log" if place == "log" else "folder/log"))
    for attempt in (lambda: mailman_redact.note(path, "line\n"), lambda: mailman_redact.read_lines(path)):
        with pytest.raises(nofollow.Unsafe, match="leads through the symbolic link"):
            attempt()
    assert list((tmp_path / "elsewhere").iterdir()) == []
