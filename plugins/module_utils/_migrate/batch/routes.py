# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Addresses of lists that another server has, for the file that Exim asks while lists move. Pure."""

from __future__ import annotations

import re
from typing import Collection, Mapping

# What may follow a list's name in one of its addresses, with Mailman 2.1.
SUFFIXES = ("admin", "bounces", "confirm", "join", "leave", "owner", "request", "subscribe", "unsubscribe")
# In the place of a server: neither may take a post at the moment.
WAIT = "wait"
# What follows one of these says whose bounce or confirmation it is; as Exim's routers have it.
_WORD = re.compile(r"(-(?:bounces|confirm))\+.*@", re.DOTALL)


def key(address: str) -> str:
    """An address as the file has it."""
    return _WORD.sub(r"\1@", address.lower())


def addresses(name: str, lists: Collection[str]) -> list[str]:
    """All addresses of a list. lists: those whose own address is not another one's, such as that of a list talk-admin."""
    local, _at, domain = name.lower().partition("@")
    there = ["{0}-{1}@{2}".format(local, suffix, domain) for suffix in SUFFIXES]
    return [name.lower(), *(address for address in there if address not in lists)]


def lines(routes: Mapping[str, str], lists: Collection[str]) -> list[str]:
    """The lines of the file. routes: posting address -> server, or WAIT. lists: see addresses()."""
    found = {}
    for name, server in routes.items():
        # Exim separates hosts by colons.
        found.update(dict.fromkeys(addresses(name, lists), server.replace(":", "::")))
    return ["{0}: {1}".format(*each) for each in sorted(found.items())]
