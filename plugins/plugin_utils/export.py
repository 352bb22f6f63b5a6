# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The people of lists in the form of an inventory or as a table. Pure."""

from __future__ import annotations

import csv
import io
import re
from typing import Any, Iterable, Mapping

from ansible_collections.listops.mailman.plugins.module_utils import _visible as visible
from ansible_collections.listops.mailman.plugins.module_utils._lists import external_archives
from ansible_collections.listops.mailman.plugins.module_utils._lists.model import DISABLED_ACTIONS
from ansible_collections.listops.mailman.plugins.module_utils._lists.plan import disabled_rules
from ansible_collections.listops.mailman.plugins.module_utils._lists.vocabulary import MEMBER_FIELDS

# Role -> key of an entry of mailman_list.
KEYS = {"owner": "owners", "moderator": "moderators", "member": "members", "nonmember": "nonmembers"}
COLUMNS = ("list", "role", "address") + tuple(MEMBER_FIELDS)
# What a spreadsheet takes for a formula, with full-width signs. An apostrophe before it makes it text. Text that already
# begins with apostrophes gets one more, so that `original` can remove one.
_FORMULA = re.compile("'* *[=+\\-@\uff1d\uff0b\uff0d\uff20]")


def entries(lists: Mapping[str, Mapping[str, Any]], archives: frozenset[str] = frozenset()) -> list[dict[str, Any]]:
    """Entries of mailman_list with the people of every list, which change nothing when they are applied.

    lists: as mailman_list_info returns them, with archive_policy where there are
    archives: addresses of external archives, which are not people.
    """
    out = []
    for name, found in sorted(lists.items()):
        entry: dict[str, Any] = {"name": name}
        if found["state"] == "disabled":
            entry["state"] = "disabled"
            # Other saved settings were changed by hand since, and are left out.
            for action in DISABLED_ACTIONS:
                if found["header_matches"] == disabled_rules(action):
                    entry["disabled_action"] = action
        members = {person["address"].lower() for person in found["rosters"].get("member", ())}
        for role, people in found["rosters"].items():
            # Mailman looks at the member first, and drops such a nonmember when it can.
            strangers = role == "nonmember"
            entry[KEYS[role]] = [
                dict(each)
                for each in _persons(role, people, archives)
                if not (strangers and each["address"].lower() in members)
            ]
        external = [
            each["address"] for each in found["rosters"].get("member", ()) if external_archives.is_one(each, archives)
        ]
        if external:
            entry["external_archives"] = external
            if found["settings"]["archive_policy"] != "public":
                entry["external_archives_allow_private"] = True
        out.append(entry)
    return out


def _persons(role: str, people: Iterable[Any], archives: frozenset[str]) -> list[Any]:
    return [each for each in people if role != "member" or not external_archives.is_one(each, archives)]


def table(lists: Mapping[str, Mapping[str, Any]], archives: frozenset[str] = frozenset()) -> str:
    """The same people as CSV (RFC 4180) with a line of headings: one line for each person in a role of a list."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for name, found in sorted(lists.items()):
        for role, people in found["rosters"].items():
            for person in _persons(role, people, archives):
                row = [name, role, person["address"]] + [person[key] for key in MEMBER_FIELDS]
                writer.writerow(map(cell, row))
    return text.getvalue()


def cell(value: Any) -> str:
    """A value as a cell that is no formula to a spreadsheet and is safe for a terminal."""
    shown = visible.one_line("" if value is None else str(value))
    return "'" + shown if _FORMULA.match(shown) else shown


def original(text: str) -> str:
    """The original of a value that `cell` wrote."""
    return visible.plain(text[1:] if text.startswith("'") and _FORMULA.match(text) else text)
