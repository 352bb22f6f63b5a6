# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The site's configuration, the file that the runbook calls /etc/mailman/mm_cfg.py."""

from Mailman.Defaults import *  # pylint: disable=wildcard-import,unused-wildcard-import

DEFAULT_EMAIL_HOST = 'lists.example.org'
DEFAULT_URL_HOST = 'lists.example.org'
add_virtualhost(DEFAULT_URL_HOST, DEFAULT_EMAIL_HOST)
MTA = None
