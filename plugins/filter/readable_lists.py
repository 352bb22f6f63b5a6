# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Declared lists that can be compared with the host."""

from __future__ import annotations

DOCUMENTATION = r"""
name: readable_lists
short_description: The declared lists without those that cannot be read
version_added: 0.2.0
author: The listops.mailman contributors (@listops)
description:
  - Leaves out the lists of which M(listops.mailman.mailman_list_info) said in RV(listops.mailman.mailman_list_info#module:unreadable) that
    they cannot be read, by their present name or a former one, so that M(listops.mailman.mailman_list) can compare the others.
positional: unreadable
options:
  _input:
    description: Lists, as in the O(listops.mailman.mailman_list#module:lists) option.
    type: list
    elements: dict
    required: true
  unreadable:
    description: Why lists cannot be read, by posting address or by name.
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: See what differs from the inventory
  listops.mailman.mailman_list:
    lists: "{{ mailman_lists | listops.mailman.readable_lists(found.unreadable) }}"
  check_mode: true
"""

RETURN = r"""
_value:
  description: The other lists as they were given.
  type: list
  elements: dict
"""

from collections.abc import Callable, Mapping
from typing import Any

from ansible_collections.listops.mailman.plugins.plugin_utils import audit


class FilterModule:
    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"readable_lists": readable_lists}


def readable_lists(lists: Any, unreadable: Mapping[str, str]) -> Any:
    """The other lists. Input of a wrong type is left for the module to refuse."""
    return audit.readable(lists, unreadable) if isinstance(lists, list) else lists
