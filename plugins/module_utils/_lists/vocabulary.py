# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The words of an inventory: every option of a list and of a member, with its type.

The names are Mailman 3's attribute names. One table serves the argument
specification of the modules, the validation of inventory entries and the
documentation, so that they cannot disagree.
"""

from __future__ import annotations

import difflib
import functools
import re
from typing import Any, Iterable, Mapping, NamedTuple

from ansible_collections.listops.mailman.plugins.module_utils import _visible as visible

ACTIONS = ("accept", "hold", "reject", "discard", "defer")
POLICIES = ("open", "confirm", "moderate", "confirm_then_moderate")
LIST_STATES = ("present", "disabled", "absent")
ROLES = ("member", "owner", "moderator", "nonmember")
DELIVERY_MODES = ("regular", "mime_digests", "plaintext_digests", "summary_digests")
DELIVERY_STATUSES = ("enabled", "by_user", "by_moderator", "by_bounces", "unknown")
# `default` is the list's default action, which Mailman stores as no value.
MODERATION_ACTIONS = ("default",) + ACTIONS
HEADER_ACTIONS = ("hold", "reject", "discard", "accept")


class Invalid(ValueError):
    """Wrong input, as one sentence that is safe for a terminal: KEY is VALUE: give WHAT IS ACCEPTED."""

    def __init__(self, message: str) -> None:
        super().__init__(visible.sentence(message))


class Field(NamedTuple):
    """One option.

    name: Mailman 3's attribute name.
    type: bool, int, float, str, line (str without a line break), interval
        (seconds), enum, list (of str), patterns (addresses or ^regular
        expressions), topics (dictionaries with name, pattern and description),
        lower_patterns (the same, kept in lower case), senders
        (the same, or @ and a list whose members are meant), address (one, or
        empty), secret.
    choices: the accepted values of an enum.
    """

    name: str
    type: str
    choices: tuple[str, ...] = ()


# Options of a list that both Mailman 2.1 and Mailman 3 understand and that
# people type by hand. All other options of a Mailman go through `settings`.
LIST_FIELDS: dict[str, Field] = {
    field.name: field
    for field in (
        Field("display_name", "line"),
        Field("description", "line"),
        Field("info", "str"),
        Field("subject_prefix", "line"),
        Field("advertised", "bool"),
        Field("archive_policy", "enum", ("public", "private", "never")),
        Field("subscription_policy", "enum", POLICIES),
        Field("unsubscription_policy", "enum", POLICIES),
        Field("default_member_action", "enum", ACTIONS),
        Field("default_nonmember_action", "enum", ACTIONS),
        Field(
            "dmarc_mitigate_action",
            "enum",
            ("no_mitigation", "munge_from", "wrap_message", "reject", "discard"),
        ),
        Field("dmarc_mitigate_unconditionally", "bool"),
        Field("emergency", "bool"),
        Field("acceptable_aliases", "patterns"),
        Field("preferred_language", "line"),
        Field("digests_enabled", "bool"),
        Field("digest_send_periodic", "bool"),
        Field("digest_size_threshold", "float"),
        Field(
            "digest_volume_frequency",
            "enum",
            ("yearly", "monthly", "quarterly", "weekly", "daily"),
        ),
        Field(
            "reply_goes_to_list",
            "enum",
            ("no_munging", "point_to_list", "explicit_header", "explicit_header_only"),
        ),
        Field("reply_to_address", "address"),
        Field("max_message_size", "int"),
        Field("member_roster_visibility", "enum", ("public", "members", "moderators")),
        Field("send_welcome_message", "bool"),
        Field("send_goodbye_message", "bool"),
    )
}

MEMBER_FIELDS: dict[str, Field] = {
    field.name: field
    for field in (
        Field("display_name", "line"),
        Field("delivery_mode", "enum", DELIVERY_MODES),
        Field("delivery_status", "enum", DELIVERY_STATUSES),
        Field("moderation_action", "enum", MODERATION_ACTIONS),
    )
}

# The same characters as in Mailman 3's own validator.
_LOCAL_PART = re.compile(r"""("?)[-0-9A-Za-z!#$%&'*+./=?@_`{}~]+\1\Z""")
_EXAMPLE = r"^.*@example\.org$"
# The beginning, perhaps in groups, a class of one, or escaped.
_BEGINS_WITH_AT = re.compile(r"\^+(?:\((?:\?:)?)*(?:\\?@|\[@\])(?![*?]|\{0)")
_WITHOUT_AT = re.compile(r"\^(?:[0-9A-Za-z_-]|\\[.-])+\$\Z")
_CLASS_OR_COUNT = re.compile(r"\\.|\[\^?\]?(?:\\.|[^\]])*\]|\{[0-9]*,[0-9]*\}")
_SEPARATOR = re.compile(r"[\s,;](?![*?]|\{0)")
_DOMAIN_LABEL = re.compile(r"[0-9A-Za-z][-0-9A-Za-z]*\Z")
# More than Mailman 3 takes: Mailman 2.1 has lists like dev+test (see reconcile._check_against).
_LIST_NAME = re.compile(r"[0-9a-z][-+=_.0-9a-z]*\Z")
# `-admin` stays free: wikifi-admin is a valid name, and the list is looked up
# before its suffix everywhere.
RESERVED_SUFFIXES = (
    "bounces",
    "confirm",
    "join",
    "leave",
    "owner",
    "request",
    "subscribe",
    "unsubscribe",
)
_INTERVAL = re.compile("".join(r"(?:([0-9]{1,10})" + unit + ")?" for unit in "wdhms") + r"\Z")
_INTERVAL_UNITS = (("w", 604800), ("d", 86400), ("h", 3600), ("m", 60), ("s", 1))
# What every database keeps as a number, and 5200 weeks.
MOST, LONGEST = 2**31 - 1, 5200 * 604800
# RFC 5321 and RFC 1035. Of a list's address Mailman makes names of files, which may have 255 bytes; that of a lock ends
# in the host's name and two numbers.
LOCAL_MOST, LABEL_MOST, ADDRESS_MOST, LIST_MOST = 64, 63, 254, 150
# What HyperKitty's tables take, and Mailman's own on MySQL.
TEXT_MOST = {"display_name": 255, "subject_prefix": 255}
_TRUE = frozenset(("true", "yes", "on", "1", "y", "t"))
_FALSE = frozenset(("false", "no", "off", "0", "n", "f"))


def _shown(value: Any) -> str:
    text = "{0!r}".format(value)
    return text if len(text) <= 80 else text[:77] + "..."


def in_words(choices: Iterable[Any]) -> str:
    """Choices as a sentence lists them: `a, b or c`, or `nothing` where there are none."""
    *first, last = [*map(str, choices)] or ["nothing"]
    return "{0} or {1}".format(", ".join(first), last) if first else last


def refuse(key: str, value: Any, accepted: str) -> Invalid:
    """A refusal in the one template. accepted: what to give instead, the end of the sentence."""
    return Invalid("{0} is {1}: give {2}".format(key, _shown(value), accepted))


def is_address(value: Any) -> bool:
    """Whether value is an e-mail address to Mailman (local part, @, a domain with a dot)."""
    if not isinstance(value, str):
        return False
    local, at, domain = value.rpartition("@")
    return bool(at and _LOCAL_PART.match(local) and _is_domain(domain))


# Many people share a domain.
@functools.lru_cache(maxsize=4096)
def _is_domain(domain: str) -> bool:
    labels = domain.split(".")
    return len(labels) > 1 and all(_DOMAIN_LABEL.match(label) for label in labels)


def address(key: str, value: Any) -> str:
    """Return value with the user's spelling, stripped of surrounding blanks."""
    text = value.strip() if isinstance(value, str) else value
    if not is_address(text):
        raise refuse(key, value, "an e-mail address such as alice@example.org")
    return str(text)


def too_long(value: str, most: int = ADDRESS_MOST) -> str:
    """Why an address is too long for mail servers, or longer than `most` bytes; an empty text when it is not."""
    local, _at, domain = value.rpartition("@")
    if len(local) > LOCAL_MOST:
        return "its part before the @ has {0} characters: give up to {1}".format(len(local), LOCAL_MOST)
    label = max(map(len, domain.split(".")))
    if label > LABEL_MOST:
        return "a part of its domain has {0} characters: give up to {1}".format(label, LABEL_MOST)
    if len(value) > most:
        return "with its domain it has {0} characters: give up to {1}".format(len(value), most)
    return ""


def is_one_address(value: Any) -> bool:
    """Whether value is exactly one address. Mailman takes a@example.net/b@example.net for one, too."""
    return is_address(value) and value.count("@") == 1


def address_or_empty(key: str, value: Any) -> str:
    """One address for a header, or an empty text for none."""
    found = value.strip() if isinstance(value, str) else value
    if found != "" and not is_one_address(found):
        raise refuse(key, value, "an e-mail address such as answers@example.org, or an empty text")
    return str(found)


def kept_address(key: str, value: Any) -> str:
    """An address, or a text that a list has in place of one: it can stay or be removed, but plan.py does not add it."""
    if isinstance(value, str) and is_address(value.strip()):
        return value.strip()
    if not isinstance(value, str) or re.search(r"[<>,;\x00-\x1f\x7f]", value):
        raise refuse(key, value, "an e-mail address such as alice@example.org")
    return value


def pattern(key: str, value: Any) -> str:
    """Return a regular expression that compiles."""
    if not isinstance(value, str) or not value:
        raise refuse(key, value, "a regular expression")
    try:
        re.compile(value)
    except (re.error, OverflowError, RecursionError) as exc:
        raise refuse(key, value, "a regular expression that compiles ({0})".format(exc)) from None
    return value


def address_or_pattern(key: str, value: Any) -> str:
    """Return an address in lower case, or a regular expression starting with ^."""
    if isinstance(value, str) and value.startswith("^"):
        found = pattern(key, value)
        reason = _matches_nothing(found)
        if reason:
            raise Invalid(
                "{0} is {1}, which matches no address ({2}): give a regular expression such as {3}".format(
                    key, _shown(value), reason, _EXAMPLE
                )
            )
        return found
    # To Mailman, wildcards in an address have no meaning.
    if not is_address(value) or "*" in value or "?" in value:
        raise refuse(key, value, "an e-mail address, or a regular expression that starts with ^, such as " + _EXAMPLE)
    return str(value).lower()


def as_ban(value: Any) -> str | None:
    """A ban as Mailman stores it, or None for what bans nobody."""
    try:
        return address_or_pattern("ban", value)
    except Invalid:
        return None


def _matches_nothing(expression: str) -> str:
    """Why a regular expression obviously matches no address; an empty text when it may match."""
    if _BEGINS_WITH_AT.match(expression):
        return "something is before the @"
    if _WITHOUT_AT.match(expression):
        return "each has an @"
    if "(?" not in expression and _SEPARATOR.search(_CLASS_OR_COUNT.sub("", expression)):
        return "none has a blank, comma or semicolon"
    return ""


def lower_pattern(key: str, value: Any) -> str:
    """As address_or_pattern, in lower case, as Mailman 3 stores it; it ignores case when it compares."""
    found = address_or_pattern(key, value)
    if not found.startswith("^"):
        return found
    for escape in re.findall(r"\\(.)", found):
        if escape != escape.lower():
            raise refuse(
                key, value, "a regular expression without \\{0}: Mailman keeps it in lower case".format(escape)
            )
    return pattern(key, found.lower())


def sender(key: str, value: Any) -> str:
    """Return an address or the @address of a list in lower case, or a regular expression starting with ^."""
    if isinstance(value, str) and value.startswith("@") and is_address(value[1:]):
        return value.lower()
    try:
        return address_or_pattern(key, value)
    except Invalid as exc:
        raise Invalid("{0}, or @ and the address of a list".format(exc)) from None


def list_name(value: Any) -> str:
    """Return the name of a list in lower case: `name` or `name@domain`.

    Hostile names (empty, dots, path parts, Mailman's own suffixes) are refused:
    Mailman's tools act on them in ways nobody wants.
    """
    accepted = (
        "lower-case letters, digits, '-', '_', '.', '+' and '=', starting with a letter or digit, optionally @domain"
    )
    if not isinstance(value, str):
        raise refuse("the list name", value, accepted)
    local, at, domain = value.lower().partition("@")
    if not _LIST_NAME.match(local) or ".." in local or local.endswith("."):
        raise refuse("the list name", value, accepted)
    if at and ("@" in domain or not is_address("x@" + domain)):
        raise refuse("the list name", value, accepted)
    for suffix in RESERVED_SUFFIXES:
        if local.endswith("-" + suffix):
            raise refuse("the list name", value, "a name that does not end in -{0}, which Mailman uses".format(suffix))
    return local + at + domain


def boolean(key: str, value: Any) -> bool:
    if isinstance(value, bool):
        return value
    if isinstance(value, int) and value in (0, 1):
        return bool(value)
    if isinstance(value, str) and value.lower() in _TRUE | _FALSE:
        return value.lower() in _TRUE
    raise refuse(key, value, "true or false")


def integer(key: str, value: Any) -> int:
    found = int(value) if isinstance(value, str) and re.match(r"[0-9]{1,10}\Z", value) else value
    if isinstance(found, int) and not isinstance(found, bool) and 0 <= found <= MOST:
        return found
    raise refuse(key, value, "a whole number from 0 to {0}".format(MOST))


def number(key: str, value: Any) -> float:
    if isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value < float("inf"):
        return float(value)
    if isinstance(value, str) and re.match(r"[0-9]+(\.[0-9]+)?\Z", value):
        return float(value)
    raise refuse(key, value, "a number, 0 or more")


def interval(key: str, value: Any) -> int:
    """Return seconds, from seconds or from the form 1w2d3h4m5s."""
    found = value
    if isinstance(value, str) and value:
        parts = _INTERVAL.match(value + "s" if value.isdigit() else value)
        if parts:
            found = sum(int(count or 0) * seconds for count, (_unit, seconds) in zip(parts.groups(), _INTERVAL_UNITS))
    if isinstance(found, int) and not isinstance(found, bool) and 0 <= found <= LONGEST:
        return found
    raise refuse(key, value, "a time such as 7d, 12h, 30m, or a number of seconds, up to 5200w")


def text(key: str, value: Any) -> str:
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return str(value)
    if not isinstance(value, str) or "\0" in value:
        raise refuse(key, value, "text")
    return value


def line(key: str, value: Any) -> str:
    found = text(key, value)
    if "\n" in found or "\r" in found:
        raise refuse(key, value, "text on one line")
    return found


def secret(key: str, value: Any) -> str:
    """A password that is not empty: an empty one would let in everybody who gives none."""
    try:
        found = text(key, value)
    except Invalid:
        raise Invalid("{0} is not accepted: give text".format(key)) from None
    if not found:
        raise refuse(key, value, "a password that is not empty")
    return found


def choice(key: str, value: Any, choices: tuple[str, ...]) -> str:
    if not isinstance(value, str) or value not in choices:
        raise refuse(key, value, in_words(choices))
    return value


def strings(key: str, value: Any, check: Any = text) -> list[str]:
    """Return a list of checked strings without repetitions, in the given order."""
    if isinstance(value, str):
        raise refuse(key, value, "a list")
    if not isinstance(value, (list, tuple)):
        raise refuse(key, value, "a list")
    out: list[str] = []
    for item in value:
        item = check(key, item)
        if item not in out:
            out.append(item)
    return out


def checked(field: Field, value: Any) -> Any:
    """Return value in the canonical type of field, or raise Invalid.

    Canonical: bool, int, float, str, seconds for an interval, a list of str.
    """
    key = field.name
    if isinstance(value, str) and len(value) > TEXT_MOST.get(key, len(value)):
        raise refuse(key, value, "text of up to {0} characters; this has {1}".format(TEXT_MOST[key], len(value)))
    if field.type == "enum":
        return choice(key, value, field.choices)
    if field.type == "patterns":
        return strings(key, value, address_or_pattern)
    if field.type == "lower_patterns":
        return strings(key, value, lower_pattern)
    if field.type == "senders":
        return strings(key, value, sender)
    if field.type == "list":
        return strings(key, value)
    return _CHECKS[field.type](key, value)


def topics(key: str, value: Any) -> list[dict[str, str]]:
    """Topics of Mailman 2.1, as dictionaries with name, pattern and description."""
    accepted = "a list of dictionaries with name, pattern and, perhaps, description"
    if not isinstance(value, (list, tuple)):
        raise refuse(key, value, accepted)
    out = []
    for item in value:
        if not isinstance(item, Mapping) or not {"name", "pattern"} <= set(item) <= {"name", "pattern", "description"}:
            raise refuse(key, item, accepted)
        topic = {part: line("{0}.{1}".format(key, part), item.get(part, "")) for part in ("name", "description")}
        out.append({**topic, "pattern": pattern(key + ".pattern", item["pattern"])})
    return out


_CHECKS: dict[str, Any] = {
    "topics": topics,
    "bool": boolean,
    "int": integer,
    "float": number,
    "interval": interval,
    "str": text,
    "line": line,
    "address": address_or_empty,
    "secret": secret,
}


def unknown_key(key: Any, known: list[str], more: str = "") -> Invalid:
    """The refusal of an unknown key, which names the nearest known ones."""
    near = [name for name in known if str(key) in name] or difflib.get_close_matches(str(key), known, n=3)
    accepted = "an option such as {0}" if near else "{0}"
    return Invalid(
        "{0!r} is not an option here{1}: give {2}".format(key, more, accepted.format(in_words(sorted(near or known))))
    )


_ARGUMENT_TYPES = {
    "bool": {"type": "bool"},
    "int": {"type": "int"},
    "float": {"type": "float"},
    "enum": {"type": "str"},
    "str": {"type": "str"},
    "line": {"type": "str"},
    "address": {"type": "str"},
    "patterns": {"type": "list", "elements": "str"},
}


def argument_spec(fields: dict[str, Field]) -> dict[str, dict[str, Any]]:
    """The Ansible argument specification of a table of fields."""
    spec: dict[str, dict[str, Any]] = {}
    for field in fields.values():
        option: dict[str, Any] = dict(_ARGUMENT_TYPES[field.type])
        if field.choices:
            option["choices"] = list(field.choices)
        spec[field.name] = option
    return spec
