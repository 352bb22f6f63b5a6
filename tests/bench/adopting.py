# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes the inventory of lists that mailman_list_info printed, from standard input: how many lists it has."""

from __future__ import annotations

import json
import sys

from ansible_collections.listops.mailman.plugins.plugin_utils.adopt import inventory

written = inventory.write(json.load(sys.stdin), "inventory", {})
print(written.files["lists.yml"].count("  - name: "))
