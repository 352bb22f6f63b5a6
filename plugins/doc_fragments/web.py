# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How a module finds Mailman 3's web interface."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  web_manage:
    description: The C(manage.py) of Mailman 3's web interface, when it is not where Debian puts it.
    type: path
  web_user:
    description: The user that Mailman's web interface runs as.
    type: str
    default: www-data
"""
