# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What of a list was not simply moved, from the lines of a migration's account, for a page. Pure.

An account has a line for each mail, and there may be a million; only what is shown is kept.
"""

from __future__ import annotations

import json
from typing import Any, Iterable, Iterator, Mapping

from ansible_collections.listops.mailman.plugins.module_utils._migrate.remote.messages import NO_ID

# Kinds of things, by the names of their files in the account, and what a person calls them.
KINDS = {"messages": "mails", "pages": "old pages", "requests": "waiting things", "returned": "things that came since"}
# What became of them, in the order in which a person should know it.
WHAT = (
    "quarantined",
    "lost",
    "without a Message-ID",
    "under another Message-ID",
    "kept as they were",
    "moved, but",
    "merged",
    "mended",
)
# How lines about mails and pages with which nothing is remarkable are told at a glance.
_PLAIN = (
    (b'"state": "moved"', b'"reason": null', b'"mended": []'),
    (b'"state": "moved"', b'"found": "link"'),
)


def groups(kind: str, lines: Iterable[bytes], most: int, folder: str, name: str) -> list[dict[str, Any]]:
    """Groups of what was not simply moved: {"things", "what", "count", "rows", "file"}.

    kind: one of KINDS. lines: of the account. most: how many rows a group has at most. folder: of the account. name: of the list's files
    in it. A row has where it was, and what is known of "from", "date", "subject", "message_id", "reason", and the "file" that is kept.
    """
    found: dict[str, list[dict[str, Any]]] = {what: [] for what in WHAT}
    counts = dict.fromkeys(WHAT, 0)
    for said in _remarkable(lines):
        what = _what(kind, said)
        if what:
            counts[what] += 1
            if len(found[what]) < most:
                found[what].append(_row(kind, said, folder, name))
    file = "{0}/{1}.{2}.jsonl".format(folder, name, kind)
    return [
        {"things": KINDS[kind], "what": what, "count": counts[what], "rows": found[what], "file": file}
        for what in WHAT
        if counts[what]
    ]


def _remarkable(lines: Iterable[bytes]) -> Iterator[Mapping[str, Any]]:
    for line in lines:
        if any(all(word in line for word in words) for words in _PLAIN):
            continue
        try:
            said = json.loads(line)
        except ValueError:
            # A crash cut it off.
            continue
        if isinstance(said, dict):
            yield said


def _what(kind: str, said: Mapping[str, Any]) -> str | None:
    state, reason = said.get("state"), said.get("reason")
    if state in ("quarantined", "lost"):
        return str(state)
    if state == "merged":
        # Of old pages, many lead to one message, and nothing is to be known of them.
        return "merged" if reason else None
    if not reason:
        return "mended" if said.get("mended") else None
    if kind == "pages":
        return "kept as they were"
    if kind != "messages":
        return "moved, but"
    return "without a Message-ID" if reason == NO_ID else "under another Message-ID"


def _row(kind: str, said: Mapping[str, Any], folder: str, name: str) -> dict[str, Any]:
    where = {
        "messages": "mail {0}".format(said.get("position")),
        "pages": said.get("path"),
        "requests": said.get("source"),
        "returned": said.get("kind"),
    }[kind]
    row = {"where": where, "reason": said.get("reason") or "; ".join(said.get("mended") or [])}
    row.update({key: said.get(key) for key in ("from", "date", "message_id")})
    # Of what waited, one text says all.
    row["subject"] = said.get("subject") or said.get("about")
    row["file"] = None
    if kind == "messages" and said.get("state") == "quarantined":
        row["file"] = "{0}/{1}.quarantine.mbox".format(folder, name)
    elif said.get("file") and kind != "messages":
        row["file"] = "{0}/{1}.{2}/{3}".format(folder, name, kind, said["file"])
    return row
