# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What Mailman lets an owner set, as recorded from a real Mailman: what docs/vocabulary.md is made from."""

from __future__ import annotations

import json
import pathlib
from typing import Any

FOLDER = pathlib.Path(__file__).resolve().parents[3] / "roles/lists/files/mailman3"
# The name of the list that was recorded; its display name and subject prefix come from it.
NAME = "recorded"


def settings(version: str) -> dict[str, dict[str, Any]]:
    """Name -> type, choices, default, by the version of Mailman."""
    found: dict[str, dict[str, Any]] = json.loads((FOLDER / f"{version}.json").read_text(encoding="utf-8"))
    return found


def of(info: dict[str, Any], name: str) -> dict[str, dict[str, Any]]:
    """The same, from what mailman_list_info says of a new list."""
    values = info["lists"][name]["settings"]
    return {key: dict(kind, default=values[key]) for key, kind in info["available_settings"].items()}


def text(table: dict[str, dict[str, Any]]) -> str:
    """The recorded file: one line for each."""
    order = ("type", "choices", "default")
    rows = ((name, {word: table[name][word] for word in order if word in table[name]}) for name in sorted(table))
    return "{\n" + ",\n".join(f"{json.dumps(name)}: {json.dumps(row)}" for name, row in rows) + "\n}\n"
