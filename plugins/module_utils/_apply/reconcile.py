# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One read, one plan, one apply: the course of every task that declares lists or members."""

from __future__ import annotations

import re
from typing import Any, Callable, Iterable, Mapping, NamedTuple, Sequence

from ansible_collections.listops.mailman.plugins.module_utils import _visible as visible
from ansible_collections.listops.mailman.plugins.module_utils._apply.host import open_archives, open_site
from ansible_collections.listops.mailman.plugins.module_utils._lists import (
    charsets,
    model,
    naming,
    rename,
    report,
    templates,
    vocabulary,
)
from ansible_collections.listops.mailman.plugins.module_utils._lists.model import ListSpec
from ansible_collections.listops.mailman.plugins.module_utils._lists.plan import (
    Policy,
    guard_removal,
    notices,
    plan_site,
    wanted_rosters,
    wanted_settings,
    wanted_templates,
)
from ansible_collections.listops.mailman.plugins.module_utils._lists.vocabulary import Invalid
from ansible_collections.listops.mailman.plugins.module_utils._mailman21.client import (
    Pipermail,
    choose_engine,
    open_mailman21,
)
from ansible_collections.listops.mailman.plugins.module_utils._programs.process import Engine, EngineError, NotInstalled

# The options by which every module finds Mailman.
CONNECTION_SPEC: dict[str, dict[str, Any]] = {
    "mailman_command": {"type": "path"},
    "mailman_config": {"type": "path"},
    "mailman_user": {"type": "str", "default": "list"},
    "mailman_engine": {"type": "str", "choices": ["auto", "mailman3", "mailman21"], "default": "auto"},
    "mailman_prefix": {"type": "path"},
    "mailman_lock_timeout": {"type": "int", "default": 30},
}
WEB_SPEC: dict[str, dict[str, Any]] = {
    "web_manage": {"type": "path"},
    "web_user": {"type": "str", "default": "www-data"},
}
POLICY_SPEC: dict[str, dict[str, Any]] = {
    "allow_shrink": {"type": "bool", "default": False},
    "override_bans": {"type": "bool", "default": False},
    "send_welcome": {"type": "bool", "default": False},
    "send_goodbye": {"type": "bool", "default": False},
    "diff_limit": {"type": "int", "default": report.DIFF_LIMIT},
}


# Of a Mailman 3 that is not there yet.
LISTNAME_CHARS = "[-_.0-9a-z]"
Hello = Callable[[], Mapping[str, Any]]


class Course(NamedTuple):
    """What a task did or would do. result: ready for exit_json; warnings: sentences."""

    result: dict[str, Any]
    warnings: list[str]


def _course(result: dict[str, Any], warnings: Iterable[str]) -> Course:
    return Course(result, list(map(visible.sentence, warnings)))


def open_engine(params: Mapping[str, Any], readonly: bool) -> Engine:
    """The engine that a module's connection options ask for; readonly, it does not even start a new Mailman."""
    if choose_engine(params) == "mailman21":
        return open_mailman21(params)
    return Engine(
        "mailman3",
        command=params["mailman_command"],
        option="mailman_command",
        opening={"user": params["mailman_user"], "config": params["mailman_config"], "readonly": readonly},
    )


def secrets_of(specs: Iterable[ListSpec], schema: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, str]]:
    """The declared passwords of each list, for the engine to compare."""
    out: dict[str, dict[str, str]] = {}
    for spec in specs:
        found = {key: value for key, value in spec.settings.items() if schema[key]["type"] == "secret"}
        if found:
            out[spec.name] = found
    return out


def _check_name(spec: ListSpec, characters: str) -> None:
    strange = re.sub(characters, "", spec.name.partition("@")[0])
    if spec.state != "absent" and strange:
        raise Invalid("list {0}: this Mailman does not take {1!r} in a name".format(spec.name, strange[0]))


def _check_against(specs: Sequence[ListSpec], hello: Mapping[str, Any], check_mode: bool) -> list[str]:
    """Domains and archivers must be known to this Mailman; in check mode another role may be about to see to it.

    Which characters it takes in a name no role changes.
    """
    problems = []
    for spec in specs:
        domain = spec.name.rpartition("@")[2]
        _check_name(spec, hello["listname_chars"])
        if spec.state != "absent" and domain not in hello["domains"]:
            problems.append(
                "list {0}: its domain {1} is unknown to Mailman; accepted: {2}".format(
                    spec.name, domain, ", ".join(hello["domains"]) or "none yet"
                )
            )
        for name in spec.archivers or {}:
            if name not in hello["archivers"]:
                problems.append(
                    "list {0}: archivers has {1!r}; accepted: {2}".format(
                        spec.name, name, ", ".join(hello["archivers"])
                    )
                )
    if problems and not check_mode:
        raise Invalid(problems[0])
    return problems


def _idle_archivers(specs: Sequence[ListSpec], hello: Mapping[str, Any]) -> list[str]:
    """Archivers that lists are to use and that archive nothing, because the site does not."""
    asked = {name for spec in specs for name, on in (spec.archivers or {}).items() if on}
    return [
        "archivers: {0} archives nothing until it is enabled in Mailman's own configuration".format(name)
        for name in sorted(asked)
        if name in hello.get("idle_archivers", ())
    ]


def _ownerless(specs: Sequence[ListSpec], hello: Mapping[str, Any]) -> list[str]:
    """New lists that nobody is to own: who writes to their owners writes to nobody."""
    known = set(hello["lists"])
    new = [
        spec
        for spec in specs
        if spec.state in ("present", "any") and not known.intersection([spec.name, *spec.renamed_from])
    ]
    return [
        "list {0} has no owner: nobody reads what is written to its owners, and nobody is told of held posts".format(
            spec.name
        )
        for spec in new
        if not (spec.rosters.get("owner") and spec.rosters["owner"].state != "absent" and spec.rosters["owner"].people)
    ]


def _idle_dmarc(specs: Sequence[ListSpec], hello: Mapping[str, Any]) -> list[str]:
    """Lists that are to mitigate by the policy of a poster's domain, of a Mailman that learns of none."""
    idle = [
        spec.name
        for spec in specs
        if spec.settings.get("dmarc_mitigate_action", "no_mitigation") != "no_mitigation"
        and not spec.settings.get("dmarc_mitigate_unconditionally")
    ]
    if not idle or hello.get("asks_dns", True):
        return []
    return [
        "dmarc_mitigate_action of {0}{1}: no post is mitigated until dnspython is installed for Mailman's own Python".format(
            idle[0], " and {0} more lists".format(len(idle) - 1) if idle[1:] else ""
        )
    ]


def reconcile(
    params: Mapping[str, Any],
    declare: Callable[[Hello], Sequence[ListSpec]],
    *,
    check_mode: bool,
    remove_undeclared: bool = False,
    must_exist: bool = False,
    everywhere: bool = False,
    scheme: naming.Naming = naming.Naming(),
) -> Course:
    """Make Mailman match what is declared, or say what would change.

    params: a module's parameters, with those of CONNECTION_SPEC and POLICY_SPEC.
    declare: the specifications, given a function that says what the engine says of
        itself (see mailman3_engine.Engine.hello). Until it is called the engine starts
        beside this process.
    remove_undeclared: delete lists that are not declared.
    everywhere: what is declared is of every list, so one that cannot be read is an error though nobody names it.
    must_exist: a list that does not exist is an error, not something to create.
    scheme: what new names must be like.
    Raises Invalid for bad input and EngineError for trouble on the host.
    """
    if params["diff_limit"] < 0:
        raise vocabulary.refuse("diff_limit", params["diff_limit"], "a number of lines, 0 for no limit")
    policy = Policy(naming=scheme, **{name: params[name] for name in POLICY_SPEC if name != "diff_limit"})
    try:
        with open_engine(params, check_mode) as engine, open_archives(engine, params) as web:
            return _reconcile(
                engine, web, params, declare, policy, check_mode, remove_undeclared, must_exist, everywhere
            )
    except NotInstalled as exc:
        if not check_mode:
            raise
        # Before the first run there is nothing: everything would be created.
        hello: dict[str, Any] = {"lists": [], "domains": [], "schema": {}}
        specs = declare(lambda: hello)
        if params["mailman_engine"] != "mailman21" and not params["mailman_prefix"]:
            for spec in specs:
                _check_name(spec, LISTNAME_CHARS)
        plans = plan_site(specs, {}, policy)
        result = dict(report.result(plans, params["diff_limit"]), undeclared=[])
        return _course(result, ["{0}; this shows what would be done on an empty server".format(exc)])


def _reconcile(
    engine: Engine,
    web: Engine | Pipermail | None,
    params: Mapping[str, Any],
    declare: Callable[[Hello], Sequence[ListSpec]],
    policy: Policy,
    check_mode: bool,
    remove_undeclared: bool,
    must_exist: bool,
    everywhere: bool,
) -> Course:
    declared = declare(lambda: engine.hello)
    hello = engine.hello
    specs = model.resolve(declared, domains=hello["domains"], schema=hello["schema"])
    # A list that cannot be read is an error, and not in the way of the others.
    specs, failed = _set_aside(engine, specs)
    engine.check(specs)
    for spec in specs:
        templates.check_known(spec.name, spec.templates, hello)
    warnings = [
        *_check_against(specs, hello, check_mode),
        *_idle_archivers(specs, hello),
        *_idle_dmarc(specs, hello),
        *_ownerless(specs, hello),
    ]
    names = [spec.name for spec in specs]
    existing = set(hello["lists"])
    if must_exist:
        for name in names:
            if name not in existing:
                raise Invalid("list {0} does not exist".format(name))
    renames = rename.due(specs, existing)
    former = [due.old for due in renames.values()]
    undeclared = sorted(existing.difference(names, former, hello.get("protected", ())))
    secrets = secrets_of(specs, hello["schema"])
    wanted = [name for name in names if name in existing] + former
    settings = sorted({*wanted_settings(specs), *charsets.wanted_settings(specs, hello)})
    actual: Mapping[str, Mapping[str, Any]] = {}
    if wanted:
        actual = engine.read(
            # A site is read whole; a few lists out of many, or beside one that cannot be read, are asked for by name.
            lists=None if len(wanted) * 2 > len(existing) and not hello.get("unreadable") else wanted,
            settings=settings,
            rosters=wanted_rosters(specs),
            templates=wanted_templates(specs),
            secrets=secrets,
        )
        # What is removed need not be understood.
        gone: dict[str, dict[str, Any]] = {
            spec.name: {"saved": None, "settings": {}, "rosters": {}}
            for spec in specs
            if spec.state == "absent" and spec.name in existing
        }
        _readable, odd = _set_aside(engine, [spec for spec in specs if spec.name not in gone])
        specs = [spec for spec in specs if spec.name in gone or spec.name not in odd]
        actual = {**gone, **actual}
        failed.update(odd)
    if everywhere:
        failed.update(engine.unreadable)
    elif not must_exist:
        warnings.extend(why for why in engine.unreadable.values() if why not in failed.values())
    specs, actual = engine.adapt(specs, actual)
    warnings += charsets.check(specs, actual, hello)
    if remove_undeclared:
        guard_removal(undeclared, len(existing.difference(hello.get("protected", ()))), policy)
        specs = [*specs, *(ListSpec(name=name, state="absent") for name in undeclared)]
        actual = dict(actual, **{name: {"saved": None} for name in undeclared})
        undeclared = []
    secret_names = frozenset(key for found in secrets.values() for key in found)
    plans = plan_site(specs, actual, policy._replace(site_bans=tuple(hello["site_bans"])), secret_names)
    greetings = [] if check_mode else notices(plans, policy)
    if not check_mode:
        engine.tidy()
    site, more = open_site(engine, web, params, specs, plans)
    warnings += more
    if not check_mode:
        failed.update(site.apply(hello.get("stopped", False)))
    greetings = [notice for notice in greetings if notice["list"] not in failed]
    if greetings:
        engine.request({"op": "notify", "notices": greetings})
    if failed:
        raise EngineError(of_failed(failed, done=bool(site.plans) and not check_mode))
    if engine.waited >= 1:
        warnings.append("Mailman's database was busy; this waited {0:.0f} s for it".format(engine.waited))
    result = dict(report.result(site.plans, params["diff_limit"]), undeclared=undeclared)
    if site.renews:
        # No list differs, and yet it is not as declared: all archives are shut.
        result["changed"] = True
    return _course(result, warnings)


def _set_aside(engine: Engine, specs: Sequence[ListSpec]) -> tuple[list[ListSpec], dict[str, str]]:
    """The lists that can be read or are not there, and why the others cannot, by name."""
    failed: dict[str, str] = {}
    for spec in specs:
        addresses = (spec.name, *spec.renamed_from)
        names = [name for address in addresses for name in (address, address.partition("@")[0])]
        failed.update((spec.name, engine.unreadable[name]) for name in names if name in engine.unreadable)
    return [spec for spec in specs if spec.name not in failed], failed


def of_failed(failed: Mapping[str, str], done: bool = True) -> str:
    """What to say of lists that failed; of many, not all. done: there are others, and they were applied."""
    said = list(failed.values())[:3]
    more = ["{0} more lists".format(len(failed) - len(said))] if len(failed) > len(said) else []
    return "; ".join(said + more + (["what the other lists need is done"] if done else []))


def message(exc: Exception) -> dict[str, str | None]:
    """The arguments of fail_json for an error of this package."""
    if isinstance(exc, EngineError) and exc.details:
        return {"msg": str(exc), "exception": exc.details}
    return {"msg": str(exc)}
