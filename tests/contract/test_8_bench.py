# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What `make bench MAILMAN2_HOST=name` measures can be measured: all of it once, on a small site, whatever the figures."""

from __future__ import annotations

import math
import os

from bench.host import Host
from bench.mailman21 import PREFIX, TARGETS
from bench.mailman21 import Mailman21 as Side
from mailman21 import Mailman21


def test_the_bench_measures_a_small_site(host: Mailman21) -> None:
    said: list[str] = []
    side = Side("mailman21", Host(host.engine[0], host.container, os.environ), 10, said.append, rounds=1)
    figures = {figure.name: figure for figure in side.figures()}
    assert {f"mailman21.{name}" for name in TARGETS} <= figures.keys()
    assert all(math.isfinite(figure.value) for figure in figures.values()), figures
    assert figures["mailman21.create_seconds"].value > 0
    assert not any(name.startswith(PREFIX) for name in host.lists())
