#!/usr/bin/python
# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: migrate_archive
short_description: Put mailboxes into the archives of Mailman 3
version_added: 0.2.0
author: The listops.mailman contributors (@listops)
description:
  - Puts every mail of a mailbox, such as Pipermail's C(LIST.mbox/LIST.mbox), into HyperKitty's archive of a list, which must exist.
    What is there already stays, and what comes later is joined with it in threads.
  - Well-formed mails become what C(hyperkitty_import) makes of them, on all processor cores and several times as fast. Mails that
    this command drops, doubles or dates to the day of the import are moved, too.
  - A mail without Message-ID gets one that is the same each time. A mail with the Message-ID of another one and the same text is
    merged with it; with another text it is moved under a Message-ID of its own.
  - A mail without a date that can be right gets the one of its C(From) line, or of the mail beside it.
  - Mails that HyperKitty cannot keep are quarantined, with a reason, in C(NAME.quarantine.mbox). Mend them in the mailbox, or in a copy
    of that file which you give as a mailbox with O(archives[].name), and run again.
  - The account says what became of each mail. The task fails if the sums do not agree, or if the archive, read again, does not have
    what was moved.
  - It can be repeated at any time; an interrupted run is finished by the next one. Mails that were added to the mailbox are added.
  - No archive is public before Mailman says so. Private lists that HyperKitty or the guard does not know as private are refused before
    anything is written. A public list that HyperKitty does not know yet is private there until all of its mails are in.
extends_documentation_fragment:
  - listops.mailman.attributes
  - listops.mailman.mailman
  - listops.mailman.web
attributes:
  check_mode:
    details: Reads and parses all mails, and says what would be moved.
  diff_mode:
    support: none
    details: What differs is mail.
options:
  archives:
    description: The mailboxes.
    type: list
    elements: dict
    required: true
    suboptions:
      list:
        description: The list, as V(name@domain). It must exist.
        type: str
        required: true
      mbox:
        description: A file in mbox format on the host. Only root needs to be able to read it.
        type: path
      texts:
        description:
          - In place of O(archives[].mbox), a folder on the host with the texts of months that Pipermail publishes, such as
            C(2010-January.txt.gz), where nothing else of an archive is left. It is read as nobody with its group, which must not be root's.
          - Addresses of senders that are written as C(user at example.org) are turned back. Attachments are not in them, nor are
            headers but those of the texts.
        type: path
      charset:
        description: The charset of texts that are not in UTF-8.
        type: str
        default: iso-8859-1
      ids:
        description:
          - A file in JSON, with an object that has Message-IDs for mails without one, by their positions in the mailbox, beginning with 0.
            Others get one that is made of their bytes.
        type: path
      name:
        description: The name of the files of this mailbox in the account. By default the list.
        type: str
  account:
    description:
      - A folder of root's, which is created. C(NAME.messages.jsonl) gets a line of JSON for each mail of the mailbox, and
        C(NAME.messages.json) the sums.
    type: path
    required: true
  jobs:
    description: How many processes parse mails; V(0) means one for each processor core.
    type: int
    default: 0
  index:
    description:
      - Whether the search index gets the mails as well, when all of them are in the archives. It takes several times as long as
        everything else, so it can be left for later. HyperKitty's own job does not add mails that are older than others.
    type: bool
    default: false
  web_service:
    description:
      - The systemd service of HyperKitty. It is restarted when mails were moved and its processes may have old figures of the lists
        in their own caches, as they do unless Django's C(CACHES) is set. An empty string forbids the restart.
    type: str
    default: mailman3-web
seealso:
  - module: listops.mailman.mailman_list
  - module: listops.mailman.mailman_mbox
"""

EXAMPLES = r"""
- name: Move the archive of a list from a copy of Mailman 2.1's files
  listops.mailman.migrate_archive:
    archives:
      - list: wikitech-l@lists.example.org
        mbox: /var/lib/listops/migrate/sodium/archives/private/wikitech-l.mbox/wikitech-l.mbox
    account: /var/lib/listops/migrate/account

- name: Put in what was quarantined, after it was mended
  listops.mailman.migrate_archive:
    archives:
      - list: wikitech-l@lists.example.org
        mbox: /root/mended.mbox
        name: wikitech-l@lists.example.org-mended
    account: /var/lib/listops/migrate/account
    index: true

- name: Make the archive of a list of what its old server published
  listops.mailman.migrate_archive:
    archives:
      - list: wikitech-l@lists.example.org
        texts: /srv/old/pipermail/wikitech-l
    account: /var/lib/listops/migrate/account
"""

RETURN = r"""
archives:
  description:
    - What became of the mails of each mailbox. RV(archives[].found) is the sum of RV(archives[].moved), which counts what was read
      again in the archive, RV(archives[].merged) and RV(archives[].quarantined).
  returned: success
  type: list
  elements: dict
  sample: [{"list": "wikitech-l@lists.example.org", "found": 533, "moved": 532, "merged": 1, "quarantined": 0, "reasons": []}]
  contains:
    list:
      description: The list.
      type: str
    found:
      description: How many mails the mailbox has.
      type: int
    moved:
      description: How many of them are in the archive; in check mode, would be.
      type: int
    merged:
      description: How many are there twice.
      type: int
    quarantined:
      description: How many HyperKitty cannot keep.
      type: int
    reasons:
      description: Their positions and reasons.
      type: list
      elements: dict
sentences:
  description: The same for people.
  returned: success
  type: list
  elements: str
  sample: ["wikitech-l@lists.example.org: 533 mails found, 532 moved, 1 merged, 0 quarantined"]
"""

from typing import Any, Mapping

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.listops.mailman.plugins.module_utils import _nofollow as nofollow
from ansible_collections.listops.mailman.plugins.module_utils import _visible as visible
from ansible_collections.listops.mailman.plugins.module_utils._archives.guard import ArchiveGuard
from ansible_collections.listops.mailman.plugins.module_utils._argspec import (
    CONNECTION_SPEC,
    WEB_SPEC,
    Connection,
    WebInterface,
)
from ansible_collections.listops.mailman.plugins.module_utils._errors import HostError, failure
from ansible_collections.listops.mailman.plugins.module_utils._mailman3.client import Mailman3
from ansible_collections.listops.mailman.plugins.module_utils._migrate import account
from ansible_collections.listops.mailman.plugins.module_utils._migrate.archive import (
    ArchiveLoader,
    Source,
    refusal,
)
from ansible_collections.listops.mailman.plugins.module_utils._migrate.folder import AccountFolder
from ansible_collections.listops.mailman.plugins.module_utils._systemd import systemctl


def sources(archives: list[dict[str, Any]]) -> list[Source]:
    """The mailboxes; HostError for two that would have the same account."""
    found = [
        Source(one["list"], one["name"] or one["list"], one["mbox"], one["ids"], one["texts"], one["charset"])
        for one in archives
    ]
    for source in found:
        try:
            "".encode(source.charset)
        except LookupError:
            raise HostError("charset is {0!r}: give one that Python knows".format(source.charset)) from None
    names = [source.name for source in found]
    for name in names:
        if "/" in name or names.count(name) > 1:
            raise HostError("name is {0!r}: give each mailbox another name, without /".format(name))
    return found


def run(params: Mapping[str, Any], check_mode: bool) -> dict[str, Any]:
    asked = sources(params["archives"])
    web = WebInterface.of(params)
    archives = []
    changed = False
    with ArchiveLoader(web, jobs=params["jobs"], write=not check_mode) as loader:
        with Mailman3(Connection.of(params), readonly=True) as backend:
            lists = backend.read(settings=["archive_policy"], rosters=[])
        guard = ArchiveGuard(web.user)
        policies = {name: lists[name]["settings"]["archive_policy"] for name in lists}
        refused = [refusal(source.list, policies.get(source.list), guard) for source in asked]
        if any(refused):
            raise HostError("; ".join(one for one in refused if one))
        loader.check(asked, {name for name in policies if policies[name] != "public" or guard.keeps(name)})
        folder = AccountFolder(params["account"], write=not check_mode)
        for source in asked:
            done = loader.load(source, folder)
            changed |= done["changed"]
            archives.append({"list": source.list, **done["sums"], "reasons": done["quarantined"]})
        if changed and not check_mode and loader.cached_in_processes and params["web_service"]:
            systemctl("try-restart", params["web_service"])
        if params["index"]:
            for name in dict.fromkeys(source.list for source in asked):
                changed |= loader.index(name)
    return {
        "changed": changed,
        "archives": archives,
        "sentences": [account.sentence(one["list"], "mails", one) for one in archives],
    }


def main() -> None:
    module = AnsibleModule(
        argument_spec=dict(
            archives=dict(
                type="list",
                elements="dict",
                required=True,
                options=dict(
                    list=dict(type="str", required=True),
                    mbox=dict(type="path"),
                    texts=dict(type="path"),
                    charset=dict(type="str", default="iso-8859-1"),
                    ids=dict(type="path"),
                    name=dict(type="str"),
                ),
                required_one_of=[["mbox", "texts"]],
                mutually_exclusive=[["mbox", "texts"]],
            ),
            account=dict(type="path", required=True),
            jobs=dict(type="int", default=0),
            index=dict(type="bool", default=False),
            web_service=dict(type="str", default="mailman3-web"),
            **CONNECTION_SPEC,
            **WEB_SPEC,
        ),
        supports_check_mode=True,
    )
    try:
        result = run(module.params, module.check_mode)
    except (HostError, account.Inexact, nofollow.Unsafe) as exc:
        module.fail_json(**failure(exc))
    for one in result["archives"]:
        for each in one["reasons"][:20]:
            module.warn(
                visible.sentence(
                    "{0}: mail {1} is quarantined: {2}".format(one["list"], each["position"], each["reason"])
                )
            )
    module.exit_json(**result)


if __name__ == "__main__":
    main()
