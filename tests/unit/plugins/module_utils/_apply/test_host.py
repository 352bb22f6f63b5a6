# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import contextlib

import pytest

from ansible_collections.listops.mailman.plugins.module_utils._apply import host
from ansible_collections.listops.mailman.plugins.module_utils._errors import HostError
from ansible_collections.listops.mailman.plugins.module_utils._lists import model
from ansible_collections.listops.mailman.plugins.module_utils._lists.plan import plan_site

A, B = "a@lists.example.org", "b@lists.example.org"
LIST = {
    "settings": {"archive_policy": "private"},
    "rosters": {},
    "bans": [],
    "header_matches": [],
    "archivers": {},
    "templates": {},
    "saved": None,
}


class Mailman:
    """Notes in what order it is told what; policies: what it says of archives afterwards; failed: what apply() says."""

    def __init__(self, told, policies=None, failed=()):
        self.told, self.policies, self.failed = told, policies or {}, failed

    def unfinished_renames(self, former):
        return []

    def archive_policies(self):
        return self.policies

    def rename(self, renames, follow):
        self.told.append(("mailman", "rename", None))

    def apply(self, steps):
        self.told.append(("mailman", "apply", None))
        return dict.fromkeys(self.failed, "no")


class Archive:
    """HyperKitty; what it is told it knows, unless Mailman tells it something else. shown: what it goes by."""

    follows_late = True

    def __init__(self, told, shown, stubborn=0):
        self.told, self.shown, self.stubborn = told, shown, stubborn

    def policies(self):
        return dict(self.shown)

    def look(self, lists):
        return {name: model.ArchiveState(policy, 1) for name, policy in self.shown.items() if name in lists}

    def set_policies(self, policies):
        self.told.append(("archive", "set_policies", policies))
        self.shown.update(policies)

    def correct_policies(self, policies):
        self.told.append(("archive", "correct_policies", policies))
        if self.stubborn:
            self.stubborn -= 1
        else:
            self.shown.update(policies)
        return {}

    def move(self, renames):
        self.told.append(("archive", "move", None))


@pytest.fixture
def told(monkeypatch):
    log = []

    @contextlib.contextmanager
    def stopped(_engine, _service):
        log.append(("service", "stop", None))
        yield
        log.append(("service", "start", None))

    monkeypatch.setattr(host, "stopped", stopped)
    monkeypatch.setattr(host, "resume", lambda _engine, _service: log.append(("service", "start", None)))
    return log


def rename(told, existing, archives, was_stopped, **entry):
    specs = model.parse_site([{"name": B, "renamed_from": [A], **entry}])
    plans = plan_site(specs, {existing: LIST})
    web = Archive(told, archives)
    host.HostUpdate(Mailman(told, {B: "private"}), web, "mailman3.service", specs, plans, {existing: "private"}).apply(
        was_stopped
    )
    return [(who, what, policies) for who, what, policies in told if what not in ("apply", "correct_policies")]


def test_a_run_that_finishes_moving_an_archive_starts_mailman_again(told):
    assert rename(told, B, {A: "private"}, was_stopped=True) == [
        ("archive", "set_policies", {B: "private"}),
        ("archive", "move", None),
        ("service", "start", None),
    ]


def test_a_private_list_whose_archive_stays_is_private_under_its_new_name_before_it_has_that(told):
    assert rename(told, A, {}, was_stopped=False, renamed_archives="stay") == [
        ("service", "stop", None),
        ("archive", "set_policies", {B: "private"}),
        ("mailman", "rename", None),
        ("service", "start", None),
    ]


class Guard:
    def __init__(self, told, *names):
        self.told, self.names = told, frozenset(names)

    def keeps(self, name):
        return name in self.names

    def write(self, names):
        if frozenset(names) != self.names:
            self.names = frozenset(names)
            self.told.append(("guard", "write", sorted(names)))


def apply(told, before, wanted, shown, guard=None, failed=(), only=None, **archive):
    """before, wanted: policies of lists in Mailman, and as they are declared."""
    specs = model.parse_site([{"name": name, "archive_policy": policy} for name, policy in wanted.items()])
    there = {name: dict(LIST, settings={"archive_policy": policy}) for name, policy in before.items()}
    after = dict(before, **{name: policy for name, policy in wanted.items() if name not in failed})
    mailman = Mailman(told, after, failed)
    plans = plan_site(specs, there)
    done = host.HostUpdate(mailman, Archive(told, shown, **archive), "mailman3", specs, plans, before, guard, only)
    done.apply(was_stopped=False)
    return done


def test_the_archive_of_a_list_that_failed_is_not_opened(told):
    private, public = dict.fromkeys((A, B), "private"), dict.fromkeys((A, B), "public")
    guard = Guard(told, A, B)
    apply(told, private, public, dict(private), guard, failed=[A])
    assert told == [("mailman", "apply", None), ("archive", "correct_policies", {B: "public"}), ("guard", "write", [A])]


def test_a_list_is_private_to_the_guard_then_to_the_archive_then_to_mailman(told, monkeypatch):
    monkeypatch.setattr(host, "SETTLE_SECONDS", 0)
    apply(told, {A: "public"}, {A: "private"}, {A: "public"}, Guard(told))
    assert told == [
        ("guard", "write", [A]),
        ("archive", "set_policies", {A: "private"}),
        ("mailman", "apply", None),
    ]


def test_a_list_that_shall_be_private_stays_shut_when_mailman_fails(told):
    guard = Guard(told)
    apply(told, {A: "public"}, {A: "private"}, {A: "public"}, guard, failed=[A])
    assert told == [("guard", "write", [A]), ("archive", "set_policies", {A: "private"}), ("mailman", "apply", None)]


@pytest.mark.parametrize("policy", ["private", "public"])
def test_a_run_that_changes_nothing_tells_nobody_anything(told, policy):
    done = apply(told, {A: policy}, {A: policy}, {A: policy}, Guard(told, *[A][: policy == "private"]))
    assert told == []
    assert [plan.action for plan in done.plans] == ["none"]


def test_drift_is_mended_also_of_lists_that_nobody_declares(told):
    before = {A: "private", B: "private"}
    done = apply(told, before, {A: "private"}, {A: "private", B: "public"}, Guard(told, A))
    assert told == [("guard", "write", [A, B]), ("archive", "correct_policies", {B: "private"})]
    assert {plan.name: plan.action for plan in done.plans} == {A: "none", B: "change"}


def test_a_task_for_one_list_leaves_the_archives_of_others_alone(told):
    before = {A: "private", B: "private"}
    apply(told, before, {A: "private"}, {A: "private", B: "public"}, Guard(told, A), only=[A])
    assert told == []


def test_an_archive_that_does_not_settle_is_an_error_and_stays_shut(told, monkeypatch):
    monkeypatch.setattr(host, "SETTLE_SECONDS", 0)
    guard = Guard(told, A)
    with pytest.raises(HostError, match="keeps changing to private, but Mailman says public"):
        apply(told, {A: "private"}, {A: "public"}, {A: "private"}, guard, stubborn=99)
    assert guard.names == {A}


def test_what_the_guard_lost_is_noted_anew_before_and_after(told):
    guard = Guard(told)
    guard.names = None
    before = {A: "private", B: "public"}
    done = apply(told, before, {B: "public"}, {A: "private", B: "public"}, guard, only=[B])
    assert done.renews
    assert told == [("guard", "write", [A])]


def test_a_renamed_private_list_is_guarded_under_both_names_until_the_old_one_is_gone(told):
    specs = model.parse_site([{"name": B, "renamed_from": [A]}])
    web = Archive(told, {A: "private"})
    guard = Guard(told, A)
    plans = plan_site(specs, {A: LIST})
    renaming = host.HostUpdate(Mailman(told, {B: "private"}), web, "mailman3", specs, plans, {A: "private"}, guard)
    # HyperKitty's own move
    del web.shown[A]
    renaming.apply(was_stopped=False)
    writes = [(place, names) for place, (who, _what, names) in enumerate(told) if who == "guard"]
    assert [names for _place, names in writes] == [[A, B], [B]]
    assert writes[0][0] == 0 and writes[1][0] == len(told) - 1


def test_an_archive_that_cannot_be_mended_is_an_error_of_its_list_only(told, monkeypatch):
    monkeypatch.setattr(host, "SETTLE_SECONDS", 0)
    both = {A: "private", B: "private"}

    class Pipermail(Archive):
        def correct_policies(self, policies):
            self.shown[B] = "private"
            return {A: "list a: no"}

    web = Pipermail(told, {A: "public", B: "public"})
    done = host.HostUpdate(Mailman(told, both), web, "mailman", [], [], both)
    assert done.apply(was_stopped=False) == {A: "list a: no"}
