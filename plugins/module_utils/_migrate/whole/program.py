# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The programs that read a whole Mailman 3: for its own interpreter, and for that of its web interface."""

from __future__ import annotations

from ansible_collections.listops.mailman.plugins.module_utils._mailman3.program import PROGRAM
from ansible_collections.listops.mailman.plugins.module_utils._migrate.whole.remote import core
from ansible_collections.listops.mailman.plugins.module_utils._migrate.whole.remote import web as web_sums
from ansible_collections.listops.mailman.plugins.module_utils._programs import commands
from ansible_collections.listops.mailman.plugins.module_utils._programs.process import Program
from ansible_collections.listops.mailman.plugins.module_utils._programs.remote import server, web

WHOLE_CORE = PROGRAM._replace(modules=(*PROGRAM.modules, core))
WHOLE_WEB = Program(
    modules=(server, web, web_sums),
    commands=commands.WEB,
    command_option="web_manage",
    user_option="web_user",
)
