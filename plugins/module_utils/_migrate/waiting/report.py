# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The account of what waited: a line for each item, and what of it needs a person. Pure."""

from __future__ import annotations

import json
import re
from typing import Any, Iterable, Mapping, Sequence

from ansible_collections.listops.mailman.plugins.module_utils._migrate.waiting.decisions import Decision

OUTCOMES = ("moved", "merged", "quarantined")
# What is wished for what waits on the target, too.
WAIT = ("held", "subscription", "unsubscription", "confirm_subscription", "confirm_unsubscription", "held_token")
_NOT_FOR_NAMES = re.compile(r"[^A-Za-z0-9._-]+")


def file_name(decision: Decision) -> str | None:
    """The name of the file with the bytes of a quarantined item."""
    item = decision.item
    if decision.outcome != "quarantined" or item.kept is None:
        return None
    source = _NOT_FOR_NAMES.sub("-", item.source.rpartition("/")[2]).strip("-.")[:60]
    return "{0}-{1}.{2}".format(source, item.key[:8], _NOT_FOR_NAMES.sub("-", item.suffix)[:8])


def lines(
    decisions: Iterable[Decision], earlier: Iterable[Mapping[str, Any]], facts: Mapping[str, Any]
) -> list[Mapping[str, Any]]:
    """The account of a list, a line for each item: of this copy, and of earlier ones.

    What an earlier run moved and this copy has no more was handled on the source since.
    """
    waits = set(facts["waiting"])
    out: list[Mapping[str, Any]] = []
    for decision in decisions:
        item = decision.item
        line: dict[str, Any] = {"key": item.key, "kind": item.kind, "source": item.source, "about": item.about}
        line.update(state=decision.outcome, reason=decision.reason, file=file_name(decision))
        if item.message_id is not None:
            # A redaction knows the line by it.
            line["message_id"] = item.message_id
        if decision.outcome == "moved" and (item.wish or {}).get("as") in WAIT:
            line["waits"] = item.key in waits
        out.append(line)
    now = {line["key"] for line in out}
    for former in earlier:
        if former["key"] not in now:
            more = {"waits": former["key"] in waits} if "waits" in former else {}
            out.append({**former, **more, "gone": True})
    return out


def read_lines(text: str) -> list[dict[str, Any]]:
    """The lines of an account; those that a crash cut off are left out."""
    out = []
    for line in text.splitlines():
        try:
            said = json.loads(line)
        except ValueError:
            continue
        if isinstance(said, dict) and isinstance(said.get("key"), str):
            out.append(said)
    return out


def written(said: Iterable[Mapping[str, Any]]) -> str:
    return "".join(json.dumps(line, ensure_ascii=False, sort_keys=True) + "\n" for line in said)


def sums(said: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    """How many items were found, and what became of them. found is all of them if each has an outcome."""
    return {"found": len(said), **{name: sum(1 for line in said if line["state"] == name) for name in OUTCOMES}}


def kinds(said: Iterable[Mapping[str, Any]]) -> dict[str, dict[str, int]]:
    """The same by kind."""
    by_kind: dict[str, list[Mapping[str, Any]]] = {}
    for line in said:
        by_kind.setdefault(line["kind"], []).append(line)
    return {kind: sums(some) for kind, some in sorted(by_kind.items())}


def attention(said: Sequence[Mapping[str, Any]], facts: Mapping[str, Any], name: str) -> list[str]:
    """Sentences about what needs a person."""
    out = [
        "{0}: {1} ({2}) is not moved: {3}".format(name, line["about"], line["source"], line["reason"])
        for line in said
        if line["state"] == "quarantined"
    ]
    out += [
        "{0}: {1}".format(name, line["reason"])
        for line in said
        if line["kind"] == "options" and line["state"] == "moved" and line["reason"]
    ]
    out += [
        "{0}: {1} still waits here, and the copy has it no more: it was handled on the source; discard it".format(
            name, line["about"]
        )
        for line in said
        if line.get("gone") and line.get("waits")
    ]
    asked = sum(1 for line in said if line["kind"] == "confirmation" and line["state"] == "moved")
    if asked and facts["discards_confirmations"]:
        out.append(
            "{0}: autorespond_requests is respond_and_discard, with which Mailman 3 discards mail that confirms something, too: "
            "its confirmations ({1}) wait in vain; set respond_and_continue".format(name, asked)
        )
    return out
