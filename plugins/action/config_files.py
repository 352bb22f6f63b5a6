# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads files and renders templates for the module of the same name, which has the documentation, and sends them at once."""

from __future__ import annotations

import base64
import json
import zlib
from pathlib import Path
from typing import Any

from ansible import template
from ansible.plugins.action import ActionBase
from ansible.plugins.loader import lookup_loader

MODULE = "listops.mailman.config_files"
# Of an entry, what only the controller needs.
SOURCES = ("src", "template", "variables", "content")
# Before ansible-core 2.19 a text that looks like JSON is read as such, unless this is said.
AS_TEXT = {} if hasattr(template, "trust_as_template") else {"convert_data": False}


def pack(contents: list[bytes]) -> str:
    """All contents as one text, which the module unpacks."""
    texts = json.dumps([content.decode("latin-1") for content in contents])
    return base64.b64encode(zlib.compress(texts.encode("ascii"))).decode("ascii")


class ActionModule(ActionBase):
    """Does what the actions copy and template do before they send one file."""

    TRANSFERS_FILES = False

    def run(self, tmp: Any = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        result: dict[str, Any] = super().run(tmp, task_vars)
        variables = task_vars or {}
        _validated, arguments = self.validate_argument_spec(
            {
                "directories": {"type": "list", "elements": "dict", "default": []},
                "files": {
                    "type": "list",
                    "elements": "dict",
                    "default": [],
                    "options": {
                        "path": {"type": "str", "required": True},
                        "src": {"type": "str"},
                        "template": {"type": "str"},
                        "variables": {"type": "dict", "default": {}},
                        "content": {"type": "str"},
                        **{name: {"type": "raw"} for name in ("owner", "group", "mode", "validate", "replace", "show")},
                    },
                    "mutually_exclusive": [SOURCES[:2] + SOURCES[3:]],
                    "required_one_of": [SOURCES[:2] + SOURCES[3:]],
                },
            }
        )
        files = arguments["files"]
        sent = {
            "directories": arguments["directories"],
            "files": [
                {key: value for key, value in entry.items() if key not in SOURCES and value is not None}
                for entry in files
            ],
            "_contents": pack([self._content(entry, variables) for entry in files]),
        }
        result.update(self._execute_module(MODULE, sent, task_vars=variables))
        return result

    def _content(self, entry: dict[str, Any], variables: dict[str, Any]) -> bytes:
        if entry["content"] is not None:
            return str(entry["content"]).encode()
        if entry["src"] is not None:
            # decrypted, where a vault has it
            return Path(self._loader.get_real_file(self._find_needle("files", entry["src"]))).read_bytes()
        lookup = lookup_loader.get("ansible.builtin.template", loader=self._loader, templar=self._templar)
        known = dict(variables, **entry["variables"])
        (text,) = lookup.run([entry["template"]], variables=known, **AS_TEXT)
        return str(text).encode()
