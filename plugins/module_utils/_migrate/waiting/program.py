# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The programs that move what waits: for Ansible's Python, which reads a copy, and for Mailman 3's own interpreter."""

from __future__ import annotations

from ansible_collections.listops.mailman.plugins.module_utils._mailman3.program import PROGRAM
from ansible_collections.listops.mailman.plugins.module_utils._mailman3.remote import locks, requests
from ansible_collections.listops.mailman.plugins.module_utils._mailman21.program import COPY
from ansible_collections.listops.mailman.plugins.module_utils._mailman21.remote import pending

WAITING = COPY._replace(modules=(*COPY.modules, pending), user_option="copy")
REQUESTS = PROGRAM._replace(modules=(*PROGRAM.modules, locks, requests))
