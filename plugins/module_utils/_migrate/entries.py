# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an inventory says of lists that exist, so that applying it changes nothing. Pure.

A list becomes values by path, such as ("description",) or ("settings", "max_days_to_hold"); which of them are worth a line is
decided in shared.py. What no inventory can say of a list is left out of it, with the reason, and stays as it is.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import Any, Collection, Iterable, Iterator, Mapping, NamedTuple, Tuple

from ansible_collections.listops.mailman.plugins.module_utils._lists import model, plan
from ansible_collections.listops.mailman.plugins.module_utils._lists.vocabulary import (
    LIST_FIELDS,
    MEMBER_FIELDS,
    Invalid,
)
from ansible_collections.listops.mailman.plugins.module_utils._mailman21.options import ALSO_RAW
from ansible_collections.listops.mailman.plugins.module_utils._mailman21.people import ORDINARY

# Python 3.8 evaluates it.
Path = Tuple[str, ...]
# Role -> key of an entry of mailman_lists.
ROSTERS = {"owner": "owners", "moderator": "moderators", "member": "members", "nonmember": "nonmembers"}
# In the order of the options of mailman_list.
ORDER = (
    *(
        "name",
        "state",
        "disabled_action",
        "renamed_from",
        "renamed_archives",
        "display_name",
        "description",
        "info",
        "subject_prefix",
    ),
    *("owners", "moderators", "members", "nonmembers", "external_archives", "bans", "header_matches", "archivers"),
    *(name for name in LIST_FIELDS if name not in ("display_name", "description", "info", "subject_prefix")),
    *("templates", "settings"),
)
# Addresses of archives that anybody may subscribe to a list.
PUBLIC_ARCHIVES = frozenset({"archive@mail-archive.com", "archive@jab.org"})
_RANK = {name: rank for rank, name in enumerate(ORDER)}


class Adopted(NamedTuple):
    """A list that exists, as an inventory has it.

    name: its posting address. state: present or disabled. more: keys that only this list can have.
    values: by path; what is missing is not declared.
    omitted: key -> why it cannot be declared.
    """

    name: str
    state: str
    more: Mapping[str, Any]
    values: Mapping[Path, Any]
    omitted: Mapping[str, str]


def adopt(
    name: str,
    found: Mapping[str, Any],
    schema: Mapping[str, Mapping[str, Any]],
    roles: Collection[str],
    renamed: Mapping[str, Any] = MappingProxyType({}),
    archives: Collection[str] = (),
) -> Adopted:
    """One list.

    found: as mailman_list_info returns it. schema: available_settings of its Mailman. roles: whose people are written.
    renamed: renamed_from and renamed_archives, as the configuration of the host has them.
    archives: addresses of external archives besides the public ones.
    """
    before = found["before"] or {}
    values = dict(_values(found, schema, before))
    more: dict[str, Any] = {}
    if found["state"] == "disabled":
        more["disabled_action"] = disabled_action(found)
    values.update(_people(found, roles))
    kept, omitted = _declarable(name, found, schema, more, values)
    if renamed:
        missing = _unaccepted(name, found, renamed["renamed_from"])
        certain = [former for former in renamed["renamed_from"] if former not in missing]
        for chosen in (renamed, {**renamed, "renamed_from": certain}):
            reason = _refusal(name, found, schema, {**more, **chosen}, kept)
            if chosen["renamed_from"] and reason in (None, _refusal(name, found, schema, more, kept)):
                more.update(chosen)
                break
        if more.get("renamed_from") != renamed["renamed_from"]:
            key = "renamed_from: [{0}]".format(", ".join(missing or renamed["renamed_from"]))
            omitted[key] = _ALIASES.format(", ".join(missing.values())) if missing else _reason(name, reason or "")
    known = PUBLIC_ARCHIVES.union(archives)
    members = (person["address"] for person in found["rosters"].get("member", ()))
    external = [address for address in members if address.lower() in known]
    if external:
        others = _without(kept, external)
        reason = _refusal(name, found, schema, {**more, "external_archives": external}, others)
        if reason in (None, _refusal(name, found, schema, more, kept)):
            more["external_archives"], kept = external, others
        else:
            key = "external_archives: [{0}]".format(", ".join(external))
            omitted[key] = _reason(name, reason) if "external_archives" in (reason or "") else _EXTERNAL
    if ("members",) in kept:
        more["members"] = {"state": "exact", "addresses": kept.pop(("members",))}
    if ("nonmembers",) in kept:
        more["nonmembers"] = kept.pop(("nonmembers",))
    if more.get("disabled_action") == "reject":
        del more["disabled_action"]
    return Adopted(name, found["state"], more, kept, omitted)


def undeclarable(name: str, found: Mapping[str, Any]) -> str:
    """Why no entry at all can be of a list; an empty text when one can. Mailman 2.1 has lists of any name."""
    try:
        model.parse_list({"name": name, "state": found["state"]}, {})
    except Invalid as exc:
        return str(exc)
    return ""


def disabled_action(found: Mapping[str, Any]) -> str:
    """What happens to posts to a disabled list."""
    if found["before"].get("elsewhere"):
        return "hold"
    actions = (one for one in model.DISABLED_ACTIONS if found["header_matches"] == plan.disabled_rules(one))
    return next(actions, "reject")


def _values(
    found: Mapping[str, Any], schema: Mapping[str, Mapping[str, Any]], before: Mapping[str, Any]
) -> Iterator[tuple[Path, Any]]:
    # A disabled list is declared as it was: that is what `present` gives back.
    settings = {**found["settings"], **before.get("settings", {})}
    lost = set(before.get("settings", {})).difference(plan.DISABLED_SETTINGS)
    for key, value in settings.items():
        if before and (key in ALSO_RAW or (before.get("elsewhere") and key in lost)):
            # What disabling left in its place, and nobody wants to have declared.
            continue
        # Of a password nobody says what it is.
        if value is not None and key in schema and schema[key]["type"] != "secret":
            if schema[key]["type"] == "topics":
                value = [{part: topic[part] for part in ("name", "pattern", "description")} for topic in value]
            yield ((key,) if key in LIST_FIELDS else ("settings", key)), value
    yield ("bans",), list(found["bans"])
    rules = before.get("header_matches", found["header_matches"])
    yield ("header_matches",), [{key: rule[key] for key in ("header", "pattern", "action")} for rule in rules]
    for key, on in found["archivers"].items():
        yield ("archivers", key), on
    for key, text in found["templates"].items():
        yield ("templates", key), text


def _people(found: Mapping[str, Any], roles: Collection[str]) -> Iterator[tuple[Path, Any]]:
    members = {person["address"].lower() for person in found["rosters"].get("member", ())}
    for role in roles:
        roster = found["rosters"].get(role, ())
        if role == "nonmember":
            # Mailman keeps everybody who ever wrote; a rule is what somebody decided of one.
            roster = [
                person
                for person in roster
                if person["moderation_action"] != "default" and person["address"].lower() not in members
            ]
            if not roster:
                continue
        yield (ROSTERS[role],), [brief(role, person) for person in roster]


def brief(role: str, person: Mapping[str, Any]) -> Any:
    """Somebody of a roster as a person would write it: the address, with what is not ordinary about it in this role."""
    ordinary = dict(ORDINARY, display_name="")
    if role in ("owner", "moderator"):
        ordinary["moderation_action"] = "accept"
    told = {key: person[key] for key in MEMBER_FIELDS if person[key] != ordinary[key]}
    if role in ("owner", "moderator"):
        # They get Mailman's notices whatever is said of their mail.
        told = {key: value for key, value in told.items() if key in ("display_name", "moderation_action")}
    return {"address": person["address"], **told} if told else person["address"]


def key_of(path: Path) -> str:
    """What a path is called in a sentence."""
    return ".".join(path)


def nested(values: Iterable[tuple[Path, Any]]) -> dict[str, Any]:
    """Values by path as an entry of an inventory, in the order of the options."""
    out: dict[str, Any] = {}
    for path, value in sorted(values, key=lambda item: (_RANK[item[0][0]], item[0])):
        if len(path) == 1:
            out[path[0]] = value
        else:
            out.setdefault(path[0], {})[path[1]] = value
    return out


def _declarable(
    name: str,
    found: Mapping[str, Any],
    schema: Mapping[str, Mapping[str, Any]],
    more: Mapping[str, Any],
    values: Mapping[Path, Any],
) -> tuple[dict[Path, Any], dict[str, str]]:
    """The values that can be declared and then change nothing, and why others cannot."""

    def refusal(chosen: Mapping[Path, Any]) -> str | None:
        return _refusal(name, found, schema, more, chosen)

    if refusal(values) is None:
        return dict(values), {}
    kept: dict[Path, Any] = {}
    omitted: dict[str, str] = {}
    # What is wrong whatever is declared.
    start = refusal({})
    for path, value in values.items():
        tried = {**kept, path: value}
        reason = refusal(tried)
        if reason is None or reason == start:
            kept = tried
        else:
            omitted[key_of(path)] = _reason(name, reason)
    return kept, omitted


def _reason(name: str, refusal: str) -> str:
    return refusal.partition("list {0}: ".format(name))[2] or refusal


def _without(values: Mapping[Path, Any], external: Collection[str]) -> dict[Path, Any]:
    """The values, and nobody of the members who is an external archive."""
    members = values.get(("members",), ())
    left = [each for each in members if (each if isinstance(each, str) else each["address"]) not in external]
    return {**values, **({("members",): left} if members else {})}


_EXTERNAL = (
    "it is a member like any other, and would be hidden, and nothing from its address taken; write it if that is wanted"
)
# A list takes posts to each of its former names.
_ALIASES = "it would also add {0} to acceptable_aliases; write it if that is wanted, or mail to what the list was called is refused"


def _unaccepted(name: str, found: Mapping[str, Any], former: Collection[str]) -> dict[str, str]:
    """Former names for which a list takes no posts, and their addresses."""
    domain = name.partition("@")[2]
    full = {each: each if "@" in each else "{0}@{1}".format(each, domain) for each in former}
    taken = found["settings"].get("acceptable_aliases") or []
    return {each: address for each, address in full.items() if address not in taken}


def _refusal(
    name: str,
    found: Mapping[str, Any],
    schema: Mapping[str, Mapping[str, Any]],
    more: Mapping[str, Any],
    chosen: Mapping[Path, Any],
) -> str | None:
    """Why an entry cannot be declared, or would change something; None when it does not."""
    entry = {"name": name, "state": found["state"], **more, **nested(chosen.items())}
    try:
        spec = model.resolve([model.parse_list(entry, {})], domains=[], schema=schema)[0]
        planned = plan.plan_list(spec, _state(found))
    except Invalid as exc:
        return str(exc)
    if planned.action == "none":
        return None
    key = next(iter(planned.changes), "state")
    return "Mailman has {0} in a form that cannot be declared".format(key)


def _state(found: Mapping[str, Any]) -> dict[str, Any]:
    """The list as plan.py compares it."""
    rosters = {
        role: {person["address"].lower(): person for person in people} for role, people in found["rosters"].items()
    }
    return {**found, "rosters": rosters, "saved": found["before"]}
