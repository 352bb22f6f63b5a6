# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Each list of the example inventory is what its description says. wikitech-l is proved by everything else."""

from __future__ import annotations

import pytest

from support import site
from support.declared import LISTS
from support.mail_server import MailServer
from support.outside import Outside
from support.proved import Proved

pytestmark = pytest.mark.usefixtures("subscribers")

ANNOUNCE = f"announce@{site.DOMAIN}"
CLOSED = f"old-announce@{site.DOMAIN}"
SAID = {entry["name"]: entry["description"] for entry in LISTS}


def test_announce_is_posted_by_its_owners_only(outside: Outside, word: str, proved: Proved) -> None:
    assert SAID["announce"] == "News, posted by its owners only"
    refused = {"a member": site.ALICE, "a stranger": site.STRANGER, "another list's member": site.DAVE}
    for who, sender in refused.items():
        # Mailman takes it, and answers
        assert outside.send(sender, ANNOUNCE, f"not news {word}").accepted
        answer = outside.mailbox(sender).wait_for(f"not news {word}")
        assert "rejected" in answer.as_string(), who
    assert outside.send(site.OWNER, ANNOUNCE, f"real news {word}").accepted
    for reader in (site.ALICE, site.BOB):
        copy = outside.mailbox(reader).wait_for(f"real news {word}")
        assert "announce.lists.example.org" in copy["List-Id"]
    assert outside.mailbox(site.BOB).has_none(f"not news {word}")
    proved("announce: its owner's post arrives, and nobody else's", f"2 copies, {len(refused)} rejected")


def test_internal_and_arbcom_are_for_their_members(
    fermium: MailServer, outside: Outside, word: str, proved: Proved
) -> None:
    assert SAID["internal-l"] == "For the team" and SAID["arbcom-l"] == "Confidential"
    assert outside.send(site.DAVE, site.INTERNAL, f"team {word}").accepted
    copy = outside.mailbox(site.ALICE).wait_for(f"team {word}")
    assert "internal-l.lists.example.org" in copy["List-Id"]
    assert outside.send(site.ALICE, site.PRIVATE, f"secret {word}").accepted
    outside.mailbox(site.ALICE).wait_for(f"secret {word}")
    for fqdn in (site.INTERNAL, site.PRIVATE):
        assert outside.send(site.STRANGER, fqdn, f"let me in {word}").accepted
        fermium.becomes(lambda fqdn=fqdn: f"let me in {word}" in fermium.held(fqdn), "a stranger's post is held")  # type: ignore[misc]
        fermium.discard(fqdn, f"let me in {word}")
    assert outside.mailbox(site.BOB).has_none(word) and outside.mailbox(site.DAVE).has_none(f"secret {word}")
    shown = outside.get(site.LISTS).text
    assert site.PUBLIC in shown and site.INTERNAL not in shown and site.PRIVATE not in shown
    proved(
        "internal-l and arbcom-l: members' mail arrives at members, a stranger's is held; on no page",
        "2 copies, 2 held",
    )


OLD = """From {sender} Thu Jan  2 10:00:00 2020
From: {sender}
Subject: of old {word}
Date: Thu, 02 Jan 2020 10:00:00 +0000
Message-ID: <{word}@example.net>

Hello.
"""


def test_old_announce_is_kept_for_its_archive(fermium: MailServer, outside: Outside, word: str, proved: Proved) -> None:
    assert SAID["old-announce"] == "Kept for its archive"
    for sender in (site.ALICE, site.OWNER):
        sent = outside.send(sender, CLOSED, f"too late {word}")
        assert sent.refusal.startswith("550") and "this list is closed" in sent.refusal, sent
    # what this host sends comes back with the same sentence
    fermium.check("sendmail", "-f", site.ALICE, CLOSED, stdin=f"From: {site.ALICE}\nSubject: here {word}\n\nHello.\n")
    assert "this list is closed" in outside.mailbox(site.ALICE).wait_for(f"here {word}").as_string()
    assert word not in " ".join(fermium.held(CLOSED))
    # on this new server nobody has posted to it
    mbox = "/run/proof-old.mbox"
    fermium.check("tee", mbox, stdin=OLD.format(sender=site.ALICE, word=word))
    fermium.manage("hyperkitty_import", "--no-sync-mailman", "--since=2020-01-01", "-l", CLOSED, mbox)
    fermium.check("rm", mbox)
    archive = outside.get(f"{site.ARCHIVES}/list/{CLOSED}/2020/1/")
    assert archive.status == 200 and f"of old {word}" in archive.text
    assert CLOSED not in outside.get(site.LISTS).text
    # whoever knows its address reads it; nothing shows it to whoever does not, the same of other archives is shown
    fermium.manage("update_index_one_list", CLOSED)
    searched = f"{site.ARCHIVES}/search?q={word}"
    assert f"of old {word}" in outside.get(f"{searched}&mlist={CLOSED}").text
    assert f"of old {word}" not in outside.get(searched).text
    for page in ("", "?name=old", "api/lists/", "find-list?term=announce"):
        shown = outside.get(f"{site.ARCHIVES}/{page}")
        assert shown.status == 200 and CLOSED not in shown.text, page
    assert site.PUBLIC in outside.get(f"{site.ARCHIVES}/find-list?term=wikitech").text
    proved(
        "old-announce: a post is told that it is closed, its archive is there, it is on no page",
        "2 x 550, 1 returned, archive 200",
    )
