# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The options with which every module finds Mailman and its web interface, as typed values. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Mapping

CONNECTION_SPEC: dict[str, dict[str, Any]] = {
    "mailman_command": {"type": "path"},
    "mailman_config": {"type": "path"},
    "mailman_user": {"type": "str", "default": "list"},
    "mailman_engine": {"type": "str", "choices": ["auto", "mailman3", "mailman21"], "default": "auto"},
    "mailman_prefix": {"type": "path"},
    "mailman_lock_timeout": {"type": "int", "default": 30},
}
WEB_SPEC: dict[str, dict[str, Any]] = {
    "web_manage": {"type": "path"},
    "web_user": {"type": "str", "default": "www-data"},
}


@dataclass(frozen=True)
class Connection:
    """Which Mailman of the host a task uses: see the documentation of the options."""

    engine: str = "auto"
    prefix: str | None = None
    command: str | None = None
    config: str | None = None
    user: str = "list"
    lock_timeout: int = 30

    @classmethod
    def of(cls, params: Mapping[str, Any]) -> Connection:
        """Parse the parameters of a module that has CONNECTION_SPEC."""
        return cls(
            engine=params["mailman_engine"],
            prefix=params["mailman_prefix"],
            command=params["mailman_command"],
            config=params["mailman_config"],
            user=params["mailman_user"],
            lock_timeout=params["mailman_lock_timeout"],
        )


@dataclass(frozen=True)
class WebInterface:
    """Where Mailman 3's web interface is. manage: its manage.py, or None to look for it."""

    manage: str | None = None
    user: str = "www-data"

    @classmethod
    def of(cls, params: Mapping[str, Any]) -> WebInterface:
        """Parse the parameters of a module that has WEB_SPEC."""
        return cls(manage=params["web_manage"], user=params["web_user"])
