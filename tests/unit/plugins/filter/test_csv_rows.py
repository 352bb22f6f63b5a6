# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible.errors import AnsibleFilterError

from ansible_collections.listops.mailman.plugins.filter.csv_rows import csv_rows

LISTS = '\ufeffname,description,owners\r\n\r\nstaff,"All, ""us""",a@x.org; b@x.org \r\nannounce,,\r\n'


def test_what_a_spreadsheet_saved():
    assert csv_rows(LISTS, several=["owners"]) == [
        {"name": "staff", "description": 'All, "us"', "owners": ["a@x.org", "b@x.org"]},
        {"name": "announce"},
    ]


def test_another_delimiter():
    assert csv_rows("mail;cn\na@x.org;A, B\n", delimiter=";") == [{"mail": "a@x.org", "cn": "A, B"}]


def test_headings_without_rows_are_no_error():
    assert csv_rows("mail,cn\n") == []


@pytest.mark.parametrize(
    ("text", "options", "said"),
    [
        ("", {}, "empty"),
        ("name,owners\nstaff\n", {}, "the row of 'staff' has 1 cells: give 2"),
        ("name\nstaff,x\n", {}, "the row of 'staff' has 2 cells: give 1"),
        ('name\n"staff\n', {}, "no CSV"),
        ("name\nstaff\n", {"several": ["owner"]}, "several has owner: give columns, of name"),
    ],
)
def test_what_is_refused(text, options, said):
    with pytest.raises(AnsibleFilterError, match=said):
        csv_rows(text, **options)
