# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Exim's pipe to Mailman 2.1 on each Debian, whose Exims trust less and less what came with the mail."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest

from support import site
from support.inside import Inside, eventually
from support.mailman21_server import PROGRAMS
from support.outside import Outside
from support.proved import Proved

ENGINE = os.environ.get("LISTOPS_ENGINE") or "podman"
PROJECT = os.environ.get("LISTOPS_PROJECT") or "listops"
EXIMS = {"debian11": "4.94", "debian12": "4.96", "debian13": "4.98"}
QUEUES = "/var/lib/mailman/qfiles"
LIST = site.PUBLIC.partition("@")[0]


@pytest.fixture(scope="module", params=EXIMS)
def host(request: pytest.FixtureRequest) -> Iterator[Inside]:
    inside = Inside(ENGINE, f"{PROJECT}-{request.param}")
    yield inside
    inside.close()


@pytest.fixture(scope="module")
def stranger(host: Inside) -> Iterator[Outside]:
    """Somebody who writes to this host."""
    outside = Outside(ENGINE, f"{PROJECT}-outside", mail_server=host.address())
    yield outside
    outside.close()


def queued(host: Inside, word: str) -> list[dict[str, Any]]:
    """What Mailman was given, of the messages with a word."""
    return [json.loads(line) for line in host.run("grep", "-rhF", word, QUEUES)["out"].splitlines()]


def test_every_address_reaches_its_program(host: Inside, stranger: Outside, word: str, proved: Proved) -> None:
    version = host.check("exim4", "-bV").split()[2]
    assert version.startswith(EXIMS[host.container.rpartition("-")[2]]), version
    for number, (ending, program) in enumerate(PROGRAMS.items()):
        subject = f"{program} {word}{number:02}"
        # as anybody may spell it
        name = LIST.upper() if number % 2 else LIST
        assert stranger.send(site.STRANGER, f"{name}{ending}@{site.DOMAIN}", subject).accepted
        (entry,) = eventually(partial(queued, host, f"Subject: {subject}"), f"mail for {program}")
        assert (entry["program"], entry["list"]) == (program, LIST), entry
        assert entry["message"].startswith(f"From {site.STRANGER} ")
    proved(f"Exim {version}: each address of a list reaches its program", f"{len(PROGRAMS)} addresses")


def test_the_old_domain_leads_to_the_list(host: Inside, stranger: Outside, word: str, proved: Proved) -> None:
    assert stranger.send(site.STRANGER, f"{LIST}@{site.OLD_DOMAIN}", f"old {word}").accepted
    (entry,) = eventually(lambda: queued(host, f"old {word}"), "mail to the old domain")
    assert (entry["program"], entry["list"]) == ("post", LIST)
    assert f"To: {site.PUBLIC}\n" in entry["message"]
    proved("the old domain leads to the list", f"{site.OLD_DOMAIN} -> {site.DOMAIN}")


def test_what_is_no_list_gets_nowhere(host: Inside, stranger: Outside, word: str, proved: Proved) -> None:
    hostile = [
        f"{word}@{site.DOMAIN}",
        f"half-made@{site.DOMAIN}",
        f"..@{site.DOMAIN}",
        f"../lists/{LIST}@{site.DOMAIN}",
        f"{LIST}/../{LIST}@{site.DOMAIN}",
        f"'{LIST};id'@{site.DOMAIN}",
        f"$sender_host_name@{site.DOMAIN}",
        f"{LIST}-owner+{word}@{site.DOMAIN}",
        f"{LIST}-{word}@{site.DOMAIN}",
    ]
    said = stranger.offer(site.STRANGER, hostile)
    assert all(500 <= said[address] < 600 for address in hostile), said
    leak = stranger.send(site.STRANGER, [site.INTERNAL, site.PUBLIC], f"leak {word}")
    assert "rejected for privacy protection" in leak.refusal
    proved("what is no list is refused, and so is a leak", f"{len(hostile)} x 5xx, {leak.refusal[:3]}")


def test_exim_complains_of_nothing(host: Inside, proved: Proved) -> None:
    """A tainted path or command is in Exim's logs, and its mail stays in the queue."""
    said = host.run("sh", "-c", "grep -iE 'taint|failed to expand|defer' /var/log/exim4/*log")["out"]
    assert said == ""
    assert host.check("exim4", "-bpc").strip() == "0"
    proved("nothing tainted, nothing left in the queue")
