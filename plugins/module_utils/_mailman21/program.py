# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The program for Mailman 2.1's own Python 2.7 that reads and changes lists, and one for Ansible's Python that reads a copy."""

from __future__ import annotations

from ansible_collections.listops.mailman.plugins.module_utils._mailman21.remote import (
    archives,
    copied,
    lock,
    main,
    passwords,
    read,
    rename,
    write,
)
from ansible_collections.listops.mailman.plugins.module_utils._programs import commands
from ansible_collections.listops.mailman.plugins.module_utils._programs.process import Program
from ansible_collections.listops.mailman.plugins.module_utils._programs.remote import server

PROGRAM = Program(
    modules=(server, read, lock, passwords, archives, write, rename, main),
    commands=commands.MAILMAN21,
    command_option="mailman_prefix",
    user_option="mailman_user",
)
COPY = Program(modules=(server, read, copied), commands=(), command_option="", user_option="mailman_copy")
