# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The messages of a list's archive as the lines of an mbox, in portions, whatever archive it is."""

from __future__ import annotations

import base64
import contextlib
from typing import Any, Iterator, Mapping

from ansible_collections.listops.mailman.plugins.module_utils._archives import mbox
from ansible_collections.listops.mailman.plugins.module_utils._mailman21.client import Mailman21
from ansible_collections.listops.mailman.plugins.module_utils._programs.process import Engine

# How much is read of a file at once, in bytes, and how many messages are asked for.
PORTION = 4 << 20
MESSAGES = 500


class HyperKitty:
    """left_out: {"list", "message_id", "reason"} of messages that it could not write, of the lists whose lines were read."""

    def __init__(self, web: Engine) -> None:
        self._web = web
        self.left_out: list[dict[str, str]] = []

    def lines(self, name: str) -> Iterator[bytes]:
        return mbox.lines(self._parts(name))

    def _parts(self, name: str) -> Iterator[bytes]:
        keys = self._web.request({"op": "messages", "list": name})["messages"]
        while keys:
            answer = self._web.request({"op": "mbox", "messages": keys[:MESSAGES]})
            self.left_out += [{"list": name, **each} for each in answer["left_out"]]
            yield base64.b64decode(answer["mbox"])
            keys = keys[answer["messages"] :]


class Pipermail:
    """left_out: as of HyperKitty; a file is there whole."""

    def __init__(self, engine: Mailman21) -> None:
        self._engine = engine
        self.left_out: list[dict[str, str]] = []

    def lines(self, name: str) -> Iterator[bytes]:
        return mbox.sound(mbox.lines(self._parts(self._engine.site.local(name))))

    def _parts(self, name: str) -> Iterator[bytes]:
        size = self._engine.request({"op": "mbox_size", "list": name})["size"]
        for start in range(0, size, PORTION):
            portion = min(PORTION, size - start)
            answer = self._engine.request({"op": "mbox_part", "list": name, "start": start, "size": portion})
            yield base64.b64decode(answer["mbox"])


def open_mailboxes(engine: Engine, params: Mapping[str, Any], stack: contextlib.ExitStack) -> HyperKitty | Pipermail:
    """The archives of a host; its web interface is closed with the stack."""
    if isinstance(engine, Mailman21):
        return Pipermail(engine)
    web = Engine("hyperkitty", command=params["web_manage"], option="web_manage", opening={"user": params["web_user"]})
    return HyperKitty(stack.enter_context(web))
