# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""mailman_member on Mailman 2.1, asserted through Mailman's own commands."""

from __future__ import annotations

from typing import Any

import pytest

from mailman21 import Mailman21

LIST, MEMBER, INFO = "mailman_list", "mailman_member", "mailman_list_info"
MODERATE, PLAIN, NODUPES = 128, 8, 256


def people(host: Mailman21, name: str, role: str = "member") -> dict[str, dict[str, Any]]:
    said = host.apply(INFO, lists=[name], roles=[role])["lists"][f"{name}@{host.domain}"]
    return {person["address"]: person for person in said["rosters"][role]}


@pytest.mark.parametrize(
    ("mode", "options"),
    [
        ("regular", ["-r"]),
        ("mime_digests", ["--digest=mime"]),
        ("plaintext_digests", ["--digest=plain"]),
    ],
)
def test_delivery_modes(host: Mailman21, made: str, mode: str, options: list[str]) -> None:
    host.assert_idempotent(MEMBER, list=made, address="Carol@example.net", delivery_mode=mode)
    assert host.members(made, "-p", *options) == ["Carol@example.net"]
    assert people(host, made)["Carol@example.net"]["delivery_mode"] == mode
    for other in ("regular", "mime_digests", "plaintext_digests"):
        if other != mode:
            host.assert_idempotent(MEMBER, list=made, address="carol@example.net", delivery_mode=other)
            assert people(host, made)["Carol@example.net"]["delivery_mode"] == other
            assert host.members(made, "-p") == ["Carol@example.net"]


@pytest.mark.parametrize(
    ("status", "why"), [("by_user", "byuser"), ("by_moderator", "byadmin"), ("by_bounces", "bybounce")]
)
def test_delivery_statuses(host: Mailman21, made: str, status: str, why: str) -> None:
    host.assert_idempotent(MEMBER, list=made, address="carol@example.net", delivery_status=status)
    assert host.members(made, f"--nomail={why}") == ["carol@example.net"]
    assert people(host, made)["carol@example.net"]["delivery_status"] == status
    host.assert_idempotent(MEMBER, list=made, address="carol@example.net", delivery_status="enabled")
    assert host.members(made, "--nomail=enabled") == ["carol@example.net"]


def test_surprise_a_repeated_status_keeps_its_time(host: Mailman21, made: str) -> None:
    """Mailman moves the time at which delivery stopped whenever it is told again."""
    host.apply(MEMBER, list=made, address="carol@example.net", delivery_status="by_user")
    since = host.member(made, "carol@example.net")["delivery"]
    assert host.apply(MEMBER, list=made, address="carol@example.net", delivery_status="by_user")["changed"] is False
    # nor when something else of the same member changes
    host.apply(MEMBER, list=made, address="carol@example.net", delivery_status="by_user", display_name="Carol")
    assert host.member(made, "carol@example.net")["delivery"] == since
    assert host.member(made, "carol@example.net")["name"] == "Carol"


def test_a_legacy_status_is_read(host: Mailman21, made: str) -> None:
    """Old lists have members whose delivery is off for no known reason."""
    host.apply(MEMBER, list=made, address="ok1@example.org")
    host.withlist("members.unknown", made, "ok1@example.org")
    assert host.members(made, "--nomail=unknown") == ["ok1@example.org"]
    assert people(host, made)["ok1@example.org"]["delivery_status"] != "enabled"
    host.assert_idempotent(MEMBER, list=made, address="ok1@example.org", delivery_status="enabled")
    assert host.members(made, "--nomail=enabled") == ["ok1@example.org"]


def test_the_moderation_flag(host: Mailman21, made: str) -> None:
    host.assert_idempotent(MEMBER, list=made, address="mo@example.org", moderation_action="hold")
    assert host.members(made, "-m") == ["mo@example.org"]
    assert people(host, made)["mo@example.org"]["moderation_action"] == "hold"
    host.assert_idempotent(MEMBER, list=made, address="mo@example.org", moderation_action="defer")
    assert host.members(made, "-M") == ["mo@example.org"]


def test_a_new_member_gets_what_the_list_gives_new_members(host: Mailman21, made: str) -> None:
    """Also the flags that Mailman's addNewMember forgets."""
    host.config_list(made, "default_member_moderation=1\nnew_member_options=272\n")
    host.sh(f"echo hand@example.org | add_members -r - -w n -a n {made}")
    host.assert_idempotent(MEMBER, list=made, address="new@example.org")
    mine, theirs = host.member(made, "new@example.org"), host.member(made, "hand@example.org")
    assert mine["options"] == theirs["options"] == 272 | MODERATE | PLAIN
    assert mine["language"] == theirs["language"]
    assert mine["password"] and len(mine["password"]) == len(theirs["password"])


@pytest.mark.parametrize(("language", "text"), [("en", "Zoë Françoise"), ("de", "Jörg Müller"), ("ja", "山田 花子")])
def test_surprise_names_not_in_ascii(host: Mailman21, name: str, language: str, text: str) -> None:
    host.apply(LIST, name=name, owners=["o@example.org"], preferred_language=language)
    host.assert_idempotent(MEMBER, list=name, address="z@example.org", display_name=text)
    assert people(host, name)["z@example.org"]["display_name"] == text
    (line,) = host.members(name, "-f")
    assert line.endswith("<z@example.org>")
    other = text + " II"
    host.assert_idempotent(MEMBER, list=name, address="z@example.org", display_name=other)
    assert people(host, name)["z@example.org"]["display_name"] == other
    host.assert_idempotent(MEMBER, list=name, address="z@example.org", display_name="")
    assert people(host, name)["z@example.org"]["display_name"] == ""


def test_surprise_names_written_by_others(host: Mailman21, made: str) -> None:
    """add_members keeps the bytes that it was given, whatever they mean."""
    host.sh(
        f"printf 'Zo\\303\\253 <zoe@example.org>\\nRen\\351e <renee@example.org>\\n' | add_members -r - -w n -a n {made}"
    )
    found = people(host, made)
    assert found["zoe@example.org"]["display_name"] == "Zoë"
    assert "Ren" in found["renee@example.org"]["display_name"]
    members = [{"address": "zoe@example.org", "display_name": "Zoë"}]
    assert host.apply(MEMBER, list=made, members=members)["changed"] is False


def test_addresses_keep_their_spelling(host: Mailman21, made: str) -> None:
    host.assert_idempotent(MEMBER, list=made, address="Y.Upper@Example.ORG")
    assert host.members(made, "-p") == ["Y.Upper@example.org"]
    assert host.apply(MEMBER, list=made, address="y.upper@example.org")["changed"] is False
    host.assert_idempotent(MEMBER, list=made, address="Y.UPPER@EXAMPLE.org", state="absent")
    assert host.members(made) == []


def test_owners_and_moderators(host: Mailman21, made: str) -> None:
    host.assert_idempotent(MEMBER, list=made, address="second@example.org", role="owner")
    assert host.sh(f"list_owners {made}").split() == ["owner@example.org", "second@example.org"]
    host.assert_idempotent(MEMBER, list=made, address="mod@example.org", role="moderator")
    assert host.config(made)["moderator"] == ["mod@example.org"]
    host.assert_idempotent(MEMBER, list=made, address="SECOND@example.org", role="owner", state="absent")
    assert host.sh(f"list_owners {made}").split() == ["owner@example.org"]
    assert people(host, made, "owner").keys() == {"owner@example.org"}


def test_nobody_is_written_to(host: Mailman21, made: str) -> None:
    """Welcome, goodbye and notices to owners are for people, not for configuration."""
    host.config_list(made, "admin_notify_mchanges=1\n")
    with host.no_mail_of(made):
        host.apply(MEMBER, list=made, address="new@example.org")
        host.apply(MEMBER, list=made, address="new@example.org", state="absent")


def test_absent_from_every_list(host: Mailman21, name: str) -> None:
    names = [f"{name}-{number}" for number in range(3)]
    host.apply(
        LIST, lists=[{"name": item, "owners": ["o@example.org"], "members": ["x@example.org"]} for item in names]
    )
    address = f"{name}@example.com"
    host.apply(MEMBER, lists=names[:2], address=address)
    # in the order of the file system
    found = host.sh(f"find_member {name}@").splitlines()
    assert (found[0], sorted(found[1:])) == (f"{address} found in:", [f"     {item}" for item in names[:2]])
    host.assert_idempotent(MEMBER, all_lists=True, address=address.upper(), state="absent")
    assert host.sh(f"find_member {name}@") == ""
    assert [host.members(item) for item in names] == [["x@example.org"]] * 3


def test_surprise_an_empty_roster_is_refused(host: Mailman21, made: str) -> None:
    """sync_members with no input removes everybody."""
    everybody = [f"p{number}@example.net" for number in range(12)]
    host.apply(MEMBER, list=made, members=everybody)
    for left in ([], everybody[:5]):
        message = host.refusal(MEMBER, list=made, members=left, state="exact")
        assert f"would remove {12 - len(left)} of 12 and leave {len(left)}" in message
    assert len(host.members(made)) == 12
    host.assert_idempotent(MEMBER, list=made, members=everybody[:5], state="exact", allow_shrink=True)
    assert host.members(made) == sorted(everybody[:5])
    host.assert_idempotent(MEMBER, list=made, members=[], state="exact", allow_shrink=True)
    assert host.members(made) == []


@pytest.mark.parametrize("ban", ["^.*@banned\\.example\\.com", "late@banned.example.com", "^LATE@"])
def test_surprise_bans_are_honoured_or_overridden(host: Mailman21, made: str, ban: str) -> None:
    host.config_list(made, f"ban_list=[{ban!r}]\n")
    late = "late@banned.example.com"
    message = host.refusal(MEMBER, list=made, address=late)
    assert late in message and repr(ban.lower() if ban[0] != "^" else ban) in message and "override_bans" in message
    assert host.members(made) == []
    host.assert_idempotent(MEMBER, list=made, address=late, override_bans=True)
    assert host.members(made) == [late]
    assert host.config(made)["ban_list"] == [ban]
    # who is there may change and go
    host.assert_idempotent(MEMBER, list=made, address=late, display_name="Late")
    host.assert_idempotent(MEMBER, list=made, address=late, state="absent")


def test_surprise_an_exact_roster_that_bans_cover_is_not_half_done(host: Mailman21, made: str) -> None:
    """sync_members removes the old members and then fails to add the new ones, status 0."""
    host.apply(MEMBER, list=made, address="alice@example.org")
    host.config_list(made, "ban_list=['^.*@.*']\n")
    message = host.refusal(MEMBER, list=made, members=["late@example.org"], state="exact", allow_shrink=True)
    assert "the ban" in message
    assert host.members(made) == ["alice@example.org"]


def test_surprise_a_last_digest_stays_due(host: Mailman21, made: str) -> None:
    """Who turns from digests to single posts still gets the digest that is being collected."""
    host.apply(MEMBER, list=made, address="Carol@example.net", delivery_mode="plaintext_digests")
    host.assert_idempotent(MEMBER, list=made, address="carol@example.net", delivery_mode="regular")
    assert "carol@example.net" in host.attribute(made, "one_last_digest")


def test_members_of_a_list_that_is_not_there(host: Mailman21, name: str) -> None:
    message = host.refusal(MEMBER, list=name, address="a@example.org")
    assert name in message and "does not exist" in message
    assert name not in host.lists()
