# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The program that runs in Mailman 3's own interpreter. It reads and applies, and decides nothing.

It is sent there with the modules that it imports (see _mailman3/program.py) and
nothing else of this collection; Mailman itself is imported only when it runs.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import time
from typing import Any

from ansible_collections.listops.mailman.plugins.module_utils._mailman3.remote.notices import send
from ansible_collections.listops.mailman.plugins.module_utils._mailman3.remote.read import Reader
from ansible_collections.listops.mailman.plugins.module_utils._mailman3.remote.rename import Mailman3Renamer
from ansible_collections.listops.mailman.plugins.module_utils._mailman3.remote.settings import schema
from ansible_collections.listops.mailman.plugins.module_utils._mailman3.remote.templates import urls
from ansible_collections.listops.mailman.plugins.module_utils._mailman3.remote.transactions import (
    Busy,
    Step,
    Transactions,
    batches,
    when_free,
)
from ansible_collections.listops.mailman.plugins.module_utils._mailman3.remote.write import Mailman3Writer, remove
from ansible_collections.listops.mailman.plugins.module_utils._programs.remote.server import (
    Absent,
    Failure,
    sentence,
    serve,
)

# How many seconds a run waits for another one to end.
TURN_SECONDS = 60.0


class Mailman3Handler:
    """Mailman 3 through its own model classes."""

    def __init__(self, config_file: str | None, readonly: bool) -> None:
        from mailman.config import config
        from mailman.core.initialize import initialize_1, initialize_2, initialize_3

        # Mailman makes its directories and its database when it starts for the first time.
        config.create_paths = not readonly
        initialize_1(config_file or None)
        if readonly and not os.path.isdir(config.LIST_DATA_DIR):
            raise Absent("Mailman has never run here")
        self.config = config
        self._wrote = False
        # which know how quick this machine is
        self._transactions: Transactions | None = None
        if not readonly:
            self._wait_for_turn()
        # the database is what it opens first
        when_free(initialize_2)
        initialize_3()
        # SQLAlchemy's errors have values in them, such as passwords and people.
        config.db.engine.hide_parameters = True
        self.reader = Reader(config)
        self.writer = Mailman3Writer(config)
        self.renamer = Mailman3Renamer(config)

    def _wait_for_turn(self) -> None:
        """Wait until no other run writes: the plan of a run does not know what another one does meanwhile."""
        self._turn = open(os.path.join(self.config.LOCK_DIR, "listops.lock"), "w", encoding="ascii")  # noqa: SIM115
        began = time.monotonic()
        while True:
            try:
                fcntl.flock(self._turn, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return
            except BlockingIOError as exc:
                if time.monotonic() - began > TURN_SECONDS:
                    raise Failure(
                        "another run has been changing this Mailman for {0:.0f} s; run again when it is done".format(
                            TURN_SECONDS
                        )
                    ) from exc
                time.sleep(0.1)

    @property
    def store(self) -> Any:
        return self.config.db.store

    def server_info(self) -> dict[str, Any]:
        """Facts about this Mailman, read before its lists."""
        return when_free(self._server_info, self.store.rollback)

    def _server_info(self) -> dict[str, Any]:
        from mailman.interfaces.domain import IDomainManager
        from mailman.interfaces.languages import ILanguageManager
        from mailman.interfaces.template import ALL_TEMPLATES
        from mailman.version import VERSION
        from zope.component import getUtility

        policies = self._policies()
        return {
            "engine": "mailman3",
            "version": VERSION,
            "domains": sorted(domain.mail_host for domain in getUtility(IDomainManager)),
            "lists": sorted(policies),
            "archive_policies": policies,
            "site_bans": sorted(self.reader.site_bans()),
            "archivers": sorted(archiver.name for archiver in self.config.archivers),
            "idle_archivers": sorted(archiver.name for archiver in self.config.archivers if not archiver.is_enabled),
            "templates": sorted(ALL_TEMPLATES),
            "template_urls": urls(self.config),
            "listname_chars": self.config.mailman.listname_chars,
            "schema": schema(self.config),
            "charsets": {str(each.code): each.charset for each in getUtility(ILanguageManager).languages},
            "default_language": self.config.mailman.default_language,
            "stopped": os.path.exists(self._stop_note),
        }

    def _policies(self) -> dict[str, str]:
        from mailman.model.mailinglist import MailingList
        from sqlalchemy import select

        table = MailingList.__table__
        rows = self.store.execute(select(table.c.list_name, table.c.mail_host, table.c.archive_policy))
        # Mailman creates nothing for a list with an unknown style.
        return {
            "{0}@{1}".format(name, host): policy.name if policy is not None else "unknown"
            for name, host, policy in rows
        }

    def policies(self, _request: dict[str, Any]) -> dict[str, Any]:
        """Who may read the archives of all lists. answer: {"policies": {address: archive_policy}}."""
        policies = self._policies()
        self.store.rollback()
        return {"policies": policies}

    def read(self, request: dict[str, Any]) -> dict[str, Any]:
        """The state of lists.

        request: {"lists": [posting addresses] or null for all, "settings":
        [names] or null for all, "rosters": [roles], "templates": [names] or
        null for all, "secrets": {address:
        {setting: value to compare with}}}.
        answer: {"lists": {address: see ListSpec, with rosters as role ->
        address -> member}}.
        """
        lists = when_free(lambda: self.reader.read(request), self.store.rollback)
        # No transaction may stay open between two requests.
        self.store.rollback()
        return {"lists": lists}

    def apply(self, request: dict[str, Any]) -> dict[str, Any]:
        """Carry out the steps of a plan in short transactions; each list is as it was or as planned.

        request: {"steps": [{"list": address, and any of "create", "delete",
        "set", "seen", "header_matches", "bans", "ban", "archivers", "rosters", "disable",
        "forget", "templates"}]}.
        answer: {"failed": {address: sentence}, "waited": seconds for which the
        database was busy}.
        """
        work = self._transactions = self._transactions or Transactions(self.config)
        waited = work.waited
        failed: dict[str, str] = {}
        steps = when_free(lambda: self.writer.differences(request["steps"]), self.store.rollback)
        self.store.rollback()
        for batch in batches(steps, lambda: work.work):
            if self._wrote:
                work.give_way()
            self._wrote = True
            self._commit(work, batch, failed)
        return {"failed": failed, "waited": round(work.waited - waited, 1)}

    def _commit(self, work: Transactions, batch: list[Step], failed: dict[str, str]) -> None:
        """Carry out steps in one transaction, except those of failed lists; lists that fail now are added to these."""
        batch = [step for step in batch if step["list"] not in failed]
        try:
            leftovers = work.run(lambda: self.writer.apply(batch))
        except Busy:
            raise
        except Exception as exc:
            # A failing list must be named, and must not stop the others.
            if len(batch) > 1:
                for step in batch:
                    self._commit(work, [step], failed)
                return
            name = batch[0]["list"]
            failed[name] = str(exc) if isinstance(exc, Failure) else "list {0}: {1}".format(name, sentence(exc))
            return
        for path in leftovers:
            # Files are removed only after the commit.
            remove(path)

    def ban_everywhere(self, request: dict[str, Any]) -> dict[str, Any]:
        """Make these the bans that hold for every list, in one transaction.

        request: {"bans": [addresses and ^regular expressions]}.
        answer: {"waited": seconds for which the database was busy}.
        """
        work = self._transactions = self._transactions or Transactions(self.config)
        waited = work.waited
        work.run(lambda: self.writer.ban_everywhere(request["bans"]))
        return {"waited": round(work.waited - waited, 1)}

    def facts(self, request: dict[str, Any]) -> dict[str, Any]:
        """Facts that nobody declares.

        request: {"lists": [posting addresses] or null for all}.
        answer: {"lists": {address: {"created_at", "last_post_at": ISO 8601 in UTC or null, "counts": {role: number}}}}.
        """
        facts = when_free(lambda: self.reader.facts(request.get("lists")), self.store.rollback)
        self.store.rollback()
        return {"lists": facts}

    def aliases(self, request: dict[str, Any]) -> dict[str, Any]:
        """All addresses of the users who have these addresses.

        request: {"addresses": [lower-case addresses]}.
        answer: {"addresses": [those that are known, and others of the same users]}.
        """
        known = self.reader.aliases(request["addresses"])
        self.store.rollback()
        return {"addresses": known}

    def people(self, request: dict[str, Any]) -> dict[str, Any]:
        """Which of these addresses are the same person's.

        request: {"addresses": [lower-case addresses]}.
        answer: {"people": {those that a user has: a word for the user}}.
        """
        people = self.reader.people(request["addresses"])
        self.store.rollback()
        return {"people": people}

    def unfinished(self, request: dict[str, Any]) -> dict[str, Any]:
        """Which former names are still in use.

        request: {"lists": [posting addresses]}.
        answer: {"lists": [those that are in use]}.
        """
        return {"lists": [old for old in request["lists"] if self.renamer.unfinished(old)]}

    def rename(self, request: dict[str, Any]) -> dict[str, Any]:
        """Rename lists, or finish interrupted renames. Mailman must not run.

        request: {"renames": [[old posting address, new one]]}.
        answer: {}.
        """
        for old, new in request["renames"]:
            self.renamer.rename(old, new)
        return {}

    @property
    def _stop_note(self) -> str:
        return os.path.join(self.config.DATA_DIR, "listops-stopped")

    def note_stop(self, _request: dict[str, Any]) -> dict[str, Any]:
        """Note that Mailman is stopped and must be started again."""
        with open(self._stop_note, "w", encoding="utf-8") as handle:
            os.fsync(handle.fileno())
        return {}

    def forget_stop(self, _request: dict[str, Any]) -> dict[str, Any]:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(self._stop_note)
        return {}

    def notify(self, request: dict[str, Any]) -> dict[str, Any]:
        """Send welcome and goodbye messages. request: {"notices": see notices.send}; answer: {"sent": number of messages}."""
        sent = send(request["notices"])
        self.store.rollback()
        return {"sent": sent}

    def copies(self, request: dict[str, Any]) -> dict[str, Any]:
        """Which lists have a copy of every post in Mailman's own prototype archive.

        request: {"lists": [posting addresses]}.
        answer: {"lists": [those that have one]}.
        """
        return {"lists": [name for name in request["lists"] if os.path.isdir(self._copies(name))]}

    def drop_copies(self, request: dict[str, Any]) -> dict[str, Any]:
        """Remove them. request and answer: see copies."""
        found: list[str] = self.copies(request)["lists"]
        for name in found:
            shutil.rmtree(self._copies(name))
        return {"lists": found}

    def _copies(self, name: str) -> str:
        return os.path.join(self.config.ARCHIVE_DIR, "prototype", name)


def prepare() -> None:
    # Mailman looks for its configuration in the current directory first.
    os.chdir("/")
    import mailman.core.initialize  # noqa: F401


def main() -> None:
    serve(lambda request: Mailman3Handler(request.get("config"), request["readonly"]), prepare)
