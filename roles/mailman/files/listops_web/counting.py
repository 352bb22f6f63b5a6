# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Count what one client and one address ask for, in fixed windows of time. Knows nothing of Django."""

from __future__ import annotations

import hashlib
import ipaddress
import time
from collections.abc import Callable, Iterable
from typing import NamedTuple, Protocol


class Limit(NamedTuple):
    """At most `number` within `seconds`."""

    number: int
    seconds: int


class Store(Protocol):
    def read(self, key: str) -> int: ...

    def add(self, key: str, seconds: int) -> None: ...


class Uwsgi:
    """Counters that all processes of the application server share; uwsgi counts in one step."""

    def __init__(self, uwsgi, cache: str) -> None:
        self._uwsgi = uwsgi
        self._cache = cache

    def read(self, key: str) -> int:
        return self._uwsgi.cache_num(key, self._cache) or 0

    def add(self, key: str, seconds: int) -> None:
        self._uwsgi.cache_inc(key, 1, seconds, self._cache)


class Local:
    """Counters of one process, for programs that run outside the application server."""

    def __init__(self) -> None:
        self._counts: dict[str, int] = {}

    def read(self, key: str) -> int:
        return self._counts.get(key, 0)

    def add(self, key: str, seconds: int) -> None:
        self._counts[key] = self.read(key) + 1


class Counter:
    """Each subject has a count in each window, which starts anew when the window has passed."""

    def __init__(self, store: Store, clock: Callable[[], float] = time.time) -> None:
        self._store = store
        self._clock = clock

    def _key(self, kind: str, subject: str, limit: Limit) -> str:
        window = int(self._clock() // limit.seconds)
        # short, and no list of people in memory
        return hashlib.sha256(f"{kind} {limit.seconds} {window} {subject}".encode("utf-8", "replace")).hexdigest()[:32]

    def wait(self, kind: str, subject: str, limits: Iterable[Limit]) -> int:
        """Seconds until the subject may go on; 0 when it may now."""
        waits = [
            limit.seconds - int(self._clock() % limit.seconds)
            for limit in limits
            if self._store.read(self._key(kind, subject, limit)) >= limit.number
        ]
        return max(waits, default=0)

    def add(self, kind: str, subject: str, limits: Iterable[Limit]) -> None:
        for limit in limits:
            self._store.add(self._key(kind, subject, limit), limit.seconds)


def client_of(address: str) -> str:
    """Who asks, as far as an address tells: with IPv6 a household or host has a network of 64 bits."""
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return address
    if ip.version == 4:
        return str(ip)
    if ip.ipv4_mapped:
        return str(ip.ipv4_mapped)
    return str(ipaddress.ip_network((ip, 64), strict=False))


def mailbox_of(address: str) -> str:
    """Whom a form writes to: many spellings of an address lead to one mailbox."""
    local, _at, domain = address.strip().casefold().rpartition("@")
    return f"{local.partition('+')[0]}@{domain}"
