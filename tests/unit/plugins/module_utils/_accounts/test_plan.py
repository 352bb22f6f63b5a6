# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.listops.mailman.plugins.module_utils._accounts.plan import plan
from ansible_collections.listops.mailman.plugins.module_utils._lists.vocabulary import Invalid

NEW = "new@example.org"


def found(claims=(), **holder):
    person = dict({"name": "new", "active": True, "password": False, "occasions": []}, **holder)
    return {"holder": person if holder else None, "claims": list(claims)}


def requests(state, occasion=None):
    return [step.request for step in plan(NEW, state, occasion)]


def test_who_has_no_account_gets_one_and_a_link():
    assert requests(found()) == [{"create": True}, {"mail": "new"}]
    assert requests(found(), "ticket 1") == [{"create": True}, {"mail": "ticket 1"}]


@pytest.mark.parametrize(
    "holder, occasion, mailed",
    [
        ({"occasions": []}, None, True),
        ({"occasions": ["new"]}, None, False),
        ({"occasions": ["ticket 1"]}, None, False),
        ({"password": True}, None, False),
        ({"password": True}, "ticket 1", True),
        ({"password": True, "occasions": ["ticket 1"]}, "ticket 1", False),
        ({"occasions": ["ticket 1"]}, "ticket 2", True),
    ],
)
def test_a_link_is_mailed_once_for_each_occasion(holder, occasion, mailed):
    assert requests(found(**holder), occasion) == ([{"mail": occasion or "new"}] if mailed else [])


def test_who_only_claims_an_address_loses_it_first():
    steps = plan(NEW, found(["mallory", "oscar"]), None)
    assert [step.request for step in steps] == [
        {"release": "mallory"},
        {"release": "oscar"},
        {"create": True},
        {"mail": "new"},
    ]
    assert steps[0].said == "account mallory loses new@example.org, which it has not confirmed"


def test_an_account_that_is_not_active():
    with pytest.raises(
        Invalid, match="the web account new of new@example.org is not active; accepted: an account that"
    ):
        plan(NEW, found(["mallory"], active=False), None)
