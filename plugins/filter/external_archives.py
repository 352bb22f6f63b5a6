# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Entries of lists with the external archives that the inventory declares for them."""

from __future__ import annotations

DOCUMENTATION = r"""
name: external_archives
short_description: Entries of lists with their external archives
version_added: 0.2.0
author: The listops.mailman contributors (@listops)
description:
  - Adds to entries that only have rosters the O(listops.mailman.mailman_list#module:external_archives) that the inventory declares
    for the same list, so that an exact roster leaves these members alone.
positional: declared
options:
  _input:
    description: Entries, as in the O(listops.mailman.mailman_list#module:lists) option.
    type: list
    elements: dict
    required: true
  declared:
    description: The lists of the inventory.
    type: list
    elements: dict
    required: true
"""

EXAMPLES = r"""
- name: Members from elsewhere
  listops.mailman.mailman_list:
    lists: "{{ rosters | listops.mailman.external_archives(mailman_lists) }}"
"""

RETURN = r"""
_value:
  description: The entries, in their order.
  type: list
  elements: dict
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

KEYS = ("external_archives", "external_archives_allow_private")


def same(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether two entries are for the same list; an entry without a domain fits every domain."""
    (local, domain), (other_local, other_domain) = _parts(one), _parts(other)
    return local == other_local and (domain == other_domain or not domain or not other_domain)


def _parts(entry: Mapping[str, Any]) -> tuple[str, str]:
    local, _at, domain = str(entry.get("name", "")).lower().partition("@")
    return local, domain or str(entry.get("domain") or "").lower()


def external_archives(
    entries: Sequence[Mapping[str, Any]], declared: Sequence[Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """The entries with what is declared of them; see DOCUMENTATION."""
    out = []
    for entry in entries:
        found = [item for item in declared if same(entry, item)]
        theirs = {key: found[0][key] for key in KEYS if found and found[0].get(key) is not None}
        out.append({**theirs, **entry})
    return out


class FilterModule:
    def filters(self) -> dict[str, Callable[..., list[dict[str, Any]]]]:
        return {"external_archives": external_archives}
