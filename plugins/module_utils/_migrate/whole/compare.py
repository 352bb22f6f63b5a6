# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether a Mailman 3 can take the place of another one, and whether it has all that the other one had. Pure.

A server is what WholeServer.server returns, and its sums are what WholeServer.sums returns.
"""

from __future__ import annotations

import re
from typing import Any, Collection, Iterator, Mapping

# What each list has that is counted, by the names that the account has.
COUNTED = ("members", "messages", "attachments", "requests")
NONE = {"found": 0}
# How many names a sentence has.
SHOWN = 5


def private_lists(server: Mapping[str, Any]) -> list[str]:
    """The lists whose archive strangers must not read, as Mailman, HyperKitty or the guard of the old server says.

    A guard that cannot read its file keeps all of them private.
    """
    archives, policies, guarded = server["archives"], server["policies"], server["guarded"]
    if guarded is None:
        return sorted(set(policies) | set(archives))
    private = {
        name for found in (policies, archives) for name, policy in found.items() if policy not in ("public", "never")
    }
    # HyperKitty shows the archive of a list with that policy to everybody, so there it counts what the archive says.
    return sorted(private.union(guarded))


def _number(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", version)[:4])


def refusals(
    source: Mapping[str, Any], target: Mapping[str, Any], *, made: Collection[str], take: bool
) -> Iterator[str]:
    """Why the target cannot take the place of the source, in sentences.

    made: lists of the target that an earlier run of the migration brought. take: whether other lists of the target may be lost.
    """
    for program, version in sorted(source["versions"].items()):
        here = target["versions"].get(program, "0")
        if _number(here) < _number(version):
            yield (
                "{0} is {1} on the old server and {2} here: give a host with {1} or later, since no program reads the database "
                "of a later one".format(program, version, here)
            )
    for what, there in sorted(source["databases"].items()):
        yield from _databases(what, there, target["databases"][what])
    for key, called, remedy in (
        (
            "folder",
            "Mailman's folder",
            "give a host with the same one, because texts of lists are found by their paths",
        ),
        ("index", "the folder of the search index", "give the same in mailman_web_settings"),
        ("index_engine", "the kind of the search index", "give the same in mailman_web_settings"),
        ("path", "the path of the web interface", "give the same mailman_web_path, so that addresses stay"),
    ):
        if source[key] != target[key]:
            yield "{0} is {1!r} on the old server and {2!r} here: {3}".format(called, source[key], target[key], remedy)
    if source["texts_elsewhere"] and source["texts"] != target["texts"]:
        yield (
            "{0} texts that were set in the web interface are at {1} on the old server and would be at {2} here: give the same "
            "mailman_web_loopback_port and mailman_web_path".format(
                source["texts_elsewhere"], source["texts"], target["texts"]
            )
        )
    if source["attachments"] != target["attachments"]:
        yield (
            "HYPERKITTY_ATTACHMENT_FOLDER is {0!r} on the old server and {1!r} here: give the same in "
            "mailman_web_settings".format(source["attachments"], target["attachments"])
        )
    missing = sorted(set(source["domains"]) - set(target["domains"]))
    if missing:
        yield "the old server has the mail domains {0}, and this host does not: give them in mailman_domains".format(
            ", ".join(missing)
        )
    taken = sorted(set(target["policies"]) - set(made))
    if taken and not take:
        yield (
            "this host has {0} already, which would be lost, since it becomes what the old server is: remove {1}, or give "
            "migrate_existing as take".format(", ".join(taken[:SHOWN]), "it" if len(taken) == 1 else "them")
        )


def _databases(what: str, there: Mapping[str, Any], here: Mapping[str, Any]) -> Iterator[str]:
    called = {"mailman": "Mailman", "mailman-web": "the web interface"}[what]
    if there["kind"] != here["kind"]:
        yield (
            "the database of {0} is of the kind {1} on the old server and {2} here: give the same mailman_database".format(
                called, there["kind"], here["kind"]
            )
        )
    elif there["kind"] != "sqlite":
        yield (
            "the database of {0} is of the kind {1}, and only sqlite is carried: restore a backup of the old server here "
            'instead, see "Restore" in the runbook'.format(called, there["kind"])
        )


def needed(source: Mapping[str, Any]) -> int:
    """How many bytes the move takes here: the copy, what is put in place, and a third for what grows meanwhile."""
    size: int = source["bytes"]
    return size * 3


def by_list(sums: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Each list with what Mailman and its archive have of it; an archive may be of a list that is gone."""
    out: dict[str, dict[str, Any]] = {}
    for name in sorted(set(sums["lists"]) | set(sums["archives"])):
        out[name] = {"settings": None, "policy": None, **dict.fromkeys(COUNTED, NONE)}
        out[name].update(sums["lists"].get(name, {}))
        out[name].update(sums["archives"].get(name, {}))
    return out


def differences(source: Mapping[str, Any], target: Mapping[str, Any]) -> list[str]:
    """What the target has otherwise than the source, in sentences that name the list. Settings of one of them only do not count.

    source, target: sums.
    """
    said = []
    there, here = by_list(source), by_list(target)
    for name in sorted(set(there) | set(here)):
        if name not in here or name not in there:
            said.append("list {0} is only {1}".format(name, "here" if name in here else "on the old server"))
            continue
        for what in COUNTED:
            said += _counted("list {0}: {1}".format(name, what), there[name][what], here[name][what])
        if there[name]["policy"] != here[name]["policy"]:
            said.append("list {0}: its archive is open to others than on the old server".format(name))
        ours, theirs = here[name]["settings"] or {}, there[name]["settings"] or {}
        wrong = sorted(key for key in set(ours) & set(theirs) if ours[key] != theirs[key])
        if wrong or bool(ours) != bool(theirs):
            said.append("list {0}: {1} differ".format(name, ", ".join(wrong[:SHOWN] or ["all settings"])))
    for what in ("accounts", "people"):
        said += _counted(what, source[what], target[what])
    for label, number in sorted(source["tables"].items()):
        if target["tables"].get(label, 0) != number:
            said.append("{0}: {1} on the old server, {2} here".format(label, number, target["tables"].get(label, 0)))
    return said


def _counted(what: str, there: Mapping[str, Any], here: Mapping[str, Any]) -> list[str]:
    if there["found"] != here["found"]:
        return ["{0}: {1} on the old server, {2} here".format(what, there["found"], here["found"])]
    return ["{0} differ".format(what)] if there.get("sum") != here.get("sum") else []


def missing(account: Mapping[str, Mapping[str, str]], here: Mapping[str, Mapping[str, str]]) -> list[str]:
    """Of the messages that were moved, those that are not here any more, or not as they were. Both: list -> hash -> sum."""
    said = []
    for name, mails in sorted(account.items()):
        lost = sorted(key for key, each in mails.items() if here.get(name, {}).get(key) != each)
        if lost:
            said.append(
                "list {0}: {1} of {2} messages are not as they were moved, the first is {3}".format(
                    name, len(lost), len(mails), lost[0]
                )
            )
    return said


def account_sums(found: int) -> dict[str, int]:
    """The sums of an account when all that was found is here."""
    return {"found": found, "moved": found, "merged": 0, "quarantined": 0}
