#!/usr/bin/python
# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: mailman_redact
short_description: Redact an archived message
version_added: 0.2.0
author: The listops.mailman contributors (@listops)
description:
  - Replaces the text of one message in the archives of a list, and removes its attachments.
  - Its place, number, thread, Message-ID and page stay the same, and so do those of all other messages. Raw copies keep only the headers
    that say where the message belongs.
  - On Mailman 3 it cleans HyperKitty's database (from which downloads are made), its search index and caches, attachments in files,
    archived digests, Mailman's prototype archive, and digests that are not sent yet.
  - The Message-ID identifies the message everywhere. Quotations in other messages are not touched; RV(replies) has the pages of answers.
  - O(subject) and O(sender) also replace the old ones in the tables of contents of digests, in the entry with the message's number.
    HyperKitty keeps a plain digest only up to its first attachment. If the message comes later, its entry is the one with its subject and
    sender at its place in the archive.
  - What a migration left on the host is redacted, too, see O(migrations). That is old pages, texts and attachments that are served at
    their old addresses, the copy of the old server's mailboxes and pages, what was quarantined, and lines of the account. A message that
    is only there is found by its Message-ID or its old address as well. What has the message and cannot be edited is in
    RV(not_redacted).
  - Backups still have the original, and so do the people who got the message.
  - If a run is interrupted, the next one finishes it. The original is in no argument, log, diff or result.
extends_documentation_fragment:
  - listops.mailman.attributes
  - listops.mailman.mailman
  - listops.mailman.web
attributes:
  diff_mode:
    support: full
    details: Says which copies are where, never what they say.
options:
  list:
    description: The list, as V(name) or V(name@domain). On Mailman 3 it may be gone already. Not needed with O(url).
    type: str
  domain:
    description: The domain of lists whose name has none. Not needed when Mailman has only one.
    type: str
  message_id:
    description: The Message-ID of the message, with angle brackets or without.
    type: str
  url:
    description: The page of the message in the archive, instead of O(message_id).
    type: str
  reason:
    description: The reason, for the log.
    type: str
    required: true
  replacement:
    description: The new text of the message.
    type: str
    default: This message was removed by the administrators of the list.
  subject:
    description: Its new subject. Without it the subject stays.
    type: str
  sender:
    description: Its new sender, such as V(Removed <removed@example.org>). Without it the sender stays.
    type: str
  by:
    description: Who asked for it or does it, for the log. By default the user that Ansible has on the host.
    type: str
  log:
    description:
      - File on the host with a line of JSON when a redaction begins and one when it is done; readable by root only.
      - The module reads in it whether a run was interrupted.
    type: path
    default: /var/log/listops-redactions.jsonl
  escrow_key:
    description:
      - A public OpenPGP key in ASCII armour. The original is encrypted for it before anything is changed.
      - The encrypted file is a tar archive of all forms of the message that were found. This needs C(gpg) on the host.
      - An encrypted original that is there already is kept as it is.
    type: str
  escrow_directory:
    description: Folder on the host for encrypted originals, which get the mode 0600.
    type: path
    default: /var/lib/listops/escrow
  migrations:
    description: The folder with the migrations to this host, each with a copy of the old server's files and an account. There may be none.
    type: path
    default: /var/lib/listops/migrate
  migration_copies:
    description: Copies of old servers' files (C(/var/lib/mailman)) that are not in O(migrations).
    type: list
    elements: path
    default: []
  old_pages:
    description: The folder in which M(listops.mailman.migrate_redirects) keeps what HyperKitty does not have. There may be none.
    type: path
    default: /var/lib/listops/pipermail/files
  old_archives:
    description: Other folders on the host with the list's old pages or texts of months, such as those that an archive was made of.
    type: list
    elements: path
    default: []
  old_names:
    description:
      - Names of the list on old servers, without a domain. The accounts of migrations have them, unless the list was renamed after it
        moved.
    type: list
    elements: str
    default: []
  web_service:
    description:
      - The systemd service of HyperKitty. It is restarted when O(subject) or O(sender) was replaced and its processes may have the old
        ones in their own caches, as they do unless Django's C(CACHES) is set. An empty string forbids the restart.
    type: str
    default: mailman3-web
seealso:
  - module: listops.mailman.mailman_list
"""

EXAMPLES = r"""
- name: A message with somebody's medical record
  listops.mailman.mailman_redact:
    list: wikitech-l
    message_id: <20261120.1234@example.net>
    reason: court order 4711
    replacement: Removed by court order.
    escrow_key: "{{ lookup('ansible.builtin.file', 'lawyers.asc') }}"

- name: Subject and sender, too
  listops.mailman.mailman_redact:
    url: https://lists.example.org/mailman3/hyperkitty/list/wikitech-l@lists.example.org/message/ABCDEFGHIJKLMNOPQRSTUVWXYZ234567/
    reason: ticket 12
    subject: (removed)
    sender: Removed <removed@lists.example.org>
"""

RETURN = r"""
message:
  description: The message that was found.
  returned: success
  type: dict
  sample: {"list": "wikitech-l@lists.example.org", "message_id": "20261120.1234@example.net", "url": "/hyperkitty/list/..."}
places:
  description: The places where the original was found, and the parts of it there. All of it is replaced, or would be in check mode.
  returned: success
  type: list
  elements: dict
  sample: [{"place": "/hyperkitty/list/...", "what": ["content", "2 attachments"]}]
not_redacted:
  description: Sentences about what may have the message and is not redacted, each beginning with a path.
  returned: success
  type: list
  elements: str
  sample:
    - "/var/lib/listops/migrate/sodium/copy/data/heldmsg-wikitech-l-3.pck: it names the message and cannot be edited: ..."
replies:
  description: Pages of messages that answer it and may quote it. They are not touched.
  returned: success
  type: list
  elements: str
  sample: []
escrow:
  description: The file with the encrypted original, when there is one, or would be one in check mode.
  returned: success
  type: str
  sample: /var/lib/listops/escrow/wikitech-l@lists.example.org-0123456789abcdef0123456789abcdef.tar.gpg
finished:
  description: Whether this run finishes one that was interrupted.
  returned: success
  type: bool
  sample: false
"""

import datetime
import os
import pwd
from dataclasses import dataclass
from typing import Any, Mapping

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.listops.mailman.plugins.module_utils import _nofollow as nofollow
from ansible_collections.listops.mailman.plugins.module_utils import _visible as visible
from ansible_collections.listops.mailman.plugins.module_utils._argspec import (
    CONNECTION_SPEC,
    WEB_SPEC,
    Connection,
    WebInterface,
)
from ansible_collections.listops.mailman.plugins.module_utils._errors import HostError, failure
from ansible_collections.listops.mailman.plugins.module_utils._lists import model
from ansible_collections.listops.mailman.plugins.module_utils._lists.vocabulary import Invalid
from ansible_collections.listops.mailman.plugins.module_utils._redaction import escrow
from ansible_collections.listops.mailman.plugins.module_utils._redaction import request as redact
from ansible_collections.listops.mailman.plugins.module_utils._redaction.copies import Remains
from ansible_collections.listops.mailman.plugins.module_utils._redaction.select import open_stores
from ansible_collections.listops.mailman.plugins.module_utils._redaction.stores import Stores
from ansible_collections.listops.mailman.plugins.module_utils._systemd import systemctl


def who() -> str:
    """The user on the host, before root was become."""
    return os.environ.get("SUDO_USER") or pwd.getpwuid(os.getuid()).pw_name


def read_lines(path: str) -> list[str]:
    try:
        descriptor = nofollow.open_file(path, os.O_RDONLY)
    except FileNotFoundError:
        return []
    with os.fdopen(descriptor, encoding="utf-8", errors="replace") as handle:
        return handle.readlines()


def note(path: str, line: str) -> None:
    """Add a line to the log, on disk before anything else is done."""
    os.close(nofollow.need_folder(os.path.dirname(path), 0o755))
    descriptor = nofollow.open_file(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    with os.fdopen(descriptor, "a", encoding="utf-8") as handle:
        handle.write(line)
        handle.flush()
        os.fsync(handle.fileno())


@dataclass(frozen=True)
class Options:
    """What a redaction does beside the message. web_service: restarted where its processes keep what the message said."""

    domain: str | None
    log: str
    escrow_key: str | None
    escrow_directory: str
    web_service: str


class Work:
    """One message on one host."""

    def __init__(self, there: Stores, asked: redact.Redaction, options: Options) -> None:
        self.stores = there.stores
        self.asked = asked
        self.options = options
        (self.address,) = model.chosen_lists([asked.list], options.domain, there.domains)
        page = asked.page
        self.request = {
            "list": self.address,
            "message_id": asked.message_id,
            "hash": page and page.hash,
            "page": [page.volume, page.file] if page and page.volume else None,
            "replacement": asked.replacement,
        }
        first = self.stores[0].look(self.request)
        self.found = first["found"]
        if self.found is None:
            self.found = self._elsewhere()
            self.request["message_id"] = self.found["message_id"]
            # Its page was an old one, perhaps.
            first = self.stores[0].look(self.request)
            self.found = first["found"] or self.found
        self.request["message_id"] = self.found["message_id"]
        self.cached = first.get("cached_in_processes", False)
        answers = [first, *(store.look(self.request) for store in self.stores[1:])]
        self.places = [place for answer in answers for place in answer["places"]]
        self.left = [visible.sentence(said) for answer in answers for said in answer.get("left", ())]
        log = read_lines(options.log)
        self.unfinished = redact.unfinished(log, self.address, self.found["message_id"])
        self.escrow = self._escrow_file()

    def _elsewhere(self) -> dict[str, Any]:
        """The message in another archive than the primary one."""
        said = ["{0} is not in the archive of {1}".format(self.asked.named, self.address)]
        for store in self.stores[1:]:
            answer = store.look(self.request) if store.archive else {"found": None}
            if answer["found"] is not None:
                return dict(answer["found"])
            said += answer.get("left") or []
        raise Invalid("; ".join(said))

    def _escrow_file(self) -> str | None:
        name = redact.key(self.address, self.found["message_id"]) + ".tar.gpg"
        path = os.path.join(self.options.escrow_directory, name)
        there = os.path.exists(path)
        # Nothing is sealed of what says something else already.
        return path if there or (self.options.escrow_key and self.places) else None

    def sealed(self) -> bool:
        return self.escrow is None or os.path.exists(self.escrow)

    def apply(self) -> None:
        """Seal, note, replace, note. What is interrupted is seen by the first note without the second."""
        if not self.sealed():
            originals = [row for store in self.stores for row in store.look(self.request, originals=True)["originals"]]
            escrow.seal(str(self.options.escrow_key), escrow.bundle(originals), str(self.escrow))
        self._note("begun")
        # The primary archive last: by it the others are found again after an interruption.
        for store in reversed(self.stores):
            store.redact(self.request)
        service = self.options.web_service
        if self.cached and service and (self.asked.replacement["subject"] or self.asked.replacement["sender"]):
            systemctl("try-restart", service)
        self._note("done")

    def _note(self, state: str) -> None:
        now = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
        more = {"places": self.places, "escrow": self.escrow}
        note(self.options.log, redact.entry(state, now, self.asked, self.address, self.found, **more))

    def result(self) -> dict[str, Any]:
        return {
            "changed": bool(self.places) or self.unfinished,
            "message": {"list": self.address, "message_id": self.found["message_id"], "url": self.found["url"]},
            "places": self.places,
            "not_redacted": self.left,
            "replies": self.found["replies"],
            "escrow": self.escrow,
            "finished": self.unfinished,
            "diff": redact.diff(self.places, None if self.sealed() else self.escrow),
        }


def run(params: Mapping[str, Any], check_mode: bool) -> dict[str, Any]:
    asked = redact.asked(dict(params, by=params["by"] or who()))
    options = Options(
        domain=params["domain"],
        log=params["log"],
        escrow_key=params["escrow_key"],
        escrow_directory=params["escrow_directory"],
        web_service=params["web_service"],
    )
    if options.escrow_key:
        escrow.check_key(options.escrow_key)
    remains = Remains(
        migrations=params["migrations"],
        copies=params["migration_copies"],
        pages=params["old_pages"],
        archives=params["old_archives"],
        names=[name.lower() for name in params["old_names"]],
    )
    with open_stores(Connection.of(params), WebInterface.of(params), remains, readonly=check_mode) as there:
        work = Work(there, asked, options)
        result = work.result()
        if result["changed"] and not check_mode:
            work.apply()
    return result


def main() -> None:
    module = AnsibleModule(
        argument_spec=dict(
            list=dict(type="str"),
            domain=dict(type="str"),
            message_id=dict(type="str"),
            url=dict(type="str"),
            reason=dict(type="str", required=True),
            replacement=dict(type="str", default="This message was removed by the administrators of the list."),
            subject=dict(type="str"),
            sender=dict(type="str"),
            by=dict(type="str"),
            log=dict(type="path", default="/var/log/listops-redactions.jsonl"),
            # a public key is no secret
            escrow_key=dict(type="str", no_log=False),
            escrow_directory=dict(type="path", default="/var/lib/listops/escrow"),
            migrations=dict(type="path", default="/var/lib/listops/migrate"),
            migration_copies=dict(type="list", elements="path", default=[]),
            old_pages=dict(type="path", default="/var/lib/listops/pipermail/files"),
            old_archives=dict(type="list", elements="path", default=[]),
            old_names=dict(type="list", elements="str", default=[]),
            web_service=dict(type="str", default="mailman3-web"),
            **CONNECTION_SPEC,
            **WEB_SPEC,
        ),
        required_one_of=[("message_id", "url")],
        mutually_exclusive=[("message_id", "url")],
        required_by={"message_id": ["list"]},
        supports_check_mode=True,
    )
    try:
        result = run(module.params, module.check_mode)
    except (Invalid, HostError, nofollow.Unsafe, OSError) as exc:
        module.fail_json(**failure(exc))
    module.exit_json(**result)


if __name__ == "__main__":
    main()
