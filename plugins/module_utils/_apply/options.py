# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The options of every task that declares lists or members, as typed values. Pure."""

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
    """How a task applies what it declares.

    policy: what may change in lists, see plan.Policy.
    diff_limit: how many lines of the diff are shown, 0 for all.
    service: the systemd unit that is stopped for a rename, "" for the default unit of the Mailman; None where the task
        stops and starts nothing.
    remove_undeclared: delete lists that are not declared.
    must_exist: refuse lists that do not exist instead of creating them.
    everywhere: the declaration is for every list, so a list that cannot be read is an error although nobody names it.
    site_bans: what is banned from every list, sorted; None leaves that as it is.
    whole_site: compare the archives of all lists with Mailman's policies, not only those of declared lists.
    """

    connection: Connection
    policy: Policy = Policy()
    diff_limit: int = report.DIFF_LIMIT
    check_mode: bool = False
    service: str | None = None
    remove_undeclared: bool = False
    must_exist: bool = False
    everywhere: bool = False
    site_bans: list[str] | None = None
    whole_site: bool = False

    @classmethod
    def of(cls, params: Mapping[str, Any], *, check_mode: bool, scheme: naming.Naming = naming.Naming()) -> TaskOptions:
        """Parse the parameters of a module that has CONNECTION_SPEC and POLICY_SPEC. Raises Invalid."""
        if params["diff_limit"] < 0:
            raise refuse("diff_limit", params["diff_limit"], "a number of lines, 0 for no limit")
        policy = Policy(naming=scheme, **{name: params[name] for name in POLICY_SPEC if name != "diff_limit"})
        return cls(Connection.of(params), policy, params["diff_limit"], check_mode)

    def with_scope(self, **scope: Any) -> TaskOptions:
        """The same with the module's own options."""
        return replace(self, **scope)
