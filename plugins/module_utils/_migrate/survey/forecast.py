# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How long archives will take, from a sample of their mails that was measured on the target. Pure."""

from __future__ import annotations

import math
from typing import Any, Mapping, NamedTuple

# Mails of the sample of all mailboxes together, and of one at least.
SAMPLE, LEAST = 2000, 20
# To another Mailman 2.1, files are copied, compared with the copy, and both are read for it.
READINGS = 3


class Measured(NamedTuple):
    """So many mails of one mailbox needed so many seconds of one process to be parsed, and to be put into the database."""

    mails: int
    parse: float
    put: float


def shares(sizes: Mapping[str, int | None], number: int = SAMPLE, least: int = LEAST) -> dict[str, int]:
    """How many mails of each mailbox are in the sample, by the bytes that these have; the largest first, until there are enough."""
    found = {name: size for name, size in sizes.items() if size}
    total = sum(found.values())
    chosen: dict[str, int] = {}
    left = number
    for name in sorted(found, key=lambda each: (-found[each], each)):
        if left <= 0:
            break
        chosen[name] = min(left, max(least, math.ceil(number * found[name] / total)))
        left -= chosen[name]
    return chosen


def import_seconds(mails: Mapping[str, int], measured: Mapping[str, Measured], cores: int) -> float | None:
    """How long the mails of all mailboxes take; None where none of them was measured.

    mails: by mailbox. Those without a measurement of their own are as fast as the others. Mails are parsed on all cores
    while one process puts them into the database.
    """
    known = {name: each for name, each in measured.items() if each.mails}
    sample = sum(each.mails for each in known.values())
    if not sample:
        return None
    pooled = Measured(sample, sum(each.parse for each in known.values()), sum(each.put for each in known.values()))
    parse = put = 0.0
    for name, number in mails.items():
        each = known.get(name, pooled)
        parse += number * each.parse / each.mails
        put += number * each.put / each.mails
    return max(put, (parse + put) / max(1, cores))


def of_mails(
    mails: Mapping[str, int], measured: Mapping[str, Measured], cores: int, reading: float
) -> dict[str, Any] | None:
    """The forecast for HyperKitty; None where nothing could be measured. reading: seconds for reading all mailboxes once."""
    seconds = import_seconds(mails, measured, cores)
    number = sum(mails.values())
    if seconds is None or not number:
        return None
    seconds += reading
    sample = sum(each.mails for each in measured.values())
    rate = number / max(seconds, 1e-6)
    return {
        "seconds": round(seconds, 1),
        "per_second": round(rate, 1),
        "sample": sample,
        "cores": cores,
        "sentence": "The archives take {0}: {1:,} mails at {2:,} a second, measured on {3:,} of them, which HyperKitty of this host "
        "read and stored with {4} processor core{5}, and did not keep".format(
            duration(seconds), number, max(1, round(rate)), sample, cores, "" if cores == 1 else "s"
        ),
    }


def of_files(total: int, read: int, seconds: float) -> dict[str, Any] | None:
    """The forecast for files that go over unchanged; None where nothing could be measured.

    total: bytes of all archives. read: bytes of mailboxes that were read whole in so many seconds.
    """
    if not read or seconds <= 0:
        return None
    rate = read / seconds
    needed = READINGS * max(total, read) / rate
    return {
        "seconds": round(needed, 1),
        "per_second": round(rate, 1),
        "sample": read,
        "cores": 1,
        "sentence": "The archives take {0}: {1:,} MB that are copied and compared at {2:,} MB a second, measured on {3:,} MB of "
        "mailboxes, which were read whole".format(
            duration(needed), megabytes(max(total, read)), max(1, round(rate / READINGS / 1048576)), megabytes(read)
        ),
    }


def megabytes(size: float) -> int:
    return math.ceil(size / 1048576)


def duration(seconds: float) -> str:
    """A time for people, rounded up."""
    for limit, unit, word in ((5400, 60, "minute"), (129600, 3600, "hour"), (math.inf, 86400, "day")):
        if seconds < limit:
            number = math.ceil(seconds / unit)
            if unit == 60 and number <= 1:
                return "less than a minute"
            return "about {0} {1}{2}".format(number, word, "" if number == 1 else "s")
    raise AssertionError(seconds)
