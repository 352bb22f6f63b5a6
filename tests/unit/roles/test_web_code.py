# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the web interface has beside its packages, as far as it needs no Django."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

CODE = Path(__file__).resolve().parents[3] / "roles/mailman/files/listops_web"


def loaded(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"listops_web_{name}", CODE / f"{name}.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


counting: Any = loaded("counting")
logs: Any = loaded("logs")
Limit = counting.Limit


class Clock:
    now = 1_200_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def counter(clock: Clock) -> Any:
    return counting.Counter(counting.Local(), clock)


def test_as_many_as_the_limit_says_and_no_more(counter: Any) -> None:
    limits = [Limit(3, 60)]
    waits = []
    for _number in range(5):
        waits.append(counter.wait("mails of", "192.0.2.1", limits))
        if not waits[-1]:
            counter.add("mails of", "192.0.2.1", limits)
    assert waits == [0, 0, 0, 60, 60]


def test_the_wait_ends_with_the_window(counter: Any, clock: Clock) -> None:
    limits = [Limit(1, 60), Limit(2, 3600)]
    counter.add("mails of", "192.0.2.1", limits)
    clock.now += 45
    assert counter.wait("mails of", "192.0.2.1", limits) == 15
    clock.now += 15
    assert counter.wait("mails of", "192.0.2.1", limits) == 0
    counter.add("mails of", "192.0.2.1", limits)
    assert counter.wait("mails of", "192.0.2.1", limits) > 60


def test_subjects_and_kinds_are_counted_apart(counter: Any) -> None:
    limits = [Limit(1, 60)]
    counter.add("mails of", "192.0.2.1", limits)
    assert counter.wait("mails of", "192.0.2.2", limits) == 0
    assert counter.wait("mails to", "192.0.2.1", limits) == 0


class FakeUwsgi:
    """What uwsgi's interface does, as its documentation says."""

    def __init__(self) -> None:
        self.counts: dict[str, int] = {}
        self.asked: list[tuple[Any, ...]] = []

    def cache_num(self, key: str, cache: str) -> int | None:
        return self.counts.get(key)

    def cache_inc(self, key: str, value: int, expires: int, cache: str) -> bool:
        self.asked.append((value, expires, cache))
        self.counts[key] = self.counts.get(key, 0) + value
        return True


def test_uwsgi_counts_for_all_processes(clock: Clock) -> None:
    shared = FakeUwsgi()
    one, other = (counting.Counter(counting.Uwsgi(shared, "limits"), clock) for _number in range(2))
    limits = [Limit(1, 60)]
    assert other.wait("mails of", "a", limits) == 0
    one.add("mails of", "a", limits)
    assert other.wait("mails of", "a", limits) == 60
    assert shared.asked == [(1, 60, "limits")]
    # no list of people: and no key is too long for the cache, whatever is typed
    one.add("mails to", "x" * 10_000 + "\udcff", limits)
    assert {len(key) for key in shared.counts} == {32}


@pytest.mark.parametrize(
    ("address", "client"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::", "2001:db8:1:2::/64"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("", ""),
        ("nothing", "nothing"),
    ],
)
def test_client(address: str, client: str) -> None:
    assert counting.client_of(address) == client


@pytest.mark.parametrize("address", ["Bob@Example.net", " bob@example.net ", "bob+x@example.net", "BOB+y@EXAMPLE.NET"])
def test_spellings_of_one_mailbox(address: str) -> None:
    assert counting.mailbox_of(address) == "bob@example.net"


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        (
            "Not Found: /mailman3/accounts/confirm-email/MQ:1abc:x-_y/",
            "Not Found: /mailman3/accounts/confirm-email/.../",
        ),
        ("/accounts/password/reset/key/1-cbx-0a/ failed", "/accounts/password/reset/key/.../ failed"),
        ("GET /x?token=abc&page=2", "GET /x?token=...&page=2"),
        ("GET /x?a=1;user_password=abc HTTP", "GET /x?a=1;user_password=... HTTP"),
        ("/api/mailman/urls?key=SecretKey", "/api/mailman/urls?key=..."),
        ("KeyError: 'list'", "KeyError: 'list'"),
        ("/postorius/lists/?page=3", "/postorius/lists/?page=3"),
    ],
)
def test_logs_open_no_door(said: str, kept: str) -> None:
    assert logs.redacted(said) == kept
