# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The ways by which people reach, or try to reach, what is in the private archive."""

from __future__ import annotations

from . import site


def doors(message: str, word: str) -> list[str]:
    """Pages, downloads, feeds, search and HTTP interface. message: the address of one message; word: of its text."""
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
        f"{site.ARCHIVES}/",
    ]
