# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Messages that an archive of HyperKitty got after another one, as mails. Runs in HyperKitty's interpreter."""

from __future__ import annotations

import base64
from functools import partial
from typing import Any

from ansible_collections.listops.mailman.plugins.module_utils._hyperkitty.remote.main import (
    PORTION,
    HyperKittyHandler,
    one_line,
)
from ansible_collections.listops.mailman.plugins.module_utils._programs.remote.server import serve
from ansible_collections.listops.mailman.plugins.module_utils._programs.remote.web import retry_when_locked


def mail_of(found: Any) -> bytes:
    """A message as HyperKitty keeps it. found is not saved."""
    for name in ("subject", "sender_name", "in_reply_to"):
        setattr(found, name, one_line(getattr(found, name)))
    message = found.as_message()
    parts = message.get_payload()
    if isinstance(parts, list) and len(parts) == 1:
        # HyperKitty makes a mail of several parts of each, also where there is one.
        (only,) = parts
        for name, value in message.items():
            if name.lower() not in ("content-type", "mime-version"):
                only[name] = value
        only["MIME-Version"] = "1.0"
        message = only
    else:
        # Otherwise it would be another one each time.
        message.set_boundary("=" * 15 + found.message_id_hash)
    raw: bytes = message.as_bytes()
    return raw


class PostedHandler(HyperKittyHandler):
    """Adds the requests for what was posted."""

    def newest(self, request: dict[str, Any]) -> dict[str, Any]:
        """The key of the last message of each archive. request: {"lists": [posting addresses]}; answer: {"newest": {address: key}}."""
        return {"newest": retry_when_locked(partial(self._newest, request["lists"]))}

    @staticmethod
    def _newest(lists: list[str]) -> dict[str, int]:
        from hyperkitty.models import Email

        found = {}
        for name in lists:
            last = Email.objects.filter(mailinglist__name=name).order_by("-pk").values_list("pk", flat=True).first()
            found[name] = last or 0
        return found

    def posted(self, request: dict[str, Any]) -> dict[str, Any]:
        """What came after a message. request: {"list": posting address, "after": key}; answer: {"messages": [[key, Message-ID]]}."""
        return {"messages": retry_when_locked(partial(self._posted, request["list"], request["after"]))}

    @staticmethod
    def _posted(name: str, after: int) -> list[list[Any]]:
        from hyperkitty.models import Email

        found = Email.objects.filter(mailinglist__name=name, pk__gt=after).order_by("archived_date", "pk")
        return [list(row) for row in found.values_list("pk", "message_id")]

    def mails(self, request: dict[str, Any]) -> dict[str, Any]:
        """Messages as mails.

        request: {"messages": [keys]}.
        answer: {"messages": [{"message_id", "sender", "subject", "received": seconds, "message": base64, or null with "fault"}], "read":
        how many keys were looked at, at least one}.
        """
        from hyperkitty.models import Email

        out: list[dict[str, Any]] = []
        size = read = 0
        for key in request["messages"]:
            read += 1
            for found in Email.objects.filter(pk=key).select_related("sender", "mailinglist"):
                one: dict[str, Any] = {
                    "message_id": found.message_id,
                    "sender": found.sender.address,
                    "subject": one_line(found.subject),
                    "received": found.archived_date.timestamp(),
                    "message": None,
                }
                try:
                    raw = mail_of(found)
                except Exception as exc:
                    # Anybody can send a message that fails here; it must not stop the others.
                    one["fault"] = "HyperKitty cannot write it ({0}: {1})".format(type(exc).__name__, exc)
                else:
                    one["message"] = base64.b64encode(raw).decode("ascii")
                    size += len(raw)
                out.append(one)
            if size >= PORTION:
                break
        return {"messages": out, "read": read}


def main() -> None:
    serve(lambda request: PostedHandler(request["command"]))
