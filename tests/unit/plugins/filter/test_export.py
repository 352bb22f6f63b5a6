# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import csv
import io

import pytest
import yaml
from ansible.errors import AnsibleFilterError
from hypothesis import example, given
from hypothesis import strategies as st

from ansible_collections.listops.mailman.plugins.filter.export import export_lists
from ansible_collections.listops.mailman.plugins.filter.roster import roster
from ansible_collections.listops.mailman.plugins.module_utils import _visible as visible
from ansible_collections.listops.mailman.plugins.module_utils._lists import model
from ansible_collections.listops.mailman.plugins.module_utils._lists.plan import disabled_rules
from ansible_collections.listops.mailman.plugins.plugin_utils import export

NAME = "a@lists.example.org"
names = st.text(st.characters(exclude_categories=("Cs",)), max_size=30)


class Loader(yaml.SafeLoader):
    pass


Loader.add_constructor("!unsafe", lambda loader, node: ("unsafe", loader.construct_scalar(node)))


def found(name="", state="present", rules=(), role="member"):
    person = {
        "address": "Bob@Example.net",
        "display_name": name,
        "delivery_mode": "mime_digests",
        "delivery_status": "by_user",
        "moderation_action": "hold",
    }
    return {NAME: {"state": state, "header_matches": list(rules), "rosters": {role: [person]}}}


@given(names)
def test_a_name_in_any_script_comes_back_from_yaml(name):
    text = export_lists(found(name))
    (entry,) = yaml.load(text, Loader)["mailman_lists"]  # noqa: S506
    read = entry["members"][0]["display_name"]
    assert read == name or read == ("unsafe", name)
    assert yaml.load(text.encode(), Loader)  # noqa: S506


def test_an_external_archive_is_nobody():
    robot = {
        "address": "archive@example.net",
        "display_name": "",
        "delivery_mode": "regular",
        "delivery_status": "enabled",
        "moderation_action": "discard",
    }
    people = [robot, dict(robot, address="bob@example.net"), dict(robot, address="digest@example.net")]
    people[2]["delivery_mode"] = "mime_digests"
    lists = {NAME: {"state": "present", "header_matches": [], "rosters": {"member": people}}}
    lists[NAME]["settings"] = {"archive_policy": "public"}
    declared = [{"name": "a", "external_archives": ["Archive@example.net"]}, {"name": "b"}]
    defaults = {"external_archives": {"digest@example.net": True, "bob@example.net": False}}
    (entry,) = yaml.load(export_lists(lists, "yaml", declared, defaults), Loader)["mailman_lists"]  # noqa: S506
    assert entry["external_archives"] == ["archive@example.net"] and "external_archives_allow_private" not in entry
    assert [each["address"] for each in entry["members"]] == ["bob@example.net", "digest@example.net"]
    assert "archive@" not in export_lists(lists, "csv", declared, defaults)
    lists[NAME]["settings"] = {"archive_policy": "private"}
    (entry,) = yaml.load(export_lists(lists, "yaml", declared, defaults), Loader)["mailman_lists"]  # noqa: S506
    assert entry["external_archives_allow_private"] is True
    with pytest.raises(AnsibleFilterError, match="external_archives is 'nobody': give an e-mail address"):
        export_lists(lists, "csv", [{"external_archives": ["nobody"]}])


nasty = st.text(st.one_of(st.sampled_from("'=+-@ \t\r\n\x1b\\x1b\u202e\u3164＝＋－＠"), st.characters()), max_size=12)


def rows_of(name):
    text = export_lists(found(name), "csv")
    assert not any(visible.hidden(each) for each in text if each not in "\r\n")
    return list(csv.DictReader(io.StringIO(text, newline="")))


@given(nasty)
@example("\\\n")
@example("'=1")
def test_a_name_in_any_script_comes_back_from_csv(name):
    (row,) = rows_of(name)
    assert {key: export.original(value) for key, value in row.items()} == {
        "list": NAME,
        "role": "member",
        "address": "Bob@Example.net",
        "display_name": name,
        "delivery_mode": "mime_digests",
        "delivery_status": "by_user",
        "moderation_action": "hold",
    }
    assert not row["display_name"].lstrip().startswith(tuple("=+-@\t\r＝＋－＠"))


@pytest.mark.parametrize(
    "name", ["=cmd|' /C calc'!A0", "+1", "-1", "@SUM(1)", "＝1", "＋1", "－1", "＠x", " =1", "''=1"]
)
def test_a_spreadsheet_runs_no_name_and_the_roster_has_it_as_it_was(name):
    (row,) = rows_of(name)
    assert row["display_name"] == "'" + name
    assert roster([row], "address", "display_name") == [{"address": "Bob@Example.net", "display_name": name.strip()}]


@pytest.mark.parametrize("name", ["O'Neil", "'quoted'", "Anna-Lena", "a=b", "3 + 4", "Zoë"])
def test_an_ordinary_name_is_an_ordinary_cell(name):
    (row,) = rows_of(name)
    assert row["display_name"] == name


def test_an_address_that_is_a_formula_comes_back():
    lists = found()
    lists[NAME]["rosters"]["member"][0]["address"] = "+49-1@example.net"
    (row,) = csv.DictReader(io.StringIO(export_lists(lists, "csv"), newline=""))
    assert row["address"] == "'+49-1@example.net"
    assert roster([row], "address", "display_name") == [{"address": "+49-1@example.net"}]
    # of others nothing is taken away
    assert roster([{"mail": "'+x@example.net"}]) == [{"address": "'+x@example.net"}]


@given(nasty)
def test_the_yaml_acts_on_no_terminal_and_is_exact(name):
    text = export_lists(found(name))
    assert not any(visible.hidden(each) for each in text if each != "\n")
    if not any(mark in name for mark in ("{{", "{%", "{#")):
        assert yaml.safe_load(text)["mailman_lists"][0]["members"][0]["display_name"] == name


@pytest.mark.parametrize("name", ["{{ lookup('pipe', 'id') }}", "{% if x %}", "a {# b"])
def test_no_subscriber_writes_a_template(name):
    (entry,) = yaml.load(export_lists(found(name)), Loader)["mailman_lists"]  # noqa: S506
    assert entry["members"][0]["display_name"] == ("unsafe", name)


@pytest.mark.parametrize("role", ["member", "owner", "moderator", "nonmember"])
def test_an_entry_is_one_of_mailman_list(role):
    (entry,) = yaml.safe_load(export_lists(found("Bób", role=role)))["mailman_lists"]
    (spec,) = model.parse_site([entry])
    assert spec.rosters[role].people["bob@example.net"] == found("Bób")[NAME]["rosters"]["member"][0]


@pytest.mark.parametrize("action", ["reject", "hold", "discard"])
def test_a_disabled_list_stays_disabled_in_its_way(action):
    (entry,) = yaml.safe_load(export_lists(found(state="disabled", rules=disabled_rules(action))))["mailman_lists"]
    assert (entry["state"], entry["disabled_action"]) == ("disabled", action)


def test_another_format_is_refused():
    with pytest.raises(AnsibleFilterError, match="format is 'xls': give yaml or csv"):
        export_lists(found(), "xls")
