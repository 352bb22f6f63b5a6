# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The program for Mailman 3's own interpreter that reads and changes lists."""

from __future__ import annotations

from ansible_collections.listops.mailman.plugins.module_utils._mailman3.remote import (
    main,
    notices,
    people,
    read,
    rename,
    settings,
    templates,
    transactions,
    write,
)
from ansible_collections.listops.mailman.plugins.module_utils._programs import commands
from ansible_collections.listops.mailman.plugins.module_utils._programs.process import Program
from ansible_collections.listops.mailman.plugins.module_utils._programs.remote import server

PROGRAM = Program(
    modules=(server, settings, templates, read, people, write, rename, transactions, notices, main),
    commands=commands.MAILMAN3,
    command_option="mailman_command",
    user_option="mailman_user",
)
