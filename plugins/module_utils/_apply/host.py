# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Mailman and its archive together, and the order in which they learn of a change."""

from __future__ import annotations

import time
from typing import Mapping, MutableMapping, Sequence

from ansible_collections.listops.mailman.plugins.module_utils._apply.service import resume, stopped
from ansible_collections.listops.mailman.plugins.module_utils._archives import policy
from ansible_collections.listops.mailman.plugins.module_utils._archives.guard import PATH, ArchiveGuard
from ansible_collections.listops.mailman.plugins.module_utils._backends.base import ArchiveBackend, ListBackend
from ansible_collections.listops.mailman.plugins.module_utils._errors import HostError
from ansible_collections.listops.mailman.plugins.module_utils._lists import rename
from ansible_collections.listops.mailman.plugins.module_utils._lists.model import ArchiveState, ListSpec
from ansible_collections.listops.mailman.plugins.module_utils._lists.plan import ListPlan
from ansible_collections.listops.mailman.plugins.module_utils._lists.rename import Rename

# HyperKitty may still store an answer that it got from Mailman before the list became private.
SETTLE_SECONDS = 1.0
# How often it is told again.
SETTLE_ROUNDS = 10


class HostUpdate:
    """Everything to do on a host. plans: include archives to remove, interrupted renames and drift of archives.

    policies: Mailman's archive policies of all lists, see _archives/policy.py.
    guard: None where no guard is needed.
    only: the lists whose archives are compared with Mailman's policies; None for all.
    """

    def __init__(
        self,
        backend: ListBackend,
        archive: ArchiveBackend | None,
        service: str,
        specs: Sequence[ListSpec],
        plans: Sequence[ListPlan],
        policies: Mapping[str, str],
        guard: ArchiveGuard | None = None,
        only: Sequence[str] | None = None,
    ) -> None:
        self._backend = backend
        self._archive = archive
        self._service = service
        self._guard = guard
        self._only = only
        self._policies = policies
        self._dropped = policy.dropped(specs)
        former = rename.former_names(specs)
        names = policy.concerned(plans) + self._dropped + [name for item in former for name in (item.old, item.new)]
        self._there = self._look(names)
        policy.guard(plans, self._there)
        self._copies = backend.copies(self._dropped) if self._dropped else []
        unfinished = backend.unfinished_renames([item.old for item in former]) if former else []
        self._renames = rename.remaining(former, plans, unfinished)
        self._moves = rename.moves(former, plans, self._there)
        rename.check_moves(self._moves, self._there)
        plans = policy.with_drops(plans, self._dropped, self._there, self._copies)
        plans = rename.with_remains(plans, self._renames + self._moves)
        self._shown = self._show()
        # A guard that cannot read its file keeps all archives closed.
        self.renews = guard is not None and guard.names is None
        kept = guard.names if guard else None
        self.plans = policy.with_drift(plans, self._names(), policies, self._shown, kept) if archive else plans

    def _look(self, names: Sequence[str]) -> dict[str, ArchiveState]:
        there = self._archive.look(names) if self._archive and names else {}
        if self._guard:
            for name in filter(self._guard.keeps, there):
                there[name] = there[name]._replace(policy="private")
        return there

    def _show(self) -> dict[str, str]:
        return self._archive.policies() if self._archive else {}

    def _names(self) -> set[str]:
        """The lists whose archives are compared."""
        if self._only is not None:
            return set(self._only)
        kept = self._guard.names if self._guard else None
        return {*self._policies, *self._shown, *(kept or ())}

    def apply(self, was_stopped: bool) -> Mapping[str, str]:
        """Carry out the plans. Returns the lists that failed, with a sentence each; their archives are left alone.

        was_stopped: an earlier run stopped Mailman and was interrupted.
        """
        self._shut()
        if self._renames:
            with stopped(self._backend, self._service):
                self._rename()
        else:
            if self._moves:
                self._rename()
            if was_stopped and self._service:
                resume(self._backend, self._service)
        self._tell(policy.before(self.plans))
        steps = [plan.step for plan in self.plans if plan.step]
        failed = dict(self._backend.apply(steps)) if steps else {}
        copies = [name for name in self._copies if name not in failed]
        if copies:
            self._backend.drop_copies(copies)
        dropped = [name for name in self._dropped if name in self._there and name not in failed]
        if self._archive and dropped:
            self._archive.drop(dropped)
        if self._archive and (self.renews or policy.watched(self.plans)):
            self._finish(failed)
        return failed

    def _shut(self) -> None:
        """Tell the guard which lists are or become private, before Mailman and the archive are told."""
        if self._guard is None:
            return
        kept = self._guard.names
        if kept is None:
            kept = self._kept(frozenset(), {*self._policies, *self._shown})
        private = {name for name in self._names() if self._policies.get(name) == "private"}
        self._guard.write(kept | private | policy.private_after(self.plans))

    def _kept(self, kept: frozenset[str], names: set[str]) -> frozenset[str]:
        stay = {name for name in names if policy.stays_guarded(name, self._policies, self._shown, kept)}
        return kept.difference(names).union(stay)

    def _finish(self, failed: MutableMapping[str, str]) -> None:
        """Make the archive follow Mailman, and open the guard only for lists that are public to both.

        failed: lists that are not as declared; lists whose archive cannot be corrected are added. If such a list shall be
            private, its archive stays closed until it is.
        """
        self._policies = self._backend.archive_policies()
        former = {name for plan in self.plans for name in plan.changes.get("name", ())}
        names = self._names() | {plan.name for plan in self.plans} | former
        names -= {name for name in policy.private_after(self.plans) if name in failed}
        failed.update(self._correct(names))
        if self._guard is not None and self._guard.names is not None:
            self._guard.write(self._kept(self._guard.names, names))

    def _correct(self, names: set[str]) -> Mapping[str, str]:
        """Make the archives of lists follow Mailman. Returns those that failed, with a sentence each."""
        failed: dict[str, str] = {}
        # Posts to an existing list may be under way, so its archive is compared twice.
        pause = bool(policy.closed(self.plans)) and self._archive is not None and self._archive.follows_late
        settled = not pause
        for attempt in range(SETTLE_ROUNDS):
            self._shown = self._show()
            wrong = policy.misled(self._policies, self._shown, names.difference(failed))
            if self._archive and wrong:
                failed.update(self._archive.correct_policies(wrong))
            elif settled:
                return failed
            settled = not wrong
            if pause or (wrong and attempt):
                time.sleep(SETTLE_SECONDS)
        if not wrong:
            return failed
        name, ours = next(iter(wrong.items()))
        raise HostError(
            "list {0}: its archive keeps changing to {1}, but Mailman says {2}; run again".format(
                name, self._shown[name], ours
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
            self._backend.rename(_pairs(self._renames), follow)
        if self._archive and self._moves:
            self._archive.move(_pairs(self._moves))

    def _policy(self, item: Rename) -> str:
        """The policy for an archive that moves: that of its list under the old or the new name."""
        ours = self._policies.get(item.old, self._policies.get(item.new))
        return "private" if ours == "private" else str(self._there[item.old].policy)

    def _tell(self, policies: Mapping[str, str]) -> None:
        if self._archive and policies:
            self._archive.set_policies(policies)


def _pairs(renames: Sequence[Rename]) -> list[list[str]]:
    return [[item.old, item.new] for item in renames]


def plan_host(
    backend: ListBackend,
    archive: ArchiveBackend | None,
    specs: Sequence[ListSpec],
    plans: Sequence[ListPlan],
    *,
    service: str = "",
    whole_site: bool = False,
) -> tuple[HostUpdate, list[str]]:
    """Everything to do on a host, and warnings.

    service: the systemd unit that is stopped for a rename, or "" where nothing is stopped or started.
    whole_site: whether the archives of all lists are compared with Mailman's policies.
    """
    warnings = []
    guard = archive.guard() if archive is not None and archive.accessible else None
    if archive is not None and not archive.accessible:
        if policy.concerned(plans) or policy.dropped(specs) or rename.former_names(specs):
            raise HostError(
                "list {0}: this changes its archive, so it must run as root (become: true)".format(specs[0].name)
            )
        warnings.append("archives were not compared with their lists, which needs root")
        archive = None
    if guard is not None and not guard.installed:
        guard = None
        warnings += _unguarded(policy.closed(plans))
    elif guard is not None and guard.damaged:
        warnings.append("{0} was damaged, so all archives were closed; it is rewritten".format(PATH))
    only = [spec.name for spec in specs] + [item.old for item in rename.former_names(specs)]
    policies = backend.info.archive_policies
    update = HostUpdate(backend, archive, service, specs, plans, policies, guard, None if whole_site else only)
    return update, warnings


def _unguarded(closed: Sequence[str]) -> list[str]:
    if not closed:
        return []
    more = " and {0} more lists".format(len(closed) - 1) if closed[1:] else ""
    return [
        "archive_policy of {0}{1}: while posts arrive, HyperKitty may still take them for public for a moment, since no guard "
        "is in front of it; the role listops.mailman.apache installs one".format(closed[0], more)
    ]
