# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Posts from domains whose owner asks receivers to refuse what was changed on its way."""

from __future__ import annotations

import email.utils

import pytest

from support import site
from support.controller import Controller
from support.mail_server import MailServer
from support.outside import Outside
from support.proved import Proved

pytestmark = pytest.mark.usefixtures("moved_mail")
MODULE = "listops.mailman.mailman_list"
# The resolver of the test network has p=reject for the first, p=quarantine for the second, nothing for the third.
STRICT, CAUTIOUS, LAX = site.SUE, "kim@cautious.example.net", site.ALICE
ACTIONS = ("no_mitigation", "munge_from", "wrap_message", "reject", "discard")


def about(action: str, sender: str, word: str) -> str:
    """A subject that stays in one line, whatever a list puts before it."""
    return f"{action}/{sender}/{word}"


def test_what_each_list_does(
    fermium: MailServer, outside: Outside, controller: Controller, word: str, proved: Proved
) -> None:
    lists = {action: f"{action.replace('_', '-')}-{word}" for action in ACTIONS}
    declared = [
        {"name": name, "members": [STRICT, CAUTIOUS, LAX, site.BOB], "dmarc_mitigate_action": action}
        for action, name in lists.items()
    ]
    controller.task(MODULE, lists=declared)
    for action, name in lists.items():
        for sender in (STRICT, CAUTIOUS, LAX):
            subject = about(action, sender, word)
            assert outside.send(f"A Person <{sender}>", f"{name}@{site.DOMAIN}", subject).accepted

    inbox = outside.mailbox(site.BOB)
    seen = 0
    for action, name in lists.items():
        posting = f"{name}@{site.DOMAIN}"
        lax = inbox.wait_for(about(action, LAX, word))
        assert email.utils.parseaddr(lax["From"])[1] == LAX, action
        for sender in (STRICT, CAUTIOUS):
            subject = about(action, sender, word)
            if action in ("reject", "discard"):
                if action == "reject":
                    notice = outside.mailbox(sender).wait_for(subject)
                    assert "DMARC" in notice.as_string(), notice
                assert inbox.has_none(subject), subject
                continue
            copy = inbox.wait_for(subject)
            found = email.utils.parseaddr(copy["From"])[1]
            if action == "no_mitigation":
                assert found == sender
            else:
                assert found == posting and sender in str(copy["Reply-To"]), subject
                assert "A Person via" in str(copy["From"])
            inner = [part for part in copy.walk() if part.get_content_type() == "message/rfc822"]
            assert bool(inner) is (action == "wrap_message"), subject
            if inner:
                assert sender in str(inner[0].get_content()["From"])
            seen += 1
    assert not any(fermium.held(f"{name}@{site.DOMAIN}") for name in lists.values())
    controller.task(MODULE, lists=[{"name": name, "state": "absent", "archives": "drop"} for name in lists.values()])
    proved(
        "DMARC p=reject and p=quarantine: munged, wrapped, rejected, discarded; p=none is untouched",
        f"{len(lists)} lists x 3 senders, {seen} copies",
    )
