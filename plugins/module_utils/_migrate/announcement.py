# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who is told that lists have moved, by which message, and what became of each. Pure.

The messages for lists are planned once and kept, so a later run sends the rest of the same ones, and nobody joins them who
subscribed since. A message is noted before the mail server can take it: when a run is killed in between, it is in doubt, and
is not sent again.
"""

from __future__ import annotations

import hashlib
import json
import re
import string
import textwrap
from email.message import EmailMessage
from email.policy import SMTP
from typing import Any, Collection, Iterable, Iterator, Mapping, NamedTuple, Sequence

from ansible_collections.listops.mailman.plugins.module_utils._lists.vocabulary import Invalid, in_words

# In the account: what was planned and what became of it, and what the new server cannot hold, in sentences by list.
RECORD = "announcements.jsonl"
LOST = "lost.json"
# Audience -> the roles of its people.
AUDIENCES = {"owners": ("owner", "moderator"), "subscribers": ("member",)}
PLACEHOLDERS = ("lists", "lost", "old", "accounts", "contact")
# What can become of a message. In doubt: a run ended while the mail server had it.
OUTCOMES = ("sent", "refused", "in_doubt", "gone", "left")
# Mail to these would go to many people, or be answered by a program.
_SUFFIXES = (
    "",
    "-admin",
    "-bounces",
    "-confirm",
    "-join",
    "-leave",
    "-owner",
    "-request",
    "-subscribe",
    "-unsubscribe",
)
# Delivery was stopped by somebody else than the person.
_STOPPED = ("by_bounces", "by_moderator")
_ADDRESS = re.compile(r"[!-~]+@[A-Za-z0-9.-]+\Z")
# In an envelope and a header these would need quotes.
_SPECIAL = frozenset('"(),:;<>[\\]')
_WIDTH = 76
# So many lists stand in a subject.
_IN_SUBJECT = 3


class Announcement(NamedTuple):
    """A message to one person. key: the first part of its Message-ID. lists: posting addresses that it names."""

    key: str
    audience: str
    to: str
    lists: tuple[str, ...]


class Text(NamedTuple):
    """What the messages to an audience say, with placeholders."""

    subject: str
    body: str


class Places(NamedTuple):
    """Where lists are now, with {name}, {list_id} and {address}.

    archive_urls: by archive policy. accounts: where people get one. old: the old server.
    """

    list_url: str
    archive_urls: Mapping[str, str]
    accounts: str
    old: str
    contact: str


class Audience(NamedTuple):
    """Whom messages would reach. people: an address, and the lists that its message names. left_out: address -> why not."""

    people: list[tuple[str, tuple[str, ...]]]
    left_out: dict[str, str]


def parse(key: str, text: str) -> Text:
    """A template: a line `Subject: ...`, an empty line, and the text. Raises Invalid."""
    first, _end, rest = text.partition("\n")
    word, colon, subject = first.partition(":")
    accepted = "a text with a first line `Subject: ...`, an empty line, and what the message says"
    if word != "Subject" or not colon or not subject.strip() or not rest.startswith("\n") or not rest.strip():
        raise Invalid("{0} begins with {1!r}: give {2}".format(key, first[:100], accepted))
    for found in string.Template.pattern.finditer(text):
        if not found.group("escaped") and (found.group("named") or found.group("braced")) not in PLACEHOLDERS:
            raise Invalid(
                "{0} has {1!r}: give {2}, or $$ for a dollar sign".format(
                    key, text[found.start() :].split(None, 1)[0][:50], in_words(["$" + each for each in PLACEHOLDERS])
                )
            )
    return Text(subject.strip(), rest.strip("\n") + "\n")


def own_addresses(lists: Iterable[str]) -> set[str]:
    """The addresses of lists themselves, which are no people."""
    parts = (name.lower().partition("@") for name in lists)
    return {local + suffix + "@" + domain for local, _at, domain in parts for suffix in _SUFFIXES}


def audience(
    kind: str, lists: Mapping[str, Mapping[str, Any]], people: Mapping[str, str], but: Mapping[str, str]
) -> Audience:
    """The people of lists, each once.

    lists: posting address -> what ListBackend.read returns. people: address -> a word that is the same for all addresses of one person.
    but: lower-case address -> why no message goes there.
    """
    wanted: dict[str, dict[str, list[str]]] = {}
    written: dict[str, str] = {}
    reached = set()
    for name, each in sorted(lists.items()):
        # Nobody is a subscriber of a list that is closed.
        if kind == "subscribers" and each["saved"] is not None:
            continue
        for role in AUDIENCES[kind]:
            for key, person in each["rosters"].get(role, {}).items():
                address = key.lower()
                wanted.setdefault(people.get(address, address), {}).setdefault(address, []).append(name)
                written[address] = person.get("address") or key
                if person.get("delivery_status") not in _STOPPED:
                    reached.add(address)

    def reason(address: str) -> str | None:
        if address in but:
            return but[address]
        if not _ADDRESS.match(address) or _SPECIAL.intersection(address):
            return "it is no address that a message can be sent to"
        return None if address in reached else "its delivery was stopped, by bounces or by a moderator"

    found: list[tuple[str, tuple[str, ...]]] = []
    left_out: dict[str, str] = {}
    for by_address in wanted.values():
        reasons = {address: reason(address) for address in by_address}
        usable = [address for address, why in reasons.items() if why is None]
        if usable:
            # the address with which the person has most lists
            chosen = min(usable, key=lambda address: (-len(by_address[address]), address))
            found.append((written[chosen], tuple(sorted({name for names in by_address.values() for name in names}))))
        else:
            left_out.update((written[address], str(why)) for address, why in reasons.items())
    return Audience(sorted(found), left_out)


def announcement(kind: str, to: str, lists: Sequence[str]) -> Announcement:
    """The message to a person; the same one has the same key each time."""
    named = json.dumps([kind, to.lower(), sorted(lists)]).encode("ascii")
    return Announcement(hashlib.sha256(named).hexdigest()[:32], kind, to, tuple(sorted(lists)))


class Record:
    """What earlier runs planned and did. lines: of RECORD; the last may be cut off."""

    def __init__(self, lines: Iterable[bytes]) -> None:
        self.messages: dict[str, Announcement] = {}
        self.states: dict[str, str] = {}
        self.answers: dict[str, str] = {}
        # audience -> the lists that need no plan any more
        self.lists: dict[str, set[str]] = {kind: set() for kind in AUDIENCES}
        self.plans = 0
        pending: dict[int, list[Announcement]] = {}
        for line in lines:
            try:
                said = json.loads(line)
            except ValueError:
                # A run was killed while it wrote this, so what it says has not begun.
                continue
            if "to" in said:
                message = Announcement(said["key"], said["audience"], said["to"], tuple(said["lists"]))
                pending.setdefault(said["plan"], []).append(message)
                self.plans = max(self.plans, said["plan"])
            elif "plan" in said:
                # Only now the plan is whole.
                self.messages.update((each.key, each) for each in pending.pop(said["plan"], ()))
                self.lists[said["audience"]].update(said["lists"])
                self.plans = max(self.plans, said["plan"])
            else:
                self.states[said["key"]] = said["state"]
                self.answers[said["key"]] = said.get("answer", "")

    def unplanned(self, kind: str, lists: Iterable[str]) -> list[str]:
        """The lists whose people were not planned to be told yet."""
        return sorted(set(lists).difference(self.lists[kind]))

    def plan(self, kind: str, lists: Sequence[str], messages: Sequence[Announcement]) -> bytes:
        """The lines of another plan, which is in this record from now on. It counts when its last line is there."""
        self.plans += 1
        lines = [{**each._asdict(), "plan": self.plans} for each in messages]
        lines.append({"plan": self.plans, "audience": kind, "lists": list(lists)})
        self.messages.update((each.key, each) for each in messages)
        self.lists[kind].update(lists)
        return b"".join(map(_line, lines))

    def note(self, key: str, state: str, answer: str = "") -> bytes:
        """The line for what became of a message."""
        self.states[key] = state
        self.answers[key] = answer
        return _line({"key": key, "state": state, **({"answer": answer} if answer else {})})

    def outcome(self, key: str) -> str:
        """One of OUTCOMES."""
        state = self.states.get(key, "left")
        return {"begun": "in_doubt", "later": "left"}.get(state, state)

    def of(self, kinds: Collection[str], outcome: str) -> list[Announcement]:
        """The messages to some audiences of which this became."""
        return [each for key, each in self.messages.items() if each.audience in kinds and self.outcome(key) == outcome]

    def sums(self, kind: str) -> dict[str, int]:
        """How many messages to an audience there are, and what became of them."""
        found = [self.outcome(key) for key, each in self.messages.items() if each.audience == kind]
        return {"found": len(found), **{outcome: found.count(outcome) for outcome in OUTCOMES}}


def _line(value: Mapping[str, Any]) -> bytes:
    return (json.dumps(value, sort_keys=True) + "\n").encode("ascii")


def message(
    each: Announcement,
    text: Text,
    places: Places,
    policies: Mapping[str, str],
    lost: Mapping[str, Sequence[str]],
    date: str,
) -> bytes:
    """A message as a mail server takes it. policies: list -> who may read its archive; others were removed. date: as in a header."""
    names = [name for name in each.lists if name in policies]
    fields = {
        "lists": "\n\n".join(_block(name, places, places.archive_urls.get(policies[name])) for name in names),
        "lost": "\n\n".join(_losses(name, lost[name]) for name in names if lost.get(name)) or "    Nothing.",
        "old": places.old,
        "accounts": places.accounts,
        "contact": places.contact,
    }
    one_line = {**fields, "lists": _brief(names), "lost": ""}
    mail = EmailMessage(policy=SMTP.clone(cte_type="7bit"))
    mail["From"], mail["To"], mail["Date"] = places.contact, each.to, date
    mail["Subject"] = " ".join(string.Template(text.subject).substitute(one_line).split())
    mail["Message-ID"] = message_id(each, places.contact)
    mail["Auto-Submitted"] = "auto-generated"
    mail["Precedence"] = "bulk"
    mail.set_content(string.Template(text.body).substitute(fields))
    return mail.as_bytes()


def message_id(each: Announcement, contact: str) -> str:
    return "<{0}.listops-moved@{1}>".format(each.key, contact.rpartition("@")[2])


def _brief(names: Sequence[str]) -> str:
    """Lists for a subject."""
    shown = names if len(names) <= _IN_SUBJECT else names[: _IN_SUBJECT - 1]
    more = ["{0} more".format(len(names) - len(shown))] if len(names) > len(shown) else []
    return ", ".join([*shown, *more])


def _block(name: str, places: Places, archive: str | None) -> str:
    """A list with its addresses."""
    local = name.partition("@")[0]
    fields = {"name": local, "list_id": name.replace("@", ".", 1), "address": name}
    lines = [name, "    page:    " + places.list_url.format(**fields)]
    if archive is not None:
        lines.append("    archive: " + archive.format(**fields))
    return "\n".join("    " + line for line in lines)


def _losses(name: str, sentences: Sequence[str]) -> str:
    wrapped = (
        textwrap.fill(each, _WIDTH, initial_indent="      - ", subsequent_indent="        ", break_long_words=False)
        for each in sentences
    )
    return "\n".join(["    " + name, *wrapped])


def planned(messages: Iterable[Announcement], limit: int) -> Iterator[str]:
    """Who would be sent what, in lines; at most so many, or all for 0."""
    rows = list(messages)
    for each in rows[: limit or None]:
        yield "{0}: {1}: {2}".format(each.audience, each.to, ", ".join(each.lists))
    if limit and len(rows) > limit:
        yield "... and {0} more".format(len(rows) - limit)


def sentence(kind: str, sums: Mapping[str, int], left_out: Mapping[str, str]) -> str:
    """The sums for people."""
    called = {
        "sent": "sent",
        "refused": "refused",
        "in_doubt": "in doubt",
        "gone": "to people who left",
        "left": "left",
    }
    parts = ["{0} {1}".format(sums[word], called[word]) for word in OUTCOMES if sums[word] or word == "sent"]
    if left_out:
        parts.append("{0} addresses left out".format(len(left_out)))
    return "{0}: of {1} messages {2}".format(kind, sums["found"], ", ".join(parts))


def attention(record: Record, kinds: Collection[str], contact: str) -> Iterator[str]:
    """What needs a person."""
    for each in record.of(kinds, "in_doubt"):
        yield (
            "A run ended while the mail server was taking the message {0} to {1}: it is not sent again, and the mail server's "
            "log says whether it went".format(message_id(each, contact), each.to)
        )
    for each in record.of(kinds, "refused"):
        yield "The message to {0} was refused: {1}".format(each.to, record.answers[each.key])
