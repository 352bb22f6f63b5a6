# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A whole task on a fake host, killed or failing at each of its steps."""

from __future__ import annotations

import copy
import difflib

import pytest

from ansible_collections.listops.mailman.plugins.module_utils._apply import host as host_module
from ansible_collections.listops.mailman.plugins.module_utils._apply import service
from ansible_collections.listops.mailman.plugins.module_utils._apply.options import TaskOptions
from ansible_collections.listops.mailman.plugins.module_utils._apply.reconcile import no_archives, reconcile
from ansible_collections.listops.mailman.plugins.module_utils._errors import HostError
from ansible_collections.listops.mailman.plugins.module_utils._lists import model
from ansible_collections.listops.mailman.plugins.module_utils._lists.plan import Policy
from ansible_collections.listops.mailman.plugins.module_utils._lists.server_info import SITE_BANS_OF_21
from ansible_collections.listops.mailman.plugins.module_utils._lists.vocabulary import Invalid
from unit.plugins.module_utils.fakes import CONNECTION, DOMAIN, FakeArchive, FakeMailman, Host, Killed, as_list

A, B, C, D = ("{0}@{1}".format(name, DOMAIN) for name in "abcd")
OWNERS = ["olivia@example.net"]


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch):
    monkeypatch.setattr(host_module, "SETTLE_SECONDS", 0)


@pytest.fixture
def run(monkeypatch):
    """A run of mailman_list with these entries; its options are those of TaskOptions."""

    def once(host, entries, *, check_mode=False, accessible=True, said=None, archives=True, **scope):
        def systemctl(verb, _unit):
            host.step("systemd", verb)
            host.runs = verb == "start"

        monkeypatch.setattr(service, "systemctl", systemctl)
        specs = model.parse_site(entries)
        options = TaskOptions(CONNECTION, check_mode=check_mode, **{"service": "", "whole_site": True, **scope})
        return reconcile(
            options,
            lambda _info: specs,
            open_backend=lambda _connection, readonly: FakeMailman(host, readonly, **(said or {})),
            open_archives=(lambda _backend: FakeArchive(host, accessible)) if archives else no_archives,
        )

    return once


def entry(name, **more):
    return {"name": name, "owners": OWNERS, **more}


LISTS = {A: as_list("public", owner=OWNERS), B: as_list("private", owner=OWNERS), C: as_list("public", owner=OWNERS)}
ARCHIVES = {A: ("public", 3), B: ("private", 2), C: ("public", 1)}
# name: declared entries, and further options of the task
TASKS = {
    "create a public list": ([entry(D)], {}),
    "create a private list": ([entry(D, archive_policy="private")], {}),
    "close a list": ([entry(A, archive_policy="private")], {}),
    "open a list": ([entry(B, archive_policy="public")], {}),
    "close one and open the other": ([entry(A, archive_policy="private"), entry(B, archive_policy="public")], {}),
    "rename a private list": ([entry(D, renamed_from=[B])], {}),
    "rename a private list, its archive stays": ([entry(D, renamed_from=[B], renamed_archives="stay")], {}),
    "rename a list and close it": ([entry(D, renamed_from=[A], archive_policy="private")], {}),
    "rename and close another": ([entry(D, renamed_from=[A]), entry(C, archive_policy="private")], {}),
    "remove a list, its archive stays": ([{"name": B, "state": "absent"}], {}),
    "remove a list and its archive": ([{"name": B, "state": "absent", "archives": "drop"}], {}),
    "remove what is not declared": (
        [entry(B), entry(C)],
        {"remove_undeclared": True, "policy": Policy(allow_shrink=True)},
    ),
    "ban everywhere, and close a list": ([entry(A, archive_policy="private")], {"site_bans": ["eve@example.net"]}),
    "change a roster": ([entry(A, members=["m@example.net"])], {}),
}


def fresh(guard=True, guarded=(B,)):
    host = Host(copy.deepcopy(LISTS), ARCHIVES, guarded if guard else (), guard)
    host.copies = {B}
    return host


def finished(run, task, guard):
    """What a run leaves that nothing disturbs, and how many steps it takes."""
    entries, options = TASKS[task]
    host = fresh(guard)
    run(host, entries, **options)
    return host.state(), len(host.steps)


@pytest.mark.parametrize("guard", [True, False])
@pytest.mark.parametrize("task", TASKS)
def test_a_task_does_what_it_says_once(run, task, guard):
    entries, options = TASKS[task]
    host = fresh(guard)
    before = host.state()
    said = run(host, entries, check_mode=True, **options)
    assert host.state() == before and host.steps == []
    done = run(host, entries, **options)
    assert done.result["changed"] and host.steps and host.runs and not host.noted
    assert {key: done.result[key] for key in ("lists", "summary", "diff")} == {
        key: said.result[key] for key in ("lists", "summary", "diff")
    }
    host.begin()
    again = run(host, entries, **options)
    assert not again.result["changed"] and host.steps == []


@pytest.mark.parametrize("guard", [True, False])
@pytest.mark.parametrize("task", TASKS)
def test_a_run_that_is_killed_at_any_step_is_finished_by_the_next(run, task, guard):
    """And no archive is open at any moment whose list is private: see Host.check."""
    wanted, steps = finished(run, task, guard)
    entries, options = TASKS[task]
    for kill in range(steps):
        host = fresh(guard)
        host.begin(kill=kill)
        with pytest.raises(Killed):
            run(host, entries, **options)
        assert len(host.steps) == kill
        host.begin()
        run(host, entries, **options)
        assert host.state() == wanted, kill
        host.begin()
        assert not run(host, entries, **options).result["changed"] and host.steps == [], kill


@pytest.mark.parametrize("guard", [True, False])
@pytest.mark.parametrize("task", TASKS)
def test_a_step_that_fails_fails_the_task_and_the_next_run_finishes(run, task, guard):
    wanted, steps = finished(run, task, guard)
    entries, options = TASKS[task]
    for fail in range(steps):
        host = fresh(guard)
        host.begin(fail=fail)
        with pytest.raises(HostError, match="failed"):
            run(host, entries, **options)
        # but for the step that would start it
        assert host.runs or ("systemd", "start") in host.steps
        host.begin()
        run(host, entries, **options)
        assert host.state() == wanted, fail


def test_the_lists_of_one_task_are_told_in_this_order(run):
    host = fresh()
    run(host, [entry(A, archive_policy="private"), entry(B, archive_policy="public")])
    assert host.steps == [
        ("guard", "write", A, B),
        ("archive", "set_policies", A, "private"),
        ("mailman", "apply", A),
        ("mailman", "apply", B),
        ("archive", "set_policies", B, "public"),
        ("guard", "write", A),
    ]


def test_a_rename_stops_mailman_and_notes_it_first(run):
    host = fresh()
    run(host, [entry(D, renamed_from=[A])])
    assert host.steps[:7] == [
        ("mailman", "note_stop"),
        ("systemd", "stop"),
        ("archive", "set_policies", D, "public"),
        ("mailman", "begin to rename", A),
        ("mailman", "end to rename", A),
        ("archive", "move", A, D),
        ("systemd", "start"),
    ]


def test_what_somebody_else_stopped_stays_so(run):
    host = fresh()
    host.runs = False
    run(host, [entry(D, renamed_from=[A])])
    assert not host.runs and D in host.lists


def test_a_task_that_renames_nothing_starts_mailman_again_after_a_crash(run):
    host = fresh()
    host.runs, host.noted = False, True
    run(host, [entry(A)])
    assert host.runs and not host.noted
    # but not one that stops and starts nothing, such as mailman_member
    host.runs, host.noted = False, True
    host.begin()
    run(host, [entry(A)], service=None)
    assert not host.runs and host.steps == []


def test_a_list_that_fails_is_named_and_the_others_are_done(run):
    host = fresh()
    host.refuses = {A}
    people = {"policy": Policy(send_welcome=True)}
    entries = [entry(name, members=["m@example.net"]) for name in (A, C)]
    with pytest.raises(HostError, match="^list {0}: no; the other lists are done$".format(A)):
        run(host, entries, **people)
    assert "member" not in host.lists[A]["rosters"] and host.lists[C]["rosters"]["member"]
    # nobody is greeted who was not added
    assert host.greeted == [C]


def test_the_archive_of_a_list_that_was_not_removed_stays(run):
    host = fresh()
    host.refuses = {B}
    with pytest.raises(HostError, match="list {0}: no".format(B)):
        run(host, [{"name": B, "state": "absent", "archives": "drop"}])
    assert B in host.lists and B in host.archives and B in host.copies and B in host.guarded


@pytest.mark.parametrize("known", ["odd", "nonsense"])
def test_a_list_that_cannot_be_read_is_in_nobodys_way(run, known):
    host = fresh()
    setattr(host, known, {A})
    with pytest.raises(HostError, match="list {0}: cannot be read; the other lists are done".format(A)):
        run(host, [entry(A, description="x"), entry(C, description="x")])
    assert host.lists[C]["settings"]["description"] == "x"
    # nobody names it: a warning, unless what is declared is of every list
    assert run(host, [entry(C)]).warnings == ["list {0}: cannot be read".format(A)]
    with pytest.raises(HostError, match="cannot be read"):
        run(host, [entry(C)], everywhere=True)


def test_a_list_that_is_not_understood_can_be_removed(run):
    host = fresh()
    host.nonsense = {A}
    run(host, [{"name": A, "state": "absent"}])
    assert A not in host.lists


@pytest.mark.parametrize("check_mode", [True, False])
def test_what_is_wrong_is_refused_before_anything_is_touched(run, check_mode):
    host = fresh()
    for entries, options, sentence in (
        ([entry("x@" + DOMAIN)], {"must_exist": True}, "list x@{0} does not exist".format(DOMAIN)),
        ([], {"remove_undeclared": True}, "."),
        ([entry(D, archive_policy="public", description="a\nb")], {}, "description"),
    ):
        with pytest.raises(Invalid, match=sentence):
            run(host, entries, check_mode=check_mode, **options)
    assert host.steps == []


def test_who_is_not_root_changes_no_archive(run):
    host = fresh()
    done = run(host, [entry(A, description="x")], accessible=False)
    assert done.warnings == ["archives were not compared with their lists, which needs root"]
    host.begin()
    with pytest.raises(HostError, match="this changes its archive, so it must run as root"):
        run(host, [entry(A, archive_policy="private")], accessible=False)
    assert host.steps == []


def test_a_guard_that_lost_its_file_is_written_anew(run):
    host = fresh(guarded=None)
    done = run(host, [entry(A)])
    assert done.result["changed"] and host.guarded == {B}
    assert "all archives were closed; it is rewritten" in done.warnings[0]
    host.begin()
    assert not run(host, [entry(A)]).result["changed"] and host.steps == []


def test_drift_of_all_lists_is_mended_by_a_task_of_the_whole_site_only(run):
    host = fresh(guarded=())
    host.watches = False
    host.archives[B] = host.archives[B]._replace(policy="public")
    assert not run(host, [entry(A)], whole_site=False).result["changed"] and host.steps == []
    host.begin()
    assert run(host, [entry(A)]).result["changed"]
    assert host.archives[B].policy == "private" and host.guarded == {B}


def test_a_task_without_archives_asks_none(run):
    host = fresh()
    run(host, [entry(A, members=["m@example.net"])], archives=False)
    assert [who for who, *_what in host.steps] == ["mailman"]


def test_what_killed_runs_left_is_tidied_before_lists_are_changed_and_never_in_check_mode(run):
    host = fresh()
    run(host, [entry(A)], check_mode=True)
    assert not host.tidied
    run(host, [entry(A)])
    assert host.tidied


def test_what_is_banned_from_every_list_is_compared_and_shown(run):
    host = Host(LISTS, ARCHIVES, guarded=[B])
    host.banned = ["old@example.net"]
    declared = {"site_bans": ["^eve@", "old@example.net"]}
    looked = run(host, [entry(A)], check_mode=True, **declared).result
    assert host.banned == ["old@example.net"]
    assert run(host, [entry(A)], **declared).result == looked
    assert host.banned == declared["site_bans"]
    (change,) = looked["lists"]
    assert (change["name"], looked["summary"]["lists_changed"]) == ("every list", 0)
    assert "+    - ^eve@" in "\n".join(
        difflib.unified_diff(*(looked["diff"][key].split("\n") for key in ("before", "after")))
    )
    assert not run(host, [entry(A)], **declared).result["changed"]
    # not mentioned
    assert not run(host, [entry(A)]).result["changed"] and host.banned == declared["site_bans"]
    assert run(host, [entry(A)], site_bans=[]).result["changed"] and not host.banned


def test_a_declared_member_may_not_be_banned_everywhere(run):
    with pytest.raises(Invalid, match="eve@example.net cannot be added, the ban"):
        run(Host(LISTS), [entry(A, members=["eve@example.net"])], site_bans=["eve@example.net"])


def test_bans_of_every_list_are_refused_where_something_else_declares_them(run):
    with pytest.raises(Invalid, match="site_bans is .*: give GLOBAL_BAN_LIST in mailman_settings"):
        run(Host(LISTS), [entry(A)], site_bans=[], said={"site_bans_variable": SITE_BANS_OF_21})
