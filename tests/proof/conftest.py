# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Proofs by behaviour of a whole server, and the table of what they proved.

They run against two hosts that exist: fermium (or sodium), set up by playbooks/site.yml, and
outside, set up by molecule/resources/outside.yml. They leave the server as they
found it (but for posts in its archives), so they can be run again and again.
"""

from __future__ import annotations

import fcntl
import os
import secrets
import sys
import time
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

import pytest
import testinfra

from harness.results import gist
from support import site
from support.controller import Controller
from support.declared import Declared
from support.mail_server import MailServer
from support.mailman21_server import Mailman21Server
from support.outside import Outside
from support.proved import Proved, Row, rows, table, unproved
from support.reader import Reader, digest_file
from support.room import SmallDisk

ENGINE = os.environ.get("LISTOPS_ENGINE") or "podman"
PROJECT = os.environ.get("LISTOPS_PROJECT") or "listops"
# the mail server under proof; sodium has Mailman 2.1
MAILHOST = os.environ.get("LISTOPS_MAILHOST") or "fermium"

sys.dont_write_bytecode = True


CALL = pytest.StashKey[pytest.TestReport]()


@pytest.fixture(scope="session")
def server() -> Any:
    """The mail server through testinfra: files, mounts, services, sockets."""
    return testinfra.get_host(f"{ENGINE}://{PROJECT}-{MAILHOST}")


@pytest.fixture(scope="session")
def controller() -> Controller:
    return Controller(ENGINE, PROJECT, MAILHOST)


@pytest.fixture(scope="session")
def fermium() -> Iterator[MailServer]:
    host = (Mailman21Server if MAILHOST == "sodium" else MailServer)(ENGINE, f"{PROJECT}-{MAILHOST}")
    yield host
    host.close()


@pytest.fixture(scope="session")
def outside(fermium: MailServer) -> Iterator[Outside]:
    host = Outside(ENGINE, f"{PROJECT}-outside", mail_server=site.DOMAIN)
    host.knows(MAILHOST, fermium.address())
    host.trusts(fermium.certificate())
    yield host
    host.close()


@pytest.fixture(scope="session")
def undisturbed() -> None:
    """No playbook runs on the server: `make demo` proves while one does, and holds a lock until it has ended."""
    lock = os.environ.get("LISTOPS_RUN_LOCK")
    if lock:
        with open(lock, encoding="utf-8") as handle:
            fcntl.flock(handle, fcntl.LOCK_SH)


@pytest.fixture
def word() -> str:
    """A word that occurs in this test's messages only."""
    return "w" + secrets.token_hex(5)


@pytest.fixture(scope="session")
def moved_mail(fermium: MailServer) -> None:
    """Mailman moves mail, as any but a stand-in does."""
    if isinstance(fermium, Mailman21Server) and not fermium.moves_mail:
        pytest.skip("the stand-in for Mailman 2.1 moves no mail: give MAILMAN2_HOST")


@pytest.fixture(scope="session")
def subscribers(fermium: MailServer, moved_mail: None) -> Iterator[None]:
    """Erin and Sue are on the public list, beside those whom the inventory put there."""
    new = [item for item in ((site.PUBLIC, site.ERIN), (site.PUBLIC, site.SUE)) if fermium.subscribe(*item)]
    held = fermium.held(site.PUBLIC)
    yield
    for item in new:
        fermium.unsubscribe(*item)
    for subject in fermium.held(site.PUBLIC).keys() - held.keys():
        fermium.discard(site.PUBLIC, subject)


@pytest.fixture(scope="module")
def small_disk(fermium: MailServer, undisturbed: None) -> Iterator[SmallDisk]:
    """A small file system under Mailman's state, for the proofs of a module."""
    small = SmallDisk(fermium)
    small.mount()
    yield small
    small.unmount()


@pytest.fixture
def disk(small_disk: SmallDisk) -> Iterator[SmallDisk]:
    """The same, with room before and after a proof."""
    small_disk.clear()
    yield small_disk
    small_disk.clear()


@pytest.fixture
def declared(controller: Controller, tmp_path: Path) -> Iterator[Declared]:
    """The inventory of the example, for a proof to add lists to."""
    inventory = Declared(controller, tmp_path / "lists.json")
    yield inventory
    inventory.apply()


@pytest.fixture
def reader(undisturbed: None, fermium: MailServer, controller: Controller) -> Iterator[Reader]:
    """A new user of the private archive, made by the collection's own module."""
    person = Reader(
        f"reader-{secrets.token_hex(3)}", secrets.token_urlsafe(18), digest_file(fermium, site.PRIVATE), site.REALM
    )
    made = controller.task("listops.mailman.htdigest_user", **person.options, password=person.password)
    assert made["changed"] is True
    assert person.password not in str(made)
    yield person
    controller.task("listops.mailman.htdigest_user", **person.options, state="absent")


@pytest.fixture
def proved(request: pytest.FixtureRequest) -> Iterator[Proved]:
    """Say in one line what a test has proved, and with which figures; printed if it passes."""
    began = time.monotonic()
    said: list[tuple[str, str]] = []

    def say(what: str, figures: str = "") -> None:
        said.append((what, figures))

    yield say
    report = request.node.stash.get(CALL, None)
    if report is not None and report.passed:
        share = (time.monotonic() - began) / max(1, len(said))
        rows.extend(Row(what, figures, share) for what, figures in said)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if os.environ.get("LISTOPS_RUN_LOCK"):
        items.sort(key=lambda item: "undisturbed" in getattr(item, "fixturenames", ()))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if report.when == "call":
        item.stash[CALL] = report
    if report.failed:
        reason = gist(str(call.excinfo.value)) if call.excinfo else ""
        unproved.append((item.nodeid.rpartition("/")[2], reason or "failed"))
        arguments: dict[str, Any] = getattr(item, "funcargs", {})
        for name in {"fermium", "outside"} & arguments.keys():
            report.sections.append((f"the last that {name} logged", arguments[name].last_words()))
    return report


def pytest_terminal_summary(terminalreporter: Any) -> None:
    if not rows and not unproved:
        return
    terminalreporter.write_line("")
    for line in table():
        terminalreporter.write_line(line)
    for name, reason in unproved:
        terminalreporter.write_line(f"NOT PROVED  {name}: {reason}", red=True)
