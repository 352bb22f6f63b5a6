# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.listops.mailman.plugins.plugin_utils.adopt import host_variables
from ansible_collections.listops.mailman.plugins.plugin_utils.adopt.host_variables import Found

ROLES = ("mailman", "exim", "apache", "spamassassin")
FILES = sorted(Path(host_variables.__file__).parent.glob("*.py"))
# What is no variable of a role, and what is of the site.
OTHER = {
    *(
        "mailman_domains",
        "mailman_lists",
        "mailman_list_defaults",
        "mailman_members_",
        "mailman_list",
        "mailman_list_info",
    ),
    *("mailman_database_{0}", "mailman_web_database_{0}"),
}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_every_variable_that_is_named_is_a_roles(path: Path) -> None:
    known = {name for role in ROLES for name in host_variables.raw_defaults(role)} | OTHER
    text = path.read_text(encoding="utf-8")
    named = re.findall(r"(?<![A-Za-z0-9_./])(?:mailman|exim|apache|spamassassin)_[a-z0-9_{}]+", text)
    plugins = {"mailman_cfg", "exim_options"}
    assert set(named) <= known | plugins, set(named) - known


@pytest.mark.parametrize(
    ("value", "default", "taken"),
    [
        (25, 25, False),
        (26, 25, True),
        (26.5, 25, False),
        ("26", 25, False),
        (True, 1, False),
        (1, True, False),
        (None, 25, False),
        ([25], 25, False),
        ({}, 25, False),
        (0, 25, False),
    ],
)
def test_a_value_of_another_kind_is_said(value: Any, default: Any, taken: bool) -> None:
    found = Found()
    found.take("file", "mailman_smtp_port", value, default)
    assert found.variables == ({"mailman_smtp_port": value} if taken else {})
    assert bool(found.notes) == (not taken and value is not default)


def test_what_a_role_would_refuse_is_said_as_the_role_says_it() -> None:
    found = Found()
    found.take("file", "mailman_web_time_zone", "Mars/Base {{ x }}", "UTC")
    found.take("file", "exim_smarthost", "two words", "")
    assert found.variables == {} and found.secrets == {}
    assert found.notes["file"][0].startswith('mailman_web_time_zone is "Mars/Base {{ x }}": give a time zone')
    assert found.notes["file"][1].startswith('exim_smarthost is "two words": give ')


def test_settings_are_taken_one_by_one() -> None:
    found = Found()
    found.take_settings(
        "file", "mailman_web_settings", {"GOOD": 1, "lower": 2, "DATABASES": {"PASSWORD": "hush"}, "API_TOKEN": "hush"}
    )
    assert found.variables == {"mailman_web_settings": {"GOOD": 1, "API_TOKEN": "{{ mailman_web_settings_api_token }}"}}
    assert found.secrets == {"mailman_web_settings_api_token": "hush"}
    assert len(found.notes["file"]) == 2 and "hush" not in str(found.notes)
