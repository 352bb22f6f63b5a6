# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How long archives will take, from a sample of their mails that was measured on the target. Pure."""

from __future__ import annotations

import math
from typing import Any, Mapping, Sequence

# Mails of the sample of all mailboxes together.
SAMPLE = 2000
# How many times as many mails are prepared of a mailbox as its bytes let expect, since its mails may be smaller than others.
SPARE = 4
# To another Mailman 2.1, files are copied, compared with the copy, and both are read for it.
READINGS = 3


def prepared(sizes: Mapping[str, int | None], number: int = SAMPLE) -> dict[str, int]:
    """How many mails of each mailbox the sample may have, before it is known how many there are. sizes: in bytes."""
    total = sum(size or 0 for size in sizes.values())
    return {name: min(number, math.ceil(SPARE * number * size / total)) for name, size in sizes.items() if size}


def sample(mails: Mapping[str, int], tasks: Mapping[str, Sequence[Any]], number: int = SAMPLE) -> dict[str, list[Any]]:
    """The sample, in which each mailbox has a share like its share of all mails; those with most first, until there are enough.

    mails: how many each mailbox has. tasks: mails from all over it, of which some are chosen.
    """
    total, left = sum(mails.values()), number
    chosen: dict[str, list[Any]] = {}
    for name in sorted(tasks, key=lambda each: (-mails[each], each)):
        some = tasks[name]
        share = min(left, len(some), math.ceil(number * mails[name] / total) if total else 0)
        if share:
            chosen[name] = [some[each * len(some) // share] for each in range(share)]
        left -= share
    return chosen


def of_mails(number: int, measured: int, seconds: float, cores: int, reading: float) -> dict[str, Any] | None:
    """The forecast for HyperKitty; None where nothing could be measured.

    number: of all mails. measured: how many took so many seconds. reading: seconds for reading all mailboxes once.
    """
    if not measured or not number or seconds <= 0:
        return None
    needed = number * seconds / measured + reading
    return {
        "seconds": round(needed, 1),
        "per_second": round(number / needed, 1),
        "sample": measured,
        "cores": cores,
        "sentence": "The archives take {0}: {1:,} mails at {2:,} a second, measured on {3:,} of them, which HyperKitty of this host "
        "read and stored with {4} processor core{5}, and did not keep".format(
            duration(needed), number, max(1, round(number / needed)), measured, cores, "" if cores == 1 else "s"
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
