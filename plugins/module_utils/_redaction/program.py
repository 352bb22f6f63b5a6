# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The program that redacts a message in files of a migration, for Ansible's Python."""

from __future__ import annotations

from ansible_collections.listops.mailman.plugins.module_utils._migrate.remote import messages
from ansible_collections.listops.mailman.plugins.module_utils._programs.process import Program
from ansible_collections.listops.mailman.plugins.module_utils._programs.remote import separator, server
from ansible_collections.listops.mailman.plugins.module_utils._redaction.remote import (
    contents,
    copies,
    digests,
    message,
    pages,
    pipermail,
)

COPIES = Program(
    modules=(separator, server, messages, contents, message, digests, pipermail, pages, copies),
    commands=(),
    command_option="",
    user_option="",
)
