# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Pipermail: public archives are pages, private ones ask for a password at each of their doors."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from support import site
from support.controller import Controller
from support.doors import NAME, WAYS, Confided, confide
from support.inside import eventually
from support.mail_server import MailServer
from support.mailman21_server import STATE, Mailman21Server
from support.outside import Outside
from support.proved import Proved
from support.reader import Reader

WEB = f"https://{site.DOMAIN}"


@pytest.fixture
def post(fermium: Mailman21Server, outside: Outside, word: str) -> Confided:
    return confide(fermium, outside, word)


@pytest.fixture
def published(fermium: MailServer, post: Confided) -> Iterator[None]:
    """The private archive is in public, by a mistake of somebody; Mailman mends it with the next post."""
    links = [f"{STATE}/archives/public/{name}" for name in (NAME, f"{NAME}.mbox")]
    for link in links:
        fermium.check("ln", "-sfn", link.replace("/public/", "/private/"), link)
    yield
    fermium.check("rm", "-f", *links)


@pytest.mark.usefixtures("subscribers")
def test_a_public_archive_is_pages(outside: Outside, word: str, proved: Proved) -> None:
    assert outside.send(site.ALICE, site.PUBLIC, f"minutes {word}", f"We met, said {word}.\n").accepted
    copy = outside.mailbox(site.BOB).wait_for(word)
    archive = str(copy["List-Archive"]).strip(" <>")
    assert archive == f"{WEB}/pipermail/wikitech-l/", copy["List-Archive"]
    month = outside.wait_for_page(archive).text.split("/thread.html")[0].rpartition('"')[2]
    threads = f"{archive}{month}/thread.html"
    eventually(lambda: f"minutes {word}" in outside.get(threads).text, "the post is in Pipermail's index")
    link = outside.get(threads).text.partition(f"minutes {word}")[0].rpartition('HREF="')[2].partition('"')[0]
    page = outside.get(f"{archive}{month}/{link}")
    assert page.status == 200 and f"We met, said {word}." in page.text
    assert site.ALICE not in page.text, "an address shows in the archive"
    assert outside.get(f"{archive}{month}/999999.html").status == 404
    assert outside.get(f"{WEB}/pipermail/").status == 403, "the folder of archives is listed"
    proved("a post is in Pipermail's index and on a page of its own", f"{archive}{month}/{link}")


def test_a_private_archive_asks_at_every_door(
    fermium: Mailman21Server,
    outside: Outside,
    controller: Controller,
    reader: Reader,
    post: Confided,
    published: None,
    word: str,
    proved: Proved,
) -> None:
    first = WAYS[0]
    texts = [url.replace(first, way) for way in WAYS for url in (post.message, *post.downloads)]
    doors = [post.archive.replace(first, way) for way in WAYS] + texts
    month = next(url for url in post.downloads if url.endswith(".txt"))
    by_number = [month.replace(site.DOMAIN, fermium.address()).replace(first, way) for way in WAYS]

    closed = {door: outside.get(door) for door in post.tried}
    assert set(doors) < closed.keys() and {page.status for page in closed.values()} == {401}, {
        door: page.status for door, page in closed.items()
    }
    assert not [door for door, page in closed.items() if word in page.text]
    # by the host's number: whichever site of Apache answers
    raw = [outside.run("curl", "-ks", "--max-time", "30", door)["out"] for door in by_number]
    raw += [
        outside.run("curl", "-sL", "--max-time", "30", door.replace("https:", "http:"))["out"] for door in by_number
    ]
    assert all("401 Unauthorized" in text or text == "" for text in raw) and word not in "".join(raw), raw
    assert f'realm="{site.REALM}"' in closed[doors[0]].headers["www-authenticate"]
    assert outside.get(doors[0], reader.name, reader.password + "x").status == 401

    opened = {door: outside.get(door, reader.name, reader.password) for door in doors}
    assert {page.status for page in opened.values()} == {200}, {door: page.status for door, page in opened.items()}
    for door in texts:
        assert word in outside.unpacked(door, reader.name, reader.password), door
    log = fermium.ask("read", path=f"/var/log/apache2/archive-{site.PRIVATE}.log")
    assert f" {reader.name} [" in log

    gone = controller.task("listops.mailman.htdigest_user", **reader.options, state="absent")
    assert gone["changed"] is True
    assert {outside.get(door, reader.name, reader.password).status for door in doors} == {401}
    assert outside.get(f"{WEB}/pipermail/wikitech-l/").status != 401, "the public archive is closed too"
    proved("private archive: 401 without, 200 with a digest user, 401 after", f"{len(doors)} doors x 3")
    proved("no other door, even when it is in public", f"{len(closed) - len(doors) + len(raw)} tried, 0 leaks")
