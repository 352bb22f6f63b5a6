# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What goes back to the old server when a migration is rolled back, and what became of it. Pure.

An item is a thing to be put there: a post for its archive, a held message, a request, something that was handled here, or the digest in
progress. Changes of lists, of which the old server gets a declaration, are things of the account, too.
"""

from __future__ import annotations

import base64
import re
from typing import Any, Callable, Iterable, Iterator, Mapping, NamedTuple, Sequence

from ansible_collections.listops.mailman.plugins.module_utils._lists.vocabulary import (
    LIST_FIELDS,
    MEMBER_FIELDS,
    Invalid,
)
from ansible_collections.listops.mailman.plugins.module_utils._mailman21.people import ORDINARY as MEMBER
from ansible_collections.listops.mailman.plugins.module_utils._mailman21.people import check_person
from ansible_collections.listops.mailman.plugins.module_utils._migrate import entries
from ansible_collections.listops.mailman.plugins.module_utils._migrate.remote import messages
from ansible_collections.listops.mailman.plugins.module_utils._migrate.waiting.items import Item, decoded, key_of

# The note of the cut-over: {"marks": {list: key of the last message in its archive}, "lists": as mailman_list_info returns them}.
CUTOVER = "cutover.json"
# What is put into lists of the old server: a line of JSON for each item, and one with their number.
SENT = "returned.jsonl"
# Changes of lists, for the account.
CHANGES = "changes.json"
STATES = ("returned", "merged", "quarantined")
# Kinds of items, in the order in which they are put, and what people call them.
KINDS = {
    "post": "posts for the archive",
    "held": "held messages",
    "subscription": "requests for a subscription",
    "unsubscription": "requests to leave",
    "handled": "things that were handled here",
    "digest": "digests in progress",
    "change": "changes of people and settings",
}
PLAIN = (
    "Posts go back into the archive only, as the archive here keeps them: sender, subject, date, Message-ID, what they answer, text "
    "and attachments. Other headers are not kept here."
)
NO_NOTE = "There is no note of what the lists were at the cut-over, so changes of people and settings that were made here do not go back."
PYTHON3 = (
    "migrate_phase is rollback, and the old server has a Mailman 2 on Python 3, into whose files nothing is written: open it by hand "
    "to go back, without what this host took meanwhile"
)
_FROM = re.compile(rb"(?m)^(?=From )")


# What is not said of somebody new.
ORDINARY: Mapping[str, Mapping[str, Any]] = {
    "member": dict(MEMBER, display_name=""),
    "nonmember": dict(MEMBER, display_name="", moderation_action=None),
}


def note(before: Mapping[str, Any], moment: str, found: Mapping[str, Any], *, some: bool) -> dict[str, Any]:
    """The note of the cut-over.

    before: what it was. moment: see migrate_snapshot. found: the marks, or the lists, of those lists that it is about. some: whether these
    are not all, so that what is noted of others stays.
    """
    kept = before.get("lists") if some else None
    if moment == "begin":
        return {"marks": {**(before.get("marks", {}) if some else {}), **found}, "lists": kept}
    return {"marks": before.get("marks", {}), "lists": {**(kept or {}), **found}}


# ---- items


def item(name: str, source: str, kind: str, identity: Any, about: str, **what: Any) -> dict[str, Any]:
    """name: posting address here; list: what the list is called on the old server; key: stable."""
    return {
        "key": key_of(name, kind, identity),
        "name": name,
        "list": source,
        "kind": kind,
        "about": about,
        **what,
    }


def of_post(name: str, source: str, mail: Mapping[str, Any]) -> dict[str, Any]:
    """mail: see PostedHandler.mails."""
    about = "a post of {0}, {1!r}".format(mail["sender"], mail["subject"])
    return item(name, source, "post", mail["message_id"], about, **mail)


def of_waiting(name: str, source: str, waits: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """What waits here and did not come from there. waits: see Mailman3ReturningHandler.waits."""
    for each in waits["held"]:
        about = "a held message of {0}, {1!r}".format(each["sender"] or "nobody", decoded(each["subject"]))
        lost = {} if each["message"] else {"fault": "Mailman lost the message"}
        yield item(name, source, "held", each["message_id"], about, **each, **lost)
    for kind, asks in (("subscription", "a subscription"), ("unsubscription", "to leave")):
        for each in waits[kind]:
            about = "{0} asks the moderators for {1}".format(each["address"], asks)
            yield item(name, source, kind, each["address"], about, address=each["address"], **_choices(each))


def _choices(each: Mapping[str, Any]) -> dict[str, Any]:
    return {"name_of_person": each["name"], "digest": each["digest"]}


def of_handled(
    name: str, source: str, there: Iterable[Mapping[str, Any]], waiting: Iterable[Item], handled: Iterable[str]
) -> Iterator[dict[str, Any]]:
    """What waits there and was handled here.

    there: requests of the copy, see PendingHandler.waiting; waiting: the items that were made of them; handled: keys of items that were
    moved and wait here no more.
    """
    handled = set(handled)
    by_source = {"request {0}".format(each["id"]): each for each in there}
    for one in waiting:
        found = by_source.get(one.source)
        if one.key in handled and found is not None and one.kind in ("held", "subscription", "unsubscription"):
            address = found["record"].get("sender") if one.kind == "held" else found["record"]["address"]
            about = "{0}, which was handled here".format(one.about)
            yield item(name, source, "handled", one.key, about, number=found["id"], what=one.kind, address=address)


def of_digest(
    name: str, source: str, waits: Mapping[str, Any], there: Sequence[bytes], issue: Sequence[int]
) -> Iterator[dict[str, Any]]:
    """The digest in progress, unless it is what the old server has. there, issue: its messages there, and volume and number."""
    if waits["digest"] is None:
        return
    mails = [base64.b64decode(each) for each in waits["digest"]]
    volume, number = (each or 1 for each in waits["issue"])
    if [messages.message_id(each) for each in mails] == [messages.message_id(each) for each in there] and [
        volume,
        number,
    ] <= [each or 1 for each in issue[:2]]:
        return
    parts = [base64.b64encode(in_mbox(each)).decode("ascii") for each in mails]
    about = "the digest in progress, with {0} messages".format(len(mails))
    yield item(name, source, "digest", [volume, number], about, volume=volume, number=number, messages=parts)


def in_mbox(mail: bytes) -> bytes:
    """A mail with a line "From " as a part of a mailbox."""
    line, _end, rest = mail.partition(b"\n")
    return line + b"\n" + _FROM.sub(b">", rest).rstrip(b"\n") + b"\n\n"


def asked(name: str, waits: Mapping[str, Any]) -> list[str]:
    """Sentences about people whom this server asked to confirm something."""
    kinds = {"subscription": "a subscription", "unsubscription": "that they leave"}
    return [
        "{0}: {1} was asked by mail to confirm {2}. The old server does not know of it: tell them to ask there again.".format(
            name, each["address"], kinds[each["kind"]]
        )
        for each in waits["asked"]
    ]


# ---- lists


class Changed(NamedTuple):
    """entry, absent: what mailman_list of the old server gets, or nothing: what is there, and then who is not any more.

    about: a line for each change. named: what does not go back.
    """

    entry: Mapping[str, Any]
    absent: Mapping[str, Any]
    about: Sequence[str]
    named: Sequence[str]


def changes(
    former: str,
    before: Mapping[str, Any],
    now: Mapping[str, Any],
    old: Mapping[str, Any],
    schema: Mapping[str, Mapping[str, Any]],
    refused: Callable[[Mapping[str, Any]], str | None],
) -> Changed:
    """What changed in a list since the cut-over, for the old server.

    former: posting address there. before, now: the list here; old: the list there; each as mailman_list_info returns it. schema:
    available_settings of the old server. refused: why it cannot take an entry.
    """
    if now["state"] != before["state"]:
        return Changed({}, {}, [], ["It became {0} here: make it so on the old server.".format(now["state"])])
    state = {} if old["state"] == "present" else {"state": old["state"]}
    kept: dict[tuple[str, ...], Any] = {}
    about: list[str] = []
    named = [
        "{0} was changed here: change it on the old server.".format(key)
        for key in ("templates", "archivers")
        if now[key] != before[key]
    ]
    for path, value, what in _values(before, now, old, schema, named):
        reason = refused({"name": former, **state, **entries.nested([(path, value)])})
        if reason:
            named.append("{0} does not go back: {1}.".format(what, reason))
        else:
            kept[path] = value
            about.append(what)
    gone: dict[tuple[str, ...], Any] = {}
    action = str(old["settings"].get("member_moderation_action") or "hold")
    for role in ("member", "nonmember"):
        people, left = _people(role, before, now, old, action, named)
        about += ["{0} is a {1}, or is one with other options".format(person["address"], role) for person in people]
        about += ["{0} is no {1} any more".format(address, role) for address in left]
        if people:
            kept[(entries.ROSTERS[role],)] = {"state": "present", "addresses": people}
        if left:
            gone[(entries.ROSTERS[role],)] = {"state": "absent", "addresses": left}
    entry, absent = ({"name": former, **state, **entries.nested(some.items())} if some else {} for some in (kept, gone))
    return Changed(entry, absent, about, named)


def _values(
    before: Mapping[str, Any],
    now: Mapping[str, Any],
    old: Mapping[str, Any],
    schema: Mapping[str, Mapping[str, Any]],
    named: list[str],
) -> Iterator[tuple[tuple[str, ...], Any, str]]:
    """What is declared of the list itself: where, what, and in words."""
    for key, value in sorted(now["settings"].items()):
        if value == before["settings"].get(key):
            continue
        if key in schema and schema[key]["type"] != "secret":
            yield ((key,) if key in LIST_FIELDS else ("settings", key)), value, "{0} is {1!r}".format(key, value)
        else:
            named.append("{0} was set to {1!r} here, which the old server does not have.".format(key, value))
    if now["header_matches"] != before["header_matches"]:
        rules = [{key: rule[key] for key in ("header", "pattern", "action")} for rule in now["header_matches"]]
        yield ("header_matches",), rules, "there are {0} header rules".format(len(rules))
    bans = _carried(before["bans"], now["bans"], old["bans"])
    if bans != old["bans"]:
        yield ("bans",), bans, "there are {0} bans".format(len(bans))
    for role in ("owner", "moderator"):
        was, are, there = (
            [person["address"].lower() for person in found["rosters"].get(role, ())] for found in (before, now, old)
        )
        people = _carried(was, are, there)
        if people != there:
            yield (entries.ROSTERS[role],), people, "the {0}s are {1}".format(role, ", ".join(people) or "nobody")


def _carried(before: Sequence[Any], now: Sequence[Any], old: Sequence[Any]) -> list[Any]:
    """What the old one has, without what went away here, and with what came."""
    gone = [each for each in before if each not in now]
    kept = [each for each in old if each not in gone]
    return kept + [each for each in now if each not in before and each not in kept]


def _decided(role: str, found: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """People by address. Of nonmembers those about whom somebody decided: Mailman 3 notes everybody who writes."""
    return {
        person["address"].lower(): person
        for person in found["rosters"].get(role, ())
        if role != "nonmember" or person["moderation_action"] != "default"
    }


def _people(
    role: str,
    before: Mapping[str, Any],
    now: Mapping[str, Any],
    old: Mapping[str, Any],
    action: str,
    named: list[str],
) -> tuple[list[dict[str, Any]], list[str]]:
    """Who came or has other options, with what is new of them; and who left. action: what happens to posts of moderated members."""
    was, are, there = (_decided(role, found) for found in (before, now, old))
    people = []
    for address in sorted(are):
        new = are[address]
        told = {key: new[key] for key in MEMBER_FIELDS if new[key] != was.get(address, ORDINARY[role]).get(key)}
        present = there.get(address, ORDINARY[role])
        told = {key: value for key, value in told.items() if value != present.get(key)}
        if address not in was or told:
            kept = {"address": new["address"]}
            for key, value in told.items():
                try:
                    check_person(role, {"address": new["address"], "moderation_action": "default", key: value}, action)
                    kept[key] = value
                except Invalid as exc:
                    named.append("{0}.".format(exc))
            if address not in there or len(kept) > 1:
                people.append(kept)
    return people, [there[address]["address"] for address in sorted(was.keys() - are.keys()) if address in there]


# ---- the account


def lines(items: Iterable[Mapping[str, Any]], outcomes: Mapping[str, tuple[str, str | None]]) -> list[dict[str, Any]]:
    """The account of a list: what became of each item. outcomes: key -> state and reason; an item without one is lost."""
    out = []
    for each in items:
        state, reason = outcomes.get(each["key"], ("lost", "the old server did not say what became of it"))
        line = {**{key: each[key] for key in ("key", "kind", "about")}, "state": state, "reason": reason}
        if "message_id" in each:
            # A redaction knows the line by it.
            line["message_id"] = messages.clean_id(each["message_id"])
        out.append(line)
    return out


def sums(said: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    return {"found": len(said), **{state: sum(1 for line in said if line["state"] == state) for state in STATES}}


def agree(name: str, said: Sequence[Mapping[str, Any]]) -> str | None:
    """Why an account does not add up, in a sentence; None when it does."""
    lost = [line["about"] for line in said if line["state"] not in STATES]
    if not lost:
        return None
    return "list {0}: {1} things were found, and of {2} the old server does not say what became of them, such as {3}".format(
        name, len(said), len(lost), lost[0]
    )


def kinds(said: Iterable[Mapping[str, Any]]) -> dict[str, int]:
    """How many things there are of each kind."""
    counted: dict[str, int] = {}
    for line in said:
        counted[line["kind"]] = counted.get(line["kind"], 0) + 1
    return counted


def sentence(name: str, said: Sequence[Mapping[str, Any]]) -> str:
    """The sums for people."""
    found = kinds(said)
    what = ", ".join("{0} {1}".format(found[kind], called) for kind, called in KINDS.items() if kind in found)
    total = sums(said)
    return "{0}: {1} found ({2}), {3}".format(
        name, total["found"], what, ", ".join("{0} {1}".format(total[state], state) for state in STATES)
    )
