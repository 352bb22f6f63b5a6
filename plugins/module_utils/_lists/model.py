# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a list is: inventory entries turned into typed, validated specifications.

Pure: nothing here reads or writes anything. Every refusal is an Invalid with
one sentence: KEY is VALUE: give WHAT IS ACCEPTED.
"""

from __future__ import annotations

from typing import Any, Callable, Collection, Iterable, Mapping, NamedTuple, Sequence

from ansible_collections.listops.mailman.plugins.module_utils._lists import external_archives, templates, vocabulary
from ansible_collections.listops.mailman.plugins.module_utils._lists.external_archives import ExternalArchives
from ansible_collections.listops.mailman.plugins.module_utils._lists.vocabulary import Field, Invalid

ROSTER_STATES = ("present", "absent", "exact")
DISABLED_ACTIONS = ("reject", "hold", "discard")
ARCHIVES = ("keep", "drop")
RENAMED_ARCHIVES = ("follow", "stay")
# Keys of an entry beside vocabulary.LIST_FIELDS.
STRUCTURED_KEYS = (
    "name",
    "domain",
    "state",
    "owners",
    "moderators",
    "bans",
    "header_matches",
    "archivers",
    "external_archives",
    "external_archives_allow_private",
    "members",
    "nonmembers",
    "templates",
    "settings",
    "disabled_action",
    "archives",
    "renamed_from",
    "renamed_archives",
)
# Keys of somebody in a roster.
_PERSON_KEYS = ("address", *vocabulary.MEMBER_FIELDS)
# Keys that make no sense as a default for all lists.
NOT_DEFAULTABLE = (
    "name",
    "state",
    "members",
    "nonmembers",
    "archives",
    "renamed_from",
    "external_archives_allow_private",
)
# Keys whose values merge with the defaults', key by key.
MERGED = ("settings", "archivers", "templates")


class Roster(NamedTuple):
    """People in one role of one list.

    state: present (these at least), absent (not these), exact (these only).
    people: lower-case address -> {"address": the user's spelling, and any of
        vocabulary.MEMBER_FIELDS}.
    """

    state: str
    people: Mapping[str, Mapping[str, Any]]


class ArchiveState(NamedTuple):
    """An existing archive.

    policy: its own policy; None where only the list has one.
    parts: parts that cannot be merged with the same part of another archive.
    """

    policy: str | None
    messages: int
    parts: Sequence[str] = ()


class ListSpec(NamedTuple):
    """One declared list. Fields that are None or missing are left as they are.

    name: `name` or `name@domain`, lower case.
    state: present, disabled, absent, or any (whether it is disabled is left alone).
    settings: Mailman's attribute name -> value.
    rosters: role -> Roster.
    bans: addresses and ^regular expressions, sorted.
    ban: addresses to ban in addition to the present bans.
    header_matches: {"header", "pattern", "action"}, in order.
    archivers: name of an archiver -> whether the list uses it.
    external_archives: see ExternalArchives.
    archives: what happens to the archives of a list that is absent, keep or drop.
    renamed_from: former names.
    renamed_archives: follow or stay.
    templates: Mailman's name of a text -> text, {language: text}, or "" for Mailman's own.
    """

    name: str
    state: str = "present"
    settings: Mapping[str, Any] = {}
    rosters: Mapping[str, Roster] = {}
    bans: list[str] | None = None
    ban: frozenset[str] = frozenset()
    header_matches: list[dict[str, str]] | None = None
    archivers: Mapping[str, bool] | None = None
    external_archives: ExternalArchives = ExternalArchives()
    templates: Mapping[str, templates.Text] = {}
    disabled_action: str = "reject"
    archives: str = "keep"
    renamed_from: tuple[str, ...] = ()
    renamed_archives: str = "follow"


def _mapping(key: str, value: Any) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise vocabulary.refuse(key, value, "a dictionary")
    return value


def _known(entry: Mapping[str, Any], keys: Collection[str], more: str = "") -> None:
    for key in entry:
        if key not in keys:
            raise vocabulary.unknown_key(key, list(keys), more)


def parse_person(key: str, value: Any) -> dict[str, Any]:
    """A member of a roster: an address, or a dictionary with `address` and options."""
    if isinstance(value, str):
        return {"address": vocabulary.address(key, value)}
    if not isinstance(value, (dict, Mapping)):
        raise vocabulary.refuse(key, value, "an e-mail address, or a dictionary with address and options")
    _known(value, _PERSON_KEYS, " ({0})".format(key))
    if value.get("address") is None:
        raise Invalid("the address of an entry of {0} is missing: give an e-mail address".format(key))
    person: dict[str, Any] = {"address": vocabulary.kept_address(key, value["address"])}
    for name, given in value.items():
        if given is not None and name != "address":
            try:
                person[name] = vocabulary.checked(vocabulary.MEMBER_FIELDS[name], given)
            except Invalid as exc:
                raise Invalid("{0}: {1}: {2}".format(key, person["address"], exc)) from None
    return person


def parse_roster(key: str, value: Any, state: str = "present") -> Roster:
    """A roster: a list of people, or {"state": ..., "addresses": [...]}."""
    if isinstance(value, Mapping):
        _known(value, ["state", "addresses"], " ({0})".format(key))
        state = vocabulary.choice(key + ".state", value.get("state", state), ROSTER_STATES)
        if value.get("addresses") is None:
            raise Invalid("{0}.addresses is missing: give a list, which may be empty".format(key))
        value = value["addresses"]
    if isinstance(value, str) or not isinstance(value, (list, tuple)):
        raise vocabulary.refuse(key, value, "a list of addresses, or a dictionary with state and addresses")
    people: dict[str, dict[str, Any]] = {}
    for item in value:
        person = parse_person(key, item)
        lower = person["address"].lower()
        # Two spellings are one address; the first is the one people see.
        known = people.setdefault(lower, person)
        if known is not person and dict(known, address=person["address"]) != person:
            raise Invalid("{0} has {1} twice, with different options: give it once".format(key, person["address"]))
    return Roster(state, people)


def parse_header_matches(key: str, value: Any) -> list[dict[str, str]]:
    """Header rules, in the order in which Mailman tries them."""
    if not isinstance(value, (list, tuple)):
        raise vocabulary.refuse(key, value, "a list of dictionaries with header, pattern and action")
    rules: list[dict[str, str]] = []
    seen: set[tuple[str, str]] = set()
    for item in value:
        item = _mapping(key, item)
        _known(item, ["header", "pattern", "action"], " ({0})".format(key))
        header = vocabulary.line(key + ".header", item.get("header")).strip().lower()
        if not header or ":" in header or " " in header:
            raise vocabulary.refuse(key + ".header", item.get("header"), "the name of a header, such as X-Spam-Score")
        rule = {
            "header": header,
            "pattern": vocabulary.pattern(key + ".pattern", item.get("pattern")),
            "action": vocabulary.choice(key + ".action", item.get("action", "hold"), vocabulary.HEADER_ACTIONS),
        }
        if (header, rule["pattern"]) in seen:
            raise Invalid(
                "{0} has header {1} with pattern {2!r} twice: give one action, since Mailman keeps one for each".format(
                    key, header, rule["pattern"]
                )
            )
        seen.add((header, rule["pattern"]))
        rules.append(rule)
    return rules


def parse_archivers(key: str, value: Any) -> dict[str, bool]:
    """Archivers by name: a dictionary name -> true or false, or a list of the enabled ones."""
    if isinstance(value, (list, tuple)):
        return dict.fromkeys(vocabulary.strings(key, value), True)
    return {str(name): vocabulary.boolean("{0}.{1}".format(key, name), on) for name, on in _mapping(key, value).items()}


def merge_entry(entry: Mapping[str, Any], defaults: Mapping[str, Any]) -> dict[str, Any]:
    """The entry on top of the site's defaults; those in MERGED merge key by key."""
    merged = dict(defaults)
    for key, value in entry.items():
        if value is None:
            continue
        if key in MERGED and isinstance(value, Mapping) and isinstance(merged.get(key), Mapping):
            value = dict(merged[key], **value)
        if key in _settings_of(merged):
            # A value typed out on the list wins over the same default under `settings`.
            merged["settings"] = {k: v for k, v in merged["settings"].items() if k != key}
        merged[key] = value
    for key in _settings_of(entry):
        if key in defaults and entry.get(key) is None:
            merged.pop(key, None)
    return merged


def _settings_of(entry: Mapping[str, Any]) -> Mapping[str, Any]:
    settings = entry.get("settings")
    return settings if isinstance(settings, Mapping) else {}


def check_defaults(defaults: Mapping[str, Any]) -> None:
    """Refuse defaults that make no sense for every list."""
    try:
        _known(_mapping("defaults", defaults), list(vocabulary.LIST_FIELDS) + list(STRUCTURED_KEYS), " (defaults)")
        for key in NOT_DEFAULTABLE:
            if defaults.get(key) is not None:
                raise Invalid("{0} belongs to one list: give it in an entry of lists".format(key))
        _parse("defaults", defaults)
        external_archives.parse({}, defaults)
    except Invalid as exc:
        raise Invalid("defaults: {0}".format(exc)) from None


def parse_list(entry: Any, defaults: Mapping[str, Any]) -> ListSpec:
    """One inventory entry (a dictionary, as in the options of mailman_list) on top of defaults.

    Settings are checked against Mailman's own table later, by `resolve`.
    """
    if not isinstance(entry, Mapping):
        raise vocabulary.refuse("an entry of lists", entry, "a dictionary with at least name")
    if entry.get("name") is None:
        raise Invalid(
            "an entry of lists has no name, but {0}: give a name, too".format(", ".join(sorted(map(str, entry))))
        )
    name = vocabulary.list_name(entry["name"])
    try:
        _known(
            entry,
            list(vocabulary.LIST_FIELDS) + list(STRUCTURED_KEYS),
            " (Mailman's other options go under settings)",
        )
        found = _parse(name, merge_entry(entry, defaults))
        return found._replace(external_archives=external_archives.parse(entry, defaults))
    except Invalid as exc:
        raise Invalid("list {0}: {1}".format(name, exc)) from None


def _parse(name: str, entry: Mapping[str, Any]) -> ListSpec:
    settings = dict(_mapping("settings", entry.get("settings") or {}))
    for key, field in vocabulary.LIST_FIELDS.items():
        if entry.get(key) is None:
            continue
        if settings.get(key) is not None:
            raise Invalid("{0} is given as an option and under settings: give one of them".format(key))
        settings[key] = vocabulary.checked(field, entry[key])
    name = posting_address(name, entry.get("domain"))
    rosters = {}
    for key, role in (("owners", "owner"), ("moderators", "moderator")):
        if entry.get(key) is not None:
            rosters[role] = parse_roster(key, entry[key], "exact")
    for key, role in (("members", "member"), ("nonmembers", "nonmember")):
        if entry.get(key) is not None:
            rosters[role] = parse_roster(key, entry[key])
    _strangers_are_no_members(rosters)

    def optional(key: str, parse: Callable[[str, Any], Any]) -> Any:
        return None if entry.get(key) is None else parse(key, entry[key])

    bans = optional("bans", lambda key, value: vocabulary.strings(key, value, vocabulary.address_or_pattern))
    return ListSpec(
        name=name,
        state=vocabulary.choice("state", entry.get("state") or "present", vocabulary.LIST_STATES),
        settings={key: value for key, value in settings.items() if value is not None},
        rosters=rosters,
        bans=None if bans is None else sorted(bans),
        header_matches=optional("header_matches", parse_header_matches),
        archivers=optional("archivers", parse_archivers),
        templates=templates.parse_templates("templates", entry.get("templates") or {}),
        disabled_action=vocabulary.choice(
            "disabled_action", entry.get("disabled_action") or "reject", DISABLED_ACTIONS
        ),
        archives=_archives(entry),
        renamed_from=_renamed_from(name, entry),
        renamed_archives=vocabulary.choice(
            "renamed_archives", entry.get("renamed_archives") or "follow", RENAMED_ARCHIVES
        ),
    )


def posting_address(name: str, domain: Any) -> str:
    """The posting address of a checked name; the name alone where neither it nor `domain` has a domain."""
    if "@" in name or domain is None:
        return name
    try:
        return vocabulary.list_name("{0}@{1}".format(name, domain))
    except Invalid:
        raise vocabulary.refuse("domain", domain, "a mail domain, such as lists.example.org") from None


def _renamed_from(name: str, entry: Mapping[str, Any]) -> tuple[str, ...]:
    """Former names; those without a domain get that of the list."""
    value = entry.get("renamed_from")
    if value is None:
        return ()
    if entry.get("state") == "absent":
        raise vocabulary.refuse("renamed_from", value, "nothing, when state is absent")
    found = vocabulary.strings("renamed_from", [value] if isinstance(value, str) else value)
    try:
        former = [vocabulary.list_name(old) for old in found]
    except Invalid as exc:
        raise Invalid("renamed_from: {0}".format(exc)) from None
    domain = name.partition("@")[2]
    return tuple(old if "@" in old or not domain else "{0}@{1}".format(old, domain) for old in former)


def _archives(entry: Mapping[str, Any]) -> str:
    archives = vocabulary.choice("archives", entry.get("archives") or "keep", ARCHIVES)
    if archives == "drop" and entry.get("state") != "absent":
        raise vocabulary.refuse("archives", archives, "keep, unless state is absent")
    return archives


def _strangers_are_no_members(rosters: Mapping[str, Roster]) -> None:
    """Refuse people who are both: Mailman forgets a nonmember who becomes a member."""
    member, nonmember = rosters.get("member"), rosters.get("nonmember")
    if member is None or nonmember is None or "absent" in (member.state, nonmember.state):
        return
    for key, person in nonmember.people.items():
        if key in member.people:
            raise Invalid("{0} is in members and in nonmembers: give it in one of them".format(person["address"]))


def parse_site(entries: Any, defaults: Mapping[str, Any] | None = None) -> list[ListSpec]:
    """All declared lists of a site."""
    if not isinstance(entries, (list, tuple)):
        raise vocabulary.refuse("lists", entries, "a list of dictionaries")
    defaults = {key: value for key, value in (defaults or {}).items() if value is not None}
    check_defaults(defaults)
    return [parse_list(entry, defaults) for entry in entries]


def full_name(name: str, domains: Iterable[str]) -> str:
    """The posting address of a list, with the only domain of the Mailman where the name has none."""
    if "@" in name:
        return name
    known = sorted(domains)
    if len(known) == 1:
        return "{0}@{1}".format(name, known[0])
    raise Invalid(
        "list {0}: its domain is missing: give one, since this Mailman has {1}".format(
            name, ", ".join(known) if known else "no domain yet"
        )
    )


def chosen_lists(lists: Iterable[str], domain: str | None, domains: Iterable[str]) -> list[str]:
    """Posting addresses of the lists that a module's options `lists` and `domain` name; domains: those of its Mailman."""
    if domain:
        domains = [domain.lower()]
    return [full_name(vocabulary.list_name(name), domains) for name in lists]


def schema_field(name: str, entry: Mapping[str, Any]) -> Field:
    """A Field from a Mailman's own table of settings: {"type": ..., "choices": [...]}."""
    return Field(name, entry["type"], tuple(entry.get("choices") or ()))


def resolve(
    specs: Iterable[ListSpec], *, domains: Iterable[str], schema: Mapping[str, Mapping[str, Any]]
) -> list[ListSpec]:
    """Specifications with full names and with settings in the types of Mailman's own table."""
    domains = list(domains)
    fields = {name: schema_field(name, entry) for name, entry in schema.items()}
    out: dict[str, ListSpec] = {}
    for spec in specs:
        name = full_name(spec.name, domains)
        if name in out:
            raise Invalid("list {0} is declared twice: give one entry for it".format(name))
        settings = {}
        for key, value in spec.settings.items():
            try:
                if key not in fields:
                    raise vocabulary.unknown_key(key, list(fields), " (settings of this Mailman)")
                settings[key] = vocabulary.checked(fields[key], value)
            except Invalid as exc:
                raise Invalid("list {0}: {1}".format(spec.name, exc)) from None
        for roster in spec.rosters.values():
            if name in roster.people and roster.state != "absent":
                raise Invalid("list {0}: its rosters have the list's own address: give other addresses".format(name))
        if name in spec.external_archives.members:
            raise Invalid("list {0}: external_archives has the list's own address: give another one".format(name))
        former = tuple(full_name(old, [name.partition("@")[2]]) for old in spec.renamed_from)
        rosters = {role: _by_default(role, roster) for role, roster in spec.rosters.items()}
        out[name] = spec._replace(name=name, settings=settings, rosters=rosters, renamed_from=former)
    _one_list_each(out)
    return list(out.values())


def _by_default(role: str, roster: Roster) -> Roster:
    """For owners and moderators, Mailman stores `accept` as the default action."""
    if role not in ("owner", "moderator"):
        return roster
    people = {
        key: dict(person, moderation_action="accept") if person.get("moderation_action") == "default" else person
        for key, person in roster.people.items()
    }
    return roster._replace(people=people)


def _one_list_each(specs: Mapping[str, ListSpec]) -> None:
    """Refuse a former name that a declared list has, or that two lists name."""
    taken: dict[str, str] = {}
    for spec in specs.values():
        for old in spec.renamed_from:
            other = old if old in specs and specs[old].state != "absent" else taken.setdefault(old, spec.name)
            if other != spec.name or old == spec.name:
                raise Invalid(
                    "list {0}: renamed_from has {1}, which is also {2}: give names that no declared list has".format(
                        spec.name, old, "a declared list" if other == old else "a former name of " + other
                    )
                )


def one_name_each(specs: Iterable[ListSpec]) -> None:
    """Refuse two display names for an address, since Mailman 3 keeps one for all lists."""
    names: dict[str, tuple[str, str]] = {}
    for spec in specs:
        for roster in spec.rosters.values():
            for key, person in roster.people.items():
                if roster.state == "absent" or "display_name" not in person:
                    continue
                known, where = names.setdefault(key, (person["display_name"], spec.name))
                if known != person["display_name"]:
                    raise Invalid(
                        "{0} is called {1!r} on list {2} and {3!r} on list {4}: give one display_name".format(
                            person["address"], known, where, person["display_name"], spec.name
                        )
                    )


def one_id_each(specs: Iterable[ListSpec], existing: Iterable[str]) -> None:
    """Refuse two lists with the same list-id, in which the @ is a dot. existing: posting addresses of Mailman's lists."""
    known = {name.replace("@", ".", 1): name for name in existing}
    for spec in specs:
        list_id = spec.name.replace("@", ".", 1)
        if spec.state != "absent" and known.setdefault(list_id, spec.name) != spec.name:
            raise Invalid(
                "list {0}: its list-id {1} is that of the list {2}: give another name".format(
                    spec.name, list_id, known[list_id]
                )
            )
