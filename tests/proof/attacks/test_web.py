# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The web interface against floods, guesses, slow clients and odd requests, and with an ordinary person beside them."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from support import site
from support.accounts import PASSWORD, as_web, remove_accounts, sign_up
from support.flood import Flood
from support.inside import eventually
from support.mail_server import MailServer
from support.outside import Outside, archived_at
from support.proved import Proved
from support.visitor import ACCOUNTS, Visitor

WALK = (Path(__file__).parents[1] / "support/web_walk.py").read_text(encoding="utf-8")
ADMIN = f"{site.WEB}/admin/login/"
LIST_ID = site.PUBLIC.replace("@", ".")
SUBSCRIBE = f"{site.LISTS}{LIST_ID}/anonymous_subscribe"
SUMMARY = f"{site.LISTS}{LIST_ID}/"
# mailman_web_mails_per_address
PER_ADDRESS = 10
OPERATOR = (site.OWNER, site.ROOT)
LOGS = ("/var/log/apache2", "/var/log/mailman3", "/var/log/exim4")
SERVER = ("mailman3-web.service", "apache2.service")


def forget(fermium: MailServer, outside: Outside) -> None:
    """Both count in memory."""
    fermium.systemctl("restart", *SERVER)
    outside.wait_for_page(site.LISTS)


@pytest.fixture(scope="module")
def forgotten(fermium: MailServer, outside: Outside, undisturbed: None) -> None:
    """What was counted before."""
    forget(fermium, outside)


@pytest.fixture
def flood(fermium: MailServer, outside: Outside, forgotten: None) -> Iterator[Flood]:
    yield Flood(outside)
    forget(fermium, outside)


@pytest.fixture
def person(fermium: MailServer, word: str) -> Iterator[str]:
    """Somebody with an account; its name, which begins those of all accounts of a test."""
    sign_up(fermium, word, f"{word}@example.net")
    yield word
    remove_accounts(fermium, word)


@pytest.fixture
def visitor(outside: Outside) -> Iterator[Visitor]:
    somebody = Visitor(outside)
    yield somebody
    somebody.leave()


def told(outside: Outside, having: str) -> int:
    return sum(len(outside.mailbox(address).all(having)) for address in OPERATOR)


def logged(fermium: MailServer, secret: str) -> str:
    """Where a secret is in a log."""
    files = str(fermium.run("grep", "-rlF", "--", secret, *LOGS)["out"])
    journal = fermium.run("sh", "-c", 'journalctl --no-pager --since=-1h | grep -cF -- "$0"', secret)["out"].strip()
    return files + (f"journal: {journal}" if journal != "0" else "")


def test_every_page_answers_whatever_it_is_asked(
    fermium: MailServer, outside: Outside, person: str, word: str, proved: Proved
) -> None:
    assert outside.send(site.ALICE, site.PUBLIC, f"walk {word}").accepted
    outside.wait_for_page(archived_at(outside.mailbox(site.ALICE).wait_for(word)))
    people = ["", person, "listadmin"]
    said = json.loads(as_web(fermium, WALK, seconds=1500, list=site.PUBLIC, people=people))
    assert not said["failed"], f"{len(said['failed'])} of {said['asked']}: " + "; ".join(said["failed"][:20])
    assert said["statuses"]["200"] > 500, said["statuses"]
    to_operator = [mail for mail in said["mails"] if "postmaster@" in str(mail)]
    assert not to_operator, to_operator[:3]
    proved(
        "every page of the web interface answers what it is asked, odd or not, to strangers, people, administrators",
        f"{said['asked']} requests, 0 x 500, 0 mails to the operator",
    )


def test_no_stranger_has_the_operator_mailed(fermium: MailServer, outside: Outside, word: str, proved: Proved) -> None:
    odd = [
        f"{site.ARCHIVES}/users/{word}/posts",
        f"{site.ARCHIVES}/users/{word}/posts?list={site.PUBLIC}",
        f"{site.ARCHIVES}/?count=0&x={word}",
        f"{site.LISTS}?count=-1&x={word}",
        f"{site.ARCHIVES}/api/lists/?limit={'9' * 26}&x={word}",
        f"{site.ARCHIVES}/list/{site.PUBLIC}/export/%0d%0a{word}.mbox.gz",
    ]
    answers = {url: outside.get(url).status for url in odd}
    assert max(answers.values()) < 500, answers
    time.sleep(5)
    assert told(outside, "Internal Server Error") == 0
    proved("odd requests of strangers send the operator nothing", f"{len(odd)} pages, 0 mails")


def test_a_flood_of_sign_ups(
    flood: Flood, fermium: MailServer, outside: Outside, person: str, word: str, proved: Proved
) -> None:
    statuses = flood.forms(
        f"{ACCOUNTS}/signup/",
        30,
        username=f"{word}-{{n}}",
        email=f"{word}-{{n}}@example.net",
        password1=f"{PASSWORD}-{word}",
        password2=f"{PASSWORD}-{word}",
        headers={"X-Forwarded-For": "203.0.113.{n}"},
    )
    assert set(statuses) == {302, 429}, statuses
    let_in = statuses.count(302)
    assert 10 <= let_in <= 20, statuses  # ten in a minute, of which there may have been two
    eventually(lambda: outside.mailbox(f"{word}-0@example.net").all("confirm"), "the first one is mailed")
    time.sleep(5)
    mailed = sum(bool(outside.mailbox(f"{word}-{number}@example.net").all("")) for number in range(30))
    assert mailed <= let_in
    assert told(outside, f"{PASSWORD}-{word}") == 0
    assert told(outside, "/accounts/signup/") == 0
    assert logged(fermium, f"{PASSWORD}-{word}") == ""
    proved("30 sign-ups at once", f"{let_in} taken, {mailed} mailed; the password is in no mail and no log")


def test_a_flood_of_subscriptions(flood: Flood, outside: Outside, word: str, proved: Proved) -> None:
    # what is counted is counted from each full minute
    time.sleep(60 - time.time() % 60)
    minute = time.time() // 60
    statuses = flood.forms(
        SUBSCRIBE, 30, form=SUMMARY, email=f"{word}-{{n}}@example.net", headers={"X-Forwarded-For": "203.0.113.{n}"}
    )
    assert statuses.count(429) >= 10, statuses
    # another form of the same client, in the same minute
    reset = flood.forms(f"{ACCOUNTS}/password/reset/", 1, email=site.ALICE)
    assert reset == [429] or time.time() // 60 != minute, reset
    time.sleep(10)
    mailed = sum(bool(outside.mailbox(f"{word}-{number}@example.net").all("")) for number in range(30))
    assert 1 <= mailed <= 20, statuses
    proved("30 subscriptions of strangers at once", f"{mailed} mailed")


def test_many_clients_do_not_bomb_one_address(
    flood: Flood, fermium: MailServer, outside: Outside, word: str, proved: Proved
) -> None:
    """Each client sends one form, far below its own limit: from addresses of the server's own, of which it has many."""
    # what is counted is counted from each full hour
    left = 3600 - time.time() % 3600
    if left < 60:
        time.sleep(left + 1)
    sent = 2 * PER_ADDRESS
    clients = [f"127.0.1.{number}" for number in range(1, sent + 5)]
    many = Flood(fermium)
    # of one mailbox Mailman would ask each spelling
    statuses = many.forms(SUBSCRIBE, sent, form=SUMMARY, sources=clients, email=f"{word}+{{n}}@example.net")
    assert statuses == [302] * PER_ADDRESS + [429] * (sent - PER_ADDRESS), statuses
    # nor by other forms, from clients that have sent nothing yet
    victim = f"{word}@example.net"
    signup = {"username": word, "email": victim, "password1": PASSWORD, "password2": PASSWORD}
    assert many.forms(f"{ACCOUNTS}/signup/", 1, "", None, clients[sent:], **signup) == [429]
    assert many.forms(f"{ACCOUNTS}/password/reset/", 1, sources=clients[sent + 1 :], email=victim) == [429]
    # one of the clients that were refused may have another address written to
    other = f"other-{word}@example.net"
    assert many.forms(SUBSCRIBE, 1, form=SUMMARY, sources=clients[sent - 1 :], email=other) == [302]
    outside.mailbox(other).wait_for("confirm")

    def mailed() -> int:
        return sum(len(outside.mailbox(f"{word}+{number}@example.net").all("")) for number in range(sent))

    eventually(lambda: mailed() >= PER_ADDRESS, f"{PER_ADDRESS} mails")
    time.sleep(5)
    assert mailed() == PER_ADDRESS and outside.mailbox(victim).has_none("")
    proved(
        f"{sent} subscriptions of one address in as many spellings, from as many clients, and 2 other forms",
        f"{PER_ADDRESS} x 302 and as many mails, {sent - PER_ADDRESS + 2} x 429; another address is mailed",
    )


def test_guesses_at_passwords(flood: Flood, outside: Outside, person: str, visitor: Visitor, proved: Proved) -> None:
    admin = flood.forms(ADMIN, 15, username="listadmin", password="wrong{n}")
    assert admin == [200] * 10 + [429] * 5
    # the same account, by the other form
    assert flood.forms(f"{ACCOUNTS}/login/", 1, login="listadmin", password="wrong") == [429]
    api = [_basic(outside, f"{site.ARCHIVES}/api/lists/", "listadmin", f"wrong{number}") for number in range(2)]
    assert api == [429, 429]
    others = [_basic(outside, f"{site.ARCHIVES}/api/lists/", "somebody", f"wrong{number}") for number in range(12)]
    assert others == [others[0]] * 10 + [429] * 2 and others[0] in (401, 403)
    # who shares the address with the guesser logs in
    assert visitor.log_in(person, PASSWORD).url.startswith(site.LISTS)
    proved("wrong passwords of one client at one account", "10, in all places together; another person logs in")


def _basic(outside: Outside, url: str, name: str, password: str) -> int:
    config = f'url = "{url}"\nuser = "{name}:{password}"\n'
    end = ["--silent", "--insecure", "--output", "/dev/null", "--write-out", "%{http_code}", "--config", "-"]
    return int(outside.check("curl", *end, stdin=config))


def test_guesses_at_an_archives_password(flood: Flood, outside: Outside, proved: Proved) -> None:
    statuses = [outside.get(site.ARCHIVE, "alice", f"wrong{number}").status for number in range(64)]
    assert statuses[:60] == [401] * 60 and set(statuses[61:]) == {429}, statuses
    assert outside.get(site.LISTS).status == 200
    proved("wrong passwords of one client at a guarded archive", "60, then 429; pages without one answer on")


def test_an_ordinary_person_notices_nothing(
    flood: Flood, fermium: MailServer, outside: Outside, visitor: Visitor, word: str, proved: Proved
) -> None:
    address = f"{word}@example.net"
    try:
        page = visitor.submit(
            f"{ACCOUNTS}/signup/", username=word, email=address, password1=PASSWORD, password2=PASSWORD
        )
        assert (page.status, "confirm-email" in page.url) == (200, True)
        confirm = _link(outside, address, "confirm-email")
        assert visitor.submit(confirm).status == 200
        assert visitor.log_in(word, PASSWORD).url.startswith(site.LISTS)
        assert visitor.submit(f"{ACCOUNTS}/password/reset/", email=address).status == 200
        reset = _link(outside, address, "password/reset/key")
        page = visitor.submit(reset, password1=f"{PASSWORD}-new", password2=f"{PASSWORD}-new")
        assert page.status == 200
        other = Visitor(outside)
        assert other.log_in(address, f"{PASSWORD}-new").url.startswith(site.LISTS)
        assert other.submit(SUMMARY, to=f"{SUMMARY}subscribe", subscriber=address).status == 200
        other.leave()
        assert fermium.becomes(lambda: fermium.member(site.PUBLIC, address), f"{address} is a member")
        # and what opened a door is in no log
        for link in (confirm, reset):
            key = link.rstrip("/").rpartition("/")[2]
            assert logged(fermium, key) == "", link
    finally:
        fermium.unsubscribe(site.PUBLIC, address)
        remove_accounts(fermium, word)
    proved("sign-up, confirmation, login, a new password, a subscription", "no limit met; no link's key is in a log")


def _link(outside: Outside, address: str, having: str) -> str:
    mail = outside.mailbox(address).wait_for(having)
    body = mail.get_body(preferencelist=("plain",))
    assert body
    found = re.search(rf"https://\S*{having}\S*", body.get_content())
    assert found
    return found.group(0)


def test_slow_posts_stop_neither_pages_nor_the_archive(
    flood: Flood, fermium: MailServer, outside: Outside, word: str, proved: Proved
) -> None:
    # as far as a form's protection against other sites looks before it reads the form
    lines = [
        "POST /mailman3/accounts/login/ HTTP/1.1",
        f"Host: {site.DOMAIN}",
        f"Referer: https://{site.DOMAIN}/",
        f"Cookie: csrftoken={'a' * 64}",
        "Content-Type: application/x-www-form-urlencoded",
        "Content-Length: 2000000",
    ]
    start = "\r\n".join([*lines, "", ""])
    unit = flood.slowly(site.DOMAIN, 40, 60, start)
    try:
        time.sleep(5)
        began = time.monotonic()
        assert outside.send(site.ALICE, site.PUBLIC, f"meanwhile {word}").accepted
        slowest = 0.0
        for _number in range(3):
            asked = time.monotonic()
            assert outside.get(site.LISTS).status == 200
            slowest = max(slowest, time.monotonic() - asked)
        outside.wait_for_page(archived_at(outside.mailbox(site.ALICE).wait_for(word)))
        archived = time.monotonic() - began
        assert outside.run("systemctl", "is-active", unit)["rc"] == 0, "the slow clients had gone before"
    finally:
        outside.run("systemctl", "stop", unit)
    assert archived < 55
    proved("during 40 slow posts, pages and the archive", f"page {slowest:.1f} s, archived in {archived:.0f} s")


def test_no_single_client_has_all_connections(
    flood: Flood, fermium: MailServer, outside: Outside, proved: Proved
) -> None:
    unit = flood.slowly(site.DOMAIN, 200, 25, "GET / HTTP/1.1\r\nX-Slow: ")
    try:
        time.sleep(5)
        began = time.monotonic()
        done = fermium.run(
            *("curl", "--silent", "--insecure", "--max-time", "20", "--output", "/dev/null"),
            *("--write-out", "%{http_code}", "--connect-to", f"{site.DOMAIN}:443:{fermium.address()}:443", site.LISTS),
        )
        seconds = time.monotonic() - began
    finally:
        outside.run("systemctl", "stop", unit)
    assert done["out"] == "200", done
    proved("while one client opens 200 connections, another one's page", f"{seconds:.1f} s")


def test_bodies_have_a_size(outside: Outside, proved: Proved) -> None:
    curl = ["curl", "--silent", "--insecure", "--output", "/dev/null", "--write-out", "%{http_code}", "--header"]
    send = ["Expect:", "--data-binary", "@/dev/stdin", f"{ACCOUNTS}/login/"]
    status = outside.run("sh", "-c", 'head -c 11000000 /dev/zero | "$0" "$@"', *curl, *send)["out"]
    assert status == "413"
    proved("a form of 11 MB", status)
