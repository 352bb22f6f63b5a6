# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import contextlib

import pytest

from ansible_collections.listops.mailman.plugins.module_utils._apply import host as site
from ansible_collections.listops.mailman.plugins.module_utils._lists import model
from ansible_collections.listops.mailman.plugins.module_utils._lists.plan import plan_site
from ansible_collections.listops.mailman.plugins.module_utils._programs.process import EngineError

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


class Recorder:
    """Mailman or its archive: notes in what order which of them is told what."""

    def __init__(self, name, told, **answers):
        self.name, self.told, self.answers = name, told, answers

    def request(self, message):
        if message["op"] not in self.answers:
            self.told.append((self.name, message["op"], message.get("policies")))
        return self.answers.get(message["op"], {})

    def apply(self, steps):
        self.told.append((self.name, "apply", None))
        return self.answers.get("failed", {})


@pytest.fixture
def told(monkeypatch):
    log = []

    @contextlib.contextmanager
    def stopped(_engine, _service):
        log.append(("service", "stop", None))
        yield
        log.append(("service", "start", None))

    monkeypatch.setattr(site, "stopped", stopped)
    monkeypatch.setattr(site, "resume", lambda _engine, _service: log.append(("service", "start", None)))
    return log


def rename(told, existing, archives, was_stopped, **entry):
    specs = model.parse_site([{"name": B, "renamed_from": [A], **entry}])
    plans = plan_site(specs, {existing: LIST})
    mailman = Recorder("mailman", told, unfinished={"lists": []}, policies={"policies": {B: "private"}})
    web = Recorder("archive", told, look={"archives": archives}, policies={"policies": {}})
    site.Site(mailman, web, "mailman3.service", specs, plans, {existing: "private"}).apply(was_stopped)
    return [(who, what, policies) for who, what, policies in told if what != "apply"]


def test_a_run_that_finishes_moving_an_archive_starts_mailman_again(told):
    archives = {A: {"messages": 1, "archive_policy": "private"}}
    assert rename(told, B, archives, was_stopped=True) == [
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


class Archive(Recorder):
    """HyperKitty; what it is told it knows, unless Mailman tells it something else. shown: what it goes by."""

    def __init__(self, told, shown, stubborn=0):
        super().__init__("archive", told)
        self.shown, self.stubborn = shown, stubborn

    def request(self, message):
        if message["op"] == "policies":
            return {"policies": dict(self.shown)}
        if message["op"] == "look":
            found = {name: policy for name, policy in self.shown.items() if name in message["lists"]}
            return {"archives": {name: {"archive_policy": policy, "messages": 1} for name, policy in found.items()}}
        super().request(message)
        if message["op"] == "correct_policies" and self.stubborn:
            self.stubborn -= 1
        else:
            self.shown.update(message.get("policies", {}))
        return {}


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
    mailman = Recorder("mailman", told, failed=dict.fromkeys(failed, "no"), policies={"policies": after})
    plans = plan_site(specs, there)
    done = site.Site(mailman, Archive(told, shown, **archive), "mailman3", specs, plans, before, guard, only)
    done.apply(was_stopped=False)
    return done


def test_the_archive_of_a_list_that_failed_is_not_opened(told):
    private, public = dict.fromkeys((A, B), "private"), dict.fromkeys((A, B), "public")
    guard = Guard(told, A, B)
    apply(told, private, public, dict(private), guard, failed=[A])
    assert told == [("mailman", "apply", None), ("archive", "correct_policies", {B: "public"}), ("guard", "write", [A])]


def test_a_list_is_private_to_the_guard_then_to_the_archive_then_to_mailman(told, monkeypatch):
    monkeypatch.setattr(site, "SETTLE_SECONDS", 0)
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
    monkeypatch.setattr(site, "SETTLE_SECONDS", 0)
    guard = Guard(told, A)
    with pytest.raises(EngineError, match="takes itself for private again and again, and Mailman says public"):
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
    answers = {"unfinished": {"lists": []}, "policies": {"policies": {B: "private"}}}
    guard = Guard(told, A)
    plans = plan_site(specs, {A: LIST})
    renaming = site.Site(Recorder("mailman", told, **answers), web, "mailman3", specs, plans, {A: "private"}, guard)
    # HyperKitty's own move
    del web.shown[A]
    renaming.apply(was_stopped=False)
    writes = [(place, names) for place, (who, _what, names) in enumerate(told) if who == "guard"]
    assert [names for _place, names in writes] == [[A, B], [B]]
    assert writes[0][0] == 0 and writes[1][0] == len(told) - 1
