# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.listops.mailman.plugins.module_utils._accounts.plan import plan
from ansible_collections.listops.mailman.plugins.module_utils._accounts.remote.main import notice, validity
from ansible_collections.listops.mailman.plugins.module_utils._lists.vocabulary import Invalid

NEW = "new@example.org"
A, B = "a@lists.example.org", "b@lists.example.org"
MORE = {"link": "https://l/key", "login": "https://l/login", "name": "new", "validity": "within 3 days"}


def found(claims=(), **holder):
    person = dict({"name": "new", "active": True, "password": False, "reasons": []}, **holder)
    return {"holder": person if holder else None, "claims": list(claims)}


def requests(state, reason=None):
    told = {"lists": [A], "roles": ["owner"]}
    steps = [dict(step.request) for step in plan(NEW, state, reason, [A])]
    for step in steps:
        assert "mail" not in step or {key: step.pop(key) for key in told} == told
    return steps


def test_who_has_no_account_gets_one_and_a_link():
    assert requests(found()) == [{"create": True}, {"mail": "new"}]
    assert requests(found(), "ticket 1") == [{"create": True}, {"mail": "ticket 1"}]


@pytest.mark.parametrize(
    "holder, reason, mailed",
    [
        ({"reasons": []}, None, True),
        ({"reasons": ["new"]}, None, False),
        ({"reasons": ["ticket 1"]}, None, False),
        ({"password": True}, None, False),
        ({"password": True}, "ticket 1", True),
        ({"password": True, "reasons": ["ticket 1"]}, "ticket 1", False),
        ({"reasons": ["ticket 1"]}, "ticket 2", True),
    ],
)
def test_a_link_is_mailed_once_for_each_reason(holder, reason, mailed):
    assert requests(found(**holder), reason) == ([{"mail": reason or "new"}] if mailed else [])


def test_who_only_claims_an_address_loses_it_first():
    steps = plan(NEW, found(["mallory", "oscar"]), None)
    assert [step.request for step in steps] == [
        {"release": "mallory"},
        {"release": "oscar"},
        {"create": True},
        {"mail": "new", "lists": [], "roles": ["owner"]},
    ]
    assert steps[0].said == "account mallory loses new@example.org, which it has not confirmed"


def test_an_account_that_is_not_active():
    with pytest.raises(
        Invalid, match="the web account new of new@example.org is not active: give an address whose account"
    ):
        plan(NEW, found(["mallory"], active=False), None)


@pytest.mark.parametrize(
    ("lists", "roles", "subject", "said"),
    [
        ([A], ["owner"], f"You are an owner of {A}", f"You are an owner of the mailing list {A}.\n"),
        ([A], ["moderator"], f"You are a moderator of {A}", f"You are a moderator of the mailing list {A}.\n"),
        (
            [A, B],
            ["owner", "moderator"],
            "You are an owner and a moderator of 2 mailing lists",
            f"an owner and a moderator of these mailing lists:\n\n    {A}\n    {B}\n",
        ),
        ([], ["owner"], "Your account for the mailing lists", "An account was made for you, or you asked"),
    ],
)
def test_the_mail_says_what_it_is_for(lists, roles, subject, said):
    found, text = notice(lists, roles, **MORE)
    assert found == subject and said in text and "safely ignored" not in text
    assert all(value in text for value in MORE.values()) and "{" not in text


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (259200, "within 3 days"),
        (86400, "within 1 day"),
        (7200, "within 2 hours"),
        (60, "within 1 minute"),
        (1, "at once"),
    ],
)
def test_for_how_long_the_link_is_good(seconds, words):
    assert validity(seconds) == words
