# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Redacts copies of a message in Mailman 3's prototype archive and in digests that are not sent yet."""

from __future__ import annotations

import base64
import glob
import mailbox
import os
from typing import Any, Iterator

from ansible_collections.listops.mailman.plugins.module_utils._mailman3.remote.locks import clear_dead_lock
from ansible_collections.listops.mailman.plugins.module_utils._mailman3.remote.main import Mailman3Handler, prepare
from ansible_collections.listops.mailman.plugins.module_utils._programs.remote.server import replace_bytes, serve
from ansible_collections.listops.mailman.plugins.module_utils._redaction.remote.digests import cleaned
from ansible_collections.listops.mailman.plugins.module_utils._redaction.remote.message import message_id


class CopyRedactor:
    """config: Mailman's; name: a posting address; ident: a bare Message-ID; replacement: see _redaction/remote/message.py."""

    def __init__(self, config: Any, name: str, ident: str, replacement: dict[str, Any]) -> None:
        self.name = name
        self.ident = ident.encode("utf-8")
        self.replacement = replacement
        self.prototype = os.path.join(config.ARCHIVE_DIR, "prototype", name)
        self.digests = os.path.join(config.LIST_DATA_DIR, name.replace("@", ".", 1), "digest*.mmdf")

    def look(self, originals: bool) -> dict[str, Any]:
        """See _hyperkitty/remote/redact.py."""
        places: list[dict[str, Any]] = []
        raw: list[list[str]] = []
        for path, data, _new in self._files():
            own = message_id(data) == self.ident
            places.append({"place": path, "what": ["message" if own else "digest"]})
            if own and originals:
                raw.append(["prototype-{0}.eml".format(len(raw)), base64.b64encode(data).decode("ascii")])
        places += [{"place": path, "what": ["digest in progress"]} for path in self._unsent()]
        return {"places": places, "originals": raw}

    def apply(self) -> None:
        for path, _data, new in list(self._files()):
            replace_bytes(path, [new])
        for path in list(self._unsent()):
            self._clean_digest(path)

    def _files(self) -> Iterator[tuple[str, bytes, bytes]]:
        """Files of the prototype archive with a copy: path, old and new content."""
        for path in sorted(glob.glob(os.path.join(glob.escape(self.prototype), "[cn]*", "*"))):
            with open(path, "rb") as handle:
                data = handle.read()
            new = cleaned(data, self.ident, self.replacement)
            if new != data:
                yield path, data, new

    def _unsent(self) -> Iterator[str]:
        for path in sorted(glob.glob(self.digests)):
            box = mailbox.MMDF(path, create=False)
            try:
                if any(self._changed(box, key) is not None for key in box.iterkeys()):
                    yield path
            finally:
                box.close()

    def _changed(self, box: mailbox.MMDF, key: str) -> bytes | None:
        raw = box.get_bytes(key)
        new = cleaned(raw, self.ident, self.replacement)
        return new if new != raw else None

    def _clean_digest(self, path: str) -> None:
        from mailman.utilities.mailbox import Mailbox

        clear_dead_lock(path)
        # With the lock that Mailman takes to add a message. Other messages are copied as they are.
        with Mailbox(path) as box:
            for key in list(box.iterkeys()):
                new = self._changed(box, key)
                if new is not None:
                    fresh = mailbox.MMDFMessage(new)
                    fresh.set_from(box.get_message(key).get_from())
                    box[key] = fresh


class Mailman3RedactionHandler(Mailman3Handler):
    """Adds the requests of a redaction."""

    def look_message(self, request: dict[str, Any]) -> dict[str, Any]:
        """Find copies of a message that is to be redacted.

        request: {"list": posting address, "message_id": bare, "replacement": see _redaction/remote/message.py, "originals":
        whether to return the originals}.
        answer: see CopyRedactor.look.
        """
        return self._redactor(request).look(request["originals"])

    def redact_message(self, request: dict[str, Any]) -> dict[str, Any]:
        """Redact these copies. request: as of look_message; answer: {}."""
        self._redactor(request).apply()
        return {}

    def _redactor(self, request: dict[str, Any]) -> CopyRedactor:
        return CopyRedactor(self.config, request["list"], request["message_id"], request["replacement"])


def main() -> None:
    serve(lambda request: Mailman3RedactionHandler(request.get("config"), request["readonly"]), prepare)
