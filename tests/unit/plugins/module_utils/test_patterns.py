# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import os
import time

import pytest

from ansible_collections.listops.mailman.plugins.module_utils import _patterns as patterns
from ansible_collections.listops.mailman.plugins.module_utils._lists import model, naming
from ansible_collections.listops.mailman.plugins.module_utils._lists.plan import Policy, plan_site
from ansible_collections.listops.mailman.plugins.module_utils._lists.vocabulary import Invalid
from ansible_collections.listops.mailman.plugins.module_utils._patterns import Matcher, TooSlow

SLOW = ["^(a+)+$", "^(a|aa)+$", "^([a-z]+)*@x$", r"^(.*)*!$", "^(a|a?)+$", "^.*.*.*.*.*.*.*.*.*.*.*.*!$"]
LONG = "a" * 60 + "@example.net"


@pytest.fixture(autouse=True)
def short_of_time(monkeypatch):
    monkeypatch.setattr(patterns, "SECONDS", 0.3)


def test_the_first_that_matches_as_mailman_does_it():
    with Matcher() as matcher:
        assert matcher.first(["^b", "^A.*NET$", "^a", "^(broken"], ["a@x.net", "b@x.org", "c@x.net"]) == {
            "a@x.net": "^A.*NET$",
            "b@x.org": "^b",
        }
        assert matcher.first(["a", "A", "ab+"], ["abb"], whole=True) == {"abb": "ab+"}
        assert matcher.first([], ["a"]) == matcher.first(["a"], []) == {}


@pytest.mark.parametrize("pattern", SLOW)
def test_one_that_takes_years_is_given_up_and_named_and_the_next_is_tried(pattern):
    began = time.monotonic()
    with Matcher() as matcher:
        with pytest.raises(TooSlow) as caught:
            matcher.first(["^b", pattern, "^c"], ["b", LONG])
        assert caught.value.pattern == pattern
        assert matcher.first(["^a"], [LONG]) == {LONG: "^a"}
    assert time.monotonic() - began < 20


def test_many_members_and_many_bans_are_no_reason_to_give_up():
    with Matcher() as matcher:
        addresses = ["m{0}@example.net".format(number) for number in range(20000)]
        found = matcher.first([r"^.*@spam\.example$"] * 100 + [r"^m1.*"], addresses)
    assert len(found) == sum(address.startswith("m1") for address in addresses)


def test_its_process_ends_with_it_and_with_whoever_started_it():
    with Matcher() as matcher:
        matcher.first(["^a"], ["a"])
        assert matcher._process is not None
        number = matcher._process.pid
    assert not os.path.exists("/proc/{0}".format(number))


def planned(policy=Policy(), **entry):
    spec = model.parse_list({"name": "a@l.example.org", **entry}, {})
    return plan_site([spec], {}, policy)


@pytest.mark.parametrize("bans", [{"bans": [SLOW[0]]}, {"policy": Policy(site_bans=(SLOW[0],))}])
def test_a_run_refuses_a_ban_that_cannot_be_compared(bans):
    wanted = dict({"members": [LONG]}, **bans)
    with pytest.raises(
        Invalid, match=r"list a@l.example.org: the ban '\^\(a\+\)\+\$' cannot be compared with new members"
    ):
        planned(**wanted)
    assert planned(**dict(wanted, policy=Policy(override_bans=True)))[0].action == "create"
    # Nobody new, nothing to compare.
    assert planned(**dict(wanted, members=[]))[0].action == "create"


def test_a_naming_rule_is_bounded_too():
    scheme = naming.parse({"rules": [{"pattern": "([a-z]+)+-l", "explanation": "topic-l"}]})
    with pytest.raises(
        Invalid, match=r"naming.rules.pattern is '\(\[a-z\]\+\)\+-l', which cannot be compared with aaa"
    ):
        plan_site([model.parse_list({"name": "a" * 50 + "@l.example.org"}, {})], {}, Policy(naming=scheme))
