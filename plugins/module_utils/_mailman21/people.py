# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""People on lists of Mailman 2.1 in the form of an inventory. Pure."""

from __future__ import annotations

from typing import Any, Mapping

from ansible_collections.listops.mailman.plugins.module_utils._lists import vocabulary
from ansible_collections.listops.mailman.plugins.module_utils._lists.vocabulary import Invalid
from ansible_collections.listops.mailman.plugins.module_utils._mailman21.options import NONMEMBERS, canonical, stored

# Bits of a member's options.
PLAIN_DIGEST = 8
MODERATED = 128
DELIVERY_STATUSES = {0: "enabled", 1: "unknown", 2: "by_user", 3: "by_moderator", 4: "by_bounces"}
# Option of a member -> bit, and whether the bit means no.
FLAGS = {
    "acknowledge_posts": (4, False),
    "hide_address": (16, False),
    "receive_own_postings": (2, True),
    "receive_list_copy": (256, True),
    "receive_reminders": (32, True),
}
# The options of people in an inventory, which are read.
_READ_FLAGS = [(flag, mask, negated) for flag, (mask, negated) in FLAGS.items() if flag in vocabulary.MEMBER_FIELDS]
_READ_LANGUAGE = "preferred_language" in vocabulary.MEMBER_FIELDS
ORDINARY = {"delivery_mode": "regular", "delivery_status": "enabled", "moderation_action": "default"}


def read_member(row: Any, moderated: bool, action: str) -> dict[str, Any]:
    """A member; row: see Files.members in remote/read.py.

    moderated: the list's default_member_moderation; action: the word for its member_moderation_action.
    """
    key, given, name, options, digest, status, language = row
    bit = bool(options & MODERATED)
    mode = "regular" if not digest else "plaintext_digests" if options & PLAIN_DIGEST else "mime_digests"
    person = {
        "address": given or key,
        "display_name": canonical(name),
        "delivery_mode": mode,
        "delivery_status": DELIVERY_STATUSES.get(status, "unknown"),
        "moderation_action": "default" if bit == moderated else action if bit else "defer",
    }
    for flag, mask, negated in _READ_FLAGS:
        person[flag] = bool(options & mask) != negated
    if _READ_LANGUAGE:
        person["preferred_language"] = language
    return person


def write_member(person: Mapping[str, Any], moderated: bool) -> dict[str, Any]:
    """Options of a member for the program in Mailman; only those that are given."""
    out: dict[str, Any] = {"address": person["address"]}
    flags: list[tuple[int, bool]] = []
    if "display_name" in person:
        out["name"] = person["display_name"]
    if "delivery_mode" in person:
        out["digest"] = person["delivery_mode"] != "regular"
        if out["digest"]:
            flags.append((PLAIN_DIGEST, person["delivery_mode"] == "plaintext_digests"))
    if "delivery_status" in person:
        out["status"] = stored(DELIVERY_STATUSES, person["delivery_status"])
    if "moderation_action" in person:
        action = person["moderation_action"]
        flags.append((MODERATED, moderated if action == "default" else action != "defer"))
    for flag, (mask, negated) in FLAGS.items():
        if flag in person:
            flags.append((mask, person[flag] != negated))
    if person.get("preferred_language"):
        out["language"] = person["preferred_language"]
    if flags:
        out["flags"] = flags
    return out


def other_person(address: str, action: str) -> dict[str, Any]:
    """An owner, moderator or nonmember, of whom 2.1 keeps only the address."""
    person = dict.fromkeys(vocabulary.MEMBER_FIELDS)
    return dict(person, display_name="", **dict(ORDINARY, moderation_action=action), address=address)


def check_person(role: str, person: Mapping[str, Any], action: str) -> None:
    """Refuse options of people that 2.1 does not have.

    action: the word for the list's member_moderation_action as it will be.
    """
    wanted = person.get("moderation_action")
    if role == "nonmember" and wanted is None:
        raise Invalid(
            "moderation_action of {0} is missing: give {1}, which is all that Mailman 2.1 keeps of a nonmember".format(
                person["address"], vocabulary.in_words(NONMEMBERS)
            )
        )
    if role == "member":
        if person.get("delivery_mode") == "summary_digests":
            raise _inexpressible(person, "delivery_mode", "regular, mime_digests or plaintext_digests")
        if wanted not in (None, "default", "defer", action):
            raise _inexpressible(
                person,
                "moderation_action",
                "default, defer or {0} (member_moderation_action of the list)".format(action),
            )
        return
    for key in vocabulary.MEMBER_FIELDS:
        if key in person and key != "moderation_action" and person[key] != ORDINARY.get(key, ""):
            raise _inexpressible(
                person, key, "nothing for the role {0}, of whom it keeps the address alone".format(role)
            )
    accepted = list(NONMEMBERS) if role == "nonmember" else ["accept", "default"]
    if wanted is not None and wanted not in accepted:
        raise _inexpressible(person, "moderation_action", vocabulary.in_words(accepted))


def _inexpressible(person: Mapping[str, Any], key: str, accepted: str) -> Invalid:
    return vocabulary.refuse("{0} of {1}".format(key, person["address"]), person[key], accepted + ", on Mailman 2.1")
