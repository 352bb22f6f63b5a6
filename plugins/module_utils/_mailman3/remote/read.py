# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The state of Mailman 3's lists, in a few column SELECTs for all of them. Runs in Mailman's interpreter."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator
from typing import Any

from ansible_collections.listops.mailman.plugins.module_utils._mailman3.remote.settings import plain, schema
from ansible_collections.listops.mailman.plugins.module_utils._mailman3.remote.templates import Templates
from ansible_collections.listops.mailman.plugins.module_utils._programs.remote.server import Failure, chunks

SAVED_STATE = "listops-disabled.json"
ROLES = ("member", "owner", "moderator", "nonmember")


class Reader:
    """Reads lists; the caller ends the transaction."""

    def __init__(self, config: Any) -> None:
        self.config = config
        self.store = config.db.store

    def read(self, request: dict[str, Any]) -> dict[str, dict[str, Any]]:
        """The state of lists by posting address; see Mailman3Handler.read."""
        wanted = request.get("lists")
        names = request.get("settings")
        names = sorted(schema(self.config)) if names is None else names
        lists = self._settings(wanted, names, request.get("secrets") or {})
        by_id = {entry["list_id"]: entry for entry in lists.values()}
        everything = wanted is None
        self._bans(by_id, everything)
        by_key = {entry.pop("id"): entry for entry in lists.values()}
        self._list_rows(by_key, everything, names)
        roles = request.get("rosters")
        self._rosters(by_id, everything, ROLES if roles is None else roles)
        addresses = {entry["list_id"]: address for address, entry in lists.items()}
        texts = Templates(self.config).read(addresses, request.get("templates"))
        for list_id, entry in by_id.items():
            entry["templates"] = texts[list_id]
        for entry in by_id.values():
            entry["saved"] = self.saved(entry.pop("list_id"))
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
            settings = {column.name: plain(value) for column, value in zip(columns, row[4:])}
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
                "archivers_twice": [],
                "rosters": {role: {} for role in ROLES},
            }
        return out

    def facts(self, wanted: list[str] | None) -> dict[str, dict[str, Any]]:
        """See Mailman3Handler.facts."""
        from mailman.model.mailinglist import MailingList
        from mailman.model.member import Member
        from sqlalchemy import func, select

        table = MailingList.__table__
        query = select(table.c.list_id, table.c.list_name, table.c.mail_host, table.c.created_at, table.c.last_post_at)
        ids = [] if wanted is None else [name.replace("@", ".", 1) for name in wanted]
        lists: dict[str, dict[str, Any]] = {}
        by_id: dict[str, dict[str, Any]] = {}
        for list_id, name, host, created, last in self._rows(query, table.c.list_id, ids, wanted is None):
            by_id[list_id] = lists["{0}@{1}".format(name, host)] = {
                "created_at": created and created.isoformat(timespec="seconds"),
                "last_post_at": last and last.isoformat(timespec="seconds"),
                "counts": dict.fromkeys(ROLES, 0),
            }
        count = select(Member.list_id, Member.role, func.count()).group_by(Member.list_id, Member.role)
        for list_id, role, number in self._rows(count, Member.list_id, ids, wanted is None):
            if list_id in by_id:
                by_id[list_id]["counts"][role.name] = number
        return lists

    def held(self, names: Iterable[str]) -> dict[str, int]:
        """How many messages wait for a moderator, of each list where some do, by posting address."""
        from mailman.interfaces.requests import RequestType
        from mailman.model.mailinglist import MailingList
        from mailman.model.requests import _Request
        from sqlalchemy import func, select

        lists, table = MailingList.__table__, _Request.__table__
        query = (
            select(lists.c.list_name, lists.c.mail_host, func.count())
            .select_from(table.join(lists, table.c.mailing_list_id == lists.c.id))
            .where(table.c.request_type == RequestType.held_message)
            .group_by(lists.c.list_name, lists.c.mail_host)
        )
        ids = [name.replace("@", ".", 1) for name in names]
        return {
            "{0}@{1}".format(name, host): count for name, host, count in self._rows(query, lists.c.list_id, ids, False)
        }

    def _same_secret(self, stored: bytes, value: str | None) -> bool | str:
        """True when value is the stored password, otherwise whether one is set."""
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

    def bans(self, list_ids: Iterable[str]) -> dict[str, set[str]]:
        """The bans of lists."""
        from mailman.model.bans import Ban
        from sqlalchemy import select

        found: dict[str, set[str]] = {list_id: set() for list_id in list_ids}
        for list_id, email in self._rows(select(Ban.list_id, Ban.email), Ban.list_id, found, False):
            found[list_id].add(email)
        return found

    def site_bans(self) -> set[str]:
        """The bans that hold for every list."""
        from mailman.model.bans import Ban
        from sqlalchemy import select

        rows = self.config.db.store.execute(select(Ban.email).where(Ban.list_id.is_(None)))
        return {row[0] for row in rows}

    def _list_rows(self, lists: dict[int, dict[str, Any]], everything: bool, names: list[str]) -> None:
        """Rows of other tables that belong to lists."""
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
            if name in lists[key]["archivers"]:
                lists[key]["archivers_twice"].append(name)
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
        """Rosters with each member's effective options: those of the membership, else of the address, else of the user."""
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
            if address_id is None and user_id in users:
                address_id = users[user_id][2]
            if address_id not in addresses:
                # A subscribed user without a preferred address: Mailman itself cannot name it.
                continue
            _id, email, original, name, owner_id, address_preferences = addresses[address_id]
            owner = users.get(user_id or owner_id)
            if user_id is not None:
                # A subscribed user is shown with the user's name.
                name = ""
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

    def aliases(self, emails: list[str]) -> list[str]:
        """See Mailman3Handler.aliases."""
        from mailman.model.address import Address
        from sqlalchemy import select

        query = select(Address.email, Address.user_id)
        users = {row[1] for part in chunks(emails) for row in self.store.execute(query.where(Address.email.in_(part)))}
        users.discard(None)
        return sorted(
            row[0] for part in chunks(users) for row in self.store.execute(query.where(Address.user_id.in_(part)))
        )

    def people(self, emails: list[str]) -> dict[str, str]:
        """See Mailman3Handler.people."""
        from mailman.model.address import Address
        from sqlalchemy import select

        query = select(Address.email, Address.user_id).where(Address.user_id.isnot(None))
        return {
            row[0]: "user {0}".format(row[1])
            for part in chunks(emails)
            for row in self.store.execute(query.where(Address.email.in_(part)))
        }

    def saved_file(self, list_id: str) -> str:
        return os.path.join(self.config.LIST_DATA_DIR, list_id, SAVED_STATE)

    def saved(self, list_id: str) -> Any:
        try:
            with open(self.saved_file(list_id), encoding="utf-8") as handle:
                return json.load(handle)
        except FileNotFoundError:
            return None
        except ValueError as exc:
            raise Failure("{0} is damaged ({1})".format(self.saved_file(list_id), exc)) from None
