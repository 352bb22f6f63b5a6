# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the stories of scale have beside the others' hosts."""

from __future__ import annotations

import os

import pytest

from bench.host import Host
from support.mail_server import MailServer


@pytest.fixture(scope="session")
def host(fermium: MailServer) -> Host:
    """fermium as the bench sees it, with its programs there."""
    found = Host(fermium.engine[0], fermium.container, os.environ)
    found.install()
    return found
