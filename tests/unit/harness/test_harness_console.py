# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import threading

import pytest

from harness import console
from harness.console import beside, say, side_by_side


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


def test_side_by_side_in_order_and_each_heard_as_a_whole(capsys, monkeypatch):
    monkeypatch.setattr(console, "GLIMPSE", 0.0)
    both, ended = threading.Barrier(2, timeout=10), []

    def work(name):
        def action():
            if name != "c":
                both.wait()
            say(f"{name} is on")
            say(f"{name} ended")
            ended.append(name)

        return action

    side_by_side({name: work(name) for name in "abc"}, at_once=2)
    assert sorted(ended) == ["a", "b", "c"]
    out = capsys.readouterr().out
    assert "  a: a is on\n" in out
    assert all(f"{name} is on\n{name} ended\n" in out for name in "abc")


def test_side_by_side_ends_all_before_it_raises():
    ended = []

    def bad():
        raise ValueError("too bad")

    with pytest.raises(ValueError, match="too bad"):
        side_by_side({"bad": bad, "good": lambda: ended.append("good")}, at_once=1)
    assert ended == ["good"]
