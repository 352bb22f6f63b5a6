# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The templates of a list: their names and placeholders. Pure."""

from __future__ import annotations

import re
from typing import Any, Iterable, Mapping

from ansible_collections.listops.mailman.plugins.module_utils._lists import vocabulary
from ansible_collections.listops.mailman.plugins.module_utils._lists.server_info import ServerInfo
from ansible_collections.listops.mailman.plugins.module_utils._lists.vocabulary import Invalid

# A text for every language, or texts by language code. An empty text restores Mailman's own.
Text = Any

# Placeholders of every template.
COMMON = [
    "description",
    "display_name",
    "domain",
    "info",
    "language",
    "list_id",
    "listname",
    "owner_email",
    "request_email",
    "short_listname",
    "site_email",
]
# Placeholders of every template since Mailman 3.3.9.
URLS = [
    "base_url",
    "domain_url",
    "held_message_url",
    "mailinglist_url",
    "pending_subscriptions_url",
    "pending_unsubscriptions_url",
]
_DECORATION = "fqdn_listname list_name mail_host request_address"
_MEMBER = (
    "member user_email user_delivered_to user_language user_name user_name_or_email user_name_or_address user_address"
)
_GREETING = "user_name user_email user_address fqdn_listname list_name list_requests"
_FAREWELL = "user_email user_address fqdn_listname list_name list_requests"
_CONFIRM = "token subject confirm_email user_email confirm_address email_address domain_name contact_address"
_HELD = "subject sender_email reasons"
# Mailman's names of templates, and the placeholders of each besides COMMON, including deprecated ones.
TEMPLATES: dict[str, list[str]] = {
    name: more.split()
    for name, more in {
        "list:admin:action:post": _HELD,
        "list:admin:action:subscribe": "member",
        "list:admin:action:unsubscribe": "member email",
        "list:admin:notice:disable": "member",
        "list:admin:notice:increment": "member",
        "list:admin:notice:pending": "count data",
        "list:admin:notice:removal": "member mlist",
        "list:admin:notice:subscribe": "member",
        "list:admin:notice:unrecognized": "",
        "list:admin:notice:unsubscribe": "member",
        "list:member:digest:footer": _DECORATION,
        "list:member:digest:header": _DECORATION,
        "list:member:digest:masthead": "got_list_email got_request_email got_owner_email",
        "list:member:regular:footer": _DECORATION + " " + _MEMBER,
        "list:member:regular:header": _DECORATION + " " + _MEMBER,
        "list:user:action:invite": _CONFIRM,
        "list:user:action:subscribe": _CONFIRM,
        "list:user:action:unsubscribe": _CONFIRM,
        "list:user:notice:goodbye": _FAREWELL,
        "list:user:notice:hold": _HELD,
        "list:user:notice:no-more-today": "count sender_email sender owneremail",
        "list:user:notice:post": "subject list_name",
        "list:user:notice:probe": "sender_email address email owneraddr",
        "list:user:notice:refuse": "reason request adminaddr",
        "list:user:notice:rejected": "reasons",
        "list:user:notice:warning": "sender_email",
        "list:user:notice:welcome": _GREETING,
    }.items()
}
# In these, each archiver of the list adds a placeholder with its name for the URL of the post.
_OF_POSTS = ("list:member:regular:footer", "list:member:regular:header")
_ARCHIVER_URL = re.compile(r"[a-z][a-z0-9_]*_url\Z")

_PLACEHOLDER = re.compile(r"\$(?:\$|\{([^}\n]*)\}|([_a-zA-Z][_a-zA-Z0-9]*))")
_OLD_PLACEHOLDER = re.compile(r"%\(([a-z_]+)\)[sd]")


def _placeholders(text: str) -> list[str]:
    """The names of the placeholders in a text, in their order."""
    found = (match for match in _PLACEHOLDER.finditer(text) if match.group(0) != "$$")
    return [match.group(2) if match.group(1) is None else match.group(1) for match in found]


def _unfilled(key: str, word: str, known: Iterable[str]) -> Invalid:
    return Invalid(
        "{0} has ${1}, which Mailman does not fill in there: give {2}, and $$ for a dollar sign".format(
            key, word if word.isidentifier() else "{" + word + "}", ", ".join("$" + item for item in sorted(known))
        )
    )


def _checked(key: str, name: str, value: Any) -> str:
    """Refuse unknown placeholders."""
    text = vocabulary.text(key, value).replace("\r\n", "\n")
    old = _OLD_PLACEHOLDER.search(text)
    if old:
        raise Invalid(
            "{0} has {1}, as Mailman 2.1 writes it: give placeholders such as $listname".format(key, old.group(0))
        )
    known = COMMON + URLS + TEMPLATES[name]
    for word in _placeholders(text):
        if word not in known and not (name in _OF_POSTS and _ARCHIVER_URL.match(word)):
            raise _unfilled(key, word, known)
    return text


def parse_templates(key: str, value: Any) -> dict[str, Text]:
    """Texts by Mailman's name: each a text, a dictionary of texts by language code, or empty for Mailman's own."""
    if not isinstance(value, Mapping):
        raise vocabulary.refuse(key, value, "a dictionary of texts")
    out: dict[str, Text] = {}
    for name, given in value.items():
        if name not in TEMPLATES:
            raise vocabulary.unknown_key(name, list(TEMPLATES), " ({0})".format(key))
        where = "{0}.{1}".format(key, name)
        if given is None:
            continue
        if isinstance(given, Mapping):
            texts = {str(code): _checked("{0}.{1}".format(where, code), name, item) for code, item in given.items()}
            out[name] = {code: item for code, item in texts.items() if item} or ""
        else:
            out[name] = _checked(where, name, given)
    return out


def personal(texts: Mapping[str, Text]) -> str | None:
    """The first placeholder that Mailman fills in only when every member gets a copy of their own."""
    for name, given in texts.items():
        for text in given.values() if isinstance(given, Mapping) else [given]:
            for word in _placeholders(text):
                if name in _OF_POSTS and word in _MEMBER.split():
                    return "templates.{0} has ${1}".format(name, word)
    return None


def check_known(where: str, texts: Mapping[str, Text], info: ServerInfo) -> None:
    """Refuse templates, languages and placeholders that this Mailman does not have."""
    languages = info.schema["preferred_language"]["choices"] if texts else []
    for name, given in texts.items():
        key = "list {0}: templates.{1}".format(where, name)
        if name not in info.templates:
            known = ", ".join(sorted(info.templates)) or "none"
            raise Invalid("{0} is a text that this Mailman does not have: give one of {1}".format(key, known))
        for code, text in given.items() if isinstance(given, Mapping) else [(None, given)]:
            if code is not None and code not in languages:
                raise vocabulary.refuse(key + " in language", code, vocabulary.in_words(languages))
            for word in _placeholders(text):
                if word in URLS and word not in info.template_urls:
                    raise _unfilled(key, word, COMMON + TEMPLATES[name] + list(info.template_urls))
