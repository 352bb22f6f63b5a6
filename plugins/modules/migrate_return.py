#!/usr/bin/python
# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: migrate_return
short_description: Put what a new server took into the lists of the old one
version_added: 0.2.0
author: The listops.mailman contributors (@listops)
description:
  - Puts what M(listops.mailman.migrate_rollback) collected on another server, with Mailman 3, into the lists of this host's
    Mailman 2.1, which must not run meanwhile.
  - A post goes to the queue from which Mailman archives what it has sent, once, and to nobody. A held message and a request wait
    as if they had come here. What was handled on the other server is discarded here without a word to anybody. The digest in
    progress becomes what the other server has not sent.
  - What is there already, by its Message-ID, its number or its address, is not put again. So an interrupted run can be repeated.
  - The file is C(listops-returned.jsonl) in Mailman's folder C(data). It is read by Mailman's user, never by root.
extends_documentation_fragment:
  - listops.mailman.attributes
  - listops.mailman.mailman
attributes:
  diff_mode:
    support: none
options:
  state:
    description:
      - V(present), what is in the file is in the lists.
      - V(absent), there is no file any more.
    type: str
    choices: [present, absent]
    default: present
seealso:
  - module: listops.mailman.migrate_rollback
"""

EXAMPLES = r"""
- name: Put what the new server took into the lists
  listops.mailman.migrate_return:
  register: returned
"""

RETURN = r"""
outcomes:
  description:
    - What became of each thing, with its key. V(returned), V(merged) with what there is, or V(quarantined), with a reason.
  returned: when O(state=present)
  type: list
  elements: list
  sample: [["0f3c", "returned", null]]
"""

from typing import Any, Mapping

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.listops.mailman.plugins.module_utils._argspec import CONNECTION_SPEC, Connection
from ansible_collections.listops.mailman.plugins.module_utils._errors import HostError, failure, of_failed
from ansible_collections.listops.mailman.plugins.module_utils._mailman21.client import start
from ansible_collections.listops.mailman.plugins.module_utils._migrate.returned.program import RETURNED


def run(params: Mapping[str, Any], check_mode: bool) -> dict[str, Any]:
    with start(RETURNED, Connection.of(params)) as process:
        if params["state"] == "absent":
            return dict(process.request("remove_returned", write=not check_mode))
        if process.server_info["runs"] and not check_mode:
            raise HostError("Mailman runs, and would handle what is put into its lists: stop it first")
        return dict(process.request("put_back", write=not check_mode))


def main() -> None:
    module = AnsibleModule(
        argument_spec=dict(state=dict(type="str", choices=["present", "absent"], default="present"), **CONNECTION_SPEC),
        supports_check_mode=True,
    )
    try:
        result = run(module.params, module.check_mode)
    except HostError as exc:
        module.fail_json(**failure(exc))
    failed = result.pop("failed", {})
    if failed:
        module.fail_json(msg=of_failed(failed, done=False), **result)
    module.exit_json(**result)


if __name__ == "__main__":
    main()
