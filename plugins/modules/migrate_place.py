#!/usr/bin/python
# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: migrate_place
short_description: Put the lists of a Mailman 2.1 into another one
version_added: 0.2.0
author: The listops.mailman contributors (@listops)
description:
  - Puts lists of a Mailman 2.1, of whose files there is a copy on this host, into this host's Mailman 2.1. All files go over unchanged,
    with settings, people, passwords, what waits, the digest in progress, archives and their pages. Archives of lists that were removed are
    moved, too.
  - Mailman can run meanwhile, and its other lists are left alone. The lock of a list is held while it is put into place.
  - Files are first staged beside the place where they belong, on the same disk, where neither Mailman nor a web server looks. Then they
    are renamed, and the folder that makes a list is the last. So there is never half a list, and a run that was interrupted is finished
    by the next one.
  - The link that makes an archive public is made at the end, and only for lists whose archive is public.
  - Everything is done as Mailman's own user.
  - What Mailman would not have made there, such as a link to elsewhere, is not moved but quarantined with a reason.
  - The account says what became of each file, each mail and everything that waits. The task fails if the sums do not agree, or if what
    was written, read again, is not what the copy has.
  - Nobody is sent a mail by it.
  - The playbook C(listops.mailman.migrate) uses it.
extends_documentation_fragment:
  - listops.mailman.attributes
  - listops.mailman.mailman
attributes:
  check_mode:
    details: Says what would be moved and what is refused.
  diff_mode:
    support: none
    details: What differs is mail.
options:
  state:
    description:
      - V(staged) stages the lists, which can be repeated with a newer copy as long as the old server is in use.
      - V(placed) stages what is left and puts them into place. A list that is in place already is left alone, since people use it.
      - V(compared) changes nothing. The task fails if a file of the lists that are in place is another one than was moved and nobody has
        changed it since, or if what is staged is not what the copy has.
    type: str
    choices: [staged, placed, compared]
    required: true
  copy:
    description: A copy of the old C(/var/lib/mailman), in a folder of this host that has the group of its files.
    type: path
    required: true
  source_state:
    description: The folder of which it is a copy. This host's Mailman must have its archives in the same one.
    type: path
    default: /var/lib/mailman
  lists:
    description:
      - The lists to be moved, with or without their domain. All of them if it is empty, but for the site list, and archives without a list.
    type: list
    elements: str
    default: []
  leave:
    description:
      - Lists that are not touched, since they moved already and people use them here, by their posting addresses on the old server.
    type: list
    elements: str
    default: []
  account:
    description:
      - A folder of root's on this host that keeps what was moved. It is created.
      - The file C(lists.json) in it names the lists that this module put into place, and C(staged.json) those that it staged.
      - C(LIST.files.jsonl), C(LIST.messages.jsonl) and
        C(LIST.requests.jsonl) have a line of JSON for each thing, and the files C(.json) the sums.
    type: path
    required: true
  existing:
    description:
      - Whether a list that this host has already, and that was not put there by an earlier call with the same O(account), is replaced.
        Otherwise the task fails before it changes anything.
    type: str
    choices: [refuse, take]
    default: refuse
seealso:
  - module: listops.mailman.migrate_lists
  - module: listops.mailman.migrate_info
"""

EXAMPLES = r"""
- name: Stage the lists of sodium
  listops.mailman.migrate_place:
    state: staged
    copy: /var/lib/listops/migrate/sodium/copy
    account: /var/lib/listops/migrate/sodium/account
"""

RETURN = r"""
lists:
  description: The lists that are moved, with their names on the old server.
  returned: success
  type: list
  elements: dict
  sample: [{"list": "talk@lists.example.org", "source": "talk"}]
archives:
  description: Archives of lists that were removed, which are moved, too.
  returned: success
  type: list
  elements: str
  sample: [old-talk]
memberships:
  description: How many members the lists have together.
  returned: success
  type: int
  sample: 457
named:
  description: Sentences about what a person should know.
  returned: success
  type: list
  elements: str
  sample: ["the passwords of the site and of list creators stay those of this host"]
free:
  description: How much space there is for archives, in bytes.
  returned: success
  type: int
  sample: 41231686041
unreadable:
  description: Lists that cannot be read, and why. They are not moved.
  returned: success
  type: dict
  sample: {}
files:
  description: How many files and links are moved.
  returned: when O(state=staged)
  type: int
  sample: 2812
bytes:
  description: Their size.
  returned: when O(state=staged)
  type: int
  sample: 5242880
quarantined:
  description: Files that are not moved, with the reason.
  returned: when O(state=staged)
  type: list
  elements: str
  sample: []
placed:
  description: The lists that this call put into place; in check mode, would put.
  returned: when O(state=placed)
  type: list
  elements: str
  sample: [talk@lists.example.org]
same:
  description: How many files are what was moved.
  returned: when O(state=compared)
  type: int
  sample: 2808
changed_since:
  description: How many files were changed by whoever used the lists since.
  returned: when O(state=compared)
  type: int
  sample: 4
"""

from typing import Any, Mapping

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.listops.mailman.plugins.module_utils import _nofollow as nofollow
from ansible_collections.listops.mailman.plugins.module_utils import _visible as visible
from ansible_collections.listops.mailman.plugins.module_utils._argspec import CONNECTION_SPEC, Connection
from ansible_collections.listops.mailman.plugins.module_utils._errors import HostError, failure
from ansible_collections.listops.mailman.plugins.module_utils._lists.vocabulary import Invalid, refuse
from ansible_collections.listops.mailman.plugins.module_utils._mailman21.copy import SAID, reading
from ansible_collections.listops.mailman.plugins.module_utils._migrate.account import Inexact
from ansible_collections.listops.mailman.plugins.module_utils._migrate.placing.placement import Placement
from ansible_collections.listops.mailman.plugins.module_utils._migrate.placing.program import COPIED
from ansible_collections.listops.mailman.plugins.module_utils._migrate.placing.target import PlaceTarget


def run(params: Mapping[str, Any], check_mode: bool) -> dict[str, Any]:
    if params["mailman_engine"] == "mailman3":
        raise refuse("mailman_engine", "mailman3", "mailman21, or use migrate_lists")
    with PlaceTarget(Connection.of(params), params["copy"]) as target:
        said = {**SAID, "charsets": target.info["charsets"], "site_list": target.info["site_list"]}
        with reading(COPIED, params["copy"], said) as source:
            work = Placement(source, target, params, check_mode or params["state"] == "compared")
            {"staged": work.prepare, "placed": work.place, "compared": work.compare}[params["state"]]()
    return {**work.result, "changed": work.changed}


def main() -> None:
    module = AnsibleModule(
        argument_spec=dict(
            state=dict(type="str", choices=["staged", "placed", "compared"], required=True),
            copy=dict(type="path", required=True),
            source_state=dict(type="path", default="/var/lib/mailman"),
            account=dict(type="path", required=True),
            existing=dict(type="str", choices=["refuse", "take"], default="refuse"),
            lists=dict(type="list", elements="str", default=[]),
            leave=dict(type="list", elements="str", default=[]),
            **CONNECTION_SPEC,
        ),
        supports_check_mode=True,
    )
    try:
        result = run(module.params, module.check_mode)
    except (Invalid, HostError, Inexact, nofollow.Unsafe) as exc:
        module.fail_json(**failure(exc))
    for key in ("named", "quarantined"):
        if key in result:
            result[key] = [visible.sentence(each) for each in result[key]]
    module.exit_json(**result)


if __name__ == "__main__":
    main()
