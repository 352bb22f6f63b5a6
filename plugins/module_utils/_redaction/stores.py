# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The stores with copies of a message, and their requests for a redaction."""

from __future__ import annotations

from typing import Any, Callable, Mapping, NamedTuple, Protocol, Sequence

from ansible_collections.listops.mailman.plugins.module_utils._programs.process import Process


class Store(Protocol):
    """Where copies of a message are. archive: whether it finds a message by the URL of its page, too.

    A request is {"list": posting address, "message_id": without brackets, or None, "hash" and "page": from the URL of its
    page, or None, "replacement": see _redaction/remote/message.py}. Only an archive gets one without a Message-ID.
    """

    archive: bool

    def look(self, request: Mapping[str, Any], *, originals: bool = False) -> Mapping[str, Any]:
        """Find copies: "places" and "originals"; in an archive also "found", the message or None. "left": what is not redacted.

        originals: whether to return the originals, as [[name, base64]].
        """

    def redact(self, request: Mapping[str, Any]) -> None:
        """Redact what look() found."""


class MessageStore:
    """A store behind one program, see Store. local: returns its name of a list by posting address; raises Invalid."""

    def __init__(self, process: Process, local: Callable[[str], str] = str, *, archive: bool = True) -> None:
        self._process = process
        self._local = local
        self.archive = archive

    def look(self, request: Mapping[str, Any], *, originals: bool = False) -> Mapping[str, Any]:
        return self._process.request("look_message", **self._named(request), originals=originals)

    def redact(self, request: Mapping[str, Any]) -> None:
        self._process.request("redact_message", **self._named(request))

    def _named(self, request: Mapping[str, Any]) -> dict[str, Any]:
        return dict(request, list=self._local(request["list"]))


class Stores(NamedTuple):
    """All message stores of a host, the primary archive first. domains: those of its Mailman."""

    domains: Sequence[str]
    stores: Sequence[Store]
