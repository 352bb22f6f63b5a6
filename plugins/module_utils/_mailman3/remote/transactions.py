# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How a plan is cut into short transactions, and what happens when the database is busy.

Mailman goes on while its lists change. SQLite lets one process write at a
time; Mailman's own processes give up after five seconds, or what their
database's address says, and a runner that gives up shunts its message. Runs in Mailman's interpreter.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Mapping, TypeVar

from ansible_collections.listops.mailman.plugins.module_utils._programs.remote.server import Failure

Step = Mapping[str, Any]
T = TypeVar("T")

# In one transaction: so many lists, and as much work as about a thousand people are, a tenth of a millisecond each.
LISTS = 10
WORK = 1400
WORK_OF_A_LIST = 40
# On a slow or busy machine less, so that a transaction takes about this long.
SECONDS = 0.2
LEAST_WORK = 100
# A roster that changes by no more people than this is not split: less than a second.
PEOPLE_OF_ONE_LIST = 4000
# To discard a held message is as much work as so many people are.
WORK_OF_A_HELD = 4
HELD_OF_ONE_LIST = PEOPLE_OF_ONE_LIST // WORK_OF_A_HELD
# For so many seconds a batch is tried again when the database is busy.
BUSY_SECONDS = 60.0
# SQLite keeps no queue: who waits looks every 100 ms whether the database is free, and must find it so.
PAUSE_SECONDS = 0.12
# SQLite's cache in kilobytes; with less it locks readers out before the transaction ends.
CACHE_KB = 65536


def weight(step: Step) -> int:
    """How many people a step adds, changes and removes, and bans; held messages that it discards count as some."""
    changes = [*step.get("rosters", {}).values(), step.get("bans", {})]
    people = sum(len(people) for change in changes for people in change.values())
    return people + WORK_OF_A_HELD * int(step.get("held", 0))


def parts(step: Step) -> Iterator[Step]:
    """A step as it is, or, when it is about very many people, in parts: everything else first, then the people.

    Held messages that go with a list go before it does, but for the last of them: a closed list is not looked at again.
    """
    held = int(step.get("held", 0))
    while held > HELD_OF_ONE_LIST:
        yield {"list": step["list"], "discard": HELD_OF_ONE_LIST, "held": HELD_OF_ONE_LIST}
        held -= HELD_OF_ONE_LIST
    if "held" in step:
        step = dict(step, held=held)
    if weight(step) <= PEOPLE_OF_ONE_LIST:
        yield step
        return
    yield {key: value for key, value in step.items() if key not in ("rosters", "bans")}
    for kind, people in step.get("bans", {}).items():
        for start in range(0, len(people), PEOPLE_OF_ONE_LIST):
            yield {
                "list": step["list"],
                "bans": {"add": [], "remove": [], kind: people[start : start + PEOPLE_OF_ONE_LIST]},
            }
    for role, change in step.get("rosters", {}).items():
        for kind, people in change.items():
            for start in range(0, len(people), PEOPLE_OF_ONE_LIST):
                empty: dict[str, list[Any]] = {"add": [], "change": [], "remove": []}
                some = dict(empty, **{kind: people[start : start + PEOPLE_OF_ONE_LIST]})
                yield {"list": step["list"], "rosters": {role: some}}


def batches(steps: Iterable[Step], limit: Callable[[], int] = lambda: WORK) -> Iterator[list[Step]]:
    """Steps, in their order, by transaction; limit: how much work the next one may be."""
    batch: list[Step] = []
    work = 0
    for part in (part for step in steps for part in parts(step)):
        more = WORK_OF_A_LIST + weight(part)
        if batch and (len(batch) == LISTS or work + more > limit()):
            yield batch
            batch, work = [], 0
        batch.append(part)
        work += more
    if batch:
        yield batch


def pace(work: int, seconds: float) -> int:
    """How much work the next transaction may be after one that took so long."""
    if seconds > 1.5 * SECONDS:
        return max(LEAST_WORK, work // 2)
    if seconds < 0.75 * SECONDS:
        return min(WORK, work * 2)
    return work


class Busy(Failure):
    """The database is kept by somebody else, for whatever there is to do."""


class Transactions:
    """Runs work in transactions that others need not wait for.

    waited: seconds lost to a busy database so far.
    work: how much the next transaction may be.
    """

    def __init__(self, config: Any) -> None:
        from sqlalchemy import event

        self.config = config
        self.waited = 0.0
        self.work = WORK
        self.sqlite = config.db.engine.dialect.name == "sqlite"
        if self.sqlite:
            event.listen(config.db.engine, "connect", _set_up_sqlite)

    def run(self, work: Callable[[], Any]) -> Any:
        """Do work in one transaction, all of it again when the database was busy; what it returns."""
        from mailman.database.transaction import transaction
        from sqlalchemy.exc import OperationalError

        began = time.monotonic()
        while True:
            attempt = time.monotonic()
            try:
                with transaction():
                    done = work()
            except OperationalError as exc:
                if not _is_busy(exc):
                    raise
                now = time.monotonic()
                self.waited += now - attempt
                if now - began > BUSY_SECONDS:
                    raise Busy(
                        "Mailman's database was busy for {0:.0f} s, because another process keeps writing to it; "
                        "what was done stays, run again for the rest".format(now - began)
                    ) from exc
                time.sleep(PAUSE_SECONDS)
                self.waited += PAUSE_SECONDS
            else:
                self.work = pace(self.work, time.monotonic() - attempt)
                return done

    def give_way(self) -> None:
        """Let a waiting Mailman have the database between two transactions."""
        if self.sqlite and _is_running(self.config.PID_FILE):
            time.sleep(PAUSE_SECONDS)


def when_free(work: Callable[[], T], recover: Callable[[], None] = lambda: None) -> T:
    """Do what only reads, again while the database is locked; recover: makes it fit to be asked again."""
    began = time.monotonic()
    while True:
        try:
            return work()
        except Exception as exc:
            # of SQLAlchemy, or of the driver when the database is opened
            if "database is locked" not in str(exc):
                raise
            recover()
            waited = time.monotonic() - began
            if waited > BUSY_SECONDS:
                raise Busy(
                    "Mailman's database was busy for {0:.0f} s, because another process keeps writing to it; "
                    "nothing was changed, run again when it is done".format(waited)
                ) from exc
            time.sleep(PAUSE_SECONDS)


def _set_up_sqlite(connection: Any, _record: Any) -> None:
    connection.execute("PRAGMA cache_size = -{0}".format(CACHE_KB))


def _is_busy(exc: Any) -> bool:
    text = str(exc.orig)
    # SQLite; and PostgreSQL, which chooses one of two that wait for each other.
    return "database is locked" in text or "deadlock detected" in text


def _is_running(pid_file: str) -> bool:
    """Whether the process runs whose number is in a file."""
    try:
        with open(pid_file, encoding="ascii") as handle:
            os.kill(int(handle.read()), 0)
    except PermissionError:
        return True
    except (OSError, ValueError):
        return False
    return True
