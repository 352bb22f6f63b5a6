# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Pipermail: public archives are pages, private ones ask for a password at each of their doors."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from support import site
from support.controller import Controller
from support.fermium import Fermium
from support.inside import eventually
from support.outside import Outside
from support.proved import Proved
from support.reader import Reader
from support.sodium import HOME, STATE, Sodium

WEB = f"https://{site.DOMAIN}"
NAME = site.PRIVATE.partition("@")[0]
AS_LIST = ("runuser", "-u", "list", "--")
# Files as Mailman makes them, for the stand-in which makes none.
PLANT = """
umask 002; cd {state}/archives/private
mkdir -p {name} {name}.mbox
echo '<html>{word}</html>' > {name}/index.html
echo '{word}' > {name}/2026-January.txt; gzip -kf {name}/2026-January.txt
echo '{word}' > {name}.mbox/{name}.mbox
"""


@pytest.fixture
def verdict(fermium: Sodium, outside: Outside, word: str) -> str:
    """A word in every file of the private archive; the path of its month."""
    if not fermium.moves_mail:
        fermium.check(*AS_LIST, "sh", "-c", PLANT.format(state=STATE, name=NAME, word=word))
        return "2026-January"
    assert outside.send(site.ALICE, site.PRIVATE, f"verdict {word}", f"Guilty, {word}.\n").accepted
    outside.mailbox(site.ALICE).wait_for(word)
    archive = f"{STATE}/archives/private/{NAME}"

    def texts() -> list[str]:
        return str(fermium.run("sh", "-c", f"grep -lF {word} {archive}/*.txt")["out"]).split()

    found = eventually(texts, "the post is archived")
    fermium.check(*AS_LIST, f"{HOME}/cron/nightly_gzip")
    return str(found[0]).rpartition("/")[2].removesuffix(".txt")


@pytest.fixture
def published(fermium: Fermium) -> Iterator[None]:
    """The private archive is in public, by a mistake of somebody."""
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
    fermium: Sodium,
    outside: Outside,
    controller: Controller,
    reader: Reader,
    verdict: str,
    published: None,
    word: str,
    proved: Proved,
) -> None:
    files = [
        f"{NAME}/",
        f"{NAME}/index.html",
        f"{NAME}/{verdict}.txt",
        f"{NAME}/{verdict}.txt.gz",
        f"{NAME}.mbox/{NAME}.mbox",
    ]
    ways = ["/mailman/private/", "/cgi-bin/mailman/private/", "/pipermail/"]
    doors = [f"{WEB}{way}{file}" for way in ways for file in files]
    disguised = [
        door
        for way in ways
        for door in (
            f"{WEB}{way}{NAME}",
            f"{WEB}{way}{NAME.upper()}/{verdict}.txt",
            f"{WEB}{way}./{NAME}//{verdict}.txt",
            f"{WEB}{way.replace('/', '//')}{NAME}/{verdict}.txt",
            f"{WEB}{way}{NAME.replace('a', '%61')}/{verdict}.txt",
            f"{WEB}{way}wikitech-l/../{NAME}/{verdict}.txt",
        )
    ]
    by_number = [f"https://{fermium.address()}{way}{NAME}/{verdict}.txt" for way in ways]

    closed = {door: outside.get(door) for door in doors + disguised}
    assert {page.status for page in closed.values()} == {401}, {door: page.status for door, page in closed.items()}
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
    assert word in opened[f"{WEB}/mailman/private/{NAME}/{verdict}.txt"].text
    assert word in opened[f"{WEB}/pipermail/{NAME}.mbox/{NAME}.mbox"].text
    log = fermium.ask("read", path=f"/var/log/apache2/archive-{site.PRIVATE}.log")
    assert f" {reader.name} [" in log

    gone = controller.task("listops.mailman.htdigest_user", **reader.options, state="absent")
    assert gone["changed"] is True
    assert {outside.get(door, reader.name, reader.password).status for door in doors} == {401}
    assert outside.get(f"{WEB}/pipermail/wikitech-l/").status != 401, "the public archive is closed too"
    proved("private archive: 401 without, 200 with a digest user, 401 after", f"{len(doors)} doors x 3")
    proved("no other door, even when it is in public", f"{len(disguised) + len(raw)} tried, 0 leaks")
