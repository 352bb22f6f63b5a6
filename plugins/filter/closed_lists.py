# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Declared lists that refuse every post."""

from __future__ import annotations

DOCUMENTATION = r"""
name: closed_lists
short_description: Names of the declared lists that refuse every post
version_added: 0.2.0
author: The listops.mailman contributors (@listops)
description:
  - Returns the lists whose C(state) is V(disabled) and whose C(disabled_action) is V(reject), for a mail server that refuses their
    posts itself.
positional: defaults
options:
  _input:
    description: Lists, as in the O(listops.mailman.mailman_list#module:lists) option.
    type: list
    elements: dict
    required: true
  defaults:
    description: Defaults for all lists, as in O(listops.mailman.mailman_list#module:defaults).
    type: dict
    default: {}
"""

EXAMPLES = r"""
- name: Refuse posts in the mail server
  ansible.builtin.set_fact:
    exim_closed_lists: "{{ mailman_lists | listops.mailman.closed_lists(mailman_list_defaults) }}"
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


def closed_lists(lists: Sequence[Mapping[str, Any]], defaults: Mapping[str, Any] | None = None) -> list[str]:
    """Names of the closed lists."""
    names = set()
    try:
        for entry in lists:
            merged = model.merge_entry(entry, defaults or {})
            if merged.get("state") == "disabled" and (merged.get("disabled_action") or "reject") == "reject":
                names.add(model.posting_address(vocabulary.list_name(merged.get("name")), merged.get("domain")))
    except vocabulary.Invalid as exc:
        raise AnsibleFilterError(str(exc)) from exc
    return sorted(names)


class FilterModule:
    def filters(self) -> dict[str, Callable[..., list[str]]]:
        return {"closed_lists": closed_lists}
