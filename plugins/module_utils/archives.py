# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Archives: who may read them, what HyperKitty must be told and when, and what is dropped. Pure.

HyperKitty hears of a list with its first message, takes it for public until
Mailman has answered, and keeps the archives of lists that are gone. So it is
told of private lists before Mailman is, and of public ones afterwards.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.listops.mailman.plugins.module_utils.model import ListSpec
from ansible_collections.listops.mailman.plugins.module_utils.plan import ListPlan
from ansible_collections.listops.mailman.plugins.module_utils.vocabulary import Invalid


def concerned(plans: Iterable[ListPlan]) -> list[str]:
    """The lists whose plan is new or changes who may read the archive."""
    return [plan.name for plan in plans if plan.action == "create" or "archive_policy" in plan.changes]


def _policy(plan: ListPlan) -> str:
    """The policy after the plan; a new list that declares none gets Mailman's default."""
    policy: str = plan.changes.get("archive_policy", (None, "public"))[1]
    return policy


def guard(plans: Iterable[ListPlan], archives: Mapping[str, Mapping[str, Any]]) -> None:
    """Refuse what would publish a private archive without anybody having said so.

    archives: see hyperkitty_engine.Engine.look.
    """
    for plan in plans:
        archive = archives.get(plan.name)
        if plan.name not in concerned([plan]) or not archive or not archive["messages"]:
            continue
        # HyperKitty shows what it has of a list with the policy `never` to everybody.
        exposes = _policy(plan) == "never" or (plan.action == "create" and _policy(plan) == "public")
        if archive["archive_policy"] == "private" and exposes:
            raise Invalid(
                "list {0}: archive_policy {1} would publish {2} messages of a private archive that is still there; "
                "accepted: private, or remove that archive first".format(plan.name, _policy(plan), archive["messages"])
            )


def before(plans: Iterable[ListPlan]) -> dict[str, str]:
    """The policies that HyperKitty must know before Mailman does."""
    plans = list(plans)
    names = set(concerned(plans))
    return {plan.name: "private" for plan in plans if plan.name in names and _policy(plan) == "private"}


def after(plans: Iterable[ListPlan]) -> dict[str, str]:
    """The policies that HyperKitty may know once Mailman does: archives that were opened."""
    return {plan.name: "public" for plan in plans if plan.changes.get("archive_policy") == ("private", "public")}


def dropped(specs: Iterable[ListSpec]) -> list[str]:
    """The lists whose archives shall be gone."""
    return [spec.name for spec in specs if spec.state == "absent" and spec.archives == "drop"]


def with_drops(
    plans: Iterable[ListPlan], names: Iterable[str], archives: Mapping[str, Mapping[str, Any]], copies: Iterable[str]
) -> list[ListPlan]:
    """The plans with what is there of the archives that shall be gone, also of lists that are gone already.

    names: see dropped.
    archives: see hyperkitty_engine.Engine.look.
    copies: the lists of which Mailman itself keeps a copy of every post.
    """
    names, copies = set(names), set(copies)
    out = []
    for plan in plans:
        archive = archives.get(plan.name)
        if plan.name in names and (archive is not None or plan.name in copies):
            found = "{0} messages".format(archive["messages"]) if archive is not None else "copies of posts"
            plan = plan._replace(action="delete", changes=dict(plan.changes, archive=(found, None)))
        out.append(plan)
    return out
