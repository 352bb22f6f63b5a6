# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Plans for people: the diff and the result of a task, cut to a readable length."""

from __future__ import annotations

from typing import Any, Iterable, Mapping, NamedTuple, Sequence

from ansible_collections.listops.mailman.plugins.module_utils import _visible as visible
from ansible_collections.listops.mailman.plugins.module_utils._lists.plan import ROSTER_LABELS, ListPlan, summary

# How many lines of detail a task shows by default.
DIFF_LIMIT = 500
# Of longer values that are lists, only the differences are shown.
LONG_LIST = 100
_FIRST = ("name", "state")


class Shown(NamedTuple):
    """One list that changes, and the lines that are shown of it.

    changes: as in ListPlan, cut, and safe for a terminal.
    left_out: how many lines are not shown.
    """

    plan: ListPlan
    changes: Mapping[str, tuple[Any, Any]]
    left_out: int


def _weight(value: Any) -> int:
    """How many lines a value takes in a diff."""
    if isinstance(value, (list, tuple)):
        return max(1, len(value))
    if isinstance(value, str):
        return value.rstrip("\n").count("\n") + 1
    if isinstance(value, Mapping):
        return max(1, sum(_weight(item) for item in value.values()))
    return 1


def _text_lines(text: str) -> list[str]:
    # splitlines() would break lines at Unicode's separators, which no terminal does.
    return (text[:-1] if text.endswith("\n") else text).split("\n")


def _head(value: Any, lines: int) -> Any:
    if isinstance(value, (list, tuple)):
        return list(value[:lines])
    if isinstance(value, str):
        return "".join(line + "\n" for line in _text_lines(value)[:lines])
    return value


def _lengths(changes: Mapping[str, tuple[Any, Any]]) -> dict[str, int]:
    return {key: max(_weight(before), _weight(after)) for key, (before, after) in changes.items()}


def share(sizes: Sequence[int], limit: int) -> int:
    """The largest number of lines for each list that keeps all lists together within the limit.

    At least 1: of more lists than the limit, only as many as the limit are shown.
    """
    left, cap = limit, 0
    for place, size in enumerate(sorted(sizes)):
        fair = left // (len(sizes) - place)
        if size > fair:
            return max(1, fair)
        left -= size
        cap = size
    return max(1, cap)


def _people(value: Any) -> Any:
    return visible.everywhere(visible.sentence, value)


def _safe(value: Any) -> Any:
    """A value that is safe for a terminal; line breaks stay in texts, but not in lists of texts."""
    if isinstance(value, Mapping):
        return {visible.one_line(str(key)): _safe(item) for key, item in value.items()}
    return visible.escaped(value) if isinstance(value, str) else visible.everywhere(visible.one_line, value)


def _differing(plan: ListPlan) -> ListPlan:
    """A plan in which long values, such as thousands of bans, have only the differences."""
    changes = dict(plan.changes)
    for key, (before, after) in plan.changes.items():
        both = (before, after)
        texts = all(isinstance(value, list) and all(isinstance(item, str) for item in value) for value in both)
        if texts and key not in ROSTER_LABELS.values() and max(map(len, both)) > LONG_LIST:
            lines = (set(before), set(after))
            changes[key] = (
                [item for item in before if item not in lines[1]],
                [item for item in after if item not in lines[0]],
            )
    return plan._replace(changes=changes)


def _cut(plan: ListPlan, cap: int) -> Shown:
    shown: dict[str, tuple[Any, Any]] = {}
    left_out = 0
    lengths = _lengths(plan.changes)
    # People come last, since they may be many and must not hide a setting.
    people = frozenset(ROSTER_LABELS.values())
    for key in sorted(plan.changes, key=lambda key: (key not in _FIRST, key in people, key)):
        before, after = plan.changes[key]
        # The old name of a renamed list is always shown.
        kept = 1 if key == "name" else min(cap, lengths[key])
        if kept:
            cut = (_head(before, kept), _head(after, kept)) if kept < lengths[key] else (before, after)
            # Lines about people are quoted already.
            show = _people if key in people else _safe
            shown[key] = (show(cut[0]), show(cut[1]))
        cap = max(0, cap - kept)
        left_out += lengths[key] - kept
    return Shown(plan, shown, left_out)


def shown(plans: Iterable[ListPlan], limit: int = DIFF_LIMIT) -> list[Shown]:
    """The lists that change, each with its fair share of `limit` lines; 0 is no limit."""
    changed = [_differing(plan) for plan in plans if plan.action != "none"]
    sizes = [sum(_lengths(plan.changes).values()) for plan in changed]
    cap = share(sizes, limit) if limit else max(sizes or [0])
    room = limit or len(changed)
    return [_cut(plan, cap if place < room else 0) for place, plan in enumerate(changed)]


def _lines(key: str, value: Any) -> list[str]:
    if value is None:
        return []
    if isinstance(value, bool):
        return ["  {0}: {1}".format(key, "true" if value else "false")]
    if isinstance(value, str) and "\n" in value:
        return ["  {0}: |".format(key)] + ["    " + line for line in _text_lines(value)]
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


def _side(entry: Shown, index: int) -> list[str]:
    out = [visible.sentence(entry.plan.name) + ":"]
    for key, before_after in entry.changes.items():
        value = before_after[index]
        # A new or removed value has no line on the other side.
        if value == [] and before_after[1 - index] not in (None, []):
            continue
        out.extend(_lines(key, value))
    if entry.left_out:
        out.append("  ({0} more lines; diff_limit shows more)".format(entry.left_out))
    return out


def headline(counts: Mapping[str, int]) -> str:
    """The summary on one line, without counts of 0."""
    verbs = ("created", "added", "renamed", "changed", "removed")
    parts = []
    for word in ("lists", "members"):
        counted = ((verb, counts.get("{0}_{1}".format(word, verb))) for verb in verbs)
        said = ["{0} {1}".format(count, verb) for verb, count in counted if count]
        if said:
            parts.append("{0}: {1}".format(word, ", ".join(said)))
    return "; ".join(parts)


def diff(entries: Sequence[Shown], counts: Mapping[str, int]) -> dict[str, str]:
    """What Ansible's --diff prints: the summary, then only what differs, of the lists that differ."""
    # Of lists beyond the limit only their number is shown.
    detailed = [entry for entry in entries if entry.changes]
    texts = ["\n".join(line for entry in detailed for line in _side(entry, index)) for index in (0, 1)]
    if len(detailed) < len(entries):
        more = "\n({0} more lists; diff_limit shows more)".format(len(entries) - len(detailed))
        texts = [text + more for text in texts]
    return {
        "before_header": "lists on the host",
        "after_header": "as declared ({0})".format(headline(counts)) if headline(counts) else "as declared",
        "before": texts[0] + "\n" if entries else "",
        "after": texts[1] + "\n" if entries else "",
    }


_ACTIONS = {"create": "created", "rename": "renamed", "change": "changed", "delete": "removed"}


def result(plans: Iterable[ListPlan], limit: int = DIFF_LIMIT) -> dict[str, Any]:
    """The part of a task's result that comes from its plans.

    lists: for every list that changes {"name", "action", "changes": {key: {"before", "after"}}, "left_out":
        lines of changes that the limit cut away}.
    summary: counts, see plan.summary.
    diff: see diff.
    """
    plans = list(plans)
    counts = summary(plans)
    entries = shown(plans, limit)
    return {
        "changed": bool(entries),
        "lists": [
            {
                "name": entry.plan.name,
                "action": _ACTIONS[entry.plan.action],
                "changes": {key: {"before": before, "after": after} for key, (before, after) in entry.changes.items()},
                "left_out": entry.left_out,
            }
            for entry in entries
        ],
        "summary": counts,
        "diff": diff(entries, counts),
    }
