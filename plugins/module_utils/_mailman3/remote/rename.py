# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Give a list of Mailman 3 another name. Runs in Mailman's interpreter, while Mailman's own processes do not run.

Mailman has no rename of its own. Its runners keep the name of a list in files
of their queues, so that a rename beside them would lose what is on its way.
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
    """The database first, in one transaction; the directory by which an interrupted rename is known last."""

    def __init__(self, config: Any) -> None:
        self.config = config

    def unfinished(self, old: str) -> bool:
        """Whether something has the old name still."""
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
        """Everything that knows a list by its name; the rest knows it by its number."""
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
        # Held posts and what waits for a confirmation; the values are JSON.
        pended = PendedKeyValue.__table__
        for before, after in ((list_id(old), list_id(new)), (old, new)):
            quoted = '"{0}"'.format(after)
            store.execute(update(pended).where(pended.c.value == '"{0}"'.format(before)).values({"value": quoted}))

    @staticmethod
    def _queued(path: str, old: str, new: str) -> None:
        """A message on its way: its own pickle is kept byte for byte, the list's name is in the second one."""
        with open(path, "rb") as handle:
            try:
                pickle.load(handle)
                head = handle.tell()
                data = pickle.load(handle)
            except (pickle.UnpicklingError, EOFError):
                # Mailman itself puts such a file aside when it comes to it.
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
        """Move a directory, into the one that is there already if there is one."""
        source, target = os.path.join(folder, old), os.path.join(folder, new)
        if not os.path.isdir(source):
            return
        if not os.path.isdir(target):
            os.rename(source, target)
            return
        for name in os.listdir(source):
            os.rename(os.path.join(source, name), os.path.join(target, name))
        os.rmdir(source)
