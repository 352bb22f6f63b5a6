# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a hosted CI runs beside each other, as outputs of a step: names and JSON lists."""

from __future__ import annotations

import json

from harness import stories
from harness.contract import OTHER_PYTHONS


def matrix(everything: bool) -> list[str]:
    suites = ["", *(suite for suite, _python in OTHER_PYTHONS)] if everything else [""]
    told = [story.name for story in stories.stories() if everything or not story.rare]
    return [f"suites={json.dumps(suites)}", f"stories={json.dumps(told)}"]
