# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What most lists share becomes mailman_list_defaults, so that the inventory has as few lines as can be. Pure.

Paths are independent of each other: an entry's value takes the place of the default's, key by key. So each path is decided by
itself, and the sum is the least there is. Without a default, every list whose value is not Mailman's own costs the lines of its
value; with one, the default costs its lines once, and each list with another value costs the lines of that. What fewer than
half of the lists share is no default, even where that would save a line.
"""

from __future__ import annotations

from typing import Any, Callable, Sequence

from ansible_collections.listops.mailman.plugins.module_utils._lists.model import NOT_DEFAULTABLE
from ansible_collections.listops.mailman.plugins.module_utils._migrate.entries import Adopted, Path, key_of
from ansible_collections.listops.mailman.plugins.plugin_utils import variables_file

# What Mailman gives a new list of this posting address at a path.
NewList = Callable[[str, Path], Any]
_ABSENT = object()


def split(lists: Sequence[Adopted], new_list: NewList) -> tuple[dict[Path, Any], list[dict[Path, Any]]]:
    """The defaults for all lists, and for each list what it has to say beside them."""
    defaults: dict[Path, Any] = {}
    own: list[dict[Path, Any]] = [{} for _each in lists]
    for path in dict.fromkeys(path for each in lists for path in each.values):
        values = [_value(each, path) for each in lists]
        fresh = [new_list(each.name, path) for each in lists]
        chosen = _default(path, values, fresh)
        if chosen is not _ABSENT:
            defaults[path] = chosen
        for place, value in enumerate(values):
            if value is not _ABSENT and value != (fresh[place] if chosen is _ABSENT else chosen):
                own[place][path] = value
    return defaults, own


def _value(each: Adopted, path: Path) -> Any:
    """What a list has at a path; of texts only those that are not Mailman's own were read."""
    ordinary = "" if path[0] == "templates" and key_of(path) not in each.omitted else _ABSENT
    return each.values.get(path, ordinary)


def _default(path: Path, values: Sequence[Any], fresh: Sequence[Any]) -> Any:
    """The default that makes the text shortest; _ABSENT for none."""
    if path[0] in NOT_DEFAULTABLE or any(value is _ABSENT for value in values):
        # A list that does not say what it has would get the default.
        return _ABSENT
    shown = [repr(value) for value in values]
    places: dict[str, list[int]] = {}
    for place, text in enumerate(shown):
        places.setdefault(text, []).append(place)
    lines = {text: variables_file.lines(values[same[0]]) for text, same in places.items()}
    everywhere = sum(lines[text] for text in shown)
    best = sum(lines[text] for text, value, new in zip(shown, values, fresh) if value != new)
    chosen: Any = _ABSENT
    for text, same in places.items():
        if 2 * len(same) <= len(values):
            continue
        cost = lines[text] + everywhere - lines[text] * len(same)
        if cost < best:
            best, chosen = cost, values[same[0]]
    return chosen
