# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import contextlib
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.listops.mailman.plugins.plugin_utils.adopt import python_settings

PROGRAM = r"""
from settings import MIDDLEWARE
import os
SECRET_KEY = 'a{{ b }}\'c'
NUMBERS = (1, -2, 3.5, True, None)
EMAILNAME: str = "lists.example.org"
FROM = 'postorius@{}'.format(EMAILNAME)
MORE = "a" + EMAILNAME
NAMES = ['x']
NAMES += ['y']
DATABASES = {'default': {'ENGINE': 'django.db.backends.sqlite3', 'PASSWORD': ''}}
DATABASES['default']['PASSWORD'] = 'secret'
LIFETIME = days(3)
SIZE = 2 * 1024
OTHER = os.environ['HOME']
if OTHER:
    TIME_ZONE = 'UTC'
LATER = open('/etc/shadow').read()
add_virtualhost('www.example.org', EMAILNAME)
add_virtualhost(socket.getfqdn())
"""


def test_what_stands_there_is_read() -> None:
    program = python_settings.read(PROGRAM)
    assert program.values == {
        "SECRET_KEY": "a{{ b }}'c",
        "NUMBERS": [1, -2, 3.5, True, None],
        "EMAILNAME": "lists.example.org",
        "FROM": "postorius@lists.example.org",
        "MORE": "alists.example.org",
        "NAMES": ["x", "y"],
        "DATABASES": {"default": {"ENGINE": "django.db.backends.sqlite3", "PASSWORD": "secret"}},
        "LIFETIME": 259200,
        "SIZE": 2048,
    }
    assert program.unknown == {"OTHER", "TIME_ZONE", "LATER"}
    assert program.calls == (("add_virtualhost", ("www.example.org", "lists.example.org")), ("add_virtualhost", ()))


def test_what_a_condition_may_set_is_not_known_any_more() -> None:
    program = python_settings.read("A = 1\nif B:\n    A = 2\nC = 1\nC = f()\n(D, E) = 1, 2\nF = 1\nF += 'x'\n")
    assert not program.values
    assert program.unknown == {"A", "C", "D", "E", "F"}


@pytest.mark.parametrize(
    "hostile",
    [
        "import pathlib; pathlib.Path({0!r}).touch()",
        "A = __import__('pathlib').Path({0!r}).touch()",
        "A = [pathlib.Path({0!r}).touch() for pathlib in [__import__('pathlib')]]",
        "A = '{{0.__class__}}'.format(open({0!r}, 'w'))",
        "globals().update(__import__('json').loads(open({0!r}, 'w')))",
        "class A(object):\n    B = open({0!r}, 'w')",
        "@open({0!r}, 'w')\ndef f(): pass",
        "A = f\"{{open({0!r}, 'w')}}\"",
        "execfile({0!r}); eval('open({0!r}, \"w\")')",
        "assert open({0!r}, 'w')",
    ],
)
def test_nothing_is_run(hostile: str, tmp_path) -> None:
    witness = tmp_path / "ran"
    try:
        program = python_settings.read(hostile.format(str(witness)))
        assert not program.values
    except SyntaxError:
        pass
    assert not witness.exists()


def test_a_place_of_format_gives_no_attribute() -> None:
    assert not python_settings.read("A = 'x'\nB = '{0.__class__}'.format(A)\nC = '{!r}'.format(A)").values.keys() - {
        "A"
    }


@pytest.mark.parametrize(
    "bomb",
    [
        "A = 'x' * 10**9",
        "A = 'xxxxxxxx'\n" + "A = A + A\n" * 60,
        "A = ['xxxxxxxx']\n" + "A = A + A\n" * 60,
        "A = ['x']\n" + "A = [A, A]\n" * 60,
        "A = ['xxxxxxxx']\n" + "A.extend(A)\n" * 60,
        "A = ['x']\n" + "A.append(A)\n" * 60,
        "A = 'x'\n" + "A = '{}{}{}{}'.format(A, A, A, A)\n" * 60,
        "A = 2\n" + "A = A * A\n" * 60,
        "A = " + "[" * 90 + "]" * 90,
        "A = " + "(" * 100_000,
        "A = " + "-" * 100_000 + "1",
        "A = 1" + "+1" * 100_000,
        "A = a" + ".b" * 100_000 + "()",
        "a" + ".b" * 20_000 + "()",
    ],
)
def test_nothing_grows(bomb: str) -> None:
    began = time.monotonic()
    try:
        program = python_settings.read(bomb)
        assert len(repr(program.values)) < 5_000_000
    except SyntaxError:
        pass
    assert time.monotonic() - began < 20


def test_a_method_changes_what_was_assigned() -> None:
    program = python_settings.read(
        "A = ['x']\nA.append('y')\nB = {'c': {}}\nB['c']['d'].update(e=1)\nF = 1\nos.environ.setdefault('F', '2')\n"
    )
    assert (program.values, program.unknown) == ({"A": ["x", "y"], "F": 1}, frozenset({"B"}))
    program = python_settings.read(
        "A = ['x']\nA.insert(0, 'w')\nA.extend(['y', 'z'])\nA.remove('y')\nB = ['x']\nB.remove('y')\nC = [1]\nC.sort(key=f)\n"
        "D = [1]\nD.append(f())\nE.append(1)\nG = 'x'\nG.append(1)\n"
    )
    assert (program.values, program.unknown) == ({"A": ["w", "x", "z"]}, frozenset("BCDEG"))


def test_python_2() -> None:
    program = python_settings.read(
        "# -*- python -*-\nfrom Defaults import *\nMODE = 0775\nBIG = 10L\nNAME = u'caf\u00e9'\nYESNO = No\n"
    )
    assert program.values == {"MODE": 0o775, "BIG": 10, "NAME": "caf\u00e9", "YESNO": False}
    with pytest.raises(SyntaxError):
        python_settings.read("print 'x'")


def test_our_own_settings_are_json_in_a_program() -> None:
    text = (
        'globals().update(_json.loads(r"""\n{"A": ["x"], "B": {"c": null}}\n"""))\nglobals().update(_json.loads("no"))'
    )
    program = python_settings.read(text)
    assert program.values == {"A": ["x"], "B": {"c": None}}


@given(st.text())
def test_any_text_is_read_or_refused(text: str) -> None:
    with contextlib.suppress(SyntaxError):
        python_settings.read(text)
