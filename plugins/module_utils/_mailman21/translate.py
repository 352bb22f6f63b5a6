# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Translates between plans and Mailman 2.1: lists into the form that plan.py compares, steps into 2.1's terms. Pure."""

from __future__ import annotations

import datetime
from typing import Any, Iterable, Mapping, NamedTuple

from ansible_collections.listops.mailman.plugins.module_utils._lists import vocabulary
from ansible_collections.listops.mailman.plugins.module_utils._lists.model import ListSpec
from ansible_collections.listops.mailman.plugins.module_utils._lists.server_info import SITE_BANS_OF_21, ServerInfo
from ansible_collections.listops.mailman.plugins.module_utils._lists.vocabulary import Invalid
from ansible_collections.listops.mailman.plugins.module_utils._mailman21 import options
from ansible_collections.listops.mailman.plugins.module_utils._mailman21.people import (
    check_person,
    other_person,
    read_member,
    write_member,
)
from ansible_collections.listops.mailman.plugins.module_utils._mailman21.remote.read import SAVED, odd
from ansible_collections.listops.mailman.plugins.module_utils._mailman21.rules import (
    check_rules,
    read_rules,
    write_rules,
)

# Attributes that are always read.
ALWAYS = (
    "advertised",
    "archive",
    "archive_private",
    "ban_list",
    "default_member_moderation",
    "dmarc_moderation_action",
    "emergency",
    "from_is_list",
    "generic_nonmember_action",
    "header_filter_rules",
    "member_moderation_action",
    "preferred_language",
    "subscribe_policy",
)
# Times of the creation and of the last post, in seconds.
TIMES = ("created_at", "last_post_time")
NOBODY = "^.*@.*"
# Settings of the old script disable_list. A list that has these, and nothing
# saved, is disabled; its former settings are unknown.
SCRIPT = {"advertised": 0, "emergency": 1, "member_moderation_action": 2, "generic_nonmember_action": 2}
# So `present` sets Mailman's defaults for new lists, and advertises the list only if its archive is public.
AFTER_SCRIPT = {"emergency": 0, "member_moderation_action": 0, "generic_nonmember_action": 1}
ROLE_ATTRIBUTES = {"owner": "owner", "moderator": "moderator"}
# Settings whose text is written into mail as it is, with &#252; where the charset lacks a character.
MAIL_TEXTS = (
    *("msg_header", "msg_footer", "digest_header", "digest_footer", "welcome_msg", "goodbye_msg"),
    *("autoresponse_postings_text", "autoresponse_request_text", "autoresponse_owner_text"),
    *("dmarc_moderation_notice", "dmarc_wrapped_message_text"),
)
NECESSARY = frozenset((*ALWAYS, *TIMES, *ROLE_ATTRIBUTES.values(), *options.NONMEMBERS.values()))


class Server(NamedTuple):
    """Facts about this Mailman from the program; see Mailman21Handler.server_info.

    lists: posting address -> name in 2.1.
    """

    info: ServerInfo
    schema: Mapping[str, Mapping[str, Any]]
    lists: Mapping[str, str]

    def local(self, address: str) -> str:
        """The name in 2.1, also of a list that does not exist."""
        return self.lists.get(address, address.partition("@")[0])


def addresses(raw: Mapping[str, Any]) -> dict[str, str]:
    """The names of lists by posting address."""
    return {"{0}@{1}".format(name.lower(), host): name for name, host in raw["lists"].items()}


def archive_policies(raw: Mapping[str, Any]) -> dict[str, str]:
    """Who may read archives, including old archives of lists that archive nothing any more."""
    private = frozenset(raw["private"])
    return {address: "private" if name in private else "public" for address, name in addresses(raw).items()}


def server(raw: Mapping[str, Any]) -> Server:
    """The ServerInfo of this Mailman, from the program's first answer."""
    lists = addresses(raw)
    schema = options.schema(raw["options"], raw["languages"])
    info = ServerInfo(
        engine="mailman21",
        version=raw["version"],
        domains=raw["domains"],
        lists=sorted(lists),
        archive_policies=archive_policies(raw),
        protected=[address for address, name in lists.items() if name == raw["site_list"]],
        listname_chars=raw["listname_chars"],
        site_bans=sorted(raw["site_bans"]),
        site_bans_variable=SITE_BANS_OF_21,
        asks_dns=raw["asks_dns"],
        charsets=raw["charsets"],
        default_language=raw["default_language"],
        charset_settings=MAIL_TEXTS,
        charset_remedy="or another preferred_language",
        schema=schema,
        runs=raw["runs"],
        stopped=raw["stopped"],
    )
    return Server(info, schema, lists)


def attributes_for(settings: Iterable[str], roles: Iterable[str]) -> list[str]:
    """The attributes of 2.1 to read for these settings and roles."""
    names = set(ALWAYS)
    for setting in settings:
        mapped = options.TABLE.get(setting)
        if mapped is None:
            names.add(setting)
        elif mapped.type != "secret":
            names.update(mapped.raw)
    for role in roles:
        names.update(options.NONMEMBERS.values() if role == "nonmember" else [ROLE_ATTRIBUTES.get(role, "owner")])
    return sorted(names)


# ---- from 2.1


def check_attributes(entry: Mapping[str, Any], site: Server, names: Iterable[str]) -> None:
    """Refuse values of a type that Mailman does not use, although its commands accept them. names: the attributes that are read."""
    attributes = entry["attributes"]
    for name in names:
        options.check_attribute(name, attributes.get(name), site.schema, name in NECESSARY)
    if entry["saved"] is not None:
        if not isinstance(entry["saved"], dict):
            raise Invalid(odd(SAVED, entry["saved"], "a dictionary"))
        for name, value in entry["saved"].items():
            options.check_attribute(name, value, site.schema, name in NECESSARY)


def saved_attributes(entry: Mapping[str, Any]) -> dict[str, Any] | None:
    """The saved attributes of a disabled list; None when it is not disabled."""
    attributes = entry["attributes"]
    if entry["saved"] is not None:
        return dict(entry["saved"])
    if any(attributes[name] != value for name, value in SCRIPT.items()):
        return None
    bans = [ban for ban in attributes["ban_list"] if ban != NOBODY]
    return dict(AFTER_SCRIPT, advertised=int(not attributes["archive_private"]), ban_list=bans)


def read_entry(entry: Mapping[str, Any], site: Server, settings: Iterable[str], roles: Iterable[str]) -> dict[str, Any]:
    """A list in the form that plan.py compares, from the program's answer."""
    settings, roles = list(settings), list(roles)
    attributes = entry["attributes"]
    check_attributes(entry, site, [*attributes_for(settings, roles)])
    saved = saved_attributes(entry)
    known = attributes if saved is None else dict(attributes, **saved)
    values = {}
    for name in settings:
        mapped = options.TABLE.get(name)
        if mapped and mapped.type == "secret":
            values[name] = entry["passwords"][mapped.raw[0]]
        else:
            values[name] = options.read_setting(name, attributes, site.schema[name])
    return {
        "settings": values,
        "bans": _bans(known["ban_list"]),
        "header_matches": read_rules(attributes["header_filter_rules"]),
        "archivers": {},
        "templates": {},
        "rosters": {role: _people(role, entry) for role in roles},
        "saved": None if saved is None else _saved(saved, known, site, elsewhere=entry["saved"] is None),
    }


def facts(entry: Mapping[str, Any], site: Server, texts: Mapping[str, Mapping[str, str]]) -> dict[str, Any]:
    """Facts that nobody declares; see ListBackend.facts. texts: the list's own."""
    check_attributes(entry, site, [*attributes_for([], vocabulary.ROLES), *TIMES])
    created, last = (entry["attributes"][name] for name in TIMES)
    others = {role: len(_people(role, entry)) for role in vocabulary.ROLES if role != "member"}
    return {
        "created_at": _moment(created),
        "last_post_at": _moment(last),
        "counts": {"member": entry["count"], **others},
        "own_texts": texts,
    }


def _moment(seconds: float) -> str | None:
    """A time in UTC as ISO 8601; 2.1 has 0 for never."""
    if not seconds:
        return None
    return datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%S")


def _bans(ban_list: Iterable[str]) -> list[str]:
    return sorted({ban if ban.startswith("^") else ban.lower() for ban in ban_list})


def _saved(saved: Mapping[str, Any], known: Mapping[str, Any], site: Server, *, elsewhere: bool) -> dict[str, Any]:
    """The settings that plan.py restores: those whose attributes are all saved. elsewhere: a script disabled the list."""
    settings = {
        mapped.name: options.read_setting(mapped.name, known, site.schema[mapped.name])
        for mapped in options.TABLE.values()
        if set(mapped.raw) <= set(saved) and mapped.name in site.schema
    }
    restored = {"settings": settings, "header_matches": read_rules(known["header_filter_rules"])}
    return {**restored, "elsewhere": True} if elsewhere else restored


def _people(role: str, entry: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    attributes = entry["attributes"]
    if role == "member":
        moderated = bool(attributes["default_member_moderation"])
        action = str(options.MEMBER_ACTIONS.get(attributes["member_moderation_action"], "hold"))
        return {row[0].lower(): read_member(row, moderated, action) for row in entry["members"]}
    found: dict[str, dict[str, Any]] = {}
    sources = options.NONMEMBERS if role == "nonmember" else {"accept": ROLE_ATTRIBUTES[role]}
    for action, attribute in sources.items():
        for address in attributes[attribute]:
            if not address.startswith(("^", "@")):
                found.setdefault(address.lower(), other_person(address, action))
    return found


# ---- to 2.1


def check(specs: Iterable[ListSpec], site: Server) -> None:
    """Refuse declarations that 2.1 cannot express, before lists are read."""
    by_name = {name: address for address, name in site.lists.items()}
    for spec in specs:
        local = spec.name.partition("@")[0]
        if spec.name in site.info.protected and spec.state not in ("present", "any"):
            raise Invalid(
                "list {0}: state is {1!r}: give present, since Mailman does not start without its site list".format(
                    spec.name, spec.state
                )
            )
        if by_name.get(local, spec.name) != spec.name and spec.state != "absent":
            raise Invalid(
                "list {0}: its name is that of {2}: give another, since Mailman 2.1 has one {1} for all domains".format(
                    spec.name, local, by_name[local]
                )
            )
        _check_former_names(spec, site)
        _check_settings(spec, local)


def _check_former_names(spec: ListSpec, site: Server) -> None:
    domain = spec.name.partition("@")[2]
    for old in spec.renamed_from:
        if old in site.info.protected:
            raise Invalid(
                "list {0}: renamed_from has {1}: give another list, since Mailman does not start without its site list".format(
                    spec.name, old
                )
            )
        if old.partition("@")[2] != domain:
            raise Invalid(
                "list {0}: renamed_from has {1}: give names in {2}, on Mailman 2.1".format(spec.name, old, domain)
            )


def _check_settings(spec: ListSpec, local: str) -> None:
    try:
        settings = spec.settings
        shown = settings.get("display_name", local)
        if shown.lower() != local:
            raise vocabulary.refuse("display_name", shown, "{0} in any case, on Mailman 2.1".format(local))
        default, action = settings.get("default_member_action"), settings.get("member_moderation_action")
        if action and default not in (None, "defer", action):
            raise vocabulary.refuse("member_moderation_action", action, "{0}, as default_member_action".format(default))
        for name in options.NONMEMBERS.values():
            for item in settings.get(name, []):
                if not item.startswith(("^", "@")):
                    raise vocabulary.refuse(
                        name, item, "^regular expressions and @lists; an address belongs into nonmembers"
                    )
                if item.startswith("^"):
                    vocabulary.address_or_pattern(name, item)
        grace = settings.get("autoresponse_grace_period", 0)
        if grace % options.DAY:
            raise vocabulary.refuse("autoresponse_grace_period", grace, "whole days, on Mailman 2.1")
        check_rules(spec.header_matches or [])
    except Invalid as exc:
        raise Invalid("list {0}: {1}".format(spec.name, exc)) from None


def adapt(
    specs: Iterable[ListSpec],
    actual: Mapping[str, Mapping[str, Any]],
    raw: Mapping[str, Mapping[str, Any]],
    former: Mapping[str, str],
) -> tuple[list[ListSpec], dict[str, Mapping[str, Any]]]:
    """Adapt declared and actual lists so that options which 2.1 keeps in one place are compared alike.

    A member's moderation is one bit, and the list's default is for new members
    only: when the default changes, the bits of all members who follow it change.
    former: the present names of lists by their new names.
    """
    out, seen = [], dict(actual)
    for spec in specs:
        name = former.get(spec.name, spec.name)
        entry = raw.get(name)
        attributes = entry["attributes"] if entry else {"member_moderation_action": 0, "default_member_moderation": 0}
        action = _action_after(spec, attributes)
        default = spec.settings.get("default_member_action")
        if default is None:
            default = action if attributes["default_member_moderation"] else "defer"
        elif entry and (default != "defer") != bool(attributes["default_member_moderation"]):
            seen[name] = _all_follow(seen[name])
        # Posts of moderated members get the list's action for these.
        moderated = "default" if default == action else action
        external = {
            key: dict(robot, moderation_action=moderated) for key, robot in spec.external_archives.members.items()
        }
        spec = spec._replace(external_archives=spec.external_archives._replace(members=external))
        out.append(spec._replace(rosters=_adapted_rosters(spec, action, default), settings=_texts(spec.settings)))
        _check_dmarc(spec, actual.get(name))
    return out, seen


def _action_after(spec: ListSpec, attributes: Mapping[str, Any]) -> str:
    default = spec.settings.get("default_member_action")
    if default not in (None, "defer"):
        return str(default)
    stored = str(options.MEMBER_ACTIONS.get(attributes["member_moderation_action"], "hold"))
    return str(spec.settings.get("member_moderation_action", stored))


def _all_follow(entry: Mapping[str, Any]) -> dict[str, Any]:
    rosters = dict(entry["rosters"])
    if "member" in rosters:
        rosters["member"] = {
            key: dict(person, moderation_action="default") for key, person in rosters["member"].items()
        }
    return dict(entry, rosters=rosters)


def _adapted_rosters(spec: ListSpec, action: str, default: str) -> dict[str, Any]:
    out = {}
    for role, roster in spec.rosters.items():
        people = dict(roster.people)
        for key, person in roster.people.items():
            if len(person) == 1 and role != "nonmember":
                continue  # an address alone
            if roster.state != "absent":
                try:
                    check_person(role, person, action)
                except Invalid as exc:
                    raise Invalid("list {0}: {1}".format(spec.name, exc)) from None
            wanted = person.get("moderation_action")
            if role == "member" and wanted == default:
                people[key] = dict(people[key], moderation_action="default")
            name = options.canonical(person.get("display_name", ""))
            if name != person.get("display_name", ""):
                people[key] = dict(people[key], display_name=name)
        out[role] = roster._replace(people=people)
    return out


def _texts(settings: Mapping[str, Any]) -> dict[str, Any]:
    return {key: options.canonical(value) if isinstance(value, str) else value for key, value in settings.items()}


def _check_dmarc(spec: ListSpec, actual: Mapping[str, Any] | None) -> None:
    have = actual["settings"] if actual else {}
    after = dict(have, **spec.settings)
    action = after.get("dmarc_mitigate_action", "munge_from")
    if after.get("dmarc_mitigate_unconditionally") and action not in ("munge_from", "wrap_message"):
        raise Invalid(
            "list {0}: {1}".format(
                spec.name,
                vocabulary.refuse(
                    "dmarc_mitigate_action", action, "munge_from or wrap_message, if unconditionally, on Mailman 2.1"
                ),
            )
        )


def raw_step(
    step: Mapping[str, Any], site: Server, entry: Mapping[str, Any] | None, actual: Mapping[str, Any] | None
) -> dict[str, Any]:
    """A step of a plan in Mailman 2.1's terms.

    entry, actual: the list as the program read it and as plan.py compared it; None for a new list.
    Returns {"list": name, and any of "create": {"domain"}, "delete", "set":
    {attribute: value}, "seen": {attribute: value from which others were computed},
    "patterns": {attribute: its regular expressions and @lists}, "ban": [addresses],
    "passwords": {attribute: value}, "moderate_all": bit for all members, "people": {attribute: {"add", "remove"}}, "members":
    {"add", "change", "remove"}, "disable": {"set", "save", "saved"},
    "restore": {attribute: value}, "saved": {attribute: value}}.
    """
    out: dict[str, Any] = {"list": site.local(step["list"])}
    if step.get("delete"):
        return dict(out, delete=True)
    attributes = dict(entry["attributes"]) if entry else {}
    saved = saved_attributes(entry) if entry else None
    values = dict(step.get("set", {}))
    if step.get("create"):
        out["create"] = {"domain": step["list"].partition("@")[2]}
        if values.get("archive_policy") == "never":
            # An empty archive need not be public.
            out.setdefault("set", {})["archive_private"] = 1
    rules = step.get("header_matches")
    if step.get("forget") and saved is not None and actual:
        out["restore"] = saved
        before = actual["saved"]
        # What is declared to stay as disabling left it is in no step of the plan.
        values = {**{key: actual["settings"].get(key, value) for key, value in before["settings"].items()}, **values}
        values = {key: value for key, value in values.items() if before["settings"].get(key, ()) != value}
        rules = actual["header_matches"] if rules is None else rules
        rules = None if rules == before["header_matches"] else rules
    _settings_step(out, values, actual, attributes, site)
    if rules is not None:
        out.setdefault("set", {})["header_filter_rules"] = write_rules(rules)
    if "disable" in step:
        out["disable"] = _disable_step(step["disable"], entry, saved, site)
    for name in step.get("seen", {}):
        out.setdefault("seen", {}).update((raw, attributes[raw]) for raw in options.TABLE[name].raw)
    if "ban" in step:
        out["ban"] = step["ban"]
    if "bans" in step:
        still = "disable" in step or (saved is not None and not step.get("forget"))
        out.setdefault("saved" if still else "set", {})["ban_list"] = step["bans"]
    for role, change in step.get("rosters", {}).items():
        _roster_step(out, role, change, attributes)
    return out


def _settings_step(
    out: dict[str, Any],
    values: Mapping[str, Any],
    actual: Mapping[str, Any] | None,
    attributes: Mapping[str, Any],
    site: Server,
) -> None:
    after = dict(dmarc_mitigate_action="munge_from", dmarc_mitigate_unconditionally=False)
    after.update(actual["settings"] if actual else {}, **values)
    if attributes and "dmarc_mitigate_action" not in values:
        after["dmarc_mitigate_action"] = options.read_setting("dmarc_mitigate_action", attributes, {})
    if attributes and "dmarc_mitigate_unconditionally" not in values:
        after["dmarc_mitigate_unconditionally"] = bool(attributes["from_is_list"])
    for name, value in sorted(values.items()):
        mapped = options.TABLE.get(name)
        if mapped and mapped.type == "secret":
            out.setdefault("passwords", {})[mapped.raw[0]] = value
            continue
        if name in options.NONMEMBERS.values():
            # The same attribute has the addresses of nonmembers.
            out.setdefault("patterns", {})[name] = value
            continue
        if name.startswith("dmarc_mitigate_") and attributes:
            # Two options depend on the same two attributes, and only one of them may be declared.
            out.setdefault("seen", {}).update(
                (raw, attributes[raw]) for raw in options.TABLE["dmarc_mitigate_action"].raw
            )
        out.setdefault("set", {}).update(options.write_setting(name, value, after, site.schema[name]))
    moderated = out.get("set", {}).get("default_member_moderation")
    if moderated is not None and bool(moderated) != bool(attributes.get("default_member_moderation", 0)):
        out["moderate_all"] = bool(moderated)


def _disable_step(
    disable: Mapping[str, Any], entry: Mapping[str, Any] | None, saved: Mapping[str, Any] | None, site: Server
) -> dict[str, Any]:
    attributes: dict[str, Any] = {"ban_list": [NOBODY]}
    for name, value in disable["settings"].items():
        attributes.update(options.write_setting(name, value, {}, site.schema[name]))
    attributes["header_filter_rules"] = write_rules(disable["header_matches"])
    # Disabled by the old script: what it overwrote is lost, so its documented successor is saved.
    by_script = entry is not None and entry["saved"] is None and saved is not None
    return {
        "set": attributes,
        "save": bool(disable["save"]) or by_script,
        "saved": dict(saved or {}) if by_script else {},
    }


def _roster_step(out: dict[str, Any], role: str, change: Mapping[str, Any], attributes: Mapping[str, Any]) -> None:
    if role == "member":
        bit = out.get("set", {}).get("default_member_moderation", attributes.get("default_member_moderation", 0))
        if attributes and any("moderation_action" in person for person in change["add"] + change["change"]):
            out.setdefault("seen", {})["default_member_moderation"] = attributes["default_member_moderation"]
        out["members"] = {
            "add": [write_member(person, bool(bit)) for person in change["add"]],
            "change": [write_member(person, bool(bit)) for person in change["change"]],
            "remove": change["remove"],
        }
        return
    people = out.setdefault("people", {})
    if role in ROLE_ATTRIBUTES:
        people[ROLE_ATTRIBUTES[role]] = {
            "add": [person["address"] for person in change["add"]],
            "remove": change["remove"],
        }
        return
    moved = [person["address"].lower() for person in change["change"]]
    for action, attribute in options.NONMEMBERS.items():
        add = [p["address"] for p in change["add"] + change["change"] if p.get("moderation_action") == action]
        if add or change["remove"] or moved:
            people[attribute] = {"add": add, "remove": change["remove"] + moved}
