#!/usr/bin/python
# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: migrate_server
short_description: Let a Mailman 3 take the place of another one
version_added: 0.2.0
author: The listops.mailman contributors (@listops)
description:
  - Puts the databases of a server with Mailman 3 in the place of this host's, with all lists and accounts, and says whether everything
    came along.
  - The playbook C(listops.mailman.migrate) uses it, which also stops the services, and copies the files that are not in databases.
extends_documentation_fragment:
  - listops.mailman.attributes
  - listops.mailman.mailman
  - listops.mailman.web
attributes:
  diff_mode:
    support: none
  idempotent:
    details: With O(state=placed) what is there is replaced each time.
options:
  state:
    description:
      - V(possible) changes nothing, and fails with all reasons why this host cannot take the place of the other one.
      - V(sound) fails if the dumps are not whole.
      - V(placed) lets the guard in front of HyperKitty know the private lists, and puts the dumps in the place of this host's databases,
        each at once. Nothing may have them open.
      - V(equal) fails if this host does not have exactly what O(source_sums) say, and names the lists. Otherwise it writes the
        account.
      - V(kept) fails if a message of the account is not here any more, or the other server has changed since.
    type: str
    choices: [possible, sound, placed, equal, kept]
    required: true
  source:
    description:
      - What RV(listops.mailman.migrate_server_info#module:server) is of the other server. Needed for V(possible) and V(placed).
    type: dict
  source_sums:
    description:
      - What RV(listops.mailman.migrate_server_info#module:sums) are of the other server. Needed for V(equal) and V(kept).
    type: dict
  dump:
    description:
      - A folder of root's with the dumps C(mailman) and C(mailman-web) as C(listops-dump) makes them. Needed for V(sound) and V(placed).
    type: path
  account:
    description: A folder of root's on this host that keeps what was moved. It is created.
    type: path
    required: true
  existing:
    description: Whether lists that this host has already, and that did not come with the same O(account), may be lost.
    type: str
    choices: [refuse, take]
    default: refuse
seealso:
  - module: listops.mailman.migrate_server_info
  - module: listops.mailman.migrate_info
"""

EXAMPLES = r"""
- name: See whether this host can take the place of sodium
  listops.mailman.migrate_server:
    state: possible
    source: "{{ sodium.server }}"
    account: /var/lib/listops/migrate/sodium/account
"""

RETURN = r"""
lists:
  description: The lists of the other server.
  returned: for V(possible) and V(placed)
  type: list
  elements: str
  sample: [talk@lists.example.org]
private:
  description: Those of them whose archive strangers must not read.
  returned: for V(possible) and V(placed)
  type: list
  elements: str
  sample: []
megabytes:
  description: How much space the move takes on this host, in MB.
  returned: for V(possible)
  type: int
  sample: 12
free_megabytes:
  description: How much of it is free in C(/var/lib), where the copy is.
  returned: for V(possible)
  type: int
  sample: 20480
source_megabytes:
  description: How much space the dumps take on the other server, in MB.
  returned: for V(possible)
  type: int
  sample: 4
source_free_megabytes:
  description: How much of it is free there in C(/var/lib).
  returned: for V(possible)
  type: int
  sample: 20480
moved:
  description: How many members, messages, attachments, and waiting things all lists have together, and how many accounts there are.
  returned: for V(equal)
  type: dict
  sample: {"members": 6, "messages": 12, "attachments": 1, "requests": 2, "accounts": 2}
"""

import json
from typing import Any

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.listops.mailman.plugins.module_utils import _nofollow as nofollow
from ansible_collections.listops.mailman.plugins.module_utils._archives.guard import ArchiveGuard
from ansible_collections.listops.mailman.plugins.module_utils._argspec import (
    CONNECTION_SPEC,
    WEB_SPEC,
    Connection,
    WebInterface,
)
from ansible_collections.listops.mailman.plugins.module_utils._errors import HostError, failure
from ansible_collections.listops.mailman.plugins.module_utils._lists.vocabulary import Invalid
from ansible_collections.listops.mailman.plugins.module_utils._migrate.folder import AccountFolder
from ansible_collections.listops.mailman.plugins.module_utils._migrate.standing import ACCOUNTS, MADE
from ansible_collections.listops.mailman.plugins.module_utils._migrate.whole import compare, place
from ansible_collections.listops.mailman.plugins.module_utils._migrate.whole.client import WholeServer

SOURCE = "source.json"
DUMPS = ("mailman", "mailman-web")
SHOWN = 8


def text(value: Any) -> bytes:
    return (json.dumps(value, sort_keys=True) + "\n").encode("utf-8")


def megabytes(size: int) -> int:
    return -(-size // (1 << 20))


class ServerMove:
    """One step of a move."""

    def __init__(self, params: dict[str, Any], check_mode: bool) -> None:
        self._params = params
        self._check_mode = check_mode
        self._connection = Connection.of(params)
        self._web = WebInterface.of(params)
        self._account = AccountFolder(params["account"], write=not check_mode)

    def _read(self, name: str) -> Any:
        return json.loads(self._account.read(name) or b"{}")

    def _opened(self) -> WholeServer:
        return WholeServer(self._connection, self._web)

    def _possible(self) -> dict[str, Any]:
        """What this host is, if it can take the place of the other one."""
        with self._opened() as server:
            here = server.server()
        said = list(
            compare.refusals(
                self._params["source"],
                here,
                made=self._read(MADE),
                take=self._params["existing"] == "take",
            )
        )
        if said:
            raise Invalid("; ".join(said))
        return here

    def possible(self) -> dict[str, Any]:
        here = self._possible()
        source = self._params["source"]
        return {
            "changed": False,
            "lists": sorted(source["policies"]),
            "private": compare.private_lists(source),
            "megabytes": megabytes(compare.needed(source)),
            "free_megabytes": here["free"] // (1 << 20),
            "source_megabytes": megabytes(sum(each["bytes"] for each in source["databases"].values())),
            "source_free_megabytes": source["free"] // (1 << 20),
        }

    def sound(self) -> dict[str, Any]:
        place.Dump(self._params["dump"]).check(DUMPS)
        return {"changed": False}

    def placed(self) -> dict[str, Any]:
        here = self._possible()
        source = self._params["source"]
        private = compare.private_lists(source)
        if not self._check_mode:
            databases = place.places(here)
            dump = place.Dump(self._params["dump"])
            dump.check(databases)
            # before they are here, so that the next run knows them as its own, and nobody can read them meanwhile
            self._account.write(MADE, text({name: name for name in source["policies"]}))
            place.keep_private(ArchiveGuard(self._web.user), private)
            dump.put("mailman", databases["mailman"], self._connection.user, "mailman_user")
            dump.put("mailman-web", databases["mailman-web"], self._web.user, "web_user")
        return {"changed": True, "lists": sorted(source["policies"]), "private": private}

    def equal(self) -> dict[str, Any]:
        there = self._params["source_sums"]
        with self._opened() as server:
            here = server.sums()
            said = compare.differences(there, here)
            if said:
                more = ["and {0} more".format(len(said) - SHOWN)] if len(said) > SHOWN else []
                raise HostError("this host is not as the old server: {0}".format("; ".join(said[:SHOWN] + more)))
            changed = self._write(server, compare.by_list(here))
        changed |= self._account.write(ACCOUNTS, text(compare.account_sums(here["accounts"]["found"])))
        changed |= self._account.write(SOURCE, text(there))
        moved = {what: sum(each[what]["found"] for each in compare.by_list(here).values()) for what in compare.COUNTED}
        return {"changed": changed, "moved": {**moved, "accounts": here["accounts"]["found"]}}

    def _write(self, server: WholeServer, lists: dict[str, dict[str, Any]]) -> bool:
        """Write the account: sums for each list, and a line for each of its messages."""
        changed = self._account.write(MADE, text({name: name for name in lists}))
        for name, found in lists.items():
            for what in compare.COUNTED:
                sums = compare.account_sums(found[what]["found"])
                changed |= self._account.write("{0}.{1}.json".format(name, what), text(sums))
            lines = b"".join(
                text({"hash": key, "sum": each, "state": "moved"}) for key, each in sorted(server.mails(name).items())
            )
            changed |= self._account.write(name + ".messages.jsonl", lines)
        return changed

    def kept(self) -> dict[str, Any]:
        if self._read(SOURCE) != self._params["source_sums"]:
            raise HostError(
                "the old server has changed since it was moved, and that is not here: see who still uses it ({0})".format(
                    "; ".join(compare.differences(self._params["source_sums"], self._read(SOURCE))[:SHOWN])
                    or "settings"
                )
            )
        with self._opened() as server:
            said = [
                sentence
                for name in sorted(self._read(MADE))
                for sentence in compare.missing({name: self._mails(name)}, {name: server.mails(name)})
            ]
        if said:
            raise HostError("; ".join(said[:SHOWN]))
        return {"changed": False}

    def _mails(self, name: str) -> dict[str, str]:
        lines = (self._account.read(name + ".messages.jsonl") or b"").splitlines()
        found = (json.loads(line) for line in lines)
        return {each["hash"]: each["sum"] for each in found}


def main() -> None:
    module = AnsibleModule(
        argument_spec=dict(
            state=dict(type="str", choices=["possible", "sound", "placed", "equal", "kept"], required=True),
            source=dict(type="dict"),
            source_sums=dict(type="dict"),
            dump=dict(type="path"),
            account=dict(type="path", required=True),
            existing=dict(type="str", choices=["refuse", "take"], default="refuse"),
            **CONNECTION_SPEC,
            **WEB_SPEC,
        ),
        required_if=[
            ("state", "possible", ["source"]),
            ("state", "sound", ["dump"]),
            ("state", "placed", ["source", "dump"]),
            ("state", "equal", ["source_sums"]),
            ("state", "kept", ["source_sums"]),
        ],
        supports_check_mode=True,
    )
    move = ServerMove(module.params, module.check_mode)
    try:
        result = getattr(move, module.params["state"])()
    except (Invalid, HostError, nofollow.Unsafe) as exc:
        module.fail_json(**failure(exc))
    module.exit_json(**result)


if __name__ == "__main__":
    main()
