#!/usr/bin/python
# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: migrate_aside
short_description: Put lists of Mailman 2.1 aside that another server has now
version_added: 0.2.0
author: The listops.mailman contributors (@listops)
description:
  - Puts lists of this host's Mailman 2.1 aside, while it works and its other lists go on. Neither its runners nor its cron jobs nor its
    pages know them any more. Nothing of them is removed, and they can be brought back.
  - A list is put aside under its lock, and only if no message for it waits in Mailman's queues and its folder has exactly the files that
    O(digests) says. So nothing is there that the other server has not.
extends_documentation_fragment:
  - listops.mailman.attributes
  - listops.mailman.mailman
attributes:
  diff_mode:
    support: none
options:
  lists:
    description: The names of the lists.
    type: list
    elements: str
    required: true
  state:
    description:
      - V(looked) changes nothing, and says for which of them messages wait.
      - V(aside) puts them aside. The task fails if one of them cannot be.
      - V(present) brings them back.
    type: str
    choices: [looked, aside, present]
    default: looked
  digests:
    description: With O(state=aside), the files of their folders as C(LIST/FILE), with the SHA-1 of each.
    type: dict
    default: {}
seealso:
  - module: listops.mailman.migrate_lists
"""

EXAMPLES = r"""
- name: Wait until nothing waits for a list
  listops.mailman.migrate_aside:
    lists: [talk]
  register: looked
  until: not looked.waiting
  retries: 60
  delay: 1
"""

RETURN = r"""
aside:
  description: Those of the lists that are aside.
  returned: when O(state) is not V(present)
  type: list
  elements: str
  sample: [talk]
waiting:
  description: How many messages Mailman has for them that it will handle.
  returned: when O(state) is not V(present)
  type: dict
  sample: {"talk": 1}
given_up:
  description: How many messages Mailman has for them in C(shunt) and C(bad), which it has given up.
  returned: when O(state) is not V(present)
  type: dict
  sample: {}
"""

from typing import Any, Mapping

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.listops.mailman.plugins.module_utils._argspec import CONNECTION_SPEC, Connection
from ansible_collections.listops.mailman.plugins.module_utils._errors import HostError, failure, of_failed
from ansible_collections.listops.mailman.plugins.module_utils._lists.vocabulary import in_words
from ansible_collections.listops.mailman.plugins.module_utils._mailman21.client import start
from ansible_collections.listops.mailman.plugins.module_utils._migrate.batch.program import ASIDE


def of_list(name: str, digests: Mapping[str, str]) -> dict[str, str] | None:
    """The files of one list; None where there are none."""
    start = name + "/"
    return {path[len(start) :]: each for path, each in digests.items() if path.startswith(start)} or None


def run(params: Mapping[str, Any], check_mode: bool) -> dict[str, Any]:
    """Raises HostError."""
    write = not check_mode and params["state"] != "looked"
    with start(ASIDE, Connection.of(params)) as process:
        if params["state"] == "present":
            answer = process.request("bring_back", lists=params["lists"], write=write)
            return {"changed": bool(answer["back"]), "failed_lists": {}}
        digests = params["digests"] if params["state"] == "aside" else {}
        asked = {name: of_list(name, digests) for name in params["lists"]}
        answer = process.request("put_aside", lists=asked, write=write)
    missing = sorted(set(params["lists"]).difference(answer["aside"], answer["put"], answer["failed"]))
    if params["state"] == "aside" and missing and not check_mode:
        raise HostError(
            "{0} changed on the old server since the last copy, or got a message: run the phase again".format(
                in_words(missing)
            )
        )
    return {
        "changed": params["state"] == "aside" and bool(answer["put"]),
        "failed_lists": answer["failed"],
        "aside": answer["aside"],
        "waiting": answer["waiting"],
        "given_up": answer["given_up"],
    }


def main() -> None:
    module = AnsibleModule(
        argument_spec=dict(
            lists=dict(type="list", elements="str", required=True),
            state=dict(type="str", choices=["looked", "aside", "present"], default="looked"),
            digests=dict(type="dict", default={}),
            **CONNECTION_SPEC,
        ),
        supports_check_mode=True,
    )
    try:
        result = run(module.params, module.check_mode)
    except HostError as exc:
        module.fail_json(**failure(exc))
    failed = result.pop("failed_lists")
    if failed:
        module.fail_json(msg=of_failed(failed, done=False), **result)
    module.exit_json(**result)


if __name__ == "__main__":
    main()
