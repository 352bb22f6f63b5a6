# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Makes text of others safe for a terminal: control and invisible characters become Python escapes. Pure.

Values that are applied, or returned for other tasks, are not changed.
"""

from __future__ import annotations

import functools
import re
from typing import Any, Callable, Mapping

# str.isprintable() tells apart what Python itself escapes: controls (ESC, CR, DEL, C1), direction marks, zero width,
# line separators, lone surrogates. These, of Unicode's Default_Ignorable_Code_Point, are printable and invisible;
# the last is a blank that is no space.
_INVISIBLE = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef\u2800]"
)
_ESCAPE = r"x[0-9a-f]{2}|u[0-9a-f]{4}|U[0-9a-f]{8}"
_ESCAPED = re.compile(r"(\\*)\\(" + _ESCAPE + ")")
# The beginning of a literal text that reads like an escape.
_LOOKALIKE = re.compile(r"(\\+)(?=" + _ESCAPE + ")")


def hidden(character: str) -> bool:
    """Whether a terminal would act on a character, or show nothing."""
    return not character.isprintable() or bool(_INVISIBLE.match(character))


@functools.lru_cache(maxsize=4096)
def _code(character: str) -> str:
    code = ord(character)
    return ("\\x{0:02x}" if code < 0x100 else "\\u{0:04x}" if code < 0x10000 else "\\U{0:08x}").format(code)


def _clean(text: str) -> bool:
    return text.isprintable() and not _INVISIBLE.search(text)


def sentence(text: str) -> str:
    """Make a message safe for a terminal; values in it are quoted already."""
    return text if _clean(text) else "".join(_code(each) if hidden(each) else each for each in text)


def lines(text: str) -> str:
    """The same for text of several lines, whose line breaks stay."""
    return "\n".join(map(sentence, text.split("\n")))


def escaped(text: str, keep: str = "\n") -> str:
    """Make a value safe for a terminal and unambiguous: see `plain`. keep: characters that stay as they are.

    Backslashes are doubled only where an escape would follow them, so that regular expressions stay as they are.
    """
    if _clean(text) and "\\" not in text:
        return text
    out = _LOOKALIKE.sub(r"\1\1", text)
    parts: list[str] = []
    for each in out:
        if each not in keep and hidden(each):
            # those just before are of the text
            run = 0
            while run < len(parts) and parts[-1 - run] == "\\":
                run += 1
            parts.extend("\\" * run)
            parts.append(_code(each))
        else:
            parts.append(each)
    return "".join(parts)


def one_line(text: str) -> str:
    """`escaped`, with its line breaks."""
    return escaped(text, "")


def plain(text: str) -> str:
    """The original of a value that `escaped` made."""

    def original(found: re.Match[str]) -> str:
        run = len(found.group(1)) + 1
        ahead = "\\" * (run // 2)
        return ahead + (chr(int(found.group(2)[1:], 16)) if run % 2 else found.group(2))

    return _ESCAPED.sub(original, text)


def everywhere(show: Callable[[str], str], value: Any) -> Any:
    """Apply `show` to all texts in a value."""
    if isinstance(value, str):
        return show(value)
    if isinstance(value, Mapping):
        return {everywhere(show, key): everywhere(show, item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [everywhere(show, item) for item in value]
    return value
