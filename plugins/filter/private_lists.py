# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Declared lists that are private."""

from __future__ import annotations

DOCUMENTATION = r"""
name: private_lists
short_description: Names of the declared lists whose archive is private
version_added: 0.1.0
author: The listops.mailman contributors (@listops)
description:
  - Returns the names of the lists whose O(ignore:archive_policy) is V(private), on their own or by default, and whose
    state is not V(absent), and the names that these had before. The privacy filter of the mail server protects them.
positional: defaults
options:
  _input:
    description: Lists, as in the O(listops.mailman.mailman_list#module:lists) option.
    type: list
    elements: dict
    required: true
  defaults:
    description: Defaults for all lists.
    type: dict
    default: {}
"""

EXAMPLES = r"""
- name: Protect them in the mail server
  ansible.builtin.set_fact:
    exim_private_lists: "{{ mailman_lists | listops.mailman.private_lists(mailman_list_defaults) }}"
"""

RETURN = r"""
_value:
  description: Names, with the domain where one is declared, in lower case and sorted.
  type: list
  elements: str
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ansible.errors import AnsibleFilterError

from ansible_collections.listops.mailman.plugins.module_utils._lists import model, vocabulary


def private_lists(lists: Sequence[Mapping[str, Any]], defaults: Mapping[str, Any] | None = None) -> list[str]:
    """Names of the private lists."""
    names = set()
    try:
        for entry in lists:
            merged = model.merge_entry(entry, defaults or {})
            policy = merged.get("archive_policy") or (merged.get("settings") or {}).get("archive_policy")
            if policy == "private" and merged.get("state") != "absent":
                name = vocabulary.list_name(merged.get("name"))
                domain = name.partition("@")[2] or merged.get("domain")
                former = merged.get("renamed_from") or []
                for given in [name] + ([former] if isinstance(former, str) else list(former)):
                    names.add(model.posting_address(vocabulary.list_name(given), domain))
    except vocabulary.Invalid as exc:
        raise AnsibleFilterError(str(exc)) from exc
    return sorted(names)


class FilterModule:
    def filters(self) -> dict[str, Callable[..., list[str]]]:
        return {"private_lists": private_lists}
