# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What only Mailman 2.1 has: p=quarantine set apart, and no way to ask for a policy without dnspython, which is told."""

from __future__ import annotations

import email.utils
from collections.abc import Iterator

import pytest

from support import site
from support.controller import Controller
from support.mailman21_server import Mailman21Server
from support.outside import Outside
from support.proved import Proved

CAUTIOUS = "kim@cautious.example.net"  # its domain publishes p=quarantine
MODULE = "listops.mailman.mailman_list"
WARNING = "dmarc_mitigate_action of {0}: no post is mitigated until dnspython is installed for Mailman's own Python"


@pytest.fixture
def without_dnspython(fermium: Mailman21Server, moved_mail: None) -> Iterator[None]:
    home = fermium.check("python2.7", "-c", "import dns; print(dns.__path__[0])").strip()
    fermium.check("mv", home, f"{home}.away")
    fermium.systemctl("restart", "mailman")
    yield
    fermium.check("mv", f"{home}.away", home)
    fermium.systemctl("restart", "mailman")


@pytest.mark.usefixtures("without_dnspython")
def test_without_dnspython_nothing_is_mitigated_and_that_is_said(
    outside: Outside, controller: Controller, word: str, proved: Proved
) -> None:
    name = f"idle-{word}"
    entry = {"name": name, "owners": [site.OWNER], "members": [site.SUE, site.BOB], "dmarc_mitigate_action": "discard"}
    for check_mode in (True, False, False):
        said = controller.task(MODULE, **entry, check_mode=check_mode)
        assert said["warnings"] == [WARNING.format(f"{name}@{site.DOMAIN}")], said
    assert outside.send(site.SUE, f"{name}@{site.DOMAIN}", word).accepted
    copy = outside.mailbox(site.BOB).wait_for(f"[Idle-{word}] {word}")
    assert email.utils.parseaddr(copy["From"])[1] == site.SUE
    removed = controller.task(MODULE, name=name, state="absent", archives="drop")
    assert "warnings" not in removed
    proved("a 2.1 without dnspython mitigates nothing, and each run warns", "3 warnings")


@pytest.mark.usefixtures("moved_mail")
def test_quarantine_can_be_left_alone(outside: Outside, controller: Controller, word: str, proved: Proved) -> None:
    name = f"apart-{word}"
    address = f"{name}@{site.DOMAIN}"
    apart = {"dmarc_quarantine_moderation_action": False}
    people = [site.SUE, CAUTIOUS, site.BOB]
    controller.task(MODULE, name=name, members=people, dmarc_mitigate_action="reject", settings=apart)
    for sender in (site.SUE, CAUTIOUS):
        assert outside.send(sender, address, f"{sender}/{word}").accepted
    inbox = outside.mailbox(site.BOB)
    copy = inbox.wait_for(f"{CAUTIOUS}/{word}")
    assert email.utils.parseaddr(copy["From"])[1] == CAUTIOUS
    assert "DMARC" in outside.mailbox(site.SUE).wait_for(f"{site.SUE}/{word}").as_string()
    assert inbox.has_none(f"{site.SUE}/{word}")
    controller.task(MODULE, name=name, state="absent", archives="drop")
    proved("p=quarantine can be left as it is on 2.1, while p=reject is rejected", "1 copy, 1 notice")
