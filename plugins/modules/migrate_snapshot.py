#!/usr/bin/python
# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: migrate_snapshot
short_description: Note what lists are at the cut-over of a migration
version_added: 0.2.0
author: The listops.mailman contributors (@listops)
description:
  - Notes what the lists of a migration are on this host, in the account of the migration, so that a rollback knows what changed since.
extends_documentation_fragment:
  - listops.mailman.attributes
  - listops.mailman.mailman
  - listops.mailman.web
attributes:
  diff_mode:
    support: none
options:
  account:
    description: Folder with the account of the migration, as M(listops.mailman.migrate_lists) writes it.
    type: path
    required: true
  moment:
    description:
      - V(begin), before the old server is closed, what the last message of each archive is. What was noted before is forgotten.
      - V(end), when the lists are moved, their people and settings.
    type: str
    choices: [begin, end]
    required: true
  lists:
    description: The lists, by their posting addresses here. Of others what was noted before stays. All of the migration if it is empty.
    type: list
    elements: str
    default: []
seealso:
  - module: listops.mailman.migrate_rollback
"""

EXAMPLES = r"""
- name: Note what the lists are
  listops.mailman.migrate_snapshot:
    account: /var/lib/listops/migrate/sodium/account
    moment: end
"""

RETURN = r"""
lists:
  description: How many lists were noted.
  returned: success
  type: int
  sample: 15
"""

import json
from typing import Any, Mapping

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.listops.mailman.plugins.module_utils import _nofollow as nofollow
from ansible_collections.listops.mailman.plugins.module_utils._argspec import (
    CONNECTION_SPEC,
    WEB_SPEC,
    Connection,
    WebInterface,
)
from ansible_collections.listops.mailman.plugins.module_utils._backends.presented import read_presented
from ansible_collections.listops.mailman.plugins.module_utils._errors import HostError, failure
from ansible_collections.listops.mailman.plugins.module_utils._mailman3.client import Mailman3
from ansible_collections.listops.mailman.plugins.module_utils._migrate.folder import AccountFolder
from ansible_collections.listops.mailman.plugins.module_utils._migrate.rollback import plan
from ansible_collections.listops.mailman.plugins.module_utils._migrate.rollback.source import PostedMails
from ansible_collections.listops.mailman.plugins.module_utils._migrate.standing import MADE


def run(params: Mapping[str, Any], check_mode: bool) -> dict[str, Any]:
    account = AccountFolder(params["account"], write=not check_mode)
    made = json.loads(account.read(MADE) or b"{}")
    before = json.loads(account.read(plan.CUTOVER) or b"{}")
    found: Mapping[str, Any]
    with Mailman3(Connection.of(params), readonly=True) as backend:
        names = sorted(set(params["lists"] or made).intersection(made, backend.info.lists))
        if params["moment"] == "begin":
            with PostedMails(WebInterface.of(params)) as mails:
                found = mails.newest(names)
        else:
            found = read_presented(backend, names)
    noted = plan.note(before, params["moment"], found, some=bool(params["lists"]))
    changed = account.write(plan.CUTOVER, json.dumps(noted, sort_keys=True).encode("ascii"))
    return {"changed": changed, "lists": len(names)}


def main() -> None:
    module = AnsibleModule(
        argument_spec=dict(
            account=dict(type="path", required=True),
            moment=dict(type="str", choices=["begin", "end"], required=True),
            lists=dict(type="list", elements="str", default=[]),
            **CONNECTION_SPEC,
            **WEB_SPEC,
        ),
        supports_check_mode=True,
    )
    try:
        module.exit_json(**run(module.params, module.check_mode))
    except (HostError, nofollow.Unsafe) as exc:
        module.fail_json(**failure(exc))


if __name__ == "__main__":
    main()
