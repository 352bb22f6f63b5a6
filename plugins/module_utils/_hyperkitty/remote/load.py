# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Puts the mails of a mailbox into an archive of HyperKitty, whose interpreter runs this.

The mailbox belongs to root, who gives it as an open file. Mails are parsed in processes of their own and inserted in short
transactions, each with its thread, what it answers before it; the places in threads are computed afterwards. What an
interrupted run has not done is seen in the database: mails that are not there, and mails without a place.
"""

from __future__ import annotations

import gc
import json
import os
import socket
import time
from array import array
from functools import partial
from typing import Any, Callable, Iterator, Mapping, Sequence

from ansible_collections.listops.mailman.plugins.module_utils._hyperkitty.remote.archive import Archive
from ansible_collections.listops.mailman.plugins.module_utils._hyperkitty.remote.parse import Parsed, Unusable, parse
from ansible_collections.listops.mailman.plugins.module_utils._hyperkitty.remote.workers import Workers, cores
from ansible_collections.listops.mailman.plugins.module_utils._migrate.remote.messages import (
    Mail,
    Mailbox,
    message_id_hash,
    parts_of,
    shown,
    whole,
)
from ansible_collections.listops.mailman.plugins.module_utils._programs.remote.server import Failure, serve
from ansible_collections.listops.mailman.plugins.module_utils._programs.remote.web import enter

# One transaction: so many mails, or so many bytes of them.
MAILS, BYTES = 200, 2 << 20
# One portion of work for a process that parses.
PORTION = 40
# No mail takes so many seconds, unless somebody made it for that.
SECONDS = 60.0
# Mails are written with the wrong clock by up to a day.
DAY = 86400.0


def parse_task(read: Callable[[int, int], bytes], latest: float, task: Sequence[Any]) -> Parsed | str:
    """Parse a mail of an open mailbox; a sentence for one that HyperKitty cannot have.

    task: (position, (offset, size), Message-ID, arrived). read, latest: see Mailbox.
    """
    _position, place, message_id, arrived = task
    line, raw = parts_of(whole(read, *place))
    try:
        return parse(raw, message_id, line, arrived, latest)
    except Unusable as exc:
        return str(exc)


class Load:
    """One mailbox into one archive.

    request: see LoadHandler.begin. mailbox: an open file; account: the account of an earlier run, as an open file, or None.
    """

    def __init__(self, request: Mapping[str, Any], mailbox: int, account: int | None) -> None:
        self._read = partial(os.pread, mailbox)
        self._latest = time.time() + DAY
        self._jobs = request["jobs"] or cores()
        self._account = account
        self._files = [mailbox] if account is None else [mailbox, account]
        self.archive = Archive(request["list"], request["private"], request["write"])
        self.mailbox = Mailbox(self._read, self._latest, request["ids"])
        # Of each mail whether it is in the archive, and under which other Message-ID than that of the mailbox.
        self._moved = bytearray(len(self.mailbox))
        self._renamed: dict[int, str] = {}
        self._targets = {
            mail.merged for mail in map(self.mailbox.mail, range(len(self.mailbox))) if mail.merged is not None
        }
        self._ends: dict[int, dict[str, Any]] = {}

    def outcomes(self) -> Iterator[list[dict[str, Any]]]:
        """What became of each mail, in portions of no order."""
        yield from self._known()
        with Workers(
            min(self._jobs, max(1, len(self.mailbox) // PORTION)),
            partial(parse_task, self._read, self._latest),
            SECONDS,
        ) as workers:
            batch: list[tuple[Mail, Any]] = []
            size = 0
            for answers in workers.map(self._portions()):
                for (position, *_task), parsed in answers:
                    batch.append((self.mailbox.mail(position), parsed))
                    size += self.mailbox.place(position)[1]
                if len(batch) >= MAILS or size >= BYTES:
                    yield self._put(batch)
                    batch, size = [], 0
            yield self._put(batch)
        self.archive.finish()
        yield self._merged()

    def verified(self) -> int:
        """How many mails are in the archive, as it says now."""
        renamed = {message_id: at for at, message_id in self._renamed.items()}
        found = bytearray(len(self._moved))
        for message_id in self.archive.message_ids():
            at = renamed.get(message_id, self.mailbox.position(message_id))
            if at is not None and self._moved[at] and self._id(at) == message_id:
                found[at] = 1
        return sum(found)

    def close(self) -> None:
        for file in self._files:
            os.close(file)

    def _id(self, position: int) -> str:
        return self._renamed.get(position) or self.mailbox.mail(position).message_id

    def _lines(self) -> Iterator[dict[str, Any]]:
        if self._account is not None:
            with open(os.dup(self._account), encoding="utf-8") as lines:
                lines.seek(0)
                for line in lines:
                    yield json.loads(line)

    def _known(self) -> Iterator[list[dict[str, Any]]]:
        """The mails that an earlier run has moved, and that are still there."""
        if self._account is None:
            return
        there = bytearray(len(self.mailbox))
        others = set()
        for message_id in self.archive.message_ids():
            at = self.mailbox.position(message_id)
            if at is None:
                others.add(message_id)
            else:
                there[at] = 1
        found = []
        for line in self._lines():
            position = line["position"]
            if line["state"] != "moved" or position >= len(self.mailbox):
                continue
            at = self.mailbox.position(line["message_id"])
            if not (line["message_id"] in others if at is None else there[at]):
                continue
            mail = self.mailbox.mail(position)
            if mail.merged is not None or mail.sha256 != line["sha256"]:
                continue
            self._note(mail, line)
            found.append(line)
            if len(found) == 1000:
                yield found
                found = []
        yield found

    def _note(self, mail: Mail, outcome: dict[str, Any]) -> dict[str, Any]:
        if outcome["state"] == "moved":
            self._moved[mail.position] = 1
            if outcome["message_id"] != mail.message_id:
                self._renamed[mail.position] = outcome["message_id"]
        if mail.position in self._targets:
            self._ends[mail.position] = outcome
        return outcome

    def _portions(self) -> Iterator[list[Any]]:
        portion: list[Any] = []
        size = 0
        for position in self.mailbox.order():
            if self._moved[position]:
                continue
            mail, place = self.mailbox.mail(position), self.mailbox.place(position)
            portion.append((position, place, mail.message_id, mail.arrived))
            size += place[1]
            if len(portion) == PORTION or size >= BYTES:
                yield portion
                portion, size = [], 0
        if portion:
            yield portion

    def _put(self, batch: list[tuple[Mail, Any]]) -> list[dict[str, Any]]:
        good = [parsed for _mail, parsed in batch if isinstance(parsed, Parsed)]
        stored = iter(self.archive.put(good) if good else [])
        found = []
        for mail, parsed in batch:
            if isinstance(parsed, Parsed):
                message_id, value, failed = next(stored)
                outcome = self._outcome(mail, message_id, failed, parsed.mended, value)
            else:
                outcome = self._outcome(
                    mail, mail.message_id, "HyperKitty cannot read it: {0}".format(parsed), [], None
                )
            found.append(self._note(mail, outcome))
        return found

    def _outcome(
        self, mail: Mail, message_id: str, failed: str | None, mended: list[str], stored: str | None
    ) -> dict[str, Any]:
        reason = mail.reason
        if message_id != mail.message_id:
            reason = "the archive has another text under its Message-ID {0}".format(mail.message_id)
        outcome = {
            "position": mail.position,
            "message_id": message_id,
            "sha256": mail.sha256,
            "state": "quarantined" if failed else "moved",
            "reason": failed or reason,
            "mended": mended,
            "hash": None if failed else message_id_hash(message_id),
            "stored": stored,
        }
        if failed or outcome["reason"] or mended:
            # People want to know which it was.
            outcome.update(shown(self.mailbox.raw(mail.position)))
        if failed:
            outcome["place"] = self.mailbox.place(mail.position)
        return outcome

    def _merged(self) -> list[dict[str, Any]]:
        """What became of the mails that are there twice: the same as of the first one."""
        found = []
        for position in range(len(self.mailbox)):
            mail = self.mailbox.mail(position)
            if mail.merged is not None:
                first = self._ends[mail.merged]
                if first["state"] == "moved":
                    outcome = self._outcome(mail, mail.message_id, None, [], None)
                    found.append(
                        dict(
                            outcome,
                            state="merged",
                            reason=mail.reason,
                            message_id=first["message_id"],
                            hash=first["hash"],
                        )
                    )
                else:
                    found.append(self._outcome(mail, mail.message_id, first["reason"], [], None))
        return found


class LoadHandler:
    """request: {"command": path of manage.py, "channel": number of a socket on which open files come}."""

    def __init__(self, request: Mapping[str, Any]) -> None:
        enter(request["command"])
        # Django's rows and the email package's parsers leave circles behind.
        gc.freeze()
        gc.enable()
        self._channel = socket.socket(fileno=request["channel"])
        self._load: Load | None = None
        self._outcomes: Iterator[list[dict[str, Any]]] = iter(())

    def server_info(self) -> dict[str, Any]:
        from django.conf import settings

        return {"cached_in_processes": "locmem" in str(settings.CACHES["default"]["BACKEND"])}

    def check(self, request: dict[str, Any]) -> dict[str, Any]:
        """Fail unless there are these archives. request: {"archives": {posting address: whether it must be private}}; answer: {}."""
        for name, private in request["archives"].items():
            Archive(name, private, write=False)
        return {}

    def begin(self, request: dict[str, Any]) -> dict[str, Any]:
        """Read a mailbox, which is sent on the channel.

        request: {"list": posting address, "private": whether strangers must not read it, "write", "jobs": processes, 0 for
        one for each core, "ids": {position: Message-ID}, "account": whether the account of an earlier run is sent, too}.
        answer: {"found": number of mails}.
        """
        files = array("i", socket.recv_fds(self._channel, 1, 2)[1])
        self._load = Load(request, files[0], files[1] if request["account"] else None)
        self._outcomes = self._load.outcomes()
        return {"found": len(self._load.mailbox)}

    def go_on(self, _request: dict[str, Any]) -> dict[str, Any]:
        """The next part of the work. answer: {"outcomes": [...] or None when all is done}; of the latter also {"changed", "verified"}."""
        if self._load is None:
            raise Failure("no mailbox was begun")
        for outcomes in self._outcomes:
            return {"outcomes": outcomes}
        done = {"outcomes": None, "changed": self._load.archive.changed, "verified": self._load.verified()}
        self._load.close()
        return done

    def index(self, request: dict[str, Any]) -> dict[str, Any]:
        """Add the mails of a list to the search index. request: {"list"}; answer: {"indexed": whether it lacked any}."""
        from haystack.query import SearchQuerySet
        from hyperkitty.models import Email
        from hyperkitty.search_indexes import update_index

        name = request["list"]
        there = SearchQuerySet().models(Email).filter(mailinglist__exact=name).count()
        lacks = there < Email.objects.filter(mailinglist__name=name).count()
        if lacks and request["write"]:
            update_index(listname=name)
        return {"indexed": lacks}


def main() -> None:
    serve(LoadHandler)
