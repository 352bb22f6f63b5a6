# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The stores with copies of a message, and their requests for a redaction."""

from __future__ import annotations

from typing import Any, Callable, Mapping, NamedTuple, Sequence

from ansible_collections.listops.mailman.plugins.module_utils._programs.process import Process


class MessageStore:
    """A store behind one program. local: returns its name of a list by posting address; raises Invalid.

    A request is {"list": posting address, "message_id": without brackets, or None, "hash" and "page": from the URL of its
    page, or None, "replacement": see _redaction/remote/message.py}.
    """

    def __init__(self, process: Process, local: Callable[[str], str] = str) -> None:
        self._process = process
        self._local = local

    def look(self, request: Mapping[str, Any], *, originals: bool = False) -> Mapping[str, Any]:
        """Find copies: "places" and "originals"; in an archive also "found", the message or None.

        originals: whether to return the originals, as [[name, base64]].
        """
        return self._process.request("look_message", **self._named(request), originals=originals)

    def redact(self, request: Mapping[str, Any]) -> None:
        """Redact what look() found."""
        self._process.request("redact_message", **self._named(request))

    def _named(self, request: Mapping[str, Any]) -> dict[str, Any]:
        return dict(request, list=self._local(request["list"]))


class Stores(NamedTuple):
    """All message stores of a host, the primary archive first. domains: those of its Mailman."""

    domains: Sequence[str]
    stores: Sequence[MessageStore]
