# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The programs that put mailboxes into HyperKitty's archives, for its own interpreter, and that make one of texts, for Ansible's Python."""

from __future__ import annotations

from ansible_collections.listops.mailman.plugins.module_utils._hyperkitty.remote import (
    archive,
    load,
    parse,
    threads,
    workers,
)
from ansible_collections.listops.mailman.plugins.module_utils._migrate.remote import messages, texts
from ansible_collections.listops.mailman.plugins.module_utils._programs import commands
from ansible_collections.listops.mailman.plugins.module_utils._programs.process import Program
from ansible_collections.listops.mailman.plugins.module_utils._programs.remote import separator, server, web

PROGRAM = Program(
    modules=(separator, server, web, messages, parse, threads, archive, workers, load),
    commands=commands.WEB,
    command_option="web_manage",
    user_option="web_user",
)
TEXTS = Program(modules=(separator, server, messages, texts), commands=(), command_option="", user_option="texts")
