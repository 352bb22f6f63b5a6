# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The ways by which people reach, or try to reach, what is in the private archive."""

from __future__ import annotations

import dataclasses

from . import site
from .inside import eventually
from .mail_server import MailServer
from .mailman21_server import HOME, STATE, Mailman21Server
from .outside import Outside, archived_at

AS_LIST = ("runuser", "-u", "list", "--")
NAME = site.PRIVATE.partition("@")[0]
# The paths at which Apache shows Pipermail's archives, the last one the public ones.
WAYS = ("/mailman/private/", "/cgi-bin/mailman/private/", "/pipermail/")
MONTH = "2026-January"
# Files as Mailman 2.1 makes them, for the stand-in which makes none.
PLANT = f"""
umask 002; cd {STATE}/archives/private
mkdir -p {NAME}/{MONTH} {NAME}.mbox
tee {NAME}/index.html {NAME}/{MONTH}/000000.html {NAME}/{MONTH}.txt {NAME}.mbox/{NAME}.mbox > /dev/null
gzip -kf {NAME}/{MONTH}.txt
"""


@dataclasses.dataclass(frozen=True)
class Confided:
    """A post in the private archive: "verdict WORD" with "Guilty, WORD.".

    archive: its first page, which asks for a password. message: the page of the post.
    downloads: files that have it. tried: all these, and what somebody might try.
    """

    archive: str
    message: str
    downloads: list[str]
    tried: list[str]


def confide(fermium: MailServer, outside: Outside, word: str) -> Confided:
    if isinstance(fermium, Mailman21Server) and not fermium.moves_mail:
        fermium.check(*AS_LIST, "sh", "-c", PLANT, stdin=f"verdict {word}: Guilty, {word}.\n")
        return _in_pipermail(f"{MONTH}/000000.html")
    assert outside.send(site.ALICE, site.PRIVATE, f"verdict {word}", f"Guilty, {word}.\n").accepted
    copy = outside.mailbox(site.ALICE).wait_for(word)
    if isinstance(fermium, Mailman21Server):
        find = ("sh", "-c", f"cd {STATE}/archives/private/{NAME} && grep -rlF 'Guilty, {word}' --include=0*.html .")
        page = eventually(lambda: fermium.run(*find)["out"].strip().removeprefix("./"), "the post is archived")
        # the script of each night
        fermium.check(*AS_LIST, f"{HOME}/cron/nightly_gzip")
        return _in_pipermail(page)
    message = archived_at(copy)
    downloads = [f"{site.ARCHIVE}export/{site.PRIVATE}.mbox.gz", f"{site.ARCHIVE}feed/"]
    return Confided(site.ARCHIVE, message, downloads, _hyperkitty(message, word))


def _in_pipermail(page: str) -> Confided:
    month = page.partition("/")[0]
    files = ["", "index.html", page, f"{month}.txt", f"{month}.txt.gz"]
    inside = [*(f"{NAME}/{file}" for file in files), f"{NAME}.mbox/{NAME}.mbox"]
    plain = [f"https://{site.DOMAIN}{way}{file}" for way in WAYS for file in inside]
    disguised = [
        f"https://{site.DOMAIN}{path}"
        for way in WAYS
        for path in (
            f"{way}{NAME}",
            f"{way}{NAME.upper()}/{month}.txt",
            f"{way}./{NAME}//{month}.txt",
            f"{way.replace('/', '//')}{NAME}/{month}.txt",
            f"{way}{NAME.replace('a', '%61')}/{month}.txt",
            f"{way}wikitech-l/../{NAME}/{month}.txt",
        )
    ]
    archive, _index, message, *downloads = plain[: len(inside)]
    return Confided(archive, message, downloads, plain + disguised)


def _hyperkitty(message: str, word: str) -> list[str]:
    """Pages, downloads, feeds, search and HTTP interface."""
    address = site.PRIVATE
    shouted = address.replace("arbcom-l", "ARBCOM-L")
    return [
        message,
        f"{message}attachment/1/x",
        f"{site.ARCHIVE}latest",
        f"{site.ARCHIVE}2026/1/",
        f"{site.ARCHIVE}feed/",
        f"{site.ARCHIVE}export/{address}.mbox.gz",
        f"{site.ARCHIVES}/list/{address.replace('@', '%40')}/",
        f"{site.ARCHIVES}//list//{address}/",
        f"{site.ARCHIVES}/./list/{address}/",
        f"{site.ARCHIVES}/list/{shouted}/",
        f"{site.ARCHIVES}/api/list/{address}/",
        f"{site.ARCHIVES}/api/list/{address}/emails/",
        f"{site.ARCHIVES}/api/list/{address}/threads/",
        f"{site.ARCHIVES}/search?mlist={address}&q={word}",
        f"{site.ARCHIVES}/search?mlist={address.replace('@', '%40')}&q={word}",
        f"{site.ARCHIVES}/search?q={word}",
        f"{site.ARCHIVES}/api/emails/",
        f"{site.ARCHIVES}/api/sender/{site.ALICE}/emails/",
        f"{site.ARCHIVES}/api/tags/",
        f"{site.ARCHIVES}/",
    ]
