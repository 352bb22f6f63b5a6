# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The options of every task that declares lists or members, and what they say. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Mapping

from ansible_collections.listops.mailman.plugins.module_utils._argspec import Connection
from ansible_collections.listops.mailman.plugins.module_utils._lists import naming, report
from ansible_collections.listops.mailman.plugins.module_utils._lists.plan import Policy
from ansible_collections.listops.mailman.plugins.module_utils._lists.vocabulary import refuse

POLICY_SPEC: dict[str, dict[str, Any]] = {
    "allow_shrink": {"type": "bool", "default": False},
    "override_bans": {"type": "bool", "default": False},
    "send_welcome": {"type": "bool", "default": False},
    "send_goodbye": {"type": "bool", "default": False},
    "diff_limit": {"type": "int", "default": report.DIFF_LIMIT},
}


@dataclass(frozen=True)
class TaskOptions:
    """How a task goes about what it declares.

    policy: what may change in lists, see plan.Policy.
    diff_limit: how many lines of the diff are shown, 0 for all.
    service: the systemd unit that is stopped for a rename, "" for that of the Mailman which is found; None where the task
        stops and starts nothing.
    remove_undeclared: delete lists that are not declared.
    must_exist: a list that does not exist is an error, not something to create.
    everywhere: what is declared is of every list, so one that cannot be read is an error though nobody names it.
    whole_site: the archives of all lists are compared with what Mailman says, not only those of declared lists.
    """

    connection: Connection
    policy: Policy = Policy()
    diff_limit: int = report.DIFF_LIMIT
    check_mode: bool = False
    service: str | None = None
    remove_undeclared: bool = False
    must_exist: bool = False
    everywhere: bool = False
    whole_site: bool = False

    @classmethod
    def of(cls, params: Mapping[str, Any], *, check_mode: bool, scheme: naming.Naming = naming.Naming()) -> TaskOptions:
        """From the parameters of a module that has CONNECTION_SPEC and POLICY_SPEC; Invalid when they make no sense."""
        if params["diff_limit"] < 0:
            raise refuse("diff_limit", params["diff_limit"], "a number of lines, 0 for no limit")
        policy = Policy(naming=scheme, **{name: params[name] for name in POLICY_SPEC if name != "diff_limit"})
        return cls(Connection.of(params), policy, params["diff_limit"], check_mode)

    def with_scope(self, **scope: Any) -> TaskOptions:
        """The same, with what this module's own options say."""
        return replace(self, **scope)
