# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.listops.mailman.plugins.plugin_utils.adopt import former_names, inventory
from ansible_collections.listops.mailman.plugins.plugin_utils.adopt.former_names import Former, Names
from unit.plugins.plugin_utils.adopt.test_inventory import a_list, server, variables

LISTS = ["new@a.example.org", "b-owner@a.example.org", "new@b.example.org", "only@b.example.org"]
DOMAINS = ["a.example.org", "b.example.org"]


@pytest.mark.parametrize(
    ("address", "listed"),
    [
        ("new@a.example.org", "new@a.example.org"),
        ("new-owner@a.example.org", "new@a.example.org"),
        ("b-owner@a.example.org", "b-owner@a.example.org"),
        ("new", "new@a.example.org"),
        ("only", ""),
        ("new@c.example.org", ""),
        ("", ""),
    ],
)
def test_the_list_of_an_address(address: str, listed: str) -> None:
    assert Names(LISTS, DOMAINS, "mailman3").listed(address, "") == listed


def test_mailman_21_has_one_name_for_all_domains() -> None:
    names = Names(["new@a.example.org"], DOMAINS, "mailman21")
    assert names.is_list("new@b.example.org") and not names.is_list("new@c.example.org")
    assert names.listed("new@b.example.org", "") == "new@a.example.org"
    names.add(Former("old@b.example.org", "new@a.example.org", "mail", "file"))
    certain, said = former_names.entries(names)
    assert certain == {} and [path for path, _sentence in said] == ["file"]


def test_all_that_is_said_of_a_name_must_agree() -> None:
    names = Names(LISTS, DOMAINS, "mailman3")
    for former in (
        Former("one@a.example.org", "new@a.example.org", "mail", "exim"),
        Former("one-owner@a.example.org", "new-owner@a.example.org", "mail", "exim"),
        Former("one@a.example.org", "new@a.example.org", "archive", "apache"),
        Former("two@a.example.org", "new@a.example.org", "mail", "exim"),
        Former("far@b.example.org", "new@a.example.org", "archive", "apache"),
        Former("both@a.example.org", "new@a.example.org", "mail", "exim"),
        Former("both@a.example.org", "only@b.example.org", "pages", "apache"),
    ):
        names.add(former)
    certain, said = former_names.entries(names)
    assert certain == {
        "new@a.example.org": {"renamed_from": ["far@b.example.org", "one", "two"], "renamed_archives": "stay"}
    }
    assert [path for path, _sentence in said] == ["exim"]


@pytest.mark.parametrize(
    ("aliases", "written"),
    [(["old@lists.example.org"], True), (["other@lists.example.org", "old@lists.example.org"], True), ([], False)],
)
def test_a_former_name_is_declared_where_that_changes_nothing(aliases: list[str], written: bool) -> None:
    """A list takes posts to its former names; where it does not yet, a person decides."""
    renamed = {"talk@lists.example.org": {"renamed_from": ["old"], "renamed_archives": "stay"}}
    found = server(a_list(acceptable_aliases=aliases))
    made = inventory.write(found, "leave", {}, "", renamed)
    (entry,) = variables(made)["mailman_lists"]
    assert {key: entry[key] for key in entry if key.startswith("renamed")} == (
        renamed["talk@lists.example.org"] if written else {}
    )
    if not written:
        (sentence,) = made.notes["talk@lists.example.org"]
        assert (
            "old@lists.example.org" in sentence and "# renamed_from: [old] is not declared" in made.files["lists.yml"]
        )


def test_of_former_names_those_are_declared_that_the_list_knows() -> None:
    renamed = {"talk@lists.example.org": {"renamed_from": ["old", "older"], "renamed_archives": "stay"}}
    made = inventory.write(server(a_list(acceptable_aliases=["older@lists.example.org"])), "leave", {}, "", renamed)
    (entry,) = variables(made)["mailman_lists"]
    assert (entry["renamed_from"], entry["renamed_archives"]) == (["older"], "stay")
    assert "# renamed_from: [old] is not declared" in made.files["lists.yml"]


def test_what_a_list_is_called_stays_though_it_has_the_former_name() -> None:
    renamed = {"talk@lists.example.org": {"renamed_from": ["old"]}}
    found = server(a_list(acceptable_aliases=["old@lists.example.org"], subject_prefix="[Old] ", display_name="Old"))
    (entry,) = variables(inventory.write(found, "leave", {}, "", renamed))["mailman_lists"]
    assert entry["renamed_from"] == ["old"] and entry["subject_prefix"] == "[Old] " and entry["display_name"] == "Old"
