# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Mailman 2.1's options by Mailman 3's names, as in an inventory: one table, and values both ways. Pure.

Options that are not in the table exist in Mailman 2.1 only; an inventory sets
them under `settings` by their own name, in the type of Mailman 2.1's own table.
"""

from __future__ import annotations

import math
import re
from typing import Any, Callable, Iterable, Mapping, NamedTuple

from ansible_collections.listops.mailman.plugins.module_utils._lists import vocabulary
from ansible_collections.listops.mailman.plugins.module_utils._mailman21.remote.read import odd

DAY = 86400


class Mapped(NamedTuple):
    """One option of both Mailmans.

    name: Mailman 3's.
    raw: Mailman 2.1's; more than one where Mailman 3 has one option for several.
    type: see vocabulary.Field; or days (an interval that 2.1 keeps in days),
        lines (a list that 2.1 keeps as lines of a text).
    words: stored value -> the word of an enum. 2.1 does not have other words.
    """

    name: str
    raw: tuple[str, ...]
    type: str
    words: Mapping[Any, str] = {}


def _same(type_: str, *names: str) -> list[Mapped]:
    return [Mapped(name, (name,), type_) for name in names]


DMARC_ACTIONS = {0: "no_mitigation", 1: "munge_from", 2: "wrap_message", 3: "reject", 4: "discard"}
MEMBER_ACTIONS = {0: "hold", 1: "reject", 2: "discard"}
FREQUENCIES = {0: "yearly", 1: "monthly", 2: "quarterly", 3: "weekly", 4: "daily"}
RESPONSES = {0: "none", 1: "respond_and_continue"}
POLICIES = {0: "open", 1: "confirm", 2: "moderate", 3: "confirm_then_moderate"}
# Nonmembers with an action: plain addresses are the role nonmember, patterns are an option.
NONMEMBERS = {
    "accept": "accept_these_nonmembers",
    "hold": "hold_these_nonmembers",
    "reject": "reject_these_nonmembers",
    "discard": "discard_these_nonmembers",
}

TABLE: dict[str, Mapped] = {
    mapped.name: mapped
    for mapped in (
        # -- options of mailman_list
        Mapped("display_name", ("real_name",), "line"),
        *_same("line", "description", "subject_prefix"),
        *_same("address", "reply_to_address"),
        *_same("str", "info"),
        *_same("bool", "advertised", "emergency", "digest_send_periodic"),
        Mapped(
            "archive_policy",
            ("archive", "archive_private"),
            "enum",
            {0: "public", 1: "private", 2: "never"},  # see _archive_policy
        ),
        Mapped("subscription_policy", ("subscribe_policy",), "enum", POLICIES),
        Mapped("unsubscription_policy", ("unsubscribe_policy",), "enum", {0: "confirm", 1: "confirm_then_moderate"}),
        Mapped(
            "default_member_action",
            ("default_member_moderation", "member_moderation_action"),
            "enum",
            {None: "defer", **MEMBER_ACTIONS},  # see _member_action
        ),
        Mapped(
            "default_nonmember_action",
            ("generic_nonmember_action",),
            "enum",
            {0: "accept", 1: "hold", 2: "reject", 3: "discard"},
        ),
        Mapped("dmarc_mitigate_action", ("dmarc_moderation_action", "from_is_list"), "enum", DMARC_ACTIONS),
        Mapped("dmarc_mitigate_unconditionally", ("from_is_list",), "bool"),
        Mapped("acceptable_aliases", ("acceptable_aliases",), "lines"),
        Mapped("preferred_language", ("preferred_language",), "language"),
        Mapped("digests_enabled", ("digestable",), "bool"),
        Mapped("digest_size_threshold", ("digest_size_threshhold",), "float"),
        Mapped("digest_volume_frequency", ("digest_volume_frequency",), "enum", FREQUENCIES),
        Mapped(
            "reply_goes_to_list",
            ("reply_goes_to_list",),
            "enum",
            {0: "no_munging", 1: "point_to_list", 2: "explicit_header"},
        ),
        *_same("int", "max_message_size"),
        Mapped("member_roster_visibility", ("private_roster",), "enum", {0: "public", 1: "members", 2: "moderators"}),
        Mapped("send_welcome_message", ("send_welcome_msg",), "bool"),
        Mapped("send_goodbye_message", ("send_goodbye_msg",), "bool"),
        # -- under settings
        *_same("patterns", *NONMEMBERS.values()),
        *_same("bool", "admin_immed_notify", "admin_notify_mchanges", "administrivia", "anonymous_list"),
        *_same("bool", "bounce_notify_owner_on_bounce_increment", "bounce_notify_owner_on_disable"),
        *_same("bool", "bounce_notify_owner_on_removal", "collapse_alternatives", "convert_html_to_plaintext"),
        *_same("bool", "filter_content", "first_strip_reply_to", "gateway_to_mail", "gateway_to_news"),
        *_same("bool", "include_rfc2369_headers", "require_explicit_destination", "respond_to_post_requests"),
        *_same("int", "bounce_you_are_disabled_warnings", "max_days_to_hold", "max_num_recipients"),
        *_same("interval", "bounce_info_stale_after", "bounce_you_are_disabled_warnings_interval"),
        *_same("float", "bounce_score_threshold"),
        *_same("str", "autoresponse_postings_text", "autoresponse_request_text", "dmarc_moderation_notice"),
        *_same("str", "dmarc_wrapped_message_text"),
        *_same("line", "linked_newsgroup"),
        Mapped("allow_list_posts", ("include_list_post_header",), "bool"),
        Mapped("autorespond_owner", ("autorespond_admin",), "enum", RESPONSES),
        Mapped("autorespond_postings", ("autorespond_postings",), "enum", RESPONSES),
        Mapped(
            "autorespond_requests",
            ("autorespond_requests",),
            "enum",
            {0: "none", 1: "respond_and_discard", 2: "respond_and_continue"},
        ),
        Mapped("autoresponse_grace_period", ("autoresponse_graceperiod",), "days"),
        Mapped("autoresponse_owner_text", ("autoresponse_admin_text",), "str"),
        Mapped("dmarc_addresses", ("dmarc_moderation_addresses",), "patterns"),
        Mapped("filter_action", ("filter_action",), "enum", {0: "discard", 1: "reject", 2: "forward", 3: "preserve"}),
        Mapped("filter_extensions", ("filter_filename_extensions",), "list"),
        Mapped("filter_types", ("filter_mime_types",), "list"),
        Mapped("pass_extensions", ("pass_filename_extensions",), "list"),
        Mapped("pass_types", ("pass_mime_types",), "list"),
        Mapped(
            "forward_unrecognized_bounces_to",
            ("bounce_unrecognized_goes_to_list_owner",),
            "enum",
            {0: "discard", 1: "administrators"},
        ),
        Mapped("newsgroup_moderation", ("news_moderation",), "enum", {0: "none", 1: "open_moderated", 2: "moderated"}),
        Mapped("nntp_prefix_subject_too", ("news_prefix_subject_too",), "bool"),
        Mapped("personalize", ("personalize",), "enum", {0: "none", 1: "individual", 2: "full"}),
        Mapped("process_bounces", ("bounce_processing",), "bool"),
        # Passwords; they are only compared, never returned.
        Mapped("admin_password", ("password",), "secret"),
        Mapped("moderator_password", ("mod_password",), "secret"),
        Mapped("poster_password", ("post_password",), "secret"),
    )
}
# Options of mailman_list with their own conversion from 2.1's.
STRUCTURED = {
    "name": "host_name",
    "owners": "owner",
    "moderators": "moderator",
    "bans": "ban_list",
    "header_matches": "header_filter_rules",
}
PASSWORDS = {mapped.raw[0]: mapped.name for mapped in TABLE.values() if mapped.type == "secret"}
# It is set under `settings` although an option depends on it, too: it is the action for moderated members.
ALSO_RAW = ("member_moderation_action",)
# Not in the tables of Mailman 2.1's pages.
UNLISTED = {"web_page_url": {"type": "line"}}

_TYPES = {
    "Number": "float",
    "String": "line",
    "Host": "line",
    "Email": "line",
    "Text": "str",
    "FileUpload": "str",
    "EmailList": "list",
    "EmailListEx": "list",
    "Topics": "topics",
}
# 2.1's own table calls all of them numbers; these are stored as whole numbers.
_FRACTIONS = ("bounce_score_threshold",)


def _word(label: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", label.lower()).strip("_")


def _own_kind(name: str, widget: str, choices: Any) -> dict[str, Any]:
    """The type of an option of 2.1 only, from a row of its own table."""
    if widget in ("Radio", "Toggle"):
        words = [_word(label) for label in choices]
        if words == ["no", "yes"]:
            return {"type": "bool"}
        return {"type": "enum", "choices": words}
    if widget == "Checkbox":
        # Labels, ticks, direction and stored values; options of members are bits of one number.
        return {"type": "int"} if name == "new_member_options" else {"type": "list"}
    if widget == "Number" and name not in _FRACTIONS:
        return {"type": "int"}
    return {"type": _TYPES.get(widget, "str")}


def covered() -> dict[str, str]:
    """Attribute of 2.1 -> the option that sets it in an inventory."""
    out = {raw: name for name, raw in STRUCTURED.items()}
    for mapped in TABLE.values():
        for raw in mapped.raw:
            out.setdefault(raw, mapped.name)
    return out


def own_options(rows: Iterable[Any]) -> dict[str, dict[str, Any]]:
    """Schema of the options of 2.1 only. rows: see Mailman21Handler._options."""
    taken = covered()
    out = {name: _own_kind(name, widget, choices) for name, widget, choices in rows if name not in taken}
    out.update({name: _own_kind(name, widget, choices) for name, widget, choices in rows if name in ALSO_RAW})
    return dict(out, **UNLISTED)


def schema(rows: Iterable[Any], languages: list[str]) -> dict[str, dict[str, Any]]:
    """All settings of this Mailman 2.1: name -> {"type", "choices"}, for vocabulary.checked."""
    rows = list(rows)
    known = {name for name, _widget, _choices in rows} | {"personalize"} | set(PASSWORDS)
    out = own_options(rows)
    for mapped in TABLE.values():
        if not known.issuperset(mapped.raw):
            continue
        kind: dict[str, Any] = {"type": {"days": "interval", "lines": "patterns"}.get(mapped.type, mapped.type)}
        if mapped.type == "enum":
            kind["choices"] = list(mapped.words.values())
        elif mapped.type == "language":
            kind = {"type": "enum", "choices": languages}
        elif mapped.name in NONMEMBERS.values():
            kind = {"type": "list"}
        out[mapped.name] = kind
    return out


# ---- values

# Values of an attribute by the type of its option: the check, and its name in a message.
_SHAPES: dict[str, tuple[Callable[[Any], bool], str]] = {
    "text": (lambda value: isinstance(value, str), "a text"),
    "number": (
        lambda value: isinstance(value, (int, float)) and math.isfinite(value),
        "a number",
    ),
    "enum": (
        lambda value: isinstance(value, str) or (isinstance(value, (int, float)) and math.isfinite(value)),
        "a number",
    ),
    "list": (
        lambda value: isinstance(value, list) and all(isinstance(item, str) for item in value),
        "a list of texts",
    ),
    "topics": (
        lambda value: isinstance(value, list) and all(_is_topic(item) for item in value),
        "a list of topics, with three texts each",
    ),
    # read_rules handles all other values as well as it can
    "rules": (lambda value: value is not None, "a list of rules"),
    "any": (lambda value: True, ""),
}
_SHAPE_OF = {
    **dict.fromkeys(("line", "str", "lines", "language", "address"), "text"),
    **dict.fromkeys(("bool", "int", "float", "interval", "days"), "number"),
    **dict.fromkeys(("list", "patterns"), "list"),
    "enum": "enum",
    "topics": "topics",
    "secret": "any",
}
_STRUCTURED_SHAPES = {
    "host_name": "text",
    "owner": "list",
    "moderator": "list",
    "ban_list": "list",
    "header_filter_rules": "rules",
    "created_at": "number",
    "last_post_time": "number",
}
_MAPPED_SHAPES = {raw: "number" if m.type == "enum" else _SHAPE_OF[m.type] for m in TABLE.values() for raw in m.raw}


def _is_topic(item: Any) -> bool:
    return isinstance(item, list) and len(item) >= 3 and all(isinstance(word, str) for word in item[:3])


def check_attribute(name: str, value: Any, schema: Mapping[str, Mapping[str, Any]], necessary: bool) -> None:
    """Refuse a value of a type that Mailman does not keep in an attribute; most may also be None."""
    if value is None and not necessary:
        return
    shape = _STRUCTURED_SHAPES.get(name) or _MAPPED_SHAPES.get(name)
    if shape is None:
        shape = _SHAPE_OF.get(schema.get(name, {}).get("type", ""), "any")
    fits, accepted = _SHAPES[shape]
    if not fits(value):
        raise vocabulary.Invalid(odd(name, value, accepted))


def canonical(text: str) -> str:
    """Decode characters that a list's charset lacks, which 2.1 stores as numbers: &#233; is é."""
    if "&#" not in text:
        return text
    return re.sub(
        r"&#([0-9]{3,7});",
        lambda found: chr(int(found.group(1))) if 127 < int(found.group(1)) < 0x110000 else found.group(0),
        text,
    )


def _plain_address(value: str) -> bool:
    return not value.startswith(("^", "@"))


def _aliases(text: str) -> list[str]:
    """2.1 takes every line for a regular expression that matches at the start; Mailman 3 needs ^ for that."""
    lines = [line.strip() for line in text.splitlines()]
    return [line if line.startswith("^") or _names_one(line) else "^" + line for line in lines if line]


def _names_one(line: str) -> bool:
    """Whether a line is an address to people, and no regular expression."""
    return vocabulary.is_address(line) and "*" not in line and "?" not in line


def _archive_policy(attributes: Mapping[str, Any]) -> str:
    if not attributes["archive"]:
        return "never"
    return "private" if attributes["archive_private"] else "public"


def _member_action(attributes: Mapping[str, Any]) -> Any:
    if not attributes["default_member_moderation"]:
        return "defer"
    return named(MEMBER_ACTIONS, attributes["member_moderation_action"])


def _dmarc_action(attributes: Mapping[str, Any]) -> Any:
    return named(DMARC_ACTIONS, attributes["from_is_list"] or attributes["dmarc_moderation_action"])


_COMPOSED: dict[str, Callable[[Mapping[str, Any]], Any]] = {
    "archive_policy": _archive_policy,
    "default_member_action": _member_action,
    "dmarc_mitigate_action": _dmarc_action,
}


def named(words: Mapping[Any, str], stored: Any) -> Any:
    """The word for a stored number; an unknown number (2.1 takes any) is shown as it is."""
    return words.get(stored, stored)


def stored(words: Mapping[Any, str], word: Any) -> Any:
    return next(stored for stored, name in words.items() if name == word)


def read_setting(name: str, attributes: Mapping[str, Any], kind: Mapping[str, Any]) -> Any:
    """A setting in the form of an inventory, from 2.1's attributes.

    kind: the setting's entry in `schema`.
    """
    mapped = TABLE.get(name)
    if name in _COMPOSED:
        return _COMPOSED[name](attributes)
    value = attributes.get(mapped.raw[0] if mapped else name)
    if mapped and mapped.type == "enum":
        return named(mapped.words, value)
    if mapped and mapped.type == "lines":
        return _aliases(value or "")
    if mapped and mapped.type == "days":
        return int(value or 0) * DAY
    if name in NONMEMBERS.values():
        return [canonical(item) for item in value or [] if not _plain_address(item)]
    return _READ[kind["type"]](value, kind) if kind.get("type") in _READ else value


_READ: dict[str, Callable[[Any, Mapping[str, Any]], Any]] = {
    "bool": lambda value, kind: bool(value),
    "float": lambda value, kind: float(value or 0),
    "str": lambda value, kind: canonical(value or ""),
    "line": lambda value, kind: canonical(value or ""),
    "address": lambda value, kind: canonical(value or ""),
    "enum": lambda value, kind: (
        value if value is None or isinstance(value, str) else named(dict(enumerate(kind["choices"])), int(value))
    ),
    "list": lambda value, kind: [canonical(item) for item in value or []],
    "patterns": lambda value, kind: [canonical(item) for item in value or []],
    "topics": lambda value, kind: [
        dict(zip(("name", "pattern", "description"), map(canonical, topic[:3]))) for topic in value or []
    ],
}


def write_setting(name: str, value: Any, after: Mapping[str, Any], kind: Mapping[str, Any]) -> dict[str, Any]:
    """2.1's attributes for a setting.

    after: the other settings that were read, with their new values.
    """
    mapped = TABLE.get(name)
    if name == "archive_policy":
        # An archive with the policy `never` stays as open as it is.
        return {"archive": 0} if value == "never" else {"archive": 1, "archive_private": int(value == "private")}
    if name == "default_member_action":
        # Without moderation by default, the action applies to members who are moderated by name.
        action = {} if value == "defer" else {"member_moderation_action": stored(MEMBER_ACTIONS, value)}
        return dict(action, default_member_moderation=int(value != "defer"))
    if name in ("dmarc_mitigate_action", "dmarc_mitigate_unconditionally"):
        return _write_dmarc(after)
    if mapped is None:
        return {name: list(kind["choices"]).index(value) if kind["type"] == "enum" else _own_value(value, kind)}
    raw = mapped.raw[0]
    if mapped.type == "enum":
        return {raw: stored(mapped.words, value)}
    if mapped.type == "lines":
        return {raw: "".join(line + "\n" for line in value)}
    if mapped.type == "days":
        return {raw: value // DAY}
    return {raw: _own_value(value, kind)}


def _own_value(value: Any, kind: Mapping[str, Any]) -> Any:
    if kind["type"] == "float" and value == int(value):
        return int(value)
    if kind["type"] == "topics":
        return [[topic["name"], topic["pattern"], topic.get("description", ""), False] for topic in value]
    return value


def _write_dmarc(after: Mapping[str, Any]) -> dict[str, Any]:
    action = stored(DMARC_ACTIONS, after["dmarc_mitigate_action"])
    return {"dmarc_moderation_action": action, "from_is_list": action if after["dmarc_mitigate_unconditionally"] else 0}
