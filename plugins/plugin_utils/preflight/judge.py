# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""All refusals of the variables of some roles. Pure: the function that evaluates a variable is passed in."""

from __future__ import annotations

import importlib
from typing import Any, Callable, Mapping, NamedTuple

from ansible_collections.listops.mailman.plugins.plugin_utils.preflight import platform
from ansible_collections.listops.mailman.plugins.plugin_utils.preflight.given import Given
from ansible_collections.listops.mailman.plugins.plugin_utils.preflight.kinds import MISSING
from ansible_collections.listops.mailman.plugins.plugin_utils.preflight.types import Option

PACKAGE = "ansible_collections.listops.mailman.plugins.plugin_utils.preflight"


class Unreadable(Exception):
    """A variable whose template cannot be evaluated."""


# A function from a variable's name to its value; the second argument has values that replace those of the inventory.
Evaluate = Callable[[str, dict[str, Any]], Any]


class Role(NamedTuple):
    """A role, as its files say.

    options: its argument specification.
    defaults, vars: its variables, not evaluated.
    """

    name: str
    options: Mapping[str, Option]
    defaults: Mapping[str, Any]
    vars: Mapping[str, Any]


class Inventory:
    """Variables of one host.

    Variables in the inventory are checked first. Defaults of roles that refer to a refused one are evaluated with another
    value, so that a mistake is shown once, under the name that the inventory uses.
    """

    def __init__(self, roles: list[Role], variables: Mapping[str, Any], evaluate: Evaluate) -> None:
        self._roles = roles
        self._rules = {role.name: importlib.import_module("{0}.{1}".format(PACKAGE, role.name)) for role in roles}
        self._evaluate = evaluate
        self._instead: dict[str, Any] = {}
        self._pending: list[str] = []
        self.given = Given(facts=variables.get("ansible_facts"), name=variables.get("inventory_hostname", ""))
        said = [
            (role, name)
            for role in roles
            for name in role.options
            if name in variables and variables[name] != role.defaults.get(name, MISSING)
        ]
        self.given.by_inventory.update(name for _role, name in said)
        for role, name in said:
            if not self._take(role, name):
                self._instead[name] = role.defaults.get(name, self._stand_in(role, name))
        for role in roles:
            for name in role.options:
                if name not in self.given.by_inventory:
                    self._take(role, name)

    def _stand_in(self, role: Role, name: str) -> Any:
        return getattr(self._rules[role.name], "STAND_INS", {}).get(name, "")

    def _take(self, role: Role, name: str) -> bool:
        rule = self._rules[role.name].RULES.get(name)
        # A template as default is in the specification only for text.
        option = {"default": None, **role.options[name]} if name in role.defaults else role.options[name]
        try:
            value = self._evaluate(name, self._instead)
        except KeyError:
            value = MISSING
        except Unreadable as exc:
            if name not in role.defaults or name in self.given.by_inventory:
                self.given.complain("{0} cannot be read: {1}".format(name, exc))
                return False
            # It follows from a refused variable, or needs facts of a host that is not asked.
            if self.given.host:
                self._pending.append("{0} cannot be read: {1}".format(name, exc))
            return True
        return self.given.take(name, value, option, rule)

    def questions(self) -> dict[str, list[Any]]:
        """Questions that only the host can answer."""
        asked: dict[str, list[Any]] = {"calendars": [], "timespans": [], "files": [], "key_pairs": []}
        if not platform.supported(self.given.host):
            # It may not understand the questions.
            return asked
        for role in self._roles:
            ask = getattr(self._rules[role.name], "questions", None)
            for kind, items in (ask(self.given) if ask else {}).items():
                asked[kind] += [item for item in items if item not in asked[kind]]
        return asked

    def refusals(self, found: Mapping[str, Any] | None) -> list[str]:
        """All refusals as sentences. found: the answers of the host, None when it is not asked."""
        self.given.found = found
        for role in self._roles:
            together = getattr(self._rules[role.name], "together", None)
            if together:
                together(self.given)
        found_wrong = [*map(str, self.given.refusals), *self.given.complaints]
        return found_wrong or self._pending
