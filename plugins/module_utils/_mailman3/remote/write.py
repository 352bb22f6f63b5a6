# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Carries out steps of a plan on lists of Mailman 3. Runs in Mailman's interpreter."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.listops.mailman.plugins.module_utils._mailman3.remote.people import People, RosterChange
from ansible_collections.listops.mailman.plugins.module_utils._mailman3.remote.read import Reader
from ansible_collections.listops.mailman.plugins.module_utils._mailman3.remote.settings import assign, schema
from ansible_collections.listops.mailman.plugins.module_utils._mailman3.remote.templates import Templates
from ansible_collections.listops.mailman.plugins.module_utils._programs.remote.server import (
    Failure,
    chunks,
    replace_file,
)


def remove(path: str) -> None:
    """Remove a file or a directory with its content, if it exists."""
    try:
        os.unlink(path)
    except FileNotFoundError:
        return
    except IsADirectoryError:
        shutil.rmtree(path)


class Mailman3Writer:
    """Writes lists within the transaction of the caller."""

    def __init__(self, config: Any) -> None:
        self.config = config
        self.reader = Reader(config)
        self.people = People(config.db.store)
        self.types = schema(config)
        self.texts = Templates(config)

    def apply(self, steps: Sequence[Mapping[str, Any]]) -> list[str]:
        """Carry out steps. Returns the files and directories to remove after the commit."""
        leftovers: list[str] = []
        rosters: list[RosterChange] = []
        texts: list[tuple[Any, Mapping[str, Any]]] = []
        for step in steps:
            mlist = self._list(step)
            if step.get("delete"):
                leftovers += [mlist.data_path, *self.texts.folders(mlist.list_id, mlist.fqdn_listname)]
                leftovers += self._delete(mlist)
                continue
            if "discard" in step:
                leftovers += self._discard_held(mlist, step["discard"])
                continue
            self._configure(mlist, step)
            new = bool(step.get("create"))
            for role, change in step.get("rosters", {}).items():
                rosters.append(RosterChange(mlist.list_id, role, new, **change))
            if "disable" in step:
                leftovers += self._disable(mlist, step["disable"])
            if "templates" in step:
                texts.append((mlist, step["templates"]))
            if step.get("forget"):
                leftovers.append(self.reader.saved_file(mlist.list_id))
        self.people.write(rosters)
        # After the transaction, since a rollback does not restore files.
        for mlist, wanted in texts:
            self.texts.write(mlist, wanted)
        return leftovers

    def differences(self, steps: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
        """Steps that say what is there to be written.

        Of bans which to add and which to remove, by what is banned now; of held messages how many are to be discarded.
        """
        held = self.reader.held([step["list"] for step in steps if "disable" in step or "delete" in step])
        names = [step["list"] for step in steps if "bans" in step or "ban" in step]
        banned = self.reader.bans([name.replace("@", ".", 1) for name in names])
        out = []
        for step in steps:
            step = dict(step)
            if held.get(step["list"]):
                step["held"] = held[step["list"]]
            if "bans" in step or "ban" in step:
                have = banned[step["list"].replace("@", ".", 1)]
                wanted = set(step.get("bans", have)).union(step.pop("ban", ()))
                step["bans"] = {"add": sorted(wanted.difference(have)), "remove": sorted(have.difference(wanted))}
            out.append(step)
        return out

    def _list(self, step: Mapping[str, Any]) -> Any:
        from mailman.app.lifecycle import create_list
        from mailman.interfaces.listmanager import IListManager
        from zope.component import getUtility

        name = step["list"]
        if step.get("create"):
            # Left by a removed list, or by an interrupted creation.
            list_id = name.replace("@", ".", 1)
            if getUtility(IListManager).get_by_list_id(list_id) is not None:
                raise Failure("list {0}: another list has its list-id {1} meanwhile".format(name, list_id))
            for path in [os.path.join(self.config.LIST_DATA_DIR, list_id), *self.texts.folders(list_id, name)]:
                remove(path)
            self.texts.forget(list_id)
            mlist = create_list(name)
            self._add_archivers(mlist)
            return mlist
        mlist = getUtility(IListManager).get(name)
        if mlist is None:
            raise Failure("list {0} vanished while this ran; run again".format(name))
        return mlist

    def _delete(self, mlist: Any) -> list[str]:
        """Do what Mailman's own remove_list does, except for files, which a rollback would not restore. Returns these files."""
        from mailman.interfaces.listmanager import IListManager
        from mailman.utilities.modules import call_name
        from zope.component import getUtility

        leftovers = self._discard_held(mlist)
        self.people.remove_everybody(mlist.list_id)
        self.texts.forget(mlist.list_id)
        getUtility(IListManager).delete(mlist)
        call_name(self.config.mta.incoming).delete(mlist)
        return leftovers

    def _configure(self, mlist: Any, step: Mapping[str, Any]) -> None:
        """Write everything of a list except its rosters."""
        from mailman.interfaces.mailinglist import IListArchiverSet

        self._still(mlist, step.get("seen", {}))
        assign(self.types, mlist, step.get("set", {}))
        if "header_matches" in step:
            self._header_matches(mlist, step["header_matches"])
        if "bans" in step:
            self._ban(mlist.list_id, **step["bans"])
        if "archivers" in step:
            self._keep_one_of_each_archiver(mlist)
            archivers = {archiver.name: archiver for archiver in IListArchiverSet(mlist).archivers}
            for key, enabled in step["archivers"].items():
                archivers[key].is_enabled = enabled

    def _add_archivers(self, mlist: Any) -> None:
        """Add the archivers of a new list, which Mailman itself would add with the first post.

        Two of its runners could then add the same archiver at the same time, and Mailman shunts every post to a list that
        has one twice.
        """
        from mailman.model.mailinglist import ListArchiver

        for archiver in self.config.archivers:
            self.config.db.store.add(ListArchiver(mlist, archiver.name, archiver))

    def _keep_one_of_each_archiver(self, mlist: Any) -> None:
        from mailman.model.mailinglist import ListArchiver

        store = self.config.db.store
        names = set()
        for entry in (
            store.query(ListArchiver).filter(ListArchiver.mailing_list == mlist).order_by(ListArchiver.id).all()
        ):
            if entry.name in names:
                store.delete(entry)
            names.add(entry.name)
        store.flush()

    def _still(self, mlist: Any, seen: Mapping[str, Any]) -> None:
        """Fail if settings changed since they were read for the plan."""
        if not seen:
            return
        name = mlist.fqdn_listname
        wanted = {"lists": [name], "settings": list(seen), "rosters": [], "templates": []}
        have = self.reader.read(wanted)[name]["settings"]
        for key, value in sorted(seen.items()):
            if have[key] != value and (not isinstance(value, list) or sorted(have[key]) != sorted(value)):
                raise Failure("list {0}: {1} was changed by somebody else while this ran; run again".format(name, key))

    def ban_everywhere(self, bans: Sequence[str]) -> None:
        """Make these the bans that hold for every list."""
        have = self.reader.site_bans()
        self._ban(None, sorted(set(bans).difference(have)), sorted(have.difference(bans)))

    def _ban(self, list_id: str | None, add: Sequence[str], remove: Sequence[str]) -> None:
        """Do what Mailman's own manager of bans does, with a few statements for thousands of bans. None: of every list."""
        from mailman.model.bans import Ban
        from sqlalchemy import delete

        store, table = self.config.db.store, Ban.__table__
        for part in chunks(remove):
            store.execute(delete(table).where(table.c.list_id == list_id, table.c.email.in_(part)))
        # Somebody may have added these bans since.
        have = self.reader.bans([list_id])[list_id] if add and list_id is not None else ()
        store.bulk_insert_mappings(Ban, [{"email": email, "list_id": list_id} for email in add if email not in have])

    def _header_matches(self, mlist: Any, rules: list[dict[str, str]]) -> None:
        """Write only the rules that differ, in their order. Rules that stay keep their tags."""
        from mailman.model.mailinglist import HeaderMatch
        from sqlalchemy import bindparam, delete, select, update

        store, table = self.config.db.store, HeaderMatch.__table__
        store.flush()
        query = select(table.c.header, table.c.pattern, table.c.id, table.c.position, table.c.chain)
        rows = store.execute(query.where(table.c.mailing_list_id == mlist.id).order_by(table.c.position, table.c.id))
        have: dict[tuple[str, str], Any] = {}
        # Of two equal rules, which only old Mailmans could make, the first one stays.
        gone = [row[2] for row in rows if have.setdefault((row[0], row[1]), row[2:])[0] != row[2]]
        new: list[dict[str, Any]] = []
        changed: list[dict[str, Any]] = []
        for position, rule in enumerate(rules):
            chain = None if rule["action"] == "default" else rule["action"]
            row = have.pop((rule["header"].lower(), rule["pattern"]), None)
            if row is None:
                found = {"header": rule["header"].lower(), "pattern": rule["pattern"], "chain": chain}
                new.append(dict(found, mailing_list_id=mlist.id, _position=position))
            elif (row[1], row[2]) != (position, chain):
                changed.append({"key": row[0], "place": position, "then": chain})
        for part in chunks(gone + [row[0] for row in have.values()]):
            store.execute(delete(table).where(table.c.id.in_(part)))
        if changed:
            values = {"position": bindparam("place"), "chain": bindparam("then")}
            store.execute(update(table).where(table.c.id == bindparam("key")).values(values), changed)
        store.bulk_insert_mappings(HeaderMatch, new)
        store.expire(mlist, ["header_matches"])

    def _disable(self, mlist: Any, request: dict[str, Any]) -> list[str]:
        """Save the settings, set those that disable the list, discard held messages. Returns the files to remove."""
        if request["save"]:
            self.config.db.store.flush()
            name = mlist.fqdn_listname
            wanted = {"lists": [name], "settings": list(request["settings"]), "rosters": [], "templates": []}
            entry = self.reader.read(wanted)[name]
            saved = {"settings": entry["settings"], "header_matches": entry["header_matches"]}
            replace_file(self.reader.saved_file(mlist.list_id), json.dumps(saved, indent=1, sort_keys=True))
        assign(self.types, mlist, request["settings"])
        self._header_matches(mlist, request["header_matches"])
        return self._discard_held(mlist)

    def _discard_held(self, mlist: Any, limit: int | None = None) -> list[str]:
        """Discard the oldest held messages: the files of those that nobody else holds.

        Mailman's own way asks of each message several questions, some of them about all others that are held.
        """
        from mailman.interfaces.requests import RequestType
        from mailman.model.message import Message
        from mailman.model.pending import Pended, PendedKeyValue
        from mailman.model.requests import _Request
        from sqlalchemy import delete, select

        store, table = self.config.db.store, _Request.__table__
        store.flush()
        query = select(table.c.id, table.c.key, table.c.data_hash).order_by(table.c.id).limit(limit)
        kind = table.c.request_type == RequestType.held_message
        rows = store.execute(query.where(table.c.mailing_list_id == mlist.id, kind)).all()
        pended, values, messages = Pended.__table__, PendedKeyValue.__table__, Message.__table__
        files: list[str] = []
        for part in chunks(rows):
            # a token for the moderators, and one for who wrote
            tokens = [row[2] for row in part if row[2] is not None]
            gone = [row[0] for row in store.execute(select(pended.c.id).where(pended.c.token.in_(tokens)))]
            about = select(values.c.pended_id).where(
                values.c.key == "id", values.c.value.in_([json.dumps(row[0]) for row in part])
            )
            own = select(values.c.pended_id).where(
                values.c.key == "type", values.c.value == "held message", values.c.pended_id.in_(about)
            )
            gone += [row[0] for row in store.execute(own)]
            for some in chunks(gone):
                store.execute(delete(values).where(values.c.pended_id.in_(some)))
                store.execute(delete(pended).where(pended.c.id.in_(some)))
            store.execute(delete(table).where(table.c.id.in_([row[0] for row in part])))
            idents = list({row[1] for row in part})
            # on another list, too
            held = {row[0] for row in store.execute(select(table.c.key).where(kind, table.c.key.in_(idents)))}
            gone_idents = [ident for ident in idents if ident not in held]
            found = select(messages.c.id, messages.c.path).where(messages.c.message_id.in_(gone_idents))
            kept = store.execute(found).all()
            store.execute(delete(messages).where(messages.c.id.in_([row[0] for row in kept])))
            files += [os.path.join(self.config.MESSAGES_DIR, row[1]) for row in kept]
        return files
