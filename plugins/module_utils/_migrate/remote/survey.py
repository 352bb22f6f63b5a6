# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Counts what lists have in a copy of Mailman 2.1's files, and what is wrong with it, before they are moved. It writes nothing.

Runs in Ansible's Python. Mailboxes are read whole, mail by mail; of what waits, no content is returned.
"""

from __future__ import annotations

import io
import os
import re
import time
from functools import partial
from typing import Any, Iterator

from ansible_collections.listops.mailman.plugins.module_utils._mailman21.remote.pending import (
    PendingHandler,
    WaitingFiles,
    reason_of,
)
from ansible_collections.listops.mailman.plugins.module_utils._mailman21.remote.read import load, native, sentence
from ansible_collections.listops.mailman.plugins.module_utils._migrate.remote.messages import NO_ID, Mailbox
from ansible_collections.listops.mailman.plugins.module_utils._programs.remote.separator import HEADER
from ansible_collections.listops.mailman.plugins.module_utils._programs.remote.server import Failure, serve

# Mails are written with the wrong clock by up to a day.
DAY = 86400.0
# A sample of one mailbox has fewer mails rather than more bytes.
SAMPLE_BYTES = 32 << 20
_UNQUOTED = re.compile(rb"^From ", re.MULTILINE)


class MailboxSurvey:
    """What is found in one mailbox. descriptor: of the open file."""

    def __init__(self, descriptor: int) -> None:
        self._read = partial(os.pread, descriptor)
        self._bytes = os.fstat(descriptor).st_size
        # Fault -> [how many mails have it, the position of the first].
        self._faults: dict[str, list[int]] = {}
        began = time.monotonic()
        self._mailbox = Mailbox(self._read, time.time() + DAY, look=self._look)
        self._seconds = time.monotonic() - began
        if self._bytes and self._read(1, self._bytes - 1) != b"\n":
            self._note("cut", max(0, len(self._mailbox) - 1))

    def _look(self, position: int, line: bytes, raw: bytes, arrived: int | None) -> None:
        if not line:
            self._note("before_first", position)
        elif not HEADER.match(raw):
            self._note("no_header", position)
        if arrived is None:
            self._note("no_date", position)
        if b"\0" in raw:
            self._note("nul", position)
        if b"\r\n" in raw:
            self._note("line_ends", position)
        if _UNQUOTED.search(raw):
            self._note("unquoted", position)

    def _note(self, fault: str, position: int) -> None:
        self._faults.setdefault(fault, [0, position])[0] += 1

    def answer(self, number: int) -> dict[str, Any]:
        """See SurveyHandler.survey. number: of mails in the sample."""
        twice = without = other = 0
        for position in range(len(self._mailbox)):
            mail = self._mailbox.mail(position)
            if mail.merged is not None:
                twice += 1
            elif mail.reason is not None:
                missing = mail.reason == NO_ID
                without, other = without + missing, other + (not missing)
        return {
            "bytes": self._bytes,
            "mails": len(self._mailbox),
            "twice": twice,
            "without_id": without,
            "same_id": other,
            "faults": self._faults,
            "seconds": self._seconds,
            "sample": list(self._sample(number)),
        }

    def _sample(self, number: int) -> Iterator[list[Any]]:
        """Mails from all over the mailbox, as tasks of the program that parses them."""
        positions = [at for at in range(len(self._mailbox)) if self._mailbox.mail(at).merged is None]
        number = min(number, len(positions))
        while number:
            chosen = [positions[each * len(positions) // number] for each in range(number)]
            if number == 1 or sum(self._mailbox.place(at)[1] for at in chosen) <= SAMPLE_BYTES:
                for at in chosen:
                    mail = self._mailbox.mail(at)
                    yield [at, self._mailbox.place(at), mail.message_id, mail.arrived]
                return
            number //= 2


class SurveyHandler(PendingHandler):
    """Adds the requests of a survey."""

    def sizes(self, request: dict[str, Any]) -> dict[str, Any]:
        """How large mailboxes are, and what waits in no list.

        request: {"names": of lists}. answer: {"mailboxes": {name: bytes, or None where there is none}, "shared": how many
        confirmations are in the file that is of no list, "shared_fault": why it cannot be read, or None}.
        """
        shared, fault = self._shared()
        mailboxes = {name: self._size(name) for name in request["names"]}
        return {"mailboxes": mailboxes, "shared": shared, "shared_fault": fault}

    def _shared(self) -> tuple[int, str | None]:
        try:
            data = self.folder.read("data", "pending.pck")
            found = {} if data is None else load(io.BytesIO(data))
            return len([key for key in found if native(key) not in ("evictions", "version")]), None
        except Exception as exc:
            return 0, reason_of(exc)

    def _size(self, name: str) -> int | None:
        descriptor = self._open(name)
        if descriptor is None:
            return None
        try:
            return os.fstat(descriptor).st_size
        finally:
            os.close(descriptor)

    def _open(self, name: str) -> int | None:
        """The open mailbox of a list."""
        try:
            return self.folder.open("archives", "private", name + ".mbox", name + ".mbox")
        except (OSError, Failure) as exc:
            raise Failure("list {0}: its mailbox cannot be read ({1})".format(name, reason_of(exc))) from None

    def survey(self, request: dict[str, Any]) -> dict[str, Any]:
        """Count what one list has.

        request: {"name": of its folder, "number": of mails in the sample}.
        answer: {"unreadable": a sentence, or None; "archived": whether posts are archived, "languages": [codes that the list
        and its members have], "texts": how many of its own, "waiting": how many things wait, "damaged": [{"file", "reason"}],
        "mailbox": None where there is none, or {"bytes", "mails", "twice": mails with the Message-ID and the text of another,
        "same_id": those with another text, "without_id", "faults": {fault: [mails, position of the first]}, "seconds": for
        reading all of it, "sample": [tasks]}}.
        """
        name = request["name"]
        try:
            found = self._list(name)
        except Exception as exc:
            return {"unreadable": sentence(name, exc)}
        descriptor = self._open(name)
        if descriptor is None:
            return dict(found, mailbox=None)
        try:
            return dict(found, mailbox=MailboxSurvey(descriptor).answer(request["number"]))
        finally:
            os.close(descriptor)

    def _list(self, name: str) -> dict[str, Any]:
        config = self.files.config(name)
        answer = WaitingFiles(self, name).answer()
        held = [each for each in [*answer["requests"], *answer["unnamed"]] if each.get("fault")]
        damaged = [{"file": each["file"], "reason": each["reason"]} for each in answer["damaged"]]
        damaged += [{"file": "a held message", "reason": each["fault"]} for each in held]
        spoken = self.files.attributes(config, ["preferred_language"])
        members = {row[6] for row in self.files.members(config)}
        languages = {str(code) for code in [*spoken.values(), *members] if code}
        return {
            "unreadable": None,
            "archived": bool(config.get("archive", True)),
            "languages": sorted(languages),
            "texts": sum(len(files) for files in self.files.texts(name).values()),
            "waiting": sum(len(answer[key]) for key in ("requests", "unnamed", "confirmations", "digest")),
            "damaged": damaged,
        }


def main() -> None:
    serve(lambda request: SurveyHandler(request["folder"], request["said"], request["option"]))
