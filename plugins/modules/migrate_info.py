#!/usr/bin/python
# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: migrate_info
short_description: Say where each list of a migration stands
version_added: 0.2.0
author: The listops.mailman contributors (@listops)
description:
  - Reads the account that M(listops.mailman.migrate_lists), M(listops.mailman.migrate_archive), M(listops.mailman.migrate_redirects) and
    M(listops.mailman.migrate_requests), or M(listops.mailman.migrate_server), keep of a migration.
extends_documentation_fragment:
  - listops.mailman.attributes
attributes:
  diff_mode:
    support: N/A
options:
  account:
    description: The folder of the account.
    type: path
    required: true
  moved:
    description:
      - The lists that moved before the others, by their posting addresses on the old server. Where any are given, it is said of each list
        where it is.
    type: list
    elements: str
    default: []
  remarkable:
    description:
      - Of each list and kind of outcome, how many of the mails, old pages and waiting things that were not simply moved are returned at
        most. V(0) for none. The account is read line by line.
    type: int
    default: 0
seealso:
  - module: listops.mailman.migrate_lists
"""

EXAMPLES = r"""
- name: See where each list stands
  listops.mailman.migrate_info:
    account: /var/lib/listops/migrate/sodium/account
"""

RETURN = r"""
lists:
  description:
    - Each list with its old address, whether it moved before the others (C(here)), whether there are only its files, staged for another
      Mailman 2.1 (C(staged)), and how many memberships, mails, attachments, old pages and waiting things were found, moved, merged with
      what there is, and quarantined. V(null) for what was not moved yet, or not counted.
    - After a rollback, C(returned) says the same of what the new server took and the old one got.
  returned: success
  type: list
  elements: dict
  sample:
    - list: talk@lists.example.org
      former: talk@lists.example.org
      messages: {found: 533, moved: 532, merged: 1, quarantined: 0}
      pages: {found: 634, moved: 634, merged: 0, quarantined: 0}
      requests: null
      here: true
      staged: false
      members: null
      attachments: null
      files: null
      returned: null
remarkable:
  description:
    - With O(remarkable), what of each list was quarantined, merged, mended, or moved with something to be known, such as mails without a
      Message-ID. C(count) is how many there are, C(file) the file of the account that has all of them, and C(rows) has the first ones,
      each with C(where) it was, C(from), C(date), C(subject), C(message_id), C(reason), and the C(file) that is kept of it.
  returned: success
  type: dict
  sample:
    talk@lists.example.org:
      - things: mails
        what: merged
        count: 1
        file: /var/lib/listops/migrate/sodium/account/talk@lists.example.org.messages.jsonl
        rows:
          - where: mail 7
            from: Ann <ann@example.net>
            date: Mon, 5 Jan 2026 10:00:00 +0000
            subject: Hello
            message_id: one@example.net
            reason: it has the Message-ID and the text of mail 3
            file: null
accounts:
  description: The same of the accounts of the web interface; V(null) where only lists are moved.
  returned: success
  type: dict
  sample: {found: 2, moved: 2, merged: 0, quarantined: 0}
totals:
  description: The sums of all lists, by kind, of the kinds that there are.
  returned: success
  type: dict
  sample: {messages: {found: 533, moved: 532, merged: 1, quarantined: 0}}
sentences:
  description: The same, a line for each list that has anything.
  returned: success
  type: list
  elements: str
  sample: ["talk@lists.example.org: 532 of 533 mails moved, 1 merged; 634 of 634 pages moved"]
"""

import json
import os
from typing import Any

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.listops.mailman.plugins.module_utils import _nofollow as nofollow
from ansible_collections.listops.mailman.plugins.module_utils._errors import HostError, failure
from ansible_collections.listops.mailman.plugins.module_utils._migrate import exceptions, standing
from ansible_collections.listops.mailman.plugins.module_utils._migrate.folder import AccountFolder


def remarkable(account: AccountFolder, folder: str, name: str, most: int) -> list[dict[str, Any]]:
    """What of a list was not simply moved, see exceptions.groups."""
    found = []
    for kind in exceptions.KINDS:
        descriptor = account.open("{0}.{1}.jsonl".format(name, kind))
        if descriptor is not None:
            with os.fdopen(descriptor, "rb") as lines:
                found += exceptions.groups(kind, lines, most, folder, name)
    return found


def main() -> None:
    module = AnsibleModule(
        argument_spec=dict(
            account=dict(type="path", required=True),
            moved=dict(type="list", elements="str", default=[]),
            remarkable=dict(type="int", default=0),
        ),
        supports_check_mode=True,
    )
    folder, most = module.params["account"], module.params["remarkable"]
    if most < 0:
        module.fail_json(msg="remarkable is {0}: give 0 or more".format(most))
    account = AccountFolder(folder, write=False)

    def read(name: str) -> Any:
        content = account.read(name)
        return None if content is None else json.loads(content)

    try:
        lists = standing.lists(read, module.params["moved"])
        accounts = standing.accounts(read)
        shown = {each["list"]: remarkable(account, folder, each["list"], most) for each in lists} if most else {}
    except (HostError, nofollow.Unsafe) as exc:
        module.fail_json(**failure(exc))
    except (OSError, ValueError, KeyError) as exc:
        module.fail_json(msg="account is {0}, which cannot be read: {1}".format(folder, exc))
    module.exit_json(
        changed=False,
        lists=lists,
        accounts=accounts,
        remarkable={name: groups for name, groups in shown.items() if groups},
        totals=standing.totals(lists),
        sentences=[standing.sentence(each) for each in lists],
    )


if __name__ == "__main__":
    main()
