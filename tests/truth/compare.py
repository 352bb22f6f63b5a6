# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Does the engine read a Mailman 2.1's files as Mailman itself sees them? `make test-truth` runs this.

compare.py FIXTURE TRUTH: FIXTURE is a tar archive of /var/lib/mailman; TRUTH is what its Mailman said of
it, as JSON: {"lists": {name: {"charset", "config": {setting: value}, "members":
{address: {"options", "name", ...}}, "held": [...], ...}}}.
"""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import tempfile
from collections.abc import Container, Iterator, Mapping
from pathlib import Path
from typing import Any

from ansible_collections.listops.mailman.plugins.module_utils._mailman21.remote.read import Files, text

STATUSES = {"enabled": 0, "unknown": 1, "byuser": 2, "byadmin": 3, "bybounce": 4}
SHOWN = 20
# What is told of a list and compared, and what is not: archives, and what this collection does not read.
COMPARED = (
    "charset",
    "config",
    "other",
    "members",
    "counts",
    "password_plain",
    "held",
    "held_subscriptions",
    "held_unsubscriptions",
)
NOT_READ = ("archive", "config_list_o_sha256_without_date", "config_list_shows", "pending_cookies", "pending_ops")
# Unlike None, it is no value that Mailman could tell.
MISSING = object()


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


def refuse_unknown(where: str, truth: Mapping[str, Any], known: Container[str]) -> None:
    """What nothing compares must not look as if it were right."""
    for key in truth:
        if key not in known:
            sys.exit(f"the truth has {key!r} of {where}, which nothing compares")


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

    refuse_unknown(f"{name}", truth, (*COMPARED, *NOT_READ))
    yield pair("charset", files.charset(config), charset)
    for key, value in {**truth["config"], **truth.get("other", {})}.items():
        yield pair(key, attributes.get(key, MISSING), value)
    if "password_plain" in truth:
        yield pair("password_plain", attributes["password"], hashlib.sha1(truth["password_plain"].encode()).hexdigest())
    for column, told_ in truth.get("counts", {}).items():
        refuse_unknown(f"{name} counts", truth["counts"], ("regular", "digest"))
        yield pair(
            f"number of {column} members", sum(row[4] == (column == "digest") for row in files.members(config)), told_
        )
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
        refuse_unknown(f"{name} {address}", member, (*read, "flags", "name_type"))
        for column, value in member.items():
            if column in read:
                yield pair(f"{address} {column}", read[column], STATUSES[value] if column == "delivery" else value)
    requests = files.requests(name)
    for kind, rows_told in (
        ("held", truth["held"]),
        ("subscriptions", truth["held_subscriptions"]),
        ("unsubscriptions", truth["held_unsubscriptions"]),
    ):
        found = {row["id"]: row for row in requests[kind]}
        yield pair(f"numbers of {kind}", list(found), sorted(row["id"] for row in rows_told))
        for told_row in rows_told:
            row = found.get(told_row["id"])
            if row is None:
                continue  # its number is missing above
            if "data" in row:
                row = dict(row, msgdata_listname=row["data"].get("listname"))
            refuse_unknown(f"{name} {kind} {row['id']}", told_row, row)
            for column, value in told_row.items():
                yield pair(f"{kind} {row['id']} {column}", row[column], value)


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
