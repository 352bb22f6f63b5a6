#!/usr/bin/python
# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: adopt
short_description: Write the inventory of mailing lists that exist
version_added: 0.2.0
author: The listops.mailman contributors (@listops)
description:
  - Writes files of variables that declare the lists of a host as they are, from what M(listops.mailman.mailman_list_info) returned.
    Given to M(listops.mailman.mailman_list), they change nothing.
  - What most lists share becomes C(mailman_list_defaults), chosen so that the text is as short as possible. Beside that, only what
    differs from Mailman's own defaults is written.
  - What cannot be declared is left out, so that it stays as it is, with a comment that says why. What looks like a template is marked
    C(!unsafe).
  - Runs on the controller. The playbook C(listops.mailman.adopt) uses it.
extends_documentation_fragment:
  - listops.mailman.attributes
attributes:
  diff_mode:
    support: full
    details: Of secrets it only says that they differ.
options:
  found:
    description: What M(listops.mailman.mailman_list_info) returned for all lists and roles.
    type: dict
    required: true
  directory:
    description: Where the files are written, such as C(host_vars/HOST) beside the inventory. It is created.
    type: path
    required: true
  members:
    description:
      - Where the members of lists are.
      - With V(leave) nowhere. People go on subscribing themselves. Owners, moderators and the rules for nonmembers are always written.
      - With V(inventory) in the entry of their list, and with V(files) in a file for each list. They are declared as they are then, so that
        whoever subscribes elsewhere is removed by the next run.
    type: str
    choices: [leave, inventory, files]
    default: leave
  engine:
    description:
      - Which Mailman the inventory is for. With V(mailman3), lists of a Mailman 2.1 are written as a Mailman 3 can hold them.
      - What it cannot hold is named in a comment before the list, and in RV(notes), with what takes its place.
    type: str
    choices: [same, mailman3]
    default: same
  host:
    description:
      - What M(listops.mailman.config_info) returned. What of the configuration differs from the defaults of the roles becomes variables in
        C(server.yml), and passwords and keys in C(secrets.yml). Of what is a program, such as C(mailman-web.py), only values that stand
        there are read; nothing is run.
      - Former names of lists that Exim's aliases and Apache's redirects have become C(renamed_from), where they lead to one list that
        exists and no list has the name. RV(notes) has the others.
      - Archives that ask for a digest user become C(apache_digest_archives), whose users keep the passwords that they have.
      - RV(notes) then also says of each file that is neither ours nor as its package installed it what the playbook C(listops.mailman.site)
        makes of it, and which variable keeps it.
    type: dict
  server:
    description: Other variables of the host, for C(server.yml). They win over those that O(host) has.
    type: dict
    default: {}
  secrets:
    description: Variables of the host that are passwords and keys, for C(secrets.yml). They win over those that O(host) has.
    type: dict
    default: {}
  secrets_in:
    description:
      - Whether C(secrets.yml) is encrypted with Ansible Vault, with the first vault password that was given, or in clear text.
      - With V(none) it is not written. RV(notes) has the names of what is left out.
    type: str
    choices: [vault, clear, none]
    default: vault
  overwrite:
    description: Whether a file that exists and says something else is written again. Without it, nothing is written then.
    type: bool
    default: false
seealso:
  - module: listops.mailman.mailman_list_info
  - module: listops.mailman.config_info
"""

EXAMPLES = r"""
- name: Read all lists
  listops.mailman.mailman_list_info:
  register: found

- name: Read the configuration
  listops.mailman.config_info:
  register: host
  no_log: true

- name: Write them into the inventory
  listops.mailman.adopt:
    found: "{{ found }}"
    host: "{{ host }}"
    directory: "{{ inventory_dir }}/host_vars/{{ inventory_hostname }}"
"""

RETURN = r"""
files:
  description: The files of the inventory, whether they were written now or not.
  returned: success
  type: list
  elements: str
notes:
  description: What needs a person, as sentences by the posting address of the list, and after those by the path of a file of the host.
  returned: success
  type: dict
  sample: {"old@lists.example.org": ["It has no owner, so nobody gets what needs a decision."]}
sentences:
  description: RV(notes) as one list, each with the name in front.
  returned: success
  type: list
  elements: str
  sample: ["old@lists.example.org: It has no owner: nobody gets what needs a decision."]
"""
