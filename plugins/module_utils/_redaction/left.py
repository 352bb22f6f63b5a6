# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a migration left on this host that may hold a message: which files these are, and what is in each. Pure."""

from __future__ import annotations

import re
from typing import Any, Collection, Iterable, Mapping, NamedTuple

# Extensions that Mailman may give to a message that was attached to another one; see _mailman21/remote/redact.py.
_MESSAGES = (".eml", ".mht", ".mhtml", ".nws", ".txt")
_PAGE = re.compile(r"[A-Za-z0-9-]+/[0-9]+\.html")
_INDEX = re.compile(r"([A-Za-z0-9-]+)/(?:thread|date|subject|author)\.html")
_MONTH = re.compile(r"[A-Za-z0-9-]+\.txt(?:\.gz)?")
_ATTACHED = re.compile(r"attachments/[^/]+/([^/]+)/[^/]+", re.DOTALL)
# Pipermail's own index; of it these parts have subjects and authors.
_DATABASE = re.compile(r"database/(.+)-(?:article|author|subject)")
# Pages that name nothing, and what has only Message-IDs.
_NOTHING = re.compile(
    r"(?:(?:[A-Za-z0-9-]+/)?index\.html|pipermail\.pck|database/.*|(?:.*/)?\.[^/]*|listops-was-public)", re.DOTALL
)
# In which states nothing is copied from the old server, or compared with it, any more.
OVER = ("accepted", "returning", "returned")


class Archived(NamedTuple):
    """What a file of a Pipermail archive is.

    kind: page, index (which names subjects and authors), month, attached (a message), attachment, database, other or nothing.
    volume: of an index, or of Pipermail's own one. folder: the name of the folder of an attachment.
    """

    kind: str
    volume: str = ""
    folder: str = ""


def archived(path: str) -> Archived:
    """path: below the folder of the archive."""
    index, held, database = _INDEX.fullmatch(path), _ATTACHED.fullmatch(path), _DATABASE.fullmatch(path)
    if _PAGE.fullmatch(path):
        return Archived("page", volume=path.partition("/")[0])
    if index:
        return Archived("index", volume=index.group(1))
    if _MONTH.fullmatch(path):
        return Archived("month")
    if held:
        return Archived("attached" if path.endswith(_MESSAGES) else "attachment", folder=held.group(1))
    if database:
        return Archived("database", volume=database.group(1))
    return Archived("nothing" if _NOTHING.fullmatch(path) else "other")


def moved(made: Mapping[str, str], address: str, names: Collection[str]) -> dict[str, str]:
    """The lists of a migration that are this list: the addresses that they had here when they moved -> their names on the old server.

    made: what lists.json of its account says. names: names on the old server that are given, since the list may be called otherwise now.
    """
    found = {}
    for here, there in made.items():
        former = there.partition("@")[0].lower()
        if here.lower() == address or former in names:
            found[here] = former
    return found


class Account(NamedTuple):
    """A file of the account of a migration. kind: what is in it; main: whether it says of messages where they are."""

    name: str
    kind: str
    main: bool = False


_KINDS = {
    "messages.jsonl": "messages",
    "pages.jsonl": "pages",
    "quarantine.mbox": "mailbox",
    "requests.jsonl": "lines",
    "returned.jsonl": "lines",
    "requests": "folder",
    "returned": "folder",
}


def account(files: Iterable[str], address: str) -> list[Account]:
    """The files of a list in an account, what says where messages are first; what names no message is left out."""
    found = []
    for name in sorted(files):
        # A mailbox may have a name of its own, which begins with the address of its list.
        rest = re.fullmatch(re.escape(address) + r"(-[^/]*)?\.({0})".format("|".join(map(re.escape, _KINDS))), name)
        if rest:
            found.append(Account(name, _KINDS[rest.group(2)], rest.group(1) is None))
    return sorted(found, key=lambda each: each.kind not in ("messages", "pages"))


def kept(name: str) -> str:
    """What a file with what was quarantined is: message, or other."""
    return "message" if name.endswith((".eml", ".txt")) else "other"


def waiting(name: str, former: str) -> str:
    """What a file of Mailman 2.1's folder `data` is, of a list with that name: message, other or nothing."""
    if not re.fullmatch("heldmsg-" + re.escape(former) + r"-\d+\.(?:pck|txt)", name):
        return "nothing"
    return kept(name)


def going_on(state: Any, there: str) -> bool:
    """Whether the old server is still copied from, or compared with.

    state: what state.json says, or None. there: the list's address on the old server.
    """
    if not isinstance(state, dict):
        return False
    return state.get("state") not in OVER and there not in (state.get("moved") or ())
