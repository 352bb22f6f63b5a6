# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where each list of a migration stands, from the sums that its account keeps. Pure."""

from __future__ import annotations

from typing import Any, Callable, Collection, Iterable, Mapping

# Posting addresses of the lists that were made, and those on the old server.
MADE = "lists.json"
# The same of those whose files wait beside their place in another Mailman 2.1, and of archives without a list, by their names.
STAGED = "staged.json"
# The sums of the accounts of the web interface, where a whole server is moved.
ACCOUNTS = "accounts.json"
# Kind -> what a person calls it.
KINDS = {
    "members": "memberships",
    "messages": "mails",
    "attachments": "attachments",
    "pages": "pages",
    "requests": "waiting things",
    "files": "files",
    # after a rollback, what the old server got back
    "returned": "things that came since",
}
SUMS = ("found", "moved", "merged", "quarantined")


def known(read: Callable[[str], Any]) -> dict[str, str]:
    """All that a migration has, as MADE and STAGED have it. read: see lists()."""
    return {**(read(STAGED) or {}), **(read(MADE) or {})}


def lists(read: Callable[[str], Any], moved: Collection[str] = ()) -> list[dict[str, Any]]:
    """Each list with its sums by kind, and where it is.

    read: what a file of the account says, or None where there is none. moved: the lists that moved before the others, by their addresses on
    the old server; of none it is not said where they are.
    """
    found = []
    made = read(MADE) or {}
    for name, former in sorted(known(read).items()):
        sums = {kind: read("{0}.{1}.json".format(name, kind)) for kind in KINDS}
        found.append(
            {
                "list": name,
                "former": former,
                "here": former in moved if moved else None,
                "staged": name not in made,
                **{kind: _sums(each) for kind, each in sums.items()},
            }
        )
    return found


def _sums(found: Mapping[str, Any] | None) -> dict[str, int] | None:
    if found is None:
        return None
    # of what went back, the account says "returned"
    return {word: found["returned" if word == "moved" and "returned" in found else word] for word in SUMS}


def totals(found: Iterable[Mapping[str, Any]]) -> dict[str, dict[str, int]]:
    """The sums of all lists, by kind, of the kinds that there are."""
    found = list(found)
    kinds = [kind for kind in KINDS if any(each[kind] for each in found)]
    return {kind: {word: sum(each[kind][word] for each in found if each[kind]) for word in SUMS} for kind in kinds}


def accounts(read: Callable[[str], Any]) -> dict[str, int] | None:
    """The sums of the accounts of the web interface; None where only lists are moved."""
    return _sums(read(ACCOUNTS))


def sentence(found: Mapping[str, Any]) -> str:
    """One line about a list, for a person."""
    parts = []
    for kind, called in KINDS.items():
        sums = found[kind]
        if sums and sums["found"]:
            more = ["{0} {1}".format(sums[word], word) for word in ("merged", "quarantined") if sums[word]]
            done = "went back" if kind == "returned" else "moved"
            parts.append(", ".join(["{moved} of {found} {0} {1}".format(called, done, **sums), *more]))
    where = {None: "", True: " (moved)", False: " (still on the old server)"}[found["here"]]
    nothing = "its files are staged" if found["staged"] else "made, nothing else to be moved"
    return "{0}{1}: {2}".format(found["list"], where, "; ".join(parts) or nothing)
