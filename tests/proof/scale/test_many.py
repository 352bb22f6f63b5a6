# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Thousands of private lists, old names and old domains: mail goes on, and none of them is overlooked."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator

import pytest

from support import site
from support.controller import Controller, changed
from support.mail_server import MailServer
from support.outside import Outside
from support.proved import Proved

MANY = 5000
SENTENCE = "the list of recipients contains both private and public"


@pytest.fixture(scope="module")
def many(controller: Controller, tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    private = [f"working-group-number-{number}" for number in range(MANY)]
    values = {
        "exim_private_lists": [*private, site.INTERNAL, f"{site.PUBLIC.partition('@')[0]}-{MANY}"],
        "exim_renamed_lists": [
            {"from": f"former-name-{number}@{site.DOMAIN}", "to": site.PUBLIC} for number in range(MANY)
        ],
        "exim_old_domains": [*(f"former-{number}.example.org" for number in range(MANY)), site.OLD_DOMAIN],
        "apache_renamed_lists": [
            {
                "from": f"former-name-{number}@{site.DOMAIN}",
                "to": site.INTERNAL if number == 0 else site.PUBLIC,
                "archives": "stay" if number % 2 else "follow",
            }
            for number in range(MANY)
        ],
        "apache_redirects": [
            {"from": f"/pipermail/former-{number}", "to": f"/mailman3/hyperkitty/list/{site.PUBLIC}"}
            for number in range(MANY)
        ],
    }
    variables = tmp_path_factory.mktemp("many") / "many.json"
    variables.write_text(json.dumps(values), encoding="utf-8")
    try:
        controller.playbook("playbooks/site.yml", "--tags=exim,apache", f"--extra-vars=@{variables}")
        again = controller.playbook("playbooks/site.yml", "--tags=exim,apache", f"--extra-vars=@{variables}")
        assert changed(again) == 0
        yield
    finally:
        controller.playbook("playbooks/site.yml", "--tags=exim,apache")


@pytest.mark.usefixtures("subscribers", "many")
def test_thousands_of_names_are_looked_up(fermium: MailServer, outside: Outside, word: str, proved: Proved) -> None:
    last = MANY - 1
    private = [f"Working-Group-Number-{last}@{site.DOMAIN}", f"working-group-number-0@former-{last}.example.org"]
    for number, address in enumerate([*private, site.INTERNAL]):
        began = time.monotonic()
        sent = outside.send(site.ALICE, site.PUBLIC, f"both {number} {word}", header_to=f"{address}, {site.PUBLIC}")
        seconds = time.monotonic() - began
        assert SENTENCE in sent.refusal.lower(), (address, sent)
        assert seconds < 5, f"{seconds:.1f} s to look up {address}"
    # one more letter, or one less, is another list's name
    for number, name in enumerate((f"working-group-number-{MANY}", "working-group-number", "orking-group-number-1")):
        to = f"{name}@{site.DOMAIN}, {site.PUBLIC}"
        sent = outside.send(site.ALICE, site.PUBLIC, f"other {number} {word}", header_to=to)
        assert sent.accepted, (name, sent.refusal)
    for way, address in (
        ("renamed", f"former-name-{last}@{site.DOMAIN}"),
        ("moved", site.PUBLIC.replace(site.DOMAIN, f"former-{last}.example.org")),
        ("both", f"former-name-{last}@former-0.example.org"),
    ):
        sent = outside.send(site.ALICE, address, f"{way} {word}", header_to=address if way == "moved" else site.PUBLIC)
        assert sent.accepted, (way, sent.refusal)
        outside.mailbox(site.BOB).wait_for(f"{way} {word}")
    local = f"From: {site.ALICE}\nTo: {private[0]}, {site.PUBLIC}\nSubject: local {word}\n\nHello.\n"
    fermium.check("/usr/sbin/sendmail", "-oi", "-f", site.ALICE, site.PUBLIC, stdin=local)
    returned = outside.mailbox(site.ALICE).wait_for(f"local {word}")
    assert SENTENCE in " ".join(returned.as_string().split()).lower()
    proved(
        "private lists, old names and old domains by thousands",
        f"{MANY} of each: {len(private) + 1} x 550, 1 returned, 6 passed",
    )


@pytest.mark.usefixtures("many")
def test_thousands_of_old_pages_lead_to_the_new_ones(outside: Outside, proved: Proved) -> None:
    last, kept = MANY - 2, MANY - 1
    page = f"{site.LISTS}{site.PUBLIC.replace('@', '.')}/"
    archive, private = (f"{site.ARCHIVES}/list/{name}/" for name in (site.PUBLIC, site.INTERNAL))
    moved = {
        f"{site.LISTS}former-name-{last}@{site.DOMAIN}/": page,
        f"{site.LISTS}Former-Name-{kept}.{site.DOMAIN}/": page,
        f"{site.LISTS}former-name-{last}.{site.DOMAIN}": page.rstrip("/"),
        f"{site.LISTS}former-name-{last}.{site.DOMAIN}/a%3Fb%20c%0Dd/?e=%3F": f"{page}a%3fb%20c%0dd/?e=%3F",
        f"{site.ARCHIVES}/list/former-name-{last}@{site.DOMAIN}/latest": f"{archive}latest",
        f"{site.ARCHIVES}/api/list/former-name-{last}.{site.DOMAIN}/": archive.replace("/list/", "/api/list/"),
        # what is private under its new name stays so
        f"{site.ARCHIVES}/list/former-name-0@{site.DOMAIN}/": private,
        f"https://{site.DOMAIN}/pipermail/former-{kept}/2020/": f"{archive}2020/",
    }
    for url, target in moved.items():
        began = time.monotonic()
        there = outside.get(url)
        seconds = time.monotonic() - began
        assert (there.status, there.headers["location"]) == (301, target), url
        assert seconds < 2, f"{seconds:.1f} s to look up {url}"
    assert [outside.get(url).status for url in (page, archive, private)] == [200, 200, 403]
    # an archive that stayed, and names that are another's
    for path in (
        f"hyperkitty/list/former-name-{kept}@{site.DOMAIN}/",
        f"postorius/lists/former-name-{MANY}.{site.DOMAIN}/",
        f"postorius/lists/ormer-name-1.{site.DOMAIN}/",
        f"postorius/lists/page:former-name-1.{site.DOMAIN}/",
    ):
        assert outside.get(f"https://{site.DOMAIN}/mailman3/{path}").status == 404, path
    proved("old pages by thousands lead to the new ones", f"{MANY} lists, {MANY} paths: {len(moved)} x 301, 4 x 404")
