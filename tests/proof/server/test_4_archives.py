# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A private archive: closed without, open with a user of the digest file, closed again after."""

from __future__ import annotations

import pytest

from support import site
from support.controller import Controller
from support.doors import confide
from support.mail_server import MailServer
from support.outside import Outside
from support.proved import Proved
from support.reader import Reader

pytestmark = pytest.mark.usefixtures("subscribers")


def test_private_archive_asks_for_a_password(
    fermium: MailServer, outside: Outside, controller: Controller, reader: Reader, word: str, proved: Proved
) -> None:
    name, password = reader.name, reader.password
    post = confide(fermium, outside, word)
    assert outside.mailbox(site.BOB).has_none(word)

    closed = outside.get(site.ARCHIVE)
    assert closed.status == 401
    assert closed.headers["www-authenticate"].startswith("Digest ")
    assert f'realm="{site.REALM}"' in closed.headers["www-authenticate"]
    assert outside.get(site.ARCHIVE, name, password + "x").status == 401
    opened = outside.wait_for_page(post.message, name, password)
    assert f"Guilty, {word}." in opened.text
    assert outside.get(site.ARCHIVE, name, password).status == 200

    # the line is the one that Apache's own tool writes for this password
    line = next(line for line in fermium.ask("read", path=reader.path).splitlines() if line.startswith(f"{name}:"))
    theirs = "/run/proof.htdigest"
    dialogue = [["New password: ", password], ["Re-type new password: ", password]]
    try:
        assert fermium.ask("converse", argv=["htdigest", "-c", theirs, site.REALM, name], dialogue=dialogue) == 0
        assert fermium.ask("read", path=theirs).strip() == line
    finally:
        fermium.check("rm", "-f", theirs)

    # no other door
    answers = {url: outside.get(url) for url in post.tried}
    leaks = [url for url, page in answers.items() if f"Guilty, {word}" in page.text or f"verdict {word}" in page.text]
    assert leaks == []
    behind_password = [url for url, page in answers.items() if page.status == 401]
    open_doors = {
        url: page.status
        for url, page in answers.items()
        if page.status == 200 and site.PRIVATE in page.text and "/search" not in url
    }
    assert open_doors == {}
    assert len(behind_password) >= 8, {url: page.status for url, page in answers.items()}

    # who it was shows in the archive's own log
    log = fermium.ask("read", path=f"/var/log/apache2/archive-{site.PRIVATE}.log")
    assert f" {name} [" in log

    gone = controller.task("listops.mailman.htdigest_user", **reader.options, state="absent")
    assert gone["changed"] is True
    assert outside.get(site.ARCHIVE, name, password).status == 401
    assert outside.get(f"{site.ARCHIVES}/list/{site.PUBLIC}/").status == 200, "the public archive is closed too"
    proved("private archive: 401 without, 200 with a digest user, 401 after", "401, 401, 200, 401; htdigest agrees")
    proved("no other door to the private archive", f"{len(behind_password)} x 401, {len(answers)} tried, 0 leaks")
