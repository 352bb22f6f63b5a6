# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which mail reaches Mailman 2.1 through Exim's pipe, as which of its programs, and which is refused."""

from __future__ import annotations

from functools import partial

import pytest

from support import site
from support.inside import eventually
from support.mailman21_server import PROGRAMS, Mailman21Server
from support.outside import Outside
from support.proved import Proved

LIST, DOMAIN = site.PUBLIC.split("@")


def test_every_address_of_a_list_reaches_its_program(
    fermium: Mailman21Server, outside: Outside, word: str, proved: Proved
) -> None:
    if fermium.moves_mail:
        pytest.skip("a real Mailman shows by what it does with the mail that it got it")
    for ending, program in PROGRAMS.items():
        subject = f"{program} {word}{ending.count('+')}{len(ending)}"
        assert outside.send(site.ALICE, f"{LIST}{ending}@{DOMAIN}", subject, f"To {program}.\n").accepted
        (entry,) = eventually(partial(fermium.queued, f"Subject: {subject}"), f"mail for {program}")
        assert (entry["program"], entry["list"]) == (program, LIST), entry
        assert entry["message"].startswith("From alice@example.net "), "the envelope's sender is the first line"
        assert f"To {program}." in entry["message"]
        assert entry["message"].count("X-Spam-Score:") == 1, "not scanned"
    proved("each address of a list reaches its program of Mailman", f"{len(PROGRAMS)} addresses")


def test_the_old_domain_is_rewritten_on_the_way(
    fermium: Mailman21Server, outside: Outside, word: str, proved: Proved
) -> None:
    if fermium.moves_mail:
        pytest.skip("shown by what subscribers get")
    nobody = f"nobody@{site.OLD_DOMAIN}"
    assert outside.send(site.ALICE, f"{LIST}@{site.OLD_DOMAIN}", f"old {word}", cc=nobody).accepted
    (entry,) = eventually(lambda: fermium.queued(f"old {word}"), "mail to the old domain")
    assert (entry["program"], entry["list"]) == ("post", LIST)
    assert f"To: {site.PUBLIC}\n" in entry["message"]
    assert f"Cc: {nobody}\n" in entry["message"], "what is no list keeps its name"
    proved("mail to the old domain reaches the list under its present name", f"{site.OLD_DOMAIN} -> {DOMAIN}")


def test_what_another_host_says_of_spam_is_gone(
    fermium: Mailman21Server, outside: Outside, word: str, proved: Proved
) -> None:
    if fermium.moves_mail:
        pytest.skip("shown by what subscribers get")
    headers = {"X-Spam-Score": "+++++++++++++", "X-Spam-Checker_2.0": "elsewhere", "X-Other": "stays"}
    sent = outside.send(site.ALICE, site.PUBLIC, f"scanned {word}", headers=headers)
    assert sent.accepted, sent.refusal
    (entry,) = eventually(lambda: fermium.queued(f"scanned {word}"), "a mail that was scanned before")
    assert entry["message"].count("X-Spam-Score:") == 1 and "+++++++++++++" not in entry["message"]
    assert "X-Spam-Checker" not in entry["message"] and "X-Other: stays" in entry["message"]
    proved("a mail that another host has scanned is taken, without what that host said", "2 headers gone")


def test_what_is_no_address_of_a_list_is_refused(outside: Outside, word: str, proved: Proved) -> None:
    unknown = [
        f"{word}@{DOMAIN}",
        f"{LIST}-{word}@{DOMAIN}",
        f"{word}-owner@{DOMAIN}",
        f"{LIST}-owner+{word}@{DOMAIN}",
        f"../{LIST}@{DOMAIN}",
        f"..@{DOMAIN}",
        f"{word}@{site.OLD_DOMAIN}",
        site.ALICE,
        f"alice%example.net@{DOMAIN}",
    ]
    known = [f"{LIST}{ending}@{DOMAIN}" for ending in PROGRAMS] + [f"postmaster@{DOMAIN}"]
    said = outside.offer(site.STRANGER, unknown + known)
    assert all(500 <= said[address] < 600 for address in unknown), said
    assert all(said[address] == 250 for address in known), said
    proved("what is no list and what is not ours is refused at SMTP", f"{len(unknown)} x 5xx, {len(known)} x 250")


def test_spam_and_leaks_are_refused(fermium: Mailman21Server, outside: Outside, word: str, proved: Proved) -> None:
    gtube = "XJS*C4JDBQADN1.NSBN3*2IDNEN*GTUBE-STANDARD-ANTI-UBE-TEST-EMAIL*C.34X"
    spam = outside.send(site.ALICE, site.PUBLIC, f"spam {word}", f"{gtube}\n")
    assert spam.data is not None and 500 <= spam.data[0] < 600, spam.data
    leak = outside.send(site.ALICE, [site.INTERNAL, site.PUBLIC], f"leak {word}")
    assert "rejected for privacy protection" in leak.refusal
    proved("GTUBE, and a private list with a public one, are refused", f"{spam.data[0]}, {leak.refusal[:3]}")
