# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The site's naming scheme. Pure."""

from __future__ import annotations

from typing import Any, Mapping, NamedTuple

from ansible_collections.listops.mailman.plugins.module_utils import _patterns as patterns
from ansible_collections.listops.mailman.plugins.module_utils._lists import vocabulary
from ansible_collections.listops.mailman.plugins.module_utils._lists.vocabulary import Invalid


class Naming(NamedTuple):
    """Rules for new names.

    rules: (regular expression for a whole local part, explanation); without rules, all names are accepted.
    exceptions: local parts that need not match a rule.
    """

    rules: tuple[tuple[str, str], ...] = ()
    exceptions: frozenset[str] = frozenset()


def parse(value: Mapping[str, Any]) -> Naming:
    """A scheme from {"rules": [{"pattern", "explanation"}], "exceptions": [names]}."""
    for key in value:
        if key not in ("rules", "exceptions"):
            raise vocabulary.unknown_key(key, ["rules", "exceptions"], " (naming)")
    rules = value.get("rules") or []
    if not isinstance(rules, (list, tuple)):
        raise vocabulary.refuse("naming.rules", rules, "a list of dictionaries with pattern and explanation")
    found = []
    for rule in rules:
        if not isinstance(rule, Mapping) or set(rule) != {"pattern", "explanation"}:
            raise vocabulary.refuse("naming.rules", rule, "a list of dictionaries with pattern and explanation")
        pattern = vocabulary.pattern("naming.rules.pattern", rule["pattern"])
        found.append((pattern, vocabulary.line("naming.rules.explanation", rule["explanation"])))
    exceptions = vocabulary.strings("naming.exceptions", value.get("exceptions") or [])
    return Naming(tuple(found), frozenset(vocabulary.list_name(name).partition("@")[0] for name in exceptions))


def check(name: str, naming: Naming, matcher: patterns.Matcher) -> None:
    """Refuse the posting address of a new list that matches no rule."""
    local = name.partition("@")[0]
    if not naming.rules or local in naming.exceptions:
        return
    try:
        follows = matcher.first([pattern for pattern, _explanation in naming.rules], [local], whole=True)
    except patterns.TooSlow as exc:
        raise Invalid(
            "naming.rules.pattern is {0!r}, which cannot be compared with {1} within {2:g} s: give a regular "
            "expression without repetitions inside repetitions".format(exc.pattern, local, patterns.SECONDS)
        ) from None
    if not follows:
        raise Invalid(
            "list {0}: its name follows no rule of naming: give {1}, or a name among the exceptions".format(
                name, "; ".join("{0} ({1})".format(pattern, explanation) for pattern, explanation in naming.rules)
            )
        )
