# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Does the engine read a Mailman 2.1's files as Mailman itself sees them? `make test-truth` runs this.

compare.py FIXTURE TRUTH: FIXTURE is a tar archive of /var/lib/mailman; TRUTH is what its Mailman said of
it, as JSON: {"lists": {name: {"charset", "config": {setting: value}, "members":
{address: {"options", "name", ...}}, "held": [...], ...}}}.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from ansible_collections.listops.mailman.plugins.module_utils.mailman21_read import Files, text

STATUSES = {"enabled": 0, "unknown": 1, "byuser": 2, "byadmin": 3, "bybounce": 4}
SHOWN = 20


def unpack(fixture: Path, target: Path) -> Path:
    """The folder that holds `lists`."""
    # Debian 12's Python unpacks without looking where to.
    subprocess.run(["tar", "-x", "--no-same-owner", "-f", str(fixture), "-C", str(target)], check=True)
    found = next(target.rglob("lists/*/config.pck"), None)
    if found is None:
        sys.exit(f"{fixture} holds no lists/NAME/config.pck")
    return found.parents[2]


def told(value: Any) -> Any:
    """A value of the truth; text that is not ASCII is {"b": hexadecimal bytes} or {"u": text} there."""
    if isinstance(value, Mapping) and "u" in value:
        return value["u"]
    if isinstance(value, Mapping) and "b" in value:
        return bytes.fromhex(value["b"])
    if isinstance(value, list):
        return [told(item) for item in value]
    return value


def same(read: Any, truth: Any, charset: str) -> bool:
    truth = told(truth)
    return bool(read == (text(truth, charset) if isinstance(truth, bytes) else truth))


def compare_list(name: str, truth: Mapping[str, Any], files: Files) -> Iterator[tuple[str, Any, Any, bool]]:
    """What is compared of one list: path, value read, value told, whether they are the same."""
    charset = truth["charset"]
    config = files.config(name)
    attributes = files.attributes(config, config)

    def pair(path: str, read: Any, told_: Any) -> tuple[str, Any, Any, bool]:
        return f"{name}: {path}", read, told_, same(read, told_, charset)

    yield pair("charset", files.charset(config), charset)
    for key, value in {**truth["config"], **truth.get("other", {})}.items():
        yield pair(key, attributes.get(key), value)
    rows = {row[0]: row for row in files.members(config)}
    yield pair("members", sorted(rows), sorted(truth["members"]))
    for address, member in truth["members"].items():
        key, given, display_name, options, digest, status, language = rows.get(address, [address] + [None] * 6)
        read = {
            "address": given or key,
            "name": display_name or None,
            "options": options,
            "digest": digest,
            "delivery": status,
            "delivery_changed": attributes["delivery_status"].get(key, [0, 0])[1],
            "language": language,
            "password": attributes["passwords"].get(key),
            "topics": attributes["topics_userinterest"].get(key, []),
            "bounce": attributes["bounce_info"].get(key),
        }
        for column, value in member.items():
            if column in read:
                yield pair(f"{address} {column}", read[column], STATUSES[value] if column == "delivery" else value)
            elif column not in ("flags", "name_type"):
                sys.exit(f"the truth has {column!r} of {name} {address}, which nothing compares")
    requests = files.requests(name)
    for kind, rows_told in (
        ("held", truth["held"]),
        ("subscriptions", truth["held_subscriptions"]),
        ("unsubscriptions", truth["held_unsubscriptions"]),
    ):
        yield pair(f"number of {kind}", len(requests[kind]), len(rows_told))
        for row, row_told in zip(requests[kind], rows_told, strict=False):  # their numbers are compared above
            for column, value in row_told.items():
                found = row["data"].get("listname") if column == "msgdata_listname" else row.get(column)
                yield pair(f"{kind} {row['id']} {column}", found, value)


def charsets_of(truth: Mapping[str, Any]) -> dict[str, str]:
    """The charset of each language; Mailman's own configuration is not in the archive."""
    return {entry["config"]["preferred_language"]: entry["charset"] for entry in truth["lists"].values()}


def main(fixture: str, truth_file: str) -> int:
    truth = json.loads(Path(truth_file).read_text(encoding="utf-8"))
    with tempfile.TemporaryDirectory() as folder:
        root = unpack(Path(fixture), Path(folder))
        files = Files(str(root / "lists"), str(root / "data"), charsets_of(truth))
        compared = [
            ("names of lists", files.names(), sorted(truth["lists"]), files.names() == sorted(truth["lists"])),
            *(item for name, entry in truth["lists"].items() for item in compare_list(name, entry, files)),
        ]
    wrong = [item for item in compared if not item[3]]
    for path, read, told_, _same in wrong[:SHOWN]:
        print(f"{path}: read {read!r}, told {told_!r}")
    print(f"{len(compared)} values compared, {len(wrong)} differ")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
