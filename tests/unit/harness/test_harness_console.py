# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import threading

import pytest

from harness.console import beside, say


def test_what_runs_beside_is_heard_afterwards(capsys):
    both = threading.Barrier(2, timeout=10)

    def other():
        say("other 1")
        both.wait()
        say("other 2")

    with beside(other):
        both.wait()
        say("here")
    assert capsys.readouterr().out.split("\n")[:3] == ["here", "other 1", "other 2"]


def test_what_fails_beside_fails(capsys):
    def other():
        say("said before")
        raise ValueError("too bad")

    with pytest.raises(ValueError, match="too bad"), beside(other):
        pass
    assert "said before" in capsys.readouterr().out
