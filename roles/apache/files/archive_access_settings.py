# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The web interface's own settings, and the archive access on top of them."""

from settings import *  # noqa: F403  # pylint: disable=wildcard-import,unused-wildcard-import
from settings import MIDDLEWARE as _MIDDLEWARE

MIDDLEWARE = (*_MIDDLEWARE, "archive_access.ArchiveAccessMiddleware")
