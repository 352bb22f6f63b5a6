# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Errors of a host, for the message of a task. Pure."""

from __future__ import annotations

from typing import Any, Mapping

from ansible_collections.listops.mailman.plugins.module_utils import _visible


class HostError(Exception):
    """An error on the host, in one sentence. details: a traceback for -vvv. Both are safe for a terminal."""

    def __init__(self, message: str, details: str = "") -> None:
        super().__init__(_visible.sentence(message))
        self.details = _visible.lines(details)


class NotInstalled(HostError):
    """There is no Mailman on this host."""


def failure(exc: Exception) -> dict[str, Any]:
    """The arguments of fail_json for an error of this collection, or of the operating system."""
    if isinstance(exc, HostError) and exc.details:
        return {"msg": str(exc), "exception": exc.details}
    if isinstance(exc, OSError):
        return {"msg": _visible.sentence("{0}: {1}".format(exc.filename or "a file", exc.strerror))}
    return {"msg": str(exc)}


def of_failed(failed: Mapping[str, str], done: bool = True) -> str:
    """The message for lists that failed; it names only a few of many. done: whether other lists were applied."""
    said = list(failed.values())[:3]
    more = ["{0} more lists".format(len(failed) - len(said))] if len(failed) > len(said) else []
    return "; ".join(said + more + (["the other lists are done"] if done else []))
