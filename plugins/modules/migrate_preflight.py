#!/usr/bin/python
# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: migrate_preflight
short_description: Count what the lists of an old Mailman 2.1 have, before they are moved
version_added: 0.2.0
author: The listops.mailman contributors (@listops)
description:
  - Reads the lists in a copy of Mailman 2.1's files, their mailboxes mail by mail, and says in numbers and sentences what is there, what is
    wrong with it, what this host's Mailman cannot hold, and what to do about each.
  - Predicts how long the archives will take. For Mailman 3, some mails from all over the largest mailboxes are put into HyperKitty's
    database by the code that moves archives, in transactions that are taken back. For Mailman 2.1, it is the speed at which the mailboxes
    were read.
  - Nothing is changed by it.
  - The playbook C(listops.mailman.migrate) uses it.
extends_documentation_fragment:
  - listops.mailman.attributes
  - listops.mailman.mailman
  - listops.mailman.web
attributes:
  diff_mode:
    support: N/A
options:
  copy:
    description: A copy of the old C(/var/lib/mailman), in a folder of this host that has the group of its files.
    type: path
    required: true
  lists:
    description: The lists, as M(listops.mailman.migrate_lists) or M(listops.mailman.migrate_place) returns them.
    type: list
    elements: dict
    required: true
    suboptions:
      list:
        description: The posting address on this host.
        type: str
        required: true
      source:
        description: The name in the copy.
        type: str
        required: true
  unreadable:
    description: Lists that cannot be read, with the reason, as these modules return them.
    type: dict
  lost:
    description: What this host's Mailman cannot hold, in sentences by posting address, as M(listops.mailman.migrate_lists) returns it.
    type: dict
  archives_mb:
    description: The size of all archives of the old server, in MB.
    type: int
    default: 0
  free_mb:
    description: The free space on this host, in MB.
    type: int
    required: true
  needed_mb:
    description: The free space that is needed, in MB.
    type: int
    required: true
  sample:
    description: How many mails are measured.
    type: int
    default: 2000
seealso:
  - module: listops.mailman.migrate_lists
  - module: listops.mailman.migrate_archive
"""

EXAMPLES = r"""
- name: Count what is there
  listops.mailman.migrate_preflight:
    copy: /var/lib/listops/migrate/sodium/copy
    lists: "{{ moved.lists }}"
    unreadable: "{{ moved.unreadable }}"
    lost: "{{ moved.lost }}"
    free_mb: 20480
    needed_mb: 6144
"""

RETURN = r"""
lists:
  description:
    - For each list what is there, in numbers, and C(sentences) with what to do. Numbers of mails are V(null) where the copy has no
      mailbox.
  returned: success
  type: list
  elements: dict
  sample:
    - list: talk@lists.example.org
      source: talk
      unreadable: null
      archived: true
      bytes: 2097152
      mails: 533
      twice: 1
      same_id: 0
      without_id: 1
      faults: {unquoted: {mails: 2, first: 17}}
      damaged: []
      waiting: 11
      languages_lacking: []
      texts: 0
      renamed: false
      lost: []
      sentences: ["talk@lists.example.org: 1 mail has NUL bytes, the first is number 17 of its mailbox; they are taken out; ...."]
  contains:
    twice:
      description: Mails with the Message-ID and the text of another one.
      type: int
    same_id:
      description: Mails with the Message-ID of another one and another text.
      type: int
    without_id:
      description: Mails without a Message-ID.
      type: int
    faults:
      description: How many mails have each fault, and the position of the first in the mailbox, beginning with 0.
      type: dict
    damaged:
      description: Files besides C(config.pck) that cannot be read, and why.
      type: list
      elements: dict
    waiting:
      description: Held messages, requests, confirmations, and mails of the digest in progress.
      type: int
    languages_lacking:
      description: Languages of the list and its members that this host's Mailman has not.
      type: list
      elements: str
    texts:
      description: How many texts of its own the list has.
      type: int
    renamed:
      description: Whether the list needs another name here.
      type: bool
totals:
  description: The sums of all lists.
  returned: success
  type: dict
  sample: {lists: 15, mails: 533, bytes: 2097152, twice: 1}
forecast:
  description:
    - How long the archives take, in C(seconds), and how it was measured, in C(sentence). V(null) where no mail could
      be measured.
  returned: success
  type: dict
  sample:
    seconds: 1526.0
    per_second: 270.0
    sample: 2000
    cores: 2
    sentence: >-
      The archives take about 26 minutes: 412,000 mails at 270 a second, measured on 2,000 of them, which HyperKitty of this host read and
      stored with 2 processor cores, and did not keep
sentences:
  description: The sums for people.
  returned: success
  type: list
  elements: str
  sample: ["Lists: 15; mails: 533 (2 MB); waiting things: 11; texts of their own: 0."]
"""

import os
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
from ansible_collections.listops.mailman.plugins.module_utils._mailman3.client import Mailman3
from ansible_collections.listops.mailman.plugins.module_utils._mailman21.client import Mailman21
from ansible_collections.listops.mailman.plugins.module_utils._mailman21.copy import reading
from ansible_collections.listops.mailman.plugins.module_utils._migrate.survey import forecast, report
from ansible_collections.listops.mailman.plugins.module_utils._migrate.survey.program import SURVEY
from ansible_collections.listops.mailman.plugins.module_utils._migrate.survey.target import ArchiveTrial


class Preflight:
    """Looks at a copy, and measures this host. params: of the module."""

    def __init__(self, params: Mapping[str, Any]) -> None:
        self._params = params
        self._unchanged = params["mailman_engine"] == "mailman21"
        self._names = {one["source"]: one["list"] for one in params["lists"]}

    def result(self) -> dict[str, Any]:
        params = self._params
        with reading(SURVEY, params["copy"]) as process:
            sizes = process.request("sizes", names=sorted(self._names))
            server = {**sizes, "python3": process.server_info["python3"]}
            some = forecast.prepared(sizes["mailboxes"], params["sample"])
            asked = ({"name": name, "number": some.get(name, 0)} for name in self._names)
            found = dict(zip(self._names, process.requests("survey", asked)))
        target, lost = self._target(), params["lost"] or {}
        rows = [report.row(one, found[one["source"]], lost.get(one["list"], []), target) for one in params["lists"]]
        rows += [
            report.row({"list": name, "source": name}, {"unreadable": said}, [], target)
            for name, said in sorted((params["unreadable"] or {}).items())
        ]
        sums = report.totals(rows)
        expected = self._forecast(found, sums["bytes"])
        space = {"needed": params["needed_mb"], "free": params["free_mb"]}
        return {
            "lists": rows,
            "totals": sums,
            "forecast": expected,
            "sentences": report.of_server(server) + report.sentences(sums, expected, space, params["copy"]),
        }

    def _target(self) -> report.Target:
        with (Mailman21 if self._unchanged else Mailman3)(Connection.of(self._params), readonly=True) as backend:
            return report.Target(self._unchanged, backend.info.schema["preferred_language"]["choices"])

    def _forecast(self, found: Mapping[str, Any], read: int) -> dict[str, Any] | None:
        boxes = {name: each["mailbox"] for name, each in found.items() if each.get("mailbox")}
        seconds = sum(each["seconds"] for each in boxes.values())
        if self._unchanged:
            return forecast.of_files(self._params["archives_mb"] << 20, read, seconds)
        mails = {name: each["mails"] - each["twice"] for name, each in boxes.items()}
        tasks = {name: each["sample"] for name, each in boxes.items() if each["sample"]}
        chosen = forecast.sample(mails, tasks, self._params["sample"])
        if not chosen:
            return None
        with ArchiveTrial(WebInterface.of(self._params), jobs=0, write=False) as trial:
            measured = trial.measure({self._mbox(name): some for name, some in chosen.items()})
            return forecast.of_mails(sum(mails.values()), *measured, trial.cores, seconds)

    def _mbox(self, name: str) -> str:
        return os.path.join(self._params["copy"], "archives/private/{0}.mbox/{0}.mbox".format(name))


def main() -> None:
    module = AnsibleModule(
        argument_spec=dict(
            copy=dict(type="path", required=True),
            lists=dict(
                type="list",
                elements="dict",
                required=True,
                options=dict(list=dict(type="str", required=True), source=dict(type="str", required=True)),
            ),
            unreadable=dict(type="dict"),
            lost=dict(type="dict"),
            archives_mb=dict(type="int", default=0),
            free_mb=dict(type="int", required=True),
            needed_mb=dict(type="int", required=True),
            sample=dict(type="int", default=forecast.SAMPLE),
            **CONNECTION_SPEC,
            **WEB_SPEC,
        ),
        supports_check_mode=True,
    )
    try:
        result = Preflight(module.params).result()
    except (HostError, nofollow.Unsafe) as exc:
        module.fail_json(**failure(exc))
    for each in [result, *result["lists"]]:
        each["sentences"] = [visible.sentence(said) for said in each["sentences"]]
    module.exit_json(changed=False, **result)


if __name__ == "__main__":
    main()
