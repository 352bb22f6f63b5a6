# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import datetime

import pytest
from ansible.errors import AnsibleFilterError

from ansible_collections.listops.mailman.plugins.filter.python2_literal import python2_literal


@pytest.mark.parametrize(
    ("value", "literal"),
    [
        (None, "None"),
        (True, "True"),
        (7, "7"),
        (2.5, "2.5"),
        ("plain", "'plain'"),
        ("it's \\ %s\n", '"it\'s \\\\ %s\\n"'),
        ("Blümchen", r"'Bl\xc3\xbcmchen'"),
        ([["X-Spam", "[+]{6,}"], ()], "[['X-Spam', '[+]{6,}'], []]"),
        ({"de": [1, None]}, "{'de': [1, None]}"),
    ],
)
def test_as_python_2_writes_it(value, literal):
    assert python2_literal(value) == literal


class Tagged(str):
    """As Ansible's own strings."""

    def __repr__(self):
        return "Tagged"


def test_subclasses_are_what_they_are():
    assert python2_literal(Tagged("a")) == "'a'"


def test_what_has_no_literal_is_refused():
    with pytest.raises(AnsibleFilterError, match="is a date: give a text, a number"):
        python2_literal(datetime.date(2026, 1, 1))
