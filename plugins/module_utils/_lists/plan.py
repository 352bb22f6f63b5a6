# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What must change: a pure function of the declared and the actual state.

One plan object is what the user sees as diff, what decides `changed` and what
the backend applies, so that the three cannot disagree.
"""

from __future__ import annotations

from typing import Any, Collection, Iterable, Mapping, NamedTuple, Sequence

from ansible_collections.listops.mailman.plugins.module_utils import _patterns as patterns
from ansible_collections.listops.mailman.plugins.module_utils import _visible as visible
from ansible_collections.listops.mailman.plugins.module_utils._lists import (
    external_archives,
    naming,
    rename,
    templates,
    vocabulary,
)
from ansible_collections.listops.mailman.plugins.module_utils._lists.model import ListSpec, Roster
from ansible_collections.listops.mailman.plugins.module_utils._lists.vocabulary import (
    LIST_MOST,
    MEMBER_FIELDS,
    Invalid,
    is_one_address,
    too_long,
)

# Below this size a roster may be replaced freely.
SHRINK_GUARD_SIZE = 10
# What `state: disabled` sets, and `present` restores.
DISABLED_SETTINGS: dict[str, Any] = {"advertised": False, "emergency": True, "subscription_policy": "moderate"}
SECRET = "(a password)"
OTHER_SECRET = "(another password)"

# In place of a list's name, for what holds for all of them.
EVERY_LIST = "every list"
# Names of rosters in a diff.
ROSTER_LABELS = {"member": "members", "owner": "owners", "moderator": "moderators", "nonmember": "nonmembers"}

Value = Any


class Policy(NamedTuple):
    """What the user allows.

    allow_shrink: an exact roster may be emptied, or lose more than half of 10 or more.
    override_bans: people who are banned may be added.
    send_welcome, send_goodbye: who becomes a member, or is one no longer, gets Mailman's message.
    site_bans: the bans that hold for every list.
    naming: what new names must be like.
    """

    allow_shrink: bool = False
    override_bans: bool = False
    send_welcome: bool = False
    send_goodbye: bool = False
    site_bans: tuple[str, ...] = ()
    naming: naming.Naming = naming.Naming()


class ListPlan(NamedTuple):
    """What must change in one list.

    action: create, rename, change, delete or none.
    changes: key -> (before, after), for people to read; rosters as lists of
        the lines that differ.
    step: the same for ListBackend.apply, see Mailman3Handler.apply.
    external: members that nobody greets, in lower case.
    archive_policy: who may read the archive after this, where it was asked for.
    """

    name: str
    action: str
    changes: Mapping[str, tuple[Value, Value]]
    step: Mapping[str, Any]
    external: frozenset[str] = frozenset()
    archive_policy: str = ""


def disabled_rules(action: str) -> list[dict[str, str]]:
    """The header rule that refuses every post; to hold posts, `emergency` is enough."""
    if action == "hold":
        return []
    return [{"header": "from", "pattern": ".*", "action": action}]


def describe(person: Mapping[str, Any], role: str = "member") -> str:
    """A member on one line: the address, and options that are not the default of the role."""
    extra = []
    if person.get("display_name"):
        extra.append("{0!r}".format(person["display_name"]))
    # Mailman accepts what owners and moderators post.
    action = "accept" if role in ("owner", "moderator") else "default"
    for key, ordinary in (("delivery_mode", "regular"), ("delivery_status", "enabled"), ("moderation_action", action)):
        if person.get(key, ordinary) != ordinary:
            extra.append(str(person[key]))
    address = visible.one_line(str(person["address"]))
    return "{0} ({1})".format(address, ", ".join(extra)) if extra else address


def _guard(name: str, role: str, sizes: tuple[int, int, int], policy: Policy) -> None:
    """Refuse an exact roster that looks like the output of a broken source."""
    before, removed, added = sizes
    left = before - removed + added
    if policy.allow_shrink or not removed:
        return
    if left == 0 or (before >= SHRINK_GUARD_SIZE and removed * 2 > before):
        raise Invalid(
            "list {0}: the exact roster of role {1} would remove {2} of {3} and leave {4}: "
            "give allow_shrink: true if that is right".format(name, role, removed, before, left)
        )


def guard_removal(gone: Sequence[str], existing: int, policy: Policy) -> None:
    """Refuse to remove undeclared lists when the declared ones look like the output of a broken source."""
    if policy.allow_shrink or not gone:
        return
    if len(gone) == existing or (existing >= SHRINK_GUARD_SIZE and len(gone) * 2 > existing):
        raise Invalid(
            "undeclared is 'remove', which would remove {0} of {1} lists ({2}{3}): give allow_shrink: true if that is right".format(
                len(gone), existing, ", ".join(gone[:3]), ", ..." if len(gone) > 3 else ""
            )
        )


def _personal(spec: ListSpec, personalize: str | None) -> None:
    """Refuse placeholders about the reader in templates of a list that does not personalize posts."""
    found = templates.personal(spec.templates)
    if found and personalize in (None, "none"):
        raise Invalid(
            "list {0}: {1}, which Mailman fills in only where posts are personalized: give personalize individual or full "
            "(under settings)".format(spec.name, found)
        )


# Where replies go, and the address that two of these values need.
_REPLIES = ("reply_goes_to_list", "reply_to_address")


def _answered(spec: ListSpec, settings: Mapping[str, Any], have: Mapping[str, Any]) -> None:
    """Refuse to send replies to a missing address: Mailman would write an empty Reply-To."""
    if not any(key in settings for key in _REPLIES):
        return
    goes, address = (settings.get(key, have.get(key)) for key in _REPLIES)
    if str(goes).startswith("explicit_header") and not is_one_address(address):
        raise Invalid(
            "list {0}: reply_goes_to_list is {1!r}, and reply_to_address is {2!r}: give an address there, "
            "or no_munging or point_to_list".format(spec.name, goes, address or "")
        )


def _same(actual: Any, wanted: Any) -> bool:
    """Whether two values are equal. The order of texts, such as addresses, does not matter, since Mailman's REST changes it."""
    both = (actual, wanted)
    if all(isinstance(value, list) and all(isinstance(item, str) for item in value) for value in both):
        return sorted(actual) == sorted(wanted)
    return bool(actual == wanted)


class _Changes:
    """Collects the differences of one list, for people and for the backend."""

    def __init__(self, name: str, matcher: patterns.Matcher) -> None:
        self.name = name
        self.matcher = matcher
        self.changes: dict[str, tuple[Value, Value]] = {}
        self.step: dict[str, Any] = {"list": name}

    def settings(self, wanted: Mapping[str, Any], actual: Mapping[str, Any], secrets: frozenset[str]) -> None:
        differ: dict[str, Any] = {}
        for key, value in sorted(wanted.items()):
            if key in secrets:
                # The program only returns whether a password is the stored one.
                if actual.get(key) is not True:
                    differ[key] = value
                    self.changes[key] = (SECRET if actual else None, OTHER_SECRET if actual else SECRET)
            elif not _same(actual.get(key), value):
                differ[key] = value
                self.changes[key] = (actual.get(key), value)
        if differ:
            self.step["set"] = differ

    def plain(self, key: str, wanted: Any, actual: Any) -> None:
        if wanted is not None and wanted != actual:
            self.changes[key] = (actual, wanted)
            self.step[key] = wanted

    def archivers(self, wanted: Mapping[str, bool], have: Mapping[str, bool], twice: Collection[str]) -> None:
        """twice: the archivers with two entries in Mailman, which then shunts every post to the list."""
        wanted = {**{name: have[name] for name in twice}, **wanted}
        differ = {name: on for name, on in wanted.items() if name in twice or have.get(name) != on}
        if differ:
            before = {name: "twice" if name in twice else have.get(name) for name in differ}
            self.changes["archivers"] = (before, differ)
            self.step["archivers"] = differ

    def texts(self, wanted: Mapping[str, Value], actual: Mapping[str, Value]) -> None:
        differ = {name: text for name, text in wanted.items() if actual.get(name, "") != text}
        for name, text in differ.items():
            self.changes[name] = (actual.get(name) or None, text or None)
        if differ:
            self.step["templates"] = differ

    def roster(
        self,
        role: str,
        wanted: Roster,
        actual: Mapping[str, Any],
        bans: Iterable[str],
        policy: Policy,
        external: external_archives.ExternalArchives = external_archives.ExternalArchives(),
    ) -> None:
        """Compare a roster. external: external archives, which are members or not whatever the roster says."""
        people = {} if wanted.state == "absent" else dict(wanted.people)
        people.update(external.members)
        for key in external.others:
            people.pop(key, None)
        gone = external.others.union(wanted.people if wanted.state == "absent" else ()).difference(people)
        add: list[dict[str, Any]] = []
        change: list[dict[str, Any]] = []
        before: list[str] = []
        after: list[str] = []
        for key, person in people.items():
            have = actual.get(key)
            if have is None:
                self._new(role, person["address"])
                reason = too_long(person["address"])
                if reason:
                    raise Invalid("list {0}: {1} cannot be added, {2}".format(self.name, person["address"], reason))
                add.append(dict(person))
                after.append(describe(person, role))
                continue
            differ = {name: person[name] for name in MEMBER_FIELDS if name in person and person[name] != have[name]}
            if differ:
                change.append(dict(differ, address=have["address"]))
                before.append(describe(have, role))
                after.append(describe(dict(have, **differ), role))
        if role == "member" and not policy.override_bans:
            self._allowed([person["address"] for person in add], list(bans))
        remove = [key for key in actual if key in gone or (wanted.state == "exact" and key not in people)]
        if wanted.state == "exact":
            new = [person["address"].lower() for person in add]
            sizes = [len(set(part).difference(external.addresses)) for part in (actual, remove, new)]
            _guard(self.name, role, (sizes[0], sizes[1], sizes[2]), policy)
        before.extend(describe(actual[key], role) for key in remove)
        if not (add or change or remove):
            return
        self.changes[ROSTER_LABELS[role]] = (sorted(before), sorted(after))
        self.step.setdefault("rosters", {})[role] = {"add": add, "change": change, "remove": remove}

    def _new(self, role: str, address: str) -> None:
        """Refuse to add somebody without a real address, although lists may have such members."""
        try:
            vocabulary.address(ROSTER_LABELS[role], address)
        except Invalid as exc:
            raise Invalid("list {0}: {1}".format(self.name, exc)) from None

    def _allowed(self, addresses: Sequence[str], bans: Sequence[str]) -> None:
        """Refuse new members who are banned, or bans that take too long to compare."""
        if not addresses or not bans:
            return
        expressions = [ban for ban in bans if ban.startswith("^")]
        lower = [address.lower() for address in addresses]
        try:
            covered = {**self.matcher.first(expressions, lower), **{ban: ban for ban in bans}}
        except patterns.TooSlow as exc:
            raise Invalid(
                "list {0}: the ban {1!r} cannot be compared with new members within {2:g} s: give a regular "
                "expression without repetitions inside repetitions, or override_bans: true".format(
                    self.name, exc.pattern, patterns.SECONDS
                )
            ) from None
        for address in addresses:
            ban = covered.get(address.lower())
            if ban is not None:
                raise Invalid(
                    "list {0}: {1} cannot be added, the ban {2!r} covers it: remove the ban, or give "
                    "override_bans: true".format(self.name, address, ban)
                )


_EMPTY: dict[str, Any] = {
    "settings": {},
    "rosters": {},
    "bans": [],
    "header_matches": [],
    "archivers": {},
    "templates": {},
    "saved": None,
}


def plan_list(
    spec: ListSpec,
    actual: Mapping[str, Any] | None,
    policy: Policy = Policy(),
    secrets: frozenset[str] = frozenset(),
    renaming: rename.Rename | None = None,
) -> ListPlan:
    """The plan for one list; actual is None when the list does not exist.

    renaming: actual is the state of the list that has a former name still.
    """
    with patterns.Matcher() as matcher:
        return _plan_list(spec, actual, policy, secrets, renaming, matcher)


def _plan_list(
    spec: ListSpec,
    actual: Mapping[str, Any] | None,
    policy: Policy,
    secrets: frozenset[str],
    renaming: rename.Rename | None,
    matcher: patterns.Matcher,
) -> ListPlan:
    if spec.state == "absent":
        if actual is None:
            return ListPlan(spec.name, "none", {}, {})
        changes = {"state": (_state(actual), "absent")}
        return ListPlan(spec.name, "delete", changes, {"list": spec.name, "delete": True})
    creating = actual is None
    if creating or renaming:
        reason = too_long(spec.name, LIST_MOST)
        if reason:
            raise Invalid("list {0}: {1}".format(spec.name, reason))
        naming.check(spec.name, policy.naming, matcher)
    have: Mapping[str, Any] = actual or _EMPTY
    settings, rules = dict(spec.settings), spec.header_matches
    out = _Changes(spec.name, matcher)
    if renaming:
        out.changes["name"] = (renaming.old, renaming.new)
    derived: set[str] = set()
    if spec.renamed_from and not creating:
        settings = dict(rename.following(spec, have["settings"]), **settings)
        derived = {*settings, "acceptable_aliases"}.difference(spec.settings)
    if spec.renamed_from:
        settings["acceptable_aliases"] = rename.aliases(spec, have["settings"])
    if creating:
        out.step["create"] = True
        out.changes["state"] = ("absent", spec.state)
    elif spec.state not in ("any", _state(have)):
        out.changes["state"] = (_state(have), spec.state)

    if spec.state == "disabled":
        # While a list is disabled, keep declared values of the settings that disabling overrides for `present`.
        if not creating:
            settings = {key: value for key, value in settings.items() if key not in DISABLED_SETTINGS}
            rules = None
        wanted = dict(DISABLED_SETTINGS)
        wanted_rules = disabled_rules(spec.disabled_action)
        current = {key: have["settings"].get(key) for key in wanted}
        # What a script of old closed, each post to which is held, stays as that left it.
        elsewhere = have["saved"] is not None and have["saved"].get("elsewhere") and spec.disabled_action == "hold"
        if elsewhere:
            wanted, wanted_rules = current, have["header_matches"]
        if have["saved"] is None or current != wanted or have["header_matches"] != wanted_rules:
            out.step["disable"] = {"settings": wanted, "header_matches": wanted_rules, "save": have["saved"] is None}
            for key, value in wanted.items():
                if not creating and current[key] != value:
                    out.changes[key] = (current[key], value)
            if not creating and have["header_matches"] != wanted_rules:
                out.changes["header_matches"] = (have["header_matches"], wanted_rules)
    elif have["saved"] is not None and spec.state == "present":
        settings = dict(have["saved"]["settings"], **settings)
        rules = have["saved"]["header_matches"] if rules is None else rules
        out.step["forget"] = True

    _answered(spec, settings, have["settings"])
    out.settings(settings, have["settings"], secrets)
    out.plain("header_matches", rules, have["header_matches"])
    # Values that were computed from what was read are compared with it again before they are written.
    seen = {key: have["settings"].get(key) for key in derived.intersection(out.step.get("set", {}))}
    if seen:
        out.step["seen"] = seen
    out.plain("bans", spec.bans, have["bans"])
    new = sorted(spec.ban.difference(have["bans"]))
    if new:
        # In addition to the bans at the time of writing.
        out.changes["bans"] = (have["bans"], sorted({*have["bans"], *new}))
        out.step["ban"] = new
    out.archivers(spec.archivers or {}, have["archivers"], have.get("archivers_twice", ()))
    out.texts(spec.templates, have.get("templates", {}))
    _personal(spec, settings.get("personalize", have["settings"].get("personalize")))
    bans = (have["bans"] if spec.bans is None else spec.bans) + list(policy.site_bans)
    # A list nobody uses may lose its owners.
    ownerless = policy._replace(allow_shrink=True) if spec.state == "disabled" else policy
    archive_policy = settings.get("archive_policy", have["settings"].get("archive_policy", ""))
    external = external_archives.decide(spec.name, spec.external_archives, archive_policy or "public")
    rosters = dict(spec.rosters)
    if external.addresses:
        rosters.setdefault("member", Roster("present", {}))
    for role, roster in sorted(rosters.items()):
        theirs = external if role == "member" else external_archives.ExternalArchives()
        guarded = ownerless if role == "owner" else policy
        out.roster(role, roster, have["rosters"].get(role, {}), bans, guarded, theirs)

    work = len(out.step) > 1
    action = "create" if creating else "rename" if renaming else "change" if work else "none"
    return ListPlan(spec.name, action, out.changes, out.step if work else {}, external.addresses, archive_policy)


def _state(actual: Mapping[str, Any]) -> str:
    return "present" if actual["saved"] is None else "disabled"


def plan_site(
    specs: Iterable[ListSpec],
    actual: Mapping[str, Mapping[str, Any]],
    policy: Policy = Policy(),
    secrets: frozenset[str] = frozenset(),
) -> list[ListPlan]:
    """Plans for all lists, in the order of the specifications."""
    specs = list(specs)
    renames = rename.due(specs, actual)
    with patterns.Matcher() as matcher:
        return [
            _plan_list(spec, actual.get(was.old if was else spec.name), policy, secrets, was, matcher)
            for spec, was in ((spec, renames.get(spec.name)) for spec in specs)
        ]


def wanted_settings(specs: Iterable[ListSpec]) -> list[str]:
    """The settings that must be read to compare these specifications."""
    names = set(DISABLED_SETTINGS)
    for spec in specs:
        names.update(spec.settings)
        if any(key in spec.settings for key in _REPLIES):
            names.update(_REPLIES)
        if spec.renamed_from:
            names.update((*rename.FOLLOWING, "archive_policy"))
        if templates.personal(spec.templates):
            names.add("personalize")
        if spec.external_archives.members:
            names.add("archive_policy")
    return sorted(names)


def wanted_rosters(specs: Iterable[ListSpec]) -> list[str]:
    """The roles whose people must be read to compare these specifications."""
    specs = list(specs)
    roles = {role for spec in specs for role in spec.rosters}
    return sorted(roles.union("member" for spec in specs if spec.external_archives.addresses))


def wanted_templates(specs: Iterable[ListSpec]) -> list[str]:
    """The texts that must be read to compare these specifications."""
    return sorted({name for spec in specs for name in spec.templates})


def notices(plans: Iterable[ListPlan], policy: Policy) -> list[dict[str, Any]]:
    """Welcome and goodbye messages to send after the plans; see _mailman3/remote/notices.py."""
    out = []
    for plan in plans:
        change = plan.step.get("rosters", {}).get("member")
        if not change:
            continue
        welcome = [person["address"].lower() for person in change["add"]] if policy.send_welcome else []
        goodbye = list(change["remove"]) if policy.send_goodbye else []
        welcome, goodbye = ([key for key in keys if key not in plan.external] for keys in (welcome, goodbye))
        if welcome or goodbye:
            out.append({"list": plan.name, "welcome": welcome, "goodbye": goodbye})
    return out


def summary(plans: Iterable[ListPlan]) -> dict[str, int]:
    """Counts over all plans of lists: lists created, renamed, changed, removed; memberships added, changed, removed."""
    counts = dict.fromkeys(
        (
            "lists_created",
            "lists_renamed",
            "lists_changed",
            "lists_removed",
            "lists_unchanged",
            "members_added",
            "members_changed",
            "members_removed",
        ),
        0,
    )
    names = {
        "rename": "lists_renamed",
        "create": "lists_created",
        "change": "lists_changed",
        "delete": "lists_removed",
        "none": "lists_unchanged",
    }
    for plan in plans:
        if plan.name == EVERY_LIST:
            continue
        counts[names[plan.action]] += 1
        for roster in plan.step.get("rosters", {}).values():
            counts["members_added"] += len(roster["add"])
            counts["members_changed"] += len(roster["change"])
            counts["members_removed"] += len(roster["remove"])
    return counts
