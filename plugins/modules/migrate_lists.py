#!/usr/bin/python
# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: migrate_lists
short_description: Make the lists of an old Mailman 2.1 on a Mailman 3
version_added: 0.2.0
author: The listops.mailman contributors (@listops)
description:
  - Makes the lists of a Mailman 2.1 on this host's Mailman 3, with their settings, texts, rules and people, as they are in a copy of
    its files. No Mailman 2.1 and no Python 2 is needed.
  - As long as the old server is in use, this can be repeated with a newer copy. Each time the lists become what they are there.
    Other lists of this host are left alone.
  - What Mailman 3 cannot hold is returned in sentences, with what takes its place.
  - Nobody is sent a mail by it.
  - The playbook C(listops.mailman.migrate) uses it.
extends_documentation_fragment:
  - listops.mailman.attributes
  - listops.mailman.mailman
  - listops.mailman.web
attributes:
  diff_mode:
    support: full
options:
  copy:
    description: A copy of the old C(/var/lib/mailman), in a folder of this host that has the group of its files.
    type: path
    required: true
  lists:
    description: The lists to be moved, as they are named there, with or without their domain. All of them if it is empty.
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
      - The file C(lists.json) in it names the lists that this module made, and C(lost.json) what Mailman 3 cannot hold of each.
    type: path
    required: true
  existing:
    description:
      - Whether a list that this host has already, and that was not made by an earlier call with the same O(account), becomes what it is on
        the old server. Otherwise the task fails before it changes anything.
    type: str
    choices: [refuse, take]
    default: refuse
  diff_limit:
    description: How many lines of detail C(--diff) and the result show, of all lists together; V(0) shows everything.
    type: int
    default: 500
seealso:
  - module: listops.mailman.mailman_list
  - module: listops.mailman.mailman_list_info
"""

EXAMPLES = r"""
- name: Make the lists of sodium
  listops.mailman.migrate_lists:
    copy: /var/lib/listops/migrate/sodium/copy
    account: /var/lib/listops/migrate/sodium/account
  register: moved
"""

RETURN = r"""
lists:
  description: The lists that were moved, with their old names, as O(listops.mailman.migrate_requests#module:lists) takes them.
  returned: success
  type: list
  elements: dict
  sample: [{"list": "dev.ops-test@lists.example.org", "source": "dev.ops+test"}]
memberships:
  description: How many members they have together.
  returned: success
  type: int
  sample: 457
archives:
  description: The mailboxes of those whose posts are archived, as O(listops.mailman.migrate_archive#module:archives) takes them.
  returned: success
  type: list
  elements: dict
  sample: [{"list": "talk@lists.example.org", "mbox": "/var/lib/listops/migrate/sodium/copy/archives/private/talk.mbox/talk.mbox"}]
pages:
  description: The folders of their pages, as O(listops.mailman.migrate_redirects#module:archives) takes them.
  returned: success
  type: list
  elements: dict
  sample: [{"list": "talk@lists.example.org", "source": "talk", "folder": "/var/lib/listops/migrate/sodium/copy/archives/private/talk"}]
lost:
  description: What Mailman 3 cannot hold, in sentences by posting address.
  returned: success
  type: dict
  sample: {"talk@lists.example.org": ["drop_cc is False, which Mailman 3 does not have: Mailman 3 does not shorten Cc."]}
unreadable:
  description: Lists that cannot be read, and why. They are not moved.
  returned: success
  type: dict
  sample: {}
summary:
  description: As M(listops.mailman.mailman_list) returns it.
  returned: success
  type: dict
  sample: {"lists_created": 1}
"""

import json
import os
from typing import Any, Callable, Iterator

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.listops.mailman.plugins.module_utils import _nofollow as nofollow
from ansible_collections.listops.mailman.plugins.module_utils._apply.options import TaskOptions
from ansible_collections.listops.mailman.plugins.module_utils._apply.reconcile import reconcile
from ansible_collections.listops.mailman.plugins.module_utils._archives.select import open_archives
from ansible_collections.listops.mailman.plugins.module_utils._argspec import (
    CONNECTION_SPEC,
    WEB_SPEC,
    Connection,
    WebInterface,
)
from ansible_collections.listops.mailman.plugins.module_utils._errors import HostError, failure
from ansible_collections.listops.mailman.plugins.module_utils._lists import model, report, vocabulary
from ansible_collections.listops.mailman.plugins.module_utils._lists.found import presented
from ansible_collections.listops.mailman.plugins.module_utils._lists.plan import Policy
from ansible_collections.listops.mailman.plugins.module_utils._lists.server_info import ServerInfo
from ansible_collections.listops.mailman.plugins.module_utils._lists.vocabulary import Invalid
from ansible_collections.listops.mailman.plugins.module_utils._mailman21.copy import CopiedMailman21
from ansible_collections.listops.mailman.plugins.module_utils._migrate.announcement import LOST
from ansible_collections.listops.mailman.plugins.module_utils._migrate.folder import AccountFolder
from ansible_collections.listops.mailman.plugins.module_utils._migrate.lists import (
    Declaration,
    choose,
    declare,
    leave,
    taken,
)
from ansible_collections.listops.mailman.plugins.module_utils._migrate.standing import MADE


def read(folder: str) -> dict[str, Any]:
    """All lists of a copy, as mailman_list_info returns them."""
    with CopiedMailman21(folder) as backend:
        lists = backend.read(None, settings=None, rosters=vocabulary.ROLES)
        facts = backend.facts(None)
        info = backend.info
        return {
            "engine": info.engine,
            "domains": info.domains,
            "available_settings": info.schema,
            "unreadable": dict(backend.unreadable),
            "lists": {
                name: presented(entry, facts[name], vocabulary.ROLES, None)
                for name, entry in lists.items()
                if name in facts
            },
        }


class CopiedLists:
    """What the copy has, for reconcile(), and what came of it."""

    def __init__(self, params: dict[str, Any], check_mode: bool) -> None:
        self._params = params
        self._check_mode = check_mode
        self.unreadable: dict[str, str] = {}
        self.declared = Declaration([], {}, {})
        self.found: dict[str, Any] = {}
        self._account = AccountFolder(params["account"], write=not check_mode)
        self.before: dict[str, str] = json.loads(self._account.read(MADE) or b"{}")

    def __call__(self, info: Callable[[], ServerInfo]) -> list[model.ListSpec]:
        found = read(self._params["copy"])
        self.unreadable = found["unreadable"]
        if self._params["lists"]:
            found = choose(found, self._params["lists"])
        found = leave(found, self._params["leave"])
        target = info()
        if target.engine != "mailman3":
            raise HostError("there is no Mailman 3 on this host for the lists to be moved to")
        self.found = found["lists"]
        self.declared = declare(found, target.schema)
        there = set(self.declared.former).intersection(target.lists).difference(self.before)
        taken(there, self._params["existing"])
        specs = model.parse_site(self.declared.entries)
        if not self._check_mode:
            # before they are made, so that the next run knows them as its own
            made = {**self.before, **self.declared.former}
            self._account.write(MADE, json.dumps(made, indent=1, sort_keys=True).encode("utf-8"))
            lost = {**json.loads(self._account.read(LOST) or b"{}"), **{name: [] for name in self.declared.former}}
            lost.update((name, said) for name, said in self.declared.lost.items() if name in lost)
            self._account.write(LOST, json.dumps(lost, indent=1, sort_keys=True).encode("utf-8"))
        return specs

    def archived(self, path: str, there: Callable[[str], bool]) -> Iterator[tuple[str, str, str]]:
        """Posting address, old name, and the path where it is there, of the lists whose posts are archived."""
        for name, former in self.declared.former.items():
            source = former.partition("@")[0]
            found = os.path.join(self._params["copy"], "archives/private", path.format(source))
            if self.found[former]["settings"]["archive_policy"] != "never" and there(found):
                yield name, source, found

    def lists(self) -> list[dict[str, str]]:
        return [{"list": name, "source": former.partition("@")[0]} for name, former in self.declared.former.items()]

    def memberships(self) -> int:
        return sum(len(self.found[former]["rosters"]["member"]) for former in self.declared.former.values())


def main() -> None:
    module = AnsibleModule(
        argument_spec=dict(
            copy=dict(type="path", required=True),
            account=dict(type="path", required=True),
            existing=dict(type="str", choices=["refuse", "take"], default="refuse"),
            lists=dict(type="list", elements="str", default=[]),
            leave=dict(type="list", elements="str", default=[]),
            diff_limit=dict(type="int", default=report.DIFF_LIMIT),
            **CONNECTION_SPEC,
            **WEB_SPEC,
        ),
        supports_check_mode=True,
    )
    params = module.params
    web = WebInterface.of(params)
    source = CopiedLists(params, module.check_mode)
    options = TaskOptions(
        Connection.of(params),
        # who is a member there is one here, whatever bans say, and a list may have lost all of them
        Policy(allow_shrink=True, override_bans=True),
        params["diff_limit"],
        module.check_mode,
    )
    try:
        outcome = reconcile(options, source, open_archives=lambda backend: open_archives(backend, web))
    except (Invalid, HostError, nofollow.Unsafe) as exc:
        module.fail_json(**failure(exc))
    for warning in outcome.warnings:
        module.warn(warning)
    result = {key: value for key, value in outcome.result.items() if key not in ("lists", "undeclared")}
    module.exit_json(
        lists=source.lists(),
        memberships=source.memberships(),
        archives=[
            {"list": name, "mbox": path} for name, _old, path in source.archived("{0}.mbox/{0}.mbox", os.path.isfile)
        ],
        pages=[
            {"list": name, "source": old, "folder": path} for name, old, path in source.archived("{0}", os.path.isdir)
        ],
        lost=source.declared.lost,
        unreadable=source.unreadable,
        **result,
    )


if __name__ == "__main__":
    main()
