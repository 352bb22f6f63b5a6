# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Renames a list of Mailman 3. Runs in Mailman's interpreter, while Mailman's own processes do not run.

Mailman cannot rename a list itself. The files in its queues have the name of a
list, so a rename while its runners run would lose messages.
"""

from __future__ import annotations

import glob
import os
import pickle
from typing import Any

from ansible_collections.listops.mailman.plugins.module_utils._programs.remote.server import Failure


def list_id(address: str) -> str:
    return address.replace("@", ".", 1)


class Mailman3Renamer:
    """Renames in the database first, in one transaction; the directory that shows an interrupted rename is moved last."""

    def __init__(self, config: Any) -> None:
        self.config = config

    def unfinished(self, old: str) -> bool:
        """Whether the old name is still in use."""
        return os.path.isdir(os.path.join(self.config.LIST_DATA_DIR, list_id(old)))

    def rename(self, old: str, new: str) -> None:
        from mailman.bin.master import WatcherState, master_state
        from mailman.database.transaction import transaction

        if master_state()[0] is WatcherState.conflict:
            raise Failure("list {0}: it cannot be renamed while Mailman runs".format(new))
        with transaction():
            self._database(self.config.db.store, old, new)
        for path in glob.glob(os.path.join(self.config.QUEUE_DIR, "*", "*.pck")):
            self._queued(path, list_id(old), list_id(new))
        self._move(os.path.join(self.config.TEMPLATE_DIR, "lists"), list_id(old), list_id(new))
        self._move(os.path.join(self.config.ARCHIVE_DIR, "prototype"), old, new)
        self._move(self.config.LIST_DATA_DIR, list_id(old), list_id(new))

    @staticmethod
    def _database(store: Any, old: str, new: str) -> None:
        """Rename in all tables that have the list's name; the others have its number."""
        from mailman.model.bans import Ban
        from mailman.model.bounce import BounceEvent
        from mailman.model.mailinglist import MailingList
        from mailman.model.member import Member
        from mailman.model.pending import PendedKeyValue
        from mailman.model.template import Template
        from sqlalchemy import update

        name, _at, domain = new.partition("@")
        lists = MailingList.__table__
        row = {"list_id": list_id(new), "list_name": name, "mail_host": domain}
        store.execute(update(lists).where(lists.c.list_id == list_id(old)).values(row))
        for model, column in ((Member, "list_id"), (Ban, "list_id"), (BounceEvent, "list_id"), (Template, "context")):
            table = model.__table__
            store.execute(update(table).where(table.c[column] == list_id(old)).values({column: list_id(new)}))
        # Held posts and pending confirmations; the values are JSON.
        pended = PendedKeyValue.__table__
        for before, after in ((list_id(old), list_id(new)), (old, new)):
            quoted = '"{0}"'.format(after)
            store.execute(update(pended).where(pended.c.value == '"{0}"'.format(before)).values({"value": quoted}))

    @staticmethod
    def _queued(path: str, old: str, new: str) -> None:
        """Rename in a queued message: its own pickle stays byte for byte, the second one has the list's name."""
        with open(path, "rb") as handle:
            try:
                pickle.load(handle)
                head = handle.tell()
                data = pickle.load(handle)
            except (pickle.UnpicklingError, EOFError):
                # Mailman itself moves such a damaged file away.
                return
            handle.seek(0)
            message = handle.read(head)
        if data.get("listid") != old:
            return
        data["listid"] = new
        fresh = path + ".tmp"
        with open(fresh, "wb") as handle:
            handle.write(message)
            pickle.dump(data, handle, pickle.HIGHEST_PROTOCOL)
            handle.flush()
            os.fsync(handle.fileno())
        os.replace(fresh, path)

    @staticmethod
    def _move(folder: str, old: str, new: str) -> None:
        """Move a directory, into an existing one if there is one."""
        source, target = os.path.join(folder, old), os.path.join(folder, new)
        if not os.path.isdir(source):
            return
        if not os.path.isdir(target):
            os.rename(source, target)
            return
        for name in os.listdir(source):
            os.rename(os.path.join(source, name), os.path.join(target, name))
        os.rmdir(source)
