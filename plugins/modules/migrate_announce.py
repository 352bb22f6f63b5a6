#!/usr/bin/python
# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: migrate_announce
short_description: Tell owners and subscribers, once, that their lists have moved
version_added: 0.2.0
author: The listops.mailman contributors (@listops)
description:
  - Sends a message to the owners and moderators, and one to the subscribers, of the lists that a migration has made on this host. Each
    person gets at most one of each kind, which names all of that person's lists. On Mailman 3 all addresses of a user are one person.
  - Who is told is planned once for each list and kept in the account. A later run sends what is left of it, and tells nobody who
    subscribed since. Lists that are moved later are planned when this module is called after that.
  - A message is never sent twice, also when a run is killed. Each is noted on the disk before the mail server can take it. If a run
    ends between that note and the mail server's answer, it is not known whether this one message went. It is then returned in
    RV(attention) with its Message-ID, which the mail server's log has if it did, and is not sent again.
  - No message goes to an address of a list itself, or to an address whose delivery was stopped by bounces or by a moderator. Subscribers
    of a closed list are not told of it, and people who have left since it was planned are not told, either.
extends_documentation_fragment:
  - listops.mailman.attributes
  - listops.mailman.mailman
attributes:
  check_mode:
    details: Says how many messages would be sent.
  diff_mode:
    support: full
    details: Has a line for each message that is to be sent, up to O(diff_limit).
options:
  account:
    description:
      - The folder of the migration's account, as of M(listops.mailman.migrate_lists), M(listops.mailman.migrate_place) or
        M(listops.mailman.migrate_server).
      - C(announcements.jsonl) in it has the messages that were planned, and what became of each.
    type: path
    required: true
  owners:
    description:
      - What owners and moderators are told. Without it they are not told.
      - The first line is C(Subject:) with the subject, the second one is empty, and the rest is the message. C($lists) becomes the person's
        lists with the addresses of their pages, C($lost) what the new server cannot hold of them, C($accounts) the page where people
        get an account, C($old) is O(old), and C($contact) is O(contact). C($$) is a dollar sign.
    type: str
  subscribers:
    description: What subscribers are told, in the same form. Without it they are not told.
    type: str
  contact:
    description: The address that the messages come from. Answers and bounces go there.
    type: str
    required: true
  old:
    description: What the old server is called in a message.
    type: str
    default: the old server
  list_url:
    description: Address of the page of a list, with C({name}), C({list_id}) or C({address}) in it.
    type: str
    required: true
  archive_url:
    description: The same of its archive, where that is public.
    type: str
    required: true
  private_archive_url:
    description: The same of a private archive.
    type: str
    required: true
  accounts_url:
    description: Address of the page where people get an account.
    type: str
    default: ""
  leave_out:
    description: Addresses that are not told, such as those of external archives.
    type: list
    elements: str
    default: []
  rate:
    description: How many messages are sent in a minute, at most.
    type: int
    default: 600
  smtp_host:
    description: The mail server that takes the messages.
    type: str
    default: localhost
  smtp_port:
    description: Its port.
    type: int
    default: 25
  diff_limit:
    description: How many lines C(--diff) shows; V(0) shows everything.
    type: int
    default: 500
seealso:
  - module: listops.mailman.migrate_info
"""

EXAMPLES = r"""
- name: Tell the subscribers
  listops.mailman.migrate_announce:
    account: /var/lib/listops/migrate/sodium/account
    contact: postmaster@lists.example.org
    list_url: https://lists.example.org/mailman3/postorius/lists/{list_id}/
    archive_url: https://lists.example.org/mailman3/hyperkitty/list/{address}/
    private_archive_url: https://lists.example.org/mailman3/hyperkitty/list/{address}/
    subscribers: |
      Subject: Your mailing lists have moved

      These lists are on another server now. Write to them as before.

      $lists

      Questions: $contact
"""

RETURN = r"""
sums:
  description:
    - By C(owners) and C(subscribers), how many messages were planned (C(found)), and what became of them. They add up.
    - C(sent) were taken by the mail server, C(refused) refused by it, C(in_doubt) is unknown, C(gone) were for people who have left since,
      C(left) are still to be sent.
  returned: success
  type: dict
  sample: {"owners": {"found": 12, "sent": 12, "refused": 0, "in_doubt": 0, "gone": 0, "left": 0}}
sentences:
  description: The same for people.
  returned: success
  type: list
  elements: str
  sample: ["owners: of 12 messages 12 sent"]
left_out:
  description: By C(owners) and C(subscribers), the addresses that are not told although they are on the lists, and why.
  returned: success
  type: dict
  sample: {"subscribers": {"announce@lists.example.org": "it is the address of a list"}}
attention:
  description: Sentences about messages that were refused, or that nobody knows of whether they were sent.
  returned: success
  type: list
  elements: str
  sample: []
"""

import functools
import json
import time
from email.utils import formatdate
from typing import Any, Callable, Iterable, Mapping, NamedTuple

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.listops.mailman.plugins.module_utils import _nofollow as nofollow
from ansible_collections.listops.mailman.plugins.module_utils import _visible as visible
from ansible_collections.listops.mailman.plugins.module_utils._argspec import CONNECTION_SPEC, Connection
from ansible_collections.listops.mailman.plugins.module_utils._backends.base import ListBackend
from ansible_collections.listops.mailman.plugins.module_utils._backends.select import open_backend
from ansible_collections.listops.mailman.plugins.module_utils._errors import HostError, failure
from ansible_collections.listops.mailman.plugins.module_utils._lists import vocabulary
from ansible_collections.listops.mailman.plugins.module_utils._lists.vocabulary import Invalid, refuse
from ansible_collections.listops.mailman.plugins.module_utils._migrate import announcement
from ansible_collections.listops.mailman.plugins.module_utils._migrate.announcement import (
    Audience,
    Places,
    Record,
    Text,
)
from ansible_collections.listops.mailman.plugins.module_utils._migrate.delivery import MailServer
from ansible_collections.listops.mailman.plugins.module_utils._migrate.folder import AccountFolder, Journal
from ansible_collections.listops.mailman.plugins.module_utils._migrate.standing import MADE

IS_A_LIST = "it is the address of a list"
# So many messages in a row that the mail server takes another time mean that it takes none now.
LATER_IN_A_ROW = 10


class AnnounceOptions(NamedTuple):
    """The module's options as values. texts: audience -> what it is told."""

    texts: dict[str, Text]
    places: Places
    but: dict[str, str]
    rate: int


def options(params: Mapping[str, Any]) -> AnnounceOptions:
    """Raises Invalid."""
    given = {kind: params[kind] for kind in announcement.AUDIENCES if params[kind] is not None}
    if not given:
        raise Invalid("owners and subscribers are missing: give one of them, or both")
    if params["rate"] < 1:
        raise refuse("rate", params["rate"], "a number of messages, at least 1")
    for key in ("list_url", "archive_url", "private_archive_url"):
        try:
            params[key].format(name="", list_id="", address="")
        except (KeyError, IndexError, ValueError, AttributeError):
            raise refuse(key, params[key], "an address with {name}, {list_id} or {address}") from None
    contact = vocabulary.address("contact", params["contact"])
    return AnnounceOptions(
        {kind: announcement.parse(kind, text) for kind, text in given.items()},
        Places(
            params["list_url"],
            {"public": params["archive_url"], "private": params["private_archive_url"]},
            params["accounts_url"],
            params["old"],
            contact,
        ),
        {vocabulary.address("leave_out", each).lower(): "leave_out names it" for each in params["leave_out"]},
        params["rate"],
    )


class MovedLists(NamedTuple):
    """What this host has. audiences: kind -> people of each list that may be told; policies: of their archives."""

    lists: Mapping[str, Any]
    people: Mapping[str, str]
    but: Mapping[str, str]
    policies: Mapping[str, str]

    def audience(self, kind: str, names: Iterable[str]) -> Audience:
        return announcement.audience(kind, {name: self.lists[name] for name in names}, self.people, self.but)


def look(backend: ListBackend, made: Mapping[str, str], but: Mapping[str, str]) -> MovedLists:
    """The lists that were moved, with their people. Raises HostError for one that cannot be read, before anybody is told."""
    info = backend.info
    names = sorted(set(made).intersection(info.lists))
    lists = backend.read(names, settings=["archive_policy"], rosters=["owner", "moderator", "member"])
    for name in made:
        reason = backend.unreadable.get(name, backend.unreadable.get(name.partition("@")[0]))
        if reason:
            raise HostError(reason)
    people = backend.people(
        sorted({key.lower() for each in lists.values() for roster in each["rosters"].values() for key in roster})
    )
    own = announcement.own_addresses([*info.lists, *made, *made.values()])
    policies = {name: each["settings"]["archive_policy"] for name, each in lists.items()}
    return MovedLists(lists, people, {**dict.fromkeys(own, IS_A_LIST), **but}, policies)


class Announcer:
    """Plans messages and sends what is left of them.

    journal: None in check mode. pause: sleeps for so many seconds.
    """

    def __init__(self, given: AnnounceOptions, found: MovedLists, record: Record, journal: Journal | None) -> None:
        self._given, self._found, self._record, self._journal = given, found, record, journal
        self.left_out: dict[str, dict[str, str]] = {}
        self.pending: list[announcement.Announcement] = []
        self.changed = False

    def plan(self) -> None:
        """Plan the messages for lists of which nobody was told yet. Nothing is sent."""
        for kind in self._given.texts:
            everybody = self._found.audience(kind, self._found.lists)
            self.left_out[kind] = everybody.left_out
            names = self._record.unplanned(kind, self._found.lists)
            if names:
                people = self._found.audience(kind, names).people
                lines = self._record.plan(kind, names, [announcement.announcement(kind, *each) for each in people])
                self.changed = True
                if self._journal is not None:
                    self._journal.add(lines)
            there = {to.lower() for to, _lists in everybody.people}
            for each in self._record.of([kind], "left"):
                if each.to.lower() in there and not self._found.policies.keys().isdisjoint(each.lists):
                    self.pending.append(each)
                else:
                    self._note(each.key, "gone", safe=False)
        self.changed |= bool(self.pending)

    def send(self, server: MailServer, lost: Mapping[str, Any], sleep: Callable[[float], None] = time.sleep) -> None:
        """Send what is left. Raises HostError when the mail server takes no more for now."""
        later, due = 0, time.monotonic()
        for each in self.pending:
            content = announcement.message(
                each,
                self._given.texts[each.audience],
                self._given.places,
                self._found.policies,
                lost,
                formatdate(localtime=True),
            )
            sleep(max(0.0, due - time.monotonic()))
            due = max(due, time.monotonic() - 1) + 60 / self._given.rate
            begin = functools.partial(self._note, each.key, "begun")
            answer = server.send(self._given.places.contact, each.to, content, begin)
            # The next note takes this one to the disk, too.
            self._note(each.key, answer.state, answer.said, safe=False)
            later = later + 1 if answer.state == "later" else 0
            if later == LATER_IN_A_ROW:
                break
        left = self._record.of(self._given.texts, "left")
        if left:
            raise HostError(
                "{0} of the messages are not sent yet, since the mail server said {1!r}: run again".format(
                    len(left),
                    next((self._record.answers[each.key] for each in left if each.key in self._record.answers), ""),
                )
            )

    def _note(self, key: str, state: str, answer: str = "", *, safe: bool = True) -> None:
        line = self._record.note(key, state, answer)
        if self._journal is not None:
            self._journal.add(line, safe=safe)

    def said(self, diff_limit: int) -> dict[str, Any]:
        kinds = list(self._given.texts)
        sums = {kind: self._record.sums(kind) for kind in kinds}
        return {
            "changed": self.changed,
            "sums": sums,
            "sentences": [announcement.sentence(kind, sums[kind], self.left_out[kind]) for kind in kinds],
            "left_out": self.left_out,
            "attention": [
                visible.sentence(each)
                for each in announcement.attention(self._record, kinds, self._given.places.contact)
            ],
            "diff": {
                "before": "",
                "after": "".join(
                    visible.sentence(line) + "\n" for line in announcement.planned(self.pending, diff_limit)
                ),
            },
        }


def run(params: Mapping[str, Any], check_mode: bool) -> dict[str, Any]:
    given = options(params)
    account = AccountFolder(params["account"], write=not check_mode)
    made = json.loads(account.read(MADE) or b"{}")
    if not made:
        raise HostError(
            "account is {0}, which has no lists that were moved: give the account of a migration".format(
                params["account"]
            )
        )
    lost = json.loads(account.read(announcement.LOST) or b"{}")
    with open_backend(Connection.of(params), readonly=True) as backend:
        found = look(backend, made, given.but)
    if check_mode:
        work = Announcer(given, found, Record((account.read(announcement.RECORD) or b"").splitlines()), None)
        work.plan()
        return work.said(params["diff_limit"])
    with account.journal(announcement.RECORD) as journal:
        work = Announcer(given, found, Record(journal.lines), journal)
        work.plan()
        with MailServer(params["smtp_host"], params["smtp_port"]) as server:
            work.send(server, lost)
    return work.said(params["diff_limit"])


def main() -> None:
    module = AnsibleModule(
        argument_spec=dict(
            account=dict(type="path", required=True),
            owners=dict(type="str"),
            subscribers=dict(type="str"),
            contact=dict(type="str", required=True),
            old=dict(type="str", default="the old server"),
            list_url=dict(type="str", required=True),
            archive_url=dict(type="str", required=True),
            private_archive_url=dict(type="str", required=True),
            accounts_url=dict(type="str", default=""),
            leave_out=dict(type="list", elements="str", default=[]),
            rate=dict(type="int", default=600),
            smtp_host=dict(type="str", default="localhost"),
            smtp_port=dict(type="int", default=25),
            diff_limit=dict(type="int", default=500),
            **CONNECTION_SPEC,
        ),
        supports_check_mode=True,
    )
    try:
        module.exit_json(**run(module.params, module.check_mode))
    except (Invalid, HostError, nofollow.Unsafe) as exc:
        module.fail_json(**failure(exc))
    except (OSError, ValueError, KeyError) as exc:
        module.fail_json(msg="account is {0}, which cannot be used: {1}".format(module.params["account"], exc))


if __name__ == "__main__":
    main()
