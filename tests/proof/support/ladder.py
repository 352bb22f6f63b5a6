# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Check, apply, check again, apply again; and what Mailman's REST says of it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from .controller import Controller, results
from .mail_server import MailServer

LIST = "listops.mailman.mailman_list"
MEMBER = "listops.mailman.mailman_member"
INFO = "listops.mailman.mailman_list_info"
DOMAIN = "lists.example.org"
# Without this the diff is not in the result.
DIFF = ("--diff",)


def play(controller: Controller, tasks: list[dict[str, Any]]) -> list[dict[str, Any]]:
    source = json.dumps([{"hosts": "fermium", "gather_facts": False, "tasks": tasks}])
    return results(controller.playbook("/dev/stdin", *DIFF, stdin=source))


def state(fermium: MailServer) -> dict[str, Any]:
    """Everything that REST says of all lists."""
    out: dict[str, Any] = {}
    for entry in fermium.entries("lists"):
        name = entry["fqdn_listname"]
        out[name] = fermium.rest("GET", f"lists/{name}/config")
        for roster in ("member", "owner", "moderator", "nonmember"):
            people = fermium.members(name, roster)
            out[name][roster] = {
                key: [people[key].get(word) for word in ("delivery_mode", "display_name", "moderation_action")]
                for key in sorted(people)
            }
        out[name]["bans"] = [ban["email"] for ban in fermium.entries(f"lists/{name}/bans")]
        rules = fermium.entries(f"lists/{name}/header-matches")
        out[name]["rules"] = [[rule[word] for word in ("header", "pattern", "action")] for rule in rules]
    said: dict[str, Any] = json.loads(json.dumps(out, sort_keys=True).replace("http_etag", ""))
    return said


def assert_idempotent(
    controller: Controller,
    fermium: MailServer,
    module: str,
    *,
    look: Callable[[MailServer], Any] = state,
    **options: Any,
) -> dict[str, Any]:
    """Check, apply, check again, apply again; give what the first application said.

    look: what the task changes and nothing else does.
    """
    task = {"name": "apply twice", module: options}
    before = look(fermium)
    (checked,) = play(controller, [dict(task, check_mode=True)])
    assert checked["changed"] is True, checked
    assert look(fermium) == before, "check mode wrote"
    applied, again_checked, again = play(controller, [task, dict(task, check_mode=True), task])
    assert applied["changed"] is True
    assert applied["diff"] == checked["diff"], "check mode showed something else than what was done"
    assert applied["lists"] == checked["lists"]
    assert again_checked["changed"] is False and again["changed"] is False, again["diff"]
    assert again["diff"]["before"] == again["diff"]["after"] == ""
    assert look(fermium) != before
    return applied


def refusal(controller: Controller, module: str, **options: Any) -> str:
    (said,) = play(controller, [{"name": "refused", module: options, "ignore_errors": True}])
    assert said["failed"] is True and "Traceback" not in str(said), said
    return str(said["msg"])
