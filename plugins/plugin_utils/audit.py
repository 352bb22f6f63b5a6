# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One table of the lists of all hosts: their state, differences from the inventory, and unreachable owners. Pure."""

from __future__ import annotations

import unicodedata
from collections import Counter
from typing import Any, Iterable, Mapping

from ansible_collections.listops.mailman.plugins.module_utils._lists.plan import EVERY_LIST
from ansible_collections.listops.mailman.plugins.module_utils._lists.vocabulary import is_address

# The worst first.
STATUSES = ("unreadable", "missing", "differs", "undeclared", "declared")


def _reachable(owner: Mapping[str, Any], lists: Iterable[str], domains: Iterable[str]) -> bool:
    """Whether mail to an owner can arrive, as far as the list server itself knows."""
    address = owner["address"]
    if not is_address(address) or owner["delivery_status"] != "enabled":
        return False
    # In a domain of lists there are only lists.
    lower = address.lower()
    return lower.rpartition("@")[2] not in domains or lower in lists or lower.partition("@")[0] == "postmaster"


def _row(
    host: str, name: str, entry: Mapping[str, Any], status: str, changes: Mapping[str, Any], info: Mapping[str, Any]
) -> dict[str, Any]:
    owners = entry["rosters"]["owner"]
    return {
        "host": host,
        "name": name,
        "description": entry["settings"]["description"] or "",
        "state": entry["state"],
        "advertised": bool(entry["settings"]["advertised"]),
        "archive_policy": entry["settings"]["archive_policy"],
        "archive_shown": entry.get("archive_shown"),
        # Private in Mailman, but its archive is open to everybody.
        "exposed": entry["settings"]["archive_policy"] == "private"
        and entry.get("archive_shown") not in (None, "private"),
        "owners": [owner["address"] for owner in owners],
        # A disabled list may have lost its owners on purpose.
        "owner_reachable": entry["state"] == "disabled"
        or any(_reachable(owner, info["lists"], info["domains"]) for owner in owners),
        "counts": entry["counts"],
        "last_post_at": entry["last_post_at"],
        "status": status,
        "changes": changes,
    }


def _unseen(host: str, name: str, state: str, status: str, changes: Mapping[str, Any]) -> dict[str, Any]:
    """The row of a list of which nothing is known."""
    return {
        "host": host,
        "name": name,
        "description": "",
        "state": state,
        "advertised": False,
        "archive_policy": None,
        "archive_shown": None,
        "exposed": False,
        "owners": [],
        "owner_reachable": True,
        "counts": {},
        "last_post_at": None,
        "status": status,
        "changes": changes,
    }


def _rows(host: str, plan: Mapping[str, Any], info: Mapping[str, Any]) -> list[dict[str, Any]]:
    changes = {change["name"]: change for change in plan["lists"]}
    # A list that will be renamed still has its old name.
    former = {change["changes"]["name"]["before"]: change for change in plan["lists"] if change["action"] == "renamed"}
    undeclared = frozenset(plan["undeclared"])
    rows = []
    for name in sorted(info["lists"]):
        change = changes.get(name) or former.get(name)
        status = "undeclared" if name in undeclared else "differs" if change else "declared"
        rows.append(_row(host, name, info["lists"][name], status, change["changes"] if change else {}, info))
    unreadable = info.get("unreadable", {})
    rows = [row for row in rows if row["name"] not in unreadable]
    rows += [
        _unseen(host, name, "unreadable", "unreadable", {"unreadable": {"before": reason, "after": None}})
        for name, reason in sorted(unreadable.items())
    ]
    if EVERY_LIST in changes:
        rows.append(_unseen(host, EVERY_LIST, "present", "differs", changes[EVERY_LIST]["changes"]))
    return rows + [
        _unseen(host, change["name"], "absent", "missing", change["changes"])
        for change in plan["lists"]
        if change["action"] == "created"
    ]


def readable(lists: Iterable[Any], unreadable: Iterable[str]) -> list[Any]:
    """The declared lists without unreadable ones, which are named by posting addresses or by local names."""
    unreadable = {str(name).lower() for name in unreadable}
    local = {name.partition("@")[0] for name in unreadable}

    def is_unreadable(entry: Any) -> bool:
        if not isinstance(entry, Mapping):
            return False
        former = entry.get("renamed_from")
        names = [str(entry.get("name")), *(map(str, former) if isinstance(former, list) else ())]
        domain = entry.get("domain")
        for name in map(str.lower, names):
            address = name if "@" in name or not domain else "{0}@{1}".format(name, str(domain).lower())
            # If a domain is unknown on either side, compare the names: Mailman 2.1 has one list of a name.
            if address in unreadable or name.partition("@")[0] in (local if "@" not in address else unreadable):
                return True
        return False

    return [entry for entry in lists if not is_unreadable(entry)]


def audit(found: Iterable[Mapping[str, Any]], hosts: Iterable[str]) -> dict[str, Any]:
    """The table of all hosts.

    found: for a host {"host", "plan": result of mailman_list in check mode,
        "info": result of mailman_list_info, "lone_archives": addresses of archives with
        digest users that belong to no list} or {"host", "error": sentence}.
    hosts: the names of all hosts that should be in the table.
    Returns {"summary": counts, "errors": {host: sentence}, "lone_archives": {host: addresses}, "lists": [rows]},
    where status is one of STATUSES, the worst first.
    """
    by_host = {each["host"]: each for each in found}
    hosts = sorted(hosts)
    errors = {host: by_host.get(host, {"error": "It was not reached."}).get("error") for host in hosts}
    errors = {host: error for host, error in errors.items() if error}
    rows = [
        row for host in hosts if host not in errors for row in _rows(host, by_host[host]["plan"], by_host[host]["info"])
    ]
    rows.sort(
        key=lambda row: (
            not row["exposed"],
            STATUSES.index(row["status"]),
            row["owner_reachable"],
            row["host"],
            row["name"],
        )
    )
    summary = {
        "hosts": len(hosts),
        "errors": len(errors),
        "lists": sum(row["status"] != "missing" and row["name"] != EVERY_LIST for row in rows),
        "members": sum(row["counts"].get("member", 0) for row in rows),
        "differ": sum(row["status"] == "differs" for row in rows),
        "unreadable": sum(row["status"] == "unreadable" for row in rows),
        "missing": sum(row["status"] == "missing" for row in rows),
        "undeclared": sum(row["status"] == "undeclared" for row in rows),
        "exposed": sum(row["exposed"] for row in rows),
        "without_owner": sum(not row["owner_reachable"] for row in rows),
    }
    looked = {host: by_host[host].get("lone_archives") or [] for host in hosts if host not in errors}
    lone = {host: names for host, names in looked.items() if names}
    summary["lone_archives"] = sum(len(names) for names in lone.values())
    return {"summary": summary, "errors": errors, "lone_archives": lone, "lists": rows}


def _web_text(text: str) -> str:
    """Text without characters that no page may have: controls and lone surrogates. The element around it ends marks of direction."""
    return "".join("\ufffd" if unicodedata.category(each) in ("Cc", "Cs") else each for each in text)


def overview(lists: Mapping[str, Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The advertised lists, with what strangers may know, sorted by name.

    lists: as mailman_list_info returns them. Lists that differ only in their domains are named by their addresses.
    """
    names = Counter(name.partition("@")[0] for name, entry in lists.items() if entry["settings"]["advertised"])
    return [
        {
            "address": name,
            "name": name if names[name.partition("@")[0]] > 1 else name.partition("@")[0],
            "list_id": name.replace("@", ".", 1),
            "description": _web_text(entry["settings"]["description"] or ""),
            "public_archive": entry["settings"]["archive_policy"] == "public",
        }
        for name, entry in sorted(lists.items())
        if entry["settings"]["advertised"]
    ]
