# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The program for the interpreter of Mailman 3's web interface that reads and changes HyperKitty's archives."""

from __future__ import annotations

from ansible_collections.listops.mailman.plugins.module_utils._hyperkitty.remote import main, search
from ansible_collections.listops.mailman.plugins.module_utils._programs import commands
from ansible_collections.listops.mailman.plugins.module_utils._programs.process import Program
from ansible_collections.listops.mailman.plugins.module_utils._programs.remote import server, web

PROGRAM = Program(
    modules=(server, web, search, main),
    commands=commands.WEB,
    command_option="web_manage",
    user_option="web_user",
)
