# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The program for Mailman 2.1's own Python that puts lists aside."""

from __future__ import annotations

from ansible_collections.listops.mailman.plugins.module_utils._mailman21.program import PROGRAM
from ansible_collections.listops.mailman.plugins.module_utils._mailman21.remote import aside

ASIDE = PROGRAM._replace(modules=(*PROGRAM.modules, aside))
