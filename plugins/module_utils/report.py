# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Plans as people read them: the diff text and the result of a task."""

from __future__ import annotations

from typing import Any, Iterable, Mapping

from ansible_collections.listops.mailman.plugins.module_utils.plan import ListPlan, summary


def _lines(key: str, value: Any) -> list[str]:
    if value is None:
        return []
    if isinstance(value, bool):
        return ["  {0}: {1}".format(key, "true" if value else "false")]
    if isinstance(value, str) and "\n" in value:
        return ["  {0}: |".format(key)] + ["    " + line for line in value.splitlines()]
    if isinstance(value, Mapping):
        return ["  {0}:".format(key)] + ["  " + line for k in sorted(value) for line in _lines(k, value[k])]
    if isinstance(value, (list, tuple)):
        if not value:
            return ["  {0}: []".format(key)]
        return ["  {0}:".format(key)] + ["    - {0}".format(_item(item)) for item in value]
    return ["  {0}: {1}".format(key, value)]


def _item(item: Any) -> str:
    if isinstance(item, Mapping):
        return "{" + ", ".join("{0}: {1}".format(key, item[key]) for key in item) + "}"
    return str(item)


def _side(plan: ListPlan, index: int) -> list[str]:
    out = [plan.name + ":"]
    for key in sorted(plan.changes, key=lambda key: (key != "state", key)):
        before_after = plan.changes[key]
        value = before_after[index]
        # The absent half of a new or removed line is no line at all.
        if value == [] and before_after[1 - index] not in (None, []):
            continue
        out.extend(_lines(key, value))
    return out


def diff(plans: Iterable[ListPlan]) -> dict[str, str]:
    """The two texts of Ansible's --diff: only what differs, of the lists that differ."""
    changed = [plan for plan in plans if plan.action != "none"]
    texts = ["\n".join(line for plan in changed for line in _side(plan, index)) for index in (0, 1)]
    return {
        "before_header": "lists on the host",
        "after_header": "lists as declared",
        "before": texts[0] + "\n" if changed else "",
        "after": texts[1] + "\n" if changed else "",
    }


_ACTIONS = {"create": "created", "rename": "renamed", "change": "changed", "delete": "removed", "none": "unchanged"}


def result(plans: Iterable[ListPlan]) -> dict[str, Any]:
    """The part of a task's result that comes from its plans.

    lists: for every list that changes {"name", "action", "changes": {key: {"before", "after"}}}.
    summary: counts, see plan.summary.
    """
    plans = list(plans)
    return {
        "changed": any(plan.action != "none" for plan in plans),
        "lists": [
            {
                "name": plan.name,
                "action": _ACTIONS[plan.action],
                "changes": {
                    key: {"before": before, "after": after} for key, (before, after) in sorted(plan.changes.items())
                },
            }
            for plan in plans
            if plan.action != "none"
        ],
        "summary": summary(plans),
    }
