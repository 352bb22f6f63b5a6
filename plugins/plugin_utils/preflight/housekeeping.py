# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rules for the variables of the housekeeping role. Pure."""

from __future__ import annotations

from ansible_collections.listops.mailman.plugins.plugin_utils.preflight.given import Given, Questions
from ansible_collections.listops.mailman.plugins.plugin_utils.preflight.kinds import (
    FILE,
    Rule,
    number,
)

_DAYS = number(0)._replace(accepted="a number of days, or 0 for never")
_TIMES = ("housekeeping_on_calendar", "housekeeping_metrics_interval")

RULES: dict[str, Rule] = {
    "housekeeping_held_days": _DAYS,
    "housekeeping_request_days": _DAYS,
    "housekeeping_metrics_directory": FILE,
    "housekeeping_mailman_python": FILE,
    "housekeeping_mailman_config": FILE,
    "housekeeping_mailman_prefix": FILE,
}


def questions(given: Given) -> Questions:
    """Questions that only the host can answer."""
    return {"calendars": given.values(_TIMES[0]), "timespans": given.values(_TIMES[1])}


def together(given: Given) -> None:
    """Rules of the host."""
    given.refuse_times(*_TIMES)
