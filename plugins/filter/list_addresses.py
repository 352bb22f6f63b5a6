# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Posting addresses of lists that are given by name."""

from __future__ import annotations

DOCUMENTATION = r"""
name: list_addresses
short_description: Posting addresses of lists that are given by name
version_added: 0.2.0
author: The listops.mailman contributors (@listops)
description:
  - Returns the addresses of lists by their names. A name without a domain stands for every domain.
positional: domains, everywhere
options:
  _input:
    description: Names, with or without a domain.
    type: list
    elements: str
    required: true
  domains:
    description: The domains that have lists.
    type: list
    elements: str
    required: true
  everywhere:
    description: Whether a list is in every domain, as on Mailman 2.1, even where one is named.
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: Show a list in each domain
  ansible.builtin.debug:
    msg: "{{ ['staff'] | listops.mailman.list_addresses(['a.example.org', 'b.example.org']) }}"
"""

RETURN = r"""
_value:
  description: Addresses, sorted, each once.
  type: list
  elements: str
"""

from collections.abc import Callable, Iterable


def list_addresses(names: Iterable[str], domains: Iterable[str], everywhere: bool = False) -> list[str]:
    """Addresses of lists, sorted."""
    known = list(domains)
    found: set[str] = set()
    for name in names:
        local, _at, domain = name.partition("@")
        found.update(f"{local}@{each}" for each in ([domain] if domain and not everywhere else known))
    return sorted(found)


class FilterModule:
    def filters(self) -> dict[str, Callable[..., list[str]]]:
        return {"list_addresses": list_addresses}
