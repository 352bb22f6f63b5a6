# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A roster as other systems write it: a text with a person on each line, or entries of a directory. Pure."""

from __future__ import annotations

import re
from email.errors import HeaderParseError
from email.header import decode_header, make_header
from typing import Any, Iterable, Iterator, Mapping, Sequence

from ansible_collections.listops.mailman.plugins.module_utils._lists import vocabulary
from ansible_collections.listops.mailman.plugins.module_utils._lists.vocabulary import Invalid
from ansible_collections.listops.mailman.plugins.plugin_utils import export

# RFC 5322 with what people write beside it, and nothing that could be another address: the standard library reads as
# much as it understands, and more or less of it in every version.
_MAILBOX = re.compile(r"""((?:"(?:[^"\\]|\\.)*"|[^"\\<>@,;:])*)<\s*([^\s<>]+)\s*>\Z""")
_OWN_NAME = re.compile(r"([^\s<>]+)\s*<\s*([^\s<>]+)\s*>\Z")
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"')
_ENCODED = re.compile(r"=\?[^?\s]+\?[bqBQ]\?[^?\s]*\?=")


def people(text: str) -> list[dict[str, Any]]:
    """People from lines such as `alice@example.net` or `Alice <alice@example.net>`; # starts a comment.

    Whoever is there twice is returned once. One line that is not understood whole is an error: a source that is half
    broken must not decide who is a member, and of two people on a line none may be lost.
    """
    return _once(_lines(text))


def entries(found: Sequence[Any], address: str = "mail", display_name: str = "cn") -> list[dict[str, Any]]:
    """People from entries of a directory: dictionaries whose values are texts or lists of texts.

    address, display_name: attributes, in any case. Of several names the first is taken; several addresses are several
    members, since a directory has no order of values. An entry without an address is nobody, and it is an error when all are.
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
    """From names and addresses."""
    found: dict[str, dict[str, Any]] = {}
    for name, address in rows:
        person = {"address": address, "display_name": name} if name else {"address": address}
        found.setdefault(address.lower(), person)
    return list(found.values())


def _lines(text: str) -> Iterator[tuple[str, str]]:
    # Windows begins files so.
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
    """The name and the address that a line is, or None when it is anything else, or more."""
    if vocabulary.is_one_address(line):
        return "", line
    own = _OWN_NAME.match(line)
    if own and own.group(1).strip("\"'").lower() == own.group(2).lower() and vocabulary.is_one_address(own.group(2)):
        # As many programs show who has no name.
        return "", own.group(2)
    found = _MAILBOX.match(line)
    if found is None or not vocabulary.is_one_address(found.group(2)):
        return None
    name = _decoded(found.group(1)) if '"' not in found.group(1) else _unquoted(found.group(1))
    return None if name is None else (" ".join(name.split()), found.group(2))


def _unquoted(name: str) -> str:
    return _QUOTED.sub(lambda found: re.sub(r"\\(.)", r"\1", found.group(1)), name)


def _decoded(name: str) -> str | None:
    """A name with the encoded words of RFC 2047, or None when they say nothing."""
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
            # A row of our own export, which a spreadsheet may have had meanwhile.
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
    """What an entry has of an attribute: nothing, one text, or several."""
    found = [value for name, value in entry.items() if str(name).lower() == attribute.lower()]
    flat = [item for value in found for item in (value if isinstance(value, (list, tuple)) else [value])]
    return [str(item).strip() for item in flat if item is not None and str(item).strip()]
