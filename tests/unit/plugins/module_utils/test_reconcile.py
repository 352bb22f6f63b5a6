# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import re

import pytest

from ansible_collections.listops.mailman.plugins.module_utils import model, reconcile
from ansible_collections.listops.mailman.plugins.module_utils.engine import NotInstalled
from ansible_collections.listops.mailman.plugins.module_utils.vocabulary import Invalid

HELLO = {
    "engine": "mailman3",
    "domains": ["l.example.org"],
    "lists": ["old@l.example.org"],
    "schema": {},
    "site_bans": [],
    "archivers": [],
    "templates": [],
    "template_urls": [],
    "listname_chars": "[-_.0-9a-z]",
}
PARAMS = {
    "mailman_engine": "auto",
    "mailman_prefix": None,
    "diff_limit": 0,
    "allow_shrink": False,
    "override_bans": False,
    "send_welcome": False,
    "send_goodbye": False,
    "web_manage": None,
    "web_user": "www-data",
}


class Engine:
    """A Mailman with one list, which must not be told anything in these tests."""

    service = "mailman3"
    waited = 0.0
    hello = HELLO

    def __enter__(self):
        return self

    def __exit__(self, *_exc):
        return None

    def check(self, specs):
        return None

    def adapt(self, specs, actual):
        return specs, actual

    def read(self, **_request):
        empty = {"settings": {}, "rosters": {}, "bans": [], "header_matches": [], "archivers": {}, "templates": {}}
        return {"old@l.example.org": dict(empty, saved=None)}


def nothing_installed(params, readonly):
    raise NotInstalled("Mailman is not installed here")


def run(check_mode, **entry):
    declared = model.parse_site([entry])
    return reconcile.reconcile(PARAMS, lambda _hello: declared, check_mode=check_mode)


# A run needs Mailman.
@pytest.mark.parametrize(("installed", "check_mode"), [(True, True), (True, False), (False, True)])
@pytest.mark.parametrize(
    ("entry", "sentence"),
    [
        ({"name": "c++"}, "list c++@l.example.org: this Mailman does not take '+' in a name"),
        ({"name": "x" * 65}, "its part before the @ has 65 characters; accepted: up to 64"),
        ({"name": "x" * 300}, "its part before the @ has 300 characters; accepted: up to 64"),
        ({"name": "y" * 65, "renamed_from": "old"}, "its part before the @ has 65 characters; accepted: up to 64"),
        ({"name": "x", "members": ["m" * 65 + "@example.net"]}, "cannot be added, its part before the @ has 65"),
        ({"name": "x", "owners": ["m@" + "d" * 64 + ".example"]}, "cannot be added, a part of its domain has 64"),
        ({"name": "x", "members": ["m@" + "example." * 32 + "net"]}, "cannot be added, with its domain it has 261"),
    ],
)
def test_check_mode_refuses_what_the_run_refuses(monkeypatch, check_mode, installed, entry, sentence):
    """Before anything is touched: the engine here takes no steps."""
    monkeypatch.setattr(
        reconcile, "open_engine", (lambda params, readonly: Engine()) if installed else nothing_installed
    )
    with pytest.raises(Invalid, match=re.escape(sentence)):
        run(check_mode, domain="l.example.org", **entry)


def test_an_address_of_a_list_leaves_room_for_the_names_of_its_locks(monkeypatch):
    hello = dict(HELLO, domains=["d." + "example." * 12 + "org"])
    monkeypatch.setattr(Engine, "hello", hello)
    monkeypatch.setattr(reconcile, "open_engine", lambda params, readonly: Engine())
    with pytest.raises(Invalid, match="with its domain it has 164 characters; accepted: up to 150"):
        run(True, name="x" * 62, domain=hello["domains"][0])


def test_what_is_there_already_is_not_measured(monkeypatch):
    name = "x" * 200 + "@l.example.org"
    member = {"address": "m" * 70 + "@example.net", "display_name": "", "delivery_mode": "regular"}
    member.update(delivery_status="enabled", moderation_action="default")
    there = Engine().read()["old@l.example.org"]
    there["rosters"] = {"member": {member["address"]: member}}
    monkeypatch.setattr(Engine, "hello", dict(HELLO, lists=[name]))
    monkeypatch.setattr(Engine, "read", lambda self, **_request: {name: there})
    monkeypatch.setattr(reconcile, "open_engine", lambda params, readonly: Engine())
    assert run(True, name=name, members=[member["address"]]).result["changed"] is False
    gone = run(True, name=name, members={"state": "absent", "addresses": [member["address"]]})
    assert gone.result["summary"]["members_removed"] == 1


def test_warnings_are_safe_for_a_terminal(monkeypatch):
    monkeypatch.setattr(reconcile, "open_engine", lambda params, readonly: Engine())
    (warning,) = run(True, name="x@l.example.org", archivers=["a\x1b\u202eb"]).warnings
    assert warning.isprintable() and "\\x1b" in warning
