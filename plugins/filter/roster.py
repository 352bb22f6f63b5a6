# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""People from the text of a file or the output of a command."""

from __future__ import annotations

DOCUMENTATION = r"""
name: roster
short_description: The people in a text, one on each line
version_added: 0.2.0
author: The listops.mailman contributors (@listops)
description:
  - Reads a file or the output of a command into what O(listops.mailman.mailman_list#module:members) takes.
  - Empty lines and lines that start with C(#) are nobody. Any other line that names no address is an error.
options:
  _input:
    description: Lines such as C(alice@example.net) or C(Alice <alice@example.net>).
    type: str
    required: true
"""

EXAMPLES = r"""
- name: Members as a file has them
  listops.mailman.mailman_list:
    name: staff
    members:
      state: exact
      addresses: "{{ lookup('ansible.builtin.file', 'staff.txt') | listops.mailman.roster }}"
"""

RETURN = r"""
_value:
  description: Dictionaries with C(address) and perhaps C(display_name).
  type: list
  elements: dict
"""

from collections.abc import Callable
from typing import Any

from ansible.errors import AnsibleFilterError

from ansible_collections.listops.mailman.plugins.module_utils import roster_source
from ansible_collections.listops.mailman.plugins.module_utils.vocabulary import Invalid


def roster(text: str) -> list[dict[str, Any]]:
    """People in a text; see DOCUMENTATION."""
    if not isinstance(text, str):
        raise AnsibleFilterError("the roster is {0!r}; accepted: a text with an address on each line".format(text))
    try:
        return roster_source.people(text)
    except Invalid as exc:
        raise AnsibleFilterError(str(exc)) from exc


class FilterModule:
    def filters(self) -> dict[str, Callable[..., list[dict[str, Any]]]]:
        return {"roster": roster}
