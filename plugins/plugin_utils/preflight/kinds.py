# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Kinds of values that variables of roles accept, and the refusals of other values. Pure."""

from __future__ import annotations

import json
import re
from typing import Any, Callable, Collection, Iterable, Iterator, Mapping, NamedTuple, Protocol

from ansible_collections.listops.mailman.plugins.module_utils import _visible as visible
from ansible_collections.listops.mailman.plugins.module_utils._lists.vocabulary import in_words

# A value longer than this is cut in a refusal.
SHOWN_MOST = 200
# Names of variables whose values must not be shown.
SECRET_NAME = re.compile("pass|secret|token|dsn", re.IGNORECASE)
# A URL with a password in it.
SECRET_VALUE = re.compile('://[^/@"]*:[^/@"]*@')


class NotSet:
    """The value of a variable that nobody set."""


MISSING = NotSet()


class Refusal(NamedTuple):
    """Why a value in an inventory is refused: KEY is VALUE: give WHAT IS ACCEPTED.

    key: the variable, perhaps with a path to a part of it, such as `exim_routes[0].host`.
    value: what it is, or MISSING.
    accepted: what to give instead, the end of the sentence.
    secret: whether the value must not be shown.
    """

    key: str
    value: Any
    accepted: str
    secret: bool = False

    def __str__(self) -> str:
        return visible.sentence("{0} {1}: give {2}.".format(self.key, self._state(), self.accepted))

    def _state(self) -> str:
        if self.value is MISSING:
            return "is missing"
        if self.value not in ("", None) and (self.secret or SECRET_NAME.search(self.key)):
            return "is not accepted"
        return "is {0}".format(shown(self.value))


def shown(value: Any) -> str:
    """A value as JSON, without possible passwords, and cut if it is long."""
    text = json.dumps(_public(value), ensure_ascii=False, default=str)
    return text if len(text) <= SHOWN_MOST else text[: SHOWN_MOST - 3] + "..."


def _public(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): "(hidden)" if SECRET_NAME.search(str(key)) else _public(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_public(item) for item in value]
    if isinstance(value, str) and SECRET_VALUE.search(value):
        return "(hidden)"
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value


Check = Callable[[str, Any], Iterator[Refusal]]


class Rule(Protocol):
    """A rule for a variable.

    accepted: what to give, the end of a refusal.
    """

    @property
    def accepted(self) -> str: ...

    def check(self, key: str, value: Any) -> Iterator[Refusal]:
        """Why a value of the right type is refused, part by part."""


class By(NamedTuple):
    """A rule that is a function of a key and a value, and yields refusals."""

    accepted: str
    check: Check


class Kind(NamedTuple):
    """What a value may be.

    accepted: what to give, as a refusal says it.
    accepts: whether a value is of this kind.
    """

    accepted: str
    accepts: Callable[[Any], bool]

    def check(self, key: str, value: Any) -> Iterator[Refusal]:
        if not self.accepts(value):
            yield Refusal(key, value, self.accepted)


class ListOf(NamedTuple):
    """A list whose items are of one kind.

    least: how many there are at least.
    """

    kind: Rule
    least: int = 0

    @property
    def accepted(self) -> str:
        return ("a list with at least one item, " if self.least else "a list, each item ") + self.kind.accepted

    def check(self, key: str, value: Any) -> Iterator[Refusal]:
        if len(value) < self.least:
            yield Refusal(key, value, self.accepted)
        for number, item in enumerate(value):
            yield from self.kind.check("{0}[{1}]".format(key, number), item)


class Fields(NamedTuple):
    """A dictionary with known keys; these have a kind, but may be missing."""

    kinds: Mapping[str, Rule]

    @property
    def accepted(self) -> str:
        return "a dictionary with {0}".format(", ".join(self.kinds))

    def check(self, key: str, value: Any) -> Iterator[Refusal]:
        for name, kind in self.kinds.items():
            if value.get(name) is not None:
                yield from kind.check("{0}.{1}".format(key, name), value[name])


class MapOf(NamedTuple):
    """A dictionary of any keys.

    keys, values: the kinds of its keys and values.
    """

    keys: Kind
    values: Rule | None = None

    @property
    def accepted(self) -> str:
        return "a dictionary, each key {0}".format(self.keys.accepted)

    def check(self, key: str, value: Any) -> Iterator[Refusal]:
        for name, item in value.items():
            if not self.keys.accepts(name):
                yield Refusal("a key of {0}".format(key), name, self.keys.accepted)
            elif self.values is not None:
                yield from self.values.check("{0}[{1}]".format(key, json.dumps(name)), item)


def pattern(expression: str, accepted: str, *, but: Collection[str] = ()) -> Kind:
    """Text that a regular expression matches as a whole, except the words in `but`."""
    compiled = re.compile(expression)
    return Kind(accepted, lambda value: isinstance(value, str) and bool(compiled.fullmatch(value)) and value not in but)


def or_empty(kind: Kind) -> Kind:
    """The same, or an empty text."""
    return Kind('{0}, or ""'.format(kind.accepted), lambda value: value == "" or kind.accepts(value))


def one_of(choices: Iterable[str]) -> Kind:
    """One of some words."""
    words = list(choices)
    return Kind(in_words(words), lambda value: value in words)


def number(low: float, high: float | None = None, *, more: str = "") -> Kind:
    """A number from low to high."""
    accepted = "a number from {0}{1}{2}".format(low, "" if high is None else " to {0}".format(high), more)
    return Kind(accepted, lambda value: low <= value and (high is None or value <= high))


_LABEL = "[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
_DOMAIN = r"(?=.{1,253}\Z)" + _LABEL + r"(\." + _LABEL + ")*"

DOMAIN = pattern(_DOMAIN, "a lower-case domain name, such as lists.example.org")
HOST_NAME = pattern(_DOMAIN, "a lower-case host name, such as lists.example.org")
HOST_PORT = pattern("[A-Za-z0-9.-]+(:[0-9]{1,5})?", "a host or host:port")
PORT = number(1, 65535)._replace(accepted="a port number from 1 to 65535")
NETWORK = pattern(r"[0-9A-Fa-f.:]+(/[0-9]{1,3})?", "an address or a network, such as 192.0.2.1 or 192.0.2.0/24")
IP_ADDRESS = pattern(
    r"[0-9]{1,3}(\.[0-9]{1,3}){3}|[0-9A-Fa-f]*:[0-9A-Fa-f:]+",
    "one IPv4 or IPv6 address, such as 127.0.0.1 or ::1",
)
FILE = pattern(r'/[^\s"\\%*?\[]+', "an absolute path without white space, quote, backslash, percent sign or wildcard")
SYSTEM_NAME = pattern(
    "[a-z_][a-z0-9_-]{0,30}",
    "a system name other than root, of lower-case letters, digits, '_' and '-'",
    but=["root"],
)
POSTING_ADDRESS = pattern(
    r"[a-z0-9_][a-z0-9_.+=-]*@[a-z0-9.-]+", "a posting address in lower case, such as old@lists.example.org"
)
UNIT = pattern(
    r"[A-Za-z0-9@_.-]+\.(service|socket|target|timer|path|mount)", "the full name of a unit, such as exim4.service"
)
RENAMED = Fields({"from": POSTING_ADDRESS, "to": POSTING_ADDRESS})
