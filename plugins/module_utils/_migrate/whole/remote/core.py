# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a Mailman 3 has, as sums that can be compared with those of another one. Runs in Mailman's interpreter, and changes nothing."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Iterator
from typing import Any

from ansible_collections.listops.mailman.plugins.module_utils._mailman3.remote.main import Mailman3Handler, prepare
from ansible_collections.listops.mailman.plugins.module_utils._programs.remote.server import serve

ROLES = ("member", "owner", "moderator", "nonmember")
# Of the folder of Mailman's state, what is made anew, or is not Mailman's.
LEFT_OUT = ("cache", "locks", "web")


def digest(value: Any) -> str:
    """A short sum of something that JSON can say."""
    return hashlib.sha256(json.dumps(value, sort_keys=True, default=str).encode("utf-8")).hexdigest()[:32]


def total(things: Iterable[Any]) -> dict[str, Any]:
    """How many there are, and one sum of all, in whatever order they come."""
    sums = sorted(digest(each) for each in things)
    return {"found": len(sums), "sum": digest(sums)}


def of_file(path: str) -> str | None:
    """The sum of a file, or None where there is none."""
    try:
        with open(path, "rb") as handle:
            found = hashlib.sha256()
            for block in iter(lambda: handle.read(1 << 20), b""):
                found.update(block)
            return found.hexdigest()[:32]
    except FileNotFoundError:
        return None


class WholeCoreHandler(Mailman3Handler):
    """Mailman's lists, people and what waits."""

    def server(self, _request: dict[str, Any]) -> dict[str, Any]:
        """What the server is. answer: {"version", "folder", "database", "bytes", "texts_elsewhere", "domains", "policies"}."""
        answer = {
            "version": self.server_info()["version"],
            "folder": self.config.VAR_DIR,
            "database": self._database(),
            "bytes": sum(self._sizes()),
            "texts_elsewhere": sum(1 for uri in self._uris() if uri.startswith(("http:", "https:"))),
            "domains": sorted(self._domains()),
            "policies": self._policies(),
        }
        self.store.rollback()
        return answer

    def _database(self) -> dict[str, Any]:
        url = self.config.db.engine.url
        if url.get_backend_name() != "sqlite":
            return {"kind": url.get_backend_name(), "path": None, "bytes": 0}
        path = os.path.abspath(url.database)
        return {"kind": "sqlite", "path": path, "bytes": os.stat(path).st_size}

    def _sizes(self) -> Iterator[int]:
        for folder, folders, files in os.walk(self.config.VAR_DIR):
            if folder == self.config.VAR_DIR:
                folders[:] = [name for name in folders if name not in LEFT_OUT]
            yield from (os.lstat(os.path.join(folder, name)).st_size for name in files)

    def _uris(self) -> list[str]:
        from mailman.model.template import Template
        from sqlalchemy import select

        return [row[0] or "" for row in self.store.execute(select(Template.uri))]

    def _domains(self) -> list[str]:
        from mailman.model.domain import Domain
        from sqlalchemy import select

        return [row[0] for row in self.store.execute(select(Domain.mail_host))]

    def sums(self, _request: dict[str, Any]) -> dict[str, Any]:
        """All that it has. answer: {"lists": {address: see _list}, "people": {"found", "sum"}}."""
        entries = self.reader.read({"rosters": ROLES})
        facts = self.reader.facts(None)
        waiting = self._waiting()
        lists = {name: self._list(entry, facts[name], waiting.get(name, [])) for name, entry in entries.items()}
        people = total(self._people())
        self.store.rollback()
        return {"lists": lists, "people": people}

    def _list(self, entry: dict[str, Any], facts: dict[str, Any], waiting: list[Any]) -> dict[str, Any]:
        """A list: sums of settings by name, of memberships, and of what waits."""
        rosters = entry.pop("rosters")
        members = [(role, person) for role, people in rosters.items() for person in people.items()]
        settings = {**entry.pop("settings"), **entry, "created_at": facts["created_at"]}
        return {
            "settings": {name: digest(value)[:8] for name, value in settings.items()},
            "members": total(members),
            "requests": total(waiting),
        }

    def _waiting(self) -> dict[str, list[Any]]:
        """What waits in each list: requests with the messages that are held, confirmations, and the digest in progress."""
        from mailman.model.mailinglist import MailingList
        from mailman.model.message import Message
        from mailman.model.pending import Pended, PendedKeyValue
        from mailman.model.requests import _Request
        from sqlalchemy import select

        table = MailingList.__table__
        rows = self.store.execute(select(table.c.id, table.c.list_id, table.c.list_name, table.c.mail_host))
        names = {key: (list_id, "{0}@{1}".format(name, host)) for key, list_id, name, host in rows}
        by_id = dict(names.values())
        out: dict[str, list[Any]] = {name: [] for name in by_id.values()}
        paths = {row[0]: row[1] for row in self.store.execute(select(Message.message_id, Message.path))}
        for key, kind, what, token in self.store.execute(
            select(_Request.mailing_list_id, _Request.request_type, _Request.key, _Request.data_hash)
        ):
            path = paths.get(what)
            kept = of_file(os.path.join(self.config.MESSAGES_DIR, path)) if path else None
            if key in names:
                out[names[key][1]].append(["request", kind.name, what, token, kept])
        query = select(PendedKeyValue.value, Pended.token).where(
            PendedKeyValue.pended_id == Pended.id, PendedKeyValue.key == "list_id"
        )
        for list_id, token in self.store.execute(query):
            name = by_id.get(json.loads(list_id))
            if name is not None:
                out[name].append(["token", token])
        for list_id, name in by_id.items():
            kept = of_file(os.path.join(self.config.LIST_DATA_DIR, list_id, "digest.mmdf"))
            if kept is not None:
                out[name].append(["digest", kept])
        return out

    def _people(self) -> Iterator[Any]:
        """Addresses with their users, whether or not they are on a list."""
        from mailman.model.address import Address
        from mailman.model.user import User
        from sqlalchemy import select

        table, users = Address.__table__, User.__table__
        query = select(table.c.email, table.c.display_name, table.c.verified_on, users.c._user_id).join_from(
            table, users, table.c.user_id == users.c.id, isouter=True
        )
        for row in self.store.execute(query):
            yield [str(value) for value in row]


def whole_core(request: dict[str, Any]) -> WholeCoreHandler:
    return WholeCoreHandler(request.get("config"), True)


def main() -> None:
    serve(whole_core, prepare)
