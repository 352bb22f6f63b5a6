# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A person is given the credentials of a list: owner, a web account, and a link to set its password, mailed once."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator

import pytest

from support import site
from support.controller import Controller, changed, results
from support.mail_server import MailServer
from support.outside import Outside
from support.proved import Proved
from support.visitor import ACCOUNTS, Visitor

LIST, ACCOUNT = "listops.mailman.mailman_list", "listops.mailman.mailman_account"
CREDENTIALS = "playbooks/credentials.yml"
PASSWORD = "correct horse battery 7"
# Django's own shell: what is there, and accounts made by other means than ours.
LOOK = """
import json
from allauth.account.models import EmailAddress
from django.contrib.auth import get_user_model
users = get_user_model().objects.filter(username__contains={word!r})
print(json.dumps({{user.username: {{"password": user.has_usable_password(), "email": user.email, "addresses":
    {{a.email: a.verified for a in EmailAddress.objects.filter(user=user)}}}} for user in users}}))
"""
SQUAT = """
from allauth.account.models import EmailAddress
from django.contrib.auth import get_user_model
user = get_user_model().objects.create_user({name!r}, {address!r}, {password!r})
EmailAddress.objects.create(user=user, email={address!r}, verified=False, primary=True)
EmailAddress.objects.create(user=user, email={own!r}, verified=True)
"""
CLOSE = """
from django.contrib.auth import get_user_model
assert get_user_model().objects.filter(emailaddress__email={address!r}).update(is_active=False) == 1
"""


@pytest.fixture
def name(controller: Controller, word: str) -> Iterator[str]:
    name = f"{word}@{site.DOMAIN}"
    controller.task(LIST, name=name, owners=[site.OWNER])
    yield name
    controller.task(LIST, name=name, state="absent")


@pytest.fixture
def visitor(outside: Outside) -> Iterator[Callable[[], Visitor]]:
    """Somebody who comes with a browser that knows nothing yet."""
    came: list[Visitor] = []

    def come() -> Visitor:
        came.append(Visitor(outside))
        return came[-1]

    yield come
    for each in came:
        each.leave()


def accounts(fermium: MailServer, word: str) -> dict[str, dict[str, object]]:
    """The accounts with a word in their names."""
    found: dict[str, dict[str, object]] = json.loads(
        fermium.manage("shell", "-c", LOOK.format(word=word)).splitlines()[-1]
    )
    return found


def owners(fermium: MailServer, name: str) -> set[str]:
    return set(fermium.members(name, "owner"))


def credentials(name: object, person: str, *switches: str, **more: str) -> tuple[str, ...]:
    """switches: as an operator types them, moderator=true."""
    told = {"lists": name, "person": person, **more}
    typed = [word for switch in switches for word in ("-e", f"credentials_{switch}")]
    return "-e", json.dumps({f"credentials_{key}": value for key, value in told.items()}), *typed


def link(outside: Outside, address: str, number: int = 1) -> str:
    """The newest link that a person was mailed, of so many."""
    outside.mailbox(address).wait_for("password/reset/key")
    found = outside.mailbox(address).all("password/reset/key")
    assert len(found) == number
    links = re.findall(r"https://\S+/password/reset/key/\S+", str(found[-1].get_content()))
    assert len(links) == 1 and links[0].startswith(f"{ACCOUNTS}/")
    return str(links[0])


def settings(name: str) -> str:
    return f"{site.LISTS}{name.replace('@', '.')}/settings/list_identity"


def test_a_person_gets_the_keys_of_a_list(
    fermium: MailServer,
    outside: Outside,
    controller: Controller,
    visitor: Callable[[], Visitor],
    name: str,
    word: str,
    proved: Proved,
) -> None:
    new, stranger = f"new-{word}@example.net", f"stranger-{word}@example.com"
    options = credentials(name, new.upper().replace("EXAMPLE", "example"), "moderator=true")
    shown = results(controller.playbook(CREDENTIALS, "--check", *options))[-1]["msg"]
    assert f"a link to set a password, mailed to {new}" in shown
    assert owners(fermium, name) == {site.OWNER} and accounts(fermium, word) == {}, "check mode wrote"

    said = controller.playbook(CREDENTIALS, *options)
    assert results(said)[-1]["msg"] == shown
    assert owners(fermium, name) == {site.OWNER, new} and set(fermium.members(name, "moderator")) == {new}
    first = link(outside, new)
    (told,) = outside.mailbox(new).all("password/reset/key")
    assert f"You are an owner and a moderator of {name}" in str(told["Subject"])
    text = str(told.get_content())
    assert f"an owner and a moderator of the mailing list {name}." in text and f"{ACCOUNTS}/login/" in text
    assert "ignored" not in text and "requested" not in text
    assert first.rstrip("/").rpartition("/")[2] not in json.dumps(said), "the link is for one person's eyes"
    ((account, found),) = accounts(fermium, word).items()
    assert found == {"password": False, "email": new, "addresses": {new: True}}
    assert changed(controller.playbook(CREDENTIALS, *options)) == 0
    link(outside, new)  # still one

    # the person, who knows the mail and nothing else
    person = visitor()
    asked = person.get(settings(name))
    assert asked.url.startswith(f"{ACCOUNTS}/login/") and "Description" not in asked.text
    done = person.submit(first, password1=PASSWORD, password2=PASSWORD)
    assert done.url == f"{ACCOUNTS}/password/reset/key/done/", done.text[:2000]
    person.log_in(new, PASSWORD)
    page = person.get(settings(name))
    assert page.status == 200 and name in page.text and "Description" in page.text
    # a link is for one time
    assert "password1" not in visitor().get(first).text
    assert changed(controller.playbook(CREDENTIALS, *options)) == 0

    # a stranger with an account of the same making
    made = controller.task(ACCOUNT, address=stranger)
    assert made["mailed"] is True and controller.task(ACCOUNT, address=stranger)["changed"] is False
    other = visitor()
    other.submit(link(outside, stranger), password1=PASSWORD, password2=PASSWORD)
    other.log_in(stranger, PASSWORD)
    assert other.get(f"{ACCOUNTS}/email/").status == 200, "the stranger is not logged in"
    assert other.get(settings(name)).status == 403

    # lost again: once for each reason
    again = credentials(name, new, reason="ticket 4711")
    assert (
        changed(controller.playbook(CREDENTIALS, *again)) == 1
        and changed(controller.playbook(CREDENTIALS, *again)) == 0
    )
    person = visitor()
    person.submit(link(outside, new, 2), password1=PASSWORD + "8", password2=PASSWORD + "8")
    person.log_in(account, PASSWORD + "8")
    assert person.get(settings(name)).status == 200
    proved(
        "the credentials of a list: a link by mail, once; settings open to the owner only",
        "login asked, 200; stranger 403; 2 links",
    )


def test_a_list_is_taken_over(
    fermium: MailServer,
    outside: Outside,
    controller: Controller,
    visitor: Callable[[], Visitor],
    name: str,
    word: str,
    proved: Proved,
) -> None:
    old, new = f"old-{word}@example.net", f"heir-{word}@example.net"
    controller.playbook(CREDENTIALS, *credentials([name], old, "replace=false", "moderator=false"))
    assert owners(fermium, name) == {site.OWNER, old}
    before = visitor()
    before.submit(link(outside, old), password1=PASSWORD, password2=PASSWORD)
    before.log_in(old, PASSWORD)
    assert before.get(settings(name)).status == 200
    # somebody has an account that says it is the heir's, and never proved it
    own = f"mallory-{word}@example.com"
    fermium.manage("shell", "-c", SQUAT.format(name=f"mallory-{word}", address=new, own=own, password=PASSWORD))
    squatter = visitor()
    squatter.log_in(f"mallory-{word}", PASSWORD)
    assert squatter.get(f"{ACCOUNTS}/email/").status == 200

    said = results(controller.playbook(CREDENTIALS, *credentials(name, new, "replace=true")))[-1]["msg"]
    assert f"account mallory-{word} loses {new}, which it has not confirmed" in said
    assert owners(fermium, name) == {new}
    heir = visitor()
    heir.submit(link(outside, new), password1=PASSWORD, password2=PASSWORD)
    heir.log_in(new, PASSWORD)
    assert heir.get(settings(name)).status == 200
    assert {visit.get(settings(name)).status for visit in (before, squatter)} == {403}
    assert accounts(fermium, word)[f"mallory-{word}"]["addresses"] == {own: True}
    proved("a takeover: former owner and squatter are out, the heir is in", "403, 403, 200")


def test_what_is_refused_touches_nothing(
    fermium: MailServer, controller: Controller, name: str, word: str, proved: Proved
) -> None:
    closed = f"closed-{word}@example.net"
    controller.task(ACCOUNT, address=closed)
    fermium.manage("shell", "-c", CLOSE.format(address=closed))
    bad = {
        f"of {closed} is not active: give an address whose account an administrator has activated": credentials(
            name, closed
        ),
        f'credentials_lists is ["x{word}"], of which fermium has none: give names of lists that exist': credentials(
            f"x{word}", "a@example.net"
        ),
        'credentials_lists is [] and credentials_person is "a@example.net": give ': credentials("", "a@example.net"),
        "address is 'a@nowhere': give an e-mail address": credentials(name, "a@nowhere"),
    }
    for sentence, options in bad.items():
        assert sentence in controller.stopped(CREDENTIALS, *options)
    assert owners(fermium, name) == {site.OWNER}
    proved("an account that is closed, a list that is not there: refused before anything", f"{len(bad)} refused")
