# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An archive elsewhere gets every post of the public lists that want it, and the posts of before as mbox."""

from __future__ import annotations

import json
import mailbox
import os
from collections.abc import Iterator
from email.message import EmailMessage
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from support import site
from support.controller import Controller, changed
from support.ladder import assert_idempotent
from support.mail_server import MailServer
from support.outside import Outside, Sent, archived_at
from support.proved import Proved

LIST = "listops.mailman.mailman_list"
# What real archives have: a subject that was pasted, and an attachment of no type, which HyperKitty cannot write.
ODD = """
from hyperkitty.models import Attachment, Email
first, second = Email.objects.filter(mailinglist__name={name!r}).order_by("archived_date", "pk")[:2]
Email.objects.filter(pk=first.pk).update(subject="Agenda\\u2028Montag\\x0b\\x85")
Attachment.objects.create(email=second, counter=9, name="a", content_type="nonsense", content=b"x", size=1)
print(second.message_id)
"""
BACKFILL, ROSTER = "playbooks/backfill.yml", "playbooks/roster.yml"
ARCHIVE = "archive@example.net"
# What Mailman's bounce runner does when mail to a member came back too often.
BOUNCED = """
import sys
from mailman.config import config
from mailman.core.initialize import initialize
from mailman.interfaces.listmanager import IListManager
from mailman.interfaces.member import DeliveryStatus
from zope.component import getUtility

initialize()
member = getUtility(IListManager).get(sys.argv[1]).members.get_member(sys.argv[2])
print(member.bounce_score)
member.bounce_score = 7
member.preferences.delivery_status = DeliveryStatus.by_bounces
config.db.commit()
"""


@pytest.fixture
def name(controller: Controller, word: str) -> Iterator[str]:
    name = f"{word}@{site.DOMAIN}"
    yield name
    controller.task(LIST, name=name, state="absent", archives="drop")


def test_every_post_reaches_the_archive_and_nothing_else_does(
    fermium: MailServer, outside: Outside, controller: Controller, name: str, word: str, proved: Proved
) -> None:
    exact = {"state": "exact", "addresses": [site.ALICE, site.BOB]}
    options: dict[str, Any] = {"name": name, "members": exact, "owners": [site.OWNER], "external_archives": [ARCHIVE]}
    assert_idempotent(controller, fermium, LIST, **options, send_welcome=True, max_message_size=1000)
    member = fermium.member(name, ARCHIVE)
    assert member and member["delivery_mode"] == "regular" and member["moderation_action"] == "discard"
    outside.mailbox(site.BOB).wait_for(name)  # the welcome, which robots do not get

    posts = {
        f"plain {word}": outside.send(site.ALICE, name, f"plain {word}"),
        f"copied {word}": outside.send(site.BOB, name, f"copied {word}", cc=ARCHIVE),
        f"große {word}": outside.send(site.ALICE, name, f"große {word}", "x" * 300_000 + "\n"),
    }
    assert all(sent.accepted for sent in posts.values())
    archive = outside.mailbox(ARCHIVE)

    def of_the_list(sent: Sent) -> list[EmailMessage]:
        return [mail for mail in archive.all(sent.message_id) if mail["List-Id"]]

    for sent in posts.values():
        fermium.becomes(partial(of_the_list, sent), f"{sent.subject} of the list is in the archive's mailbox")
    # what is sent in the archive's name is no post
    assert outside.send(ARCHIVE, name, f"forged {word}").accepted
    assert outside.send(site.ALICE, name, f"last {word}").accepted
    archive.wait_for(f"last {word}")
    outside.mailbox(site.BOB).wait_for(f"last {word}")
    assert outside.mailbox(site.BOB).has_none(f"forged {word}")
    subjects = [str(mail["Subject"]) for mail in archive.all(word) if mail["List-Id"]]
    assert sorted(subject.split("] ")[-1] for subject in subjects) == sorted([*posts, f"last {word}"])

    # bounces stop the mail to it until the next run, which starts from zero
    fermium.check("runuser", "-u", "list", "--", "python3", "-c", BOUNCED, name, ARCHIVE)
    preferences = f"members/{member['member_id']}/preferences"
    assert_idempotent(controller, fermium, LIST, look=lambda host: host.rest("GET", preferences), **options)
    score = fermium.check("runuser", "-u", "list", "--", "python3", "-c", BOUNCED, name, ARCHIVE)
    assert score.strip() == "0"
    controller.task(LIST, **options)

    # an authority that does not know it leaves it alone
    roster = [{"name": name, "members": {"state": "exact", "addresses": [site.ALICE, site.CAROL]}}]
    declared = [{"name": name, "external_archives": [ARCHIVE]}]
    variables = json.dumps({"roster_lists": roster, "mailman_lists": declared})
    controller.playbook(ROSTER, "-e", variables)
    assert set(fermium.members(name)) == {site.ALICE, site.CAROL, ARCHIVE}
    assert changed(controller.playbook(ROSTER, "-e", variables)) == 0

    assert_idempotent(controller, fermium, LIST, name=name, external_archives={ARCHIVE: False})
    assert outside.send(site.ALICE, name, f"private joke {word}").accepted
    outside.mailbox(site.CAROL).wait_for(f"private joke {word}")
    assert archive.has_none(f"private joke {word}")
    proved("an external archive gets every post, once, and nothing else", f"{len(subjects)} posts, 1 forged, 1 after")


def test_a_list_that_is_not_public_is_refused(
    fermium: MailServer, controller: Controller, name: str, word: str, proved: Proved
) -> None:
    sentence = f"list {name}: external_archives has {ARCHIVE}, and archive_policy is private: give "
    private: dict[str, Any] = {"name": name, "archive_policy": "private", "members": [site.ALICE]}
    assert sentence in controller.refused(LIST, **private, external_archives=[ARCHIVE])
    assert name not in {entry["fqdn_listname"] for entry in fermium.entries("lists")}
    # nor is another list touched
    two = [{"name": f"other-{word}"}, {**private, "external_archives": [ARCHIVE]}]
    assert sentence in controller.refused(LIST, lists=two)
    assert not [entry for entry in fermium.entries("lists") if word in entry["fqdn_listname"]]

    # the site's default is for public lists: one that is closed loses it with the same run
    defaults = {"external_archives": [ARCHIVE]}
    controller.task(LIST, lists=[{"name": name, "members": [site.ALICE]}], defaults=defaults)
    assert set(fermium.members(name)) == {site.ALICE, ARCHIVE}
    controller.task(LIST, lists=[private], defaults=defaults)
    assert set(fermium.members(name)) == {site.ALICE}
    # what was decided for this list alone is asked about
    controller.task(LIST, name=name, archive_policy="public", external_archives=[ARCHIVE])
    assert sentence in controller.refused(LIST, **private, external_archives=[ARCHIVE])
    assert fermium.rest("GET", f"lists/{name}/config")["archive_policy"] == "public"
    assert_idempotent(
        controller, fermium, LIST, **private, external_archives=[ARCHIVE], external_archives_allow_private=True
    )
    assert set(fermium.members(name)) == {site.ALICE, ARCHIVE}
    proved("no archive elsewhere gets a private list, unless forced", "3 refused, 1 left with its list, 1 forced")


def test_the_posts_of_before_as_mbox(
    fermium: MailServer, outside: Outside, controller: Controller, name: str, word: str, tmp_path: Path, proved: Proved
) -> None:
    controller.task(LIST, name=name, members=[site.ALICE])
    bodies = [
        "Hello.\n",
        "From here it looks\n\nFrom a@example.org  Wed Nov 25 21:20:31 2026\nSubject: like another\n\nmessage.\n",
        "Grüße, 陳大文 🙂\n",
        "",
    ]
    for number, body in enumerate(bodies):
        assert outside.send(site.ALICE, name, f"número {number} {word}", body).accepted
        link = archived_at(outside.mailbox(site.ALICE).wait_for(f"{number} {word}"))
        outside.wait_for_page(link)
    options = ("-e", f"backfill_lists={name}", "-e", f"backfill_directory={tmp_path}")
    controller.playbook(BACKFILL, "--check", *options)
    assert list(tmp_path.iterdir()) == [], "check mode wrote"
    umask = os.umask(0)
    try:
        assert changed(controller.playbook(BACKFILL, *options)) > 0
    finally:
        os.umask(umask)
    (path,) = tmp_path.iterdir()
    assert path.name == f"{name}.mbox" and path.stat().st_mode & 0o777 == 0o600
    found = list(mailbox.mbox(path))
    subjects = [str(message["Subject"]) for message in found]
    assert len(found) == len(bodies) and all(message["Message-ID"] for message in found), subjects
    parts = [part.get_payload(decode=True) for part in found[2].walk()]
    assert "陳大文 🙂".encode() in b"".join(part for part in parts if isinstance(part, bytes))
    before = path.read_bytes()
    assert changed(controller.playbook(BACKFILL, *options)) == 0 and path.read_bytes() == before
    left = fermium.check("find", "/tmp", "/var/tmp", "/root", "-name", "*.mbox", "-o", "-name", "mbox-*")
    assert left == "", left

    odd = fermium.manage("shell", "-c", ODD.format(name=name)).split()[-1]
    output = json.dumps(controller.playbook(BACKFILL, *options))
    subjects = [str(message["Subject"]) for message in mailbox.mbox(path)]
    assert len(subjects) == len(bodies) - 1 and subjects[0].split() == ["Agenda", "Montag"], subjects
    assert f"message {odd} is not in the file, HyperKitty cannot write it" in output and f"left out: {odd}" in output

    controller.task(LIST, name=name, archive_policy="private")
    path.unlink()
    said = controller.stopped(BACKFILL, *options)
    assert (
        f"list {name} has archive_policy private: give lists whose archive is public, or backfill_allow_private: true"
        in said
    )
    assert f"list x{word}@{site.DOMAIN} does not exist" in controller.stopped(BACKFILL, "-e", f"backfill_lists=x{word}")
    assert "backfill_lists is []: give names of lists" in controller.stopped(BACKFILL)
    assert list(tmp_path.iterdir()) == []
    controller.playbook(BACKFILL, *options, "-e", "backfill_allow_private=true")
    assert len(mailbox.mbox(path)) == len(bodies) - 1
    proved("the posts of before are in an mbox that Python counts", f"{len(found)} messages, {len(before)} bytes, 0600")
