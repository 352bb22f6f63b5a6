# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Passwords on Mailman 2.1: set as state, never shown."""

from __future__ import annotations

import hashlib
import json

import pytest

from mailman21 import Mailman21

LIST, INFO = "mailman_list", "mailman_list_info"
WORDS = {"admin_password": "password", "moderator_password": "mod_password", "poster_password": "post_password"}


def sha1(text: str) -> str:
    return hashlib.sha1(text.encode()).hexdigest()


@pytest.mark.parametrize("word", WORDS)
def test_a_list_password(host: Mailman21, made: str, word: str) -> None:
    applied = host.climb(LIST, name=made, settings={word: "correct horse"})
    assert host.attribute(made, WORDS[word]) == sha1("correct horse")
    assert "correct horse" not in json.dumps(applied) and sha1("correct horse") not in json.dumps(applied)
    assert word in applied["lists"][0]["changes"]
    host.climb(LIST, name=made, settings={word: "battery staple"})
    assert host.attribute(made, WORDS[word]) == sha1("battery staple")
    said = json.dumps(host.apply(INFO, lists=[made]))
    assert sha1("battery staple") not in said
    settings = json.loads(said)["lists"][f"{made}@{host.domain}"]["settings"]
    assert settings[word] == "set"


def test_a_password_is_not_in_argv(host: Mailman21, made: str) -> None:
    """While the module waits for a lock, every command line of the host is looked at."""
    with host.holding(made), host.started(LIST, name=made, settings={"admin_password": "correct horse"}):
        assert any("modules.mailman_list" in item["command"] for item in host.ask("processes"))
        assert not any("correct horse" in item["command"] for item in host.ask("processes"))
        environments = host.sh("cat /proc/[0-9]*/environ 2>/dev/null | tr '\\0' '\\n' | grep -c 'correct horse'; true")
        assert environments == "0\n"


def test_a_new_list_has_a_password_nobody_knows(host: Mailman21, name: str) -> None:
    applied = host.climb(LIST, name=name, owners=["o@example.org"])
    stored = host.attribute(name, "password")
    assert len(stored) == 40 and stored not in json.dumps(applied)
    assert stored != sha1("")
