# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What strangers may know of the lists."""

from __future__ import annotations

DOCUMENTATION = r"""
name: overview
short_description: The advertised lists
version_added: 0.2.0
author: The listops.mailman contributors (@listops)
description:
  - Returns the advertised lists, with what a public page may show of them.
options:
  _input:
    description:
      - Lists by posting address, as M(listops.mailman.mailman_list_info) returns them, with the settings C(advertised),
        C(archive_policy) and C(description).
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: The advertised lists
  ansible.builtin.debug:
    msg: "{{ found.lists | listops.mailman.overview }}"
"""

RETURN = r"""
_value:
  description: Dictionaries with C(address), C(name), C(list_id), C(description) and C(public_archive), sorted by name.
  type: list
  elements: dict
"""

from collections.abc import Callable
from typing import Any

from ansible_collections.listops.mailman.plugins.plugin_utils import audit


class FilterModule:
    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"overview": audit.overview}
