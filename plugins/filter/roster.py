# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""People from the text of a file, the output of a command or the entries of a directory."""

from __future__ import annotations

DOCUMENTATION = r"""
name: roster
short_description: Read people from text or a directory
version_added: 0.2.0
author: The listops.mailman contributors (@listops)
description:
  - Converts a file, the output of a command or the answer of a directory to the form of O(listops.mailman.mailman_list#module:members).
  - Empty lines and lines that start with C(#) are skipped. Any other line must have exactly one person, or the filter
    fails. A name with a comma, a semicolon, a colon or C(@) needs quotes.
  - Entries without an address are skipped, but at least one entry must have one, and each must be valid. Several addresses in an
    entry are several members, since the values of a directory have no order.
positional: address, display_name
options:
  _input:
    description:
      - Lines such as C(alice@example.net) or C(Alice <alice@example.net>).
      - Or a list of dictionaries whose values are texts or lists of texts, such as RV(community.general.ldap_search#module:results).
      - Or rows of a CSV file. Apostrophes and escapes that P(listops.mailman.export#filter) added are removed.
    type: raw
    required: true
  address:
    description: Which attribute of an entry has the addresses, in any case.
    type: str
    default: mail
  display_name:
    description: Which attribute of an entry has the name, in any case; of several the first.
    type: str
    default: cn
"""

EXAMPLES = r"""
- name: Members as a file has them
  listops.mailman.mailman_list:
    name: staff
    members:
      state: exact
      addresses: "{{ lookup('ansible.builtin.file', 'staff.txt') | listops.mailman.roster }}"

- name: Ask the directory
  community.general.ldap_search:
    server_uri: ldaps://ldap.example.org
    bind_dn: cn=reader,dc=example,dc=org
    bind_pw: "{{ vault_directory_password }}"
    dn: ou=staff,dc=example,dc=org
    scope: onelevel
    attrs: [mail, displayName]
  register: directory

- name: Members as a directory has them
  listops.mailman.mailman_list:
    name: staff
    members:
      state: exact
      addresses: "{{ directory.results | listops.mailman.roster(display_name='displayName') }}"
"""

RETURN = r"""
_value:
  description: Dictionaries with C(address) and perhaps C(display_name).
  type: list
  elements: dict
"""

from collections.abc import Callable
from typing import Any

from ansible.errors import AnsibleFilterError

from ansible_collections.listops.mailman.plugins.module_utils._lists.vocabulary import Invalid
from ansible_collections.listops.mailman.plugins.plugin_utils import roster_source


def roster(source: Any, address: str = "mail", display_name: str = "cn") -> list[dict[str, Any]]:
    """People in a text or in entries; see DOCUMENTATION."""
    if not isinstance(source, (str, list, tuple)):
        raise AnsibleFilterError(
            "the roster is {0!r}: give text with an address on each line, or a list of entries".format(source)
        )
    try:
        if isinstance(source, str):
            return roster_source.people(source)
        return roster_source.entries(source, address, display_name)
    except Invalid as exc:
        raise AnsibleFilterError(str(exc)) from exc


class FilterModule:
    def filters(self) -> dict[str, Callable[..., list[dict[str, Any]]]]:
        return {"roster": roster}
