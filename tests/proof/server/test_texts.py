# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What subscribers get: the texts that their list's owner chose, and greetings only when asked for."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from support import site
from support.controller import Controller
from support.ladder import LIST, MEMBER
from support.mail_server import MailServer
from support.outside import Outside
from support.proved import Proved

pytestmark = pytest.mark.slow

FOOTER = "list:member:regular:footer"
WELCOME = "list:user:notice:welcome"


@pytest.fixture
def name(controller: Controller, word: str) -> Iterator[str]:
    """A list that is gone afterwards, on which Alice and Erin are."""
    fqdn = f"{word}@{site.DOMAIN}"
    controller.task(LIST, name=fqdn, owners=[site.OWNER], members=[site.ALICE, site.ERIN])
    yield fqdn
    controller.task(LIST, name=fqdn, state="absent")


def post(outside: Outside, name: str, subject: str) -> str:
    """The text of a post as Alice gets it."""
    sent = outside.send(site.ERIN, name, subject, "Hello.\n")
    assert sent.accepted, sent.refusal
    copy = outside.mailbox(site.ALICE).wait_for(subject)
    body = copy.get_body(("plain",))
    assert body is not None
    return str(body.get_content()).replace("\r\n", "\n")


def test_a_lists_footer_is_in_what_subscribers_get(
    controller: Controller, outside: Outside, name: str, word: str, proved: Proved
) -> None:
    footer = "-- \nGrüße von $listname an $user_email, 5 $$\n"
    sentence = f"list {name}: templates.{FOOTER} has 'ü', which us-ascii, the charset of en, lacks: give "
    assert sentence in controller.refused(LIST, name=name, templates={FOOTER: footer})
    # without a prefix the subject stays as it was sent
    controller.task(LIST, name=name, preferred_language="de", subject_prefix="")
    plain = post(outside, name, f"before {word}")
    assert name in plain and "Grüße" not in plain, "Mailman's own footer"
    assert "personalize" in controller.refused(LIST, name=name, templates={FOOTER: footer})
    controller.task(LIST, name=name, templates={FOOTER: footer}, settings={"personalize": "individual"})
    assert post(outside, name, f"with {word}") == f"Hello.\n-- \nGrüße von {name} an {site.ALICE}, 5 $\n"
    controller.task(LIST, name=name, templates={FOOTER: "\n"})
    assert post(outside, name, f"none {word}").rstrip() == "Hello."
    controller.task(LIST, name=name, templates={FOOTER: ""})
    assert post(outside, name, f"again {word}") == plain
    proved("a list's footer is in the next post, and Mailman's own again when it is restored", "4 posts")


def test_nobody_is_greeted_unless_asked(
    controller: Controller, fermium: MailServer, outside: Outside, name: str, word: str, proved: Proved
) -> None:
    """Silent changes first: what they might have sent would have come before what is waited for."""
    texts = {WELCOME: f"Welcome, {word}, to $listname\n", "list:user:notice:goodbye": f"Goodbye, {word}\n"}
    silent, greeted = f"silent-{word}@example.net", f"greeted-{word}@example.net"
    controller.task(LIST, name=name, templates=texts, settings={"admin_notify_mchanges": False})
    controller.task(LIST, name=name, members=[silent])
    controller.task(MEMBER, list=name, address=silent, state="absent")
    for _time in range(2):
        controller.task(MEMBER, list=name, address=greeted, send_welcome=True)
    assert f"Welcome, {word}, to {name}" in outside.mailbox(greeted).wait_for(word).get_content()
    for _time in range(2):
        controller.task(
            LIST, name=name, members={"state": "absent", "addresses": [greeted]}, send_goodbye=True, send_welcome=True
        )
    assert "Goodbye" in outside.mailbox(greeted).wait_for("Goodbye").get_content()
    assert len(outside.mailbox(greeted).all(word)) == 2, "more than one welcome and one goodbye"
    assert outside.mailbox(silent).has_none(word), "somebody was greeted who was not to be"
    assert outside.mailbox(site.ALICE).has_none(f"Welcome, {word}")
    proved("welcome and goodbye go out once when asked for, and never otherwise", "2 messages, 0 unasked")
