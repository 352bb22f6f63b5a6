# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The request of a redaction, its log, and its diff. Pure."""

from __future__ import annotations

import email.utils
import hashlib
import json
import re
from typing import Any, Iterable, Mapping, NamedTuple
from urllib.parse import unquote, urlsplit

from ansible_collections.listops.mailman.plugins.module_utils import _visible as visible
from ansible_collections.listops.mailman.plugins.module_utils._lists import vocabulary
from ansible_collections.listops.mailman.plugins.module_utils._lists.vocabulary import Invalid, refuse

URLS = (
    "https://HOST/.../hyperkitty/list/LIST@DOMAIN/message/HASH/, https://HOST/pipermail/LIST/MONTH/NUMBER.html "
    "or https://HOST/mailman/private/LIST/MONTH/NUMBER.html"
)
_HYPERKITTY = re.compile(r"/list/([^/]+@[^/]+)/message/(\w+)/?\Z")
_PIPERMAIL = re.compile(r"/(?:pipermail|private)/([^/]+)/([^/]+)/(\d{6,}\.html)\Z")


class Page(NamedTuple):
    """The URL of a message: its list, and HyperKitty's hash or Pipermail's volume and file."""

    list: str
    hash: str | None = None
    volume: str | None = None
    file: str | None = None


class Redaction(NamedTuple):
    """A request.

    list: name, with or without its domain.
    message_id: without brackets, or None when page identifies the message.
    replacement: see _redaction/remote/message.py.
    named: the Message-ID or URL as it was given.
    """

    list: str
    message_id: str | None
    page: Page | None
    replacement: dict[str, Any]
    reason: str
    by: str
    named: str = ""


def page(url: str) -> Page:
    """Parse the URL of an archived message."""
    path = unquote(urlsplit(url).path)
    found = _HYPERKITTY.search(path)
    if found:
        return Page(vocabulary.list_name(found.group(1)), hash=found.group(2))
    found = _PIPERMAIL.search(path)
    if found and ".." not in found.group(2):
        return Page(vocabulary.list_name(found.group(1)), volume=found.group(2), file=found.group(3))
    raise refuse("url", url, "the page of one message, {0}".format(URLS))


def asked(params: Mapping[str, Any]) -> Redaction:
    """Parse a module's parameters. Raises Invalid."""
    named = vocabulary.list_name(params["list"]) if params["list"] is not None else None
    where = page(params["url"]) if params["url"] is not None else None
    if where and named and where.list.partition("@")[0] != named.partition("@")[0]:
        raise Invalid("url is of the list {0}, and list is {1!r}: give the same list".format(where.list, named))
    ident = None
    if params["message_id"] is not None:
        ident = re.sub(r"\A\s*<?|>?\s*\Z", "", params["message_id"])
        if not ident or re.search(r"[\s<>]", ident):
            raise refuse("message_id", params["message_id"], "a Message-ID such as <some.thing@example.org>")
    for key in ("reason", "replacement"):
        if not params[key].strip():
            raise refuse(key, params[key], "a text that is not empty")
    subject = params["subject"]
    if subject is not None and (not subject.strip() or "\n" in subject or len(subject) > 512):
        raise refuse("subject", subject, "one line of 1 to 512 characters")
    replacement = {"text": params["replacement"].rstrip("\n"), "subject": subject, "sender": sender(params["sender"])}
    name = named if where is None else where.list if named is None or "@" in where.list else named
    return Redaction(
        str(name),
        ident,
        where,
        replacement,
        params["reason"],
        params["by"] or "",
        params["message_id"] or params["url"],
    )


def sender(value: str | None) -> list[str] | None:
    """Parse a name and an address."""
    if value is None:
        return None
    name, address = email.utils.parseaddr(value)
    if "\n" in value or not vocabulary.is_address(address):
        raise refuse("sender", value, "a name and an address, such as Removed <removed@example.org>")
    return [name, address]


def key(address: str, message_id: str) -> str:
    """The name of a message for files: the list and a hash, since a Message-ID can have any characters."""
    digest = hashlib.sha256(message_id.encode("utf-8")).hexdigest()
    return "{0}-{1}".format(re.sub(r"[^-+=_.@0-9a-z]", "_", address.lower()), digest[:32])


def unfinished(lines: Iterable[str], address: str, message_id: str) -> bool:
    """Whether the log has a redaction of this message that began and is not done."""
    state = ""
    for line in lines:
        try:
            entry = json.loads(line)
        except ValueError:
            # A line that a crash cut off.
            continue
        if isinstance(entry, dict) and (entry.get("list"), entry.get("message_id")) == (address, message_id):
            state = entry.get("state", "")
    return state == "begun"


def entry(state: str, time: str, asked_for: Redaction, address: str, found: Mapping[str, Any], **more: Any) -> str:
    """A line of the log, without the content of the message."""
    replacement = asked_for.replacement
    replaced = ["content", *(name for name in ("subject", "sender") if replacement[name] is not None)]
    line = {
        "time": time,
        "state": state,
        "by": asked_for.by,
        "reason": asked_for.reason,
        "list": address,
        "message_id": found["message_id"],
        "url": found.get("url"),
        "replaced": replaced,
        **more,
    }
    return json.dumps(line, ensure_ascii=False) + "\n"


def diff(places: Iterable[Mapping[str, Any]], escrow: str | None) -> dict[str, str]:
    """The places before and after, without the content of the message."""
    before, after = [], []
    for place in places:
        for what in place["what"]:
            where = visible.sentence("{0}: {1}".format(place["place"], what))
            before.append(where + " as sent\n")
            after.append(where + " redacted\n")
    if escrow:
        after.append("{0}: sealed original\n".format(escrow))
    return {"before": "".join(before), "after": "".join(after)}
