# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What every task does that declares lists or members: one read, one plan, one apply."""

from __future__ import annotations

import contextlib
import re
from typing import Any, Callable, ContextManager, Iterable, Mapping, NamedTuple, Optional, Sequence

from ansible_collections.listops.mailman.plugins.module_utils import _visible as visible
from ansible_collections.listops.mailman.plugins.module_utils._apply.host import plan_host
from ansible_collections.listops.mailman.plugins.module_utils._apply.options import TaskOptions
from ansible_collections.listops.mailman.plugins.module_utils._backends.base import (
    ArchiveBackend,
    ListBackend,
    ListState,
)
from ansible_collections.listops.mailman.plugins.module_utils._backends.choose import expected
from ansible_collections.listops.mailman.plugins.module_utils._backends.select import open_backend
from ansible_collections.listops.mailman.plugins.module_utils._errors import HostError, NotInstalled, of_failed
from ansible_collections.listops.mailman.plugins.module_utils._lists import charsets, model, rename, report, templates
from ansible_collections.listops.mailman.plugins.module_utils._lists.model import ListSpec
from ansible_collections.listops.mailman.plugins.module_utils._lists.plan import (
    EVERY_LIST,
    ListPlan,
    guard_removal,
    notices,
    plan_site,
    wanted_rosters,
    wanted_settings,
    wanted_templates,
)
from ansible_collections.listops.mailman.plugins.module_utils._lists.server_info import ServerInfo
from ansible_collections.listops.mailman.plugins.module_utils._lists.vocabulary import Invalid, in_words, refuse

Declare = Callable[[Callable[[], ServerInfo]], Sequence[ListSpec]]
Archives = Callable[[ListBackend], ContextManager[Optional[ArchiveBackend]]]


class Outcome(NamedTuple):
    """What a task did or would do. result: for exit_json. warnings: sentences."""

    result: dict[str, Any]
    warnings: list[str]


def _outcome(result: dict[str, Any], warnings: Iterable[str]) -> Outcome:
    return Outcome(result, list(map(visible.sentence, warnings)))


def secrets_of(specs: Iterable[ListSpec], schema: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, str]]:
    """The declared passwords of each list, for Mailman's program to compare."""
    out: dict[str, dict[str, str]] = {}
    for spec in specs:
        found = {key: value for key, value in spec.settings.items() if schema[key]["type"] == "secret"}
        if found:
            out[spec.name] = found
    return out


def _check_name(spec: ListSpec, characters: str) -> None:
    strange = re.sub(characters, "", spec.name.partition("@")[0])
    if spec.state != "absent" and strange:
        raise Invalid(
            "list {0}: its name has {1!r}: give a name without it, as this Mailman demands".format(
                spec.name, strange[0]
            )
        )


def _check_against(specs: Sequence[ListSpec], info: ServerInfo, check_mode: bool) -> list[str]:
    """Refuse domains, archivers and characters of names that this Mailman does not have.

    In check mode unknown domains and archivers are only warned of, since another role may be about to add them.
    """
    problems = []
    for spec in specs:
        domain = spec.name.rpartition("@")[2]
        _check_name(spec, info.listname_chars)
        if spec.state != "absent" and domain not in info.domains:
            problems.append(
                "list {0}: its domain {1} is unknown to Mailman: give {2}".format(
                    spec.name, domain, in_words(info.domains or ["one that Mailman has; it has none yet"])
                )
            )
        for name in spec.archivers or {}:
            if name not in info.archivers:
                problems.append(
                    "list {0}: archivers has {1!r}: give {2}".format(spec.name, name, in_words(info.archivers))
                )
    if problems and not check_mode:
        raise Invalid(problems[0])
    return problems


def _idle_archivers(specs: Sequence[ListSpec], info: ServerInfo) -> list[str]:
    """Warn of archivers that archive nothing, because Mailman's configuration does not enable them."""
    asked = {name for spec in specs for name, on in (spec.archivers or {}).items() if on}
    return [
        "archivers: {0} archives nothing until it is enabled in Mailman's own configuration".format(name)
        for name in sorted(asked)
        if name in info.idle_archivers
    ]


def _ownerless(specs: Sequence[ListSpec], info: ServerInfo) -> list[str]:
    """Warn of new lists without an owner, since nobody gets the mail to their owners."""
    known = set(info.lists)
    new = [
        spec
        for spec in specs
        if spec.state in ("present", "any") and not known.intersection([spec.name, *spec.renamed_from])
    ]
    return [
        "list {0} has no owner: nobody gets the mail to its owners or notices of held posts".format(spec.name)
        for spec in new
        if not (spec.rosters.get("owner") and spec.rosters["owner"].state != "absent" and spec.rosters["owner"].people)
    ]


def _idle_dmarc(specs: Sequence[ListSpec], info: ServerInfo) -> list[str]:
    """Warn of lists with DMARC mitigation on a Mailman that cannot look up policies."""
    idle = [
        spec.name
        for spec in specs
        if spec.settings.get("dmarc_mitigate_action", "no_mitigation") != "no_mitigation"
        and not spec.settings.get("dmarc_mitigate_unconditionally")
    ]
    if not idle or info.asks_dns:
        return []
    return [
        "dmarc_mitigate_action of {0}{1}: no post is mitigated until dnspython is installed for Mailman's own Python".format(
            idle[0], " and {0} more lists".format(len(idle) - 1) if idle[1:] else ""
        )
    ]


def _bans_everywhere(options: TaskOptions, info: ServerInfo) -> list[ListPlan]:
    """The plan for what is banned from every list, if that changes. Raises Invalid where something else declares it."""
    wanted = options.site_bans
    if wanted is None:
        return []
    if info.site_bans_variable:
        raise refuse("site_bans", wanted, info.site_bans_variable)
    have = sorted(info.site_bans)
    return [] if wanted == have else [ListPlan(EVERY_LIST, "change", {"bans": (have, wanted)}, {})]


def no_archives(_backend: ListBackend) -> ContextManager[None]:
    """The archives for a task that does not use them."""
    return contextlib.nullcontext()


def reconcile(
    options: TaskOptions,
    declare: Declare,
    *,
    open_archives: Archives = no_archives,
    open_backend: Callable[..., ListBackend] = open_backend,
) -> Outcome:
    """Make Mailman match the declaration, or return what would change.

    declare: returns the specifications; gets a function that returns the ServerInfo. Until it calls that function,
        Mailman's interpreter starts in parallel.
    open_archives: opens the archives of this Mailman.
    Raises Invalid for bad input and HostError for trouble on the host.
    """
    try:
        with open_backend(options.connection, readonly=options.check_mode) as backend, open_archives(
            backend
        ) as archive:
            return _reconcile(backend, archive, options, declare)
    except NotInstalled as exc:
        if not options.check_mode:
            raise
        # Before the first run there is no Mailman: check mode reports that everything would be created.
        info = expected(options.connection)
        specs = declare(lambda: info)
        for spec in specs:
            _check_name(spec, info.listname_chars)
        everywhere = _bans_everywhere(options, info)
        plans = plan_site(specs, {}, options.policy)
        result = dict(report.result([*everywhere, *plans], options.diff_limit), undeclared=[])
        return _outcome(result, ["{0}; this shows what would be done on an empty server".format(exc)])


def _reconcile(backend: ListBackend, archive: ArchiveBackend | None, options: TaskOptions, declare: Declare) -> Outcome:
    declared = declare(lambda: backend.info)
    info = backend.info
    everywhere = _bans_everywhere(options, info)
    specs = model.resolve(declared, domains=info.domains, schema=info.schema)
    # A list that cannot be read is an error, but the other lists are applied.
    specs, failed = _set_aside(backend, specs)
    backend.check(specs)
    for spec in specs:
        templates.check_known(spec.name, spec.templates, info)
    warnings = [
        *_check_against(specs, info, options.check_mode),
        *_idle_archivers(specs, info),
        *_idle_dmarc(specs, info),
        *_ownerless(specs, info),
    ]
    existing = set(info.lists)
    if options.must_exist:
        for spec in specs:
            if spec.name not in existing:
                raise Invalid("list {0} does not exist: give a list of this Mailman".format(spec.name))
    former = [due.old for due in rename.due(specs, existing).values()]
    undeclared = sorted(existing.difference((spec.name for spec in specs), former, info.protected))
    secrets = secrets_of(specs, info.schema)
    specs, actual, odd = _read(backend, specs, former, secrets)
    failed.update(odd)
    if options.everywhere:
        failed.update(backend.unreadable)
    elif not options.must_exist:
        warnings.extend(why for why in backend.unreadable.values() if why not in failed.values())
    specs, actual = backend.adapt(specs, actual)
    warnings += charsets.check(specs, actual, info)
    if options.remove_undeclared:
        guard_removal(undeclared, len(existing.difference(info.protected)), options.policy)
        specs = [*specs, *(ListSpec(name=name, state="absent") for name in undeclared)]
        actual = dict(actual, **{name: {"saved": None} for name in undeclared})
        undeclared = []
    secret_names = frozenset(key for found in secrets.values() for key in found)
    site_bans = info.site_bans if options.site_bans is None else options.site_bans
    plans = plan_site(specs, actual, options.policy._replace(site_bans=tuple(site_bans)), secret_names)
    greetings = [] if options.check_mode else notices(plans, options.policy)
    if not options.check_mode:
        backend.tidy()
    service = "" if options.service is None else options.service or backend.service
    update, more = plan_host(backend, archive, specs, plans, service=service, whole_site=options.whole_site)
    warnings += more
    if not options.check_mode:
        failed.update(update.apply(info.stopped))
        if everywhere and options.site_bans is not None:
            backend.ban_everywhere(options.site_bans)
    greetings = [notice for notice in greetings if notice["list"] not in failed]
    if greetings:
        backend.notify(greetings)
    if failed:
        raise HostError(of_failed(failed, done=bool(everywhere or update.plans) and not options.check_mode))
    if backend.waited >= 1:
        warnings.append("Mailman's database was busy; this waited {0:.0f} s for it".format(backend.waited))
    result = dict(report.result([*everywhere, *update.plans], options.diff_limit), undeclared=undeclared)
    if update.renews:
        # No list differs, but without its file the guard keeps all archives closed.
        result["changed"] = True
    return _outcome(result, warnings)


def _read(
    backend: ListBackend, specs: list[ListSpec], former: list[str], secrets: Mapping[str, Mapping[str, str]]
) -> tuple[list[ListSpec], Mapping[str, ListState], dict[str, str]]:
    """Read lists. Returns the specifications of readable lists, their actual state, and sentences about the others by name."""
    existing = set(backend.info.lists)
    wanted = [spec.name for spec in specs if spec.name in existing] + former
    if not wanted:
        return specs, {}, {}
    # Read all lists at once, unless only a few of many are needed, or one cannot be read.
    whole = len(wanted) * 2 > len(existing) and not backend.unreadable
    actual = backend.read(
        None if whole else wanted,
        settings=sorted({*wanted_settings(specs), *charsets.wanted_settings(specs, backend.info)}),
        rosters=wanted_rosters(specs),
        templates=wanted_templates(specs),
        secrets=secrets,
    )
    # A list that is removed need not be readable.
    gone: dict[str, dict[str, Any]] = {
        spec.name: {"saved": None, "settings": {}, "rosters": {}}
        for spec in specs
        if spec.state == "absent" and spec.name in existing
    }
    _readable, odd = _set_aside(backend, [spec for spec in specs if spec.name not in gone])
    return [spec for spec in specs if spec.name in gone or spec.name not in odd], {**gone, **actual}, odd


def _set_aside(backend: ListBackend, specs: Sequence[ListSpec]) -> tuple[list[ListSpec], dict[str, str]]:
    """Separate the lists that are readable or do not exist from the others, with sentences about these by name."""
    failed: dict[str, str] = {}
    for spec in specs:
        addresses = (spec.name, *spec.renamed_from)
        names = [name for address in addresses for name in (address, address.partition("@")[0])]
        failed.update((spec.name, backend.unreadable[name]) for name in names if name in backend.unreadable)
    return [spec for spec in specs if spec.name not in failed], failed
