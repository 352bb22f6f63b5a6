# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""External archives, such as mail-archive.com: members of a list that get every post and write none. Pure.

Only public lists have them. An archive in the site's defaults must not be a
member of a list that is not public.
"""

from __future__ import annotations

from typing import Any, Iterable, Mapping, NamedTuple

from ansible_collections.listops.mailman.plugins.module_utils._lists import vocabulary
from ansible_collections.listops.mailman.plugins.module_utils._lists.vocabulary import Invalid

# The archive gets each post at once and whole, also one that was sent to it directly as well. Mail from its address is
# automatic or forged. Only Mailman 2.1 has the last three; its reminders would have passwords archived.
OPTIONS: dict[str, Any] = {
    "delivery_mode": "regular",
    "delivery_status": "enabled",
    "moderation_action": "discard",
    "hide_address": True,
    "receive_list_copy": True,
    "receive_reminders": False,
}


class ExternalArchives(NamedTuple):
    """The external archives that are declared for a list, by address in lower case.

    members: those that get its posts, as people of a roster.
    others: those that must not get them.
    by_default: members from the site's defaults, which the list itself does not name.
    forced: whether they get posts although the list's archive is not public.
    """

    members: Mapping[str, Mapping[str, Any]] = {}
    others: frozenset[str] = frozenset()
    by_default: frozenset[str] = frozenset()
    forced: bool = False

    @property
    def addresses(self) -> frozenset[str]:
        return self.others.union(self.members)


def switches(key: str, value: Any) -> dict[str, bool]:
    """Addresses, each true or false: from a dictionary, or from a list of the true ones."""
    if isinstance(value, (list, tuple)):
        return dict.fromkeys(vocabulary.strings(key, value, vocabulary.address), True)
    if not isinstance(value, Mapping):
        raise vocabulary.refuse(key, value, "a list of addresses, or a dictionary of address: true or false")
    return {
        vocabulary.address(key, address): vocabulary.boolean("{0}.{1}".format(key, address), on)
        for address, on in value.items()
    }


def parse(entry: Mapping[str, Any], defaults: Mapping[str, Any]) -> ExternalArchives:
    """The external archives of an entry of a list on top of the site's defaults, address by address."""
    key = "external_archives"
    own, theirs = (
        {address.lower(): (address, on) for address, on in switches(key, part.get(key) or []).items()}
        for part in (entry, defaults)
    )
    wanted = dict(theirs, **own)
    members = {lower: dict(OPTIONS, address=address) for lower, (address, on) in wanted.items() if on}
    return ExternalArchives(
        members=members,
        others=frozenset(wanted).difference(members),
        by_default=frozenset(members).difference(own),
        forced=vocabulary.boolean(
            "external_archives_allow_private", entry.get("external_archives_allow_private") or False
        ),
    )


def declared(entries: Iterable[Mapping[str, Any]], defaults: Mapping[str, Any]) -> frozenset[str]:
    """Every address, in lower case, that an inventory calls an external archive."""
    found = [item.get("external_archives") or [] for item in [defaults, *entries]]
    return frozenset(
        address.lower() for value in found for address, on in switches("external_archives", value).items() if on
    )


def is_one(person: Mapping[str, Any], archives: frozenset[str]) -> bool:
    """Whether a member is one of these archives, with the options that a declared one has."""
    ordinary = all(person[key] == value for key, value in OPTIONS.items() if key in vocabulary.MEMBER_FIELDS)
    return ordinary and not person["display_name"] and person["address"].lower() in archives


def decide(name: str, external: ExternalArchives, archive_policy: str) -> ExternalArchives:
    """The external archives that the list may have with this archive policy."""
    if archive_policy == "public" or external.forced or not external.members:
        return external
    own = sorted(set(external.members).difference(external.by_default))
    if own:
        raise Invalid(
            "list {0}: external_archives has {1}, and archive_policy is {2}: give archive_policy public, "
            "or external_archives_allow_private: true".format(name, own[0], archive_policy)
        )
    return external._replace(members={}, others=external.addresses)
