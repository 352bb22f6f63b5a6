#!/usr/bin/python
# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: migrate_rollback
short_description: Collect what goes back to the old server of a migration
version_added: 0.2.0
author: The listops.mailman contributors (@listops)
description:
  - Collects on the new server, with Mailman 3, what its lists took since the cut-over. M(listops.mailman.migrate_return) puts it into the
    lists of the old server, with Mailman 2.1.
  - Posts since then go into the archive of the old server, and to nobody, since this server has delivered them. They go as HyperKitty keeps
    them.
  - Messages that were held here, and requests of people that wait for moderators, wait on the old server. What waits there and was handled
    here, is discarded there. The digest in progress goes on where it is here.
  - People, settings, bans and header rules of a list that changed since the cut-over become a declaration for
    M(listops.mailman.mailman_list) on the old server. What that cannot hold is named.
extends_documentation_fragment:
  - listops.mailman.attributes
  - listops.mailman.mailman
  - listops.mailman.web
attributes:
  diff_mode:
    support: full
    details: With O(step=collect), has a line for each thing.
options:
  account:
    description:
      - Folder with the account of the migration. C(returned.jsonl) in it is for the old server. C(ADDRESS.returned.jsonl) has a line of
        JSON for each thing of a list, C(ADDRESS.returned.json) the sums, and C(ADDRESS.returned/) the messages that the old server could
        not take.
    type: path
    required: true
  copy:
    description: The copy of the old server's files that the lists were made of.
    type: path
    required: true
  step:
    description:
      - V(collect), write what goes back into the account.
      - V(settle), account for what became of it on the old server. Fails unless everything is accounted for.
      - V(forget), let nothing wait here any more, so that it is not handled here and there.
    type: str
    choices: [collect, settle, forget]
    required: true
  lists:
    description: The lists that go back, by their posting addresses here. All of the migration if it is empty.
    type: list
    elements: str
    default: []
  outcomes:
    description: With O(step=settle), what M(listops.mailman.migrate_return) returned.
    type: list
    elements: list
    default: []
seealso:
  - module: listops.mailman.migrate_return
  - module: listops.mailman.migrate_snapshot
"""

EXAMPLES = r"""
- name: Collect what goes back
  listops.mailman.migrate_rollback:
    copy: /var/lib/listops/migrate/sodium/copy
    account: /var/lib/listops/migrate/sodium/account
    step: collect
  register: collected
"""

RETURN = r"""
found:
  description: How many things there are to go back, by kind; with O(step=settle), by what became of them.
  returned: when O(step) is not V(forget)
  type: dict
  sample: {"post": 3, "held": 1, "change": 2}
declarations:
  description:
    - With O(step=collect), what M(listops.mailman.mailman_list) on the old server gets as O(listops.mailman.mailman_list#module:lists).
  returned: when O(step=collect)
  type: list
  elements: dict
  sample: [{"name": "talk@lists.example.org", "members": {"state": "present", "addresses": [{"address": "erin@example.net"}]}}]
absences:
  description: The same for people who are not there any more, which M(listops.mailman.mailman_list) gets afterwards.
  returned: when O(step=collect)
  type: list
  elements: dict
  sample: []
domains:
  description: The domains of the lists.
  returned: when O(step=collect)
  type: list
  elements: str
  sample: [lists.example.org]
named:
  description: Sentences about what does not go back, or not as it is.
  returned: when O(step) is not V(forget)
  type: list
  elements: str
  sample: ["talk@lists.example.org: templates was changed here: change it on the old server."]
sentences:
  description: With O(step=settle), a line for each list that had anything.
  returned: when O(step=settle)
  type: list
  elements: str
  sample: ["talk@lists.example.org: 3 found (3 posts for the archive), 3 returned, 0 merged, 0 quarantined"]
"""

import base64
import itertools
import json
import os
import time
from typing import Any, Iterator, Mapping

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.listops.mailman.plugins.module_utils import _nofollow as nofollow
from ansible_collections.listops.mailman.plugins.module_utils import _visible as visible
from ansible_collections.listops.mailman.plugins.module_utils._argspec import (
    CONNECTION_SPEC,
    WEB_SPEC,
    Connection,
    WebInterface,
)
from ansible_collections.listops.mailman.plugins.module_utils._backends.base import ListBackend
from ansible_collections.listops.mailman.plugins.module_utils._backends.presented import read_presented
from ansible_collections.listops.mailman.plugins.module_utils._errors import HostError, failure
from ansible_collections.listops.mailman.plugins.module_utils._lists import model
from ansible_collections.listops.mailman.plugins.module_utils._lists.vocabulary import Invalid
from ansible_collections.listops.mailman.plugins.module_utils._mailman3.client import Mailman3
from ansible_collections.listops.mailman.plugins.module_utils._mailman21.copy import CopiedMailman21, reading
from ansible_collections.listops.mailman.plugins.module_utils._migrate.folder import AccountFolder
from ansible_collections.listops.mailman.plugins.module_utils._migrate.rollback import plan
from ansible_collections.listops.mailman.plugins.module_utils._migrate.rollback.source import PostedMails, WaitingThings
from ansible_collections.listops.mailman.plugins.module_utils._migrate.standing import MADE
from ansible_collections.listops.mailman.plugins.module_utils._migrate.waiting import decisions, items, report
from ansible_collections.listops.mailman.plugins.module_utils._migrate.waiting.program import WAITING

# What of a thing a result has.
SAID = ("name", "kind", "about")


def lists_of(params: Mapping[str, Any], account: AccountFolder) -> dict[str, str]:
    """Posting addresses of the lists that go back, and those on the old server."""
    made: dict[str, str] = json.loads(account.read(MADE) or b"{}")
    return {name: made[name] for name in params["lists"] or made if name in made}


class Collector:
    """Collects what goes back, list by list. params: the module's."""

    def __init__(self, params: Mapping[str, Any], check_mode: bool) -> None:
        self.params = params
        self.account = AccountFolder(params["account"], write=not check_mode)
        self.made = lists_of(params, self.account)
        noted = json.loads(self.account.read(plan.CUTOVER) or b'{"marks": {}, "lists": null}')
        self.marks, self.before = noted["marks"], noted["lists"]
        self.declarations: list[Mapping[str, Any]] = []
        self.absences: list[Mapping[str, Any]] = []
        self.changes: list[dict[str, Any]] = []
        self.named = [plan.PLAIN]

    def changed_lists(self) -> None:
        """Declare on the old server what changed here."""
        with Mailman3(Connection.of(self.params), readonly=True) as backend:
            now = read_presented(backend, sorted(set(self.made).intersection(backend.info.lists)))
            migrated = json.loads(self.account.read(MADE) or b"{}")
            others = sorted(set(backend.info.lists).difference(migrated))
        self.named += [
            "{0} was removed here, and is on the old server again.".format(name)
            for name in self.made
            if name not in now
        ]
        self.named += [
            "{0} is a list of this server alone: it stays, and gets no mail until this server takes mail again.".format(
                name
            )
            for name in others
        ]
        if self.before is None:
            self.named.append(plan.NO_NOTE)
            return
        with CopiedMailman21(self.params["copy"]) as backend:
            self._declare(backend, now)

    def _declare(self, backend: ListBackend, now: Mapping[str, Any]) -> None:
        info = backend.info
        old = read_presented(backend, list(info.lists))

        def refused(entry: Mapping[str, Any]) -> str | None:
            try:
                backend.check(model.resolve([model.parse_list(entry, {})], domains=info.domains, schema=info.schema))
            except Invalid as exc:
                return str(exc)
            return None

        for name, found in sorted(now.items()):
            former = self.made[name]
            if name not in self.before or former not in old:
                continue
            done = plan.changes(former, self.before[name], found, old[former], info.schema, refused)
            self.named += ["{0}: {1}".format(name, sentence) for sentence in done.named]
            self.declarations += [done.entry] if done.entry else []
            self.absences += [done.absent] if done.absent else []
            source = former.partition("@")[0]
            self.changes += [plan.item(name, source, "change", about, about) for about in done.about]

    def items(self) -> Iterator[Mapping[str, Any]]:
        """What is put into lists, list by list."""
        connection, web = Connection.of(self.params), WebInterface.of(self.params)
        with PostedMails(web) as mails, WaitingThings(connection, readonly=True) as things, reading(
            WAITING, self.params["copy"]
        ) as copy:
            if copy.server_info["python3"]:
                raise HostError(plan.PYTHON3)
            for queue, number in sorted(things.shunted().items()):
                if number:
                    self.named.append(
                        "{0} messages are in Mailman's queue {1} here, which it could not handle: they stay there.".format(
                            number, queue
                        )
                    )
            for name, former in sorted(self.made.items()):
                source = former.partition("@")[0]
                known = self._archived(name)
                for mail in mails.after(name, self.marks.get(name, 0), known):
                    yield plan.of_post(name, source, mail)
                yield from self._waiting(name, source, things, copy)

    def _waiting(self, name: str, source: str, things: WaitingThings, copy: Any) -> Iterator[Mapping[str, Any]]:
        lines = report.read_lines((self.account.read(name + ".requests.jsonl") or b"").decode("utf-8", "replace"))
        waits = things.waits(name, [line["key"] for line in lines if line["state"] == "moved"])
        if not waits["exists"]:
            return
        self.named += plan.asked(name, waits)
        yield from plan.of_waiting(name, source, waits)
        answer = copy.request("waiting", lists=[source])
        if source in answer["unreadable"]:
            self.named.append(
                "{0}: what was handled here is not known, since {1}".format(name, answer["unreadable"][source])
            )
            return
        there = answer["lists"][source]
        waiting = items.waiting(source, there, time.time()).items
        yield from plan.of_handled(name, source, there["requests"], waiting, waits["handled"])
        digest = [base64.b64decode(each) for each in there["digest"]]
        yield from plan.of_digest(name, source, waits, digest, there["issue"])

    def _archived(self, name: str) -> set[str]:
        """Message-IDs of mails that came from the old server."""
        content = self.account.read(name + ".messages.jsonl") or b""
        return {line["message_id"] for line in map(json.loads, content.splitlines()) if line.get("message_id")}


def collect(params: Mapping[str, Any], check_mode: bool) -> dict[str, Any]:
    work = Collector(params, check_mode)
    if not work.made:
        raise HostError(
            "account is {0}, which has no lists that were moved: give the account of a migration".format(
                params["account"]
            )
        )
    work.changed_lists()
    said = [{key: item[key] for key in SAID} for item in work.changes]
    number = 0
    with work.account.replace(plan.SENT) as handle:
        for item in work.items():
            handle.write((json.dumps(item, sort_keys=True) + "\n").encode("ascii"))
            number += 1
            said.append({key: item[key] for key in SAID})
        handle.write((json.dumps({"end": number}) + "\n").encode("ascii"))
    work.account.write(plan.CHANGES, json.dumps(work.changes, sort_keys=True).encode("ascii"))
    return {
        "changed": bool(said),
        "found": plan.kinds(said),
        "declarations": work.declarations,
        "absences": work.absences,
        "domains": sorted({name.partition("@")[2] for name in work.made}),
        "named": [visible.sentence(each) for each in work.named],
        "diff": {
            "before": "",
            "after": "".join(visible.sentence("{name}: {about}".format(**each)) + "\n" for each in said),
        },
    }


def collected(account: AccountFolder) -> Iterator[dict[str, Any]]:
    """What was collected, a thing at a time."""
    descriptor = account.open(plan.SENT)
    if descriptor is None:
        raise HostError("nothing was collected: run the step collect first")
    number, item = -1, {}
    with os.fdopen(descriptor, encoding="ascii") as handle:
        for line in handle:
            item = json.loads(line)
            number += 1
            if "end" not in item:
                yield item
    if item != {"end": number}:
        raise HostError("what was collected is not whole: run the step collect again")


def settle(params: Mapping[str, Any], check_mode: bool) -> dict[str, Any]:
    account = AccountFolder(params["account"], write=not check_mode)
    outcomes = {key: (state, reason) for key, state, reason in params["outcomes"]}
    by_list: dict[str, list[dict[str, Any]]] = {}
    for item in itertools.chain(json.loads(account.read(plan.CHANGES) or b"[]"), collected(account)):
        by_list.setdefault(item["name"], []).append(item)
        if item["kind"] == "change":
            # mailman_list has succeeded, or this would not run.
            outcomes[item["key"]] = ("returned", None)
        elif outcomes.get(item["key"], ("",))[0] != "quarantined":
            item.pop("message", None)
    changed, named, sentences, totals = False, [], [], dict.fromkeys(("found", *plan.STATES), 0)
    for name, things in sorted(by_list.items()):
        said = plan.lines(things, outcomes)
        kept = {}
        for item, line in zip(things, said):
            if line["state"] == "quarantined":
                named.append("{0}: {1} does not go back: {2}".format(name, line["about"], line["reason"]))
                if item.get("message"):
                    line["file"] = "{0}.eml".format(item["key"])
                    kept[line["file"]] = base64.b64decode(item["message"])
        for file, raw in kept.items():
            changed |= account.write("{0}.returned/{1}".format(name, file), raw)
        changed |= account.write(name + ".returned.jsonl", report.written(said).encode("utf-8"))
        total = plan.sums(said)
        changed |= account.write(name + ".returned.json", (json.dumps(total, sort_keys=True) + "\n").encode("ascii"))
        reason = plan.agree(name, said)
        if reason:
            raise HostError(reason)
        totals = {key: totals[key] + total[key] for key in totals}
        sentences.append(plan.sentence(name, said))
    return {
        "changed": changed,
        "found": totals,
        "named": [visible.sentence(each) for each in named],
        "sentences": [visible.sentence(each) for each in sentences],
    }


def forget(params: Mapping[str, Any], check_mode: bool) -> dict[str, Any]:
    account = AccountFolder(params["account"], write=not check_mode)
    changed = False
    if not check_mode:
        with WaitingThings(Connection.of(params), readonly=False) as things:
            for name in sorted(lists_of(params, account)):
                text = (account.read(name + ".requests.jsonl") or b"").decode("utf-8", "replace")
                # Who was asked again is not asked a third time.
                lines = [line for line in report.read_lines(text) if line.get("reason") != decisions.ASKED]
                changed |= things.forget(name, [line["key"] for line in lines])
                account.remove(name + ".requests.jsonl")
                account.remove(name + ".requests.json")
        account.remove(plan.CUTOVER)
    return {"changed": changed}


STEPS = {"collect": collect, "settle": settle, "forget": forget}


def main() -> None:
    module = AnsibleModule(
        argument_spec=dict(
            account=dict(type="path", required=True),
            copy=dict(type="path", required=True),
            step=dict(type="str", choices=list(STEPS), required=True),
            lists=dict(type="list", elements="str", default=[]),
            outcomes=dict(type="list", elements="list", default=[]),
            **CONNECTION_SPEC,
            **WEB_SPEC,
        ),
        supports_check_mode=True,
    )
    try:
        module.exit_json(**STEPS[module.params["step"]](module.params, module.check_mode))
    except (HostError, nofollow.Unsafe) as exc:
        module.fail_json(**failure(exc))
    except ValueError as exc:
        module.fail_json(msg="account is {0}, which cannot be read: {1}".format(module.params["account"], exc))


if __name__ == "__main__":
    main()
