# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A message on its way: scanned, accepted, distributed, archived; or held, or refused."""

from __future__ import annotations

import email.utils
import re

import pytest

from support import site
from support.mail_server import MailServer
from support.outside import Outside, archived_at
from support.proved import Proved

pytestmark = pytest.mark.usefixtures("subscribers")

GTUBE = "XJS*C4JDBQADN1.NSBN3*2IDNEN*GTUBE-STANDARD-ANTI-UBE-TEST-EMAIL*C.34X"
# On one connection: spam, and a message that is too big to be scanned.
BOTH = f"""
import smtplib, sys
with smtplib.SMTP("{site.DOMAIN}") as server:
    for body in ("{GTUBE}\\n", "Hello, hello.\\n" * 50000):
        server.ehlo_or_helo_if_needed()
        server.mail("{site.ALICE}")
        server.rcpt("postmaster@{site.DOMAIN}")
        print(server.data(f"From: {site.ALICE}\\nTo: postmaster@{site.DOMAIN}\\nSubject: {{sys.argv[1]}}\\n\\n{{body}}")[0])
"""


def test_a_members_post_is_scanned_distributed_and_archived(
    fermium: MailServer, outside: Outside, word: str, proved: Proved
) -> None:
    headers = {"X-Spam-Score": "+++++++++++++", "X-Spam-Other_9": "yes"}
    sent = outside.send(site.ALICE, site.PUBLIC, f"minutes {word}", f"We met, said {word}.\n", headers=headers)
    assert sent.accepted, sent.refusal

    copy = outside.mailbox(site.BOB).wait_for(word)
    outside.mailbox(site.ERIN).wait_for(word)
    assert copy["List-Id"] and "wikitech-l.lists.example.org" in copy["List-Id"]
    assert word in copy.get_content()
    assert outside.mailbox(site.CAROL).has_none(word), "a subscriber of digests got a copy of its own"
    assert outside.mailbox(site.STRANGER).has_none(word), "a stranger got a copy"

    # scanned here: the score that the sender claimed is gone
    scores = copy.get_all("X-Spam-Score", [])
    assert len(scores) == 1, scores
    assert "+++++++++++++" not in scores[0]
    assert re.fullmatch(r"-?\d+\.\d+ \([-+/]*\)", scores[0]), scores[0]
    assert copy["X-Spam-Report"] and copy["X-Spam-Other_9"] is None

    link = archived_at(copy)
    assert link.startswith(f"{site.WEB}/"), link
    page = outside.wait_for_page(link)
    assert f"We met, said {word}." in page.text
    assert outside.get(link.replace("/message/", "/message/NOTTHERE")).status == 404
    proved(
        "post from outside: scanned, distributed, archived", f"2 copies, score {scores[0].split()[0]}, archive page 200"
    )


def test_a_strangers_post_is_held(fermium: MailServer, outside: Outside, word: str, proved: Proved) -> None:
    before = len(fermium.held(site.PUBLIC))
    sent = outside.send(site.STRANGER, site.PUBLIC, f"buy {word}")
    assert sent.accepted, sent.refusal
    fermium.becomes(lambda: sent.subject in fermium.held(site.PUBLIC), "the post is held")
    now = len(fermium.held(site.PUBLIC))
    assert now == before + 1

    # a member's post, sent later, passes it
    assert outside.send(site.ALICE, site.PUBLIC, f"fine {word}").accepted
    outside.mailbox(site.BOB).wait_for(f"fine {word}")
    assert f"fine {word}" not in fermium.held(site.PUBLIC)
    assert outside.mailbox(site.BOB).has_none(f"buy {word}"), "a held post was distributed"
    fermium.discard(site.PUBLIC, sent.subject)
    assert sent.subject not in fermium.held(site.PUBLIC)
    proved("a stranger's post to a closed list is held, not distributed", f"held {before} -> {now}, copies 0")


def test_spam_is_refused_while_the_sender_waits(
    fermium: MailServer, outside: Outside, word: str, proved: Proved
) -> None:
    spam = outside.send(site.ALICE, site.PUBLIC, f"spam {word}", f"{GTUBE}\n")
    assert spam.recipients[site.PUBLIC][0] == 250
    assert spam.data is not None and 500 <= spam.data[0] < 600, spam.data

    # one letter less, and it is mail like any other
    assert outside.send(site.ALICE, site.PUBLIC, f"ham {word}", f"{GTUBE[:-1]}\n").accepted
    outside.mailbox(site.BOB).wait_for(f"ham {word}")
    assert outside.mailbox(site.BOB).has_none(f"spam {word}")
    proved(
        "GTUBE is refused at SMTP; the same less one letter passes",
        f"{spam.data[0]} {spam.data[1].splitlines()[0][:40]}",
    )


def test_no_message_gets_the_score_of_another(outside: Outside, word: str, proved: Proved) -> None:
    """Exim keeps the score of a message, while the connection lasts, for one that is not scanned."""
    said = outside.check("python3", "-c", BOTH, word).split()
    assert said == ["550", "250"]
    copy = outside.mailbox(site.ROOT).wait_for(word)
    assert copy["X-Spam-Score"] is None and copy["X-Spam-Report"] is None
    proved("spam, and on the same connection a message too big to scan: only the spam is refused", ", ".join(said))


def test_mail_to_the_old_domain_is_rewritten(outside: Outside, word: str, proved: Proved) -> None:
    old = site.PUBLIC.replace(site.DOMAIN, site.OLD_DOMAIN)
    nobody = f"nobody@{site.OLD_DOMAIN}"
    sent = outside.send(site.ALICE, old, f"old {word}", cc=f"Nobody <{nobody}>")
    assert sent.accepted, sent.refusal
    copy = outside.mailbox(site.BOB).wait_for(word)
    assert email.utils.parseaddr(copy["To"])[1] == site.PUBLIC, copy["To"]
    # what is no list keeps its name
    assert nobody in copy["Cc"], copy["Cc"]
    assert len(outside.mailbox(site.BOB).all(word)) == 1
    proved("mail to the old domain arrives with the new address", f"{old} -> {site.PUBLIC}")


def test_from_is_rewritten_where_the_senders_domain_demands_it(outside: Outside, word: str, proved: Proved) -> None:
    assert outside.send(f"Sue <{site.SUE}>", site.PUBLIC, f"strict {word}").accepted
    assert outside.send(f"Alice <{site.ALICE}>", site.PUBLIC, f"lax {word}").accepted
    strict = outside.mailbox(site.BOB).wait_for(f"strict {word}")
    lax = outside.mailbox(site.BOB).wait_for(f"lax {word}")
    assert email.utils.parseaddr(strict["From"])[1] == site.PUBLIC, strict["From"]
    assert site.SUE in strict["Reply-To"], strict["Reply-To"]
    assert email.utils.parseaddr(lax["From"])[1] == site.ALICE, lax["From"]
    proved("DMARC p=reject: From is the list's; without: the sender's own", str(strict["From"]))
