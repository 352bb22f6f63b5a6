# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How far the search index of a migration is: what is noted after each step, and where a run goes on. Pure."""

from __future__ import annotations

import json
from typing import Any, Iterable, NamedTuple, Sequence

# The note, in the account of the migration.
NOTE = "index.json"


class Way(NamedTuple):
    """How far the mails of some lists are indexed, from the newest to the oldest. Keys grow with each mail that is stored.

    done: mails with keys up to this one are indexed.
    top: the highest key of those that are being indexed now, or None when none are.
    at: the last of these that is indexed, as [date in ISO 8601, key], or None before the first one.
    """

    lists: tuple[str, ...]
    done: int = 0
    top: int | None = None
    at: Sequence[Any] | None = None

    def finished(self) -> Way:
        return Way(self.lists, self.done if self.top is None else self.top)


def parse(text: bytes | None) -> Way:
    """From the note; of one that is damaged, nothing is known, and all is done again."""
    try:
        said = json.loads(text or b"{}")
        done, top, at = said["done"], said["top"], said["at"]
        sound = isinstance(done, int) and (top is None or isinstance(top, int))
        if not sound or (at is not None and not (isinstance(at[0], str) and isinstance(at[1], int))):
            return Way(())
        return Way(tuple(said["lists"]), done, top, at)
    except (ValueError, KeyError, TypeError, IndexError):
        return Way(())


def written(way: Way) -> bytes:
    return (json.dumps({**way._asdict(), "lists": list(way.lists)}, sort_keys=True) + "\n").encode("ascii")


def begin(noted: Way, lists: Iterable[str], newest: int | None) -> Way | None:
    """Where to go on, or None if nothing is to be done. newest: the highest key of a mail of these lists now, or None without any.

    What has come since is indexed without the rest. With other lists than before, all is indexed again.
    """
    wanted = tuple(sorted(lists))
    way = noted if noted.lists == wanted else Way(wanted)
    if way.top is not None:
        return way
    return None if newest is None or newest <= way.done else way._replace(top=newest)
