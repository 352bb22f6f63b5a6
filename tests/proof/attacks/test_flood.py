# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Nobody makes the host bomb somebody else, or takes all its connections; ordinary people notice nothing of that."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator, Sequence
from functools import partial

import pytest

from support import site
from support.inside import eventually
from support.mail_server import MailServer
from support.outside import Outside
from support.proved import Proved

pytestmark = pytest.mark.usefixtures("subscribers")
PERSON, HOST = 40, 100
# Many messages on one connection: [sender, From, recipients, other headers]; the last answer to each.
SEND = f"""
import json, smtplib, sys, time
with smtplib.SMTP("{site.DOMAIN}", timeout=60) as server:
    for number, (sender, author, to, headers) in enumerate(json.load(sys.stdin)):
        server.ehlo_or_helo_if_needed()
        server.mail(sender)
        codes = [server.rcpt(each) for each in to]
        said = codes[-1]
        if any(code == 250 for code, _text in codes):
            own = "Message-ID: <%s.%d@mx.example.net>" % (time.time(), number)
            lines = ["From: " + author, "To: " + to[0], "Subject: help", *headers, own]
            said = server.data("\\r\\n".join([*lines, "", "help", ""]))
        print(said[0], *said[1].decode().split())
"""
Mail = tuple[str, str, list[str], list[str]]
CONNECT = f"""
import smtplib
held, said = [], []
for number in range(25):
    server = smtplib.SMTP(timeout=20)
    try:
        said.append(server.connect("{site.DOMAIN}")[0])
    except (OSError, smtplib.SMTPException) as exc:
        said.append(421)
    held.append(server)
print(*said)
"""


GUESS = f"""
import smtplib, sys
with smtplib.SMTP("{site.DOMAIN}", timeout=60) as server:
    server.ehlo()
    server.mail("{site.ALICE}")
    for number in range(12):
        code, text = server.rcpt("%s%d@{site.DOMAIN}" % (sys.argv[1], number))
        print(code, text.decode())
"""


def forget(fermium: MailServer) -> None:
    fermium.check("sh", "-c", "rm -f /var/spool/exim4/db/ratelimit*")


@pytest.fixture(autouse=True)
def nothing_counted(fermium: MailServer, undisturbed: None) -> Iterator[None]:
    forget(fermium)
    yield
    forget(fermium)


def address(end: str, name: str = "wikitech-l") -> str:
    return f"{name}-{end}@{site.DOMAIN}"


def deliver(outside: Outside, mails: Sequence[Mail]) -> list[str]:
    said = outside.check("python3", "-c", SEND, stdin=json.dumps(mails), seconds=300)
    return said.splitlines()


def mail(person: str, to: str, *headers: str, sender: str | None = None) -> Mail:
    return (person if sender is None else sender, person, [to], list(headers))


def answers(outside: Outside, person: str) -> int:
    return len(outside.mailbox(person).all(""))


def settle(outside: Outside, person: str) -> int:
    """How many mails somebody has when no more come."""
    before = -1
    while (now := answers(outside, person)) != before:
        before = now
        time.sleep(6)
    return now


def test_one_forged_sender_is_answered_so_often(
    outside: Outside, fermium: MailServer, word: str, proved: Proved
) -> None:
    victim = f"{word}.victim@example.net"
    alike = [victim, victim.upper(), victim.replace(".victim", "victim"), victim.replace("@", "+1@"), f'"x" <{victim}>']
    mails = [
        mail(alike[number % 5], address(("request", "join", "leave")[number % 3]), sender=f"s{number}@example.com")
        for number in range(60)
    ]
    said = deliver(outside, mails)
    accepted = [line for line in said if line.startswith("250")]
    assert len(accepted) == PERSON, said
    assert set(said) - set(accepted) == {
        "451 too many commands for lists in the name of one person (40 / 1d): try again later"
    }
    # one mail to many lists at once is as many commands
    many: Mail = (
        victim,
        victim,
        [address("join", name) for name in ("wikitech-l", "announce", "internal-l", "arbcom-l")],
        [],
    )
    assert deliver(outside, [many])[0].startswith("451")
    # somebody else is answered
    other = f"{word}.other@example.net"
    assert deliver(outside, [mail(other, address("request"))])[0].startswith("250")
    outside.mailbox(other).wait_for("results of your email")
    got = sum(settle(outside, person) for person in {each.lower() for each in alike[:4]})
    assert 0 < got <= PERSON
    proved("60 commands with one forged sender in five spellings", f"{len(accepted)} x 250, 20 x 451, {got} answers")


def test_one_host_may_send_so_many_commands(outside: Outside, word: str, proved: Proved) -> None:
    # a sender for each
    mails = [mail(f"{word}-{number}@example.net", address("confirm")) for number in range(HOST + 20)]
    said = deliver(outside, mails)
    assert [line[:3] for line in said] == ["250"] * HOST + ["451"] * 20, said
    assert said[-1] == "451 too many commands for lists from your mail server (100 / 1h): try again later"
    # posts are no commands
    assert outside.send(site.ALICE, site.PUBLIC, f"post {word}").accepted
    outside.mailbox(site.BOB).wait_for(f"post {word}")
    proved("120 commands with a sender each from one host", f"{HOST} x 250, 20 x 451; its posts pass")


def test_automatic_mail_is_not_answered(outside: Outside, word: str, proved: Proved) -> None:
    person = f"{word}@example.net"
    ways = [
        mail(person, address("request"), sender=""),
        mail(person, address("join"), "Auto-Submitted: auto-replied (vacation)"),
        mail(person, address("request"), "Precedence: bulk"),
        mail(person, address("request"), "Precedence: Junk", "X-Ack: yes"),
    ]
    said = deliver(outside, ways)
    assert {line[:3] for line in said} == {"550"}, said
    assert deliver(outside, [mail(person, address("request"), "Auto-Submitted: no")])[0].startswith("250")
    # bounces have an address of their own
    assert deliver(outside, [mail(person, address("bounces"), sender="")])[0].startswith("250")
    outside.mailbox(person).wait_for("results of your email")
    assert settle(outside, person) == 1
    proved("bounces, absence notices and bulk mail to -join and -request", "4 x 550, 0 answered")


def test_rejected_posts_do_not_bomb_a_forged_sender(
    fermium: MailServer, outside: Outside, word: str, proved: Proved
) -> None:
    strict = f"{word}@{site.DOMAIN}"
    victim = f"victim-{word}@example.net"
    fermium.make_list(strict)
    try:
        fermium.rest("PATCH", f"lists/{strict}/config", default_nonmember_action="reject")
        said = deliver(outside, [mail(victim, strict) for _number in range(PERSON + 20)])
        assert {line[:3] for line in said} == {"250"}, said
        eventually(lambda: answers(outside, victim) >= PERSON, "rejections", 180)
        assert settle(outside, victim) == PERSON
        innocent = f"innocent-{word}@example.net"
        assert deliver(outside, [mail(innocent, strict)])[0].startswith("250")
        outside.mailbox(innocent).wait_for(word)
    finally:
        fermium.rest("DELETE", f"lists/{strict}")
    proved("60 posts that a list rejects, with one forged sender", f"{PERSON} rejections, the rest dropped")


def test_ordinary_people_notice_nothing(fermium: MailServer, outside: Outside, word: str, proved: Proved) -> None:
    person = f"{word}@example.net"
    lists = [f"{word}-{which}" for which in "ab"]
    open_list = f"{word}-c@{site.DOMAIN}"
    for name in (*[f"{name}@{site.DOMAIN}" for name in lists], open_list):
        fermium.make_list(name)
    try:
        fermium.rest("PATCH", f"lists/{open_list}/config", default_nonmember_action="discard")
        for name in lists:
            for end in ("join", "leave"):
                assert outside.send(person, address(end, name), "").accepted
                token = eventually(partial(_token, outside, person, name, end), f"{name} asks")
                assert outside.send(person, f"{name}-confirm+{token}@{site.DOMAIN}", "Re: confirm").accepted
                eventually(partial(_is_member, fermium, f"{name}@{site.DOMAIN}", person, end == "join"), end)
        assert outside.send(person, address("request", lists[0]), "help").accepted
        # a mail provider's host
        said = deliver(outside, [mail(f"{word}-{number}@example.net", open_list) for number in range(200)])
        assert {line[:3] for line in said} == {"250"}, said
    finally:
        for name in (*[f"{name}@{site.DOMAIN}" for name in lists], open_list):
            fermium.rest("DELETE", f"lists/{name}")
    proved("two lists joined and left, a question; 200 posts of as many people from one host", "all accepted")


def _is_member(fermium: MailServer, name: str, person: str, expected: bool) -> bool:
    return (fermium.member(name, person) is not None) is expected


def _token(outside: Outside, person: str, name: str, end: str) -> str:
    tokens: list[str] = []
    for message in outside.mailbox(person).all(f"{name}-confirm+"):
        found = re.search(rf"{name}-confirm\+(\w+)@", message.as_string())
        if found and found[1] not in tokens:
            tokens.append(found[1])
    return tokens[{"join": 0, "leave": 1}[end]] if len(tokens) > {"join": 0, "leave": 1}[end] else ""


def test_one_address_has_so_many_connections(fermium: MailServer, outside: Outside, proved: Proved) -> None:
    said = outside.check("python3", "-c", CONNECT, seconds=120).split()
    assert said == ["220"] * 20 + ["421"] * 5, said
    proved("one address opens 25 connections", "20 x 220, 5 x 421")


def test_who_guesses_addresses_is_cut_off(outside: Outside, word: str, proved: Proved) -> None:
    tried = outside.run("python3", "-c", GUESS, word)
    said = tried["out"].splitlines()
    assert said == ["550 no such list or list address"] * 10 + ["550 too many unknown addresses"], said
    assert "SMTPServerDisconnected" in tried["err"]
    proved("one connection asks for 12 unknown addresses", "10 x 550, then cut off")
