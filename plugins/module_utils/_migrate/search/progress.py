# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How far the search index of a migration is: what is noted after each step, and where a run goes on. Pure."""

from __future__ import annotations

import json
from typing import Any, Mapping, NamedTuple, Sequence

# The note, in the account of the migration.
NOTE = "index.json"


class Way(NamedTuple):
    """How far the mails of some lists are indexed, from the newest to the oldest.

    at: the last mail that is indexed, as [date in ISO 8601, key], or None before the first one.
    lacking: how many mails of each list the index lacked when all were done; None until then.
    """

    lists: tuple[str, ...]
    at: Sequence[Any] | None = None
    lacking: Mapping[str, int] | None = None


def parse(text: bytes | None) -> Way:
    """From the note; of one that is damaged, nothing is known, and all is done again."""
    try:
        said = json.loads(text or b"{}")
        at, lacking = said["at"], said["lacking"]
        if at is not None and not (isinstance(at[0], str) and isinstance(at[1], int)):
            at = None
        return Way(tuple(said["lists"]), at, None if lacking is None else dict(lacking))
    except (ValueError, KeyError, TypeError, IndexError):
        return Way(())


def written(way: Way) -> bytes:
    said = {"lists": list(way.lists), "at": way.at, "lacking": way.lacking}
    return (json.dumps(said, sort_keys=True) + "\n").encode("ascii")


def begin(noted: Way, lacking: Mapping[str, int]) -> Way | None:
    """Where to go on, or None if nothing is to be done. lacking: how many mails of each list the index lacks now.

    Some may be lacking for good, since the index does not take them.
    """
    lists = tuple(sorted(lacking))
    if noted.lists == lists and noted.lacking is None:
        return noted
    if not any(number > (noted.lacking or {}).get(name, 0) for name, number in lacking.items()):
        return None
    return Way(lists)
