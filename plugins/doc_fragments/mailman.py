# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Options that every module uses to find Mailman."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  mailman_command:
    description:
      - Mailman's own C(mailman) command. Its first line names the Python interpreter in which the module works.
      - Without it, the places are searched where Debian, C(pip) and the Mailman documentation put it.
    type: path
  mailman_config:
    description:
      - Mailman's configuration file, when it is not where Mailman itself looks for it.
    type: path
  mailman_user:
    description:
      - The user Mailman runs as. The module must run as this user or as C(root), and then turns into it.
    type: str
    default: list
"""
