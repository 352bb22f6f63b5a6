# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A value as Python 2.7 writes it."""

from __future__ import annotations

DOCUMENTATION = r"""
name: python2_literal
short_description: A value as a literal of Python 2.7
version_added: 0.2.0
author: The listops.mailman contributors (@listops)
description:
  - Writes a value the way C(mm_cfg.py) of Mailman 2.1 has it. Text becomes a string of bytes in UTF-8, as that Mailman expects.
options:
  _input:
    description: Nothing, a boolean, a number, a text, or a list or dictionary of these.
    type: raw
    required: true
"""

EXAMPLES = r"""
- name: A line of mm_cfg.py
  ansible.builtin.debug:
    msg: "KNOWN_SPAMMERS = {{ [['X-Spam-Flag', 'yes']] | listops.mailman.python2_literal }}"
    # KNOWN_SPAMMERS = [['X-Spam-Flag', 'yes']]
"""

RETURN = r"""
_value:
  description: The literal, in ASCII and on one line.
  type: str
"""

from collections.abc import Callable, Mapping
from typing import Any

from ansible.errors import AnsibleFilterError


def python2_literal(value: Any) -> str:
    """The literal of a value that JSON can hold; anything else is an error."""
    if value is None or isinstance(value, (bool, int, float)):
        # Ansible has subclasses of its own
        return repr(
            value if value is None else next(kind(value) for kind in (bool, int, float) if isinstance(value, kind))
        )
    if isinstance(value, str):
        return repr(str(value).encode())[1:]
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(map(python2_literal, value)) + "]"
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{python2_literal(key)}: {python2_literal(item)}" for key, item in value.items()) + "}"
    raise AnsibleFilterError(
        f"{value!r} is a {type(value).__name__}: give a text, a number, a boolean, a list or a dictionary"
    )


class FilterModule:
    def filters(self) -> dict[str, Callable[[Any], str]]:
        return {"python2_literal": python2_literal}
