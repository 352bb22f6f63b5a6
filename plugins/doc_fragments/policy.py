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
      - Accept that an exact roster is emptied, or loses more than half of its people when it has 10 or more.
        Without it that is an error with the numbers, because an empty roster is mostly a broken source.
      - Of a disabled list only the owners may go without it.
    type: bool
    default: false
  override_bans:
    description: Add members even when a ban covers their address. Without it that is an error.
    type: bool
    default: false
  send_welcome:
    description:
      - Send Mailman's welcome message to everybody who becomes a member.
      - Without it nobody is sent anything, whatever the list does for people who subscribe themselves.
      - Messages go out once the change is made; a run that is killed in between sends none later.
    type: bool
    default: false
  send_goodbye:
    description: Send Mailman's goodbye message to everybody who is a member no longer. Not when a whole list is removed.
    type: bool
    default: false
  diff_limit:
    description:
      - How many lines of detail C(--diff) and the result show. All lists that change share them, so that one with
        many members does not hide another. How much is left out is said; the counts are always complete.
      - V(0) shows everything.
    type: int
    default: 500
"""
