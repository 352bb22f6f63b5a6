# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Puts what another server took meanwhile into lists of Mailman 2.1, which must not run. Runs in its own Python 2.7.

What is there already is seen by its Message-ID, request or address, so that an interrupted run can be repeated.
"""

import base64
import email
import glob
import itertools
import json
import os
import pickle
import re
import time

from ansible_collections.listops.mailman.plugins.module_utils._mailman21.remote import archives
from ansible_collections.listops.mailman.plugins.module_utils._mailman21.remote.main import Mailman21Handler, naming
from ansible_collections.listops.mailman.plugins.module_utils._programs.remote.server import Failure, serve

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Iterator  # noqa: F401

# Python 2's unicode.
TEXT = type(b"".decode("ascii"))
# Where the other server writes it, in Mailman's folder for data.
FILE = "listops-returned.jsonl"
_BLANK = re.compile(r"[\s<>()]")
# HyperKitty cuts longer Message-IDs.
LONGEST_ID = 254
HELD, SUBSCRIPTION, UNSUBSCRIPTION = 1, 2, 3
TYPES = {"held": HELD, "subscription": SUBSCRIPTION, "unsubscription": UNSUBSCRIPTION}


def bare(message_id):
    # type: (Any) -> str
    """A Message-ID as HyperKitty writes it, without angle brackets."""
    if not isinstance(message_id, (bytes, TEXT)):
        message_id = str(message_id or "")
    if isinstance(message_id, bytes):
        message_id = message_id.decode("latin-1")
    return _BLANK.sub("", message_id)[:LONGEST_ID]


def ids_in_mbox(path):
    # type: (str) -> set[str]
    """The Message-IDs of a mailbox."""
    found = set()  # type: set[str]
    if not os.path.exists(path):
        return found
    head = folded = False
    with open(path, "rb") as handle:
        for line in handle:
            if line.startswith(b"From "):
                head, folded = True, False
            elif not line.strip():
                head = folded = False
            elif head and line[:11].lower() == b"message-id:":
                own = bare(line[11:])
                folded = not own
                found.update([own] if own else [])
            elif folded and line[:1] in (b" ", b"\t"):
                found.add(bare(line))
                folded = False
    return found


class ListReturn(object):
    """Puts things into one list, under its lock. outcomes: [key, state, reason] of each."""

    def __init__(self, handler, mlist, name, write):
        # type: (Any, Any, str, bool) -> None
        self.mm_cfg = handler.mm_cfg
        self.mlist, self.name, self.write = mlist, name, write
        self.outcomes = []  # type: list[list[Any]]
        self._archived = None  # type: set[str] | None

    def put(self, item):
        # type: (dict[str, Any]) -> None
        fault = item.get("fault")
        done = ["quarantined", fault] if fault else getattr(self, "_put_" + item["kind"])(item)
        self.outcomes.append([item["key"]] + done)

    # -- posts

    def _put_post(self, item):
        # type: (dict[str, Any]) -> list[Any]
        """To the queue from which Mailman archives, as it does itself with what it has sent: nobody gets it again."""
        if not self.mlist.archive:
            return ["quarantined", "the list has no archive on the old server"]
        if self._archived is None:
            self._archived = ids_in_mbox(archives.mbox(self.name)) | self._queued()
        own = bare(item["message_id"])
        if own in self._archived:
            return ["merged", "the archive of the old server has it already, or will when its Mailman runs"]
        self._archived.add(own)
        if self.write:
            from Mailman.Queue.sbcache import get_switchboard

            message = self._message(item, item["received"])
            queue = get_switchboard(self.mm_cfg.ARCHQUEUE_DIR)
            queue.enqueue(message, listname=self.name, received_time=float(item["received"]))
        return ["returned", None]

    def _queued(self):
        # type: () -> set[str]
        """The Message-IDs of what waits for the archive of this list."""
        found = set()
        folder = self.mm_cfg.ARCHQUEUE_DIR
        for file in os.listdir(folder) if os.path.isdir(folder) else ():
            if file.endswith((".pck", ".bak")):
                with open(os.path.join(folder, file), "rb") as handle:
                    message, data = pickle.load(handle), pickle.load(handle)
                if data.get("listname") == self.name:
                    if data.get("_parsemsg"):
                        message = email.message_from_string(message)
                    found.add(bare(message["message-id"]))
        return found

    @staticmethod
    def _message(item, received):
        # type: (dict[str, Any], float) -> Any
        from Mailman import Message

        text = base64.b64decode(item["message"])
        message = email.message_from_string(text, Message.Message)  # type: ignore[call-overload] # Python 2's
        sender = str(item["sender"].encode("ascii", "replace")) or "nobody"
        message.set_unixfrom("From {0} {1}".format(sender, time.ctime(received)))
        return message

    # -- what waits

    def _put_held(self, item):
        # type: (dict[str, Any]) -> list[Any]
        now = time.time()
        message = self._message(item, now)
        if bare(message["message-id"]) in self._held():
            return ["merged", "it waits on the old server already"]
        if self.write:
            from Mailman import Utils

            reason = item["reason"].encode(Utils.GetCharSet(self.mlist.preferred_language), "replace")
            data = {"listname": self.name, "tolist": 1, "received_time": now}
            self.mlist.HoldMessage(message, reason, data)
        return ["returned", None]

    def _held(self):
        # type: () -> set[str]
        return set(bare(self._stored(self.mlist.GetRecord(number)[4])) for number in self.mlist.GetHeldMessageIds())

    def _stored(self, file):
        # type: (str) -> Any
        """The Message-ID of a held message. Its file may be gone."""
        path = os.path.join(self.mm_cfg.DATA_DIR, file)
        if not os.path.exists(path):
            return None
        with open(path, "rb") as handle:
            found = pickle.load(handle) if path.endswith(".pck") else email.message_from_file(handle)  # type: ignore[arg-type]
        return found["message-id"]

    def _put_subscription(self, item):
        # type: (dict[str, Any]) -> list[Any]
        from Mailman import Utils

        address = str(item["address"])
        if self.mlist.isMember(address):
            return ["merged", "{0} is a member there".format(address)]
        waiting = [self.mlist.GetRecord(number)[1].lower() for number in self.mlist.GetSubscriptionIds()]
        if address.lower() in waiting:
            return ["merged", "it waits on the old server already"]
        if self.write:
            language = self.mlist.preferred_language
            name = item["name_of_person"].encode(Utils.GetCharSet(language), "replace")
            password = Utils.MakeRandomPassword()
            self.mlist.HoldSubscription(address, name, password, int(item["digest"]), language)
        return ["returned", None]

    def _put_unsubscription(self, item):
        # type: (dict[str, Any]) -> list[Any]
        address = str(item["address"])
        if not self.mlist.isMember(address):
            return ["merged", "{0} is no member there".format(address)]
        waiting = [self._address(self.mlist.GetRecord(number)) for number in self.mlist.GetUnsubscriptionIds()]
        if address.lower() in waiting:
            return ["merged", "it waits on the old server already"]
        if self.write:
            self.mlist.HoldUnsubscription(address)
        return ["returned", None]

    @staticmethod
    def _address(record):
        # type: (Any) -> str
        return str(record[0] if isinstance(record, tuple) else record).lower()

    def _put_handled(self, item):
        # type: (dict[str, Any]) -> list[Any]
        """Discard what the other server handled."""
        number = int(item["number"])
        try:
            kind, record = self.mlist.GetRecordType(number), self.mlist.GetRecord(number)
        except KeyError:
            return ["merged", "it does not wait on the old server any more"]
        if kind != TYPES[item["what"]] or (item["address"] and item["address"].lower() not in self._addresses(record)):
            return ["quarantined", "request {0} of the old server is another one: look at it there".format(number)]
        if self.write:
            self.mlist.HandleRequest(number, self.mm_cfg.DISCARD)
        return ["returned", None]

    def _addresses(self, record):
        # type: (Any) -> list[str]
        """Whom a request may be of: its first fields are a time, unless it is the address alone."""
        return [str(each).lower() for each in (record[:2] if isinstance(record, tuple) else (record,))]

    # -- the digest in progress

    def _put_digest(self, item):
        # type: (dict[str, Any]) -> list[Any]
        """What the next digest has is what the other server had not sent yet."""
        mlist = self.mlist
        path = os.path.join(mlist.fullpath(), "digest.mbox")
        content = b"".join(base64.b64decode(each) for each in item["messages"])
        present = b""
        if os.path.exists(path):
            with open(path, "rb") as handle:
                present = handle.read()
        issue = (item["volume"], item["number"])
        newer = (mlist.volume, mlist.next_digest_number) < issue
        if content == present and not newer:
            return ["merged", "the old server has the same"]
        if self.write:
            with open(path + ".listops", "wb") as handle:
                handle.write(content)
                handle.flush()
                os.fsync(handle.fileno())
            os.rename(path + ".listops", path)
            if newer:
                mlist.volume, mlist.next_digest_number = issue
        return ["returned", None]


class Mailman21ReturnHandler(Mailman21Handler):
    """Adds the request for what comes back."""

    @property
    def _path(self):
        # type: () -> str
        return os.path.join(self.files.data, FILE)

    def put_back(self, request):
        # type: (dict[str, Any]) -> dict[str, Any]
        """Put what the other server wrote into the lists.

        request: {"write": whether to change anything}.
        answer: {"outcomes": [[key, state, reason]], "changed": whether anything is new here, "failed": {list: sentence}}.
        """
        outcomes, failed = [], {}  # type: list[Any], dict[str, str]
        self._check()
        existing = set(self.files.names())
        for name, items in self._by_list():
            try:
                with naming(name):
                    if name not in existing:
                        reason = "the old server has no list {0}".format(name)
                        outcomes += [[item["key"], "quarantined", reason] for item in items]
                        continue
                    outcomes += self._put(name, items, request["write"])
            except Failure as exc:
                failed[name] = str(exc)
        return {
            "outcomes": outcomes,
            "changed": any(state == "returned" for _key, state, _reason in outcomes),
            "failed": failed,
        }

    def _put(self, name, items, write):
        # type: (str, Iterator[dict[str, Any]], bool) -> list[Any]
        with self.writer.locked(name) as mlist:
            work = ListReturn(self, mlist, name, write)
            for item in items:
                work.put(item)
            if write:
                mlist.Save()
            return work.outcomes

    def _check(self):
        # type: () -> None
        """Fail unless the file is there as a whole."""
        if not os.path.exists(self._path):
            raise Failure("{0} is not there: run the phase rollback again".format(self._path))
        number, last = -1, b""
        with open(self._path, "rb") as handle:
            for line in handle:
                number, last = number + 1, line
        if last != json.dumps({"end": number}).encode("ascii") + b"\n":
            raise Failure("{0} is not whole: run the phase rollback again".format(self._path))

    def _items(self):
        # type: () -> Iterator[dict[str, Any]]
        with open(self._path, "rb") as handle:
            for line in handle:
                item = json.loads(line.decode("ascii"))
                if "end" not in item:
                    yield item

    def _by_list(self):
        # type: () -> Iterator[tuple[str, Iterator[dict[str, Any]]]]
        """Each list with its items, which follow each other in the file. One item at a time is in memory."""
        for name, items in itertools.groupby(self._items(), key=lambda item: str(item["list"])):
            yield name, items

    def remove_returned(self, request):
        # type: (dict[str, Any]) -> dict[str, Any]
        """Remove the file, and what an interrupted run left of it. request: {"write": whether to}; answer: {"changed"}."""
        there = glob.glob(self._path + "*")
        for path in there if request["write"] else ():
            os.unlink(path)
        return {"changed": bool(there)}


def main():
    # type: () -> None
    serve(lambda request: Mailman21ReturnHandler(str(request["command"]), int(request["wait"])))
