# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Variables as the YAML that a person would write. Pure.

What others chose is text to Ansible (!unsafe where it reads like a template) and to every reader of YAML, old and new; what would
act on a terminal is escaped.
"""

from __future__ import annotations

import functools
import re
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import yaml

from ansible_collections.listops.mailman.plugins.module_utils import _visible as visible

WIDTH = 140
# Short lists of plain texts stand on one line.
_FLOW_WIDTH = 100
# What YAML 1.1, YAML 1.2 or JSON could take for a number, a time or a word of its own; PyYAML itself knows only YAML 1.1.
_NO_TEXT = re.compile(
    r"[-+.]?[0-9][-+.0-9_:,eExXoOabcdfABCDFTtZz ]*|[-+]?\.(inf|nan)|~|null|true|false|yes|no|on|off|y|n", re.IGNORECASE
)

# Of what begins with a letter, that is a word of at most so many.
_LONGEST_WORD = len("false")

# The same in every YAML, inside brackets and out; letters of any script are.
_PLAIN = re.compile(r"[^\W\d_](?:[\w.@+/-]| (?=[\w.@+/-]))*")


class Template(str):
    """What Ansible shall evaluate."""


class _Line(list):  # type: ignore[type-arg]
    """A list on one line."""


class _Dumper(yaml.SafeDumper):
    def ignore_aliases(self, data: Any) -> bool:
        return True

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        super().increase_indent(flow, False)


def _text(dumper: _Dumper, value: str) -> yaml.Node:
    template = any(mark in value for mark in ("{{", "{%", "{#"))
    style = None
    if visible.lines(value) != value or "\r" in value or "\x85" in value:
        # In quotes, all can be escaped.
        style = '"'
    elif "\n" in value:
        # PyYAML writes no block with blanks at the end of a line.
        style = '"' if re.search(r"[ \t](\n|\Z)", value) else "|"
    elif _NO_TEXT.fullmatch(value):
        style = "'"
    return dumper.represent_scalar("!unsafe" if template else "tag:yaml.org,2002:str", str(value), style=style)


_Dumper.add_representer(str, _text)
_Dumper.add_representer(
    Template, lambda dumper, value: dumper.represent_scalar("tag:yaml.org,2002:str", str(value), style='"')
)
_Dumper.add_representer(
    _Line, lambda dumper, value: dumper.represent_sequence("tag:yaml.org,2002:seq", value, flow_style=True)
)


def dumped(value: Any, indent: str = "") -> str:
    """A mapping, or a list, as YAML. Structure is written here, ten times as fast as PyYAML does; what is a text is PyYAML's to say."""
    out: list[str] = []
    if isinstance(value, Mapping):
        _mapping(out, value, indent, indent)
    else:
        _sequence(out, value, indent)
    out.append("")
    return "\n".join(out)


def _mapping(out: list[str], value: Mapping[Any, Any], first: str, indent: str) -> None:
    """first: what its first line begins with, indent: each other one."""
    for key, item in value.items():
        if isinstance(item, str) and not isinstance(item, Template) and _is_plain(item):
            out.append("{0}{1}: {2}".format(first, _name(key), item))
        elif isinstance(item, Mapping) and item:
            out.append("{0}{1}:".format(first, _name(key)))
            _mapping(out, item, indent + "  ", indent + "  ")
        elif isinstance(item, (list, tuple)):
            line = _on_one_line(item)
            if line is None:
                out.append("{0}{1}:".format(first, _name(key)))
                _sequence(out, item, indent + "  ")
            else:
                out.append("{0}{1}: {2}".format(first, _name(key), line))
        else:
            _foreign(out, {str(key): _own(item)}, first, indent)
        first = indent


def _sequence(out: list[str], items: Iterable[Any], indent: str) -> None:
    for item in items:
        if isinstance(item, str) and _is_plain(item):
            out.append("{0}- {1}".format(indent, item))
        elif isinstance(item, Mapping) and item:
            _mapping(out, item, indent + "- ", indent + "  ")
        else:
            _foreign(out, [_own(item)], indent, indent)


def _foreign(out: list[str], value: Any, first: str, indent: str) -> None:
    """What PyYAML writes; empty lines of texts stay empty."""
    for line in _yaml(value).split("\n")[:-1]:
        out.append(first + line if line else line)
        first = indent


@functools.lru_cache(maxsize=1024)
def _name(key: Any) -> str:
    """A key, as YAML has it."""
    return key if _is_plain(key) else _yaml({str(key): 0})[:-4]


def _on_one_line(items: Sequence[Any]) -> str | None:
    """A short list of texts in brackets; None for another one."""
    if sum(len(item) + 2 if isinstance(item, str) else WIDTH for item in items) > _FLOW_WIDTH:
        return None
    if all(_is_plain(item) for item in items):
        return "[{0}]".format(", ".join(items))
    if any(visible.lines(item) != item or "\n" in item for item in items):
        return None
    return _yaml([_Line(map(str, items))])[2:].rstrip("\n")


def _is_plain(text: str) -> bool:
    """Whether a text is the same in YAML, in brackets too; of what is left PyYAML knows."""
    return _PLAIN.fullmatch(text) is not None and (len(text) > _LONGEST_WORD or not _NO_TEXT.fullmatch(text))


def _own(value: Any) -> Any:
    """A value without the classes in which Ansible keeps its own."""
    if isinstance(value, Mapping):
        return {str(key): _own(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_own(item) for item in value]
    return str(value) if isinstance(value, str) and not isinstance(value, Template) else value


def _yaml(value: Any) -> str:
    text: str = yaml.dump(
        value,
        Dumper=_Dumper,
        allow_unicode=True,
        sort_keys=False,
        width=WIDTH,
        default_flow_style=False,
    )
    # After a text with empty lines at its end, PyYAML says that the document ends.
    return visible.lines(text[: -len("...\n")] if text.endswith("\n...\n") else text)


def lines(value: Any) -> int:
    """How many lines a value takes, with its key."""
    return dumped({"key": value}).count("\n")


def comment(sentences: Iterable[str], indent: str = "") -> str:
    """Sentences as a comment, each from a line of its own on."""
    first, more = indent + "# ", indent + "#   "
    return "".join(
        textwrap.fill(visible.one_line(sentence), WIDTH, initial_indent=first, subsequent_indent=more) + "\n"
        for sentence in sentences
    )


def variables(content: Mapping[str, Any], head: Sequence[str] = ()) -> str:
    """A file of variables."""
    parts = ["---\n", comment(head)]
    for key, value in content.items():
        parts.append(dumped({key: value}))
    return "".join(parts)


def entries(key: str, items: Iterable[tuple[Sequence[str], Mapping[str, Any]]]) -> str:
    """A variable that is a list of dictionaries, each with sentences about it in front."""
    parts = []
    for sentences, item in items:
        parts.append(comment(sentences, "  ") + dumped([item], "  "))
    return "{0}:\n{1}".format(key, "\n".join(parts)) if parts else "{0}: []\n".format(key)
