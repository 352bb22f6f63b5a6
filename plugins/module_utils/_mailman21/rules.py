# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Header rules of Mailman 2.1 in the form of an inventory. Pure."""

from __future__ import annotations

import re
from typing import Any, Iterable, Iterator, Mapping

from ansible_collections.listops.mailman.plugins.module_utils._lists import vocabulary
from ansible_collections.listops.mailman.plugins.module_utils._mailman21.options import canonical, named, stored

_RULE_ACTIONS = {0: "defer", 2: "reject", 3: "discard", 6: "accept", 7: "hold"}
_OWN_RULE = re.compile(r"\^([^\s:\\]+):(?:\.\*\?\(\?:(?P<anywhere>.*)\)|\[ \]\*(?P<start>.*))\Z", re.DOTALL)
_ANY_RULE = re.compile(r"\^?([A-Za-z0-9-]+):(?:\.\*\??|\\s[*+?]| [*+?]?|\[ \]\*)?(.*)\Z", re.DOTALL)


def _rows(rules: Any) -> Iterator[tuple[str, str]]:
    """Patterns and the word for their action. config_list accepts anything as rules; invalid ones are shown as they are."""
    for row in rules if isinstance(rules, (list, tuple)) else [rules]:
        patterns, action = [*row, None, None][:2] if isinstance(row, (list, tuple)) else (row, None)
        yield canonical(str(patterns)), str(named(_RULE_ACTIONS, action) if isinstance(action, int) else action)


def read_rules(rules: Any) -> list[dict[str, str]]:
    """header_filter_rules as header_matches.

    2.1 searches a line "Header: value" of the message. A rule that does not start
    with the name of a header has an empty header here and cannot be declared.
    """
    out = []
    for patterns, action in _rows(rules):
        for pattern in patterns.splitlines():
            if not pattern.strip():
                continue
            rule = {"header": "", "pattern": pattern, "action": action}
            own, other = _OWN_RULE.match(pattern), _ANY_RULE.match(pattern)
            if own:
                start = own.group("start")
                rule.update(header=own.group(1), pattern=own.group("anywhere") if start is None else "^" + start)
            elif other:
                rule.update(header=other.group(1).lower(), pattern=other.group(2) or ".*")
            out.append(rule)
    return out


def write_rules(rules: Iterable[Mapping[str, str]]) -> list[list[Any]]:
    """header_matches as header_filter_rules; read_rules is the inverse."""
    out = []
    for rule in rules:
        pattern = rule["pattern"]
        line = "[ ]*" + pattern[1:] if pattern.startswith("^") else ".*?(?:" + pattern + ")"
        out.append(["^" + rule["header"] + ":" + line, stored(_RULE_ACTIONS, rule["action"]), False])
    return out


def check_rules(rules: Iterable[Mapping[str, str]]) -> None:
    """Refuse rules that one line of 2.1 cannot express."""
    for rule in rules:
        pattern = rule["pattern"]
        if "\n" in pattern or (pattern.startswith("^") and _alternatives(pattern[1:])):
            raise vocabulary.refuse(
                "header_matches.pattern",
                pattern,
                "on Mailman 2.1 one line, with alternatives after ^ in a group: ^(?:a|b)",
            )


def _alternatives(pattern: str) -> bool:
    """Whether a regular expression has | outside of groups and classes."""
    bare = re.sub(r"\\.", "", pattern)
    bare = re.sub(r"\[\^?\]?[^\]]*\]", "", bare)
    depth = 0
    for char in bare:
        depth += {"(": 1, ")": -1}.get(char, 0)
        if char == "|" and depth == 0:
            return True
    return False
