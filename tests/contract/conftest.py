# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The suite's host: MAILMAN2_HOST names a running container with Mailman 2.1, or with the stand-in of it."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator

import pytest

from mailman21 import Mailman21


@pytest.fixture(scope="session")
def host() -> Iterator[Mailman21]:
    # between alice and bob, as in the recordings, whose order is by name
    prefix = f"at{secrets.token_hex(3)}"
    mailman = Mailman21(os.environ.get("LISTOPS_ENGINE") or "podman", os.environ["MAILMAN2_HOST"], prefix)
    mailman.found = mailman.belongings()
    mailman.settle()
    yield mailman
    mailman.leave()


@pytest.fixture
def name(host: Mailman21) -> str:
    """The name of a list of this test."""
    return f"{host.prefix}-{secrets.token_hex(6)}"


@pytest.fixture
def made(host: Mailman21, name: str) -> str:
    """The name of a list that the site's own command has made."""
    host.check("newlist", "-q", name, "owner@example.org", "old-password")
    return name
