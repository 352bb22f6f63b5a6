# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What waits in Exim's queue for lists, from what `exim4 -bp` says. Pure."""

from __future__ import annotations

import re
from typing import Any, Collection, Iterable, Mapping

from ansible_collections.listops.mailman.plugins.module_utils._migrate.batch import routes

_MESSAGE = re.compile(
    r"\s*(?P<age>\d+[a-z])\s+(?P<size>\S+)\s+(?P<id>[0-9A-Za-z]{6}-[0-9A-Za-z]{6,11}-[0-9A-Za-z]{2,4})"
    r"(?: <(?P<sender>.*?)>)?(?P<more>(?: .*)?)\Z"
)


def messages(text: str) -> list[dict[str, Any]]:
    """All messages with those whom they have not reached, in their order."""
    found: list[dict[str, Any]] = []
    for line in text.splitlines():
        head = _MESSAGE.match(line)
        if head:
            found.append(
                {
                    "id": head["id"],
                    "age": head["age"],
                    "size": head["size"],
                    "sender": head["sender"] or "",
                    "frozen": "*** frozen ***" in head["more"],
                    "recipients": [],
                }
            )
        elif line.strip() and found:
            word, _space, rest = line.strip().partition(" ")
            if word not in ("D", "+D"):
                found[-1]["recipients"].append(line.strip())
    return found


def waiting(found: Iterable[Mapping[str, Any]], lists: Collection[str], known: Collection[str]) -> list[dict[str, Any]]:
    """The messages for lists, each with these recipients only. lists: posting addresses; known: see routes.addresses()."""
    asked = {address for name in lists for address in routes.addresses(name, known)}
    there = [dict(each, recipients=[one for one in each["recipients"] if routes.key(one) in asked]) for each in found]
    return [each for each in there if each["recipients"]]


def at(found: Iterable[Mapping[str, Any]], lists: Iterable[str]) -> list[str]:
    """The numbers of messages to anybody at the domains of lists, since some addresses there may lead to a list by another name."""
    domains = {name.lower().partition("@")[2] for name in lists}
    return [each["id"] for each in found if domains & {one.lower().rpartition("@")[2] for one in each["recipients"]}]


def sentence(message: Mapping[str, Any], host: str) -> str:
    """What a message is, and what to do with it."""
    return (
        "{id} in the mail server of {0}, {size}, of {1}, {2} {age}, to {3}: see `exim4 -Mvl {id}` and `exim4 -Mvb {id}` there, have it "
        "delivered with `exim4 -M {id}`, or remove it with `exim4 -Mrm {id}`".format(
            host,
            message["sender"] or "nobody (a bounce)",
            "frozen since" if message["frozen"] else "waiting since",
            ", ".join(message["recipients"]),
            **message,
        )
    )
