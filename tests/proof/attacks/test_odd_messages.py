# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A message that is not as it should be is distributed and archived, or its sender is told which header is wrong; none is lost."""

from __future__ import annotations

import email.utils
from collections.abc import Iterator

import pytest

from support import odd, site
from support.mail_server import MailServer
from support.outside import Outside, archived_at
from support.proved import Proved

pytestmark = pytest.mark.usefixtures("subscribers")

# Where Mailman and HyperKitty's archiver keep what they could not handle.
ASIDE = ("queue/shunt", "queue/bad", "archives/hyperkitty/spool")


def aside(fermium: MailServer) -> set[str]:
    return set(fermium.run("find", *(f"/var/lib/mailman3/{folder}" for folder in ASIDE), "-type", "f")["out"].split())


@pytest.fixture
def takes_any_recipients(fermium: MailServer) -> Iterator[None]:
    """What is in To holds no message, as it otherwise does where the list is not."""
    config = f"lists/{site.PUBLIC}/config"
    names = ("require_explicit_destination", "max_num_recipients")
    before = {name: fermium.rest("GET", config)[name] for name in names}
    fermium.rest("PATCH", config, require_explicit_destination=False, max_num_recipients=0)
    yield
    fermium.rest("PATCH", config, **before)


@pytest.mark.usefixtures("takes_any_recipients")
def test_odd_messages_arrive_or_are_refused(fermium: MailServer, outside: Outside, word: str, proved: Proved) -> None:
    before = aside(fermium)
    date = email.utils.formatdate()
    for number, message in enumerate(odd.REFUSED):
        sent = outside.hand_over(site.ALICE, site.PUBLIC, message.raw(f"{word}n{number}", site.PUBLIC, date))
        assert sent.data and sent.data[0] == 550, (message.name, sent)
        assert f"cannot be taken by a list. {message.refused}: " in sent.refusal, (message.name, sent.refusal)
    for number, message in enumerate(odd.TAKEN):
        sent = outside.hand_over(site.ALICE, site.PUBLIC, message.raw(f"{word}y{number}e", site.PUBLIC, date))
        assert sent.accepted, (message.name, sent.refusal)
    inbox = outside.mailbox(site.BOB)
    for number, message in enumerate(odd.TAKEN):
        copy = inbox.wait_for(f"{word}y{number}e")
        page = outside.wait_for_page(archived_at(copy))
        assert page.status == 200, message.name
    assert inbox.has_none(f"{word}n")
    # by then the runners have looked at their queues, and at what waits for the archive
    assert aside(fermium) - before == set()
    proved(
        "odd messages are distributed and archived, or refused with the header that is wrong",
        f"{len(odd.TAKEN)} arrived, {len(odd.REFUSED)} refused, 0 aside",
    )


def test_the_postmaster_gets_any_message(outside: Outside, word: str, proved: Proved) -> None:
    message = next(each for each in odd.REFUSED if each.refused == "Date")
    to = f"postmaster@{site.DOMAIN}"
    assert outside.hand_over(site.ALICE, to, message.raw(word, to, "")).accepted
    outside.mailbox(site.ROOT).wait_for(word)
    proved("what lists cannot take reaches the postmaster", message.name)
