# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The programs that look before lists are moved: for Ansible's Python, which reads a copy, and for HyperKitty's interpreter."""

from __future__ import annotations

from ansible_collections.listops.mailman.plugins.module_utils._hyperkitty.remote import trial
from ansible_collections.listops.mailman.plugins.module_utils._mailman21.program import COPY
from ansible_collections.listops.mailman.plugins.module_utils._mailman21.remote import pending
from ansible_collections.listops.mailman.plugins.module_utils._migrate.program import PROGRAM
from ansible_collections.listops.mailman.plugins.module_utils._migrate.remote import messages, survey
from ansible_collections.listops.mailman.plugins.module_utils._programs.remote import separator

SURVEY = COPY._replace(modules=(*COPY.modules, pending, separator, messages, survey), user_option="copy")
TRIAL = PROGRAM._replace(modules=(*PROGRAM.modules, trial))
