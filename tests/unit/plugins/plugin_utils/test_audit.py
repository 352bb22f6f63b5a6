# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.listops.mailman.plugins.plugin_utils import audit

DOMAIN = "lists.example.org"


def owner(address, status="enabled"):
    return {"address": address, "delivery_status": status}


def there(*owners, state="present", **settings):
    return {
        "state": state,
        "settings": dict({"advertised": True, "archive_policy": "public", "description": None}, **settings),
        "rosters": {"owner": list(owners)},
        "counts": {"member": 2, "owner": len(owners)},
        "last_post_at": None,
    }


def found(lists, changes=(), undeclared=()):
    info = {"lists": {f"{name}@{DOMAIN}": entry for name, entry in lists.items()}, "domains": [DOMAIN]}
    plan = {"lists": list(changes), "undeclared": [f"{name}@{DOMAIN}" for name in undeclared]}
    return {"host": "fermium", "info": info, "plan": plan}


def change(listname, action, **changes):
    shown = {key: {"before": before, "after": after} for key, (before, after) in changes.items()}
    return {"name": f"{listname}@{DOMAIN}", "action": action, "changes": shown}


ADMIN = owner("list-admin@example.org")


def test_every_list_has_a_status_and_the_worst_is_first():
    lists = {"good": there(ADMIN), "stray": there(ADMIN), "drifted": there(ADMIN), "old": there(ADMIN)}
    changes = [
        change("drifted", "changed", info=("a", "b")),
        change("new", "renamed", name=(f"old@{DOMAIN}", f"new@{DOMAIN}")),
        change("absent", "created", state=("absent", "present")),
    ]
    table = audit.audit([found(lists, changes, ["stray"])], ["fermium"])
    assert [(row["name"].partition("@")[0], row["status"]) for row in table["lists"]] == [
        ("absent", "missing"),
        ("drifted", "differs"),
        ("old", "differs"),
        ("stray", "undeclared"),
        ("good", "declared"),
    ]
    assert table["summary"] == {
        "hosts": 1,
        "errors": 0,
        "lists": 4,
        "members": 8,
        "differ": 2,
        "unreadable": 0,
        "missing": 1,
        "undeclared": 1,
        "exposed": 0,
        "without_owner": 0,
        "lone_archives": 0,
    }


@pytest.mark.parametrize(
    ("owners", "reachable"),
    [
        ([ADMIN], True),
        ([owner("a@b", "enabled"), ADMIN], True),
        ([], False),
        ([owner("root@localhost")], False),
        ([owner("list-admin@example.org", "by_bounces")], False),
        ([owner(f"nobody@{DOMAIN}")], False),
        ([owner(f"A@{DOMAIN}")], True),
        ([owner(f"postmaster@{DOMAIN}")], True),
    ],
)
def test_an_owner_is_reachable_as_far_as_the_server_knows(owners, reachable):
    table = audit.audit([found({"a": there(*owners)})], ["fermium"])
    assert table["lists"][0]["owner_reachable"] is reachable
    assert table["summary"]["without_owner"] == (0 if reachable else 1)


def test_bans_of_every_list_are_compared():
    bans = {"name": "every list", "action": "changed", "changes": {"bans": {"before": [], "after": ["^eve@"]}}}
    rows = audit.audit([found({"good": there(ADMIN)}, [bans])], ["fermium"])["lists"]
    assert [(row["name"], row["status"]) for row in rows] == [("every list", "differs"), (f"good@{DOMAIN}", "declared")]


def test_a_disabled_list_needs_no_owner():
    table = audit.audit([found({"a": there(state="disabled")})], ["fermium"])
    assert table["summary"]["without_owner"] == 0


def test_a_host_that_failed_or_was_not_reached_is_named():
    table = audit.audit([{"host": "sodium", "error": "Mailman is not installed here"}], ["sodium", "fermium"])
    assert table["errors"] == {"fermium": "It was not reached.", "sodium": "Mailman is not installed here"}
    assert table["lists"] == [] and table["summary"]["errors"] == 2


def test_the_overview_has_advertised_lists_and_no_person():
    lists = found({"b": there(ADMIN, description="<b>"), "a": there(ADMIN, archive_policy="private")})["info"]["lists"]
    lists["hidden@" + DOMAIN] = there(ADMIN, advertised=False)
    assert audit.overview(lists) == [
        {"address": f"a@{DOMAIN}", "name": "a", "list_id": f"a.{DOMAIN}", "description": "", "public_archive": False},
        {"address": f"b@{DOMAIN}", "name": "b", "list_id": f"b.{DOMAIN}", "description": "<b>", "public_archive": True},
    ]


def test_a_page_for_strangers_has_nothing_that_no_page_may_have():
    entry = {
        "settings": {"advertised": True, "archive_policy": "public", "description": "a\x1b[1m\x00\x9bb\ud800 \u200dc"}
    }
    (row,) = audit.overview({"a@l.example.org": entry})
    assert row["description"] == "a\ufffd[1m\ufffd\ufffdb\ufffd \u200dc"


@pytest.mark.parametrize(
    ("policy", "shown", "exposed"),
    [
        ("private", "public", True),
        ("private", "never", True),
        ("private", "private", False),
        ("private", None, False),
        ("public", "public", False),
        ("never", "public", False),
    ],
)
def test_a_private_list_with_an_open_archive_is_the_worst(policy, shown, exposed):
    lists = {"a": there(ADMIN), "z": dict(there(ADMIN, archive_policy=policy), archive_shown=shown)}
    table = audit.audit([found(lists, [change("a", "changed", info=("a", "b"))])], ["fermium"])
    assert table["summary"]["exposed"] == exposed
    assert [row["exposed"] for row in table["lists"] if row["name"].startswith("z@")] == [exposed]
    assert (table["lists"][0]["name"] == f"z@{DOMAIN}") is exposed


def test_lists_of_one_name_are_told_apart_on_the_overview():
    shown = {"advertised": True, "description": "", "archive_policy": "public"}
    names = ("a@x.example.org", "a@y.example.org", "b@x.example.org", "c@x.example.org")
    lists = {name: {"settings": shown} for name in names}
    lists["c@y.example.org"] = {"settings": {**shown, "advertised": False}}
    assert [entry["name"] for entry in audit.overview(lists)] == ["a@x.example.org", "a@y.example.org", "b", "c"]


def test_a_list_that_cannot_be_read_is_the_first_with_its_reason():
    """It stands among the others, is neither missing nor undeclared, and counts as a list."""
    host = found({"a": there(ADMIN)}, [change("b", "created", state=("absent", "present"))], ["odd"])
    host["info"]["unreadable"] = {f"odd@{DOMAIN}": "list odd: why", "damaged": "list damaged: why"}
    table = audit.audit([host], ["fermium"])
    assert [(row["name"], row["status"]) for row in table["lists"]] == [
        ("damaged", "unreadable"),
        (f"odd@{DOMAIN}", "unreadable"),
        (f"b@{DOMAIN}", "missing"),
        (f"a@{DOMAIN}", "declared"),
    ]
    assert table["lists"][0]["changes"] == {"unreadable": {"before": "list damaged: why", "after": None}}
    assert (table["summary"]["unreadable"], table["summary"]["lists"], table["summary"]["undeclared"]) == (2, 3, 0)


@pytest.mark.parametrize(
    ("entry", "unreadable", "stays"),
    [
        ({"name": "odd"}, "odd", False),
        ({"name": "Odd"}, f"odd@{DOMAIN}", False),
        ({"name": f"odd@{DOMAIN}"}, "odd", False),
        ({"name": f"odd@{DOMAIN}"}, f"odd@{DOMAIN}", False),
        ({"name": "odd", "domain": DOMAIN}, f"odd@{DOMAIN}", False),
        ({"name": "new", "renamed_from": ["odd"]}, f"odd@{DOMAIN}", False),
        ({"name": "odd", "domain": "other.example.org"}, f"odd@{DOMAIN}", True),
        ({"name": "odd@other.example.org"}, f"odd@{DOMAIN}", True),
        ({"name": "odder"}, "odd", True),
        ({"description": "no name"}, "odd", True),
        ("no dictionary", "odd", True),
    ],
)
def test_the_others_are_compared(entry, unreadable, stays):
    assert audit.readable([entry, {"name": "good"}], {unreadable: "why"}) == [entry, {"name": "good"}][not stays :]


def test_guarded_archives_without_a_list_are_named_by_host():
    host = dict(found({"a": there(ADMIN)}), lone_archives=[f"b@{DOMAIN}"])
    table = audit.audit([host, {"host": "sodium", "error": "no"}], ["fermium", "sodium"])
    assert table["lone_archives"] == {"fermium": [f"b@{DOMAIN}"]} and table["summary"]["lone_archives"] == 1
    assert audit.audit([found({"a": there(ADMIN)})], ["fermium"])["lone_archives"] == {}
