#!/usr/bin/python
# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: preflight
short_description: Check the variables of roles before anything is changed
version_added: 0.2.0
author: The listops.mailman contributors (@listops)
description:
  - Checks all variables of roles of this collection, as the inventory sets them, for their types and values.
  - Fails with all refusals at once, each in one sentence. Values of passwords are not shown.
  - Runs on the controller. M(listops.mailman.host_info) answers what only the host knows, such as whether a certificate's file
    exists.
extends_documentation_fragment:
  - listops.mailman.attributes
attributes:
  check_mode:
    details:
      - It only looks.
  diff_mode:
    support: N/A
options:
  roles:
    description:
      - Names of the roles, without the name of the collection.
      - V(site) is for the variables that several roles share, C(mailman_domains), C(mailman_lists), C(mailman_list_defaults) and
        C(mailman_list_naming), and for what these roles need of each other.
      - V(shared) is the same for playbooks that work without these variables.
    type: list
    elements: str
    required: true
  ask_host:
    description: Whether the host is asked. V(false) needs no connection.
    type: bool
    default: true
"""

EXAMPLES = r"""
- name: Check the variables of the mail server
  listops.mailman.preflight:
    roles: [exim]
"""

RETURN = r"""
checked:
  description: The names in O(roles), whose variables are fine.
  returned: success
  type: list
  elements: str
msg:
  description: All refusals, one on each line.
  returned: failure
  type: str
  sample: 'exim_list_domains[0] is "Lists.example.org": give a lower-case domain name, such as lists.example.org.'
"""
