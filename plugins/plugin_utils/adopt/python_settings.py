# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Settings in a file that is a Python program, of which nothing is run: only values that stand there are read. Pure."""

from __future__ import annotations

import ast
import json
import re
from typing import Any, Iterator, Mapping, NamedTuple

# Mailman 2.1's own ways to write a number of seconds.
_SECONDS = {"minutes": 60, "hours": 3600, "days": 86400}
# Deeper nesting, and longer values, than a person writes.
_DEEPEST = 40
_LONGEST = 1 << 20


class Literals(NamedTuple):
    """values: name -> what is assigned last. unknown: names whose values are not read. calls: name and arguments of calls."""

    values: Mapping[str, Any]
    unknown: frozenset[str]
    calls: tuple[tuple[str, tuple[Any, ...]], ...]


class NoValue(Exception):
    """An expression that would have to be run."""


def read(text: str) -> Literals:
    """A program's settings; SyntaxError when it is none, neither of Python 3 nor nearly so of Python 2."""
    try:
        body = _parsed(text)
    except SyntaxError:
        body = _parsed(_of_python3(text))
    try:
        return _settings(body)
    except RecursionError as exc:
        raise SyntaxError(str(exc)) from exc


def _of_python3(text: str) -> str:
    """Without what settings of Python 2 have that Python 3 does not read: numbers like 0775 and 1L, and a True of their own."""
    text = re.sub(r"^([ \t]*)(True|False)(?=[ \t]*=[^=])", r"\1_\2", text, flags=re.MULTILINE)
    return re.sub(r"(?<![\w.'\"])0([0-7]+)\b(?![.'\"])", r"0o\1", re.sub(r"\b([0-9]+)[lL]\b", r"\1", text))


def _settings(body: list[ast.stmt]) -> Literals:
    values: dict[str, Any] = {}
    unknown: set[str] = set()
    calls: list[tuple[str, tuple[Any, ...]]] = []
    for statement in body:
        if isinstance(statement, ast.Assign):
            for target in statement.targets:
                _assign(target, statement.value, values, unknown)
        elif isinstance(statement, ast.AnnAssign) and statement.value is not None:
            _assign(statement.target, statement.value, values, unknown)
        elif isinstance(statement, ast.AugAssign) and isinstance(statement.target, ast.Name):
            _add(statement, values, unknown)
        elif isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call):
            loaded = _loaded(statement.value)
            changed = _changed_by(statement.value.func)
            if loaded is not None:
                values.update(loaded)
            elif changed:
                _change(changed, statement.value, values, unknown)
            else:
                calls.extend(_call(statement.value, values))
        else:
            # Whatever a condition, a loop or a class may set.
            names = set(_stored(statement))
            unknown |= names
            for name in names:
                values.pop(name, None)
    return Literals(values, frozenset(unknown), tuple(calls))


def _parsed(text: str) -> list[ast.stmt]:
    try:
        return ast.parse(text.lstrip("\ufeff")).body
    except (ValueError, RecursionError, MemoryError) as exc:
        raise SyntaxError(str(exc)) from exc


def _assign(target: ast.expr, expression: ast.expr, values: dict[str, Any], unknown: set[str]) -> None:
    if isinstance(target, ast.Subscript):
        _assign_item(target, expression, values, unknown)
        return
    if not isinstance(target, ast.Name):
        for name in _stored(target):
            values.pop(name, None)
            unknown.add(name)
        return
    try:
        values[target.id] = value(expression, values)
        unknown.discard(target.id)
    except NoValue:
        values.pop(target.id, None)
        unknown.add(target.id)


def _assign_item(target: ast.Subscript, expression: ast.expr, values: dict[str, Any], unknown: set[str]) -> None:
    """NAME["x"]["y"] = ... of a dictionary that is known."""
    keys: list[Any] = []
    node: ast.expr = target
    try:
        while isinstance(node, ast.Subscript):
            keys.insert(0, value(node.slice, values))
            node = node.value
        if not isinstance(node, ast.Name):
            return
        inner = values[node.id]
        for key in keys[:-1]:
            inner = inner[key]
        inner[keys[-1]] = value(expression, values)
    except (NoValue, KeyError, TypeError, IndexError):
        if isinstance(node, ast.Name):
            values.pop(node.id, None)
            unknown.add(node.id)


def _add(statement: ast.AugAssign, values: dict[str, Any], unknown: set[str]) -> None:
    name = statement.target.id  # type: ignore[union-attr]
    try:
        added = value(statement.value, values)
        if not isinstance(statement.op, ast.Add) or name not in values or type(values[name]) is not type(added):
            raise NoValue
        values[name] = _short(values[name] + added)
    except (NoValue, TypeError):
        values.pop(name, None)
        unknown.add(name)


def _stored(node: ast.AST) -> Iterator[str]:
    for inner in ast.walk(node):
        if isinstance(inner, ast.Name) and isinstance(inner.ctx, ast.Store):
            yield inner.id


def value(node: ast.expr, known: Mapping[str, Any], depth: int = 0) -> Any:
    """What an expression is, from literals and names that are known; tuples are lists."""
    if depth > _DEEPEST:
        raise NoValue
    if isinstance(node, ast.Constant):
        if isinstance(node.value, (str, int, float, bool)) or node.value is None:
            return node.value
        if isinstance(node.value, bytes):
            return node.value.decode("latin-1")
    elif isinstance(node, (ast.List, ast.Tuple)):
        return [value(item, known, depth + 1) for item in node.elts]
    elif isinstance(node, ast.Dict):
        if any(key is None for key in node.keys):
            raise NoValue
        return {
            _key(value(key, known, depth + 1)): value(item, known, depth + 1)  # type: ignore[arg-type]
            for key, item in zip(node.keys, node.values)
        }
    elif isinstance(node, ast.Name):
        if node.id in known:
            return _named(known[node.id])
        if node.id in ("Yes", "On", "yes", "on"):
            return True
        if node.id in ("No", "Off", "no", "off"):
            return False
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        number = value(node.operand, known, depth + 1)
        if isinstance(number, (int, float)):
            return -number
    elif isinstance(node, ast.BinOp):
        return _joined(node, known, depth)
    elif isinstance(node, ast.Call):
        return _called(node, known, depth)
    raise NoValue


def _named(known: Any) -> Any:
    """What a name stands for. A value of values could be made to grow with each line."""
    if isinstance(known, dict) or (isinstance(known, list) and any(isinstance(item, (list, dict)) for item in known)):
        raise NoValue
    return list(known) if isinstance(known, list) else known


def _short(result: Any) -> Any:
    if len(result) > _LONGEST:
        raise NoValue
    return result


def _key(key: Any) -> Any:
    if isinstance(key, (list, dict)):
        raise NoValue
    return key


def _joined(node: ast.BinOp, known: Mapping[str, Any], depth: int) -> Any:
    left: Any = value(node.left, known, depth + 1)
    right: Any = value(node.right, known, depth + 1)
    if isinstance(node.op, ast.Add) and any(isinstance(left, kind) and isinstance(right, kind) for kind in (str, list)):
        return _short(left + right)
    if isinstance(node.op, ast.Mult) and all(
        isinstance(side, int) and not isinstance(side, bool) and abs(side) < 1 << 40 for side in (left, right)
    ):
        return left * right
    raise NoValue


def _called(node: ast.Call, known: Mapping[str, Any], depth: int) -> Any:
    if node.keywords:
        raise NoValue
    arguments = [value(item, known, depth + 1) for item in node.args]
    function = node.func
    if isinstance(function, ast.Name) and function.id in _SECONDS and len(arguments) == 1:
        if isinstance(arguments[0], (int, float)):
            return arguments[0] * _SECONDS[function.id]
    elif isinstance(function, ast.Attribute) and function.attr == "format":
        template = value(function.value, known, depth + 1)
        # Only empty places: others can ask for attributes.
        if isinstance(template, str) and re.sub(r"\{\}", "", template).count("{") == 0:
            parts = template.split("{}")
            if len(parts) == len(arguments) + 1 and all(isinstance(each, (str, int)) for each in arguments):
                return _short(
                    parts[0] + "".join("{0}{1}".format(each, part) for each, part in zip(arguments, parts[1:]))
                )
    raise NoValue


def _loaded(node: ast.Call) -> dict[str, Any] | None:
    """What `globals().update(json.loads("..."))` has, which is how our own settings are written."""
    if ast.unparse(node.func) != "globals().update" or len(node.args) != 1:
        return None
    return _json(node.args[0])


def _json(node: ast.expr) -> dict[str, Any] | None:
    if not isinstance(node, ast.Call) or ast.unparse(node.func) not in ("_json.loads", "json.loads"):
        return None
    if len(node.args) != 1 or not isinstance(node.args[0], ast.Constant) or not isinstance(node.args[0].value, str):
        return None
    try:
        found = json.loads(node.args[0].value)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _changed_by(function: ast.expr) -> str:
    """The name whose value a method such as append() changes, empty where it is none's."""
    if not isinstance(function, ast.Attribute):
        return ""
    node = function.value
    while isinstance(node, ast.Subscript):
        node = node.value
    return node.id if isinstance(node, ast.Name) else ""


def _change(name: str, node: ast.Call, values: dict[str, Any], unknown: set[str]) -> None:
    """NAME.insert(0, "x") of a list that is known; what else a method does is not."""
    before = values.pop(name, None)
    try:
        if not isinstance(before, list) or not isinstance(node.func, ast.Attribute) or node.keywords:
            raise NoValue
        if not isinstance(node.func.value, ast.Name) or node.func.attr not in ("append", "extend", "insert", "remove"):
            raise NoValue
        changed = list(before)
        getattr(changed, node.func.attr)(*(value(argument, values) for argument in node.args))
        values[name] = _short(changed)
    except (NoValue, TypeError, ValueError):
        unknown.add(name)


def _call(node: ast.Call, known: Mapping[str, Any]) -> Iterator[tuple[str, tuple[Any, ...]]]:
    if isinstance(node.func, ast.Name):
        try:
            yield node.func.id, tuple(value(argument, known) for argument in node.args)
        except NoValue:
            yield node.func.id, ()
