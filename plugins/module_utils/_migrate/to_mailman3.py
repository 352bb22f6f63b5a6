# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Lists of Mailman 2.1 as Mailman 3 can hold them, and each value that it cannot hold. Pure.

What has another name in Mailman 3 is carried over: texts become templates, with their placeholders translated, and rules on several
headers become several rules. The rest is named, with what takes its place.
"""

from __future__ import annotations

import math
import re
from typing import Any, Collection, Iterator, Mapping, NamedTuple, Sequence

from ansible_collections.listops.mailman.plugins.module_utils._lists import model, plan, templates, vocabulary
from ansible_collections.listops.mailman.plugins.module_utils._lists.vocabulary import Invalid
from ansible_collections.listops.mailman.plugins.module_utils._mailman21 import options, stock
from ansible_collections.listops.mailman.plugins.module_utils._migrate import entries

# Texts of a list -> Mailman 3's templates.
TEXTS = {
    "msg_header": "list:member:regular:header",
    "msg_footer": "list:member:regular:footer",
    "digest_header": "list:member:digest:header",
    "digest_footer": "list:member:digest:footer",
    "welcome_msg": "list:user:notice:welcome",
    "goodbye_msg": "list:user:notice:goodbye",
}
# Placeholders of Mailman 2.1 -> of Mailman 3's templates.
PLACEHOLDERS = {
    "real_name": "$display_name",
    "list_name": "$short_listname",
    "_internal_name": "$short_listname",
    "host_name": "$domain",
    "description": "$description",
    "info": "$info",
    "user_address": "$user_email",
    "user_delivered_to": "$user_delivered_to",
    "user_name": "$user_name",
    "user_language": "$user_language",
}
# The address of the list's page, as 2.1's own footers spell it.
_LISTINFO = re.compile(r"%\(web_page_url\)s\s*listinfo%\(cgiext\)s/%\(_internal_name\)s")
_OLD = re.compile(r"%\(([A-Za-z_]+)\)[sd]|%%")
_UNFILLED = "{0} has {1}, which Mailman 3 does not fill in: it is not carried over; write {2} under templates."
_NAMED = {"listname": "$display_name", "hostname": "$domain"}
_CONFIRMED = {
    **_NAMED,
    "email": "$user_email",
    "listaddr": "$listname",
    "requestaddr": "$confirm_email",
    "cookie": "$token",
    "listadmin": "$owner_email",
    # where the request came from, within a sentence
    "remote": "",
}
_POSTED = {
    **_NAMED,
    "listname": "$short_listname",
    "subject": "$subject",
    "sender": "$sender_email",
    "reason": "$reasons",
}
# Files in a list's own folder -> Mailman 3's templates, and placeholders of these files.
FILES: dict[str, tuple[str, dict[str, str]]] = {
    "adminsubscribeack.txt": ("list:admin:notice:subscribe", {**_NAMED, "member": "$member"}),
    "adminunsubscribeack.txt": ("list:admin:notice:unsubscribe", {**_NAMED, "member": "$member"}),
    "invite.txt": ("list:user:action:invite", _CONFIRMED),
    "masthead.txt": (
        "list:member:digest:masthead",
        {
            "real_name": "$display_name",
            "got_list_email": "$listname",
            "got_request_email": "$request_email",
            "got_owner_email": "$owner_email",
        },
    ),
    "nomoretoday.txt": (
        "list:user:notice:no-more-today",
        {"listname": "$listname", "sender": "$sender_email", "num": "$count", "owneremail": "$owner_email"},
    ),
    "postack.txt": ("list:user:notice:post", {**_NAMED, "subject": "$subject"}),
    "postauth.txt": ("list:admin:action:post", _POSTED),
    "postheld.txt": ("list:user:notice:hold", _POSTED),
    "refuse.txt": (
        "list:user:notice:refuse",
        {**_NAMED, "request": "$request", "reason": "$reason", "adminaddr": "$owner_email"},
    ),
    "subauth.txt": ("list:admin:action:subscribe", {**_NAMED, "listname": "$short_listname", "username": "$member"}),
    "unsub.txt": ("list:user:action:unsubscribe", _CONFIRMED),
    "unsubauth.txt": (
        "list:admin:action:unsubscribe",
        {**_NAMED, "listname": "$short_listname", "username": "$member", "email": "$email"},
    ),
    "verify.txt": ("list:user:action:subscribe", _CONFIRMED),
}
# What takes the place of other files.
OWN_PAGES = "the web interface has pages of its own"
OTHER_FILES = {
    "bounce.txt": "write list:admin:notice:disable under templates",
    "checkdbs.txt": "write list:admin:notice:pending under templates",
    "disabled.txt": "write list:user:notice:warning under templates",
    "probe.txt": "write list:user:notice:probe under templates",
    "subscribeack.txt": "write list:user:notice:welcome under templates",
    "cronpass.txt": "nobody has a password for a list",
    "userpass.txt": "nobody has a password for a list",
}
_SEVERAL_HEADERS = re.compile(r"\^?\((?:\?:)?([A-Za-z0-9-]+(?:\|[A-Za-z0-9-]+)+)\):\s*(.*)\Z", re.DOTALL)
_OWN_CHOICE = "each member chooses it"
_ACCOUNTS = "owners and moderators log in to the web interface with an account"
# What takes the place of each setting that is not carried over under a name of Mailman 3.
INSTEAD = {
    "admin_member_chunksize": "the web interface has pages of its own",
    "admin_password": _ACCOUNTS,
    "archive_volume_frequency": "the archive has months",
    "available_languages": "the web interface has the languages of the site",
    "bounce_matching_headers": "what of it is needed belongs into header_matches",
    "digest_is_default": _OWN_CHOICE,
    "dmarc_none_moderation_action": "dmarc_mitigate_unconditionally",
    "dmarc_quarantine_moderation_action": "dmarc_mitigate_action holds for p=quarantine, too",
    "drop_cc": "Mailman 3 does not shorten Cc",
    "encode_ascii_prefixes": "Mailman 3 encodes a prefix where that is needed",
    "equivalent_domains": "each address of a person is one of a user",
    "forward_auto_discards": "nothing forwards discarded posts",
    "include_sender_header": "Mailman 3 writes no Sender header of its own",
    "member_moderation_action": "moderation_action of each member who is moderated",
    "member_moderation_notice": "the template list:user:notice:rejected, for all rejected posts",
    "member_verbosity_interval": "nothing counts how often a member posts",
    "member_verbosity_threshold": "nothing counts how often a member posts",
    "mime_is_default_digest": _OWN_CHOICE,
    "moderator_password": "give it a new one, since only its SHA-1 is known; " + _ACCOUNTS,
    "new_member_options": _OWN_CHOICE,
    "nntp_host": "the news server is the site's (mailman_settings.nntp)",
    "nondigestable": "members may always have each post",
    "nonmember_rejection_notice": "the template list:user:notice:rejected, for all rejected posts",
    "obscure_addresses": "the archive always hides addresses from strangers",
    "poster_password": "the header Approved takes moderator_password alone",
    "regular_exclude_ignore": "nothing keeps away posts that a member has from another list",
    "regular_exclude_lists": "nothing keeps away posts that a member has from another list",
    "regular_include_lists": "the address of the other list may be a member",
    "scrub_nondigest": "filter_content takes attachments out",
    "send_reminders": "nobody has a password for a list",
    "subscribe_auto_approval": "subscription_policy holds for everybody",
    "topics": "a list for each topic",
    "topics_bodylines_limit": "a list for each topic",
    "topics_enabled": "a list for each topic",
    "umbrella_list": "an umbrella list is a list with the addresses of the other lists as members",
    "umbrella_member_suffix": "an umbrella list is a list with the addresses of the other lists as members",
    "web_page_url": "the web interface has the address of the site",
}
# Of these, nothing is said of each list: every list has one, which nobody chose for it.
EVERY_LIST_HAS = ("admin_password", "member_moderation_action", "web_page_url")
# What else Mailman 2.1 keeps of a list, and where it goes.
STATE = {
    **dict.fromkeys(("members", "digest_members", "usernames", "delivery_status"), "the list's members"),
    **dict.fromkeys(("user_options", "language"), "the list's members, and migrate_requests for their other options"),
    **dict.fromkeys(("volume", "next_digest_number", "digest_last_sent_at", "one_last_digest"), "migrate_requests"),
    **dict.fromkeys(("passwords", "topics_userinterest", "bounce_info"), "migrate_requests names it"),
    **dict.fromkeys(("created_at", "last_post_time"), "the archive shows when there were posts"),
    **dict.fromkeys(
        ("admin_responses", "hold_and_cmd_autoresponses", "postings_responses", "request_responses"),
        "who was answered today is forgotten tomorrow",
    ),
    **dict.fromkeys(
        ("data_version", "next_post_number", "next_request_id", "post_id", "listops_disabled"),
        "Mailman 3 and this collection have notes of their own",
    ),
}


class Converted(NamedTuple):
    """found: what mailman_list_info would return of a Mailman 3. lost: posting address -> sentences.

    former: posting address -> the one in Mailman 2.1, where that is another.
    """

    found: dict[str, Any]
    lost: dict[str, list[str]]
    former: dict[str, str]


def convert(found: Mapping[str, Any], schema: Mapping[str, Mapping[str, Any]]) -> Converted:
    """Lists of Mailman 2.1, as mailman_list_info returned them, as lists of a Mailman 3 with these settings."""
    names = _names(found["lists"].values())
    lists: dict[str, Any] = {}
    lost: dict[str, list[str]] = {}
    former: dict[str, str] = {}
    for old, each in found["lists"].items():
        said: list[str] = []
        address = old
        local, _at, domain = old.partition("@")
        if local == "mailman":
            lost[address] = ["It is the site list of Mailman 2.1, which Mailman 3 does not need."]
            continue
        if not re.match(r"[-_.0-9a-z]+\Z", local):
            new = _free(re.sub(r"[^-_.0-9a-z]", "-", local), domain, {*found["lists"], *lists})
            said.append(
                "Mailman 3 takes no list of this name, so it is called {0}; the old name needs an alias.".format(new)
            )
            address = "{0}@{1}".format(new, domain)
            former[address] = old
        lists[address] = _list(each, domain, schema, names, said)
        if said:
            lost[address] = said
    return Converted(
        {**found, "engine": "mailman3", "available_settings": schema, "lists": lists},
        lost,
        former,
    )


def _free(local: str, domain: str, taken: Collection[str]) -> str:
    """A name that no other list has."""
    name, count = local, 1
    while "{0}@{1}".format(name, domain) in taken:
        count += 1
        name = "{0}-{1}".format(local, count)
    return name


def _list(
    found: Mapping[str, Any],
    domain: str,
    schema: Mapping[str, Mapping[str, Any]],
    names: Mapping[str, str],
    said: list[str],
) -> dict[str, Any]:
    settings = {key: kind.get("default") for key, kind in schema.items() if kind["type"] != "secret"}
    new = _new_list()
    texts: dict[str, Any] = {}
    for key, value in found["settings"].items():
        if value is None or (key not in schema and value == new.get(key)):
            continue
        if key in TEXTS:
            texts.update(_text(key, value, said))
        elif key in schema and schema[key]["type"] != "secret":
            settings[key] = _value(key, value, domain, schema, said)
        elif key == "moderator_password":
            said.append("{0} is set, and cannot be taken over: {1}.".format(key, INSTEAD[key]))
        elif key not in EVERY_LIST_HAS:
            more = ": {0}".format(INSTEAD[key]) if key in INSTEAD else ""
            said.append("{0} is {1}, which Mailman 3 does not have{2}.".format(key, _shown(key, value), more))
    if settings.get("autorespond_requests") == "respond_and_discard":
        said.append(
            "autorespond_requests is respond_and_discard, with which Mailman 3 discards mail that confirms something, too; "
            "Mailman 2.1 does not."
        )
    _own_texts(found.get("own_texts", {}), texts, schema["preferred_language"]["choices"], said)
    before = found["before"] or {"header_matches": found["header_matches"], "settings": {}}
    settings.update({key: value for key, value in before["settings"].items() if key in settings})
    rules = list(_rules(before["header_matches"], said))
    closed: dict[str, Any] = {"before": None}
    if found["before"]:
        closed["before"] = {"settings": {key: settings[key] for key in plan.DISABLED_SETTINGS}, "header_matches": rules}
        settings.update(plan.DISABLED_SETTINGS)
        rules = plan.disabled_rules(entries.disabled_action(found))
    return {
        **found,
        **closed,
        "settings": settings,
        "header_matches": rules,
        "bans": [ban for ban in found["bans"] if _holds("bans", ban, said)],
        "archivers": {},
        "templates": texts,
        "rosters": {role: list(_people(role, people, names, said)) for role, people in found["rosters"].items()},
    }


def _new_list() -> dict[str, Any]:
    """What a new list of Mailman 2.1 has, by setting."""
    schema = options.schema(stock.OPTIONS, sorted(stock.CHARSETS))
    return {
        name: options.read_setting(name, stock.NEW_LIST, kind)
        for name, kind in schema.items()
        if kind["type"] != "secret"
    }


def _shown(key: str, value: Any) -> str:
    text = "set" if key.endswith("_password") else repr(value)
    return text if len(text) <= 80 else text[:77] + "..."


def _value(key: str, value: Any, domain: str, schema: Mapping[str, Mapping[str, Any]], said: list[str]) -> Any:
    """A setting in the type of Mailman 3; its own default where it cannot hold the value."""
    field = model.schema_field(key, schema[key])
    if field.type == "int" and isinstance(value, float):
        if value != int(value):
            said.append("{0} is {1}, and a whole number in Mailman 3: {2}.".format(key, value, math.ceil(value)))
        value = math.ceil(value)
    if schema[key]["type"] == "senders":
        # Mailman 2.1 names a list by its name alone.
        value = ["{0}@{1}".format(item, domain) if re.match(r"@[^@]+\Z", item) else item for item in value]
    if schema[key]["type"] in ("senders", "patterns", "lower_patterns") and isinstance(value, list):
        one = {"senders": vocabulary.sender, "lower_patterns": vocabulary.lower_pattern}.get(
            schema[key]["type"], vocabulary.address_or_pattern
        )
        return [item for item in value if _holds(key, item, said, one)]
    try:
        return vocabulary.checked(field, value)
    except Invalid as exc:
        said.append("{0}; it stays as Mailman 3 has it, {1!r}.".format(exc, schema[key].get("default")))
        return schema[key].get("default")


def _holds(key: str, item: str, said: list[str], check: Any = vocabulary.address_or_pattern) -> bool:
    try:
        check(key, item)
    except Invalid as exc:
        said.append("{0}.".format(exc))
        return False
    return True


def _translated(text: str, name: str, placeholders: Mapping[str, str]) -> tuple[str, list[str]]:
    """A text with Mailman 3's placeholders, and those of 2.1 that have no place in the template of that name."""
    known = {*templates.COMMON, *templates.TEMPLATES[name]}
    unknown: list[str] = []

    def new(found: re.Match[str]) -> str:
        word = found.group(1)
        if word is None:
            return "%"
        placeholder = placeholders.get(word)
        if placeholder is None or (placeholder and placeholder[1:] not in known):
            unknown.append(found.group(0))
            return ""
        return placeholder

    text = _LISTINFO.sub("\0", text.replace("$", "$$"))
    return _OLD.sub(new, text).replace("\0", "$listname"), list(dict.fromkeys(unknown))


def _text(key: str, value: Any, said: list[str]) -> Iterator[tuple[str, str]]:
    """A text as a template, or nothing where a placeholder has no place there."""
    name = TEXTS[key]
    text, unknown = _translated(str(value), name, PLACEHOLDERS)
    if unknown:
        said.append(_UNFILLED.format(key, ", ".join(unknown), name))
    elif text.strip():
        yield name, text


def _own_texts(
    found: Mapping[str, Mapping[str, str]], texts: dict[str, Any], languages: Sequence[str], said: list[str]
) -> None:
    """Add the files of the list's own folder to its templates, as far as their placeholders have a place there."""
    for language, files in sorted(found.items()):
        for file, content in sorted(files.items()):
            where = "The text {0}/{1}".format(language, file)
            if file not in FILES:
                said.append(
                    "{0} is not carried over: {1}.".format(
                        where,
                        OWN_PAGES if file.endswith(".html") else OTHER_FILES.get(file, "Mailman 3 sends no such text"),
                    )
                )
                continue
            name, placeholders = FILES[file]
            text, unknown = _translated(content, name, placeholders)
            if unknown:
                said.append(_UNFILLED.format(where, ", ".join(unknown), name))
            elif language not in languages:
                said.append("{0} is not carried over: Mailman 3 does not have that language.".format(where))
            else:
                texts.setdefault(name, {})[language] = text


def _rules(rules: Sequence[Mapping[str, str]], said: list[str]) -> Iterator[dict[str, str]]:
    seen = set()
    for rule in rules:
        several = _SEVERAL_HEADERS.match(rule["pattern"]) if not rule["header"] else None
        headers = several.group(1).lower().split("|") if several else [rule["header"]]
        pattern = (several.group(2) or ".*") if several else rule["pattern"]
        for header in headers:
            new = {"header": header, "pattern": pattern, "action": rule["action"]}
            try:
                model.parse_header_matches("header_matches", [new])
            except Invalid as exc:
                said.append("{0}: the rule {1!r} is not carried over.".format(exc, rule["pattern"]))
                continue
            if (header, pattern) not in seen:
                seen.add((header, pattern))
                yield new


def _names(lists: Any) -> dict[str, str]:
    """The one name of each address, which Mailman 3 keeps whatever the list: what most lists call it, else the first."""
    votes: dict[str, dict[str, int]] = {}
    for each in lists:
        for people in each["rosters"].values():
            for person in people:
                if person["display_name"]:
                    counted = votes.setdefault(person["address"].lower(), {})
                    counted[person["display_name"]] = counted.get(person["display_name"], 0) + 1
    return {address: max(counted, key=lambda name: counted[name]) for address, counted in votes.items()}


def _people(
    role: str, people: Sequence[Mapping[str, Any]], names: Mapping[str, str], said: list[str]
) -> Iterator[dict[str, Any]]:
    for person in people:
        if not vocabulary.is_address(person["address"]):
            said.append("{0!r} is no address to Mailman 3: it is left out of the {1}s.".format(person["address"], role))
            continue
        name = names.get(person["address"].lower(), "")
        if person["display_name"] not in ("", name):
            said.append(
                "{0} is called {1!r} here and {2!r} elsewhere; Mailman 3 keeps one name.".format(
                    person["address"], person["display_name"], name
                )
            )
        yield {**person, "display_name": name}
