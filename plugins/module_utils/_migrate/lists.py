# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The lists of a server that is moved, with all their people, as declarations for the new one. Pure."""

from __future__ import annotations

from typing import Any, Collection, Mapping, NamedTuple

from ansible_collections.listops.mailman.plugins.module_utils._lists.vocabulary import Invalid, in_words
from ansible_collections.listops.mailman.plugins.module_utils._migrate import entries, to_mailman3


class Declaration(NamedTuple):
    """entries: as the option `lists` of mailman_list has them. former: posting address -> the one on the old server.

    lost: posting address -> what the new server cannot hold, in sentences.
    """

    entries: list[dict[str, Any]]
    former: dict[str, str]
    lost: dict[str, list[str]]


def declare(found: Mapping[str, Any], schema: Mapping[str, Mapping[str, Any]]) -> Declaration:
    """What makes the same lists on a Mailman 3 with these settings. found: what mailman_list_info returns of the old server."""
    made, lost, former = to_mailman3.convert(found, schema)
    declared = []
    for name, each in sorted(made["lists"].items()):
        reason = entries.undeclarable(name, each)
        if reason:
            lost[name] = ["It is not moved: {0}.".format(reason)]
            continue
        adopted = entries.adopt(name, each, schema, tuple(entries.ROSTERS))
        said = ["{0} is not carried over: {1}.".format(key, why) for key, why in adopted.omitted.items()]
        if said:
            lost[name] = [*lost.get(name, ()), *said]
        state = {} if adopted.state == "present" else {"state": adopted.state}
        more = (((key,), value) for key, value in adopted.more.items())
        declared.append({"name": name, **state, **entries.nested([*adopted.values.items(), *more])})
    return Declaration(declared, {each["name"]: former.get(each["name"], each["name"]) for each in declared}, lost)


def choose(found: Mapping[str, Any], names: Collection[str]) -> dict[str, Any]:
    """The same with only these lists, each named as on the old server, with or without its domain. Raises Invalid."""
    by_name = {local: address for address in found["lists"] for local in (address, address.partition("@")[0])}
    chosen = []
    for name in names:
        if name not in by_name:
            raise Invalid(
                "lists has {0!r}: give lists of the old server, such as {1}".format(
                    name, in_words(sorted(found["lists"])[:3] or ["one; it has none that can be read"])
                )
            )
        chosen.append(by_name[name])
    return dict(found, lists={address: found["lists"][address] for address in chosen})


def leave(found: Mapping[str, Any], names: Collection[str]) -> dict[str, Any]:
    """The same without lists that moved already, by their addresses on the old server, since that one is not right any more."""
    return dict(found, lists={address: each for address, each in found["lists"].items() if address not in names})


def taken(names: Collection[str], existing: str) -> None:
    """Refuse lists that the target has, and that the migration did not make. existing: see migrate_lists. Raises Invalid."""
    if names and existing == "refuse":
        raise Invalid(
            "this host has {0} already, which the migration did not make: give `existing` as take if {1} shall "
            "become what the old server has, or other lists".format(
                in_words(sorted(names)[:5]), "it" if len(names) == 1 else "they"
            )
        )
