# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Guarded archives whose list is not declared."""

from __future__ import annotations

DOCUMENTATION = r"""
name: archives_without_list
short_description: Archives with digest users whose list is not declared
version_added: 0.2.0
author: The listops.mailman contributors (@listops)
description:
  - Returns the lists in C(apache_digest_archives) that are not declared. Unless they exist all the same, their readers are locked out.
  - A list that is C(absent) counts as declared as long as its archive is kept.
positional: lists, domain, archive_domain
options:
  _input:
    description: Dictionaries with C(list), a name or an address, as in C(apache_digest_archives).
    type: list
    elements: dict
    required: true
  lists:
    description: The declared lists, as in the O(listops.mailman.mailman_list#module:lists) option.
    type: list
    elements: dict
    required: true
  domain:
    description: The domain of lists that name none.
    type: str
    required: true
  archive_domain:
    description: The domain of archives that name none; without it, that of lists.
    type: str
"""

EXAMPLES = r"""
- name: Say whose readers are locked out
  ansible.builtin.debug:
    msg: "{{ apache_digest_archives | listops.mailman.archives_without_list(mailman_lists, 'lists.example.org') }}"
"""

RETURN = r"""
_value:
  description: Posting addresses in lower case, sorted.
  type: list
  elements: str
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any


def archives_without_list(
    archives: Sequence[Mapping[str, Any]], lists: Sequence[Mapping[str, Any]], domain: str, archive_domain: str = ""
) -> list[str]:
    """Addresses of guarded archives. Invalid names are left for the module and the role to refuse."""

    def address(name: Any, its_domain: Any) -> str:
        known = str(name).strip().lower()
        return known if "@" in known else f"{known}@{str(its_domain or domain).lower()}"

    declared = {
        address(entry.get("name"), entry.get("domain"))
        for entry in lists
        if isinstance(entry, Mapping) and not (entry.get("state") == "absent" and entry.get("archives") == "drop")
    }
    return sorted({address(entry.get("list"), archive_domain) for entry in archives} - declared)


class FilterModule:
    def filters(self) -> dict[str, Callable[..., list[str]]]:
        return {"archives_without_list": archives_without_list}
