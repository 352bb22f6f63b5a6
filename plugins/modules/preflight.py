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
  - Looks at all variables of roles of this collection, as the inventory sets them, by type and by what each accepts.
  - Fails with all that is wrong, one sentence for each. Values of passwords are not shown.
  - Runs on the controller. What only the host knows, such as whether a certificate's file is there, is asked of it by
    M(listops.mailman.host_info).
extends_documentation_fragment:
  - listops.mailman.attributes
attributes:
  check_mode:
    support: full
    details:
      - It only looks.
  diff_mode:
    support: N/A
  idempotent:
    support: full
  platform:
    support: full
    platforms: posix
options:
  roles:
    description:
      - Names of the roles, without that of the collection.
      - V(site) is for the variables that several roles share, C(mailman_domains), C(mailman_lists), C(mailman_list_defaults) and
        C(mailman_list_naming), and for what one of the other roles here needs of another.
      - V(shared) is the same where all of them may be missing.
    type: list
    elements: str
    required: true
  ask_host:
    description: Whether the host is asked; without it no connection is needed.
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
  description: O(roles), of which nothing is wrong.
  returned: success
  type: list
  elements: str
msg:
  description: All that is wrong, a sentence for each in a line of its own.
  returned: failure
  type: str
  sample: 'exim_list_domains[0] is "Lists.example.org": give a lower-case domain name, such as lists.example.org.'
"""
