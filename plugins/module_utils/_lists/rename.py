# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Renames: which list becomes which, and what gets the new name with it. Pure."""

from __future__ import annotations

from typing import Any, Iterable, Mapping, NamedTuple

from ansible_collections.listops.mailman.plugins.module_utils._lists.model import ArchiveState, ListSpec
from ansible_collections.listops.mailman.plugins.module_utils._lists.vocabulary import Invalid

# Settings that may have the list's name in them.
FOLLOWING = ("acceptable_aliases", "display_name", "subject_prefix")


class Rename(NamedTuple):
    """Posting addresses. archives: follow or stay."""

    old: str
    new: str
    archives: str


def former_names(specs: Iterable[ListSpec]) -> list[Rename]:
    """All declared former names, whether they are still in use or not."""
    return [Rename(old, spec.name, spec.renamed_archives) for spec in specs for old in spec.renamed_from]


def due(specs: Iterable[ListSpec], existing: Iterable[str]) -> dict[str, Rename]:
    """The lists that still have a former name, by their new name."""
    specs, existing = list(specs), frozenset(existing)
    out = {}
    for spec in specs:
        found = [old for old in spec.renamed_from if old in existing]
        if found and spec.name in existing:
            raise Invalid(
                "list {0}: renamed_from has {1}, and both lists exist: give no former name, or remove one of the lists".format(
                    spec.name, found[0]
                )
            )
        if len(found) > 1:
            raise Invalid(
                "list {0}: renamed_from has {1}, which all exist: give the former names of one list".format(
                    spec.name, ", ".join(found)
                )
            )
        if found:
            out[spec.name] = Rename(found[0], spec.name, spec.renamed_archives)
    return out


def _title(address: str) -> str:
    """The display name that Mailman gives a new list."""
    return address.partition("@")[0].capitalize()


def following(spec: ListSpec, settings: Mapping[str, Any]) -> dict[str, Any]:
    """The settings that Mailman made from a former name, with the new name."""
    new = _title(spec.name)
    out: dict[str, Any] = {}
    for old in map(_title, spec.renamed_from):
        if str(settings.get("display_name")).lower() == old.lower():
            out["display_name"] = new
        prefix = settings.get("subject_prefix") or ""
        if "[{0}]".format(old).lower() in prefix.lower():
            start = prefix.lower().index("[{0}]".format(old).lower())
            out["subject_prefix"] = "{0}[{1}]{2}".format(prefix[:start], new, prefix[start + len(old) + 2 :])
    return out


def aliases(spec: ListSpec, actual: Mapping[str, Any]) -> list[str]:
    """The acceptable aliases with all former names, so that posts to these are not held."""
    known: list[str] = list(spec.settings.get("acceptable_aliases", actual.get("acceptable_aliases") or []))
    return known + [old for old in spec.renamed_from if old not in known]


def remaining(former: Iterable[Rename], plans: Iterable[Any], unfinished: Iterable[str]) -> list[Rename]:
    """The renames that Mailman must do or finish. unfinished: former names that are still in use."""
    due, unfinished = _renamed(plans), frozenset(unfinished)
    existing = {plan.name for plan in plans if plan.action not in ("create", "rename")}
    return [
        item for item in former if due.get(item.new) == item.old or (item.old in unfinished and item.new in existing)
    ]


def moves(former: Iterable[Rename], plans: Iterable[Any], archives: Mapping[str, ArchiveState]) -> list[Rename]:
    """The archives that still have a former name and shall get the new one."""
    due, plans = _renamed(plans), list(plans)
    existing = {plan.name for plan in plans if plan.action not in ("create", "rename")}
    return [
        item
        for item in former
        if item.archives == "follow"
        and item.old in archives
        and (item.new in existing or due.get(item.new) == item.old)
    ]


def check_moves(moves: Iterable[Rename], archives: Mapping[str, ArchiveState]) -> None:
    """Refuse to move an archive where another one exists, unless the two can be merged."""
    for item in moves:
        there = archives.get(item.new)
        if there is not None and set(archives[item.old].parts) & set(there.parts):
            raise Invalid(
                "list {0}: renamed_archives is 'follow', and there are an archive of {1} with {2} messages and one of {0} "
                "with {3}: give stay, since Mailman 2.1 cannot merge them without changing the addresses of pages".format(
                    item.new, item.old, archives[item.old].messages, there.messages
                )
            )


def _renamed(plans: Iterable[Any]) -> dict[str, str]:
    return {plan.name: plan.changes["name"][0] for plan in plans if plan.action == "rename"}


def with_remains(plans: Iterable[Any], renames: Iterable[Rename]) -> list[Any]:
    """The plans, with the rest of interrupted renames."""
    left = {item.new: item for item in renames}
    out = []
    for plan in plans:
        item = left.get(plan.name)
        if item is not None and plan.action in ("none", "change"):
            plan = plan._replace(action="rename", changes=dict(plan.changes, name=(item.old, item.new)))
        out.append(plan)
    return out
