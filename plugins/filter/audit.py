# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The table of an audit."""

from __future__ import annotations

DOCUMENTATION = r"""
name: audit
short_description: One table of the lists of all hosts
version_added: 0.2.0
author: The listops.mailman contributors (@listops)
description:
  - Joins what M(listops.mailman.mailman_list) would change in check mode with what M(listops.mailman.mailman_list_info) found on each host.
positional: hosts
options:
  _input:
    description:
      - For each host a dictionary with C(host) and either C(plan) and C(info), which are the results of the two modules, or
        C(error), a sentence. With C(plan) and C(info) there may be C(lone_archives), addresses of guarded archives without a list.
    type: list
    elements: dict
    required: true
  hosts:
    description: The names of all hosts that should have been looked at.
    type: list
    elements: str
    required: true
"""

EXAMPLES = r"""
- name: What differs anywhere
  ansible.builtin.debug:
    msg: "{{ found | listops.mailman.audit(groups.mailhosts) }}"
"""

RETURN = r"""
_value:
  description: >-
    A dictionary with C(summary), which are counts, C(errors) and C(lone_archives) by host, and C(lists), one dictionary for each list.
  type: dict
"""

from collections.abc import Callable
from typing import Any

from ansible_collections.listops.mailman.plugins.plugin_utils import audit


class FilterModule:
    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"audit": audit.audit}
