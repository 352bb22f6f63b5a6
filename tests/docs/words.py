# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The page of every word of an inventory: docs/vocabulary.md.

Types, values and defaults are those of roles/lists/files/mailman3/*.json, recorded from
real Mailmans; a proof compares each with the Mailman that says it is of that
version (tests/proof/server/test_vocabulary.py).
"""

from __future__ import annotations

import importlib
import json
import sys
import typing as t
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = "ansible_collections.listops.mailman.plugins.module_utils"
sys.path.insert(0, str(ROOT / ".ansible/collections"))

PAGE = Path("docs", "vocabulary.md")
HEADER = "<!-- Made by tests/docs/generate.py from what real Mailmans say: see tests/docs/words.py. -->\n"
# Of these Mailman makes the default from the name of the list.
FROM_THE_NAME = {"display_name": "the name, capitalised", "subject_prefix": "`[Name] `"}
TYPES = {
    "bool": "true or false",
    "int": "whole number",
    "float": "number",
    "interval": "time: `7d`, `12h`, `30m`, or seconds",
    "str": "text",
    "line": "text on one line",
    "address": "one address, or empty",
    "enum": "one of",
    "list": "list of text",
    "patterns": "list of addresses and `^regular expressions`",
    "lower_patterns": "list of addresses and `^regular expressions`, in lower case",
    "senders": "list of addresses, `^regular expressions`, and `@list@domain` for a list's members",
    "secret": "password",
}
UNITS = (("d", 86400), ("h", 3600), ("m", 60), ("s", 1))


def module(name: str) -> t.Any:
    return importlib.import_module(f"{PACKAGE}.{name}")


def mailman21() -> dict[str, str]:
    """Mailman 3's name -> Mailman 2.1's, by the table of the engine that translates."""
    return {
        name: ", ".join(f"`{raw}`" for raw in mapped.raw) for name, mapped in module("_mailman21.options").TABLE.items()
    }


def recorded() -> dict[tuple[int, ...], dict[str, dict[str, t.Any]]]:
    """Settings by version, the oldest first."""
    files = sorted(
        (tuple(map(int, path.stem.split("."))), path) for path in (ROOT / "roles/lists/files/mailman3").glob("*.json")
    )
    return {version: json.loads(path.read_text(encoding="utf-8")) for version, path in files}


def default(name: str, entry: dict[str, t.Any]) -> str:
    value = entry["default"]
    if name in FROM_THE_NAME:
        return FROM_THE_NAME[name]
    if entry["type"] == "interval":
        unit, size = next((unit, size) for unit, size in UNITS if value % size == 0)
        return f"`{value // size}{unit}`"
    if value in ("", [], None):
        return "none" if entry["type"] == "secret" else "empty"
    return f"`{value}`" if entry["type"] in ("enum", "str", "line") else f"`{json.dumps(value)}`"


def setting_rows(
    versions: dict[tuple[int, ...], dict[str, dict[str, t.Any]]], old_names: dict[str, str]
) -> t.Iterator[list[str]]:
    options = module("_lists.vocabulary").LIST_FIELDS
    newest = max(versions)
    for name, entry in sorted(versions[newest].items()):
        choices = [f"`{choice}`" for choice in entry.get("choices", [])]
        values = TYPES[entry["type"]] + (" " + ", ".join(choices) if choices else "")
        without = [version for version, table in versions.items() if name not in table]
        if without:
            values += f"; not in Mailman {'.'.join(map(str, max(without)))}"
        place = "option" if name in options else "`settings`"
        yield [f"`{name}`", place, entry["type"], values, default(name, entry), old_names.get(name, "-")]


def template_rows() -> t.Iterator[list[str]]:
    for name, words in sorted(module("_lists.templates").TEMPLATES.items()):
        yield [f"`{name}`", ", ".join(f"`${word}`" for word in sorted(words)) or "-"]


def person_rows() -> t.Iterator[list[str]]:
    for name, field in module("_lists.vocabulary").MEMBER_FIELDS.items():
        choices = ", ".join(f"`{choice}`" for choice in field.choices)
        yield [f"`{name}`", TYPES[field.type] + (f" {choices}" if choices else "")]


def table(head: t.Sequence[str], rows: t.Iterable[t.Sequence[str]]) -> str:
    lines = [f"| {' | '.join(head)} |", f"|{'---|' * len(head)}"]
    return "\n".join(lines + [f"| {' | '.join(row)} |" for row in rows]) + "\n"


def page() -> str:
    versions = recorded()
    said = " and ".join(".".join(map(str, version)) for version in versions)
    templates = module("_lists.templates")
    old_names = mailman21()
    head = ["Name", "Where", "Type", "Values", "Mailman's default", "Mailman 2.1"]
    common = ", ".join(f"`${word}`" for word in templates.COMMON)
    urls = ", ".join(f"`${word}`" for word in templates.URLS)
    blocks = [
        HEADER,
        "# Vocabulary\n",
        "The words of an inventory are Mailman 3's. Each setting that Mailman 3 lets the owner of a list change is below: an\n"
        "*option* of [`listops.mailman.mailman_list`](modules/mailman_list.md) itself, or a key under its `settings`.\n"
        "The last column is the name in Mailman 2.1, and `-` where that has nothing to hold it.\n",
        f"## Settings of a list\n\nRecorded from Mailman {said}; `mailman_list_info` says what the Mailman of a host has\n"
        "(`available_settings`).\n",
        table(head, setting_rows(versions, old_names)),
        "## People\n\nWhoever is in `owners`, `moderators`, `members` or `nonmembers` is an address, or a dictionary with\n"
        "`address` and any of these. Two spellings of an address that differ in case are one.\n",
        table(["Name", "Values"], person_rows()),
        "## Texts\n\nUnder `templates`, by Mailman's own names. Mailman fills into each of them\n"
        f"{common};\nafter Mailman 3.3.8 also\n{urls};\nand what the second column says. Headers and footers of posts have the address of "
        "the post in each archive too, such\nas `$hyperkitty_url`; what is about the reader there needs a list whose `personalize`\n"
        "is `individual` or `full`.\n",
        table(["Name", "Placeholders of its own"], template_rows()),
    ]
    return "\n".join(blocks)
