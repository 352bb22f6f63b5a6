# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What waits in a list of Mailman 2.1, thing by thing, and what Mailman 3 would take for it. Pure.

Each thing that waits is an item with a stable key.
"""

from __future__ import annotations

import base64
import datetime
import email.errors
import email.header
import hashlib
import json
import re
from dataclasses import dataclass, field, replace
from typing import Any, Iterator, Mapping

from ansible_collections.listops.mailman.plugins.module_utils._migrate.remote.messages import clean_id

# What Mailman 3 puts between the messages of a digest in progress.
_MMDF = re.compile(rb"(?m)^\x01\x01\x01\x01\r?$")
_END_OF_HEADERS = re.compile(rb"\r?\n(?=\r?\n)")
_MESSAGE_ID = re.compile(rb"(?im)^Message-ID[ \t]*:[ \t]*((?:[^\r\n]|\r?\n[ \t])*)")
# Bits of a member's options, and what they are in Mailman 3.
_FLAGS = (
    ("receive_own_postings", 2, False),
    ("acknowledge_posts", 4, True),
    ("receive_list_copy", 256, False),
)
EXPIRED = "it has not been valid since {0}; Mailman 2.1 drops it, too"


QUESTION = """\
You asked the mailing list {0} to use this address instead of
{1}, and did not confirm it yet.

The list has moved to another server, so the former message of
confirmation is no longer valid. If you still want the change, log in to
the web interface of the list with {1},
add {2} to your account there, and choose it for this list.

If you did not ask for this, do nothing. Write to {3}
if you need help.
"""


@dataclass(frozen=True)
class Item:
    """One thing that waits.

    key: stable. kind: for the account. about: what it is, for people. source: what it is called in the copy.
    wish: what to put into Mailman 3, see Mailman3RequestsHandler.put; None when the outcome is known.
    kept: the bytes to keep when it is quarantined.
    needs: the key of the item that must wait on the target for this one.
    message_id: of a held message, without brackets.
    """

    key: str
    kind: str
    source: str
    about: str
    wish: Mapping[str, Any] | None = None
    outcome: str | None = None
    reason: str | None = None
    kept: bytes | None = None
    suffix: str = "json"
    needs: str | None = None
    message_id: str | None = None

    def put(self) -> dict[str, Any]:
        """What the program for Mailman 3 gets of it."""
        return {**(self.wish or {}), "key": self.key}


@dataclass
class Waiting:
    """All items of a list. named: sentences about what is not moved as such."""

    items: list[Item]
    named: list[str] = field(default_factory=list)
    issue: tuple[int, int, float] = (1, 1, 0)


def key_of(*parts: Any) -> str:
    return hashlib.sha256(json.dumps(parts, ensure_ascii=True).encode("ascii")).hexdigest()[:32]


def moment(seconds: Any) -> str:
    """A time of Mailman 2.1 as Mailman 3 keeps it: UTC, in ISO 8601."""
    try:
        return datetime.datetime.fromtimestamp(float(seconds), datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%S")
    except (TypeError, ValueError, OverflowError, OSError):
        return "1970-01-01T00:00:00"


def decoded(subject: str) -> str:
    """A subject as people read it, on one line and without control characters."""
    try:
        text = str(email.header.make_header(email.header.decode_header(subject)))
    except (LookupError, UnicodeError, ValueError, email.errors.MessageError):
        text = subject
    # Surrogates, which stand for bytes that are in no charset, cannot be stored.
    text = text.encode("utf-8", "replace").decode("utf-8")
    return " ".join("".join(char if char.isprintable() else " " for char in text).split())


def with_one_message_id(raw: bytes, host: str) -> tuple[bytes, str]:
    """A message with exactly one Message-ID, on one line and in ASCII, as Mailman 3 needs it, and that Message-ID.

    One that has none gets a made-up one that follows from its bytes, so that it is the same in each run. Of several the
    first one stays; the others get another name.
    """
    end = _END_OF_HEADERS.search(raw)
    head, rest = (raw[: end.start()], raw[end.start() :]) if end else (raw.rstrip(b"\r\n"), b"\n\n")
    values = [b" ".join(match.group(1).split()) for match in _MESSAGE_ID.finditer(head)]
    chosen = next((value for value in values if value and value.isascii()), None)
    if values == [chosen] and b"Message-ID: " + values[0] in head.splitlines():
        return raw, values[0].decode("ascii")
    if chosen is None:
        chosen = "<listops.{0}@{1}>".format(hashlib.sha1(raw).hexdigest(), host).encode("ascii")
    left = [chosen]

    def new(match: re.Match[bytes]) -> bytes:
        if left and b" ".join(match.group(1).split()) == left[0]:
            return b"Message-ID: " + left.pop()
        return b"X-Former-" + match.group(0)

    head = _MESSAGE_ID.sub(new, head)
    if left:
        # What begins with a blank would go on with this line.
        head = b"Message-ID: " + chosen + b"\n" + head.lstrip(b" \t\r\n")
    return head + rest, chosen.decode("ascii")


def envelope_sender(line: str) -> str:
    """The address in a line "From address date"."""
    words = line.split()
    return words[1] if len(words) > 1 and words[0] == "From" else ""


class _Items:
    """The items of one list.

    source: its name in the copy. found: what the copy has, see PendingHandler.waiting. target: its address on the target,
    where people are to be asked again, otherwise None.
    """

    def __init__(self, source: str, found: Mapping[str, Any], now: float, target: str | None) -> None:
        self.source, self.found, self.now, self.target = source, found, now, target
        self.host = found["host"]
        # Keys of held messages by their numbers, for the confirmations that were sent of them.
        self.held: dict[Any, str] = {}
        self.seen: dict[str, bytes] = {}

    def all(self) -> Iterator[Item]:
        for each in self.found["requests"]:
            yield self._request(each)
        yield from self._unnamed()
        for each in self.found["confirmations"]:
            yield self._confirmation(each)
        yield from self._digest()
        for address, plain in self.found["last_digests"]:
            mode = "plaintext_digests" if plain else "mime_digests"
            yield Item(
                self._key("last_digest", address.lower(), *self.found["issue"][:2]),
                "last_digest",
                address,
                "the last digest for {0}".format(address),
                {"as": "last_digest", "address": address, "delivery_mode": mode},
                kept=_json({"address": address, "delivery_mode": mode}),
            )
        people = options(self.found)
        if people:
            about = "the options of {0} members".format(len(people))
            yield Item(self._key("options"), "options", "members", about, {"as": "options", "people": people})
        for each in self.found["bounces"]:
            yield Item(
                self._key("bounce", each["address"]),
                "bounce",
                each["address"],
                "bounces of {0}, score {1}".format(each["address"], each["score"]),
                outcome="merged",
                reason="it is reset: mail from another server may arrive, so Mailman 3 counts anew",
            )
        for each in self.found["damaged"]:
            data = None if each["bytes"] is None else base64.b64decode(each["bytes"])
            yield Item(
                self._key("file", each["file"], hashlib.sha256(data or b"").hexdigest()),
                "file",
                each["file"],
                "the file {0}".format(each["file"]),
                outcome="quarantined",
                reason="it cannot be read ({0})".format(each["reason"]),
                kept=data,
                suffix="pck",
            )

    def _key(self, *parts: Any) -> str:
        return key_of(self.source, self.host, *parts)

    # -- requests for moderators

    def _request(self, each: Mapping[str, Any]) -> Item:
        kind, record, number = each["kind"], each["record"], each["id"]
        named = "request {0}".format(number)
        if kind == "held":
            return self._held(each, named, record)
        if kind not in ("subscriptions", "unsubscriptions") or not isinstance(record["address"], str):
            return Item(
                self._key("unknown", number, repr(record)),
                "unknown",
                named,
                "a request of a kind that Mailman 2.1 does not have",
                outcome="quarantined",
                reason="nothing is known of this kind",
                kept=_json(record),
            )
        address = record["address"]
        if kind == "unsubscriptions":
            return Item(
                self._key("unsubscription", number, address.lower()),
                "unsubscription",
                named,
                "{0} asks the moderators to leave".format(address),
                {"as": "unsubscription", "address": address, "when": moment(self.now)},
                kept=_json(record),
            )
        return Item(
            self._key("subscription", number, record["time"], address.lower()),
            "subscription",
            named,
            "{0} asks the moderators for a subscription".format(address),
            {
                "as": "subscription",
                "address": address,
                "name": record["name"] or "",
                "when": moment(record["time"]),
                "verified": self.found["confirms"],
                **self._choices(record),
            },
            kept=_json(record),
        )

    def _choices(self, record: Mapping[str, Any]) -> dict[str, Any]:
        digest = "mime_digests" if self.found["mime_digests"] else "plaintext_digests"
        return {"delivery_mode": digest if record["digest"] else "regular", "language": record["language"] or None}

    def _held(self, each: Mapping[str, Any], named: str, record: Mapping[str, Any]) -> Item:
        about = "a message of {0}, {1!r}".format(
            record.get("sender") or "nobody", decoded(str(record.get("subject") or ""))
        )
        if "fault" in each:
            data = None if each["bytes"] is None else base64.b64decode(each["bytes"])
            kept, suffix = (_json(record), "json") if data is None else (data, record["file"].rpartition(".")[2])
            key = self._key("held", record.get("file"), record.get("time"))
            return Item(
                key, "held", named, about, outcome="quarantined", reason=each["fault"], kept=kept, suffix=suffix
            )
        raw, ident = with_one_message_id(base64.b64decode(each["message"]), self.host)
        key = self._key("held", record.get("time") or record["file"], ident)
        if "id" in each:
            self.held[each["id"]] = key
        # Mailman 3 keeps one message by a Message-ID.
        if self.seen.setdefault(ident, _body(raw)) != _body(raw):
            return Item(
                key,
                "held",
                named,
                about,
                outcome="quarantined",
                reason="another message with the same Message-ID waits",
                kept=raw,
                suffix="eml",
                message_id=clean_id(ident),
            )
        wish = {
            "as": "held",
            "message_id": ident,
            "message": base64.b64encode(raw).decode("ascii"),
            "envelope": envelope_sender(each["line"]),
            "sender": record.get("sender") or "",
            "subject": decoded(str(record.get("subject") or "")) or "(no subject)",
            "reason": record.get("reason") or "",
            "when": moment(record.get("time") or self.now),
            "received": record.get("received") or record.get("time") or self.now,
        }
        return Item(key, "held", named, about, wish, kept=raw, suffix="eml", message_id=clean_id(ident))

    def _unnamed(self) -> Iterator[Item]:
        """Files of held messages that no request names; where the requests cannot be read, they wait nevertheless."""
        lost = any(each["file"].endswith("/request.pck") for each in self.found["damaged"])
        for each in self.found["unnamed"]:
            record = {"file": each["file"], "reason": "The record of this held message could not be read"}
            item = self._held(each, "data/{0}".format(each["file"]), record)
            if not lost and item.outcome is None:
                reason = "no request names this file: the message was handled before"
                item = replace(item, wish=None, outcome="quarantined", reason=reason)
            yield item

    # -- confirmations

    def _confirmation(self, each: Mapping[str, Any]) -> Item:
        kind, record, ends = each["kind"], each["record"], each["expires"]
        known = {
            "held_message": self._held_token,
            "subscription": self._confirm_subscription,
            "unsubscription": self._confirm_unsubscription,
            "change_of_address": self._change_of_address,
        }
        # The token itself is a secret.
        key = self._key("confirmation", each["token"])
        named = "confirmation {0}".format(key[:8])
        kept = _json(dict(record, kind=kind))
        if kind in known:
            item = known[kind](key, named, record, {"token": each["token"], "expires": ends}, kept)
            if not isinstance(ends, (int, float)) or ends < self.now:
                since = moment(ends) + " UTC" if ends else "long ago"
                return Item(key, "confirmation", named, item.about, item.wish, "merged", EXPIRED.format(since))
            return item
        if kind == "re_enable":
            about = "{0} is asked to turn delivery on again".format(record["address"])
            return Item(key, "confirmation", named, about, {"as": "re_enable", "address": record["address"]})
        if kind == "probe_bounce":
            about = "whether mail to {0} arrives was tried".format(record["address"])
            return Item(key, "confirmation", named, about, outcome="merged", reason="Mailman 3 counts bounces anew")
        about = "a confirmation of a kind that Mailman 2.1 does not have"
        reason = "nothing is known of this kind"
        return Item(key, "confirmation", named, about, outcome="quarantined", reason=reason, kept=kept)

    def _held_token(
        self, key: str, named: str, record: Mapping[str, Any], token: Mapping[str, Any], kept: bytes
    ) -> Item:
        held = self.held.get(record["request"])
        about = "the confirmation of request {0}".format(record["request"])
        if held is None:
            return Item(
                key, "confirmation", named, about, outcome="merged", reason="its message does not wait any more"
            )
        return Item(
            key, "confirmation", named, about, {"as": "held_token", "held": held, **token}, kept=kept, needs=held
        )

    def _confirm_subscription(
        self, key: str, named: str, record: Mapping[str, Any], token: Mapping[str, Any], kept: bytes
    ) -> Item:
        person = record["person"]
        wish = {
            "as": "confirm_subscription",
            "address": person["address"],
            "name": person["fullname"] or "",
            "when": moment(self.now),
            "invitation": bool(person["invitation"]),
            **self._choices(person),
            **token,
        }
        about = "{0} is asked to confirm a subscription".format(person["address"])
        return Item(key, "confirmation", named, about, wish, kept=kept)

    def _confirm_unsubscription(
        self, key: str, named: str, record: Mapping[str, Any], token: Mapping[str, Any], kept: bytes
    ) -> Item:
        address = record["address"]
        wish = {"as": "confirm_unsubscription", "address": address, "when": moment(self.now), **token}
        about = "{0} is asked to confirm that they leave".format(address)
        return Item(key, "confirmation", named, about, wish, kept=kept)

    def _change_of_address(
        self, key: str, named: str, record: Mapping[str, Any], token: Mapping[str, Any], kept: bytes
    ) -> Item:
        old, new = record["address"], record["new_address"]
        about = "{0} is asked to confirm the new address {1}".format(old, new)
        if self.target is None:
            reason = "Mailman 3 has no such confirmation; the person adds the address in the web interface (or set ask_again)"
            return Item(key, "confirmation", named, about, None, "quarantined", reason, kept)
        text = QUESTION.format(self.target, old, new, self.target.replace("@", "-owner@"))
        wish = {"as": "ask", "address": new, "subject": "Your new address on {0}".format(self.target), "text": text}
        return Item(key, "confirmation", named, about, wish, kept=kept)

    # -- digest

    def _digest(self) -> Iterator[Item]:
        counted: dict[str, int] = {}
        for number, each in enumerate(self.found["digest"], 1):
            raw = base64.b64decode(each)
            found = hashlib.sha256(raw).hexdigest()
            counted[found] = counted.get(found, 0) + 1
            key = self._key("digest", found, counted[found], *self.found["issue"][:2])
            named = "message {0} of the digest in progress".format(number)
            item = Item(key, "digest", named, "a message of the digest in progress", kept=raw, suffix="eml")
            if _MMDF.search(raw):
                reason = "it has a line that Mailman 3 takes for the end of a message"
                yield replace(item, outcome="quarantined", reason=reason)
            else:
                yield replace(item, wish={"as": "digest", "message": each})


def _body(raw: bytes) -> bytes:
    """What two copies of a message have in common, whatever servers they passed."""
    end = _END_OF_HEADERS.search(raw)
    return raw[end.start() :].strip() if end else b""


def _json(value: Any) -> bytes:
    return json.dumps(value, indent=1, sort_keys=True, default=str).encode("utf-8")


def options(found: Mapping[str, Any]) -> list[list[Any]]:
    """Addresses of members, and their options that differ from Mailman 3's defaults.

    hide_address is no option here: Mailman 3 hides addresses by default, and nothing is to be shown that was hidden.
    """
    out = []
    for address, flags, _off, language in found["members"]:
        said: dict[str, Any] = {}
        for name, mask, value in _FLAGS:
            if flags & mask:
                said[name] = value
        if language and language != found["language"]:
            said["preferred_language"] = language
        if said:
            out.append([address, said])
    return out


def waiting(source: str, found: Mapping[str, Any], now: float, target: str | None = None) -> Waiting:
    """The items of a list, see _Items. now: the time, since confirmations end."""
    named = []
    if found["passwords"]:
        named.append(
            "{0} members have a password for this list. Mailman 3 has none: they log in to the web interface with an account".format(
                found["passwords"]
            )
        )
    off = sum(1 for _address, _flags, is_off, _language in found["members"] if is_off)
    if off:
        named.append("Since when delivery is off for {0} members has no place in Mailman 3".format(off))
    if found["topics"]:
        named.append(
            "{0} members chose topics, which Mailman 3 does not have: they get all posts".format(found["topics"])
        )
    volume, number, last = found["issue"]
    return Waiting(list(_Items(source, found, now, target).all()), named, (int(volume), int(number), float(last)))
