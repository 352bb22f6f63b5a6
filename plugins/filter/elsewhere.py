# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lines for Exim about lists that another server has."""

from __future__ import annotations

DOCUMENTATION = r"""
name: elsewhere
short_description: Lines for Exim about lists that another server has
version_added: 0.2.0
author: The listops.mailman contributors (@listops)
description:
  - Returns a line for each address of lists, with the server that has them, as Exim's routers C(list_moving) and C(list_elsewhere) ask
    for it.
positional: server, lists
options:
  _input:
    description: Posting addresses of the lists.
    type: list
    elements: str
    required: true
  server:
    description: A host name or an address. V(wait), neither server takes mail for them.
    type: str
    required: true
  lists:
    description: Posting addresses of all lists that there are, since one may be called as another one's address for its owners.
    type: list
    elements: str
    required: true
"""

EXAMPLES = r"""
- name: Say who has a list
  ansible.builtin.copy:
    content: "{{ ['talk@lists.example.org'] | listops.mailman.elsewhere('sodium.example.org', []) | join('\n') }}\n"
    dest: /etc/exim4/lists_elsewhere
    mode: "0644"
"""

RETURN = r"""
_value:
  description: Lines of the file, sorted.
  type: list
  elements: str
"""

from collections.abc import Callable, Collection

from ansible_collections.listops.mailman.plugins.module_utils._migrate.batch import routes


def elsewhere(names: Collection[str], server: str, lists: Collection[str]) -> list[str]:
    """See routes.lines()."""
    return routes.lines(dict.fromkeys(names, server), set(lists))


class FilterModule:
    def filters(self) -> dict[str, Callable[..., list[str]]]:
        return {"elsewhere": elsewhere}
