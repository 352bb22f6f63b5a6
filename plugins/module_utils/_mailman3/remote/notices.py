# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Mailman's own welcome and goodbye messages. Runs in Mailman's interpreter."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any


def send(notices: Iterable[Mapping[str, Any]]) -> int:
    """Put the messages into Mailman's queue; returns their number.

    notices: {"list": posting address, "welcome", "goodbye": [lower-case addresses]}.
    """
    from mailman.app.notifications import send_goodbye_message, send_welcome_message
    from mailman.interfaces.listmanager import IListManager
    from mailman.interfaces.usermanager import IUserManager
    from zope.component import getUtility

    sent = 0
    for notice in notices:
        mlist = getUtility(IListManager).get(notice["list"])
        if mlist is None:
            # Somebody removed the list meanwhile.
            continue
        for email in notice["welcome"]:
            member = mlist.members.get_member(email)
            if member is not None:
                send_welcome_message(mlist, member, member.preferred_language)
                sent += 1
        for email in notice["goodbye"]:
            user = getUtility(IUserManager).get_user(email)
            language = user.preferences.preferred_language if user is not None else None
            send_goodbye_message(mlist, email, language or mlist.preferred_language)
            sent += 1
    return sent
