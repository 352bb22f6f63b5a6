# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import mailbox
import subprocess
import sys

import pytest

from ansible_collections.listops.mailman.plugins.module_utils._mailman3.remote.locks import clear_dead_lock

HOLD = """
import mailbox, sys, time
box = mailbox.MMDF(sys.argv[1])
box.lock()
print("locked", flush=True)
time.sleep(float(sys.argv[2]))
box.unlock()
"""


@pytest.fixture
def digest(tmp_path):
    box = mailbox.MMDF(tmp_path / "digest.mmdf")
    box.add(b"Subject: x\n\nHello.\n")
    box.close()
    return tmp_path / "digest.mmdf"


def hold(path, seconds):
    holder = subprocess.Popen([sys.executable, "-c", HOLD, path, str(seconds)], stdout=subprocess.PIPE)
    assert holder.stdout.readline() == b"locked\n"
    return holder


def test_the_lock_of_a_killed_process_is_removed(digest):
    holder = hold(digest, 60)
    holder.kill()
    holder.communicate()
    with pytest.raises(mailbox.ExternalClashError):
        mailbox.MMDF(digest).lock()
    clear_dead_lock(str(digest))
    box = mailbox.MMDF(digest)
    box.lock()
    box.close()
    # nor is anything done where there is none
    clear_dead_lock(str(digest))


def test_the_lock_of_a_living_process_is_waited_for(digest):
    holder = hold(digest, 1)
    clear_dead_lock(str(digest))
    holder.communicate(timeout=10)
    assert holder.returncode == 0
    assert not digest.with_name("digest.mmdf.lock").exists()
