# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The addresses around a list, those that do not exist, and those of others."""

from __future__ import annotations

import re

import pytest

from support import site
from support.mail_server import MailServer
from support.outside import Outside
from support.proved import Proved

pytestmark = pytest.mark.usefixtures("subscribers")

LIST, DOMAIN = site.PUBLIC.split("@")


def suffixed(suffix: str) -> str:
    return f"{LIST}-{suffix}@{DOMAIN}"


def test_owner_address_reaches_the_owners(outside: Outside, word: str, proved: Proved) -> None:
    assert outside.send(site.STRANGER, suffixed("owner"), f"question {word}").accepted
    outside.mailbox(site.OWNER).wait_for(word)
    assert outside.mailbox(site.BOB).has_none(word), "mail to the owners was distributed"
    proved("-owner reaches the owners only", "1 copy")


def test_join_and_leave_by_mail(fermium: MailServer, outside: Outside, word: str, proved: Proved) -> None:
    newcomer = f"new-{word}@example.net"
    inbox = outside.mailbox(newcomer)

    assert outside.send(newcomer, suffixed("join"), "").accepted
    question = inbox.wait_for("confirm+")
    assert not fermium.member(site.PUBLIC, newcomer), "a member before the confirmation"
    token = re.search(
        rf"{LIST}-confirm\+(\w+)@", str(question["From"]) + str(question["Reply-To"]) + question.get_content()
    )
    assert token, question.as_string()
    # somebody who guesses gets nowhere
    assert outside.send(newcomer, suffixed("confirm+" + "0" * 40), "Re: confirm").accepted
    assert outside.send(newcomer, suffixed(f"confirm+{token.group(1)}"), f"Re: {question['Subject']}").accepted
    fermium.becomes(lambda: fermium.member(site.PUBLIC, newcomer), "the newcomer is a member")

    assert outside.send(newcomer, suffixed("leave"), "").accepted

    def left() -> bool:
        """Some lists ask before they let somebody go."""
        for question in inbox.all("confirm+"):
            again = re.search(rf"{LIST}-confirm\+(\w+)@", question.as_string())
            if again and again.group(1) not in answered:
                answered.add(again.group(1))
                outside.send(newcomer, suffixed(f"confirm+{again.group(1)}"), f"Re: {question['Subject']}")
        return not fermium.member(site.PUBLIC, newcomer)

    answered = {token.group(1)}
    fermium.becomes(left, "the newcomer is gone")
    proved("-join, -confirm and -leave make and unmake a member", "0 -> 1 -> 0")


def test_request_address_answers(outside: Outside, word: str, proved: Proved) -> None:
    asking = f"asks-{word}@example.net"
    assert outside.send(asking, suffixed("request"), "help").accepted
    answer = outside.mailbox(asking).wait_for("Subject")
    texts = [part.get_content() for part in answer.walk() if part.get_content_type() == "text/plain"]
    assert "help" in "".join(texts).lower()
    proved("-request answers a command", f"{len(''.join(texts).splitlines())} lines of help")


def test_bounces_are_counted(fermium: MailServer, outside: Outside, word: str, proved: Proved) -> None:
    gone = f"gone-{word}@example.net"
    fermium.subscribe(site.PUBLIC, gone)
    try:
        assert outside.send(site.ALICE, site.PUBLIC, f"to all {word}").accepted

        def score() -> int:
            return int((fermium.member(site.PUBLIC, gone) or {}).get("bounce_score", 0))

        fermium.look_at_bounces()
        fermium.becomes(lambda: score() > 0, f"the bounce of {gone} is counted")
        proved("-bounces counts what could not be delivered", f"bounce score {score()}")
        assert int((fermium.member(site.PUBLIC, site.BOB) or {}).get("bounce_score", 0)) == 0
    finally:
        fermium.unsubscribe(site.PUBLIC, gone)


def test_unknown_recipients_are_refused(outside: Outside, word: str, proved: Proved) -> None:
    unknown = [
        f"{word}@{DOMAIN}",
        f"{LIST}-{word}@{DOMAIN}",
        f"{word}-owner@{DOMAIN}",
        f"../{LIST}@{DOMAIN}",
        f"{word}@{site.OLD_DOMAIN}",
    ]
    known = [site.PUBLIC, suffixed("owner"), f"postmaster@{DOMAIN}"]
    said = outside.offer(site.STRANGER, unknown + known)
    assert all(500 <= said[address] < 600 for address in unknown), said
    assert all(said[address] == 250 for address in known), said
    proved("unknown recipients are refused at SMTP, known ones not", f"{len(unknown)} x 5xx, {len(known)} x 250")


def test_nothing_relays_for_strangers(outside: Outside, proved: Proved) -> None:
    others = [
        site.ALICE,
        f"alice%example.net@{DOMAIN}",
        f"@{DOMAIN}:alice@example.net",
        f"alice@example.net@{DOMAIN}",
        f"example.net!alice@{DOMAIN}",
    ]
    said = [outside.offer(sender, others) for sender in (site.STRANGER, f"forged@{DOMAIN}", "")]
    assert all(500 <= code < 600 for answers in said for code in answers.values()), said
    proved("relaying is refused, whoever the sender claims to be", f"{len(said) * len(others)} x 5xx")
