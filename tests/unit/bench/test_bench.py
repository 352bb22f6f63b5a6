# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.listops.mailman.plugins.module_utils._lists.model import parse_site
from ansible_collections.listops.mailman.plugins.module_utils._lists.plan import plan_site, summary
from ansible_collections.listops.mailman.plugins.module_utils._mailman21.people import check_person
from bench import archive, mails
from bench.figures import Figure, Target, exponent, report
from bench.mailman21 import PREFIX, expressed
from bench.site import memberships, one_more, site


@pytest.mark.parametrize("lists", [1, 10, 300])
def test_a_site_has_the_size_that_was_asked_for_and_is_valid(lists):
    entries = site(lists)
    assert len(entries) == lists and memberships(entries) == 100 * lists
    counts = summary(plan_site(parse_site(entries), {}))
    assert counts["lists_created"] == lists and counts["members_added"] > 100 * lists


def test_a_site_is_the_same_every_time_and_of_every_kind():
    entries = site(50)
    assert entries == site(50) and entries != site(50, seed=1)
    people = [person for entry in entries for person in entry["members"]["addresses"]]
    assert len({person["address"] for person in people}) == 1000
    assert any(not person.get("display_name", "").isascii() for person in people)
    for key in ("delivery_mode", "delivery_status", "moderation_action"):
        assert any(key in person for person in people)
    for key in ("owners", "moderators", "bans", "header_matches"):
        assert any(entry.get(key) for entry in entries)


def test_mailman21_can_have_the_site_and_nobody_elses_list_is_in_it():
    entries = expressed(site(50), "lists.example.com")
    assert memberships(entries) == 5000
    plan_site(parse_site(entries), {})
    assert all(entry["name"].startswith(PREFIX) and entry["name"].endswith("@lists.example.com") for entry in entries)
    for spec in parse_site(entries):
        for person in spec.rosters["member"].people.values():
            check_person("member", person, "hold")


def test_one_more_member_is_one_more_and_changes_nothing_else():
    entries = site(10)
    more = one_more(entries, "x@example.net")
    assert memberships(more) == memberships(entries) + 1 == 1001
    assert sum(1 for a, b in zip(entries, more, strict=True) if a != b) == 1


def test_figures_are_lines_and_targets_are_judged():
    figures = [
        Figure("a", 1.5, "times", Target(2)),
        Figure("b", 3, "times", Target(50, at_least=True)),
        Figure("c", 7, "s"),
    ]
    assert report(figures) == [
        "a 1.50 times",
        "b 3.00 times",
        "c 7.00 s",
        "",
        "met    a 1.50 times: at most 2",
        "MISSED b 3.00 times: at least 50",
    ]
    assert [figure.missed for figure in figures] == [False, True, False]


def test_the_exponent_of_growth():
    assert exponent(100, 1, 2000, 20) == pytest.approx(1)
    assert exponent(100, 1, 2000, 400) == pytest.approx(2)


def test_a_mailbox_is_the_same_every_time_and_well_formed():
    content = list(mails.mailbox(200))
    assert content == list(mails.mailbox(200)) != list(mails.mailbox(200, seed=1))
    whole = b"".join(content)
    assert whole.count(b"\nMessage-ID: ") == 200 and whole.count(b"\nIn-Reply-To: ") > 100
    assert whole.count(b"Content-Disposition: attachment") > 10
    assert b"".join(mails.mailbox(20, word="verdict")).count(b"verdict") >= 20


@pytest.mark.parametrize("size", [100_000, 1_000_000])
def test_a_mailbox_has_the_size_that_was_asked_for(size):
    content, number = mails.of_size(size, 20_000)
    whole = b"".join(content)
    assert size <= len(whole) < 1.1 * size + 30_000
    assert whole.count(b"\nMessage-ID: ") == whole.count(b"\nContent-Disposition: attachment") == number


def test_the_figures_of_archives():
    seconds = {"import": 101, "import start": 1, "one core": 21, "one core start": 1, "two cores": 12}
    seconds |= {"two cores start": 2, "big": 102}
    found = archive.figures("migration.x", seconds, (4000, 40_000), {"big": 200, "gigabyte": 400})
    assert [figure.line() for figure in found] == [
        "migration.x.archive_vs_import 5.00 times",
        "migration.x.archive_two_cores_vs_import 10.00 times",
        "migration.x.archive_growth_exponent 1.00 exponent",
        "migration.x.archive_mails_per_second 400.00 mails",
        "migration.x.import_mails_per_second 40.00 mails",
        "migration.x.archive_memory_mb 200.00 MB",
        "migration.x.archive_gigabyte_memory_mb 400.00 MB",
    ]
    assert [figure.name for figure in found if figure.missed] == ["migration.x.archive_gigabyte_memory_mb"]
    assert {figure.name.rpartition(".")[2] for figure in found if figure.target} == archive.TARGETS.keys()
