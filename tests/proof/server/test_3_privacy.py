# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Mail to a private and a public list together is refused, before it leaks."""

from __future__ import annotations

import pytest

from support import site
from support.mail_server import MailServer
from support.outside import Outside, Sent
from support.proved import Proved

pytestmark = pytest.mark.usefixtures("subscribers")

SENTENCE = "Message rejected for privacy protection: The list of recipients contains both private and public"


def refused(outside: Outside, sender: str, sent: Sent, word: str) -> str:
    """The reason of a refusal, said at once or by a returned message."""
    if not sent.accepted:
        return sent.refusal
    return " ".join(outside.mailbox(sender).wait_for(word).as_string().split())


def test_private_and_public_together_is_refused(
    fermium: MailServer, outside: Outside, word: str, proved: Proved
) -> None:
    both = outside.send(site.ALICE, [site.INTERNAL, site.PUBLIC], f"leak {word}")
    assert SENTENCE in refused(outside, site.ALICE, both, f"leak {word}")
    as_cc = outside.send(
        site.ALICE, [site.PUBLIC, site.PRIVATE], f"copy {word}", header_to=site.PUBLIC, cc=site.PRIVATE
    )
    assert SENTENCE in refused(outside, site.ALICE, as_cc, f"copy {word}")
    old = site.INTERNAL.replace(site.DOMAIN, site.OLD_DOMAIN)
    by_old_name = outside.send(site.ALICE, [old, site.PUBLIC], f"disguise {word}")
    assert SENTENCE in refused(outside, site.ALICE, by_old_name, f"disguise {word}")

    # each alone, and the runbook's way around. That a list is not named in To or Cc,
    # its own rule may hold: it is past the filter, and with the list, either way.
    blind = outside.send(site.ALICE, [site.INTERNAL, site.PUBLIC], f"blind {word}", header_to=site.PUBLIC)
    assert blind.accepted, blind.refusal
    assert outside.send(site.ALICE, site.INTERNAL, f"alone {word}").accepted
    inside = outside.mailbox(site.DAVE)  # on the private list only
    inside.wait_for(f"alone {word}")
    copies = outside.mailbox(site.BOB)  # on the public list only
    copies.wait_for(f"blind {word}")
    fermium.becomes(
        lambda: blind.subject in fermium.held(site.INTERNAL) or inside.all(f"blind {word}"),
        "the private list has it, too",
    )
    if blind.subject in fermium.held(site.INTERNAL):
        fermium.discard(site.INTERNAL, blind.subject)
    for secret in ("leak", "copy", "disguise", "alone"):
        assert copies.has_none(f"{secret} {word}"), f"{secret}: a subscriber of the public list got it"
    proved("private and public list together is refused; as BCC it passes", "3 refused (To, Cc, old domain), 2 passed")


# the roster of internal-l is exact: a run removes whom a proof adds
@pytest.mark.usefixtures("undisturbed")
def test_what_a_private_list_sends_is_no_leak(fermium: MailServer, outside: Outside, word: str, proved: Proved) -> None:
    member = f"postmaster@{site.DOMAIN}"
    fermium.subscribe(site.INTERNAL, member)
    try:
        assert outside.send(site.DAVE, site.INTERNAL, f"within {word}").accepted
        outside.mailbox(site.ROOT).wait_for(f"within {word}")
    finally:
        fermium.unsubscribe(site.INTERNAL, member)
    proved("a private list's mail reaches a member at the list's own domain", "1 copy")


# What clients make of „Zürich" with one ASCII quote, of (Zürich), of Jörg @ Zürich, and of <Zürich.
NAMES = [
    "=?utf-8?q?Team_=22Z=C3=BCrich?=",
    "=?utf-8?q?=28Z=C3=BCrich?=",
    "=?utf-8?q?J=C3=B6rg_=40_Z?=",
    "=?utf-8?q?=3CZ?=",
]


def test_no_display_name_hides_a_private_list(fermium: MailServer, outside: Outside, word: str, proved: Proved) -> None:
    both = [site.INTERNAL, site.PUBLIC]
    ways = [f"To: {name} <{site.INTERNAL}>" for name in NAMES]
    ways += [f"To: {site.PUBLIC}\r\nCc: {NAMES[0]} <{site.INTERNAL}>", f"To: {site.PUBLIC}\r\n{ways[0]}"]
    for number, way in enumerate(ways):
        text = f"From: {site.ALICE}\r\n{way}\r\nSubject: veil {number} {word}\r\n\r\nHello.\r\n"
        said = outside.ask("smtp", host=outside.mail_server, mail_from=site.ALICE, recipients=both, message=text)
        assert said["data"] and said["data"][0] == 550, (way, said)
        assert SENTENCE in " ".join(said["data"][1].split())
    # from a program on the host
    fermium.check("/usr/sbin/sendmail", "-oi", "-f", site.ALICE, *both, stdin=text.replace("\r\n", "\n"))
    returned = outside.mailbox(site.ALICE).wait_for(f"veil {number} {word}").as_string()
    assert SENTENCE in " ".join(returned.split())
    proved("nor does an encoded name in To or Cc hide the private list", f"{len(ways)} x 550, 1 returned")
