# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Pages that need nothing of a request: neither who asks nor Mailman."""

from __future__ import annotations

from django.http import HttpResponse
from django.template.loader import render_to_string


def page(status: int, wait: int = 0, **context):
    """wait: seconds after which to try again."""
    response = HttpResponse(render_to_string(f"{status}.html", context), status=status)
    if wait:
        response.headers["Retry-After"] = str(wait)
    return response
