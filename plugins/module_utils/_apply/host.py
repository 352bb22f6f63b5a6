# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The services of a host together: Mailman, its archive, and the order in which they are told of a change."""

from __future__ import annotations

import contextlib
import os
import time
from typing import Any, Container, Iterator, Mapping, Sequence

from ansible_collections.listops.mailman.plugins.module_utils._archives import policy as archives
from ansible_collections.listops.mailman.plugins.module_utils._archives.guard import PATH, ArchiveGuard
from ansible_collections.listops.mailman.plugins.module_utils._lists import rename
from ansible_collections.listops.mailman.plugins.module_utils._lists.model import ListSpec
from ansible_collections.listops.mailman.plugins.module_utils._lists.plan import ListPlan
from ansible_collections.listops.mailman.plugins.module_utils._lists.rename import Rename
from ansible_collections.listops.mailman.plugins.module_utils._mailman21.client import Mailman21, Pipermail
from ansible_collections.listops.mailman.plugins.module_utils._programs.process import Engine, EngineError, NotInstalled
from ansible_collections.listops.mailman.plugins.module_utils._systemd import resume, stopped

# What HyperKitty asked Mailman before a list became private, it may still write down after.
SETTLE_SECONDS = 1.0
# So often it is told again.
SETTLE_ROUNDS = 10


@contextlib.contextmanager
def open_archives(engine: Engine, params: Mapping[str, Any]) -> Iterator[Engine | Pipermail | None]:
    """HyperKitty, when it is installed; it gets ready beside Mailman. Mailman 2.1 has archives of its own.

    A module without options for it has nothing to do with archives.
    """
    if isinstance(engine, Mailman21):
        yield Pipermail(engine)
        return
    found = None
    with contextlib.suppress(NotInstalled) if not params.get("web_manage") else contextlib.nullcontext():
        if "web_manage" in params:
            found = Engine(
                "hyperkitty",
                command=params["web_manage"],
                option="web_manage",
                opening={"user": params["web_user"]},
            )
    if found is None or os.geteuid() != 0:
        # See open_site: who cannot become its user has not started it.
        yield found
        return
    with found:
        found.begin()
        yield found


def shown_policies(web: Engine | Pipermail | None) -> dict[str, str]:
    """What the archives go by; nothing where HyperKitty cannot be asked, which only root can."""
    if web is None or (isinstance(web, Engine) and os.geteuid() != 0):
        return {}
    return dict(web.request({"op": "policies"})["policies"])


class Site:
    """What is to do on a host. plans: with what is left in archives and of interrupted renames, and what drifted.

    policies: what Mailman says of all lists, see archives.py.
    guard: None where nothing is in front of the archive that knows private lists.
    only: the lists whose archives are compared with what Mailman says; None for all.
    """

    def __init__(
        self,
        engine: Engine,
        web: Engine | Pipermail | None,
        service: str,
        specs: Sequence[ListSpec],
        plans: Sequence[ListPlan],
        policies: Mapping[str, str],
        guard: ArchiveGuard | None = None,
        only: Sequence[str] | None = None,
    ) -> None:
        self._engine = engine
        self._web = web
        self._service = service
        self._guard = guard
        self._only = only
        self._policies = policies
        self._dropped = archives.dropped(specs)
        former = rename.former_names(specs)
        names = archives.concerned(plans) + self._dropped + [name for item in former for name in (item.old, item.new)]
        self._there = self._look(names)
        archives.guard(plans, self._there)
        self._copies = self._ask("copies", self._dropped)
        self._renames = rename.remaining(former, plans, self._ask("unfinished", [item.old for item in former]))
        self._moves = rename.moves(former, plans, self._there)
        rename.check_moves(self._moves, self._there)
        plans = archives.with_drops(plans, self._dropped, self._there, self._copies)
        plans = rename.with_remains(plans, self._renames + self._moves)
        self._shown = self._show()
        # Where the guard cannot read its file, everything is shut until it can.
        self.renews = guard is not None and guard.names is None
        kept = guard.names if guard else None
        self.plans = archives.with_drift(plans, self._names(), policies, self._shown, kept) if web else plans

    def _look(self, names: Sequence[str]) -> dict[str, dict[str, Any]]:
        there = self._web.request({"op": "look", "lists": names})["archives"] if self._web and names else {}
        if self._guard:
            for name in filter(self._guard.keeps, there):
                there[name]["archive_policy"] = "private"
        return dict(there)

    def _show(self) -> dict[str, str]:
        return shown_policies(self._web)

    def _names(self) -> set[str]:
        """The lists to look at."""
        if self._only is not None:
            return set(self._only)
        kept = self._guard.names if self._guard else None
        return {*self._policies, *self._shown, *(kept or ())}

    def _ask(self, question: str, lists: list[str]) -> list[str]:
        found: list[str] = self._engine.request({"op": question, "lists": lists})["lists"] if lists else []
        return found

    def apply(self, was_stopped: bool) -> Mapping[str, str]:
        """Carry out the plans; the lists that failed, with a sentence each, of which the archive is told nothing.

        was_stopped: a run before this one stopped Mailman and was interrupted.
        """
        self._shut()
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
        dropped = [name for name in self._dropped if name in self._there and name not in failed]
        if self._web and dropped:
            self._web.request({"op": "drop", "lists": dropped})
        if self._web and (self.renews or archives.watched(self.plans)):
            self._finish(failed)
        return failed

    def _shut(self) -> None:
        """Let the guard know what is private and what becomes so, before anybody else does."""
        if self._guard is None:
            return
        kept = self._guard.names
        if kept is None:
            kept = self._kept(frozenset(), {*self._policies, *self._shown})
        private = {name for name in self._names() if self._policies.get(name) == "private"}
        self._guard.write(kept | private | archives.private_after(self.plans))

    def _kept(self, kept: frozenset[str], names: set[str]) -> frozenset[str]:
        stay = {name for name in names if archives.stays_guarded(name, self._policies, self._shown, kept)}
        return kept.difference(names).union(stay)

    def _finish(self, failed: Container[str]) -> None:
        """Let the archive go by what Mailman says now, and let go only of what both say is public.

        failed: lists that are not as declared. Of those that shall be private, what is shut stays so until they are.
        """
        self._policies = self._engine.request({"op": "policies"})["policies"]
        former = {name for plan in self.plans for name in plan.changes.get("name", ())}
        names = self._names() | {plan.name for plan in self.plans} | former
        names -= {name for name in archives.private_after(self.plans) if name in failed}
        self._correct(names)
        if self._guard is not None and self._guard.names is not None:
            self._guard.write(self._kept(self._guard.names, names))

    def _correct(self, names: set[str]) -> None:
        # Of a list that was there, posts may be on their way, so that it is looked at twice.
        pause = bool(archives.closed(self.plans)) and not isinstance(self._web, Pipermail)
        settled = not pause
        for attempt in range(SETTLE_ROUNDS):
            self._shown = self._show()
            wrong = archives.misled(self._policies, self._shown, names)
            if self._web and wrong:
                self._web.request({"op": "correct_policies", "policies": wrong})
            elif settled:
                return
            settled = not wrong
            if pause or (wrong and attempt):
                time.sleep(SETTLE_SECONDS)
        if not wrong:
            return
        name, policy = next(iter(wrong.items()))
        raise EngineError(
            "list {0}: its archive takes itself for {1} again and again, and Mailman says {2}; run again".format(
                name, self._shown[name], policy
            )
        )

    def _rename(self) -> None:
        # The policy first, also of a list whose archive stays: HyperKitty takes a list that it does not know for public.
        names = {item.new for item in self._renames}
        private = {
            plan.name: "private" for plan in self.plans if plan.name in names and plan.archive_policy == "private"
        }
        self._tell({**private, **{item.new: self._policy(item) for item in self._moves}})
        if self._renames:
            follow = [item.old for item in self._renames if item.archives == "follow"]
            self._engine.request({"op": "rename", "renames": _pairs(self._renames), "follow": follow})
        if self._web and self._moves:
            self._web.request({"op": "move", "renames": _pairs(self._moves)})

    def _policy(self, item: Rename) -> str:
        """Of an archive that moves: that of its list, whichever name this has by now."""
        policy = self._policies.get(item.old, self._policies.get(item.new))
        there: str = self._there[item.old]["archive_policy"]
        return "private" if policy == "private" else there

    def _tell(self, policies: Mapping[str, str]) -> None:
        if self._web and policies:
            self._web.request({"op": "set_policies", "policies": policies})


def _pairs(renames: Sequence[Rename]) -> list[list[str]]:
    return [[item.old, item.new] for item in renames]


def open_site(
    engine: Engine,
    web: Engine | Pipermail | None,
    params: Mapping[str, Any],
    specs: Sequence[ListSpec],
    plans: Sequence[ListPlan],
) -> tuple[Site, list[str]]:
    """The site of a module's parameters, and what there is to warn of."""
    warnings = []
    concerned = archives.concerned(plans) or archives.dropped(specs) or rename.former_names(specs)
    guard = None
    if isinstance(web, Engine):
        if os.geteuid() != 0 and concerned:
            raise EngineError(
                "list {0}: its archive is concerned, so this must run as root (become: true)".format(specs[0].name)
            )
        if os.geteuid() != 0:
            warnings.append("whether archives are as private as their lists was not looked at, which needs root")
            web = None
        else:
            guard = ArchiveGuard(params["web_user"])
            if not guard.installed:
                guard = None
                warnings += _unguarded(archives.closed(plans))
            elif guard.damaged:
                warnings.append(
                    "{0} was not as it should be, so that all archives were shut; it is written anew".format(PATH)
                )
    # A module without the option renames nothing.
    service = (params["mailman_service"] or engine.service) if "mailman_service" in params else ""
    only = (
        None
        if params.get("lists") is not None
        else [spec.name for spec in specs] + [item.old for item in rename.former_names(specs)]
    )
    return Site(engine, web, service, specs, plans, engine.hello["archive_policies"], guard, only), warnings


def _unguarded(closed: Sequence[str]) -> list[str]:
    if not closed:
        return []
    more = " and {0} more lists".format(len(closed) - 1) if closed[1:] else ""
    return [
        "archive_policy of {0}{1}: while posts arrive, HyperKitty may take them for public for a moment yet, since nothing "
        "is in front of it that knows private lists; the role listops.mailman.apache installs that".format(
            closed[0], more
        )
    ]
