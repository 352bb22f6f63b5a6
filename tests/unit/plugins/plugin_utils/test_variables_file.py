# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Variables as text: what is written without PyYAML is what PyYAML would have written."""

from __future__ import annotations

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.listops.mailman.plugins.plugin_utils import variables_file

WORDS = st.text(
    st.one_of(st.sampled_from("ab Z09_.@+/-:#',[]{}éßЖ山\u0301\u00a0\u0663𐐷"), st.characters()), max_size=12
)


@given(WORDS)
def test_any_text_is_read_back(text: str) -> None:
    written = variables_file.dumped({"name": text, "names": [text, "other"], "people": [{"display_name": text}]})
    read = yaml.safe_load(written.replace("!unsafe ", ""))
    assert read == {"name": text, "names": [text, "other"], "people": [{"display_name": text}]}


@pytest.mark.parametrize("name", ["Łucja García", "Ольга Иванова", "山田", "Νίκος", "𐐷", "a٣"])
def test_letters_of_every_script_stand_as_they_are(name: str) -> None:
    assert variables_file.dumped({"display_name": name}) == f"display_name: {name}\n"
    assert variables_file.dumped([name]) == yaml.safe_dump([name], allow_unicode=True)
