# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The floor of reading: the whole state through Mailman's own classes, one SELECT a table, joined, and thrown away.

Runs in Mailman's interpreter, as Mailman's user. Prints how many memberships it saw.
"""

import os

os.chdir("/")

from mailman.config import config  # noqa: E402
from mailman.core.initialize import initialize  # noqa: E402

initialize()

from mailman.model.address import Address  # noqa: E402
from mailman.model.bans import Ban  # noqa: E402
from mailman.model.mailinglist import AcceptableAlias, HeaderMatch, ListArchiver, MailingList  # noqa: E402
from mailman.model.member import Member  # noqa: E402
from mailman.model.preferences import Preferences  # noqa: E402
from mailman.model.user import User  # noqa: E402
from sqlalchemy import select  # noqa: E402

store = config.db.store


def rows(*columns):
    return store.execute(select(*columns)).all()


lists = {row.list_id: [row, {}] for row in rows(MailingList.__table__)}
rows(Ban.list_id, Ban.email)
rows(HeaderMatch.mailing_list_id, HeaderMatch.header, HeaderMatch.pattern, HeaderMatch.chain)
rows(ListArchiver.mailing_list_id, ListArchiver.name, ListArchiver._is_enabled)
rows(AcceptableAlias.mailing_list_id, AcceptableAlias.alias)
preferences = {row[0]: row for row in rows(Preferences.id, Preferences.delivery_mode, Preferences.delivery_status)}
users = {row[0]: row for row in rows(User.id, User.display_name, User._preferred_address_id, User.preferences_id)}
addresses = {
    row[0]: row for row in rows(Address.id, Address.email, Address._original, Address.display_name, Address.user_id)
}
seen = 0
for list_id, role, address_id, user_id, action, preferences_id in rows(
    Member.list_id, Member.role, Member.address_id, Member.user_id, Member.moderation_action, Member.preferences_id
):
    address = addresses[address_id or users[user_id][2]]
    lists[list_id][1][role, address[1]] = (
        address,
        users.get(user_id or address[4]),
        preferences[preferences_id],
        action,
    )
    seen += 1
print(seen)
