# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reads rosters of other systems: text with a person on each line, or entries of a directory. Pure."""

from __future__ import annotations

import re
from email.errors import HeaderParseError
from email.header import decode_header, make_header
from typing import Any, Iterable, Iterator, Mapping, Sequence

from ansible_collections.listops.mailman.plugins.module_utils._lists import vocabulary
from ansible_collections.listops.mailman.plugins.module_utils._lists.vocabulary import Invalid
from ansible_collections.listops.mailman.plugins.plugin_utils import export

# RFC 5322 and what people write besides, but nothing that could be another address. The standard library reads only
# the part that it understands, which differs between versions.
_MAILBOX = re.compile(r"""((?:"(?:[^"\\]|\\.)*"|[^"\\<>@,;:])*)<\s*([^\s<>]+)\s*>\Z""")
_OWN_NAME = re.compile(r"([^\s<>]+)\s*<\s*([^\s<>]+)\s*>\Z")
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"')
_ENCODED = re.compile(r"=\?[^?\s]+\?[bqBQ]\?[^?\s]*\?=")


def people(text: str) -> list[dict[str, Any]]:
    """People from lines such as `alice@example.net` or `Alice <alice@example.net>`; # starts a comment.

    Repeated people are returned once. A line that is not fully understood is refused: a broken source must not decide
    who is a member, and of two people on a line none may get lost.
    """
    return _once(_lines(text))


def entries(found: Sequence[Any], address: str = "mail", display_name: str = "cn") -> list[dict[str, Any]]:
    """People from entries of a directory: dictionaries whose values are texts or lists of texts.

    address, display_name: names of attributes, in any case. Of several names the first is used. Several addresses are
    several members, since the values of a directory have no order. Entries without an address are skipped, but at
    least one must have an address.
    """
    rows = list(_entries(found, address, display_name))
    if found and not rows:
        raise Invalid(
            "none of the {0} entries of the roster has {1!r}: give the attribute that holds addresses".format(
                len(found), address
            )
        )
    return _once(rows)


def _once(rows: Iterable[tuple[str, str]]) -> list[dict[str, Any]]:
    """People from names and addresses, each once."""
    found: dict[str, dict[str, Any]] = {}
    for name, address in rows:
        person = {"address": address, "display_name": name} if name else {"address": address}
        found.setdefault(address.lower(), person)
    return list(found.values())


def _lines(text: str) -> Iterator[tuple[str, str]]:
    # Files from Windows begin with this mark.
    for number, line in enumerate(text.lstrip("\ufeff").splitlines(), 1):
        line = line.strip()
        if not line or line.startswith("#"):
            continue
        found = _mailbox(line)
        if found is None:
            raise Invalid(
                "line {0} of the roster is {1!r}: give alice@example.net, or Alice <alice@example.net>, or "
                '"Doe, Alice" <alice@example.net>, and one person on a line'.format(number, line)
            )
        yield found


def _mailbox(line: str) -> tuple[str, str] | None:
    """The name and the address of a line, or None when the line has anything else."""
    if vocabulary.is_one_address(line):
        return "", line
    own = _OWN_NAME.match(line)
    if own and own.group(1).strip("\"'").lower() == own.group(2).lower() and vocabulary.is_one_address(own.group(2)):
        # Many programs write an address without a name like this.
        return "", own.group(2)
    found = _MAILBOX.match(line)
    if found is None or not vocabulary.is_one_address(found.group(2)):
        return None
    name = _decoded(found.group(1)) if '"' not in found.group(1) else _unquoted(found.group(1))
    return None if name is None else (" ".join(name.split()), found.group(2))


def _unquoted(name: str) -> str:
    return _QUOTED.sub(lambda found: re.sub(r"\\(.)", r"\1", found.group(1)), name)


def _decoded(name: str) -> str | None:
    """Decode the encoded words of RFC 2047 in a name; None when they are invalid."""
    if not _ENCODED.search(name):
        return name
    try:
        return str(make_header(decode_header(name)))
    except (HeaderParseError, LookupError, ValueError):
        return None


def _entries(found: Sequence[Any], address: str, display_name: str) -> Iterator[tuple[str, str]]:
    for number, entry in enumerate(found, 1):
        if not isinstance(entry, Mapping):
            raise Invalid(
                "entry {0} of the roster is {1!r}: give a dictionary such as {2!r}".format(
                    number, entry, {address: "alice@example.net", display_name: "Alice"}
                )
            )
        if set(export.COLUMNS).issubset(entry):
            # A row of our own export, perhaps saved by a spreadsheet since.
            entry = {key: export.original(value) for key, value in entry.items() if isinstance(value, str)}
        names = _values(entry, display_name)
        for value in _values(entry, address):
            if not vocabulary.is_one_address(value):
                raise Invalid(
                    "{0} of {1} in the roster is {2!r}: give an e-mail address".format(
                        address, entry.get("dn", "entry {0}".format(number)), value
                    )
                )
            yield (names[0] if names else ""), value


def _values(entry: Mapping[str, Any], attribute: str) -> list[str]:
    """The values of an attribute of an entry."""
    found = [value for name, value in entry.items() if str(name).lower() == attribute.lower()]
    flat = [item for value in found for item in (value if isinstance(value, (list, tuple)) else [value])]
    return [str(item).strip() for item in flat if item is not None and str(item).strip()]
