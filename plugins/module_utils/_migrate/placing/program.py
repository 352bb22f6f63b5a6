# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The programs that move lists to another Mailman 2.1: for Ansible's Python, which reads a copy, and for Mailman's own interpreter."""

from __future__ import annotations

from ansible_collections.listops.mailman.plugins.module_utils._mailman21.program import COPY, PROGRAM
from ansible_collections.listops.mailman.plugins.module_utils._mailman21.remote import pending, place

# It also reads what waits, as for a move to Mailman 3, whose programs are not sent here.
COPIED = COPY._replace(modules=(*COPY.modules, pending), user_option="copy")
PLACE = PROGRAM._replace(modules=(*PROGRAM.modules, place))
