# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A logs' formatter that keeps out what opens a door."""

from __future__ import annotations

import logging
import re

# In paths: the links to a new password and to an address's confirmation. In queries: what may be a secret.
_SECRETS = (
    re.compile(r"(/(?:confirm-email|password/reset/key)/)[^/\s?'\"]+"),
    re.compile(r"([?&;][^=&;\s?]*(?:key|token|pass|pw|secret)[^=&;\s?]*=)[^&;\s'\"]+", re.IGNORECASE),
)


def redacted(text: str) -> str:
    for pattern in _SECRETS:
        text = pattern.sub(r"\1...", text)
    return text


class Formatter(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        return redacted(super().format(record))
