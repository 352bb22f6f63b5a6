# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a task that declares lists or members may do, and how much it says."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  allow_shrink:
    description:
      - Accept that an exact roster becomes empty, or that one of 10 or more people loses more than half of them.
        Otherwise this is refused, because an empty roster usually comes from a broken source.
      - A disabled list may lose its owners without this option, but nobody else.
    type: bool
    default: false
  override_bans:
    description: Add members even when a ban covers their address. Otherwise such members are refused.
    type: bool
    default: false
  send_welcome:
    version_added: 0.2.0
    description:
      - Send Mailman's welcome message to everybody who becomes a member.
      - Otherwise nobody gets one, whatever the list does for people who subscribe themselves.
      - Messages are sent after the change. If a run is killed in between, they are not sent later.
    type: bool
    default: false
  send_goodbye:
    version_added: 0.2.0
    description: Send Mailman's goodbye message to everybody whom the task removes as a member, but not when it removes the whole list.
    type: bool
    default: false
  diff_limit:
    version_added: 0.2.0
    description:
      - How many lines of detail C(--diff) and the result show. Lists that change share them, so that a list with
        many members does not hide another one. The output says how much is left out. Counts are always complete.
      - V(0) shows everything.
    type: int
    default: 500
"""
