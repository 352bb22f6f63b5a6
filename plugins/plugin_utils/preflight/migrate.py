# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rules for the variables of the migrate role. Pure."""

from __future__ import annotations

from ansible_collections.listops.mailman.plugins.plugin_utils.preflight.kinds import (
    FILE,
    PORT,
    SYSTEM_NAME,
    Kind,
    ListOf,
    Rule,
    pattern,
)

RULES: dict[str, Rule] = {
    "migrate_source_address": Kind(
        "a host name or an address without a user or port", lambda value: not set(value) & set(" @/'\"\\")
    ),
    # It becomes part of a command that sshd of the old server runs.
    "migrate_source_state": pattern("(?:/[A-Za-z0-9_.+-]+)+", "an absolute path of letters, digits, and _ . + -"),
    "migrate_source_user": SYSTEM_NAME,
    "migrate_source_ports": ListOf(PORT),
    "migrate_directory": FILE,
    "migrate_copy": FILE,
    "migrate_group": SYSTEM_NAME,
}
