# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import contextlib

import pytest

from ansible_collections.listops.mailman.plugins.module_utils import model, site
from ansible_collections.listops.mailman.plugins.module_utils.plan import plan_site

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
    mailman = Recorder("mailman", told, unfinished={"lists": []})
    web = Recorder("archive", told, look={"archives": archives})
    site.Site(mailman, web, "mailman3.service", specs, plans).apply(was_stopped)
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


def test_the_archive_of_a_list_that_failed_is_not_opened(told):
    specs = model.parse_site([{"name": name, "archive_policy": "public"} for name in (A, B)])
    plans = plan_site(specs, {A: LIST, B: LIST})
    archives = {name: {"messages": 1, "archive_policy": "private"} for name in (A, B)}
    mailman = Recorder("mailman", told, failed={A: "list a: no"})
    web = Recorder("archive", told, look={"archives": archives})
    assert site.Site(mailman, web, "mailman3.service", specs, plans).apply(was_stopped=False) == {A: "list a: no"}
    assert told == [("mailman", "apply", None), ("archive", "set_policies", {B: "public"})]
