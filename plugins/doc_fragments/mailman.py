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
  mailman_engine:
    description:
      - Which Mailman is meant. V(auto) takes the one that is installed, and refuses to guess when both are.
      - On Mailman 2.1 the module works in Mailman's own Python 2.7 and takes the same options; those that
        Mailman 2.1 cannot express are refused by name.
    type: str
    choices: [auto, mailman3, mailman21]
    default: auto
  mailman_prefix:
    description:
      - Where Mailman 2.1 is installed, the directory above C(bin/config_list). Without it, the places are searched
        where distributions, cPanel and Mailman's own installation put it.
    type: path
  mailman_lock_timeout:
    description:
      - Seconds to wait for a list that another process has locked, on Mailman 2.1. The message then names that process.
        The lock of a process that has died on this host is cleared.
    type: int
    default: 30
"""
