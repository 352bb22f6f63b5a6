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
import hashlib
import json
import os
import socket
import time
from array import array
from functools import partial
from typing import Any, Callable, Iterator, Mapping, Sequence

from ansible_collections.listops.mailman.plugins.module_utils._hyperkitty.remote.parse import Parsed, Unusable, parse
from ansible_collections.listops.mailman.plugins.module_utils._hyperkitty.remote.workers import Workers, cores
from ansible_collections.listops.mailman.plugins.module_utils._migrate.remote.messages import (
    Mail,
    Mailbox,
    made_up_id,
    message_id_hash,
    parts_of,
    thread_positions,
    whole,
)
from ansible_collections.listops.mailman.plugins.module_utils._programs.remote.server import Failure, chunks, serve
from ansible_collections.listops.mailman.plugins.module_utils._programs.remote.web import enter, retry_when_locked

# One transaction: so many mails, or so many bytes of them.
MAILS, BYTES = 200, 2 << 20
# One portion of work for a process that parses.
PORTION = 40
# No mail takes so many seconds, unless somebody made it for that.
SECONDS = 60.0
# Mails are written with the wrong clock by up to a day.
DAY = 86400.0


class Archive:
    """The archive of one list in HyperKitty's database. private: whether strangers must not read it; write: else it is only read."""

    def __init__(self, name: str, private: bool, write: bool) -> None:
        self.name = name
        self._private = private
        self._write = write
        self.changed = False
        self._months: set[tuple[int, int]] = set()
        self.row = self._find()

    def _find(self) -> Any:
        """Its row; None in check mode for one that would be made. A new one is private until Mailman says otherwise: see finish."""
        from hyperkitty.models import ArchivePolicy, MailingList

        row = MailingList.objects.filter(name=self.name).first()
        if row is None and self._private:
            raise Failure("list {0} is not known to HyperKitty: make it with mailman_list first".format(self.name))
        if row is None and self._write:
            fresh = {"archive_policy": ArchivePolicy.private.value, "list_id": self.name.replace("@", ".", 1)}
            row = MailingList.objects.get_or_create(name=self.name, defaults=fresh)[0]
        if self._private and row.archive_policy != ArchivePolicy.private.value:
            raise Failure("HyperKitty does not take list {0} for private: run mailman_list first".format(self.name))
        return row

    def message_ids(self) -> Iterator[str]:
        from hyperkitty.models import Email

        found = Email.objects.filter(mailinglist__name=self.name).values_list("message_id", flat=True)
        yield from found.iterator(chunk_size=5000)

    # ---- mails

    def put(self, rows: list[Parsed]) -> list[tuple[str, str | None, str | None]]:
        """Insert what is not there yet; for each row its Message-ID in the archive, a digest of what is stored, and why it failed."""
        from django.db import DataError, IntegrityError

        try:
            return retry_when_locked(partial(self._put, rows))
        except (DataError, IntegrityError, ValueError, OverflowError) as exc:
            if len(rows) == 1:
                return [(rows[0].message_id, None, "the database refuses it: {0}".format(str(exc).splitlines()[0]))]
            return [found for row in rows for found in self.put([row])]

    def _put(self, rows: list[Parsed]) -> list[tuple[str, str | None, str | None]]:
        from django.db import transaction

        with transaction.atomic():
            self.row = self._find()
            rows, there = self._apart(rows)
            new = [row for row in rows if row.message_id not in there]
            if new and self._write:
                self._insert(new)
        self.changed = self.changed or bool(new)
        self._months.update((row.date.year, row.date.month) for row in new)
        if not self._write:
            return [(row.message_id, None, None) for row in rows]
        stored = self._stored([row.message_id for row in rows])
        for row in new:
            if stored.get(row.message_id) != digest(row):
                raise Failure("HyperKitty does not give back what was stored of message {0}".format(row.message_id))
        return [(row.message_id, stored[row.message_id], None) for row in rows]

    def _apart(self, rows: list[Parsed]) -> tuple[list[Parsed], set[str]]:
        """The rows, each with a Message-ID under which the archive has no other text; and those that it has."""
        there = self._contents([row.message_id for row in rows])
        apart = []
        for row in rows:
            if row.message_id in there and there[row.message_id] != read_text(row.content):
                other = made_up_id(row.message_id.encode("ascii"), row.content.encode("utf-8"))
                row = row._replace(message_id=other)
            apart.append(row)
        renamed = [row.message_id for row in apart if row.message_id not in there]
        return apart, {*there, *self._contents(renamed)}

    def _contents(self, message_ids: list[str]) -> dict[str, str]:
        from hyperkitty.models import Email

        found: dict[str, str] = {}
        for part in chunks(message_ids):
            rows = Email.objects.filter(mailinglist__name=self.name, message_id__in=part)
            found.update(
                (message_id, read_text(text)) for message_id, text in rows.values_list("message_id", "content")
            )
        return found

    def _insert(self, rows: list[Parsed]) -> None:
        from hyperkitty.models import Attachment, Email, Thread

        self._insert_senders({row.sender for row in rows})
        parents = self._keys(sorted({row.in_reply_to for row in rows if row.in_reply_to}))
        # For each mail the thread that is there, or the name of the one that begins here.
        roots: dict[str, Any] = {}
        inside: dict[str, str] = {}
        for row in rows:
            reference = row.in_reply_to
            if reference in parents:
                roots[row.message_id] = parents[reference][1]
            elif reference in roots:
                roots[row.message_id] = roots[reference]
                inside[row.message_id] = reference
            else:
                roots[row.message_id] = message_id_hash(row.message_id)
        starts = [row for row in rows if roots[row.message_id] == message_id_hash(row.message_id)]
        first = {row.message_id for row in starts}
        left = self._threads([roots[row.message_id] for row in starts])
        threads = {**left, **self._begin_threads([row for row in starts if roots[row.message_id] not in left])}
        emails = [
            Email(
                mailinglist=self.row,
                message_id=row.message_id,
                message_id_hash=message_id_hash(row.message_id),
                sender_id=row.sender,
                sender_name=row.sender_name,
                subject=row.subject,
                content=row.content,
                date=row.date,
                timezone=row.timezone,
                in_reply_to=row.in_reply_to,
                archived_date=row.archived_date,
                parent_id=parents.get(row.in_reply_to or "", (None, None))[0],
                thread_id=threads.get(roots[row.message_id], roots[row.message_id]),
                # The others get a place when all are there.
                thread_order=0 if row.message_id in first else None,
            )
            for row in rows
        ]
        Email.objects.bulk_create(emails)
        keys = {name: key for name, (key, _thread) in self._keys([row.message_id for row in rows]).items()}
        update(Email, ["parent_id"], [(keys[name], keys[reference]) for name, reference in inside.items()])
        for row, email in zip(rows, emails):
            email.pk = keys[row.message_id]
        firsts = {email.thread_id: email.pk for email in emails if email.thread_order == 0}
        for thread in left.values():
            # The mail that it begins with was deleted, and answers to it are still there.
            below = Email.objects.filter(thread_id=thread).exclude(pk=firsts[thread])
            below.filter(parent_id__isnull=True).update(parent_id=firsts[thread])
            below.update(thread_order=None)
        update(Thread, ["starting_email_id"], sorted(firsts.items()))
        attachments = []
        for row, email in zip(rows, emails):
            for counter, name, content_type, encoding, content in row.attachments:
                attachments.append(
                    Attachment(email=email, counter=counter, name=name, content_type=content_type, encoding=encoding)
                )
                attachments[-1].set_content(content)
        Attachment.objects.bulk_create(attachments)

    @staticmethod
    def _insert_senders(addresses: set[str]) -> None:
        from hyperkitty.models import Sender

        for part in chunks(sorted(addresses)):
            there = set(Sender.objects.filter(address__in=part).values_list("address", flat=True))
            new = [Sender(address=address) for address in part if address not in there]
            Sender.objects.bulk_create(new, ignore_conflicts=True)

    def _keys(self, message_ids: list[str]) -> dict[str, tuple[int, int]]:
        """(key of the mail, key of its thread) of those that are there."""
        from hyperkitty.models import Email

        found: dict[str, tuple[int, int]] = {}
        for part in chunks(message_ids):
            rows = Email.objects.filter(mailinglist=self.row, message_id__in=part)
            found.update(
                (message_id, (key, thread))
                for message_id, key, thread in rows.values_list("message_id", "pk", "thread_id")
            )
        return found

    def _begin_threads(self, starts: list[Parsed]) -> dict[str, int]:
        """The keys of new threads that begin with these mails, by their names."""
        from hyperkitty.models import Thread

        dates = {message_id_hash(row.message_id): row.date for row in starts}
        Thread.objects.bulk_create(
            [Thread(mailinglist=self.row, thread_id=name, date_active=date) for name, date in dates.items()]
        )
        return self._threads(list(dates))

    def _threads(self, names: list[str]) -> dict[str, int]:
        from hyperkitty.models import Thread

        found: dict[str, int] = {}
        for part in chunks(names):
            found.update(Thread.objects.filter(mailinglist=self.row, thread_id__in=part).values_list("thread_id", "pk"))
        return found

    def _stored(self, message_ids: list[str]) -> dict[str, str]:
        """Digests of what the database has."""
        from hyperkitty.models import Attachment, Email

        found = {}
        for part in chunks(message_ids):
            emails = Email.objects.filter(mailinglist=self.row, message_id__in=part)
            attached: dict[int, list[Any]] = {}
            for one in (
                Attachment.objects.filter(email__in=emails).select_related("email__mailinglist").order_by("counter")
            ):
                attached.setdefault(one.email_id, []).append(
                    (one.counter, one.name, one.content_type, one.encoding, one.get_content())
                )
            names = ("message_id", "sender_id", "sender_name", "subject", "content", "date", "timezone")
            for key, *values in emails.values_list("pk", *names, "archived_date", "in_reply_to"):
                found[values[0]] = digest(Parsed._make([*values, attached.get(key, []), []]))
        return found

    # ---- threads

    def finish(self) -> None:
        """Join answers with what they answer, give all mails a place, and forget what HyperKitty had cached of the list."""
        from hyperkitty.models import ArchivePolicy

        if self._write:
            self._adopt_orphans()
            self._place()
            if self.changed:
                self._forget()
            if not self._private and self.row.archive_policy == ArchivePolicy.private.value:
                # HyperKitty asks Mailman whether the list is public, as it does with each post.
                self.row.update_from_mailman()

    def _adopt_orphans(self) -> None:
        """Answers that came before what they answer, such as by HyperKitty's own archiver. Its own job does the same, one by one."""
        from django.db import connection
        from hyperkitty.models import Email

        query = (
            "SELECT a.id, p.id FROM {0} a JOIN {0} p ON p.mailinglist_id = a.mailinglist_id AND p.message_id = a.in_reply_to "
            "WHERE a.mailinglist_id = %s AND a.parent_id IS NULL AND p.thread_id <> a.thread_id ORDER BY a.id"
        ).format(Email._meta.db_table)
        with connection.cursor() as cursor:
            cursor.execute(query, [self.row.pk])
            orphans = cursor.fetchall()
        for part in chunks(orphans):
            retry_when_locked(partial(self._adopt, part))

    def _adopt(self, orphans: list[tuple[int, int]]) -> None:
        from django.db import transaction
        from hyperkitty.models import Email, Thread

        with transaction.atomic():
            for key, parent in orphans:
                old, new = (Email.objects.values_list("thread_id", flat=True).get(pk=each) for each in (key, parent))
                # They may be in one since the last one, and the mail then answers its own answers.
                if old != new:
                    Email.objects.filter(thread_id=old).update(thread_id=new)
                    Email.objects.filter(pk=key).update(parent_id=parent)
                    Email.objects.filter(thread_id=new).update(thread_order=None)
                    Thread.objects.filter(pk=old).delete()
                    self.changed = True

    def _place(self) -> None:
        from hyperkitty.models import Email

        open_ones = Email.objects.filter(mailinglist=self.row, thread_order__isnull=True).order_by()
        threads = list(open_ones.values_list("thread_id", flat=True).distinct())
        self.changed = self.changed or bool(threads)
        for part in chunks(threads):
            retry_when_locked(partial(self._place_in, part))

    @staticmethod
    def _place_in(keys: list[int]) -> None:
        from django.core.cache import cache
        from django.db import transaction
        from hyperkitty.models import Email, Thread

        with transaction.atomic():
            rows: dict[int, list[Any]] = {}
            found = Email.objects.filter(thread_id__in=keys).order_by()
            for thread, *row in found.values_list("thread_id", "pk", "parent_id", "date"):
                rows.setdefault(thread, []).append(tuple(row))
            places = [(key, *place) for each in rows.values() for key, place in thread_positions(each).items()]
            update(Email, ["thread_order", "thread_depth"], places)
            threads = list(Thread.objects.filter(pk__in=list(rows)).only("date_active"))
            for thread in threads:
                thread.date_active = max(date for _key, _parent, date in rows[thread.pk])
            Thread.objects.bulk_update(threads, ["date_active"], batch_size=100)
        cache.delete_many([value._get_cache_key() for thread in threads for value in thread.cached_values.values()])

    def _forget(self) -> None:
        """Of other processes' own caches see cached_in_processes."""
        from django.core.cache import cache

        values = self.row.cached_values
        for value in [*self.row.recent_cached_values, values["first_date"]]:
            cache.delete(value._get_cache_key())
        for year, month in self._months:
            cache.delete(values["participants_count_for_month"]._get_cache_key(year, month))


def read_text(content: str) -> str:
    """What people read of a text. A mailbox may quote a line that begins with "From "."""
    lines = (line.rstrip() for line in content.strip().splitlines())
    return "\n".join(line[1:] if line.startswith(">From ") else line for line in lines)


def digest(row: Parsed) -> str:
    attachments = [(*each[:4], hashlib.sha256(each[4]).hexdigest()) for each in row.attachments]
    text = json.dumps(
        [*row[:5], row.date.timestamp(), row.timezone, row.archived_date.timestamp(), row.in_reply_to, attachments]
    )
    return hashlib.sha256(text.encode("ascii")).hexdigest()


def update(model: Any, columns: list[str], rows: list[tuple[Any, ...]]) -> None:
    """Set columns of many rows at once; rows: (key, a number for each column)."""
    from django.db import connection

    quote = connection.ops.quote_name
    table = quote(model._meta.db_table)
    with connection.cursor() as cursor:
        for part in chunks(rows):
            if connection.vendor in ("sqlite", "postgresql"):
                changes = ", ".join("{0} = v.column{1}".format(quote(name), at + 2) for at, name in enumerate(columns))
                values = ", ".join("({0})".format(", ".join(str(int(number)) for number in row)) for row in part)
                cursor.execute(
                    "UPDATE {0} SET {1} FROM (VALUES {2}) v WHERE {0}.id = v.column1".format(table, changes, values)
                )
            else:
                changes = ", ".join("{0} = %s".format(quote(name)) for name in columns)
                cursor.executemany(
                    "UPDATE {0} SET {1} WHERE id = %s".format(table, changes), [(*row[1:], row[0]) for row in part]
                )


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
