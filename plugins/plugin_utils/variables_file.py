# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Variables as the YAML that a person would write. Pure.

What others chose is text to Ansible (!unsafe where it reads like a template) and to every reader of YAML, old and new; what would
act on a terminal is escaped.
"""

from __future__ import annotations

import re
import textwrap
from typing import Any, Iterable, Mapping, Sequence

import yaml

from ansible_collections.listops.mailman.plugins.module_utils import _visible as visible

WIDTH = 140
# Short lists of plain texts stand on one line.
_FLOW_WIDTH = 100
# What YAML 1.1, YAML 1.2 or JSON could take for a number, a time or a word of its own; PyYAML itself knows only YAML 1.1.
_NO_TEXT = re.compile(
    r"[-+.]?[0-9][-+.0-9_:,eExXoOabcdfABCDFTtZz ]*|[-+]?\.(inf|nan)|~|null|true|false|yes|no|on|off|y|n", re.IGNORECASE
)


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


def _shaped(value: Any) -> Any:
    """A value without the classes in which Ansible keeps its own, and short lists on one line."""
    if isinstance(value, Mapping):
        return {str(key): _shaped(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        items = [_shaped(item) for item in value]
        short = all(isinstance(item, str) and visible.lines(item) == item and "\n" not in item for item in items)
        if short and sum(len(item) + 2 for item in items) <= _FLOW_WIDTH:
            return _Line(items)
        return items
    return str(value) if isinstance(value, str) and not isinstance(value, Template) else value


def dumped(value: Any) -> str:
    text: str = yaml.dump(
        _shaped(value),
        Dumper=_Dumper,
        allow_unicode=True,
        sort_keys=False,
        width=WIDTH,
        default_flow_style=False,
    )
    return visible.lines(text)


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
        body = dumped([item])
        parts.append(
            comment(sentences, "  ") + "".join("  " + line if line.strip() else line for line in body.splitlines(True))
        )
    return "{0}:\n{1}".format(key, "\n".join(parts)) if parts else "{0}: []\n".format(key)
