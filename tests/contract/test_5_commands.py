# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The surprises of Mailman 2.1's own commands: what they shrug at, take for good, or do to other lists."""

from __future__ import annotations

import pytest

from mailman21 import STATE, Mailman21

LIST, MEMBER, INFO = "mailman_list", "mailman_member", "mailman_list_info"


@pytest.mark.parametrize(("number", "action"), [(0, "accept"), (1, "hold"), (2, "reject"), (3, "discard")], ids=str)
def test_surprise_two_is_reject_and_three_is_discard(host: Mailman21, made: str, number: int, action: str) -> None:
    """The old script's comment took 2 of generic_nonmember_action for discard."""
    host.config_list(made, f"generic_nonmember_action={number}\n")
    assert host.verdict(made, "stranger@example.com") == action
    assert host.apply(LIST, name=made, default_nonmember_action=action)["changed"] is False


def test_surprise_a_members_action_is_only_for_moderated_members(host: Mailman21, made: str) -> None:
    """member_moderation_action alone refuses nobody, and emergency holds everybody."""
    host.apply(MEMBER, list=made, members=["free@example.org", "moderated@example.org"])
    host.apply(MEMBER, list=made, address="moderated@example.org", moderation_action="hold")
    host.assert_idempotent(LIST, name=made, settings={"member_moderation_action": "discard"})
    people = ("free@example.org", "moderated@example.org")
    assert [host.verdict(made, sender) for sender in people] == ["accept", "discard"]
    # asked of all members, it is set for all
    host.assert_idempotent(LIST, name=made, default_member_action="discard")
    assert [host.verdict(made, sender) for sender in people] == ["discard", "discard"]
    host.assert_idempotent(LIST, name=made, default_member_action="defer", emergency=True)
    assert [host.verdict(made, sender) for sender in people] == ["hold", "hold"]


def test_surprise_the_old_scripts_ban_was_no_python(host: Mailman21, made: str) -> None:
    """So its lists were disabled by half: all but the ban."""
    half = "advertised=0\nemergency=1\nmember_moderation_action=2\ngeneric_nonmember_action=2\n"
    host.config_list(made, half)
    done = host.shell(f"echo 'ban_list=[^.*@.*]' | config_list -i /dev/stdin {made}")
    assert done["rc"] == 1 and "SyntaxError" in done["out"]
    said = host.apply(INFO, lists=[made])["lists"][f"{made}@{host.domain}"]
    assert said["state"] == "disabled"
    host.assert_idempotent(LIST, name=made, state="present")
    now = host.config(made)
    assert (now["emergency"], now["member_moderation_action"], now["generic_nonmember_action"]) == (0, 0, 1)


NONSENSE = {
    "advertised": "7",
    "ban_list": "['bad(regex']",
    "owner": "['bad']",
    "header_filter_rules": "'junk'",
    "member_moderation_action": "9",
    "subscribe_policy": "3",
}


@pytest.mark.parametrize("rules", ["'junk'", "[('X-Spam-Score: x',)]", "[('^Subject: x', 'Hold', 0)]"])
def test_surprise_nonsense_is_taken_for_good(host: Mailman21, made: str, rules: str) -> None:
    """By config_list, and some of it stops every later post; it is read, and what is declared comes in its place."""
    nonsense = dict(NONSENSE, header_filter_rules=rules)
    host.config_list(made, "".join(f"{key}={value}\n" for key, value in nonsense.items()))
    found = host.config(made)
    assert repr(found["header_filter_rules"]) == rules and found["advertised"] == 7 and found["owner"] == ["bad"]
    assert host.apply(INFO, lists=[made])["lists"][f"{made}@{host.domain}"]["bans"] == ["bad(regex"]
    host.assert_idempotent(
        LIST, name=made, owners=["o@example.org"], bans=[], header_matches=[], default_member_action="hold",
        advertised=True,
    )  # fmt: skip
    assert host.verdict(made, "stranger@example.com") == "hold"
    now = host.config(made)
    assert (now["owner"], now["ban_list"], now["header_filter_rules"]) == (["o@example.org"], [], [])


def test_surprise_what_commands_shrug_at(host: Mailman21, made: str) -> None:
    """To them a list that is not there, a stranger, a bad address or one that is there twice is status 0."""
    before = host.fingerprint()
    assert host.apply(LIST, name=made + "-nosuch", state="absent")["changed"] is False
    assert host.apply(MEMBER, list=made, address="stranger@example.org", state="absent")["changed"] is False
    for bad in ("bad", "sp ace@example.org", "a@b@example.org", "<script>@example.org", "caf\u00e9@example.org"):
        assert bad in host.refusal(MEMBER, list=made, address=bad)
    assert host.fingerprint() == before
    host.assert_idempotent(MEMBER, list=made, members=["one@example.org", "ONE@example.org"])
    assert host.members(made) == ["one@example.org"]


def test_surprise_removing_waits_for_the_lock(host: Mailman21, made: str) -> None:
    """rmlist takes no lock, and takes that of whoever has it away."""
    with host.holding(made) as pid:
        message = host.refusal(LIST, name=made, state="absent", mailman_lock_timeout=2)
        assert made in message and str(pid) in message
        assert len(host.sh(f"ls {STATE}/locks | grep {made}").split()) == 2
        assert made in host.lists()
    host.assert_idempotent(LIST, name=made, state="absent")


@pytest.mark.parametrize("ending", [".b", ".lock.b"])
def test_surprise_removing_leaves_the_locks_of_others(host: Mailman21, made: str, ending: str) -> None:
    """`rmlist a` removes a.b.lock, whose holder then overwrites what others write."""
    other = made + ending
    host.check("newlist", "-q", other, "owner@example.org", "pw")
    with host.holding(other):
        locks = host.sh(f"ls {STATE}/locks | grep {other}").split()
        host.apply(LIST, name=made, state="absent")
        assert host.sh(f"ls {STATE}/locks | grep {other}").split() == locks
    assert made not in host.lists() and other in host.lists()


def test_surprise_a_copied_request_is_another_lists(host: Mailman21, name: str) -> None:
    """A list renamed by copying its files has its predecessor's held posts in its own requests."""
    old, new = name, f"{name}-new"
    for item in (old, new):
        host.check("newlist", "-q", item, "owner@example.org", "pw")
    host.withlist("req.hold", old, "2")
    host.sh(f"cd {STATE}/lists; cp {old}/request.pck {new}/; chown list:list {new}/request.pck")
    host.withlist("req.hold", new, "0")
    host.assert_idempotent(LIST, name=new, state="disabled")
    assert host.withlist("req.show", new).startswith("pending requests: 0 ")
    assert host.withlist("req.show", old).startswith("pending requests: 2 held ids [1, 2]")
    assert host.sh(f"ls {STATE}/data | grep heldmsg-{name}").split() == [f"heldmsg-{old}-{each}.pck" for each in (1, 2)]
