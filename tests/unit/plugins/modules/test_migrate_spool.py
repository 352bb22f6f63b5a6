# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A message that somebody delivers is known by the lock on its file."""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
from pathlib import Path

from ansible_collections.listops.mailman.plugins.modules.migrate_spool import Exim, is_locked

NUMBER = "1xXxVt-0007c3-2C"
# As Exim locks a message while it delivers it.
HOLD = """
import fcntl, sys
with open(sys.argv[1], "r+b") as handle:
    fcntl.lockf(handle, fcntl.LOCK_EX | fcntl.LOCK_NB, 19)
    print("locked", flush=True)
    sys.stdin.read()
"""


def test_the_lock_of_another_process_is_seen_and_none_is_taken(tmp_path: Path) -> None:
    split = tmp_path / NUMBER[5]
    split.mkdir()
    path = split / f"{NUMBER}-D"
    path.write_bytes(b"1xXxVt-0007c3-2C-D\nhi\n")
    assert not Exim._delivers(str(tmp_path), NUMBER)
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as held:
        assert held.stdout is not None and held.stdin is not None and held.stdout.readline() == b"locked\n"
        assert Exim._delivers(str(tmp_path), NUMBER)
        held.stdin.close()
    assert not Exim._delivers(str(tmp_path), NUMBER)
    descriptor = os.open(path, os.O_RDWR)
    assert not is_locked(descriptor)
    fcntl.lockf(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    os.close(descriptor)


def test_a_message_that_is_gone_is_delivered(tmp_path: Path) -> None:
    assert not Exim._delivers(str(tmp_path), NUMBER)
    assert not Exim._delivers(str(tmp_path / "none"), NUMBER)
