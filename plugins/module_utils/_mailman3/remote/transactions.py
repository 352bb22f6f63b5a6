# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Splits a plan into short transactions, and waits for a busy database.

Mailman keeps running while its lists change. SQLite lets one process write at a
time. Mailman's own processes give up after five seconds, or after the time in
their database's URL, and a runner that gives up shunts its message. Runs in Mailman's interpreter.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Mapping, TypeVar

from ansible_collections.listops.mailman.plugins.module_utils._programs.remote.server import Failure

Step = Mapping[str, Any]
T = TypeVar("T")

# Limits of a transaction: lists, and work (about a thousand people, a tenth of a millisecond each).
LISTS = 10
WORK = 1400
WORK_OF_A_LIST = 40
# On a slow or busy machine there is less work in a transaction, so that it takes about this long.
SECONDS = 0.2
LEAST_WORK = 100
# A roster with fewer changes than this is not split; it takes less than a second.
PEOPLE_OF_ONE_LIST = 4000
# To discard a held message is as much work as so many people are.
WORK_OF_A_HELD = 4
HELD_OF_ONE_LIST = PEOPLE_OF_ONE_LIST // WORK_OF_A_HELD
# For how many seconds a batch is tried again when the database is busy.
BUSY_SECONDS = 60.0
# SQLite has no queue: a waiting process looks every 100 ms whether the database is free.
PAUSE_SECONDS = 0.12
# SQLite's cache in kilobytes; with a smaller one it locks readers out before the transaction ends.
CACHE_KB = 65536


def weight(step: Step) -> int:
    """How many people a step adds, changes, removes and bans. A held message that it discards counts as several."""
    changes = [*step.get("rosters", {}).values(), step.get("bans", {})]
    people = sum(len(people) for change in changes for people in change.values())
    return people + WORK_OF_A_HELD * int(step.get("held", 0))


def parts(step: Step) -> Iterator[Step]:
    """Split a step with very many people into parts: everything else first, then the people.

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
    """Group steps into transactions, in their order. limit: how much work the next transaction may have."""
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
    """How much work the next transaction may have, by the time of the last one."""
    if seconds > 1.5 * SECONDS:
        return max(LEAST_WORK, work // 2)
    if seconds < 0.75 * SECONDS:
        return min(WORK, work * 2)
    return work


class Busy(Failure):
    """Another process keeps the database locked."""


class Transactions:
    """Runs work in transactions so short that other processes need not wait.

    waited: seconds lost to a busy database so far.
    work: how much work the next transaction may have.
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
        """Do work in one transaction, and repeat it as a whole when the database was busy. Returns its result."""
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
        """Give a waiting Mailman the database between two transactions."""
        if self.sqlite and _is_running(self.config.PID_FILE):
            time.sleep(PAUSE_SECONDS)


def when_free(work: Callable[[], T], recover: Callable[[], None] = lambda: None) -> T:
    """Repeat a read while the database is locked. recover: resets the session before another try."""
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
    # SQLite, and PostgreSQL, which aborts one of two transactions that wait for each other.
    return "database is locked" in text or "deadlock detected" in text


def _is_running(pid_file: str) -> bool:
    """Whether the process with the number in a file runs."""
    try:
        with open(pid_file, encoding="ascii") as handle:
            os.kill(int(handle.read()), 0)
    except PermissionError:
        return True
    except (OSError, ValueError):
        return False
    return True
