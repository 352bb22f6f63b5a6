# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Mailman 2.1's own pages, and what Apache keeps from them."""

from __future__ import annotations

import pytest

from support import site
from support.controller import Controller, results
from support.mailman21_server import STATE, Mailman21Server
from support.outside import Outside
from support.proved import Proved

WEB = f"https://{site.DOMAIN}"
OVERVIEW = f"{WEB}/overview/"


def test_pages(fermium: Mailman21Server, outside: Outside, proved: Proved) -> None:
    start = outside.get(f"{WEB}/")
    assert (start.status, start.headers["location"]) == (302, f"{WEB}/mailman/listinfo")
    page = outside.get(f"{WEB}/mailman/listinfo/wikitech-l")
    assert page.status == 200 and "listinfo" in page.text
    assert outside.get(f"{WEB}/cgi-bin/mailman/listinfo/wikitech-l").status == 200
    assert outside.get(f"{WEB}/mailman/nothere").status == 404
    robots = outside.get(f"{WEB}/robots.txt")
    assert robots.status == 200 and "Disallow: /pipermail/" in robots.text
    if fermium.moves_mail:
        lists = outside.get(f"{WEB}/mailman/listinfo").text
        assert "Wikitech-l" in lists
        assert "Internal-l" not in lists, "an unadvertised list is shown"
        assert outside.get(f"{WEB}/images/mailman/mailman.jpg").status == 200
    proved("Mailman's pages at both of their paths, robots.txt", "3 x 200, 1 x 404")


def test_no_password_in_an_address(fermium: Mailman21Server, outside: Outside, word: str, proved: Proved) -> None:
    page = f"{WEB}/mailman/listinfo/wikitech-l"
    queries = [
        f"adminpw={word}",
        f"a=b&password={word}",
        f"a=b;pw={word}",
        f"%61dminpw={word}",
        f"x=%zz&roster-pw={word}",
        f"newpw={word}",
        f"ADMINPW={word}",
    ]
    said = [
        outside.get(f"{where}?{query}") for query in queries for where in (page, page.replace("/mail", "/cgi-bin/mail"))
    ]
    assert {answer.status for answer in said} == {403}
    assert "does not belong into an address" in said[0].text
    # harmless ones pass
    assert outside.get(f"{page}?language=en&pwd-less=1").status == 200
    plain = outside.get(f"{page.replace('https:', 'http:')}?adminpw={word}")
    assert plain.status == 301
    logged = fermium.run("grep", "-rF", word, "/var/log/apache2")
    assert logged["rc"] == 1, f"a password is in the log: {logged['out']}"
    assert (
        fermium.run("grep", "-rE", '"GET /mailman/listinfo/wikitech-l HTTP/[0-9.]+" 403', "/var/log/apache2")["rc"] == 0
    )
    proved("a password in an address is refused, and in no log", f"{len(said)} x 403")


def test_the_site_password_opens_a_list(fermium: Mailman21Server, outside: Outside, proved: Proved) -> None:
    if not fermium.moves_mail:
        pytest.skip("the stand-in for Mailman 2.1 has no such pages: give MAILMAN2_HOST")
    said = []
    for password in ("a password of the proofs", "another"):
        form = f"adminpw={password.replace(' ', '+')}&admlogin=go"
        said.append(outside.check("curl", "-sk", "-i", "--data", "@-", f"{WEB}/mailman/admin/wikitech-l", stdin=form))
    opened, refused = said
    assert "Set-Cookie: site=" in opened and "Authorization failed" not in opened, opened[:600]
    assert "Set-Cookie" not in refused and "Authorization" in refused, refused[:600]
    proved("the site password, sent by the form, opens a list's administration", "and another does not")


def test_the_overview_goes_on_without_a_list_that_cannot_be_read(
    fermium: Mailman21Server, outside: Outside, controller: Controller, word: str, proved: Proved
) -> None:
    """Whether the world may know of it nobody can tell: the operator is told its name, the page is not."""
    run = ("playbooks/site.yml", "--tags=overview")
    state = f"{STATE}/lists/{word}/config.pck"
    fermium.make_list(f"{word}@{site.DOMAIN}")
    try:
        controller.playbook(*run)
        before = outside.get(OVERVIEW).text
        assert word in before and "wikitech-l" in before
        # as a full disk may leave it, and nothing that Mailman could fall back on
        fermium.check("sh", "-c", f"truncate --size=100 {state}; rm -f {state}.last")
        said = results(controller.playbook(*run), controller.host)
        warnings = [warning for result in said for warning in result.get("warnings", [])]
        assert [warning for warning in warnings if word in warning], warnings
        after = outside.get(OVERVIEW).text
        assert word not in after
        assert after.count("<dt>") == before.count("<dt>") - 1 and "wikitech-l" in after
    finally:
        fermium.check("sh", "-c", f"cd {STATE}; rm -rf lists/{word} archives/*/{word} archives/*/{word}.mbox")
        controller.playbook(*run)
    proved("the overview without a list that cannot be read", f"{after.count('<dt>')} others; the run names it")


def test_a_flood_of_subscriptions(fermium: Mailman21Server, outside: Outside, word: str, proved: Proved) -> None:
    """Each sends mail to an address that anybody can type. The last of this file: this client is over its limit then."""

    def status(page: str, form: str) -> int:
        argv = ("curl", "-sk", "-o", "/dev/null", "-w", "%{http_code}", "--data", "@-", f"{WEB}/mailman/{page}")
        return int(outside.check(*argv, stdin=form))

    said = [status("subscribe/wikitech-l", f"email={word}{number}@example.net") for number in range(14)]
    assert 429 not in said[:8] and set(said[10:]) == {429}, said
    assert status("options/wikitech-l", f"email={word}@example.net&login-remind=1") == 429
    # pages are there for everybody
    assert outside.get(f"{WEB}/mailman/listinfo/wikitech-l").status == 200
    proved("a client that subscribes address after address is stopped", f"{14 - said.count(429)} of 14 in a minute")
