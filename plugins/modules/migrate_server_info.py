#!/usr/bin/python
# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: migrate_server_info
short_description: Say what a server with Mailman 3 is and has, for a move to another one
version_added: 0.2.0
author: The listops.mailman contributors (@listops)
description:
  - Says of a Mailman 3 and its web interface their versions, where they keep what and how much that is, and who may read which archive.
  - With O(sums), it reads all lists, people, messages, attachments, accounts, and what waits, and returns sums of them, which
    M(listops.mailman.migrate_server) compares with those of another server. They say nothing of what is in them.
  - It reads databases and files, whether or not the services run, and changes nothing.
extends_documentation_fragment:
  - listops.mailman.attributes
  - listops.mailman.mailman
  - listops.mailman.web
attributes:
  check_mode:
    details: Reads only.
  diff_mode:
    support: none
    details: Reads only.
  idempotent:
    details: Reads only.
options:
  sums:
    description: Whether it also reads everything, which takes a minute for each million of messages or so.
    type: bool
    default: false
seealso:
  - module: listops.mailman.migrate_server
"""

EXAMPLES = r"""
- name: See what the server has
  listops.mailman.migrate_server_info:
    sums: true
  register: found
"""

RETURN = r"""
server:
  description: What the server is.
  returned: success
  type: dict
  sample: {"versions": {"mailman": "3.3.10", "hyperkitty": "1.3.12", "postorius": "1.3.13", "django": "4.2.23"}, "bytes": 4096000}
sums:
  description: What it has, as sums.
  returned: when O(sums) is true
  type: dict
  sample: {"people": {"found": 12, "sum": "5feceb66ffc86f38d952786c6d696c79"}}
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.listops.mailman.plugins.module_utils._argspec import (
    CONNECTION_SPEC,
    WEB_SPEC,
    Connection,
    WebInterface,
)
from ansible_collections.listops.mailman.plugins.module_utils._errors import HostError, failure
from ansible_collections.listops.mailman.plugins.module_utils._migrate.whole.client import WholeServer


def main() -> None:
    module = AnsibleModule(
        argument_spec=dict(sums=dict(type="bool", default=False), **CONNECTION_SPEC, **WEB_SPEC),
        supports_check_mode=True,
    )
    params = module.params
    try:
        with WholeServer(Connection.of(params), WebInterface.of(params)) as server:
            found = {"server": server.server()}
            if params["sums"]:
                found["sums"] = server.sums()
    except HostError as exc:
        module.fail_json(**failure(exc))
    module.exit_json(changed=False, **found)


if __name__ == "__main__":
    main()
