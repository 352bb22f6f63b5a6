# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which settings may hold a password."""

from __future__ import annotations

DOCUMENTATION = r"""
name: secret_settings
short_description: Settings that may hold a password
version_added: 0.2.0
author: The listops.mailman contributors (@listops)
description:
  - Returns the settings whose name or value, or a name or value within it, looks like a password, a key, a token, or an address with a
    password. They belong in a file that others cannot read and that is not shown in diffs.
positional: sections
options:
  _input:
    description: Names and values.
    type: dict
    required: true
  sections:
    description: Whether the names are those of sections, each a dictionary of settings; sections without any such setting are left out.
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: Show the names of what is kept apart
  ansible.builtin.debug:
    msg: "{{ mailman_web_settings | listops.mailman.secret_settings | list }}"
"""

RETURN = r"""
_value:
  description: The settings that may hold a password, as they were given.
  type: dict
"""

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

_SECRET = re.compile(r'pass|secret|token|key|dsn|://[^/@"]*:[^/@"]*@', re.IGNORECASE)


def secret_settings(settings: Mapping[str, Any], sections: bool = False) -> dict[str, Any]:
    """The settings that may hold a password."""
    if sections:
        found = {name: secret_settings(keys) for name, keys in settings.items()}
        return {name: keys for name, keys in found.items() if keys}
    return {
        name: value
        for name, value in settings.items()
        if _SECRET.search(json.dumps([name, value], default=str, ensure_ascii=False))
    }


class FilterModule:
    def filters(self) -> dict[str, Callable[..., dict[str, Any]]]:
        return {"secret_settings": secret_settings}
