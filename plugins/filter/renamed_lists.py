# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Declared lists with former names."""

from __future__ import annotations

DOCUMENTATION = r"""
name: renamed_lists
short_description: Former addresses of the declared lists, and the present ones
version_added: 0.2.0
author: The listops.mailman contributors (@listops)
description:
  - Returns one entry for each name in O(ignore:renamed_from) of the declared lists, to forward mail and redirect
    pages from it.
positional: domain
options:
  _input:
    description: Lists, as in the O(listops.mailman.mailman_list#module:lists) option.
    type: list
    elements: dict
    required: true
  domain:
    description: The domain of lists that name none.
    type: str
    required: true
"""

EXAMPLES = r"""
- name: Forward mail and redirect pages
  ansible.builtin.set_fact:
    exim_renamed_lists: "{{ mailman_lists | listops.mailman.renamed_lists('lists.example.org') }}"
"""

RETURN = r"""
_value:
  description:
    - Dictionaries with C(from) and C(to), which are posting addresses, and C(archives), which is V(follow) or V(stay).
  type: list
  elements: dict
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ansible.errors import AnsibleFilterError

from ansible_collections.listops.mailman.plugins.module_utils._lists import model, rename, vocabulary


def renamed_lists(lists: Sequence[Mapping[str, Any]], domain: str) -> list[dict[str, str]]:
    """Former and present addresses, in the order of the declaration."""
    try:
        entries = [entry for entry in lists if entry.get("renamed_from")]
        if not entries:
            return []
        specs = model.resolve(
            # The module checks the other keys.
            model.parse_site(
                [{key: entry[key] for key in KEYS if key in entry} for entry in entries], {"domain": domain}
            ),
            domains=[domain],
            schema={},
        )
    except vocabulary.Invalid as exc:
        raise AnsibleFilterError(str(exc)) from exc
    return [{"from": item.old, "to": item.new, "archives": item.archives} for item in rename.former_names(specs)]


KEYS = ("name", "domain", "state", "renamed_from", "renamed_archives")


class FilterModule:
    def filters(self) -> dict[str, Callable[..., list[dict[str, str]]]]:
        return {"renamed_lists": renamed_lists}
