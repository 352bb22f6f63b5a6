# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from collections.abc import Iterator

import pytest

from support.controller import Controller
from support.ladder import DOMAIN, LIST


@pytest.fixture
def name(controller: Controller, word: str) -> Iterator[str]:
    """The name of a list that is gone afterwards."""
    yield f"{word}@{DOMAIN}"
    controller.task(LIST, name=f"{word}@{DOMAIN}", state="absent")
