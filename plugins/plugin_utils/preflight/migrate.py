# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rules for the variables of the migrate role. Pure."""

from __future__ import annotations

from typing import Any

from ansible_collections.listops.mailman.plugins.module_utils._lists.vocabulary import Invalid, is_address
from ansible_collections.listops.mailman.plugins.module_utils._migrate import announcement
from ansible_collections.listops.mailman.plugins.plugin_utils.preflight.kinds import (
    FILE,
    PORT,
    POSTING_ADDRESS,
    SYSTEM_NAME,
    Fields,
    Kind,
    ListOf,
    Rule,
    number,
    one_of,
    or_empty,
    pattern,
)


def _is_text(value: Any) -> bool:
    try:
        announcement.parse("", value)
    except Invalid:
        return False
    return True


_MESSAGE = or_empty(
    Kind(
        "a text with a first line `Subject: ...`, an empty line, and a message in which $ begins nothing but {0} and $$".format(
            " ".join("$" + each for each in announcement.PLACEHOLDERS)
        ),
        _is_text,
    )
)
_ADDRESS = Kind("an e-mail address such as alice@example.org", is_address)

RULES: dict[str, Rule] = {
    "migrate_source_address": Kind(
        "a host name or an address without a user or port", lambda value: not set(value) & set(" @/'\"\\")
    ),
    # In a configuration of Exim, and of Apache.
    "migrate_address": Kind(
        "a host name or an address without a user or port", lambda value: not set(value) & set(" @/'\"\\")
    ),
    "migrate_only": ListOf(
        pattern(
            "[A-Za-z0-9_.+=-]*(@[A-Za-z0-9.-]+)?",
            "lists as they are named on the old server, or @ and a domain, such as talk or @lists.example.org",
        )
    ),
    "migrate_web": or_empty(
        pattern("https?://[A-Za-z0-9.:\\[\\]-]+", "an address such as https://fermium.example.org, without a path")
    ),
    # It becomes part of a command that sshd of the old server runs.
    "migrate_source_state": pattern("(?:/[A-Za-z0-9_.+-]+)+", "an absolute path of letters, digits, and _ . + -"),
    "migrate_source_user": SYSTEM_NAME,
    "migrate_source_ports": ListOf(PORT),
    "migrate_directory": FILE,
    "migrate_copy": FILE,
    "migrate_group": SYSTEM_NAME,
    "migrate_announce": ListOf(one_of(announcement.AUDIENCES)),
    "migrate_announce_from": or_empty(_ADDRESS),
    "migrate_announce_url": pattern(
        r"https?://[A-Za-z0-9.-]+(:[0-9]{1,5})?", "an address such as https://lists.example.org, without a path"
    ),
    "migrate_announce_owners": _MESSAGE,
    "migrate_announce_subscribers": _MESSAGE,
    "migrate_announce_leave_out": ListOf(_ADDRESS),
    "migrate_announce_rate": number(1),
    "migrate_public_archives": ListOf(Fields({"list": POSTING_ADDRESS, "texts": FILE})),
}
