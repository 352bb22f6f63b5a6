# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Members come from an authority: a file or a command; a broken source changes nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from support import site
from support.controller import Controller, changed
from support.mail_server import MailServer
from support.proved import Proved

LIST = "listops.mailman.mailman_list"
ROSTER = "playbooks/roster.yml"


@pytest.fixture
def name(controller: Controller, word: str) -> Iterator[str]:
    """A list of twelve people, gone afterwards."""
    name = f"{word}@{site.DOMAIN}"
    controller.task(LIST, name=name, owners=["o@example.org"], members=people(range(12)))
    yield name
    controller.task(LIST, name=name, state="absent")


def people(numbers: range) -> list[str]:
    return [f"p{number}@example.net" for number in numbers]


def variables(name: str, source: str, **more: Any) -> tuple[str, str]:
    addresses = f"{{{{ {source} | listops.mailman.roster }}}}"
    lists = [{"name": name, "members": {"state": "exact", "addresses": addresses}}]
    return "-e", json.dumps({"roster_lists": lists, **more})


def test_the_roster_follows_its_source(
    fermium: MailServer, controller: Controller, name: str, tmp_path: Path, proved: Proved
) -> None:
    staff, log = tmp_path / "staff.txt", tmp_path / "roster.log"
    staff.write_text("# staff\n" + "\n".join([*people(range(1, 12)), "Bób <Bob@Example.net>"]) + "\n", encoding="utf-8")
    options = variables(name, f"lookup('ansible.builtin.file', '{staff}')", roster_log=str(log), roster_mail_to="mail")
    mail = "/var/mail/mail"
    fermium.check("rm", "-f", mail)
    controller.playbook(ROSTER, "--check", *options)
    assert set(fermium.members(name)) == set(people(range(12))) and not log.exists(), "check mode wrote"

    controller.playbook(ROSTER, *options)
    assert set(fermium.members(name)) == {*people(range(1, 12)), "bob@example.net"}
    assert set(fermium.members(name, "owner")) == {"o@example.org"}
    lines = log.read_text(encoding="utf-8").splitlines()
    assert [line.partition(" ")[2] for line in lines] == [
        f"{controller.host} {name} - p0@example.net",
        f"{controller.host} {name} + Bob@Example.net ('Bób')",
    ]
    assert log.stat().st_mode & 0o777 == 0o600
    text = fermium.becomes(lambda: fermium.ask("read", path=mail), "the mail about it is there")
    assert f"{name} - p0@example.net" in text and "Bób" in text

    assert changed(controller.playbook(ROSTER, *options), controller.host) == 0
    assert log.read_text(encoding="utf-8").splitlines() == lines
    # a command is a source, too
    again = variables(name, f"lookup('ansible.builtin.pipe', 'sort {staff}')")
    assert changed(controller.playbook(ROSTER, *again), controller.host) == 0
    proved("members follow a file or a command; what changed is logged and mailed", f"{len(lines)} changes")


@pytest.mark.parametrize(
    "content, sentence",
    [
        ("", "the exact roster of role member would remove 12 of 12 and leave 0: give allow_shrink"),
        ("p1@example.net\n", "would remove 11 of 12 and leave 1"),
        ("p1@example.net\nldap_bind: Can't contact LDAP server\n", "line 2 of the roster is"),
    ],
)
def test_a_broken_source_changes_nothing(
    fermium: MailServer, controller: Controller, name: str, tmp_path: Path, content: str, sentence: str
) -> None:
    staff = tmp_path / "staff.txt"
    staff.write_text(content, encoding="utf-8")
    assert sentence in controller.stopped(
        ROSTER, *variables(name, f"lookup('ansible.builtin.file', '{staff}', rstrip=False)")
    )
    assert set(fermium.members(name)) == set(people(range(12)))


def test_lists_that_are_not_in_use_are_named(controller: Controller, fermium: MailServer, name: str, word: str) -> None:
    said = controller.stopped(ROSTER, *variables(f"x{word}", "'a@example.net'"))
    assert said.startswith(
        f"roster_lists has x{word}, of which {controller.host} has in use none: give lists that exist"
    )
    controller.task(LIST, name=name, state="disabled")
    assert "give lists that exist and are not disabled" in controller.stopped(
        ROSTER, *variables(name, "'a@example.net'")
    )
    lists = {"roster_lists": [{"name": name, "members": ["a@example.net"]}]}
    assert "give dictionaries with name, and members with state: exact" in controller.stopped(
        ROSTER, "-e", json.dumps(lists)
    )
    assert set(fermium.members(name)) == set(people(range(12)))
