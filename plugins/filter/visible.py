# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Text of others for a terminal."""

from __future__ import annotations

DOCUMENTATION = r"""
name: visible
short_description: Make text of others safe to print
version_added: 0.2.0
author: The listops.mailman contributors (@listops)
description:
  - Results such as those of M(listops.mailman.mailman_list_info) hold exactly what others wrote. This filter writes
    characters that act on a terminal, or that it would not show, as escapes such as C(\x1b) and C(\u202e). Line breaks stay.
  - Text that already looks like such an escape gets another backslash, so that the result is unambiguous.
options:
  _input:
    description: A text, or a list or dictionary of texts.
    type: raw
    required: true
"""

EXAMPLES = r"""
- name: Say what lists are for
  ansible.builtin.debug:
    msg: "{{ found.lists.values() | map(attribute='settings.description') | map('listops.mailman.visible') }}"
"""

RETURN = r"""
_value:
  description: The same, with all its texts like that.
  type: raw
"""

from collections.abc import Callable
from typing import Any

from ansible_collections.listops.mailman.plugins.module_utils import _visible as visible


def shown(value: Any) -> Any:
    """See DOCUMENTATION."""
    return visible.everywhere(visible.escaped, value)


class FilterModule:
    def filters(self) -> dict[str, Callable[[Any], Any]]:
        return {"visible": shown}
