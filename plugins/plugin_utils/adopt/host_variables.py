# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is found in the configuration of a host, collected as variables of the roles. Pure.

Nothing is taken that the roles would refuse: it is said instead.
"""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any, Mapping

import yaml

from ansible_collections.listops.mailman.plugins.filter.secret_settings import secret_settings
from ansible_collections.listops.mailman.plugins.plugin_utils import variables_file
from ansible_collections.listops.mailman.plugins.plugin_utils.preflight import (
    apache,
    exim,
    kinds,
    mailman,
    spamassassin,
)

ROLES = Path(__file__).resolve().parents[3] / "roles"
RULES: dict[str, kinds.Rule] = {**mailman.RULES, **exim.RULES, **apache.RULES, **spamassassin.RULES}


@functools.lru_cache(maxsize=None)
def raw_defaults(role: str) -> Mapping[str, Any]:
    """The defaults of a role, with templates as they are."""
    found: Mapping[str, Any] = yaml.safe_load((ROLES / role / "defaults/main.yml").read_text(encoding="utf-8"))
    return found


@functools.lru_cache(maxsize=None)
def defaults(role: str) -> Mapping[str, Any]:
    """The defaults of a role that are no templates."""
    return {name: value for name, value in raw_defaults(role).items() if not _is_template(value)}


def role_variable(role: str, name: str) -> Any:
    """A variable of a role, with its templates as they are."""
    return _role_variables(role)[name]


@functools.lru_cache(maxsize=None)
def _role_variables(role: str) -> Mapping[str, Any]:
    found: Mapping[str, Any] = yaml.safe_load((ROLES / role / "vars/main.yml").read_text(encoding="utf-8"))
    return found


def _is_template(value: Any) -> bool:
    return "{{" in yaml.safe_dump(value)


def _is_like(value: Any, default: Any) -> bool:
    """Whether a value is of the type that the role has; lists are of texts or of dictionaries."""
    if isinstance(value, list):
        return isinstance(default, list) and all(isinstance(item, (str, dict)) for item in value)
    if isinstance(value, bool) or isinstance(default, bool):
        return isinstance(value, bool) and isinstance(default, bool)
    if isinstance(default, float):
        return isinstance(value, (int, float))
    return any(isinstance(value, kind) and isinstance(default, kind) for kind in (str, int, dict))


class Found:
    """variables, secrets: by name. notes: path of a file -> sentences about it.

    with_secrets: whether variables may refer to secrets.
    """

    def __init__(self, with_secrets: bool = True) -> None:
        self._with_secrets = with_secrets
        self.variables: dict[str, Any] = {}
        self.secrets: dict[str, Any] = {}
        self.notes: dict[str, list[str]] = {}

    def note(self, path: str, sentence: str) -> None:
        said = self.notes.setdefault(path, [])
        if sentence not in said:
            said.append(sentence)

    def take(self, path: str, name: str, value: Any, default: Any) -> None:
        """A variable, unless it is what the role has without it."""
        if value == default and isinstance(value, bool) == isinstance(default, bool):
            return
        if not _is_like(value, default):
            self.note(
                path,
                "{0} would be {1}, which is of another kind than {2}.".format(
                    name, kinds.shown(value), kinds.shown(default)
                ),
            )
        elif self._accepted(path, name, value):
            self.variables[name] = value

    def take_secret(self, path: str, name: str, value: Any) -> None:
        """A password of which nothing is ever shown."""
        if not isinstance(value, str) or not value:
            return
        if mailman.SECRET.accepts(value):
            self.secrets[name] = value
        else:
            self.note(path, "{0} cannot be what is there: {1} is accepted.".format(name, mailman.SECRET.accepted))

    def take_settings(self, path: str, name: str, settings: Mapping[str, Any], *, sections: bool = False) -> None:
        """A dictionary of settings, of which those that may be passwords are variables of their own among the secrets."""
        chosen = {key: dict(value) if sections else value for key, value in settings.items()}
        for key in list(chosen):
            single = {key: chosen[key]}
            if self._accepted(path, name, single):
                continue
            del chosen[key]
        for key, value in secret_settings(chosen, sections=sections).items():
            for inner, hidden in value.items() if sections else [("", value)]:
                place, last = (chosen[key], inner) if sections else (chosen, key)
                place[last] = self._refer("_".join(filter(None, (name, key, inner))), hidden)
                if not self._with_secrets:
                    del place[last]
                    self.note(
                        path, "{0} has {1}, which may be a password, and is not adopted: it goes.".format(name, last)
                    )
            if not chosen.get(key, True):
                del chosen[key]
        if chosen:
            self.variables[name] = chosen

    def _refer(self, name: str, value: Any) -> variables_file.Template:
        variable = "".join(letter if letter.isalnum() else "_" for letter in name.lower())
        self.secrets[variable] = value
        return variables_file.Template("{{ " + variable + " }}")

    def _accepted(self, path: str, name: str, value: Any) -> bool:
        refusals = list(RULES[name].check(name, value)) if name in RULES else []
        for refusal in refusals:
            self.note(path, str(refusal._replace(secret=True) if isinstance(value, Mapping) else refusal))
        return not refusals
