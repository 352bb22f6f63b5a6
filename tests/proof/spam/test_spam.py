# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What each list does with mail that SpamAssassin has scored, and with the mail of strangers."""

from __future__ import annotations

from typing import Any

import pytest

from support import site
from support.controller import Controller
from support.mail_server import MailServer
from support.outside import Outside
from support.proved import Proved

MODULE = "listops.mailman.mailman_list"
pytestmark = pytest.mark.usefixtures("moved_mail")
# What gets more than 4 points, and little more than 1, in molecule/spam/inventory.
SPAM, LIGHT = "You are a lucky winner!\n", "We sell cheap pills.\n"
SCORED = {"header": "X-Spam-Score", "pattern": r"\+{4,}"}


def address(name: str) -> str:
    return f"{name}@{site.DOMAIN}"


def test_the_rules_of_each_list(
    fermium: MailServer, outside: Outside, controller: Controller, word: str, proved: Proved
) -> None:
    known = {"header": "Subject", "pattern": "^known "}
    rules: dict[str, list[dict[str, Any]]] = {
        "hold": [{**SCORED, "action": "hold"}],
        "reject": [{**SCORED, "action": "reject"}],
        "discard": [{**SCORED, "action": "discard"}],
        "order": [{**known, "action": "accept"}, {**SCORED, "action": "discard"}],
    }
    lists = {key: f"{key}-{word}" for key in rules}
    members = [site.ALICE, site.BOB]
    declared = [{"name": lists[key], "members": members, "header_matches": rules[key]} for key in rules]
    controller.task(MODULE, lists=declared)
    for key, name in lists.items():
        assert outside.send(site.ALICE, address(name), f"{key} light {word}", LIGHT).accepted
        assert outside.send(site.ALICE, address(name), f"{key} spam {word}", SPAM).accepted
    assert outside.send(site.ALICE, address(lists["order"]), f"known spam {word}", SPAM).accepted

    inbox = outside.mailbox(site.BOB)
    light = [inbox.wait_for(f"{key} light {word}") for key in lists]
    accepted = inbox.wait_for(f"known spam {word}")
    held = fermium.becomes(lambda: fermium.held(address(lists["hold"])), "the spam is held")
    assert list(held) == [f"hold spam {word}"]
    outside.mailbox(site.ALICE).wait_for(f"reject spam {word}")
    assert all("(+" in str(copy["X-Spam-Score"]) for copy in light)
    assert "(++++" in str(accepted["X-Spam-Score"]) and "LISTOPS_LUCKY" in str(accepted["X-Spam-Report"])
    for key in lists:
        assert inbox.has_none(f"{key} spam {word}"), key
        assert key == "hold" or not fermium.held(address(lists[key])), key
    controller.task(MODULE, lists=[{"name": name, "state": "absent", "archives": "drop"} for name in lists.values()])
    proved(
        "a score of 4 and more: held, rejected, discarded, or accepted by an earlier rule",
        f"{len(lists)} lists; 1 and more passes everywhere",
    )


def test_what_strangers_write(
    fermium: MailServer, outside: Outside, controller: Controller, word: str, proved: Proved
) -> None:
    actions = ("accept", "hold", "reject", "discard")
    lists = {action: f"{action}-{word}" for action in actions}
    scored = [{**SCORED, "action": "hold"}]
    declared = [
        {"name": name, "members": [site.BOB], "default_nonmember_action": action, "header_matches": scored}
        for action, name in lists.items()
    ]
    controller.task(MODULE, lists=declared)
    for action, name in lists.items():
        assert outside.send(site.STRANGER, address(name), f"{action} ham {word}").accepted
    assert outside.send(site.STRANGER, address(lists["discard"]), f"discard spam {word}", SPAM).accepted

    inbox = outside.mailbox(site.BOB)
    inbox.wait_for(f"accept ham {word}")
    fermium.becomes(lambda: f"hold ham {word}" in fermium.held(address(lists["hold"])), "the post is held")
    outside.mailbox(site.STRANGER).wait_for(f"reject ham {word}")
    # a hold by a header comes before a discard of strangers: the runbook's caution
    fermium.becomes(lambda: fermium.held(address(lists["discard"])), "the spam is held")
    assert list(fermium.held(address(lists["discard"]))) == [f"discard spam {word}"]
    for action in actions[1:]:
        assert inbox.has_none(f"{action} ham {word}"), action
    controller.task(MODULE, lists=[{"name": name, "state": "absent", "archives": "drop"} for name in lists.values()])
    proved("a stranger's post: accepted, held, rejected, discarded; a header's hold first", f"{len(lists)} lists")
