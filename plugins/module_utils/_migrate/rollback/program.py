# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The programs that give lists back to the server that they came from."""

from __future__ import annotations

from ansible_collections.listops.mailman.plugins.module_utils._hyperkitty.program import PROGRAM as HYPERKITTY
from ansible_collections.listops.mailman.plugins.module_utils._hyperkitty.remote import posted
from ansible_collections.listops.mailman.plugins.module_utils._mailman3.remote import returning
from ansible_collections.listops.mailman.plugins.module_utils._migrate.waiting.program import REQUESTS

POSTED = HYPERKITTY._replace(modules=(*HYPERKITTY.modules, posted))
RETURNING = REQUESTS._replace(modules=(*REQUESTS.modules, returning))
