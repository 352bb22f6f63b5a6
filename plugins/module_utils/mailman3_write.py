# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One step of a plan, carried out on a list of Mailman 3. Runs in Mailman's interpreter."""

from __future__ import annotations

import json
import os
from typing import Any

from ansible_collections.listops.mailman.plugins.module_utils.mailman3_people import People
from ansible_collections.listops.mailman.plugins.module_utils.mailman3_read import ROLES, Reader
from ansible_collections.listops.mailman.plugins.module_utils.mailman3_settings import assign
from ansible_collections.listops.mailman.plugins.module_utils.program import Failure


class Writer:
    """Writes within the transaction of its caller."""

    def __init__(self, config: Any) -> None:
        self.config = config
        self.reader = Reader(config)
        self.people = People(config.db.store)

    def apply(self, step: dict[str, Any]) -> str | None:
        """Carry out one step; the file to remove once that is committed."""
        from mailman.app.lifecycle import create_list, remove_list
        from mailman.interfaces.bans import IBanManager
        from mailman.interfaces.listmanager import IListManager
        from mailman.interfaces.mailinglist import IListArchiverSet
        from zope.component import getUtility

        name = step["list"]
        if step.get("create"):
            mlist = create_list(name)
        else:
            mlist = getUtility(IListManager).get(name)
            if mlist is None:
                raise Failure("list {0} vanished while this ran; run again".format(name))
        if step.get("delete"):
            self._discard_held(mlist)
            for role in ROLES:
                self.people.unsubscribe(mlist, role, None)
            remove_list(mlist)
            return None
        assign(self.config, mlist, step.get("set", {}))
        if "header_matches" in step:
            self._header_matches(mlist, step["header_matches"])
        if "bans" in step:
            manager = IBanManager(mlist)
            wanted = set(step["bans"])
            for ban in list(manager):
                if ban.email not in wanted:
                    manager.unban(ban.email)
            for email in step["bans"]:
                manager.ban(email)
        if "archivers" in step:
            archivers = {archiver.name: archiver for archiver in IListArchiverSet(mlist).archivers}
            for key, enabled in step["archivers"].items():
                archivers[key].is_enabled = enabled
        for role, change in step.get("rosters", {}).items():
            self.people.roster(mlist, role, change)
        if "disable" in step:
            self._disable(mlist, step["disable"])
        return self.reader.saved_file(mlist.list_id) if step.get("forget") else None

    @staticmethod
    def _header_matches(mlist: Any, rules: list[dict[str, str]]) -> None:
        from mailman.interfaces.mailinglist import IHeaderMatchList

        matches = IHeaderMatchList(mlist)
        matches.clear()
        for rule in rules:
            chain = None if rule["action"] == "default" else rule["action"]
            matches.append(rule["header"], rule["pattern"], chain)

    def _disable(self, mlist: Any, request: dict[str, Any]) -> None:
        """Save what is there, then set what disables; held messages go with it."""
        if request["save"]:
            self.config.db.store.flush()
            name = mlist.fqdn_listname
            entry = self.reader.read({"lists": [name], "settings": list(request["settings"]), "rosters": []})[name]
            saved = {"settings": entry["settings"], "header_matches": entry["header_matches"]}
            self._write(self.reader.saved_file(mlist.list_id), saved)
        assign(self.config, mlist, request["settings"])
        self._header_matches(mlist, request["header_matches"])
        self._discard_held(mlist)

    @staticmethod
    def _discard_held(mlist: Any) -> None:
        from mailman.interfaces.requests import IListRequests, RequestType

        requests = IListRequests(mlist)
        for held in list(requests.of_type(RequestType.held_message)):
            requests.delete_request(held.id)

    @staticmethod
    def _write(path: str, value: Any) -> None:
        temporary = path + ".new"
        with open(temporary, "w", encoding="utf-8") as handle:
            json.dump(value, handle, indent=1, sort_keys=True)
            handle.flush()
            os.fsync(handle.fileno())
        os.replace(temporary, path)
