# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The floor of writing: a whole site, bulk inserted through Mailman's own classes, ten lists in a commit, nothing checked.

Runs in Mailman's interpreter, as Mailman's user, on a Mailman without lists;
standard input is {"lists": entries as in bench/site.py}. Prints how many
memberships it wrote.
"""

import json
import os
import sys
from datetime import datetime
from uuid import uuid4

os.chdir("/")

from mailman.config import config  # noqa: E402
from mailman.core.initialize import initialize  # noqa: E402

initialize()

from mailman.app.lifecycle import create_list  # noqa: E402
from mailman.interfaces.action import Action  # noqa: E402
from mailman.interfaces.archiver import ArchivePolicy  # noqa: E402
from mailman.interfaces.bans import IBanManager  # noqa: E402
from mailman.interfaces.mailinglist import IHeaderMatchList, SubscriptionPolicy  # noqa: E402
from mailman.interfaces.member import DeliveryMode, DeliveryStatus, MemberRole  # noqa: E402
from mailman.model.address import Address  # noqa: E402
from mailman.model.member import Member  # noqa: E402
from mailman.model.preferences import Preferences  # noqa: E402
from mailman.model.uid import UID  # noqa: E402
from mailman.model.user import User  # noqa: E402
from mailman.utilities.datetime import now  # noqa: E402
from sqlalchemy import insert  # noqa: E402

LISTS_PER_COMMIT = 10
store = config.db.store
address_ids = {}


def insert_all(table, rows):
    return store.scalars(insert(table).returning(table.id, sort_by_parameter_order=True), rows).all()


def meet(people):
    """Users and addresses for whoever is new."""
    new = {}
    for person in people:
        if person["address"] not in address_ids:
            new.setdefault(person["address"], person.get("display_name", ""))
    if not new:
        return
    moment = now()
    preferences = insert_all(Preferences, [{"delivery_mode": None} for _each in range(2 * len(new))])
    users = [
        {
            "display_name": name,
            "_user_id": uuid4(),
            "_created_on": moment,
            "is_server_owner": False,
            "preferences_id": preferences[2 * index],
        }
        for index, name in enumerate(new.values())
    ]
    user_ids = insert_all(User, users)
    store.execute(insert(UID), [{"uid": user["_user_id"]} for user in users])
    addresses = [
        {
            "email": address.lower(),
            "_original": None if address == address.lower() else address,
            "display_name": name,
            "_verified_on": moment,
            "registered_on": moment,
            "user_id": user_ids[index],
            "preferences_id": preferences[2 * index + 1],
        }
        for index, (address, name) in enumerate(new.items())
    ]
    address_ids.update(zip(new, insert_all(Address, addresses), strict=True))


def write(entries):
    memberships = []
    for entry in entries:
        mlist = create_list(entry["name"])
        mlist.description = entry["description"]
        mlist.info = entry["info"]
        mlist.archive_policy = ArchivePolicy[entry["archive_policy"]]
        mlist.subscription_policy = SubscriptionPolicy[entry["subscription_policy"]]
        mlist.advertised = entry["advertised"]
        mlist.max_num_recipients = entry["settings"]["max_num_recipients"]
        mlist.admin_notify_mchanges = entry["settings"]["admin_notify_mchanges"]
        for ban in entry.get("bans", []):
            IBanManager(mlist).ban(ban)
        for rule in entry.get("header_matches", []):
            IHeaderMatchList(mlist).append(rule["header"], rule["pattern"], rule["action"])
        memberships += [(mlist.list_id, MemberRole.owner, {"address": address}) for address in entry["owners"]]
        memberships += [
            (mlist.list_id, MemberRole.moderator, {"address": address}) for address in entry.get("moderators", [])
        ]
        memberships += [(mlist.list_id, MemberRole.member, person) for person in entry["members"]["addresses"]]
    meet(names.get(person["address"], person) for _list_id, _role, person in memberships)
    preferences = insert_all(
        Preferences,
        [
            {
                "delivery_mode": DeliveryMode[person["delivery_mode"]] if "delivery_mode" in person else None,
                "delivery_status": DeliveryStatus[person["delivery_status"]] if "delivery_status" in person else None,
            }
            for _list_id, _role, person in memberships
        ],
    )
    members = [
        {
            "_member_id": uuid4(),
            "role": role,
            "list_id": list_id,
            "moderation_action": (
                Action[person["moderation_action"]]
                if "moderation_action" in person
                else None
                if role is MemberRole.member
                else Action.accept
            ),
            "address_id": address_ids[person["address"]],
            "preferences_id": key,
            "bounce_score": 0,
            "last_warning_sent": datetime.min,
            "total_warnings_sent": 0,
        }
        for (list_id, role, person), key in zip(memberships, preferences, strict=True)
    ]
    store.execute(insert(Member), members)
    store.execute(insert(UID), [{"uid": member["_member_id"]} for member in members])
    config.db.commit()
    return len(members)


site = json.load(sys.stdin)["lists"]
# owners are declared by address only; their names are known from where they are members
names = {person["address"]: person for entry in site for person in entry["members"]["addresses"]}
print(sum(write(site[start : start + LISTS_PER_COMMIT]) for start in range(0, len(site), LISTS_PER_COMMIT)))
