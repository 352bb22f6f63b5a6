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
      - Mailman's own C(mailman) command. Its first line names the Python interpreter that the module uses.
      - By default the module looks where Debian, C(pip) and Mailman's documentation put it.
    type: path
  mailman_config:
    description:
      - Mailman's configuration file, when it is not where Mailman itself looks for it.
    type: path
  mailman_user:
    description:
      - The user that Mailman runs as. The module must run as this user, or as C(root) to become this user.
    type: str
    default: list
  mailman_engine:
    version_added: 0.2.0
    description:
      - Which Mailman to use. V(auto) uses the one that is installed, and fails when both are.
      - On Mailman 2.1 the module uses Mailman's own Python 2.7 and takes the same options. Values that
        Mailman 2.1 does not have are refused.
    type: str
    choices: [auto, mailman3, mailman21]
    default: auto
  mailman_prefix:
    version_added: 0.2.0
    description:
      - Where Mailman 2.1 is installed, the directory above C(bin/config_list). By default the module looks
        where distributions, cPanel and Mailman's own installation put it.
    type: path
  mailman_lock_timeout:
    version_added: 0.2.0
    description:
      - On Mailman 2.1, how many seconds to wait for a list that another process has locked. The error then names that process.
        The lock of a dead process of this host is removed.
    type: int
    default: 30
"""
