# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An archive of HyperKitty, whose interpreter runs this, as rows of its database: inserts mails, and reads back what is stored.

Mails are inserted in short transactions, each with its thread, what it answers before it; the places in threads are computed
afterwards, see threads.py.
"""

from __future__ import annotations

import hashlib
import json
from functools import partial
from typing import Any, Iterator

from ansible_collections.listops.mailman.plugins.module_utils._hyperkitty.remote.parse import Parsed
from ansible_collections.listops.mailman.plugins.module_utils._hyperkitty.remote.threads import (
    adopt_orphans,
    assign_threads,
    place_mails,
    update,
)
from ansible_collections.listops.mailman.plugins.module_utils._migrate.remote.messages import (
    made_up_id,
    message_id_hash,
)
from ansible_collections.listops.mailman.plugins.module_utils._programs.remote.server import Failure, chunks
from ansible_collections.listops.mailman.plugins.module_utils._programs.remote.web import retry_when_locked


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
        roots, inside = assign_threads(rows, parents)
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

    def finish(self) -> None:
        """Join answers with what they answer, give all mails a place, and forget what HyperKitty had cached of the list."""
        from hyperkitty.models import ArchivePolicy

        if self._write:
            adopted, placed = adopt_orphans(self.row), place_mails(self.row)
            self.changed = self.changed or adopted or placed
            if self.changed:
                self._forget()
            if not self._private and self.row.archive_policy == ArchivePolicy.private.value:
                # HyperKitty asks Mailman whether the list is public, as it does with each post.
                self.row.update_from_mailman()

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
