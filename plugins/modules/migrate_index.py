#!/usr/bin/python
# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: migrate_index
short_description: Add mails that were moved to HyperKitty's search index
version_added: 0.2.0
author: The listops.mailman contributors (@listops)
description:
  - Adds the mails of the lists of a migration to HyperKitty's search index, the newest first, so that people soon find what they look for
    most. HyperKitty's own job adds only mails that are newer than all in the index.
  - It works with any kind of index that HyperKitty has (C(HAYSTACK_CONNECTIONS)), with low priority, while people use the server.
  - After each step it notes in the account where it is. An interrupted run is continued by the next one; a step that was interrupted is
    done again.
  - It takes several times as long as moving the mails did. Run it after the cut-over. A later run adds only what was stored since.
extends_documentation_fragment:
  - listops.mailman.attributes
  - listops.mailman.web
attributes:
  check_mode:
    support: full
    details: Counts what is to be added.
  diff_mode:
    support: none
    details: What differs is an index.
  idempotent:
    support: full
  platform:
    support: full
    platforms: posix
options:
  account:
    description: The folder of the account of the migration, whose C(lists.json) names the lists. C(index.json) in it has the note.
    type: path
    required: true
seealso:
  - module: listops.mailman.migrate_archive
"""

EXAMPLES = r"""
- name: Build the search index
  listops.mailman.migrate_index:
    account: /var/lib/listops/migrate/sodium/account
"""

RETURN = r"""
indexed:
  description: How many mails this run has added; in check mode, how many the index shall get as a whole.
  returned: success
  type: int
  sample: 412000
"""

import json
from typing import Any

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.listops.mailman.plugins.module_utils import _nofollow as nofollow
from ansible_collections.listops.mailman.plugins.module_utils._argspec import WEB_SPEC, WebInterface
from ansible_collections.listops.mailman.plugins.module_utils._errors import HostError, failure
from ansible_collections.listops.mailman.plugins.module_utils._migrate.folder import AccountFolder
from ansible_collections.listops.mailman.plugins.module_utils._migrate.search import progress
from ansible_collections.listops.mailman.plugins.module_utils._migrate.search.program import SearchIndex
from ansible_collections.listops.mailman.plugins.module_utils._migrate.standing import MADE


def run(index: SearchIndex, account: AccountFolder, check_mode: bool) -> dict[str, Any]:
    """Go on with the index until all mails are in it."""
    try:
        names = sorted(json.loads(account.read(MADE) or b"{}"))
    except ValueError as exc:
        raise HostError("account has a {0} that is damaged: {1}".format(MADE, exc)) from None
    newest = index.newest(names) if names else None
    way = progress.begin(progress.parse(account.read(progress.NOTE)), names, newest)
    if way is None:
        return {"changed": False, "indexed": 0}
    if check_mode:
        return {"changed": True, "indexed": index.count(way)}
    account.write(progress.NOTE, progress.written(way))
    indexed = 0
    while True:
        done = index.step(way)
        if done["at"] is None:
            break
        indexed += done["indexed"]
        way = way._replace(at=done["at"])
        account.write(progress.NOTE, progress.written(way))
    account.write(progress.NOTE, progress.written(way.finished()))
    return {"changed": True, "indexed": indexed}


def main() -> None:
    module = AnsibleModule(
        argument_spec=dict(account=dict(type="path", required=True), **WEB_SPEC), supports_check_mode=True
    )
    account = AccountFolder(module.params["account"], write=not module.check_mode)
    try:
        with SearchIndex(WebInterface.of(module.params)) as index:
            result = run(index, account, module.check_mode)
    except (HostError, nofollow.Unsafe, OSError) as exc:
        module.fail_json(**failure(exc))
    module.exit_json(**result)


if __name__ == "__main__":
    main()
