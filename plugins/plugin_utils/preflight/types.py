# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Checks variables by the types in a role's argument specification. Pure."""

from __future__ import annotations

from typing import Any, Callable, Iterator, Mapping

from ansible.module_utils.common.text.converters import to_text
from ansible.module_utils.common.validation import check_type_bool, check_type_float, check_type_int

from ansible_collections.listops.mailman.plugins.module_utils._lists.vocabulary import in_words
from ansible_collections.listops.mailman.plugins.plugin_utils.preflight.kinds import MISSING, Refusal

Option = Mapping[str, Any]

_SCALARS: dict[str, tuple[str, Callable[[Any], Any]]] = {
    "bool": ("true or false", check_type_bool),
    "int": ("a whole number", check_type_int),
    "float": ("a number", check_type_float),
    "str": ("text", to_text),
    "path": ("a path", to_text),
}


def accepted(option: Option) -> str:
    """The type of an option in words."""
    if option.get("choices"):
        return in_words(option["choices"])
    kind = option.get("type", "str")
    if kind == "list":
        return "a list"
    return "a dictionary" if kind == "dict" else _SCALARS[kind][0]


def refusals(key: str, value: Any, option: Option) -> Iterator[Refusal]:
    """Refusals of a value by its type, part by part."""
    secret = bool(option.get("no_log"))
    kind = option.get("type", "str")
    if kind == "list":
        yield from _list(key, value, option)
    elif kind == "dict":
        yield from _dict(key, value, option)
    else:
        try:
            converted = typed(value, option)
        except (TypeError, ValueError):
            yield Refusal(key, value, accepted(option), secret)
            return
        if option.get("choices") and converted not in option["choices"]:
            yield Refusal(key, value, accepted(option), secret)


def _list(key: str, value: Any, option: Option) -> Iterator[Refusal]:
    if not isinstance(value, (list, tuple)):
        # Jinja iterates strings.
        example = ", such as {0}".format(_example(value)) if isinstance(value, (str, int)) else ", [] for none"
        yield Refusal(key, value, "a list" + example)
        return
    item = {"type": option.get("elements", "str"), "options": option.get("options")}
    for number, element in enumerate(value):
        yield from refusals("{0}[{1}]".format(key, number), element, item)


def _example(value: Any) -> str:
    return '["{0}"]'.format(value) if isinstance(value, str) else "[{0}]".format(value)


def _dict(key: str, value: Any, option: Option) -> Iterator[Refusal]:
    options = option.get("options")
    if not isinstance(value, Mapping):
        keys = " with {0}".format(", ".join(options)) if options else ""
        yield Refusal(key, value, "a dictionary{0}{1}".format(keys, ", {} for none" if value is None else ""))
        return
    if not options:
        return
    for name in value:
        if name not in options:
            yield Refusal("a key of {0}".format(key), name, in_words(options))
    for name, part in options.items():
        path = "{0}.{1}".format(key, name)
        if value.get(name) is not None:
            yield from refusals(path, value[name], part)
        elif part.get("required"):
            yield Refusal(path, value.get(name, MISSING), accepted(part))


def typed(value: Any, option: Option) -> Any:
    """Convert a value to the type of its option. Raises TypeError."""
    kind = option.get("type", "str")
    if kind == "list":
        item = {"type": option.get("elements", "str"), "options": option.get("options")}
        return [typed(element, item) for element in value]
    if kind == "dict":
        options = option.get("options") or {}
        return {
            name: typed(item, options[name]) if name in options and item is not None else item
            for name, item in value.items()
        }
    if value is None or isinstance(value, (list, tuple, Mapping)):
        raise TypeError(kind)
    # A bare `off` in YAML is false.
    if value in (False, "False") and "off" in option.get("choices", ()):
        return "off"
    return _SCALARS[kind][1](str(value) if kind in ("str", "path") else value)
