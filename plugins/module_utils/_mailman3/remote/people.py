# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Writes rosters of Mailman 3's lists, with a few bulk statements for many rosters at once.

Runs in Mailman's interpreter.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from ansible_collections.listops.mailman.plugins.module_utils._programs.remote.server import chunks


class RosterChange(NamedTuple):
    """What changes in one role of one list.

    role: member, owner, moderator or nonmember.
    new: the list was just created, so it has no people yet.
    add, change: people as in model.Roster; change has only the options that differ.
    remove: lower-case addresses.
    """

    list_id: str
    role: str
    new: bool
    add: Sequence[dict[str, Any]]
    change: Sequence[dict[str, Any]]
    remove: Sequence[str]


class People:
    """Writes rosters within the transaction of the caller."""

    def __init__(self, store: Any) -> None:
        self.store = store

    def write(self, rosters: Sequence[RosterChange]) -> None:
        """Write changes of any number of rosters."""
        for roster in rosters:
            if roster.remove:
                self._remove(self._members(roster.list_id, roster.role, roster.remove))
            if roster.change:
                self._update(roster)
            if roster.add and roster.role == "member" and not roster.new:
                # Mailman keeps nonmembers who posted; a new member is none any more.
                emails = [person["address"].lower() for person in roster.add]
                self._remove(self._members(roster.list_id, "nonmember", emails))
        self._add([self._missing(roster) for roster in rosters if roster.add])

    def _missing(self, roster: RosterChange) -> RosterChange:
        """Leave out people who joined since the plan was made, since Mailman would have them twice."""
        if roster.new:
            return roster
        emails = [person["address"].lower() for person in roster.add]
        there = {row[3] for row in self._by_address(roster.list_id, roster.role, emails)}
        return roster._replace(add=[person for person in roster.add if person["address"].lower() not in there])

    def remove_everybody(self, list_id: str) -> None:
        """Remove everybody from a list that is going to be deleted."""
        from mailman.model.member import Member
        from sqlalchemy import select

        query = select(Member.id, Member.preferences_id).where(Member.list_id == list_id)
        self._remove([(row[0], row[1]) for row in self.store.execute(query)])

    # ---- adding

    def _add(self, rosters: Sequence[RosterChange]) -> None:
        """Do what Mailman's own registration does, without its queries for each member."""
        from datetime import datetime
        from uuid import uuid4

        from mailman.interfaces.action import Action
        from mailman.interfaces.member import DeliveryMode, DeliveryStatus, MemberRole
        from mailman.model.member import Member
        from mailman.model.preferences import Preferences
        from mailman.model.uid import UID

        people: dict[str, dict[str, Any]] = {}
        for roster in rosters:
            for person in roster.add:
                key = person["address"].lower()
                # One of a person's memberships is enough to set the name.
                if key not in people or "display_name" in person:
                    people[key] = person
        if not people:
            return
        address_ids = self._addresses(people)
        modes = {mode.name: mode for mode in DeliveryMode}
        statuses = {status.name: status for status in DeliveryStatus}
        preferences: list[dict[str, Any]] = [
            {
                "delivery_mode": modes.get(person.get("delivery_mode")),
                "delivery_status": statuses.get(person.get("delivery_status")),
            }
            for roster in rosters
            for person in roster.add
        ]
        preference_ids = iter(self._insert(Preferences, preferences))
        members = []
        for roster in rosters:
            role = MemberRole[roster.role]
            actions: dict[str, Any] = {action.name: action for action in Action}
            # Mailman accepts posts of owners and moderators.
            actions["default"] = Action.accept if roster.role in ("owner", "moderator") else None
            members += [
                {
                    "_member_id": uuid4(),
                    "role": role,
                    "list_id": roster.list_id,
                    "moderation_action": actions[person.get("moderation_action", "default")],
                    "address_id": address_ids[person["address"].lower()],
                    "preferences_id": next(preference_ids),
                    "bounce_score": 0,
                    "last_warning_sent": datetime.min,
                    "total_warnings_sent": 0,
                }
                for person in roster.add
            ]
        self._insert(Member, members, ids=False)
        self._insert(UID, [{"uid": member["_member_id"]} for member in members], ids=False)

    def _insert(self, model: Any, rows: list[dict[str, Any]], ids: bool = True) -> list[int]:
        """Insert rows of one model class; returns their ids in the same order."""
        # This works in both SQLAlchemy 1.4 (Debian 12) and 2.
        self.store.bulk_insert_mappings(model, rows, return_defaults=ids)
        return [row["id"] for row in rows] if ids else []

    def _addresses(self, people: dict[str, dict[str, Any]]) -> dict[str, int]:
        """Ids by lower-case address. New people get a User and an Address, others the declared name.

        A nonmember who once posted has an Address but no User and could not unsubscribe by mail; create the User.
        """
        from mailman.model.address import Address
        from mailman.utilities.datetime import now
        from sqlalchemy import bindparam, select, update

        moment = now()
        ids: dict[str, int] = {}
        unverified: list[int] = []
        strangers: dict[int, str] = {}
        renamed: list[dict[str, Any]] = []
        columns = (Address.id, Address.email, Address.display_name, Address._verified_on, Address.user_id)
        for part in chunks(people):
            query = select(*columns).where(Address.email.in_(part))
            for key, email, name, verified_on, user_id in self.store.execute(query):
                ids[email] = key
                if user_id is None:
                    strangers[key] = people[email].get("display_name", name) or ""
                if verified_on is None:
                    unverified.append(key)
                wanted = people[email].get("display_name", name)
                # An address without a name has the name of its user.
                if wanted != name or people[email].get("display_name") == "":
                    renamed.append({"key": key, "value": wanted})
        table = Address.__table__
        for part in chunks(unverified):
            # A declared address needs no confirmation mail.
            self.store.execute(update(table).where(table.c.id.in_(part)).values(verified_on=moment))
        if strangers:
            users = [
                {"key": key, "user": user}
                for key, user in zip(strangers, self._users(list(strangers.values()), moment))
            ]
            self.store.execute(
                update(table).where(table.c.id == bindparam("key")).values(user_id=bindparam("user")), users
            )
        self._name(renamed)
        new = {key: person for key, person in people.items() if key not in ids}
        if new:
            ids.update(self._meet(new, moment))
        return ids

    def _users(self, names: Sequence[str], moment: Any) -> list[int]:
        """Create users; returns their ids in the order of the names."""
        from uuid import uuid4

        from mailman.model.preferences import Preferences
        from mailman.model.uid import UID
        from mailman.model.user import User

        users: list[dict[str, Any]] = [
            {
                "display_name": name,
                "_user_id": uuid4(),
                "_created_on": moment,
                "is_server_owner": False,
                "preferences_id": preference_id,
            }
            for name, preference_id in zip(names, self._insert(Preferences, [{} for _each in names]))
        ]
        user_ids = self._insert(User, users)
        self._insert(UID, [{"uid": user["_user_id"]} for user in users], ids=False)
        return user_ids

    def _meet(self, people: dict[str, dict[str, Any]], moment: Any) -> dict[str, int]:
        """Create users with one address each; returns the ids of the addresses."""
        from mailman.model.address import Address
        from mailman.model.preferences import Preferences

        user_ids = self._users([person.get("display_name", "") for person in people.values()], moment)
        preference_ids = self._insert(Preferences, [{} for _each in people])
        addresses: list[dict[str, Any]] = [
            {
                "email": key,
                "_original": None if person["address"] == key else person["address"],
                "display_name": person.get("display_name", ""),
                "_verified_on": moment,
                "registered_on": moment,
                "user_id": user_id,
                "preferences_id": preference_id,
            }
            for (key, person), user_id, preference_id in zip(people.items(), user_ids, preference_ids)
        ]
        return dict(zip(people, self._insert(Address, addresses)))

    def _name(self, rows: list[dict[str, Any]]) -> None:
        """Set the names of addresses. rows: key, the address's id, and value.

        An address with an empty name has that of its user, so that one is emptied, too.
        """
        from mailman.model.address import Address
        from mailman.model.user import User
        from sqlalchemy import select, update

        table, users = Address.__table__, User.__table__
        self._set(Address, "display_name", rows)
        for part in chunks([row["key"] for row in rows if not row["value"]]):
            theirs = select(table.c.user_id).where(table.c.id.in_(part))
            self.store.execute(update(users).where(users.c.id.in_(theirs)).values(display_name=""))

    def _set(self, model: Any, column: str, rows: list[dict[str, Any]]) -> None:
        """Set one column. rows: key, the row's id, and value."""
        from sqlalchemy import bindparam, update

        if rows:
            table = model.__table__
            change = update(table).where(table.c.id == bindparam("key")).values({column: bindparam("value")})
            self.store.execute(change, rows)

    # ---- changing and removing

    def _members(self, list_id: str, role: str, emails: Iterable[str]) -> list[tuple[int, int]]:
        """(member, preferences) of a role by address, whether the address or its user is subscribed."""
        return [(row[0], row[1]) for row in self._by_address(list_id, role, emails)]

    def _by_address(self, list_id: str, role: str, emails: Iterable[str]) -> list[Any]:
        """Rows of member id, preferences id, address id, address, and the user's id if the user is subscribed."""
        from mailman.interfaces.member import MemberRole
        from mailman.model.address import Address
        from mailman.model.member import Member
        from mailman.model.user import User
        from sqlalchemy import select

        found: list[Any] = []
        for part in chunks(emails):
            columns = (Member.id, Member.preferences_id, Address.id, Address.email, Member.user_id)
            query = select(*columns).where(Member.list_id == list_id, Member.role == MemberRole[role])
            query = query.where(Address.email.in_(part))
            found += self.store.execute(query.where(Member.address_id == Address.id))
            # A subscribed user gets mail at the preferred address.
            by_user = (Member.user_id == User.id, User._preferred_address_id == Address.id)
            found += self.store.execute(query.where(*by_user))
        return found

    def _remove(self, members: Iterable[tuple[int, int]]) -> None:
        from mailman.model.member import Member
        from mailman.model.preferences import Preferences
        from sqlalchemy import delete

        for part in chunks(members):
            # Preferences are removed last, since members refer to them.
            for model, ids in ((Member, [row[0] for row in part]), (Preferences, [row[1] for row in part if row[1]])):
                self.store.execute(delete(model.__table__).where(model.__table__.c.id.in_(ids)))

    def _update(self, roster: RosterChange) -> None:
        from mailman.interfaces.action import Action
        from mailman.interfaces.member import DeliveryMode, DeliveryStatus
        from mailman.model.member import Member
        from mailman.model.preferences import Preferences
        from mailman.model.user import User
        from sqlalchemy import update

        wanted = {person["address"].lower(): person for person in roster.change}
        enums = {"delivery_mode": DeliveryMode, "delivery_status": DeliveryStatus, "moderation_action": Action}
        places = {
            "delivery_mode": (Preferences, 1),
            "delivery_status": (Preferences, 1),
            "moderation_action": (Member, 0),
        }
        found = self._by_address(roster.list_id, roster.role, wanted)
        for name, (model, at) in places.items():
            rows = []
            for row in found:
                if name in wanted[row[3]]:
                    value = wanted[row[3]][name]
                    rows.append({"key": row[at], "value": None if value == "default" else enums[name][value]})
            self._set(model, name, rows)
        named = [row for row in found if "display_name" in wanted[row[3]]]
        names = {row[3]: wanted[row[3]]["display_name"] for row in named}
        self._name([{"key": row[2], "value": names[row[3]]} for row in named if row[4] is None])
        # A subscribed user is shown with the user's name.
        self._set(
            User, "display_name", [{"key": row[4], "value": names[row[3]]} for row in named if row[4] is not None]
        )
        # Otherwise one more bounce would disable delivery again.
        trusted = [row[0] for row in found if wanted[row[3]].get("delivery_status") == "enabled"]
        for part in chunks(trusted):
            table = Member.__table__
            self.store.execute(update(table).where(table.c.id.in_(part)).values(bounce_score=0, total_warnings_sent=0))
