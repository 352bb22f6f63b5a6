# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The services of a host together: Mailman, its archive, and the order in which they are told of a change."""

from __future__ import annotations

import contextlib
from typing import Any, Iterator, Mapping, Sequence

from ansible_collections.listops.mailman.plugins.module_utils import archives, rename
from ansible_collections.listops.mailman.plugins.module_utils.engine import Engine, NotInstalled
from ansible_collections.listops.mailman.plugins.module_utils.mailman21_client import Mailman21, Pipermail
from ansible_collections.listops.mailman.plugins.module_utils.model import ListSpec
from ansible_collections.listops.mailman.plugins.module_utils.plan import ListPlan
from ansible_collections.listops.mailman.plugins.module_utils.rename import Rename
from ansible_collections.listops.mailman.plugins.module_utils.service import resume, stopped


def open_archives(engine: Engine, params: Mapping[str, Any]) -> Engine | Pipermail | None:
    """HyperKitty, when it is installed; Mailman 2.1 has archives of its own."""
    if isinstance(engine, Mailman21):
        return Pipermail(engine)
    command = params["web_manage"]
    try:
        return Engine("hyperkitty", command=command, option="web_manage", opening={"user": params["web_user"]})
    except NotInstalled:
        if command:
            raise
        return None


class Site:
    """What is to do on a host. plans: with what is left in archives and of interrupted renames."""

    def __init__(
        self,
        engine: Engine,
        web: Engine | Pipermail | None,
        service: str,
        specs: Sequence[ListSpec],
        plans: Sequence[ListPlan],
    ) -> None:
        self._engine = engine
        self._web = web
        self._service = service
        self._dropped = archives.dropped(specs)
        former = rename.former_names(specs)
        names = archives.concerned(plans) + self._dropped + [name for item in former for name in (item.old, item.new)]
        self._there = web.request({"op": "look", "lists": names})["archives"] if web else {}
        archives.guard(plans, self._there)
        self._copies = self._ask("copies", self._dropped)
        self._renames = rename.remaining(former, plans, self._ask("unfinished", [item.old for item in former]))
        self._moves = rename.moves(former, plans, self._there)
        rename.check_moves(self._moves, self._there)
        plans = archives.with_drops(plans, self._dropped, self._there, self._copies)
        self.plans = rename.with_remains(plans, self._renames + self._moves)

    def _ask(self, question: str, lists: list[str]) -> list[str]:
        found: list[str] = self._engine.request({"op": question, "lists": lists})["lists"] if lists else []
        return found

    def apply(self, was_stopped: bool) -> Mapping[str, str]:
        """Carry out the plans; the lists that failed, with a sentence each, of which the archive is told nothing.

        was_stopped: a run before this one stopped Mailman and was interrupted.
        """
        if self._renames:
            with stopped(self._engine, self._service):
                self._rename()
        else:
            if self._moves:
                self._rename()
            if was_stopped and self._service:
                resume(self._engine, self._service)
        self._tell(archives.before(self.plans))
        steps = [plan.step for plan in self.plans if plan.step]
        failed = self._engine.apply(steps) if steps else {}
        copies = [name for name in self._copies if name not in failed]
        if copies:
            self._engine.request({"op": "drop_copies", "lists": copies})
        self._tell(archives.after(plan for plan in self.plans if plan.name not in failed))
        dropped = [name for name in self._dropped if name in self._there and name not in failed]
        if self._web and dropped:
            self._web.request({"op": "drop", "lists": dropped})
        return failed

    def _rename(self) -> None:
        # The policy first, also of a list whose archive stays: HyperKitty takes a list that it does not know for public.
        names = {item.new for item in self._renames}
        private = {
            plan.name: "private" for plan in self.plans if plan.name in names and plan.archive_policy == "private"
        }
        self._tell({**private, **{item.new: self._there[item.old]["archive_policy"] for item in self._moves}})
        if self._renames:
            follow = [item.old for item in self._renames if item.archives == "follow"]
            self._engine.request({"op": "rename", "renames": _pairs(self._renames), "follow": follow})
        if self._web and self._moves:
            self._web.request({"op": "move", "renames": _pairs(self._moves)})

    def _tell(self, policies: Mapping[str, str]) -> None:
        if self._web and policies:
            self._web.request({"op": "set_policies", "policies": policies})


def _pairs(renames: Sequence[Rename]) -> list[list[str]]:
    return [[item.old, item.new] for item in renames]


@contextlib.contextmanager
def open_site(
    engine: Engine, params: Mapping[str, Any], specs: Sequence[ListSpec], plans: Sequence[ListPlan]
) -> Iterator[Site]:
    """The site of a module's parameters; HyperKitty is started only where a plan concerns it."""
    web = None
    if archives.concerned(plans) or archives.dropped(specs) or rename.former_names(specs):
        web = open_archives(engine, params)
    with web or contextlib.nullcontext():
        # A module without the option renames nothing.
        service = (params["mailman_service"] or engine.service) if "mailman_service" in params else ""
        yield Site(engine, web, service, specs, plans)
