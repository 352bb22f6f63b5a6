# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A list of Mailman 2.1 that gets another name, and another: everything that has the old one still leads to it."""

from __future__ import annotations

import re
import time
from typing import Any

import pytest

from support import site
from support.controller import Controller
from support.declared import Declared
from support.inside import eventually
from support.mailman21_server import Mailman21Server
from support.outside import Outside
from support.proved import Proved

MODULE = "listops.mailman.mailman_list"
WEB = f"https://{site.DOMAIN}"
SUFFIXES = [
    "admin",
    "bounces",
    "bounces+x=y",
    "confirm",
    "confirm+0",
    "join",
    "leave",
    "owner",
    "request",
    "subscribe",
    "unsubscribe",
]


def address(name: str, suffix: str = "") -> str:
    return f"{name}-{suffix}@{site.DOMAIN}" if suffix else f"{name}@{site.DOMAIN}"


def redirected(outside: Outside, url: str, old: str, new: str) -> str:
    """Where a page has gone for good."""
    page = outside.get(url)
    assert page.status == 301, f"{url}: {page.status}"
    assert page.headers["location"] == url.replace(old, new)
    return page.headers["location"]


def archived(outside: Outside, name: str, subject: str) -> tuple[str, str]:
    """The pages of a month, and that of a message."""
    start = f"{WEB}/pipermail/{name}/"

    def month() -> str:
        return outside.get(start).text.partition("/thread.html")[0].rpartition('"')[2]

    threads = f"{start}{eventually(lambda: month() if '/thread.html' in outside.get(start).text else '', 'a month')}/"
    eventually(lambda: subject in outside.get(f"{threads}thread.html").text, "the post is in Pipermail's index")
    link = outside.get(f"{threads}thread.html").text.partition(subject)[0].rpartition('HREF="')[2].partition('"')[0]
    return threads, threads + link


def test_every_old_address_and_page_leads_to_the_new_name(
    fermium: Mailman21Server, outside: Outside, controller: Controller, declared: Declared, word: str, proved: Proved
) -> None:
    """What Exim and Apache have to do with it, the stand-in shows as well."""
    first, second = f"first-{word}", f"second-{word}"
    controller.task(MODULE, name=first)
    renamed = {"name": second, "renamed_from": [first]}
    assert declared.apply(renamed) > 0
    assert declared.apply(renamed) == 0, "the second run changed something"
    assert fermium.is_active("mailman")
    old = [address(first), *(address(first, suffix) for suffix in SUFFIXES)]
    assert set(outside.offer(site.ALICE, old).values()) == {250}
    pages = [
        f"{WEB}/mailman/{page}" for page in (f"listinfo/{first}", f"admin/{first}/privacy", f"options/{first}/a--at--b")
    ]
    pages += [page.replace("/mailman/", "/cgi-bin/mailman/") for page in pages]
    pages += [
        f"{WEB}/{way}/{file}"
        for way in ("pipermail", "mailman/private")
        for file in (first, f"{first}/", f"{first}/2020-January/000000.html", f"{first}.mbox/{first}.mbox")
    ]
    for page in pages:
        redirected(outside, page, first, second)
    assert outside.get(f"{WEB}/mailman/listinfo/{second}").status == 200
    controller.task(MODULE, name=second, state="absent", archives="drop")
    proved("every address and page of a renamed list of 2.1 leads on", f"{len(old)} x 250, {len(pages)} x 301")


@pytest.mark.usefixtures("moved_mail")
def test_everything_follows_the_name(
    fermium: Mailman21Server, outside: Outside, controller: Controller, declared: Declared, word: str, proved: Proved
) -> None:
    first, second, third = f"first-{word}", f"second-{word}", f"third-{word}"
    entry: dict[str, Any] = {"name": first, "members": [site.ALICE, site.BOB], "owners": [site.OWNER]}
    controller.task(MODULE, **entry, default_nonmember_action="hold", subscription_policy="confirm")

    # what there is under the first name: an archive, a held post, a question to a newcomer
    assert outside.send(site.ALICE, address(first), f"one {word}", "First.\n").accepted
    outside.mailbox(site.BOB).wait_for(f"one {word}")
    month, message = archived(outside, first, f"one {word}")
    assert outside.send(site.STRANGER, address(first), f"may I {word}").accepted
    fermium.becomes(lambda: f"may I {word}" in fermium.held(address(first)), "a stranger's post is held")
    newcomer = f"new-{word}@example.net"
    assert outside.send(newcomer, address(first, "join"), "").accepted
    token = re.search(r"confirm[ +](\w{40})", outside.mailbox(newcomer).wait_for("confirm").as_string())
    assert token
    pages = [
        message,
        f"{month}thread.html",
        f"{month}date.html",
        f"{WEB}/pipermail/{first}/",
        f"{WEB}/pipermail/{first}/{month.split('/')[-2]}.txt",
        f"{WEB}/mailman/private/{first}/",
        f"{WEB}/mailman/confirm/{first}/{token.group(1)}",
        *(f"{WEB}/mailman/{page}/{first}" for page in ("listinfo", "admin", "admindb", "options", "roster")),
    ]

    renamed = {**entry, "name": second, "renamed_from": [first]}
    assert declared.apply(renamed) > 0
    assert declared.apply(renamed) == 0, "the second run changed something"

    # mail
    assert outside.send(site.ALICE, [address(first), address(second)], f"both {word}").accepted
    arrives_once(outside, f"both {word}", second)
    assert outside.send(site.STRANGER, address(first, "owner"), f"dear owner {word}").accepted
    outside.mailbox(site.OWNER).wait_for(f"dear owner {word}")
    assert outside.send(newcomer, address(first, "request"), f"confirm {token.group(1)}").accepted
    fermium.becomes(lambda: fermium.member(address(second), newcomer), "the newcomer is a member")
    fermium.mailman("approve", second, **fermium.held(address(second))[f"may I {word}"])
    arrives_once(outside, f"may I {word}", second)

    # pages
    for page in pages:
        there = outside.get(redirected(outside, page, first, second))
        # who is not logged in may be asked to
        assert there.status in (200, 401), f"{page}: {there.status}"
    _month, newest = archived(outside, second, f"both {word}")
    assert newest.endswith("/000001.html"), "the archive did not go on where it was"
    assert "First." in outside.get(message.replace(first, second)).text

    # once more
    again = {**entry, "name": third, "renamed_from": [second, first], "members": [site.ALICE, site.BOB, newcomer]}
    assert declared.apply(again) > 0
    assert declared.apply(again) == 0
    for page in pages[:5]:
        assert outside.get(redirected(outside, page, first, third)).status == 200
        assert outside.get(redirected(outside, page.replace(first, second), second, third)).status == 200
    assert outside.send(site.ALICE, address(first), f"last {word}").accepted
    arrives_once(outside, f"last {word}", third)
    controller.task(MODULE, name=third, state="absent", archives="drop")
    proved("a list of 2.1 renamed twice: people, held post, confirmation, archive", "1 copy each")
    proved("every old page of 2.1 leads to its new place, which is there", f"{len(pages) + 10} x 301")


def arrives_once(outside: Outside, word: str, name: str) -> None:
    mailbox = outside.mailbox(site.BOB)
    copy = mailbox.wait_for(word)
    assert f"<{name}.{site.DOMAIN}>" in str(copy["List-Id"])
    assert f"[{name.capitalize()}]" in str(copy["Subject"])
    time.sleep(2)
    assert len(mailbox.all(word)) == 1


@pytest.mark.usefixtures("moved_mail")
def test_a_private_archive_can_stay_where_it_was(
    fermium: Mailman21Server, outside: Outside, controller: Controller, declared: Declared, word: str, proved: Proved
) -> None:
    first, second = f"first-{word}", f"second-{word}"
    entry: dict[str, Any] = {"name": first, "members": [site.ALICE, site.BOB], "archive_policy": "private"}
    controller.task(MODULE, **entry)
    assert outside.send(site.ALICE, address(first), f"one {word}", f"Guilty, {word}.\n").accepted
    outside.mailbox(site.BOB).wait_for(f"one {word}")
    folder = f"/var/lib/mailman/archives/private/{first}"
    find = ("sh", "-c", f"cd {folder}; grep -rlF 'Guilty, {word}' --include=*.html .")
    path = eventually(lambda: fermium.run(*find)["out"].strip().removeprefix("./"), "it is archived")
    renamed = {**entry, "name": second, "renamed_from": [first], "renamed_archives": "stay"}
    page = f"{WEB}/mailman/private/{first}/{path}"

    # who guards the archive of the list, guards what it left behind
    reader = {"name": "bea", "password": f"only-{word}-knows"}
    assert declared.apply(renamed, apache_digest_archives=[{"list": second, "realm": second, "users": [reader]}]) > 0
    doors = [page, page.replace("/mailman/", "/cgi-bin/mailman/"), f"{WEB}/mailman/private/{first}.mbox/{first}.mbox"]
    doors += [f"{WEB}/mailman/private/{second}/{first}/{path}", f"{WEB}/pipermail/{first}/{path}"]
    assert [outside.get(url).status for url in doors] == [401] * 5
    opened = [outside.get(url, reader["name"], reader["password"]).text for url in doors[:3]]
    assert all(f"Guilty, {word}" in text for text in opened)

    assert declared.apply(renamed) > 0
    shut = outside.get(page)
    assert (
        "Guilty" not in shut.text and "password" in shut.text and outside.get(f"{WEB}/pipermail/{first}/").status == 404
    )
    login = "username=&password=a+password+of+the+proofs&submit=Let+me+in..."
    assert f"Guilty, {word}" in outside.check("curl", "-sk", "--data", "@-", page, stdin=login)
    assert "Guilty" not in outside.check("curl", "-sk", "--data", "@-", page, stdin=login.replace("proofs", "x"))
    assert outside.send(site.ALICE, address(first), f"two {word}").accepted
    arrives_once(outside, f"two {word}", second)
    controller.task(MODULE, name=second, state="absent", archives="drop")
    fermium.check("sh", "-c", f"rm -r {folder} {folder}.mbox")
    proved("a private archive of 2.1 stays where it was, and asks for a password", "in place")
