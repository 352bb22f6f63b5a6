# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The threads of an archive of HyperKitty, whose interpreter runs this: joins answers with what they answer, and gives mails their places.

What an interrupted run has not done is seen in the database, as mails without a place.
"""

from __future__ import annotations

from functools import partial
from typing import Any, Sequence

from ansible_collections.listops.mailman.plugins.module_utils._hyperkitty.remote.parse import Parsed
from ansible_collections.listops.mailman.plugins.module_utils._migrate.remote.messages import (
    message_id_hash,
    thread_positions,
)
from ansible_collections.listops.mailman.plugins.module_utils._programs.remote.server import chunks
from ansible_collections.listops.mailman.plugins.module_utils._programs.remote.web import retry_when_locked


def assign_threads(
    rows: Sequence[Parsed], parents: dict[str, tuple[int, int]]
) -> tuple[dict[str, Any], dict[str, str]]:
    """In which threads new mails go; what they answer is in the archive, or before them in rows.

    parents: Message-ID -> (key of the mail, key of its thread) of mails in the archive.
    Returns Message-ID -> the key of a thread that is there, or the name of the one that begins here; and Message-ID ->
    In-Reply-To of the mails that answer one of rows.
    """
    found: dict[str, Any] = {}
    inside: dict[str, str] = {}
    for row in rows:
        reference = row.in_reply_to
        if reference in parents:
            found[row.message_id] = parents[reference][1]
        elif reference in found:
            found[row.message_id] = found[reference]
            inside[row.message_id] = reference
        else:
            found[row.message_id] = message_id_hash(row.message_id)
    return found, inside


def adopt_orphans(mailing_list: Any) -> bool:
    """Move answers that came before what they answer, such as by HyperKitty's own archiver, into its thread.

    HyperKitty's own job does the same, one by one. Returns whether there were any.
    """
    from django.db import connection
    from hyperkitty.models import Email

    query = (
        "SELECT a.id, p.id FROM {0} a JOIN {0} p ON p.mailinglist_id = a.mailinglist_id AND p.message_id = a.in_reply_to "
        "WHERE a.mailinglist_id = %s AND a.parent_id IS NULL AND p.thread_id <> a.thread_id ORDER BY a.id"
    ).format(Email._meta.db_table)
    with connection.cursor() as cursor:
        cursor.execute(query, [mailing_list.pk])
        orphans = cursor.fetchall()
    changed = False
    for part in chunks(orphans):
        changed = retry_when_locked(partial(_adopt, part)) or changed
    return changed


def _adopt(orphans: list[tuple[int, int]]) -> bool:
    from django.db import transaction
    from hyperkitty.models import Email, Thread

    changed = False
    with transaction.atomic():
        for key, parent in orphans:
            old, new = (Email.objects.values_list("thread_id", flat=True).get(pk=each) for each in (key, parent))
            # They may be in one since the last one, and the mail then answers its own answers.
            if old != new:
                Email.objects.filter(thread_id=old).update(thread_id=new)
                Email.objects.filter(pk=key).update(parent_id=parent)
                Email.objects.filter(thread_id=new).update(thread_order=None)
                Thread.objects.filter(pk=old).delete()
                changed = True
    return changed


def place_mails(mailing_list: Any) -> bool:
    """Compute the places of all mails in threads that have a mail without one. Returns whether there were any."""
    from hyperkitty.models import Email

    open_ones = Email.objects.filter(mailinglist=mailing_list, thread_order__isnull=True).order_by()
    threads = list(open_ones.values_list("thread_id", flat=True).distinct())
    for part in chunks(threads):
        retry_when_locked(partial(_place_in, part))
    return bool(threads)


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
