# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A spamd that takes connections and never answers delays mail for half a minute at most."""

from __future__ import annotations

import time

import pytest

from support import site
from support.fermium import Fermium
from support.inside import eventually
from support.outside import Outside
from support.proved import Proved

pytestmark = pytest.mark.usefixtures("subscribers")

UNIT = "listops-proof-hangs.service"
HANGS = 'import socket, time; s = socket.create_server(("127.0.0.1", 783)); time.sleep(900)'


def test_mail_passes_while_spamd_hangs(fermium: Fermium, outside: Outside, word: str, proved: Proved) -> None:
    fermium.systemctl("stop", "spamd")
    try:
        fermium.check("systemd-run", "--quiet", "--collect", f"--unit={UNIT}", "python3", "-c", HANGS)
        eventually(lambda: fermium.ask("listening", host="127.0.0.1", port=783), "something listens")
        began = time.monotonic()
        sent = outside.send(site.ALICE, site.PUBLIC, f"patient {word}", "x" * 70 + "\n" + "Hello.\n" * 20000)
        took = time.monotonic() - began
        assert sent.accepted, sent.refusal
        # 20 s for spamd, and the rest for a busy machine
        assert 15 < took < 40, took
    finally:
        fermium.run("systemctl", "stop", UNIT)
        fermium.systemctl("start", "spamd")
    copy = outside.mailbox(site.BOB).wait_for(f"patient {word}")
    assert copy["X-Spam-Score"] is None
    proved("spamd hangs: mail is accepted unscanned", f"{took:.0f} s")
