# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ansible_collections.listops.mailman.plugins.filter.visible import FilterModule
from ansible_collections.listops.mailman.plugins.module_utils import _visible as visible
from ansible_collections.listops.mailman.plugins.module_utils._errors import HostError, failure
from ansible_collections.listops.mailman.plugins.module_utils._lists.vocabulary import Invalid

# Acts on a terminal, turns text around, or is not seen.
ACTING = [chr(code) for code in [*range(0x0A), *range(0x0B, 0x20), *range(0x7F, 0xA0)]]
TURNING = list("\u200e\u200f\u061c\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
UNSEEN = list("\u200b\u200c\u200d\u2060\ufeff\u00ad\u2028\u2029\u034f\u115f\u1160\u3164\uffa0\ufe0f\u2800\u180e")
UNSEEN += ["\ud800", "\udfff", "\U000e0041", "\U000e0100", "\ue000"]
PLAIN = "Über uns, Žluťoučký, 日本語, العربية, ^(a+)\\.example\\d+$ C:\\dir"
texts = st.text(
    st.one_of(st.sampled_from([*"\\\\\\xuU0123af\n", *ACTING, *TURNING, *UNSEEN]), st.characters()), max_size=20
)


@pytest.mark.parametrize("character", ACTING + TURNING + UNSEEN)
def test_what_a_terminal_would_act_on_is_shown_as_an_escape(character):
    for show in (visible.sentence, visible.lines, visible.escaped, visible.one_line):
        shown = show("a" + character + "b")
        assert shown.startswith("a\\") and shown.endswith("b") and character not in shown


def test_what_people_write_and_regular_expressions_stay_as_they_are():
    for show in (visible.sentence, visible.lines, visible.escaped, visible.one_line):
        assert show(PLAIN) == PLAIN
    assert visible.escaped("a\nb") == visible.lines("a\nb") == "a\nb"
    assert visible.sentence("a\nb") == visible.one_line("a\nb") == "a\\x0ab"


@given(texts)
@example("\\x1b")
@example("\\\x1b")
@example("\\\\x1b\\\\\x1b\\")
@example("\\\n")
def test_no_two_values_look_alike(text):
    assert visible.plain(visible.escaped(text)) == text
    assert visible.plain(visible.one_line(text)) == text
    assert not any(visible.hidden(each) for each in visible.one_line(text))
    assert not any(visible.hidden(each) for each in visible.escaped(text) if each != "\n")


def test_errors_are_safe_wherever_they_are_printed():
    nasty = "list a: \x1b[2J\u202egnp\nok: [host]"
    assert str(Invalid(nasty)) == "list a: \\x1b[2J\\u202egnp\\x0aok: [host]"
    said = failure(HostError(nasty, "Traceback\n  " + nasty))
    assert said["msg"] == str(Invalid(nasty)) and said["exception"].count("\n") == 2
    assert not any(visible.hidden(each) for each in said["exception"] if each != "\n")


def test_the_filter_shows_whatever_it_is_given():
    show = FilterModule().filters()["visible"]
    assert show({"a\x1b": ["b\u202e", 3, None]}) == {"a\\x1b": ["b\\u202e", 3, None]}
