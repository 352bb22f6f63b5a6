# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks variables of roles and shows all refusals; see the documentation of the module."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ansible.errors import AnsibleError
from ansible.plugins.action import ActionBase

from ansible_collections.listops.mailman.plugins.plugin_utils.preflight import judge, site

ROLES = Path(__file__).resolve().parents[2] / "roles"
ON_HOST = "listops.mailman.host_info"
REFUSALS_MOST = 50


class ActionModule(ActionBase):
    """Rules run on the controller; the module host_info answers what only the host knows."""

    TRANSFERS_FILES = False
    _requires_connection = False

    def run(self, tmp: Any = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        result: dict[str, Any] = super().run(tmp, task_vars)
        variables = task_vars or {}
        _validated, arguments = self.validate_argument_spec(
            {
                "roles": {"type": "list", "elements": "str", "required": True},
                "ask_host": {"type": "bool", "default": True},
            }
        )
        roles = [self._role(name) for name in arguments["roles"]]
        asked = judge.Inventory(roles, variables, self._evaluate(roles, variables))
        found = None
        if arguments["ask_host"]:
            questions = asked.questions()
            found = self._ask(questions, variables) if any(questions.values()) else {}
        refusals = asked.refusals(found)
        if refusals:
            result.update(failed=True, msg="\n".join(_few(refusals)))
        else:
            result["checked"] = arguments["roles"]
        return result

    def _role(self, name: str) -> judge.Role:
        if name in ("site", "shared"):
            return judge.Role("site", site.OPTIONS if name == "site" else site.OPTIONAL, {}, {})
        folder = ROLES / name
        specs = self._load(folder / "meta/argument_specs.yml")["argument_specs"]["main"].get("options", {})
        return judge.Role(name, specs, self._load(folder / "defaults/main.yml"), self._load(folder / "vars/main.yml"))

    def _load(self, path: Path) -> dict[str, Any]:
        if not path.exists():
            return {}
        try:
            loaded = self._loader.load_from_file(str(path), trusted_as_template=True)
        except TypeError:
            # before ansible-core 2.19 what is in a file is a template in any case
            loaded = self._loader.load_from_file(str(path))
        return loaded or {}

    def _evaluate(self, roles: list[judge.Role], variables: dict[str, Any]) -> judge.Evaluate:
        def evaluate(name: str, instead: dict[str, Any]) -> Any:
            known: dict[str, Any] = {}
            for role in roles:
                known.update(role.defaults)
            for role in roles:
                known.update(role.vars)
            known.update(variables)
            known.update(instead)
            try:
                return self._templar.copy_with_new_env(available_variables=known).template(known[name])
            except AnsibleError as exc:
                raise judge.Unreadable(str(exc)) from exc

        return evaluate

    def _ask(self, questions: dict[str, Any], variables: dict[str, Any]) -> dict[str, Any]:
        answer: dict[str, Any] = self._execute_module(ON_HOST, questions, task_vars=variables)
        if answer.get("failed"):
            raise AnsibleError(str(answer.get("msg")))
        return answer


def _few(refusals: list[str]) -> list[str]:
    more = len(refusals) - REFUSALS_MOST
    return refusals if more <= 0 else [*refusals[:REFUSALS_MOST], "and {0} more of this kind.".format(more)]
