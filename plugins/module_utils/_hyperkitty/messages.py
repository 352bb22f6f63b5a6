# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The program for the interpreter of Mailman 3's web interface that redacts a message in HyperKitty."""

from __future__ import annotations

from ansible_collections.listops.mailman.plugins.module_utils._hyperkitty.program import PROGRAM
from ansible_collections.listops.mailman.plugins.module_utils._hyperkitty.remote import redact
from ansible_collections.listops.mailman.plugins.module_utils._redaction.remote import contents, digests, message

HYPERKITTY_REDACTION = PROGRAM._replace(modules=(*PROGRAM.modules, contents, message, digests, redact))
