# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Both servers have Mailman 2.1."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from support.mailman21_server import Mailman21Server

ENGINE = os.environ.get("LISTOPS_ENGINE") or "podman"
PROJECT = os.environ.get("LISTOPS_PROJECT") or "listops"


@pytest.fixture(scope="session")
def fermium() -> Iterator[Mailman21Server]:
    host = Mailman21Server(ENGINE, f"{PROJECT}-fermium")
    yield host
    host.close()


@pytest.fixture(scope="session")
def sodium() -> Iterator[Mailman21Server]:
    host = Mailman21Server(ENGINE, f"{PROJECT}-sodium")
    yield host
    host.close()
