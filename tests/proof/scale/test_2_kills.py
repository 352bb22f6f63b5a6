# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The engine is killed again and again, at any point; no list is ever half done, and one run finishes the job."""

from __future__ import annotations

import json
import random
from typing import Any

from bench.host import Host
from bench.site import site
from support.mail_server import MailServer
from support.proved import Proved

LISTS = 40
KILLS = 50
DATABASE = "/var/lib/mailman3/data/mailman.db"
# There while SQLite is in the middle of a transaction that writes.
JOURNAL = DATABASE + "-journal"
WRITING_SECONDS = 0.8
LIST_ROWS = """
    SELECT list_name, id, description, info, advertised, emergency, archive_policy, subscription_policy,
           max_num_recipients, admin_notify_mchanges
    FROM mailinglist WHERE list_name LIKE 'kill%'
"""
MEMBER_ROWS = """
    SELECT substr(member.list_id, 1, instr(member.list_id, '.') - 1), member.role, address.email,
           member.moderation_action, preferences.delivery_mode, preferences.delivery_status
    FROM member JOIN address ON address.id = member.address_id
    JOIN preferences ON preferences.id = member.preferences_id WHERE member.list_id LIKE 'kill%'
"""
RULE_ROWS = """
    SELECT list_name, header, pattern, chain FROM headermatch JOIN mailinglist ON mailinglist.id = mailing_list_id
    WHERE list_name LIKE 'kill%'
"""
BAN_ROWS = "SELECT substr(list_id, 1, instr(list_id, '.') - 1), email FROM ban WHERE list_id LIKE 'kill%'"


def state(fermium: MailServer) -> dict[str, Any]:
    """What is in Mailman's database of each list, read without Mailman."""
    # Who reads first has SQLite take back what was cut off, which needs more than the right to read.
    fermium.rest("GET", "domains")
    found: dict[str, Any] = {}
    for name, _key, *rest in fermium.ask("rows", database=DATABASE, query=LIST_ROWS):
        found[name] = [rest]
    strays = []
    for query in (MEMBER_ROWS, RULE_ROWS, BAN_ROWS):
        for name, *rest in sorted(fermium.ask("rows", database=DATABASE, query=query), key=str):
            found[name].append(rest) if name in found else strays.append([name, *rest])
    assert strays == [], "members, rules or bans of a list that is not there"
    return found


def through_rest(fermium: MailServer) -> dict[str, Any]:
    out: dict[str, Any] = {}
    for entry in fermium.entries("lists"):
        name = entry["fqdn_listname"]
        if name.startswith("kill"):
            out[name] = [
                fermium.rest("GET", f"lists/{name}/config"),
                [
                    sorted(
                        (p["email"], p["display_name"], p["delivery_mode"])
                        for p in fermium.members(name, role).values()
                    )
                    for role in ("member", "owner", "moderator", "nonmember")
                ],
                sorted(ban["email"] for ban in fermium.entries(f"lists/{name}/bans")),
                [(rule["header"], rule["pattern"]) for rule in fermium.entries(f"lists/{name}/header-matches")],
            ]
            for key in ("created_at", "http_etag", "last_post_at", "digest_last_sent_at"):
                out[name][0].pop(key, None)
    return json.loads(json.dumps(out))  # type: ignore[no-any-return]


def variants() -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Two sites with the same lists: in the second each has what another has in the first, some are disabled or gone."""
    complete: dict[str, Any] = {"moderators": [], "bans": [], "header_matches": []}
    first = [{**complete, **entry, "name": entry["name"].replace("list", "kill", 1)} for entry in site(LISTS, seed=50)]
    second = []
    for at, entry in enumerate(first):
        changed = {**first[(at + 1) % LISTS], "name": entry["name"]}
        if at % 7 == 3:
            changed["state"] = "disabled"
        if at % 11 == 5:
            changed = {"name": entry["name"], "state": "absent"}
        second.append(changed)
    return first, second


def test_fifty_kills_leave_no_list_half_done(fermium: MailServer, host: Host, proved: Proved) -> None:
    options = {"allow_shrink": True, "override_bans": True}
    arguments = [
        host.put(f"kill-{number}", {"ANSIBLE_MODULE_ARGS": {"lists": entries, **options}})
        for number, entries in enumerate(variants())
    ]
    declared, seconds = [], []
    # the second time round, so that nothing is left of how they began
    for each in (*arguments, *arguments):
        measured, said = host.module(each)
        assert said["changed"]
        assert not host.module(each)[1]["changed"]
        declared.append(state(fermium))
        seconds.append(measured.seconds[0])
    declared, seconds = declared[2:], seconds[2:]
    assert len(declared[0]) == LISTS > len(declared[1]) > LISTS // 2
    host.module(arguments[0])
    wanted = through_rest(fermium)
    assert state(fermium) == declared[0]

    chance = random.Random(2026)
    kills = halfway = 0
    before = state(fermium)
    while kills < KILLS:
        to = 1 if before == declared[0] else 0 if before == declared[1] else kills % 2
        # one at any moment of the run, three while it writes
        if kills % 4 == 0:
            killed = host.kill_module(arguments[to], chance.uniform(0.2, 1) * seconds[to], child=chance.random() < 0.5)
        else:
            moment = chance.uniform(0, WRITING_SECONDS)
            killed = host.kill_module(arguments[to], moment, child=chance.random() < 0.5, after=JOURNAL)
        kills += killed
        now = state(fermium)
        for name in before.keys() | now.keys() | declared[to].keys():
            assert now.get(name) in (before.get(name), declared[to].get(name)), f"{name} is half done after a kill"
        if now not in (before, declared[to]):
            halfway += 1
        before = now
    assert halfway > KILLS // 10, f"only {halfway} kills came in the middle of writing"

    host.module(arguments[0])
    assert not host.module(arguments[0])[1]["changed"], "one run was not enough"
    assert state(fermium) == declared[0]
    assert through_rest(fermium) == wanted
    proved(
        "50 kills at random points: every list as before or as declared; one run finishes", f"{halfway} amid writing"
    )
