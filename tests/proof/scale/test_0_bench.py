# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What `make bench` measures can be measured: all of it once, on a small site, whatever the figures.

First, since the load makes lists of the same names.
"""

from __future__ import annotations

import math
import os

from bench import archive
from bench.host import Host
from bench.mailman3 import TARGETS, Mailman3, play
from support.controller import Controller
from support.mail_server import MailServer
from support.proved import Proved


def test_the_bench_measures_a_small_site(fermium: MailServer, controller: Controller, proved: Proved) -> None:
    said: list[str] = []

    def loop(entries: list[dict[str, object]]) -> None:
        controller.playbook("/dev/stdin", stdin=play(entries))

    host = Host(fermium.engine[0], fermium.container, os.environ)
    lists = {entry["fqdn_listname"] for entry in fermium.entries("lists")}
    side = Mailman3("mailman3.small", host, 10, said.append, rounds=1, loop=loop)
    figures = {figure.name: figure for figure in side.figures()}
    assert {f"mailman3.small.{name}" for name in TARGETS} <= figures.keys()
    assert all(math.isfinite(figure.value) for figure in figures.values()), figures
    assert figures["mailman3.small.create_seconds"].value > 0
    fermium.becomes(fermium.mailman_runs, "Mailman is back")
    assert {entry["fqdn_listname"] for entry in fermium.entries("lists")} == lists
    proved("the bench, on ten lists with a thousand memberships", f"{len(said)} measurements")


def test_the_bench_measures_a_small_archive(fermium: MailServer, proved: Proved) -> None:
    said: list[str] = []
    host = Host(fermium.engine[0], fermium.container, os.environ)
    side = archive.Archives("migration.small", host, 100, said.append, rounds=1, gigabyte=1 << 20)
    figures = {figure.name: figure for figure in side.figures()}
    assert {f"migration.small.{name}" for name in archive.TARGETS} <= figures.keys()
    assert all(math.isfinite(figure.value) for figure in figures.values()), figures
    proved("the bench of archives, on a hundred mails", f"{len(said)} measurements")
