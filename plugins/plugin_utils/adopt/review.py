# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What of a list needs a person: sentences for a comment before its entry, and for the report. Pure."""

from __future__ import annotations

import re
from typing import Any, Iterator, Mapping

from ansible_collections.listops.mailman.plugins.module_utils._lists import vocabulary
from ansible_collections.listops.mailman.plugins.module_utils._lists.vocabulary import Invalid
from ansible_collections.listops.mailman.plugins.module_utils._migrate.entries import Adopted

# As Mailman 3 takes them (listname_chars), where Mailman 2.1 takes more.
_MAILMAN3_NAME = re.compile(r"[-_.0-9a-z]+\Z")
# Domains that nobody can be written to (RFC 2606 and 6761), and hosts without a domain.
_NO_DOMAIN = re.compile(r"@(localhost|.*\.(localhost|localdomain|local|invalid|test))\Z", re.IGNORECASE)


def sentences(found: Mapping[str, Any], adopted: Adopted) -> Iterator[str]:
    """found: as mailman_list_info returns the list."""
    owners = [person["address"] for person in found["rosters"].get("owner", ())]
    if not owners:
        yield "It has no owner: nobody gets what needs a decision."
    for address in owners:
        if not vocabulary.is_one_address(address) or _NO_DOMAIN.search(address):
            yield "Its owner {0!r} cannot be reached.".format(address)
    if found["before"] and found["before"].get("elsewhere"):
        yield "A script disabled it, so what it was before is lost: present gives it what new lists have."
    local = adopted.name.partition("@")[0]
    if not _MAILMAN3_NAME.match(local):
        yield "Mailman 3 takes no list of this name: letters, digits, '-', '_' and '.'."
    policy = found["settings"].get("archive_policy")
    if policy == "private" and found["archive_shown"] == "public":
        yield "archive_policy is {0}, and its archive is public: a run of listops.mailman.lists closes it.".format(
            policy
        )
    for ban in found["bans"]:
        try:
            vocabulary.address_or_pattern("bans", ban)
        except Invalid as exc:
            yield "{0}.".format(exc)
    for key, reason in adopted.omitted.items():
        if key != "bans":
            yield "{0} is not declared, and stays as it is: {1}.".format(key, reason)
