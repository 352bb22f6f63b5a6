# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Waits for Mailman's SQLite database again and again, as a writer and as a reader of another process do.

Prints {"write": longest wait in seconds, "read": the same, "rounds"} when its
standard input ends.
"""

import json
import selectors
import sqlite3
import sys
import time

DATABASE = "/var/lib/mailman3/data/mailman.db"
PATIENCE = 30
PAUSE = 0.05


def seconds(*statements):
    connection = sqlite3.connect(f"file:{DATABASE}?mode=rw", uri=True, timeout=PATIENCE, isolation_level=None)
    began = time.monotonic()
    for statement in statements:
        connection.execute(statement).fetchall()
    took = time.monotonic() - began
    connection.close()
    return took


longest = {"write": 0.0, "read": 0.0, "rounds": 0}
with selectors.DefaultSelector() as selector:
    selector.register(sys.stdin, selectors.EVENT_READ)
    while not selector.select(PAUSE):
        longest["write"] = max(longest["write"], seconds("BEGIN IMMEDIATE", "ROLLBACK"))
        longest["read"] = max(longest["read"], seconds("SELECT count(*) FROM domain"))
        longest["rounds"] += 1
json.dump(longest, sys.stdout)
