# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Puts what waited on another server into lists of Mailman 3: held messages, requests, confirmations, digests.

Everything is written through Mailman's own interfaces, and in the same transaction a note of its key, so that a later run
does not put it again when it was handled here meanwhile, whenever this one was interrupted. Runs in Mailman's interpreter.
"""

from __future__ import annotations

import base64
import contextlib
import datetime
import email
import glob
import hashlib
import json
import mailbox
import os
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from ansible_collections.listops.mailman.plugins.module_utils._mailman3.remote.locks import clear_dead_lock
from ansible_collections.listops.mailman.plugins.module_utils._mailman3.remote.main import Mailman3Handler, prepare
from ansible_collections.listops.mailman.plugins.module_utils._mailman3.remote.transactions import (
    Busy,
    Transactions,
    when_free,
)
from ansible_collections.listops.mailman.plugins.module_utils._programs.remote.server import (
    Failure,
    chunks,
    sentence,
    serve,
)

# The kind of the notes among what Mailman keeps pending, and the name of an item's key with the item itself.
NOTE = "listops moved"
MARK = "listops_moved"
# Options of members, as Mailman's table of preferences names them.
OPTIONS = ("receive_own_postings", "acknowledge_posts", "receive_list_copy", "preferred_language")
PEOPLE = 1000
# How many items there are in a transaction, so that Mailman need not wait for it.
ITEMS = 10
# Mailman holds the lock on a digest only while it adds a message.
LOCK_TRIES = 50
LOCK_PAUSE = 0.1
# Notes, as Mailman's own records of moderators' work, stay for ten years.
YEARS = datetime.timedelta(days=3650)


class MovedList:
    """One list, and what is pending of it. config: Mailman's."""

    def __init__(self, config: Any, name: str) -> None:
        from mailman.interfaces.listmanager import IListManager
        from zope.component import getUtility

        self.config, self.store = config, config.db.store
        self.mlist = getUtility(IListManager).get(name)

    # -- what is there

    def facts(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """See Mailman3RequestsHandler.facts_of."""
        from mailman.interfaces.autorespond import ResponseAction
        from mailman.interfaces.languages import ILanguageManager
        from zope.component import getUtility

        mlist = self.mlist
        if mlist is None:
            return {"exists": False}
        addresses = {address.lower(): address for address in request["addresses"]}
        last = mlist.digest_last_sent_at
        return {
            "exists": True,
            "languages": sorted(getUtility(ILanguageManager).codes),
            "unset": len(self._unset(request["people"])),
            "moved": sorted(self._moved(request["keys"])),
            "waiting": sorted(self._marked(request["keys"])),
            "held": sorted(self._held(request["message_ids"])),
            "asking": sorted(self._pending("subscription", addresses)),
            "leaving": sorted(self._pending("unsubscription", addresses)),
            "members": dict(self._members(addresses)),
            "banned": sorted(address for address, given in addresses.items() if self._banned(given)),
            "no_addresses": sorted(address for address, given in addresses.items() if not self._valid(given)),
            "digests_enabled": bool(mlist.digests_enabled),
            "discards_confirmations": mlist.autorespond_requests is ResponseAction.respond_and_discard,
            "issue": [mlist.volume, mlist.next_digest_number, last and last.isoformat()],
        }

    def _moved(self, keys: Iterable[str]) -> set[str]:
        """Keys that are noted, but for those of a digest that is not in its place yet."""
        return {key for key, stage in self._notes(keys) if not stage or not os.path.exists(self._stage(stage))}

    def _notes(self, keys: Iterable[str]) -> Iterator[tuple[str, str]]:
        """Noted keys, and the staged digest that each belongs to. Notes of a former list of the same name do not count."""
        from mailman.model.pending import PendedKeyValue
        from sqlalchemy import select

        table = PendedKeyValue.__table__
        mine = select(table.c.pended_id).where(table.c.key == "list", table.c.value == json.dumps(self._identity))
        of_kind = select(table.c.pended_id).where(table.c.key == "type", table.c.value == NOTE)
        for part in chunks(keys):
            rows = self.store.execute(
                select(table.c.key, table.c.value).where(
                    table.c.key.in_(part), table.c.pended_id.in_(mine), table.c.pended_id.in_(of_kind)
                )
            )
            for key, value in rows:
                yield key, json.loads(value)

    @property
    def _identity(self) -> str:
        return "{0} {1}".format(self.mlist.list_id, self.mlist.created_at.isoformat())

    def _marked(self, keys: Iterable[str]) -> set[str]:
        """Keys of items that still wait."""
        from mailman.model.pending import PendedKeyValue
        from sqlalchemy import select

        table = PendedKeyValue.__table__
        found: set[str] = set()
        for part in chunks(json.dumps(key) for key in keys):
            query = select(table.c.value).where(table.c.key == MARK, table.c.value.in_(part))
            found.update(json.loads(row[0]) for row in self.store.execute(query))
        return found

    def _held(self, message_ids: Iterable[str]) -> set[str]:
        from mailman.interfaces.requests import RequestType
        from mailman.model.requests import _Request
        from sqlalchemy import select

        table = _Request.__table__
        found: set[str] = set()
        query = select(table.c.key).where(
            table.c.mailing_list_id == self.mlist.id, table.c.request_type == RequestType.held_message
        )
        for part in chunks(message_ids):
            found.update(row[0] for row in self.store.execute(query.where(table.c.key.in_(part))))
        return found

    def _pending(self, kind: str, addresses: Iterable[str]) -> set[str]:
        """Addresses of which a request of this kind waits here."""
        from mailman.model.pending import PendedKeyValue
        from sqlalchemy import select

        table = PendedKeyValue.__table__
        found: set[str] = set()
        mine = select(table.c.pended_id).where(
            table.c.key == "list_id", table.c.value == json.dumps(self.mlist.list_id)
        )
        of_kind = select(table.c.pended_id).where(table.c.key == "type", table.c.value == kind)
        query = select(table.c.value).where(
            table.c.key == "email", table.c.pended_id.in_(mine), table.c.pended_id.in_(of_kind)
        )
        for part in chunks(json.dumps(address) for address in addresses):
            found.update(json.loads(row[0]) for row in self.store.execute(query.where(table.c.value.in_(part))))
        return found

    def _members(self, addresses: Iterable[str]) -> Iterator[tuple[str, str]]:
        for address in addresses:
            member = self.mlist.members.get_member(address)
            if member is not None:
                yield address, member.delivery_status.name

    def _unset(self, people: Iterable[Sequence[Any]]) -> list[dict[str, Any]]:
        """Options that members shall have and did not choose here: rows of the table of preferences.

        A member who subscribed as a user, with whatever address, did so here.
        """
        from mailman.interfaces.languages import ILanguageManager
        from mailman.interfaces.member import MemberRole
        from mailman.model.address import Address
        from mailman.model.member import Member
        from mailman.model.preferences import Preferences
        from sqlalchemy import select
        from zope.component import getUtility

        wanted = {address.lower(): said for address, said in people}
        languages = set(getUtility(ILanguageManager).codes)
        table = Preferences.__table__
        columns = [table.c[name] for name in OPTIONS]
        query = (
            select(Address.email, table.c.id, *columns)
            .join(Member, Member.address_id == Address.id)
            .join(table, table.c.id == Member.preferences_id)
            .where(Member.list_id == self.mlist.list_id, Member.role == MemberRole.member)
        )
        out = []
        for part in chunks(wanted):
            for email_, key, *chosen in self.store.execute(query.where(Address.email.in_(part))):
                said = {
                    name: wanted[email_][name]
                    for name, present in zip(OPTIONS, chosen)
                    if present is None and name in wanted[email_]
                }
                if said.get("preferred_language", "en") not in languages:
                    del said["preferred_language"]
                if said:
                    out.append({"id": key, **said})
        return out

    def set_options(self, people: Iterable[Sequence[Any]]) -> None:
        from mailman.model.preferences import Preferences
        from sqlalchemy import bindparam, update

        table = Preferences.__table__
        by_names: dict[tuple[str, ...], list[dict[str, Any]]] = {}
        for row in self._unset(people):
            key = row.pop("id")
            by_names.setdefault(tuple(sorted(row)), []).append(
                {"key": key, **{"new_" + name: row[name] for name in row}}
            )
        for names, rows in by_names.items():
            values = {name: bindparam("new_" + name) for name in names}
            self.store.execute(update(table).where(table.c.id == bindparam("key")).values(values), rows)

    def _banned(self, address: str) -> bool:
        from mailman.interfaces.bans import IBanManager

        return bool(IBanManager(self.mlist).is_banned(address))

    @staticmethod
    def _valid(address: str) -> bool:
        from mailman.interfaces.address import IEmailValidator
        from zope.component import getUtility

        return bool(getUtility(IEmailValidator).is_valid(address))

    # -- what is put

    def put(self, items: Sequence[Mapping[str, Any]]) -> None:
        """Put items and the notes of their keys, in the transaction of the caller."""
        noted = {key for key, _stage in self._notes(item["key"] for item in items)}
        items = [item for item in items if item["key"] not in noted]
        for item in items:
            getattr(self, "_put_" + item["as"])(item["key"], item)
        self.note([item["key"] for item in items])

    def note(self, keys: Sequence[str], stage: str = "") -> None:
        if keys:
            self._pend({"type": NOTE, "list": self._identity, **dict.fromkeys(keys, stage)}, YEARS)

    def _pend(self, values: Mapping[str, Any], lifetime: datetime.timedelta | None, token: str | None = None) -> str:
        """Let something wait, under a token of its own or a given one."""
        from mailman.interfaces.pending import IPendings
        from mailman.model.pending import Pended, UnpendedPendable
        from zope.component import getUtility

        pendings = getUtility(IPendings)
        if token is not None:
            # Old Mailmans keep what waited in a list that was removed.
            former = pendings.confirm(token, expunge=False)
            if former is not None and MARK not in former:
                raise Failure("its token is in use already")
            if former is not None:
                pendings.confirm(token)
                self.store.flush()
        given: str = pendings.add(UnpendedPendable(values), lifetime)
        if token is None:
            return given
        self.store.query(Pended).filter_by(token=given).one().token = token
        return token

    def _put_held(self, key: str, item: Mapping[str, Any]) -> None:
        """Hold a message as mailman.app.moderator.hold_message does, with its former reason and date."""
        from mailman.email.message import Message
        from mailman.interfaces.messages import IMessageStore
        from mailman.interfaces.requests import IListRequests, RequestType
        from zope.component import getUtility

        raw = base64.b64decode(item["message"])
        msg = email.message_from_bytes(raw, Message)
        msg.set_unixfrom(item["envelope"])
        msg.original_size = len(raw)
        message_id = msg["message-id"]
        getUtility(IMessageStore).add(msg)
        received = datetime.datetime.fromtimestamp(item["received"], datetime.timezone.utc).replace(tzinfo=None)
        # as Mailman's LMTP server has it of a post
        data = {"listid": self.mlist.list_id, "original_size": len(raw), "to_list": True, "received_time": received}
        data.update(
            _mod_message_id=message_id,
            _mod_listid=self.mlist.list_id,
            _mod_sender=msg.sender or item["sender"],
            _mod_subject=item["subject"],
            _mod_reason=item["reason"],
            _mod_hold_date=item["when"],
        )
        data["envsender"] = self.mlist.no_reply_address
        IListRequests(self.mlist).hold_request(RequestType.held_message, message_id, {**data, MARK: key})

    def _put_held_token(self, key: str, item: Mapping[str, Any]) -> None:
        """The token with which a held message is discarded, or approved with a password, by mail."""
        from mailman.model.pending import Pended, PendedKeyValue
        from mailman.model.requests import _Request

        self.store.flush()
        query = self.store.query(_Request.id).join(Pended, Pended.token == _Request.data_hash)
        query = query.join(PendedKeyValue, PendedKeyValue.pended_id == Pended.id)
        (number,) = query.filter(PendedKeyValue.key == MARK, PendedKeyValue.value == json.dumps(item["held"])).one()
        values = {"type": "held message", "id": number, "list_id": self.mlist.list_id, MARK: key}
        self._pend(values, self._until(item["expires"]), item["token"])

    @staticmethod
    def _until(expires: float) -> datetime.timedelta:
        ends = datetime.datetime.fromtimestamp(expires, datetime.timezone.utc)
        return ends - datetime.datetime.now(datetime.timezone.utc)

    def _put_subscription(self, key: str, item: Mapping[str, Any]) -> None:
        self._workflow(key, item, "SubscriptionWorkflow", "moderator", "subscribe_from_restored")

    def _put_unsubscription(self, key: str, item: Mapping[str, Any]) -> None:
        self._workflow(key, item, "UnSubscriptionWorkflow", "moderator", "unsubscribe_from_restored")

    def _put_confirm_subscription(self, key: str, item: Mapping[str, Any]) -> None:
        self._workflow(key, item, "SubscriptionWorkflow", "subscriber", "do_confirm_verify")

    def _put_confirm_unsubscription(self, key: str, item: Mapping[str, Any]) -> None:
        # As in Mailman 2.1, who confirms has left. Mailman's own next step would forget members with digests.
        self._workflow(key, item, "UnSubscriptionWorkflow", "subscriber", "unsubscribe_from_restored")

    def _workflow(self, key: str, item: Mapping[str, Any], kind: str, owner: str, step: str) -> None:
        """Let a request wait as Mailman's own workflow saves it before it asks, so that nobody is asked.

        owner: who has the token; step: the next one, once it is confirmed or accepted.
        """
        from mailman.app import subscriptions
        from mailman.interfaces.member import DeliveryMode
        from mailman.interfaces.subscriptions import TokenOwner
        from mailman.interfaces.workflow import IWorkflowStateManager
        from zope.component import getUtility

        address = self._address(item)
        if kind == "SubscriptionWorkflow":
            mode = DeliveryMode[item["delivery_mode"]]
            invited = item.get("invitation", False)
            flow = subscriptions.SubscriptionWorkflow(self.mlist, address, invitation=invited, delivery_mode=mode)
        else:
            flow = subscriptions.UnSubscriptionWorkflow(self.mlist, address)
        flow.token_owner = TokenOwner[owner]
        values = {
            "list_id": self.mlist.list_id,
            "email": address.email,
            "display_name": address.display_name,
            "when": item["when"],
            "token_owner": owner,
            "type": flow.PENDABLE_CLASS.PEND_TYPE,
            MARK: key,
        }
        lifetime = self._until(item["expires"]) if "expires" in item else None
        token = self._pend(values, lifetime, item.get("token"))
        states = getUtility(IWorkflowStateManager)
        # Mailman keeps those of a removed list until it tidies up.
        states.discard(token)
        self.store.flush()
        states.save(token, step, json.dumps({name: getattr(flow, name) for name in flow.SAVE_ATTRIBUTES}))

    def _address(self, item: Mapping[str, Any]) -> Any:
        """The address of a person, with a user."""
        from mailman.interfaces.languages import ILanguageManager
        from mailman.interfaces.usermanager import IUserManager
        from zope.component import getUtility

        users = getUtility(IUserManager)
        address = users.get_address(item["address"])
        if address is None:
            address = users.create_address(item["address"], item.get("name", ""))
            if item.get("language") in getUtility(ILanguageManager).codes:
                address.preferences.preferred_language = item["language"]
        if address.user is None:
            users.make_user(address.email, address.display_name)
        if item.get("verified") and address.verified_on is None:
            address.verified_on = datetime.datetime.strptime(item["when"], "%Y-%m-%dT%H:%M:%S")
        return address

    def _put_last_digest(self, _key: str, item: Mapping[str, Any]) -> None:
        from mailman.interfaces.member import DeliveryMode

        self.mlist.send_one_last_digest_to(self._address(item), DeliveryMode[item["delivery_mode"]])

    def _put_ask(self, _key: str, item: Mapping[str, Any]) -> None:
        from mailman.email.message import UserNotification

        mlist = self.mlist
        msg = UserNotification(
            item["address"], mlist.owner_address, item["subject"], item["text"], mlist.preferred_language
        )
        msg.send(mlist)

    def set_issue(self, issue: Mapping[str, Any]) -> None:
        self.mlist.volume, self.mlist.next_digest_number = issue["volume"], issue["number"]
        if issue["last"]:
            self.mlist.digest_last_sent_at = datetime.datetime.strptime(issue["last"], "%Y-%m-%dT%H:%M:%S")

    # -- the digest in progress, a file that no transaction covers

    def _stage(self, name: str) -> str:
        return os.path.join(self.mlist.data_path, name)

    def stage_digest(self, items: Sequence[Mapping[str, Any]]) -> str:
        """Write the messages to a file beside the digest in progress; returns its name.

        When their keys are noted, the messages are in the digest as soon as this file is gone.
        """
        os.makedirs(self.mlist.data_path, exist_ok=True)
        keys = json.dumps(sorted(item["key"] for item in items))
        name = "digest.listops-{0}.mmdf".format(hashlib.sha256(keys.encode("ascii")).hexdigest()[:16])
        path = self._stage(name)
        with contextlib.suppress(FileNotFoundError):
            os.unlink(path + ".new")
        box = mailbox.MMDF(path + ".new")
        for item in items:
            box.add(base64.b64decode(item["message"]))
        box.flush()
        box.close()
        _sync(path + ".new")
        os.rename(path + ".new", path)
        return name

    def note_digest(self, items: Sequence[Mapping[str, Any]], stage: str) -> None:
        noted = {key for key, found in self._notes(item["key"] for item in items) if found == stage}
        self.note([item["key"] for item in items if item["key"] not in noted], stage)

    def place_digest(self, stage: str) -> None:
        """Let the staged messages be the first ones of the digest in progress."""
        from mailman.utilities.mailbox import Mailbox

        path = os.path.join(self.mlist.data_path, "digest.mmdf")
        clear_dead_lock(path)
        with _locked(Mailbox(path, create=True)):
            with open(path, "rb") as present, open(self._stage(stage), "ab") as handle:
                handle.write(present.read())
            _sync(self._stage(stage))
            os.rename(self._stage(stage), path)
        # What an interrupted run staged is in this one.
        for left in glob.glob(os.path.join(glob.escape(self.mlist.data_path), "digest.listops-*")):
            os.unlink(left)


@contextlib.contextmanager
def _locked(box: Any) -> Iterator[None]:
    """Hold the lock that Mailman takes to add a message, for which it does not wait."""
    for _try in range(LOCK_TRIES):
        try:
            with box:
                yield
            return
        except mailbox.ExternalClashError:
            time.sleep(LOCK_PAUSE)
    raise Failure("Mailman keeps the digest in progress locked: run again")


def _sync(path: str) -> None:
    with open(path, "rb") as handle:
        os.fsync(handle.fileno())


class Mailman3RequestsHandler(Mailman3Handler):
    """Adds the requests of what waited on another server."""

    def facts_of(self, request: dict[str, Any]) -> dict[str, Any]:
        """What a list has of what is to be put into it.

        request: {"list": posting address, "keys": of items, "addresses", "message_ids", "people": [[address, options]]}.
        answer: {"exists", "unset": how many of these people did not choose an option, "languages": [codes], "moved": [keys
        that were put, also if they were handled since], "waiting": [keys of those that still wait], "held": [Message-IDs],
        "asking", "leaving": [addresses whose requests wait], "members": {address: delivery status}, "banned",
        "no_addresses": [addresses], "digests_enabled", "discards_confirmations": whether mail that confirms is, "issue":
        [volume, number, time of the last digest]}.
        """
        facts = when_free(lambda: MovedList(self.config, request["list"]).facts(request), self.store.rollback)
        self.store.rollback()
        return facts

    def put(self, request: dict[str, Any]) -> dict[str, Any]:
        """Put what waits into a list, in short transactions.

        request: {"list": posting address, "items": [{"key", "as", and what that kind needs}], "issue": {"volume",
        "number", "last"} or null}.
        answer: {"failed": {key: sentence}}.
        """
        work = self._transactions = self._transactions or Transactions(self.config)
        name = request["list"]
        failed: dict[str, str] = {}
        digest = [item for item in request["items"] if item["as"] == "digest"]
        people = [each for item in request["items"] if item["as"] == "options" for each in item["people"]]
        others = [item for item in request["items"] if item["as"] not in ("digest", "options")]
        for start in range(0, len(others), ITEMS):
            self._put(work, name, others[start : start + ITEMS], failed)
        for start in range(0, len(people), PEOPLE):
            self._options(work, name, people[start : start + PEOPLE])
        if digest:
            mine = MovedList(self.config, name)
            stage = mine.stage_digest(digest)
            self.store.rollback()
            work.run(lambda: MovedList(self.config, name).note_digest(digest, stage))
            MovedList(self.config, name).place_digest(stage)
            self.store.rollback()
        if request["issue"]:
            work.run(lambda: MovedList(self.config, name).set_issue(request["issue"]))
        return {"failed": failed}

    def tell_moderators(self, request: dict[str, Any]) -> dict[str, Any]:
        """Send Mailman's own summary of all that waits to owners and moderators. request: {"list": posting address}."""
        from mailman.commands.cli_notify import notify

        arguments = ["--list", request["list"]]
        work = self._transactions = self._transactions or Transactions(self.config)
        work.run(lambda: notify.main(args=arguments, standalone_mode=False))
        return {}

    def _options(self, work: Transactions, name: str, people: Sequence[Sequence[Any]]) -> None:
        work.run(lambda: MovedList(self.config, name).set_options(people))

    def _put(self, work: Transactions, name: str, items: list[Mapping[str, Any]], failed: dict[str, str]) -> None:
        """Put items in one transaction; an item that fails is named and does not stop the others."""
        if self._wrote:
            work.give_way()
        self._wrote = True
        try:
            work.run(lambda: MovedList(self.config, name).put(items))
        except Busy:
            raise
        except Exception as exc:
            if len(items) > 1:
                for item in items:
                    self._put(work, name, [item], failed)
                return
            failed[items[0]["key"]] = str(exc) if isinstance(exc, Failure) else sentence(exc)


def main() -> None:
    serve(lambda request: Mailman3RequestsHandler(request.get("config"), request["readonly"]), prepare)
