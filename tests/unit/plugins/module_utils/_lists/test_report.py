# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.listops.mailman.plugins.module_utils._lists import model, report
from ansible_collections.listops.mailman.plugins.module_utils._lists.plan import ListPlan, Policy, plan_site


def plans(*entries):
    return plan_site([model.parse_list(entry, {}) for entry in entries], {})


def people(count):
    return ["m{0:06d}@example.net".format(number) for number in range(count)]


def text(diff):
    return diff["before_header"] + diff["after_header"] + diff["before"] + diff["after"]


def test_a_run_that_changes_nothing_says_nothing():
    same = [ListPlan("a@lists.example.org", "none", {}, {})]
    said = report.result(same)
    assert said["changed"] is False and said["lists"] == []
    assert said["diff"]["before"] == said["diff"]["after"] == ""
    assert said["summary"]["lists_unchanged"] == 1


def test_the_summary_comes_first():
    said = report.result(plans({"name": "a@l.example.org", "members": people(3)}, {"name": "b@l.example.org"}))
    assert said["diff"]["after_header"] == "as declared (lists: 2 created; members: 3 added)"


def test_a_hundred_thousand_members_stay_readable_and_cheap():
    entry = {"name": "big@l.example.org", "members": people(100000), "description": "d", "subject_prefix": "[big]"}
    planned = plans(entry, {"name": "small@l.example.org", "description": "not hidden"})
    began = time.process_time()
    said = report.result(planned)
    assert time.process_time() - began < 0.5
    lines = said["diff"]["after"].splitlines()
    assert len(lines) < report.DIFF_LIMIT + 20
    assert "  subject_prefix: [big]" in lines and "  description: not hidden" in lines
    assert "members: 100000 added" in said["diff"]["after_header"]
    big, small = said["lists"]
    shown = len(big["changes"]["members"]["after"])
    assert big["left_out"] == 100000 - shown and 0 < shown < report.DIFF_LIMIT
    assert "  ({0} more lines; diff_limit shows more)".format(big["left_out"]) in lines
    assert small["left_out"] == 0 and len(str(said)) < 100000


def test_a_limit_of_nothing_shows_everything():
    said = report.result(plans({"name": "a@l.example.org", "members": people(2000)}), 0)
    assert len(said["lists"][0]["changes"]["members"]["after"]) == 2000 and said["lists"][0]["left_out"] == 0
    assert "diff_limit" not in text(said["diff"])


def test_more_lists_than_lines():
    entries = [{"name": "l{0}@l.example.org".format(number), "description": "x"} for number in range(1000)]
    said = report.result(plans(*entries), 10)
    assert [entry["action"] for entry in said["lists"]] == ["created"] * 1000
    assert [bool(entry["changes"]) for entry in said["lists"]].count(True) == 10
    assert said["diff"]["after"].endswith("(990 more lists; diff_limit shows more)\n")
    assert "lists: 1000 created" in said["diff"]["after_header"]


def test_a_long_text_is_cut_at_a_line():
    entry = {"name": "a@l.example.org", "info": "".join("line {0}\n".format(number) for number in range(100))}
    said = report.result(plans(entry), 11)
    assert said["lists"][0]["changes"]["info"]["after"].splitlines()[-1] == "line 9"
    assert said["lists"][0]["left_out"] == 90


@pytest.mark.parametrize(
    ("sizes", "limit", "cap"),
    [([], 10, 1), ([5], 10, 5), ([50], 10, 10), ([1, 50, 50], 11, 5), ([3, 3, 3], 9, 3), ([4] * 100, 10, 1)],
)
def test_shares(sizes, limit, cap):
    assert report.share(sizes, limit) == cap


@given(st.lists(st.integers(1, 1000), min_size=1, max_size=40), st.integers(40, 2000))
def test_shares_fill_the_limit_and_never_more(sizes, limit):
    cap = report.share(sizes, limit)
    used = sum(min(size, cap) for size in sizes)
    assert used <= limit
    # Nobody is cut who would have had room.
    assert used == sum(sizes) or used + len(sizes) > limit


@given(st.lists(st.integers(0, 60), min_size=1, max_size=6), st.integers(1, 100))
def test_what_is_shown_and_left_out_is_everything(counts, limit):
    entries = [{"name": "l{0}@l.example.org".format(index), "members": people(n)} for index, n in enumerate(counts)]
    said = report.result(plans(*entries), limit)
    for entry, count in zip(said["lists"], counts, strict=True):
        shown = sum(len(change["after"]) if key == "members" else 1 for key, change in entry["changes"].items())
        assert shown + entry["left_out"] == count + 1


NASTY = "Nice list\x1b[2J\x9b1m\u202egnp.exe\r\u2028rest\ud800"


def unseen(value):
    return [each for each in str(value) if each != "\n" and not each.isprintable()]


def test_nothing_in_a_report_acts_on_a_terminal_and_what_is_applied_stays_exact():
    actual = {
        "settings": {"description": NASTY, "info": NASTY + "\nmore", "acceptable_aliases": [NASTY]},
        "rosters": {
            "owner": {"\x1bx@y.example": {"address": "\x1bx@y.example"}},
            "member": {"z@y.example": {"address": "z@y.example", "display_name": NASTY + "\u3164"}},
        },
        "bans": ["^" + NASTY + "\n"],
        "header_matches": [{"header": "x", "pattern": NASTY, "action": "hold"}],
        "archivers": {},
        "templates": {"list:member:regular:footer": {"en": NASTY + "\nmore"}},
        "saved": None,
    }
    wanted = {
        "description": "plain",
        "info": NASTY + "\nother",
        "acceptable_aliases": ["^\\x1b"],
        "owners": ["o@y.example"],
        "members": {"state": "exact", "addresses": [{"address": "n@y.example", "display_name": "\u202eO"}]},
        "bans": ["a@b.example"],
        "header_matches": [],
        "templates": {"list:member:regular:footer": "\x1b"},
    }
    entry = {"name": "a@l.example.org", **wanted}
    planned = plan_site([model.parse_list(entry, {})], {"a@l.example.org": actual}, Policy(allow_shrink=True))
    said = report.result(planned)
    assert unseen(said["diff"]) == unseen(said["lists"]) == []
    assert "  description: Nice list\\x1b[2J\\x9b1m\\u202egnp.exe\\x0d\\u2028rest\\ud800" in said["diff"]["before"]
    # A literal text is told from what it names, and one value is one line of a list.
    assert "    - ^\\\\x1b" in said["diff"]["after"]
    assert [line for line in said["diff"]["before"].splitlines() if line.startswith("    - ^Nice")]
    step = planned[0].step
    assert step["set"]["info"] == NASTY + "\nother" and step["templates"] == {"list:member:regular:footer": "\x1b"}
    assert step["rosters"]["member"]["add"][0]["display_name"] == "\u202eO"
    assert step["rosters"]["owner"]["remove"] == ["\x1bx@y.example"]


def test_a_text_that_differs_in_its_last_line_break_is_shown_so():
    before, after = (report._lines("info", text) for text in ("a\n", "a\n\n"))
    assert before != after


def test_of_thousands_of_bans_only_those_that_differ_are_shown():
    bans = ["spam{0}@example.net".format(number) for number in range(20000)]
    before, after = sorted(["a@example.net", *bans]), sorted(["b@example.net", *bans])
    plan = ListPlan("a@l.example.org", "change", {"bans": (before, after)}, {"list": "a@l.example.org"})
    said = report.result([plan])
    assert said["lists"][0]["changes"]["bans"] == {"before": ["a@example.net"], "after": ["b@example.net"]}
    assert said["lists"][0]["left_out"] == 0
    few = plan._replace(changes={"bans": (before[:3], after[:3])})
    assert report.result([few])["lists"][0]["changes"]["bans"]["before"] == before[:3]
