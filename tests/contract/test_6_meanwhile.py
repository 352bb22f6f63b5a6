# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What somebody else changes between a module's reading of a list and its turn to write is not lost."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from mailman21 import STATE, Mailman21

LIST, MEMBER, PERSON, INFO = "mailman_list", "mailman_member", "mailman_person", "mailman_list_info"


def test_rules_for_strangers_leave_the_strangers_alone(host: Mailman21, made: str) -> None:
    host.config_list(made, "accept_these_nonmembers = ['old@example.org', '^old.*']\n")
    said = host.meanwhile(
        "m.accept_these_nonmembers = ['old@example.org', 'new@example.org', '^old.*', '@mailman']",
        made,
        LIST,
        name=made,
        settings={"accept_these_nonmembers": ["^mine.*"]},
    )
    assert said["changed"] is True
    found = host.attribute(made, "accept_these_nonmembers")
    assert found == ["old@example.org", "new@example.org", "^mine.*"]


@pytest.mark.parametrize("role", ["owner", "moderator", "member", "nonmember"])
def test_a_roster_keeps_who_came_meanwhile(host: Mailman21, made: str, role: str) -> None:
    statement = {
        "owner": "m.owner = m.owner + ['new@example.org']",
        "moderator": "m.moderator = ['new@example.org']",
        "member": "m.addNewMember('new@example.org')",
        "nonmember": "m.accept_these_nonmembers = ['new@example.org']",
    }[role]
    options = {"moderation_action": "accept"} if role == "nonmember" else {}
    said = host.meanwhile(statement, made, MEMBER, list=made, role=role, address="mine@example.org", **options)
    assert said["changed"] is True
    rosters = host.apply(INFO, lists=[made])["lists"][f"{made}@{host.domain}"]["rosters"]
    assert {"new@example.org", "mine@example.org"} <= {person["address"] for person in rosters[role]}


@pytest.fixture
def lists_of_others(host: Mailman21) -> Iterator[None]:
    """A person is banned from every list; afterwards those that are not this run's are as they were."""
    with host.kept(*(f"lists/{name}/config.pck*" for name in host.lists() if not name.startswith(host.prefix))):
        yield


@pytest.mark.usefixtures("lists_of_others")
def test_a_ban_is_one_more(host: Mailman21, made: str) -> None:
    host.check("add_members", "-w", "n", "-a", "n", "-r", "/dev/stdin", made, stdin="gone@example.net\n")
    said = host.meanwhile("m.ban_list = ['new@example.org']", made, PERSON, addresses=["gone@example.net"], ban=True)
    assert said["changed"] is True
    assert sorted(host.attribute(made, "ban_list")) == ["gone@example.net", "new@example.org"]
    assert host.members(made) == []


@pytest.mark.usefixtures("lists_of_others")
def test_a_ban_of_a_disabled_list_is_one_more_when_it_is_back(host: Mailman21, made: str) -> None:
    host.apply(LIST, name=made, state="disabled", bans=["old@example.org"])
    host.assert_idempotent(PERSON, addresses=["gone@example.net"], ban=True)
    assert host.attribute(made, "ban_list") == ["^.*@.*"]
    host.apply(LIST, name=made, state="present")
    assert sorted(host.attribute(made, "ban_list")) == ["gone@example.net", "old@example.org"]


@pytest.mark.parametrize(
    ("statement", "options", "what"),
    [
        ("m.dmarc_moderation_action = 3", {"dmarc_mitigate_unconditionally": True}, "dmarc_moderation_action"),
        ("m.default_member_moderation = 1", {"members": [{"address": "a@example.net", "moderation_action": "default"}]},
         "default_member_moderation"),
    ],
)  # fmt: skip
def test_what_was_made_of_what_was_read_is_not_written_over_something_else(
    host: Mailman21, made: str, statement: str, options: dict[str, object], what: str
) -> None:
    """Another try makes it of what is there now."""
    host.apply(LIST, name=made, dmarc_mitigate_action="munge_from")
    said = host.meanwhile(statement, made, LIST, name=made, **options)
    assert said.get("failed") is True, said
    assert made in said["msg"] and what in said["msg"] and "somebody else" in said["msg"]
    assert host.module(LIST, name=made, **{k: v for k, v in options.items() if k == "members"}).get("failed") is None


def test_a_former_name_is_one_alias_more(host: Mailman21, made: str) -> None:
    said = host.meanwhile(
        "m.acceptable_aliases = 'new@example.org\\n'", made, LIST, name=made, renamed_from=[made + "-old"]
    )
    assert said.get("failed") is True and made in said["msg"] and "acceptable_aliases" in said["msg"], said
    assert host.apply(LIST, name=made, renamed_from=[made + "-old"])["changed"] is True
    assert host.attribute(made, "acceptable_aliases").split() == [
        "new@example.org",
        f"{made}-old@{host.domain}",
    ]


def test_what_killed_processes_left_goes(host: Mailman21, made: str, name: str) -> None:
    """Locks and half-written files; what lives, and what another host may have, stays."""
    dead, alive = "4194303", host.sh("echo $PPID").strip()
    fqdn = host.fqdn()
    locks, folder = f"{STATE}/locks", f"{STATE}/lists/{made}"
    gone = [
        f"{folder}/config.pck.tmp.{fqdn}.{dead}",
        f"{locks}/{name}-nobody.lock.{fqdn}.{dead}.0",
    ]
    stay = [
        f"{folder}/config.pck.tmp.other.example.org.{dead}",
        f"{folder}/config.pck.tmp.{fqdn}.1",
        f"{locks}/{name}-nobody.lock.{fqdn}.1.0",
        f"{locks}/{name}-nobody.lock.other.example.org.{dead}.0",
    ]
    site = f"{locks}/<site>.lock"
    claim = f"{site}.{fqdn}.{dead}.0"
    assert alive
    host.sh(
        f"touch {' '.join(gone + stay)}; printf %s '{claim}' > '{claim}'; ln '{claim}' '{site}'; chown list:list '{claim}'"
    )
    before = host.sh(f"ls {locks} {folder}")
    host.apply(LIST, name=made, check_mode=True)
    assert host.sh(f"ls {locks} {folder}") == before, "check mode removed something"
    assert host.apply(LIST, name=made)["changed"] is False
    for path in (*gone, site, claim):
        assert host.shell(f"test -e '{path}'")["rc"] == 1, path
    host.sh(f"ls {' '.join(stay)}; rm {' '.join(stay)}")
