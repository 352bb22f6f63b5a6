# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The program that runs inside Mailman 3's own interpreter: it reads and applies, it decides nothing.

It is sent there by engine.py, with program.py and nothing else of this
collection; Mailman itself is imported only when it runs.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator
from typing import Any

from ansible_collections.listops.mailman.plugins.module_utils.program import Absent, Failure, become, chunks, serve

SAVED_STATE = "listops-disabled.json"
ROLES = ("member", "owner", "moderator", "nonmember")


class Engine:
    """Mailman 3 through its own model classes."""

    def __init__(self, user: str, config_file: str | None, readonly: bool) -> None:
        # Mailman looks for its configuration in the current directory first.
        os.chdir("/")
        become(user, "mailman_user")
        from mailman.config import config
        from mailman.core.initialize import initialize_1, initialize_2, initialize_3

        # Mailman makes its directories and its database when it starts for the first time.
        config.create_paths = not readonly
        initialize_1(config_file or None)
        if readonly and not os.path.isdir(config.LIST_DATA_DIR):
            raise Absent("Mailman has never run here")
        initialize_2()
        initialize_3()
        self.config = config

    @property
    def store(self) -> Any:
        return self.config.db.store

    # ---- reading

    def hello(self) -> dict[str, Any]:
        """What there is to know before any list is looked at."""
        from mailman.interfaces.domain import IDomainManager
        from mailman.model.bans import Ban
        from mailman.model.mailinglist import MailingList
        from mailman.version import VERSION
        from sqlalchemy import select
        from zope.component import getUtility

        table = MailingList.__table__
        names = self.store.execute(select(table.c.list_name, table.c.mail_host))
        bans = self.store.execute(select(Ban.email).where(Ban.list_id.is_(None)))
        return {
            "engine": "mailman3",
            "version": VERSION,
            "domains": sorted(domain.mail_host for domain in getUtility(IDomainManager)),
            "lists": sorted("{0}@{1}".format(*row) for row in names),
            "site_bans": sorted(row[0] for row in bans),
            "archivers": sorted(archiver.name for archiver in self.config.archivers),
            "schema": self.schema(),
        }

    def schema(self) -> dict[str, dict[str, Any]]:
        """Mailman's own table of the options an owner may set: name -> {"type", "choices"}."""
        from mailman.interfaces.languages import ILanguageManager
        from mailman.model.mailinglist import MailingList
        from mailman.rest.listconf import VALIDATORS
        from sqlalchemy import Boolean, Float, Integer, Interval, LargeBinary, PickleType
        from zope.component import getUtility

        patterns = ("_nonmembers", "_aliases", "dmarc_addresses")
        out: dict[str, dict[str, Any]] = {}
        for name in VALIDATORS:
            column = MailingList.__table__.c.get(name)
            kind: dict[str, Any] = {"type": "str"}
            if name == "preferred_language":
                codes = sorted(str(language.code) for language in getUtility(ILanguageManager).languages)
                kind = {"type": "enum", "choices": codes}
            elif name == "posting_pipeline":
                kind = {"type": "enum", "choices": sorted(self.config.pipelines)}
            elif name.endswith(patterns):
                kind = {"type": "patterns"}
            elif column is None or isinstance(column.type, PickleType):
                kind = {"type": "list"}
            elif hasattr(column.type, "enum"):
                kind = {"type": "enum", "choices": [member.name for member in column.type.enum]}
            elif isinstance(column.type, LargeBinary):
                kind = {"type": "secret"}
            else:
                for cls, word in ((Boolean, "bool"), (Integer, "int"), (Float, "float"), (Interval, "interval")):
                    if isinstance(column.type, cls):
                        kind = {"type": word}
            if name in ("description", "display_name", "subject_prefix"):
                kind = {"type": "line"}
            out[name] = kind
        return out

    def read(self, request: dict[str, Any]) -> dict[str, Any]:
        """The state of lists.

        request: {"lists": [posting addresses] or null for all, "settings":
        [names] or null for all, "rosters": [roles], "secrets": {address:
        {setting: value to compare with}}}.
        answer: {"lists": {address: see ListSpec, with rosters as role ->
        address -> member}}.
        """
        lists = self._read(request)
        # Nothing may stay open while the caller thinks.
        self.store.rollback()
        return {"lists": lists}

    def _read(self, request: dict[str, Any]) -> dict[str, dict[str, Any]]:
        wanted = request.get("lists")
        names = request.get("settings")
        names = sorted(self.schema()) if names is None else names
        lists = self._settings(wanted, names, request.get("secrets") or {})
        by_id = {entry["list_id"]: entry for entry in lists.values()}
        everything = wanted is None
        self._bans(by_id, everything)
        by_key = {entry.pop("id"): entry for entry in lists.values()}
        self._list_rows(by_key, everything, names)
        roles = request.get("rosters")
        self._rosters(by_id, everything, ROLES if roles is None else roles)
        for entry in by_id.values():
            entry["saved"] = self._saved(entry.pop("list_id"))
        return lists

    def _rows(self, query: Any, column: Any, values: Iterable[Any], everything: bool) -> Iterator[Any]:
        if everything:
            yield from self.store.execute(query)
            return
        for part in chunks(values):
            yield from self.store.execute(query.where(column.in_(part)))

    def _settings(
        self, wanted: list[str] | None, names: list[str], secrets: dict[str, dict[str, str]]
    ) -> dict[str, dict[str, Any]]:
        from mailman.model.mailinglist import MailingList
        from sqlalchemy import select

        table = MailingList.__table__
        columns = [table.c[name] for name in names if name in table.c]
        query = select(table.c.id, table.c.list_id, table.c.list_name, table.c.mail_host, *columns)
        ids = [] if wanted is None else [name.replace("@", ".", 1) for name in wanted]
        out: dict[str, dict[str, Any]] = {}
        for row in self._rows(query, table.c.list_id, ids, wanted is None):
            address = "{0}@{1}".format(row[2], row[3])
            settings = {column.name: self._plain(value) for column, value in zip(columns, row[4:])}
            for key in settings:
                if isinstance(settings[key], bytes):
                    settings[key] = self._same_secret(settings[key], secrets.get(address, {}).get(key))
            out[address] = {
                "id": row[0],
                "list_id": row[1],
                "settings": settings,
                "bans": [],
                "header_matches": [],
                "archivers": {},
                "rosters": {role: {} for role in ROLES},
            }
        return out

    @staticmethod
    def _plain(value: Any) -> Any:
        if hasattr(value, "total_seconds"):
            return int(value.total_seconds())
        if hasattr(value, "name") and hasattr(value, "value"):
            return value.name
        if isinstance(value, (list, tuple)):
            return list(value)
        return value

    def _same_secret(self, stored: bytes, value: str | None) -> bool | str:
        """True when value is the stored password, else only that there is one."""
        if value is not None and self.config.password_context.verify(value, stored.decode("utf-8"))[0]:
            return True
        return "set"

    def _bans(self, lists: dict[str, dict[str, Any]], everything: bool) -> None:
        from mailman.model.bans import Ban
        from sqlalchemy import select

        query = select(Ban.list_id, Ban.email)
        for list_id, email in self._rows(query, Ban.list_id, lists, everything):
            if list_id in lists:
                lists[list_id]["bans"].append(email)
        for entry in lists.values():
            entry["bans"].sort()

    def _list_rows(self, lists: dict[int, dict[str, Any]], everything: bool, names: list[str]) -> None:
        """What hangs on a list in tables of its own."""
        from mailman.interfaces.mime import FilterType
        from mailman.model.mailinglist import AcceptableAlias, HeaderMatch, ListArchiver
        from mailman.model.mime import ContentFilter
        from sqlalchemy import select

        query = select(HeaderMatch.mailing_list_id, HeaderMatch.header, HeaderMatch.pattern, HeaderMatch.chain)
        query = query.order_by(HeaderMatch._position)
        for key, header, pattern, chain in self._rows(query, HeaderMatch.mailing_list_id, lists, everything):
            rule = {"header": header, "pattern": pattern, "action": chain or "default"}
            lists[key]["header_matches"].append(rule)
        query = select(ListArchiver.mailing_list_id, ListArchiver.name, ListArchiver._is_enabled)
        for key, name, enabled in self._rows(query, ListArchiver.mailing_list_id, lists, everything):
            lists[key]["archivers"][name] = bool(enabled)
        if "acceptable_aliases" in names:
            for entry in lists.values():
                entry["settings"]["acceptable_aliases"] = []
            query = select(AcceptableAlias.mailing_list_id, AcceptableAlias.alias).order_by(AcceptableAlias.id)
            for key, alias in self._rows(query, AcceptableAlias.mailing_list_id, lists, everything):
                lists[key]["settings"]["acceptable_aliases"].append(alias)
        filters = {
            FilterType.filter_mime: "filter_types",
            FilterType.pass_mime: "pass_types",
            FilterType.filter_extension: "filter_extensions",
            FilterType.pass_extension: "pass_extensions",
        }
        asked = [name for name in filters.values() if name in names]
        if asked:
            for entry in lists.values():
                entry["settings"].update({name: [] for name in asked})
            query = select(ContentFilter.mailing_list_id, ContentFilter.filter_type, ContentFilter.filter_pattern)
            query = query.order_by(ContentFilter.id)
            for key, kind, value in self._rows(query, ContentFilter.mailing_list_id, lists, everything):
                if filters.get(kind) in asked:
                    lists[key]["settings"][filters[kind]].append(value)

    def _rosters(self, lists: dict[str, dict[str, Any]], everything: bool, roles: Iterable[str]) -> None:
        """Members with what holds for them: their own preference, else their address's, else their user's."""
        from mailman.interfaces.member import MemberRole
        from mailman.model.address import Address
        from mailman.model.member import Member
        from mailman.model.preferences import Preferences
        from mailman.model.user import User
        from sqlalchemy import or_, select

        roles = [MemberRole[role] for role in roles]
        if not roles or not lists:
            return
        columns = (Member.list_id, Member.role, Member.address_id, Member.user_id)
        query = select(*columns, Member.moderation_action, Member.preferences_id).where(Member.role.in_(roles))
        members = list(self._rows(query, Member.list_id, lists, everything))
        users = {
            row[0]: row
            for row in self.store.execute(
                select(User.id, User.display_name, User._preferred_address_id, User.preferences_id)
            )
        }
        addresses = {
            row[0]: row
            for row in self.store.execute(
                select(
                    Address.id,
                    Address.email,
                    Address._original,
                    Address.display_name,
                    Address.user_id,
                    Address.preferences_id,
                )
            )
        }
        chosen = or_(Preferences.delivery_mode.isnot(None), Preferences.delivery_status.isnot(None))
        preferences = {
            row[0]: (row[1] and row[1].name, row[2] and row[2].name)
            for row in self.store.execute(
                select(Preferences.id, Preferences.delivery_mode, Preferences.delivery_status).where(chosen)
            )
        }
        nothing = (None, None)
        for list_id, role, address_id, user_id, action, preferences_id in members:
            entry = lists.get(list_id)
            if entry is None:
                continue
            if address_id is None:
                address_id = users[user_id][2]
            if address_id is None:
                # A user subscribed without a preferred address: Mailman itself cannot name it.
                continue
            _id, email, original, name, owner_id, address_preferences = addresses[address_id]
            owner = users.get(user_id or owner_id)
            levels = (
                preferences.get(preferences_id, nothing),
                preferences.get(address_preferences, nothing),
                preferences.get(owner[3], nothing) if owner else nothing,
            )
            entry["rosters"][role.name][email] = {
                "address": original or email,
                "display_name": name or (owner[1] if owner else "") or "",
                "delivery_mode": levels[0][0] or levels[1][0] or levels[2][0] or "regular",
                "delivery_status": levels[0][1] or levels[1][1] or levels[2][1] or "enabled",
                "moderation_action": action.name if action else "default",
            }

    def _saved_file(self, list_id: str) -> str:
        return os.path.join(self.config.LIST_DATA_DIR, list_id, SAVED_STATE)

    def _saved(self, list_id: str) -> Any:
        try:
            with open(self._saved_file(list_id), encoding="utf-8") as handle:
                return json.load(handle)
        except FileNotFoundError:
            return None
        except ValueError as exc:
            raise Failure("{0} is damaged ({1})".format(self._saved_file(list_id), exc)) from None

    # ---- applying

    def apply(self, request: dict[str, Any]) -> dict[str, Any]:
        """Carry out the steps of a plan, one transaction for each list.

        request: {"steps": [{"list": address, and any of "create", "delete",
        "set", "header_matches", "bans", "archivers", "rosters", "disable",
        "forget"}]}.
        answer: {"applied": number of steps}.
        """
        from mailman.database.transaction import transaction

        for step in request["steps"]:
            try:
                with transaction():
                    after = self._apply(step)
            except Failure:
                raise
            except Exception as exc:
                raise Failure("list {0}: {1}: {2}".format(step["list"], type(exc).__name__, exc)) from exc
            if after:
                # Only a committed list may lose what was saved for it.
                os.unlink(after)
        return {"applied": len(request["steps"])}

    def _apply(self, step: dict[str, Any]) -> str | None:
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
            for role in ROLES:
                self._unsubscribe(mlist, role, None)
            remove_list(mlist)
            return None
        self._set(mlist, step.get("set", {}))
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
            self._roster(mlist, role, change)
        if "disable" in step:
            self._disable(mlist, step["disable"])
        return self._saved_file(mlist.list_id) if step.get("forget") else None

    def _set(self, mlist: Any, values: dict[str, Any]) -> None:
        from datetime import timedelta

        from mailman.rest.listconf import ATTRIBUTES

        schema = self.schema()
        for name, value in values.items():
            kind = schema[name]["type"]
            if kind == "interval":
                value = timedelta(seconds=value)
            elif kind == "secret":
                value = ATTRIBUTES[name].decoder(value)
            elif kind == "enum" and name not in ("preferred_language", "posting_pipeline"):
                value = type(mlist).__table__.c[name].type.enum[value]
            ATTRIBUTES[name].put(mlist, name, value)

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
        from mailman.interfaces.requests import IListRequests, RequestType

        if request["save"]:
            self.store.flush()
            name = mlist.fqdn_listname
            entry = self._read({"lists": [name], "settings": list(request["settings"]), "rosters": []})[name]
            saved = {"settings": entry["settings"], "header_matches": entry["header_matches"]}
            self._write(self._saved_file(mlist.list_id), saved)
        self._set(mlist, request["settings"])
        self._header_matches(mlist, request["header_matches"])
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

    # ---- rosters

    def _roster(self, mlist: Any, role: str, change: dict[str, Any]) -> None:
        if change["remove"]:
            self._unsubscribe(mlist, role, change["remove"])
        if change["add"]:
            self._subscribe(mlist, role, change["add"])
        for person in change["change"]:
            self._update(mlist, role, person)

    def _subscribe(self, mlist: Any, role_name: str, people: list[dict[str, Any]]) -> None:
        """Add people with a few bulk inserts: what Mailman's own registration does, without its queries per row."""
        from datetime import datetime
        from uuid import uuid4

        from mailman.interfaces.action import Action
        from mailman.interfaces.member import DeliveryMode, DeliveryStatus, MemberRole
        from mailman.model.address import Address
        from mailman.model.member import Member
        from mailman.model.preferences import Preferences
        from mailman.model.uid import UID
        from mailman.utilities.datetime import now

        role = MemberRole[role_name]
        address_ids = self._addresses(people)
        self._verify(address_ids.values(), now())
        if role is MemberRole.member:
            # Mailman remembers strangers who posted; members are no strangers.
            self._unsubscribe(mlist, "nonmember", [person["address"].lower() for person in people])
        preferences: list[dict[str, Any]] = [
            {
                "delivery_mode": DeliveryMode[person["delivery_mode"]] if "delivery_mode" in person else None,
                "delivery_status": DeliveryStatus[person["delivery_status"]] if "delivery_status" in person else None,
            }
            for person in people
        ]
        self.store.bulk_insert_mappings(Preferences, preferences, return_defaults=True)
        ordinary = Action.accept if role in (MemberRole.owner, MemberRole.moderator) else None
        members = []
        for person, row in zip(people, preferences):
            action = person.get("moderation_action", "default")
            members.append(
                {
                    "_member_id": uuid4(),
                    "role": role,
                    "list_id": mlist.list_id,
                    "moderation_action": ordinary if action == "default" else Action[action],
                    "address_id": address_ids[person["address"].lower()],
                    "preferences_id": row["id"],
                    "bounce_score": 0,
                    "last_warning_sent": datetime.min,
                    "total_warnings_sent": 0,
                }
            )
        self.store.bulk_insert_mappings(Member, members)
        self.store.bulk_insert_mappings(UID, [{"uid": member["_member_id"]} for member in members])
        named = {p["address"].lower(): p["display_name"] for p in people if "display_name" in p}
        for part in chunks(named):
            for address in self.store.query(Address).filter(Address.email.in_(part)):
                if address.display_name != named[address.email]:
                    address.display_name = named[address.email]

    def _addresses(self, people: list[dict[str, Any]]) -> dict[str, int]:
        """Ids of the addresses of people; whoever is new gets a user and an address."""
        from uuid import uuid4

        from mailman.model.address import Address
        from mailman.model.preferences import Preferences
        from mailman.model.uid import UID
        from mailman.model.user import User
        from mailman.utilities.datetime import now
        from sqlalchemy import select

        people_by_key = {person["address"].lower(): person for person in people}
        ids: dict[str, int] = {}
        for part in chunks(people_by_key):
            ids.update(
                (email, key)
                for key, email in self.store.execute(select(Address.id, Address.email).where(Address.email.in_(part)))
            )
        new = [key for key in people_by_key if key not in ids]
        if not new:
            return ids
        moment = now()
        preferences: list[dict[str, Any]] = [{} for _each in range(2 * len(new))]
        self.store.bulk_insert_mappings(Preferences, preferences, return_defaults=True)
        users: list[dict[str, Any]] = []
        addresses: list[dict[str, Any]] = []
        for index, key in enumerate(new):
            person = people_by_key[key]
            name = person.get("display_name", "")
            users.append(
                {
                    "display_name": name,
                    "_user_id": uuid4(),
                    "_created_on": moment,
                    "is_server_owner": False,
                    "preferences_id": preferences[2 * index]["id"],
                }
            )
            addresses.append(
                {
                    "email": key,
                    "_original": None if person["address"] == key else person["address"],
                    "display_name": name,
                    "registered_on": moment,
                    "preferences_id": preferences[2 * index + 1]["id"],
                }
            )
        self.store.bulk_insert_mappings(User, users, return_defaults=True)
        self.store.bulk_insert_mappings(UID, [{"uid": user["_user_id"]} for user in users])
        for address, user in zip(addresses, users):
            address["user_id"] = user["id"]
        self.store.bulk_insert_mappings(Address, addresses, return_defaults=True)
        ids.update((address["email"], address["id"]) for address in addresses)
        return ids

    def _verify(self, address_ids: Iterable[int], moment: Any) -> None:
        """Whoever the operator declares needs no confirmation mail."""
        from mailman.model.address import Address

        for part in chunks(address_ids):
            query = self.store.query(Address).filter(Address.id.in_(part), Address._verified_on.is_(None))
            query.update({Address._verified_on: moment}, synchronize_session=False)

    def _members(self, mlist: Any, role: str, emails: list[str] | None) -> list[Any]:
        """Member objects of a role by address (subscribed as address or as user), or all."""
        from mailman.interfaces.member import MemberRole
        from mailman.model.address import Address
        from mailman.model.member import Member
        from mailman.model.user import User

        query = self.store.query(Member).filter(Member.list_id == mlist.list_id, Member.role == MemberRole[role])
        if emails is None:
            return list(query)
        found: list[Any] = []
        for part in chunks(emails):
            found.extend(query.join(Address, Member.address_id == Address.id).filter(Address.email.in_(part)))
            by_user = query.join(User, Member.user_id == User.id)
            found.extend(
                by_user.join(Address, User._preferred_address_id == Address.id).filter(Address.email.in_(part))
            )
        return found

    def _unsubscribe(self, mlist: Any, role: str, emails: list[str] | None) -> None:
        from mailman.model.member import Member
        from mailman.model.preferences import Preferences

        members = self._members(mlist, role, emails)
        rows = [(member.id, member.preferences_id) for member in members]
        for member in members:
            self.store.expunge(member)
        for part in chunks(rows):
            self.store.query(Member).filter(Member.id.in_([row[0] for row in part])).delete(synchronize_session=False)
            ids = [row[1] for row in part if row[1] is not None]
            self.store.query(Preferences).filter(Preferences.id.in_(ids)).delete(synchronize_session=False)

    def _update(self, mlist: Any, role: str, person: dict[str, Any]) -> None:
        from mailman.interfaces.action import Action
        from mailman.interfaces.member import DeliveryMode, DeliveryStatus

        for member in self._members(mlist, role, [person["address"].lower()]):
            if "delivery_mode" in person:
                member.preferences.delivery_mode = DeliveryMode[person["delivery_mode"]]
            if "delivery_status" in person:
                member.preferences.delivery_status = DeliveryStatus[person["delivery_status"]]
            if "moderation_action" in person:
                action = person["moderation_action"]
                member.moderation_action = None if action == "default" else Action[action]
            if "display_name" in person:
                member.address.display_name = person["display_name"]


def main() -> None:
    serve(lambda request: Engine(request["user"], request.get("config"), request["readonly"]))
