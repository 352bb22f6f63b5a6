#!/usr/bin/python
# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: migrate_spool
short_description: Empty the queue of Exim for lists that move to another server
version_added: 0.2.0
author: The listops.mailman contributors (@listops)
description:
  - Says which messages wait in this host's Exim for lists, and whether it has the routers that forward mail for lists which another
    server has. It can try to deliver these messages, also frozen ones, and wait until deliveries that began before have ended.
extends_documentation_fragment:
  - listops.mailman.attributes
attributes:
  check_mode:
    details: Nothing is delivered, and nothing is waited for.
  diff_mode:
    support: none
options:
  lists:
    description: Posting addresses of the lists.
    type: list
    elements: str
    default: []
  known:
    description: Posting addresses of all lists that there are, since one may be called as another one's address for its owners.
    type: list
    elements: str
    default: []
  state:
    description:
      - V(looked) only says what waits.
      - V(settled) waits until nobody delivers a message for the domains of these lists that is in the queue by now.
      - V(tried) tries to deliver what waits for these lists.
    type: str
    choices: [looked, settled, tried]
    default: looked
  name:
    description: What this host is called in sentences.
    type: str
    default: this host
  timeout:
    description: With O(state=settled), after how many seconds the task fails.
    type: int
    default: 330
seealso:
  - module: listops.mailman.migrate_aside
"""

EXAMPLES = r"""
- name: Deliver what waits for a list
  listops.mailman.migrate_spool:
    lists: [talk@lists.example.org]
    state: tried
"""

RETURN = r"""
exim:
  description: Whether the mail server is Exim. Otherwise nothing is known of its queue.
  returned: success
  type: bool
  sample: true
forwards:
  description: Whether Exim has the routers C(list_moving) and C(list_elsewhere).
  returned: success
  type: bool
  sample: true
waiting:
  description: The messages that wait for these lists, with those recipients only.
  returned: success
  type: list
  elements: dict
  sample:
    - id: 1rUsXJ-000abc-2F
      age: 25m
      size: 2.9K
      sender: alice@example.net
      frozen: false
      recipients: [talk@lists.example.org]
sentences:
  description: The same, a sentence for each, with what to do.
  returned: success
  type: list
  elements: str
  sample: []
"""

import errno
import fcntl
import os
import struct
import time
from typing import Any, Iterable

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.listops.mailman.plugins.module_utils import _nofollow as nofollow
from ansible_collections.listops.mailman.plugins.module_utils import _visible as visible
from ansible_collections.listops.mailman.plugins.module_utils._errors import HostError, failure
from ansible_collections.listops.mailman.plugins.module_utils._migrate.batch import spool

PROGRAMS = ("exim4", "exim")
ROUTERS = ("list_moving", "list_elsewhere")
# Of C's struct flock: kind, from where, start, length, process.
FLOCK = "hhlli"
# How many messages one call of Exim gets.
AT_ONCE = 100


def is_locked(descriptor: int) -> bool:
    """Whether another process has locked a file. It is not locked here, since Exim would pass over the message meanwhile."""
    asked = struct.pack(FLOCK, fcntl.F_WRLCK, os.SEEK_SET, 0, 0, 0)
    return bool(struct.unpack(FLOCK, fcntl.fcntl(descriptor, fcntl.F_GETLK, asked))[0] != fcntl.F_UNLCK)


class Exim:
    """This host's Exim."""

    def __init__(self, module: AnsibleModule) -> None:
        self._module = module
        found = (module.get_bin_path(name, opt_dirs=["/usr/sbin", "/usr/local/sbin"]) for name in PROGRAMS)
        self._program = next(filter(None, found), None)

    def __bool__(self) -> bool:
        return self._program is not None

    def _ask(self, *words: str) -> str:
        status, output, error = self._module.run_command([self._program, *words])
        if status:
            raise HostError("{0} {1} failed: {2}".format(self._program, " ".join(words[:2]), (error or output).strip()))
        return str(output)

    def forwards(self) -> bool:
        return all(self._module.run_command([self._program, "-bP", "router", name])[0] == 0 for name in ROUTERS)

    def messages(self) -> list[dict[str, Any]]:
        return spool.messages(self._ask("-bp"))

    def deliver(self, numbers: list[str]) -> None:
        """Try it, also with frozen ones. Exim says in its log what came of it, and its status says nothing."""
        for start in range(0, len(numbers), AT_ONCE):
            self._module.run_command([self._program, "-M", *numbers[start : start + AT_ONCE]])

    def delivering(self, numbers: Iterable[str]) -> list[str]:
        """Those of these messages that a process has open to deliver them."""
        folder = os.path.join(self._ask("-bP", "spool_directory").partition("=")[2].strip(), "input")
        return [number for number in numbers if self._delivers(folder, number)]

    @staticmethod
    def _delivers(folder: str, number: str) -> bool:
        # With split_spool_directory, there is a folder for a character of the number.
        for place in (folder, os.path.join(folder, number[5])):
            try:
                opened = nofollow.open_folder(place)
            except FileNotFoundError:
                continue
            try:
                descriptor = nofollow.open_entry(opened, number + "-D")
            except OSError as exc:
                if exc.errno != errno.ENOENT:
                    raise
                continue
            finally:
                os.close(opened)
            try:
                return is_locked(descriptor)
            finally:
                os.close(descriptor)
        return False


def run(module: AnsibleModule) -> dict[str, Any]:
    params = module.params
    exim = Exim(module)
    if not exim:
        return {"changed": False, "exim": False, "forwards": False, "waiting": [], "sentences": []}
    found = exim.messages()
    changed = False
    if params["state"] == "settled" and not module.check_mode:
        end = time.monotonic() + params["timeout"]
        numbers = exim.delivering(spool.at(found, params["lists"]))
        while numbers:
            if time.monotonic() > end:
                raise HostError(
                    "the mail server of {0} has been delivering {1} for {2} seconds: run the phase again".format(
                        params["name"], ", ".join(numbers[:3]), params["timeout"]
                    )
                )
            time.sleep(1)
            numbers = exim.delivering(numbers)
        found = exim.messages()
    waiting = spool.waiting(found, params["lists"], params["known"])
    if params["state"] == "tried" and waiting and not module.check_mode:
        exim.deliver([each["id"] for each in waiting])
        there = spool.waiting(exim.messages(), params["lists"], params["known"])
        changed = [(each["id"], each["recipients"]) for each in there] != [
            (each["id"], each["recipients"]) for each in waiting
        ]
        waiting = there
    return {
        "changed": changed,
        "exim": True,
        "forwards": exim.forwards(),
        "waiting": waiting,
        "sentences": [visible.sentence(spool.sentence(each, params["name"])) for each in waiting],
    }


def main() -> None:
    module = AnsibleModule(
        argument_spec=dict(
            lists=dict(type="list", elements="str", default=[]),
            known=dict(type="list", elements="str", default=[]),
            state=dict(type="str", choices=["looked", "settled", "tried"], default="looked"),
            name=dict(type="str", default="this host"),
            timeout=dict(type="int", default=330),
        ),
        supports_check_mode=True,
    )
    try:
        module.exit_json(**run(module))
    except (HostError, nofollow.Unsafe) as exc:
        module.fail_json(**failure(exc))


if __name__ == "__main__":
    main()
