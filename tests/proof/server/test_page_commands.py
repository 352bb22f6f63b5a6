# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What docs/runbook.md has an administrator type on the host, typed from the page."""

from __future__ import annotations

import re

import pytest

from docs.commands import commands
from support.controller import ROOT
from support.inside import eventually
from support.mail_server import MailServer
from support.proved import Proved

pytestmark = pytest.mark.usefixtures("subscribers")

MESSAGE = "/run/proof-message"
TEXT = (
    "From: alice@example.net\nTo: wikitech-l@lists.example.org\nSubject: Hello\nMessage-ID: <p@example.net>\n\nHello.\n"
)
# What an administrator puts there, and what ends by itself only when it does not wait for more.
WORDS = {"FILE": MESSAGE, "message": MESSAGE, "-fu": "-u", "tail -f": "tail"}
# Commands for what this host has not, or that lose or wait for something; and the proofs that run them.
ELSEWHERE = {
    "systemctl status mailman": "mailman21",
    "systemctl disable --now listops-closed": "migrate-3-to-3",
    "systemctl enable --now mailman3 mailman3-web": "migrate-3-to-3",
    "gpg -d FILE | tar x": "redact",
    "systemctl start spamassassin-maintenance": "spam",
    "systemctl start listops-housekeeping": "housekeeping",
    "journalctl -u listops-housekeeping": "housekeeping",
}
HERE = ("systemctl", "journalctl", "tail", "ps", "ss", "spamc", "exim4", "exigrep", "python3")
SAYS = {
    "python3": "take",
    "ps -eo": "spamd",
    "ss -ltn": ":783",
    "spamc -R": "points",
    "systemctl status": "active (running)",
}


def typed() -> list[str]:
    """The commands for the host; those of restoring are in test_failures.py."""
    found = [
        command for command in commands((ROOT / "docs/runbook.md").read_text(encoding="utf-8")) if not command.block
    ]
    return sorted({command.text for command in found if command.text.startswith(HERE)} - ELSEWHERE.keys())


def test_the_commands_of_the_runbook_work(fermium: MailServer, proved: Proved) -> None:
    assert len(typed()) >= 11, typed()
    fermium.check("tee", MESSAGE, stdin=TEXT)
    eventually(lambda: fermium.is_active("spamd"), "spamd runs")
    try:
        for text in typed():
            command = text
            for word, value in WORDS.items():
                command = re.sub(rf"(?<!\S){re.escape(word)}(?!\S)", value, command)
            done = fermium.run("bash", "-c", command, seconds=120)
            assert done["rc"] == 0, (text, done)
            said = next((words for start, words in SAYS.items() if text.startswith(start)), "")
            assert said in done["out"], (text, done)
    finally:
        fermium.check("rm", "-f", MESSAGE)
        fermium.systemctl("start", "exim4")
    assert fermium.is_active("exim4")
    proved("commands for the host, typed from docs/runbook.md", f"{len(typed())} commands")
