# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The people of lists as text for a file."""

from __future__ import annotations

DOCUMENTATION = r"""
name: export
short_description: The people of mailing lists as YAML or CSV
version_added: 0.2.0
author: The listops.mailman contributors (@listops)
description:
  - Writes who is on which list, in what role and with which options, without loss.
  - Characters that act on a terminal are escaped, such as C(\x1b). In the CSV a cell that a spreadsheet would take
    for a formula starts with an apostrophe. P(listops.mailman.roster#filter) reverts both.
  - The YAML is a variables file; its C(mailman_lists), given to M(listops.mailman.mailman_list), changes nothing on the server it
    comes from. Text of subscribers that Ansible would take for a template is marked C(!unsafe).
positional: format, declared, defaults
options:
  _input:
    description: The C(lists) that M(listops.mailman.mailman_list_info) returned.
    type: dict
    required: true
  format:
    description: Format of the result.
    type: str
    choices: [yaml, csv]
    default: yaml
  declared:
    description:
      - The lists of the inventory. Members that are O(listops.mailman.mailman_list#module:external_archives) there are not exported as
        people, but under that key, in the YAML only.
    type: list
    elements: dict
    default: []
  defaults:
    description: Defaults for all lists in the inventory.
    type: dict
    default: {}
"""

EXAMPLES = r"""
- name: Keep the people of all lists
  ansible.builtin.copy:
    content: "{{ found.lists | listops.mailman.export('yaml') }}"
    dest: members.yml
    mode: "0600"
  delegate_to: localhost
"""

RETURN = r"""
_value:
  description: The content of a file.
  type: str
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ansible.errors import AnsibleFilterError

from ansible_collections.listops.mailman.plugins.module_utils._lists import external_archives
from ansible_collections.listops.mailman.plugins.module_utils._lists.vocabulary import Invalid
from ansible_collections.listops.mailman.plugins.plugin_utils import export, variables_file


def export_lists(
    lists: Mapping[str, Mapping[str, Any]],
    format: str = "yaml",
    declared: Sequence[Mapping[str, Any]] = (),
    defaults: Mapping[str, Any] | None = None,
) -> str:
    """The content of a file; see DOCUMENTATION."""
    try:
        archives = external_archives.declared(declared, defaults or {})
    except Invalid as exc:
        raise AnsibleFilterError(str(exc)) from exc
    if format == "csv":
        return export.table(lists, archives)
    if format != "yaml":
        raise AnsibleFilterError("format is {0!r}: give yaml or csv".format(format))
    return variables_file.variables({"mailman_lists": export.entries(lists, archives)})


class FilterModule:
    def filters(self) -> dict[str, Callable[..., str]]:
        return {"export": export_lists}
