# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Archive policies: who may read archives, when HyperKitty is told of a change, and which archives are removed. Pure.

HyperKitty learns of a list with its first message, takes it for public until
Mailman has answered, and keeps the archives of removed lists. Therefore it is
told of private lists before Mailman is, and of public ones afterwards. With
each post it asks Mailman again, which may still answer "public": therefore its
policies are compared afterwards, and the guard in front of it always has the
names of private lists (_archives/guard.py). Other changes of them are drift.

policies: Mailman's policies, address -> archive_policy.
shown: the archive's own policies, address -> archive_policy.
guarded: the lists that the guard keeps private.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping
from typing import Any

from ansible_collections.listops.mailman.plugins.module_utils._lists.model import ArchiveState, ListSpec
from ansible_collections.listops.mailman.plugins.module_utils._lists.plan import ListPlan
from ansible_collections.listops.mailman.plugins.module_utils._lists.vocabulary import Invalid


def concerned(plans: Iterable[ListPlan]) -> list[str]:
    """The lists whose plan creates them or changes who may read the archive."""
    return [plan.name for plan in plans if plan.action == "create" or "archive_policy" in plan.changes]


def _policy(plan: ListPlan) -> str:
    """The policy after the plan; a new list without one gets Mailman's default."""
    policy: str = plan.changes.get("archive_policy", (None, "public"))[1]
    return policy


def guard(plans: Iterable[ListPlan], archives: Mapping[str, ArchiveState]) -> None:
    """Refuse to publish a private archive by accident.

    archives: see ArchiveBackend.look; lists that the guard keeps private count as private.
    """
    for plan in plans:
        archive = archives.get(plan.name)
        if plan.name not in concerned([plan]) or archive is None or not archive.messages:
            continue
        # HyperKitty shows the archive of a list with the policy `never` to everybody.
        exposes = _policy(plan) == "never" or (plan.action == "create" and _policy(plan) == "public")
        if archive.policy == "private" and exposes:
            raise Invalid(
                "list {0}: archive_policy {1} would publish {2} messages of a private archive that is still there: "
                "give private, or remove that archive first".format(plan.name, _policy(plan), archive.messages)
            )


def before(plans: Iterable[ListPlan]) -> dict[str, str]:
    """The policies that HyperKitty is told before Mailman."""
    plans = list(plans)
    names = set(concerned(plans))
    return {plan.name: "private" for plan in plans if plan.name in names and _policy(plan) == "private"}


def closed(plans: Iterable[ListPlan]) -> list[str]:
    """Existing lists that become private."""
    return [plan.name for plan in plans if plan.action != "create" and "private" in _policies(plan)[1:]]


def _policies(plan: ListPlan) -> tuple[Any, ...]:
    return plan.changes.get("archive_policy", ())


def private_after(plans: Iterable[ListPlan]) -> set[str]:
    """The lists that are private after the plans, as far as the plans say."""
    return {
        plan.name
        for plan in plans
        if plan.action != "delete" and (plan.archive_policy == "private" or "private" in _policies(plan)[1:])
    }


def misled(policies: Mapping[str, str], shown: Mapping[str, str], names: Iterable[str]) -> dict[str, str]:
    """The archives whose policy is not Mailman's, with the right one.

    With the policy `never` nothing is archived, and an old archive stays as it is.
    """
    return {
        name: policies[name]
        for name in sorted(names)
        if name in shown and policies.get(name) in ("private", "public") and shown[name] != policies[name]
    }


def stays_guarded(name: str, policies: Mapping[str, str], shown: Mapping[str, str], guarded: Container[str]) -> bool:
    """Whether the guard must keep a list private: until it is public or gone both in Mailman and in the archive."""
    policy = policies.get(name)
    if policy == "public":
        return name in guarded and shown.get(name, "public") != "public"
    if policy is None and name not in shown:
        return False
    return policy == "private" or name in guarded or shown.get(name) == "private"


def with_drift(
    plans: Iterable[ListPlan],
    names: Iterable[str],
    policies: Mapping[str, str],
    shown: Mapping[str, str],
    guarded: Container[str] | None,
) -> list[ListPlan]:
    """Add archives to the plans whose policy differs from Mailman's, also those of lists that nobody declares.

    names: the lists to compare.
    guarded: None when there is no guard, or when its file is rewritten anyway.
    """
    plans = list(plans)
    # The archive is told of these anyway.
    told = {name for plan in plans if plan.action in ("create", "delete", "rename") for name in _names(plan)}
    told.update(plan.name for plan in plans if "archive_policy" in plan.changes)
    names = sorted(set(names) - told)
    wrong = misled(policies, shown, names)
    mended = dict(shown, **wrong)
    drift: dict[str, dict[str, tuple[Any, Any]]] = {}
    for name in names:
        if name in wrong:
            drift.setdefault(name, {})["archive_shown"] = (shown[name], wrong[name])
        if guarded is not None and stays_guarded(name, policies, mended, guarded) != (name in guarded):
            drift.setdefault(name, {})["archive_guarded"] = (name in guarded, name not in guarded)
    out = []
    for plan in plans:
        found = drift.pop(plan.name, None)
        if found:
            action = "change" if plan.action == "none" else plan.action
            plan = plan._replace(action=action, changes=dict(plan.changes, **found))
        out.append(plan)
    return out + [ListPlan(name, "change", found, {}) for name, found in sorted(drift.items())]


def _names(plan: ListPlan) -> list[str]:
    return [plan.name, *(name for name in plan.changes.get("name", ()) if name)]


def watched(plans: Iterable[ListPlan]) -> bool:
    """Whether an archive or its guard must be told of anything."""
    keys = {"archive_policy", "archive_shown", "archive_guarded", "archive", "name"}
    return any(plan.action in ("create", "delete") or keys & set(plan.changes) for plan in plans)


def dropped(specs: Iterable[ListSpec]) -> list[str]:
    """The lists whose archives shall be removed."""
    return [spec.name for spec in specs if spec.state == "absent" and spec.archives == "drop"]


def with_drops(
    plans: Iterable[ListPlan], names: Iterable[str], archives: Mapping[str, ArchiveState], copies: Iterable[str]
) -> list[ListPlan]:
    """Add archives that shall be removed to the plans, also those of lists that are gone already.

    names: see dropped.
    archives: see ArchiveBackend.look.
    copies: the lists of which Mailman itself keeps a copy of every post.
    """
    names, copies = set(names), set(copies)
    out = []
    for plan in plans:
        archive = archives.get(plan.name)
        if plan.name in names and (archive is not None or plan.name in copies):
            found = "{0} messages".format(archive.messages) if archive is not None else "copies of posts"
            plan = plan._replace(action="delete", changes=dict(plan.changes, archive=(found, None)))
        out.append(plan)
    return out
