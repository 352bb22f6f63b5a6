# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a stranger might try with the web interface."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from support import site
from support.controller import Controller
from support.doors import confide
from support.mail_server import MailServer
from support.outside import Outside, archived_at
from support.proved import Proved
from support.reader import Reader

pytestmark = pytest.mark.slow

# The search index knows words, without their endings: for it the private list has this name, too.
LOOKALIKE = f"arbcoms@{site.DOMAIN}"
ACCOUNT = """
from allauth.account.models import EmailAddress
from django.contrib.auth import get_user_model
"""
MALLORY = "mallory@example.com"
SUCCESSOR = "new-admin@example.org"


@pytest.fixture
def lookalike(fermium: MailServer) -> Iterator[str]:
    fermium.make_list(LOOKALIKE)
    fermium.subscribe(LOOKALIKE, site.ALICE)
    yield LOOKALIKE
    fermium.rest("DELETE", f"lists/{LOOKALIKE}")


@pytest.fixture
def mallory(fermium: MailServer, controller: Controller) -> Iterator[str]:
    """A stranger who signed up, and typed the address of the next administrator, too."""
    said = f"user = get_user_model().objects.create_user('mallory', '{MALLORY}', 'x')\n"
    for address, verified in ((MALLORY, True), (SUCCESSOR, False)):
        said += f"EmailAddress.objects.create(user=user, email='{address}', verified={verified})\n"
    fermium.manage("shell", stdin=ACCOUNT + said)
    yield "mallory"
    gone = f"EmailAddress.objects.filter(email='{SUCCESSOR}').delete()\n"
    gone += "get_user_model().objects.get(username='mallory').delete()\n"
    fermium.manage("shell", stdin=ACCOUNT + gone)
    controller.playbook("playbooks/site.yml", "--tags=mailman")


def test_a_search_finds_nothing_of_another_list(
    fermium: MailServer, outside: Outside, reader: Reader, lookalike: str, word: str, proved: Proved
) -> None:
    post = confide(fermium, outside, word)
    outside.wait_for_page(post.message, reader.name, reader.password)
    assert outside.send(site.ALICE, lookalike, f"open {word}", f"Innocent, {word}.\n").accepted
    outside.wait_for_page(archived_at(outside.mailbox(site.ALICE).wait_for(f"open {word}")))
    fermium.manage("update_index")
    found = outside.get(f"{site.ARCHIVES}/search?mlist={lookalike}&q={word}")
    assert "> 1 messages" in " ".join(found.text.split())
    assert f"Innocent, {word}" in found.text
    assert f"Guilty, {word}" not in found.text
    assert post.message.rpartition("/message/")[2] not in found.text
    # nor how many there are
    nothing = outside.get(f"{site.ARCHIVES}/search?mlist={lookalike}&q=verdict+{word}")
    assert "> 0 messages" in " ".join(nothing.text.split())
    both = outside.get(f"{site.ARCHIVES}/search?mlist={site.PRIVATE}&q={word}", reader.name, reader.password)
    assert f"Guilty, {word}" in both.text
    assert f"Innocent, {word}" not in both.text
    proved("a search in one list shows and counts nothing of a list with a similar name", "3 searches")


def test_names_of_private_lists_cannot_be_guessed(outside: Outside, word: str, proved: Proved) -> None:
    private = site.PRIVATE.partition("@")[0]
    for part in (private, word):
        page = outside.get(f"{site.ARCHIVES}/?name={part}")
        assert (page.status, site.PRIVATE in page.text) == (200, False), part
        assert outside.get(f"{site.ARCHIVES}/find-list?term={part}").text.strip() == "[]"
    public = outside.get(f"{site.ARCHIVES}/?name={site.PUBLIC}")
    assert (public.status, public.headers["location"].endswith(f"/list/{site.PUBLIC}/")) == (302, True)
    proved("a part of its name does not lead to a private list", "200, like a name that no list has")


def test_what_is_for_mailman_only_has_one_way(outside: Outside, proved: Proved) -> None:
    text = f"postorius/api/templates/list/{site.PRIVATE.replace('@', '.')}/list:user:notice:welcome"
    ways = [f"{site.WEB}{way}/{text}" for way in ("", "/mailman3", "//mailman3", "/x/../mailman3", "/%6dailman3")]
    answers = {way: outside.get(way).status for way in ways}
    assert set(answers.values()) == {403}, answers
    proved("texts of private lists are for Mailman only", f"{len(ways)} x 403")


def test_no_strangers_account_becomes_the_administrators(
    fermium: MailServer, controller: Controller, mallory: str, proved: Proved
) -> None:
    said = controller.stopped("playbooks/site.yml", "--tags=mailman", f"--extra-vars=mailman_admin_name={mallory}")
    assert said == (
        f"mailman_admin_name is 'mallory', which is the account of {MALLORY}: give a name that nobody has,"
        f" or the account that has confirmed {site.OWNER}, which is mailman_admin_email."
    )
    controller.playbook("playbooks/site.yml", "--tags=mailman", f"--extra-vars=mailman_admin_email={SUCCESSOR}")
    asked = "print([user.is_superuser, [item.email for item in user.emailaddress_set.all()]])\n"
    asked = "user = get_user_model().objects.get(username='mallory')\n" + asked
    left = fermium.manage("shell", stdin=ACCOUNT + asked)
    assert f"[False, ['{MALLORY}']]" in left
    proved(
        "a stranger's account with the administrator's name is not made one; a claim of his address goes", "1 refused"
    )
