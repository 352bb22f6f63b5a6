#!/usr/bin/python
# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: migrate_state
short_description: Say how far a migration is, and whether a phase makes sense
version_added: 0.2.0
author: The listops.mailman contributors (@listops)
description:
  - Reads how far a migration is, which lists moved before the others, and which are being moved.
extends_documentation_fragment:
  - listops.mailman.attributes
attributes:
  diff_mode:
    support: N/A
options:
  directory:
    description:
      - The folder of the migration, with C(state.json), and the folder C(account) of M(listops.mailman.migrate_lists) or
        M(listops.mailman.migrate_place).
    type: path
    required: true
  phase:
    description: The phase that is asked for.
    type: str
    required: true
    choices: [status, preflight, copy, cutover, verify, index, rollback, accept]
  only:
    description: The lists of a cut-over, with or without their domain, or V(@) and a domain for all of its lists. None for all.
    type: list
    elements: str
    default: []
seealso:
  - module: listops.mailman.migrate_info
"""

EXAMPLES = r"""
- name: See how far the migration is
  listops.mailman.migrate_state:
    directory: /var/lib/listops/migrate/sodium
    phase: cutover
    only: [talk, "@lists.example.com"]
  register: migration
"""

RETURN = r"""
state:
  description: What happened last.
  returned: success
  type: str
  sample: copied
known:
  description: Whether there is a migration yet.
  returned: success
  type: bool
  sample: true
kind:
  description: Which Mailman the old server has.
  returned: success
  type: str
  sample: "2.1"
moved:
  description: The lists that moved before the others, by their address on the old server.
  returned: success
  type: list
  elements: str
  sample: [talk@lists.example.org]
chosen:
  description: The lists that O(only) names, by their address on the old server.
  returned: success
  type: list
  elements: str
  sample: [board@lists.example.org]
batch:
  description: Those of them that have not moved yet, each with its present address and the name of its folder.
  returned: success
  type: list
  elements: dict
  sample: [{"list": "board@lists.example.org", "former": "board@lists.example.org", "source": "board"}]
after:
  description: What is true when they have moved.
  returned: success
  type: dict
  sample: {"state": "copied", "moved": ["board@lists.example.org", "talk@lists.example.org"]}
left:
  description: The lists for which the old server still is right, in the form of RV(batch).
  returned: success
  type: list
  elements: dict
  sample: []
returning:
  description: The lists that a rollback is about, in the form of RV(batch); none where these are all lists.
  returned: success
  type: list
  elements: dict
  sample: []
lists:
  description: All lists of the migration, by their address on the old server.
  returned: success
  type: list
  elements: str
  sample: [board@lists.example.org, talk@lists.example.org]
refusal:
  description: Why the phase makes no sense now. Empty if it does.
  returned: success
  type: str
  sample: ""
"""

import json
import os
from typing import Any, Mapping

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.listops.mailman.plugins.module_utils import _nofollow as nofollow
from ansible_collections.listops.mailman.plugins.module_utils._errors import HostError, failure
from ansible_collections.listops.mailman.plugins.module_utils._lists.vocabulary import Invalid
from ansible_collections.listops.mailman.plugins.module_utils._migrate import standing
from ansible_collections.listops.mailman.plugins.module_utils._migrate.batch import progress
from ansible_collections.listops.mailman.plugins.module_utils._migrate.folder import AccountFolder

STATE = "state.json"


def run(params: Mapping[str, Any]) -> dict[str, Any]:
    text = AccountFolder(params["directory"], write=False).read(STATE)
    account = AccountFolder(os.path.join(params["directory"], "account"), write=False)
    made = standing.known(lambda name: json.loads(account.read(name) or b"null"))
    found = progress.parse(None if text is None else text.decode("utf-8"))
    there = sorted(made.values())
    # Archives without a list go along with all that is left.
    lists = [name for name in there if "@" in name]
    # Before there are lists, the phase makes no sense at all.
    refused = progress.refusal(found, params["phase"], found.batch)
    chosen = [] if refused else progress.choose(params["only"], lists)
    batch = [name for name in chosen if name not in found.moved and found.state != "moved"]
    return {
        "changed": False,
        "state": found.state,
        "known": found.known,
        "kind": found.kind,
        "moved": list(found.moved),
        "chosen": chosen,
        "batch": progress.named(made, batch),
        "after": progress.after_batch(found, chosen, there),
        "left": progress.named(made, progress.left(found, lists)),
        "returning": progress.named(made, progress.returning(found)),
        "lists": lists,
        "stands": progress.stands(found),
        "refusal": refused or progress.refusal(found, params["phase"], chosen) or "",
    }


def main() -> None:
    module = AnsibleModule(
        argument_spec=dict(
            directory=dict(type="path", required=True),
            phase=dict(type="str", required=True, choices=list(progress.AFTER)),
            only=dict(type="list", elements="str", default=[]),
        ),
        supports_check_mode=True,
    )
    try:
        module.exit_json(**run(module.params))
    except (Invalid, HostError, nofollow.Unsafe) as exc:
        module.fail_json(**failure(exc))
    except (OSError, ValueError, KeyError) as exc:
        module.fail_json(msg="{0} cannot be read: {1}".format(os.path.join(module.params["directory"], STATE), exc))


if __name__ == "__main__":
    main()
