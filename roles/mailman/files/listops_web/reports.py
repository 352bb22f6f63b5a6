# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reports of errors that know where it happened, and nothing of the request: for whoever has them mailed to himself."""

from __future__ import annotations

from django.views.debug import ExceptionReporter, SafeExceptionReporterFilter


class Reporter(ExceptionReporter):
    def __init__(self, request, *args, **kwargs) -> None:
        super().__init__(None, *args, **kwargs)


class Filter(SafeExceptionReporterFilter):
    def get_safe_settings(self):
        return {}

    def get_post_parameters(self, request):
        return {}

    def get_traceback_frame_variables(self, request, tb_frame):
        return []
