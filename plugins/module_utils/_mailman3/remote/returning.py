# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What lists of Mailman 3 have to give back to the server that they came from; and how they forget it. Runs in Mailman's interpreter."""

from __future__ import annotations

import base64
import contextlib
import json
import mailbox
import os
from collections.abc import Iterable, Iterator
from typing import Any

from ansible_collections.listops.mailman.plugins.module_utils._mailman3.remote.locks import clear_dead_lock
from ansible_collections.listops.mailman.plugins.module_utils._mailman3.remote.main import prepare
from ansible_collections.listops.mailman.plugins.module_utils._mailman3.remote.requests import (
    MARK,
    NOTE,
    Mailman3RequestsHandler,
    MovedList,
)
from ansible_collections.listops.mailman.plugins.module_utils._mailman3.remote.transactions import (
    Transactions,
    when_free,
)
from ansible_collections.listops.mailman.plugins.module_utils._programs.remote.server import chunks, serve


def base64_of(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


class ReturningList(MovedList):
    """One list whose new things go back."""

    def waits(self, keys: Iterable[str]) -> dict[str, Any]:
        """See Mailman3ReturningHandler.waits."""
        keys = list(keys)
        requests: dict[str, list[Any]] = {"subscription": [], "unsubscription": [], "asked": []}
        for owner, each in self._requests():
            requests["asked" if owner == "subscriber" else each["kind"]].append(each)
        return {
            "held": list(self._held_messages()),
            **requests,
            "handled": sorted(self._moved(keys) - self._marked(keys)),
            "digest": [base64_of(each) for each in self._digest()] if self.mlist.digests_enabled else None,
            "issue": [self.mlist.volume, self.mlist.next_digest_number],
        }

    def _held_requests(self) -> list[Any]:
        from mailman.interfaces.requests import IListRequests, RequestType

        return list(IListRequests(self.mlist).of_type(RequestType.held_message))

    def _held_messages(self) -> Iterator[dict[str, Any]]:
        """Messages that were held here. What was moved here waits on the old server, too."""
        from mailman.interfaces.messages import IMessageStore
        from mailman.interfaces.requests import IListRequests
        from zope.component import getUtility

        database = IListRequests(self.mlist)
        for request in self._held_requests():
            found = database.get_request(request.id)
            data = (found and found[1]) or {}
            if MARK in data:
                continue
            message = getUtility(IMessageStore).get_message_by_id(request.key)
            yield {
                "message_id": request.key,
                "message": None if message is None else base64_of(message.as_bytes()),
                "sender": data.get("_mod_sender") or "",
                "subject": data.get("_mod_subject") or "",
                "reason": data.get("_mod_reason") or "",
            }

    def _tokens(self, kind: str) -> list[tuple[str, Any]]:
        from mailman.interfaces.pending import IPendings
        from zope.component import getUtility

        return list(getUtility(IPendings).find(mlist=self.mlist, pend_type=kind))

    def _requests(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """Who has to decide about each request that was made here, moderator or subscriber, and what it is."""
        from mailman.model.workflow import WorkflowState

        for kind in ("subscription", "unsubscription"):
            for token, data in self._tokens(kind):
                if data is None or MARK in data:
                    continue
                # What the person chose, Mailman keeps with the step that comes next.
                state = self.store.query(WorkflowState).filter_by(token=token).first()
                yield (
                    str(data.get("token_owner")),
                    {
                        "kind": kind,
                        "address": str(data.get("email") or ""),
                        "name": str(data.get("display_name") or ""),
                        "digest": "_digests" in str(state and state.data),
                    },
                )

    @property
    def _digest_path(self) -> str:
        return os.path.join(self.mlist.data_path, "digest.mmdf")

    def _digest(self) -> list[bytes]:
        if not os.path.exists(self._digest_path):
            return []
        box = mailbox.MMDF(self._digest_path, create=False)
        with contextlib.closing(box):
            return [box.get_bytes(key, from_=True) for key in sorted(box.keys())]

    # -- what is forgotten here

    def forget(self, keys: Iterable[str]) -> bool:
        """Let nothing wait here, in the transaction of the caller, so that nobody handles it here and there. keys: see the handler."""
        from mailman.app.moderator import handle_message
        from mailman.interfaces.action import Action
        from mailman.interfaces.pending import IPendings
        from zope.component import getUtility

        changed = False
        for request in self._held_requests():
            # Its token knows the list, and is found by the list.
            handle_message(self.mlist, request.id, Action.discard)
            changed = True
        for kind in ("subscription", "unsubscription", "held message"):
            for token, _data in self._tokens(kind):
                getUtility(IPendings).confirm(token)
                changed = True
        return self._forget_notes(keys) or changed

    def _forget_notes(self, keys: Iterable[str]) -> bool:
        from mailman.model.pending import PendedKeyValue
        from sqlalchemy import delete, select

        table = PendedKeyValue.__table__
        mine = select(table.c.pended_id).where(table.c.key == "list", table.c.value == json.dumps(self._identity))
        of_kind = select(table.c.pended_id).where(table.c.key == "type", table.c.value == NOTE)
        found = [
            row[0]
            for part in chunks(keys)
            for row in self.store.execute(
                select(table.c.id).where(
                    table.c.key.in_(part), table.c.pended_id.in_(mine), table.c.pended_id.in_(of_kind)
                )
            )
        ]
        for part in chunks(found):
            self.store.execute(delete(table).where(table.c.id.in_(part)))
        return bool(found)

    def forget_digest(self) -> bool:
        if not os.path.exists(self._digest_path):
            return False
        clear_dead_lock(self._digest_path)
        os.unlink(self._digest_path)
        return True


class Mailman3ReturningHandler(Mailman3RequestsHandler):
    """Adds the requests of lists that go back."""

    def waits(self, request: dict[str, Any]) -> dict[str, Any]:
        """What waits in a list and was not moved to it.

        request: {"list": posting address, "keys": of what was moved to it}.
        answer: {"exists": false}, or {"exists", "held": [{"message_id", "message": base64, or null where it is lost, "sender",
        "subject", "reason"}], "subscription", "unsubscription": [{"kind", "address", "name", "digest"}] for moderators, "asked": the
        same of those whom it asked to confirm, "handled": [keys of what was moved here and waits no more], "digest": [base64, with
        a line "From "] of the digest in progress, or null where there are none, "issue": [volume, number]}.
        """

        def look() -> dict[str, Any]:
            mine = ReturningList(self.config, request["list"])
            return {"exists": False} if mine.mlist is None else {"exists": True, **mine.waits(request["keys"])}

        found = when_free(look, self.store.rollback)
        self.store.rollback()
        return found

    def shunted(self, _request: dict[str, Any]) -> dict[str, Any]:
        """How many messages Mailman could not handle. answer: {"files": {queue: number}}."""
        found = {}
        for name in ("shunt", "bad"):
            folder = os.path.join(self.config.QUEUE_DIR, name)
            found[name] = len(os.listdir(folder)) if os.path.isdir(folder) else 0
        return {"files": found}

    def forget(self, request: dict[str, Any]) -> dict[str, Any]:
        """Let nothing wait in a list any more. Nobody is told.

        request: {"list": posting address, "keys": what was moved to it and may be moved to it again}.
        answer: {"changed"}.
        """
        work = self._transactions = self._transactions or Transactions(self.config)
        if ReturningList(self.config, request["list"]).mlist is None:
            return {"changed": False}
        self.store.rollback()
        changed = work.run(lambda: ReturningList(self.config, request["list"]).forget(request["keys"]))
        changed = ReturningList(self.config, request["list"]).forget_digest() or changed
        self.store.rollback()
        return {"changed": bool(changed)}


def main() -> None:
    serve(lambda request: Mailman3ReturningHandler(request.get("config"), request["readonly"]), prepare)
