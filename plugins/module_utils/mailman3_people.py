# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who is on Mailman 3's lists, written with a few bulk statements for each roster. Runs in Mailman's interpreter."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ansible_collections.listops.mailman.plugins.module_utils.program import chunks


class People:
    """Writes within the transaction of its caller."""

    def __init__(self, store: Any) -> None:
        self.store = store

    def roster(self, mlist: Any, role: str, change: dict[str, Any]) -> None:
        if change["remove"]:
            self.unsubscribe(mlist, role, change["remove"])
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
            self.unsubscribe(mlist, "nonmember", [person["address"].lower() for person in people])
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

    def unsubscribe(self, mlist: Any, role: str, emails: list[str] | None) -> None:
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
