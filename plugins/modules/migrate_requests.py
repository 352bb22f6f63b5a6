#!/usr/bin/python
# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: migrate_requests
short_description: Move what waits in lists of Mailman 2.1 to Mailman 3
version_added: 0.2.0
author: The listops.mailman contributors (@listops)
description:
  - Moves held messages, requests of people for subscriptions and to leave, confirmations that people were asked for, and the digest in
    progress from a copy of Mailman 2.1's files to lists of the Mailman 3 of this host, which must exist.
  - A held message waits with its reason, date and Message-ID; a moderator who accepts it posts it. A request waits for the moderators.
    Tokens of confirmations that people got by mail stay valid, as long as they were.
  - Members get the options that an inventory does not have (own posts, a copy of what they get directly, acknowledgements, language),
    unless they chose them on the target.
  - Messages of the digest in progress come first in the next digest, whose volume and number go on.
  - Nobody is told of what is moved, unless O(notify) or O(ask_again) say so.
  - Each thing that waits is in the account once, as moved, as merged with what there is (with the reason), or as quarantined (with the
    reason, and its bytes in a file). What is on the target is read back.
  - A later run does not put again what it put before, also when a moderator of the target has handled it since, and whenever a run was
    interrupted.
  - The copy is read as files. No code in it is run; a file that cannot be read is quarantined and stops nothing else.
extends_documentation_fragment:
  - listops.mailman.attributes
  - listops.mailman.mailman
attributes:
  check_mode:
    details: Says what would be moved. A list that does not exist yet counts as an empty one.
  diff_mode:
    support: full
    details: Has a line for each thing that is moved.
options:
  copy:
    description:
      - A copy of the folder of a Mailman 2.1, C(/var/lib/mailman), with its folders C(lists) and C(data).
      - As C(root), it is read by the user C(nobody) with the group of the folder.
    type: path
    required: true
  lists:
    description: The lists.
    type: list
    elements: dict
    required: true
    suboptions:
      list:
        description: The posting address of the list on the target.
        type: str
        required: true
      source:
        description: The name of its folder in the copy.
        type: str
        required: true
  account:
    description:
      - Folder for the account of the migration, readable by root only. C(ADDRESS.requests.jsonl) has a line of JSON for each thing that
        waited, C(ADDRESS.requests.json) the sums, and C(ADDRESS.requests/) the bytes of what is quarantined.
    type: path
    default: /var/lib/listops/migrate/account
  ask_again:
    description:
      - Whether to write to people whose confirmation Mailman 3 cannot take over, once. These are people who were asked to confirm a
        new address.
      - Otherwise these confirmations are quarantined.
    type: bool
    default: false
  notify:
    description: Whether to send moderators Mailman's own summary of what waits when something was moved to their list.
    type: bool
    default: false
seealso:
  - module: listops.mailman.mailman_list
"""

EXAMPLES = r"""
- name: Move what waits
  listops.mailman.migrate_requests:
    copy: /var/lib/listops/migrate/sodium
    lists:
      - {list: helpdesk@lists.example.org, source: helpdesk}
      - {list: board@lists.example.org, source: board}
"""

RETURN = r"""
lists:
  description:
    - For each list how many things were found, and how many are moved (in check mode, would be), merged and quarantined, as a whole and by
      kind.
    - C(put) is how many were put by this run.
  returned: always
  type: list
  elements: dict
  sample:
    - list: helpdesk@lists.example.org
      source: helpdesk
      found: 8
      moved: 4
      merged: 4
      quarantined: 0
      put: 4
      kinds: {held: {found: 4, moved: 4, merged: 0, quarantined: 0}}
attention:
  description: Sentences about what needs a person, such as what is quarantined.
  returned: always
  type: list
  elements: str
  sample: []
named:
  description: Sentences about what has no place in Mailman 3, with what takes its place.
  returned: always
  type: list
  elements: str
  sample: ["helpdesk@lists.example.org: 14 members have a password for this list. Mailman 3 has none: ..."]
"""

import json
import re
import time
from dataclasses import dataclass, field
from typing import Any, Mapping, Sequence

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.listops.mailman.plugins.module_utils import _nofollow as nofollow
from ansible_collections.listops.mailman.plugins.module_utils import _visible as visible
from ansible_collections.listops.mailman.plugins.module_utils._argspec import CONNECTION_SPEC, Connection
from ansible_collections.listops.mailman.plugins.module_utils._errors import HostError, failure, of_failed
from ansible_collections.listops.mailman.plugins.module_utils._lists.vocabulary import Invalid, refuse
from ansible_collections.listops.mailman.plugins.module_utils._mailman21.copy import reading
from ansible_collections.listops.mailman.plugins.module_utils._migrate.folder import AccountFolder
from ansible_collections.listops.mailman.plugins.module_utils._migrate.waiting import decisions, items, report
from ansible_collections.listops.mailman.plugins.module_utils._migrate.waiting.program import WAITING
from ansible_collections.listops.mailman.plugins.module_utils._migrate.waiting.target import RequestTarget

_ADDRESS = re.compile(r"[^/\s@]+@[^/\s@]+\Z")


@dataclass
class Result:
    """What a run says. failed: list -> sentence."""

    lists: list[dict[str, Any]] = field(default_factory=list)
    attention: list[str] = field(default_factory=list)
    named: list[str] = field(default_factory=list)
    put: list[str] = field(default_factory=list)
    failed: dict[str, str] = field(default_factory=dict)
    changed: bool = False


def chosen(params: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Addresses on the target and names in the copy; Invalid for one that is none, or twice."""
    out: list[tuple[str, str]] = []
    for each in params["lists"]:
        name, source = each["list"].lower(), each["source"]
        if not _ADDRESS.match(name) or name.startswith("."):
            raise refuse("lists.list", each["list"], "the posting address of a list")
        if name in dict(out):
            raise refuse("lists.list", each["list"], "each list once")
        if source in (former for _name, former in out):
            raise refuse("lists.source", source, "each name in the copy once")
        out.append((name, source))
    return out


class RequestMove:
    """Moves what waits in lists, one by one."""

    def __init__(self, target: RequestTarget, params: Mapping[str, Any], check_mode: bool, result: Result) -> None:
        self.target, self.check_mode, self.result = target, check_mode, result
        self.account = AccountFolder(params["account"])
        self.notify, self.ask_again = params["notify"], params["ask_again"]
        self.now = time.time()

    def move(self, name: str, source: str, found: Mapping[str, Any]) -> None:
        """Move what waits in one list. found: what the copy has of it."""
        there = items.waiting(source, found, self.now, name if self.ask_again else None)
        earlier = report.read_lines((self.account.read(name + ".requests.jsonl") or b"").decode("utf-8", "replace"))
        asked = decisions.asked(there.items, [line["key"] for line in earlier])
        facts = self.target.facts(name, asked)
        if not facts["exists"]:
            if not self.check_mode:
                raise HostError("list {0} does not exist: make it before what waits in it is moved".format(name))
            facts = decisions.NOTHING
        decided = decisions.decide(there.items, facts)
        issue = decisions.issue(there.issue, facts)
        put = [decision.item for decision in decided if decision.outcome == "put"]
        failed: Mapping[str, str] = {}
        if not self.check_mode and (put or issue):
            failed = self.target.put(name, [item.put() for item in put], issue)
            if self.notify and decisions.waits_for_moderators(put):
                self.target.tell_moderators(name)
            facts = self.target.facts(name, asked)
        decisions.settle(decided, facts, failed, check_mode=self.check_mode)
        lines = report.lines(decided, earlier, facts)
        self._write(name, decided, lines)
        self.result.put += ["{0}: {1}".format(name, item.about) for item in put if item.key not in failed]
        self.result.changed |= bool(len(put) > len(failed) or issue)
        sums = report.sums(lines)
        self.result.lists.append(
            {"list": name, "source": source, **sums, "put": len(put) - len(failed), "kinds": report.kinds(lines)}
        )
        if sums["found"] != sum(sums[outcome] for outcome in report.OUTCOMES):
            raise HostError("list {0}: the account does not add up ({1})".format(name, json.dumps(sums)))
        self.result.attention += report.attention(lines, facts, name)
        self.result.named += ["{0}: {1}".format(name, sentence) for sentence in there.named]

    def _write(self, name: str, decided: Sequence[decisions.Decision], lines: Sequence[Mapping[str, Any]]) -> None:
        """Write the account; what is quarantined first."""
        if self.check_mode:
            return
        folder = name + ".requests"
        for decision in decided:
            file = report.file_name(decision)
            if file is not None and decision.item.kept is not None:
                self.result.changed |= self.account.write("{0}/{1}".format(folder, file), decision.item.kept)
        sums = json.dumps(report.sums(lines), indent=1, sort_keys=True) + "\n"
        self.result.changed |= self.account.write(folder + ".jsonl", report.written(lines).encode("utf-8"))
        self.result.changed |= self.account.write(folder + ".json", sums.encode("ascii"))
        self.account.keep_only(folder, [line["file"] for line in lines if line["file"]])


def run(params: Mapping[str, Any], check_mode: bool) -> Result:
    lists = chosen(params)
    if params["mailman_engine"] == "mailman21":
        raise refuse("mailman_engine", "mailman21", "mailman3, which is where lists are moved to")
    result = Result()
    with RequestTarget(Connection.of(params), readonly=check_mode) as target, reading(WAITING, params["copy"]) as copy:
        work = RequestMove(target, params, check_mode, result)
        # One list at a time, since the messages of all may be many.
        answers = copy.requests("waiting", ({"lists": [source]} for _name, source in lists))
        for (name, source), answer in zip(lists, answers):
            if source in answer["unreadable"]:
                result.failed[name] = answer["unreadable"][source]
                continue
            try:
                work.move(name, source, answer["lists"][source])
            except HostError as exc:
                # Other lists are moved nevertheless.
                result.failed[name] = str(exc)
    return result


def main() -> None:
    one = dict(list=dict(type="str", required=True), source=dict(type="str", required=True))
    module = AnsibleModule(
        argument_spec=dict(
            copy=dict(type="path", required=True),
            lists=dict(type="list", elements="dict", required=True, options=one),
            account=dict(type="path", default="/var/lib/listops/migrate/account"),
            ask_again=dict(type="bool", default=False),
            notify=dict(type="bool", default=False),
            **CONNECTION_SPEC,
        ),
        supports_check_mode=True,
    )
    try:
        result = run(module.params, module.check_mode)
    except (Invalid, HostError, nofollow.Unsafe) as exc:
        module.fail_json(**failure(exc))
    said = {
        "changed": result.changed,
        "lists": result.lists,
        "attention": [visible.sentence(each) for each in result.attention],
        "named": result.named,
        "diff": {"before": "", "after": "".join(visible.sentence(line) + "\n" for line in result.put)},
    }
    if result.failed:
        module.fail_json(msg=of_failed(result.failed, done=bool(result.lists)), **said)
    module.exit_json(**said)


if __name__ == "__main__":
    main()
