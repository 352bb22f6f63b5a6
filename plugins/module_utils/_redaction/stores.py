# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where copies of a message are, and what each of these places is asked for a redaction."""

from __future__ import annotations

from typing import Any, Callable, Mapping, NamedTuple, Sequence

from ansible_collections.listops.mailman.plugins.module_utils._programs.process import Process


class MessageStore:
    """Copies of messages behind one program. local: the name that it has for a list, by posting address; Invalid for none.

    A request is {"list": posting address, "message_id": bare, or None, "hash" and "page": what the address of its page
    says, or None, "replacement": see _redaction/remote/message.py}.
    """

    def __init__(self, process: Process, local: Callable[[str], str] = str) -> None:
        self._process = process
        self._local = local

    def look(self, request: Mapping[str, Any], *, originals: bool = False) -> Mapping[str, Any]:
        """What is there: "places" and "originals"; of a store that is an archive also "found", or None, for the message.

        originals: whether to give them as they are, as [[name, base64]].
        """
        return self._process.request("look_message", **self._named(request), originals=originals)

    def redact(self, request: Mapping[str, Any]) -> None:
        """Replace what look() found."""
        self._process.request("redact_message", **self._named(request))

    def _named(self, request: Mapping[str, Any]) -> dict[str, Any]:
        return dict(request, list=self._local(request["list"]))


class Stores(NamedTuple):
    """All message stores of a host, the primary archive first. domains: those of its Mailman."""

    domains: Sequence[str]
    stores: Sequence[MessageStore]
