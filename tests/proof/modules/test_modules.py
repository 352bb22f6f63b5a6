# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The modules assert_idempotent the ladder on a real Mailman: check, apply, check again, apply again.

What they did is asserted through Mailman's own REST API.
"""

from __future__ import annotations

import datetime
import json
import math
import subprocess
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from support.controller import Controller, results
from support.ladder import DOMAIN, INFO, LIST, MEMBER, assert_idempotent, refusal, state
from support.mail_server import MAILMAN_CFG, MailServer
from support.proved import Proved

POST = r"""
import smtplib
post = "From: {sender}\nTo: {name}\nSubject: {word}\nMessage-ID: <{word}@example.net>\n\nHello.\n"
with smtplib.LMTP("127.0.0.1", 8024) as mailman:
    mailman.sendmail("{sender}", ["{name}"], post)
"""
DATABASE = "/var/lib/mailman3/data/mailman.db"
ID_OF = "(SELECT id FROM mailinglist WHERE list_id = '{}')"
WRITE = "import sqlite3, sys; base = sqlite3.connect(sys.argv[1], 30); base.execute(sys.argv[2]); base.commit()"


def test_a_list_with_everything(controller: Controller, fermium: MailServer, name: str, proved: Proved) -> None:
    options: dict[str, Any] = {
        "display_name": "Grüße",
        "description": "All of it, 日本語 too",
        "info": "Two\nlines",
        "subject_prefix": "[x] ",
        "advertised": False,
        "archive_policy": "private",
        "subscription_policy": "confirm_then_moderate",
        "unsubscription_policy": "open",
        "default_member_action": "accept",
        "default_nonmember_action": "reject",
        "dmarc_mitigate_action": "wrap_message",
        "dmarc_mitigate_unconditionally": True,
        "emergency": True,
        "acceptable_aliases": ["Old@Example.org", r"^Old-\d"],
        "preferred_language": "de",
        "digests_enabled": False,
        "digest_send_periodic": False,
        "digest_size_threshold": 12.5,
        "digest_volume_frequency": "weekly",
        "reply_goes_to_list": "explicit_header",
        "reply_to_address": "answers@example.org",
        "max_message_size": 99,
        "member_roster_visibility": "members",
        "send_welcome_message": False,
        "send_goodbye_message": False,
    }
    more = {"max_num_recipients": 7, "filter_types": ["image/gif"], "posting_pipeline": "default-posting-pipeline"}
    applied = assert_idempotent(
        controller,
        fermium,
        LIST,
        name=name,
        **options,
        settings=dict(more, bounce_info_stale_after="14d", accept_these_nonmembers=["^.*@example\\.com"]),
        owners=["o1@example.org", "O2@Example.org"],
        moderators=["mod@example.org"],
        bans=["bad@example.net", "^spam.*"],
        header_matches=[
            {"header": "X-Spam-Score", "pattern": r"\+{4,}", "action": "hold"},
            {"header": "Subject", "pattern": "win.*prize", "action": "discard"},
        ],
        members=["alice@example.net", {"address": "Bob@Example.net", "display_name": "Bób"}],
    )
    assert applied["lists"][0]["action"] == "created"
    now = state(fermium)[name]
    expected = dict(options, **more, acceptable_aliases=[r"^old-\d", "old@example.org"], bounce_info_stale_after="14d")
    assert {key: now[key] for key in expected} == expected
    assert list(now["owner"]) == ["o1@example.org", "o2@example.org"] and list(now["moderator"]) == ["mod@example.org"]
    assert now["bans"] == ["^spam.*", "bad@example.net"]
    assert now["rules"] == [["x-spam-score", r"\+{4,}", "hold"], ["subject", "win.*prize", "discard"]]
    assert now["member"]["bob@example.net"][1] == "Bób"
    proved("a list with every option is created, and the second run changes nothing", f"{len(expected)} options")


def test_a_changed_list(controller: Controller, fermium: MailServer, name: str, proved: Proved) -> None:
    controller.task(LIST, name=name, owners=["a@example.org"], bans=["x@example.net"], description="one")
    applied = assert_idempotent(
        controller, fermium, LIST, name=name, description="two", owners=["b@example.org"], bans=[]
    )
    changes = applied["lists"][0]["changes"]
    assert changes["description"] == {"before": "one", "after": "two"}
    assert changes["owners"] == {"before": ["a@example.org"], "after": ["b@example.org"]}
    assert changes["bans"] == {"before": ["x@example.net"], "after": []}
    assert list(state(fermium)[name]["owner"]) == ["b@example.org"]
    proved("what changed is shown and nothing else", f"{len(changes)} changes")


def site_bans(fermium: MailServer) -> list[str]:
    return sorted(ban["email"] for ban in fermium.entries("bans"))


def test_what_is_banned_from_every_list(controller: Controller, fermium: MailServer, name: str, proved: Proved) -> None:
    controller.task(LIST, name=name, owners=["a@example.org"])
    declared = ["^.*@spam[.]example[.]com$", "mallory@example.net"]
    applied = assert_idempotent(controller, fermium, LIST, look=site_bans, lists=[], site_bans=declared)
    assert applied["lists"][0]["name"] == "every list" and applied["summary"]["lists_changed"] == 0
    assert site_bans(fermium) == declared
    for address in ("mallory@example.net", "x@spam.example.com"):
        said = refusal(controller, MEMBER, list=name, address=address)
        assert f"{address} cannot be added, the ban" in said
    controller.task(MEMBER, list=name, address="alice@example.net")
    assert not controller.task(LIST, lists=[])["changed"] and site_bans(fermium) == declared
    assert_idempotent(controller, fermium, LIST, look=site_bans, lists=[], site_bans=[])
    assert site_bans(fermium) == []
    proved("who is banned from every list is declared, shown, and cannot be subscribed", f"{len(declared)} bans")


def test_thousands_of_bans_are_in_nobodys_way(
    controller: Controller, fermium: MailServer, name: str, proved: Proved
) -> None:
    bans = [f"spammer{number}@junk{number % 97}.example" for number in range(20000)]
    rules = [{"header": "Subject", "pattern": f"win {number} prizes", "action": "discard"} for number in range(1000)]
    other = f"other-{name}"
    controller.task(LIST, name=other)
    waits = [0.0]
    ended = threading.Event()

    def write() -> None:
        # without the patience of MailServer.rest: a 500 is a failure here
        writer = MailServer(fermium.engine[0], fermium.container)
        while not ended.wait(0.2):
            began = time.monotonic()
            asked: dict[str, Any] = {"config": MAILMAN_CFG, "method": "PATCH", "path": f"lists/{other}/config"}
            answer = writer.ask("rest", **asked, form={"info": str(len(waits))})
            waits.append(time.monotonic() - began if answer["status"] == 204 else math.inf)
        writer.close()

    took = {}
    with ThreadPoolExecutor() as pool:
        done = pool.submit(write)
        try:
            for step, more, ways in (
                ("all", ["^one"], rules),
                ("one more", ["^one", "^two"], rules),
                ("one less, and one rule first", ["^two"], [rules[-1], *rules[:-1]]),
            ):
                began = time.monotonic()
                said = controller.task(LIST, name=name, owners=["o@example.org"], bans=bans + more, header_matches=ways)
                took[step] = time.monotonic() - began
                assert said["changed"] is True
            assert said["lists"][0]["changes"]["bans"] == {"before": ["^one"], "after": []}
            again = controller.task(LIST, name=name, bans=bans + more, header_matches=ways)
            assert again["changed"] is False
        finally:
            ended.set()
    done.result()
    now = state(fermium)[name]
    assert sorted(now["bans"]) == sorted(bans + more)
    assert [rule[1] for rule in now["rules"]] == [rule["pattern"] for rule in ways]
    assert max(waits) < 2, f"another list's REST waited {max(waits):.1f} s"
    for each in (name, other):
        controller.task(LIST, name=each, state="absent")
    seconds = ", ".join(f"{step} {value:.1f} s" for step, value in took.items())
    proved(f"{len(bans)} bans and {len(rules)} header rules: {seconds}", f"{len(waits)} writes, {max(waits):.1f} s")


def test_disabled_and_back(controller: Controller, fermium: MailServer, name: str, proved: Proved) -> None:
    rule = {"header": "X-Spam-Score", "pattern": r"\+{4,}", "action": "hold"}
    controller.task(LIST, name=name, advertised=True, subscription_policy="open", header_matches=[rule])
    before = state(fermium)[name]
    assert_idempotent(controller, fermium, LIST, name=name, state="disabled")
    now = state(fermium)[name]
    assert (now["advertised"], now["emergency"], now["subscription_policy"]) == (False, True, "moderate")
    assert now["rules"] == [["from", ".*", "reject"]]
    assert_idempotent(controller, fermium, LIST, name=name, state="present")
    assert state(fermium)[name] == before
    proved("a disabled list comes back exactly as it was", f"{len(before)} attributes equal")


def test_an_absent_list(controller: Controller, fermium: MailServer, name: str, proved: Proved) -> None:
    controller.task(LIST, name=name, members=["alice@example.net"])
    applied = assert_idempotent(controller, fermium, LIST, name=name, state="absent")
    assert applied["lists"][0]["action"] == "removed" and name not in state(fermium)
    proved("an absent list is gone, and stays gone")


def entries(fermium: MailServer, name: str) -> list[Any]:
    """The archivers of a list, as Mailman keeps them."""
    query = f"SELECT name, _is_enabled FROM listarchiver WHERE mailing_list_id = {ID_OF.format(name.replace('@', '.'))}"
    return sorted(fermium.ask("rows", database=DATABASE, query=query))


def test_archivers_that_two_runners_added(
    controller: Controller, fermium: MailServer, name: str, proved: Proved
) -> None:
    controller.task(LIST, name=name, archivers={"hyperkitty": False})
    new = entries(fermium, name)
    assert [archiver for archiver, _enabled in new] == ["hyperkitty", "mail-archive", "mhonarc", "prototype"]
    again = (
        "INSERT INTO listarchiver (mailing_list_id, name, _is_enabled) SELECT mailing_list_id, name, _is_enabled "
        f"FROM listarchiver WHERE mailing_list_id = {ID_OF.format(name.replace('@', '.'))}"
    )
    fermium.check("runuser", "-u", "list", "--", "python3", "-c", WRITE, DATABASE, again)
    with pytest.raises(AssertionError, match="500"):
        fermium.rest("GET", f"lists/{name}/archivers")
    assert_idempotent(controller, fermium, LIST, look=lambda fermium: entries(fermium, name), name=name)
    assert entries(fermium, name) == new
    assert fermium.rest("GET", f"lists/{name}/archivers")["hyperkitty"] is False
    proved("an archiver that a list has twice, at which all its posts are shunted, is one again", f"{len(new)} entries")


def test_a_password(controller: Controller, fermium: MailServer, name: str, proved: Proved) -> None:
    controller.task(LIST, name=name)
    applied = assert_idempotent(controller, fermium, LIST, name=name, settings={"moderator_password": "correct horse"})
    assert "correct horse" not in str(applied)
    assert "correct horse" not in fermium.check("journalctl", "--quiet", "--no-pager"), "the host logged it"
    assert applied["lists"][0]["changes"]["moderator_password"]["after"]
    old = fermium.rest("GET", f"lists/{name}/config")["moderator_password"]
    assert_idempotent(controller, fermium, LIST, name=name, settings={"moderator_password": "battery staple"})
    assert fermium.rest("GET", f"lists/{name}/config")["moderator_password"] != old
    proved("a password shows that it changed, never what it is")


def test_many_lists(controller: Controller, fermium: MailServer, word: str, proved: Proved) -> None:
    names = [f"{word}-{number}" for number in range(3)]
    lists: list[dict[str, Any]] = [{"name": item} for item in names]
    lists[2]["default_nonmember_action"] = "discard"
    defaults = {"default_nonmember_action": "reject", "settings": {"max_num_recipients": 3}}
    applied = assert_idempotent(controller, fermium, LIST, domain=DOMAIN, lists=lists, defaults=defaults)
    assert applied["summary"]["lists_created"] == 3
    now = state(fermium)
    assert [now[f"{item}@{DOMAIN}"]["default_nonmember_action"] for item in names] == ["reject", "reject", "discard"]
    kept = [{"name": item} for item in now if not item.startswith(word)]
    said = controller.task(LIST, lists=kept)
    assert said["changed"] is False and said["undeclared"] == [f"{item}@{DOMAIN}" for item in names]
    refused = controller.refused(LIST, lists=[], undeclared="remove")
    assert f"would remove {len(now)} of {len(now)} lists" in refused and state(fermium) == now
    applied = assert_idempotent(controller, fermium, LIST, lists=kept, undeclared="remove", allow_shrink=True)
    assert applied["summary"]["lists_removed"] == 3 and not [item for item in state(fermium) if item.startswith(word)]
    proved("many lists in one task; what nobody declared is reported, and removed only when asked")


def test_members(controller: Controller, fermium: MailServer, name: str, proved: Proved) -> None:
    controller.task(LIST, name=name)
    assert_idempotent(
        controller,
        fermium,
        MEMBER,
        list=name,
        address="Carol@Example.net",
        display_name="Cärol",
        delivery_mode="mime_digests",
        delivery_status="by_user",
        moderation_action="hold",
    )
    now = fermium.members(name)["carol@example.net"]
    assert (now["delivery_mode"], now["display_name"], now["moderation_action"]) == ("mime_digests", "Cärol", "hold")
    preferences = fermium.rest("GET", "members/" + now["self_link"].rsplit("/", 1)[1] + "/preferences")
    assert preferences["delivery_status"] == "by_user"
    assert_idempotent(controller, fermium, MEMBER, list=name, address="carol@example.net", delivery_mode="regular")
    assert fermium.members(name)["carol@example.net"]["delivery_mode"] == "regular"
    assert_idempotent(controller, fermium, MEMBER, list=name, address="carol@example.net", display_name="")
    assert_idempotent(
        controller, fermium, MEMBER, list=name, members=["dave@example.net", "erin@example.net"], state="exact"
    )
    assert sorted(fermium.members(name)) == ["dave@example.net", "erin@example.net"]
    assert_idempotent(controller, fermium, MEMBER, all_lists=True, address="DAVE@example.net", state="absent")
    assert sorted(fermium.members(name)) == ["erin@example.net"]
    for role in ("owner", "moderator", "nonmember"):
        assert_idempotent(controller, fermium, MEMBER, list=name, address="frank@example.net", role=role)
        assert sorted(fermium.members(name, role)) == ["frank@example.net"]
    proved("members in every role, digest, status, name, moderation; exact rosters; absent from every list")


def test_a_stranger_who_wrote_becomes_a_user_as_members_are(
    controller: Controller, fermium: MailServer, name: str, word: str, proved: Proved
) -> None:
    """Of whoever writes, Mailman notes the address alone; without a user nobody can leave by mail."""
    address = f"stranger-{word}@example.net"
    controller.task(LIST, name=name, default_nonmember_action="hold")
    fermium.check("python3", "-c", POST.format(sender=address, name=name, word=word))
    fermium.becomes(lambda: word in fermium.held(name), "a stranger's post is held")
    with pytest.raises(AssertionError, match="404"):
        fermium.rest("GET", f"addresses/{address}/user")
    assert_idempotent(controller, fermium, MEMBER, list=name, address=address, display_name="Sam")
    assert fermium.rest("GET", f"addresses/{address}/user")["display_name"] == "Sam"
    assert [entry["email"] for entry in fermium.entries(f"addresses/{address}/memberships")] == [address]
    proved("a stranger who once wrote becomes a member with a user, as others do")


# Many are held of one list, the first of them of another list, too, and whoever wrote has a token, as when Mailman asks them.
HOLD = """
import sys
from mailman.app.moderator import hold_message
from mailman.chains.hold import HeldMessagePendable
from mailman.config import config
from mailman.core.initialize import initialize
from mailman.interfaces.listmanager import IListManager
from mailman.interfaces.pending import IPendings
from mailman.testing.helpers import specialized_message_from_string as message
from zope.component import getUtility
initialize()
many, other = (getUtility(IListManager).get(name) for name in sys.argv[1:3])
text = "From: s@example.com\\nMessage-ID: <{0}-{1}>\\nSubject: x\\n\\nx\\n"
for number in range(int(sys.argv[3])):
    for mlist in (many, other) if number == 0 else (many,):
        request = hold_message(mlist, message(text.format(number, many.list_name)), {}, "test")
        getUtility(IPendings).add(HeldMessagePendable(id=request, list_id=mlist.list_id))
config.db.commit()
"""
# Each number of held messages that others see of a list until it is closed and has none.
WATCH = """
import sqlite3, sys, time
base = sqlite3.connect("file:/var/lib/mailman3/data/mailman.db?mode=ro", 30, uri=True)
seen = []
while not seen or seen[-1] != [0, 1]:
    row = base.execute(
        "SELECT (SELECT count(*) FROM _request WHERE mailing_list_id = list.id), emergency FROM mailinglist list"
        " WHERE list_id = ?", sys.argv[1:]
    ).fetchone()
    if row is None:
        break
    if not seen or list(row) != seen[-1]:
        seen.append(list(row))
        print(seen[-1], flush=True)
    time.sleep(0.02)
"""
LEFT = """
import os, sqlite3, sys
base = sqlite3.connect("/var/lib/mailman3/data/mailman.db", 30)
for table, column in (("message", "message_id"), ("_request", "key")):
    print(base.execute(f"SELECT count(*) FROM {table} WHERE {column} LIKE ?", ["<%-" + sys.argv[1] + ">"]).fetchone()[0])
print(base.execute("SELECT count(*) FROM pended").fetchone()[0])
print(base.execute("SELECT count(*) FROM pendedkeyvalue WHERE pended_id NOT IN (SELECT id FROM pended)").fetchone()[0])
print(sum(len(files) for _path, _folders, files in os.walk("/var/lib/mailman3/messages")))
"""


@pytest.mark.parametrize("state", ["disabled", "absent"])
def test_thousands_of_held_messages_go_in_short_transactions(
    controller: Controller, fermium: MailServer, name: str, word: str, state: str, proved: Proved
) -> None:
    count, other = 2500, f"{word}-other@{DOMAIN}"

    def left() -> list[int]:
        """Messages and requests of this test, tokens, what is left of tokens, files."""
        return [int(line) for line in fermium.check("python3", "-c", LEFT, word).split()]

    try:
        for each in (name, other):
            controller.task(LIST, name=each)
        before = left()
        fermium.check("runuser", "-u", "list", "--", "python3", "-c", HOLD, name, other, str(count), seconds=300)
        # two tokens for each that is held
        assert left() == [count, count + 1, before[2] + 2 * (count + 1), 0, before[4] + count]
        command = [*fermium.engine, "exec", fermium.container, "python3", "-c", WATCH, name.replace("@", ".")]
        watch = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        began = time.monotonic()
        try:
            assert watch.stdout and watch.stdout.readline() == f"[{count}, 0]\n"
            if state == "disabled":
                controller.task(LIST, name=name, state="disabled")
                seen = watch.communicate(timeout=60)[0].splitlines()
                assert seen == ["[1500, 0]", "[500, 0]", "[0, 1]"]
            else:
                controller.task(LIST, name=name, state="absent")
                # the list is gone, of which it asks
                seen = watch.communicate(timeout=60)[0].splitlines()
                assert seen == ["[1500, 0]", "[500, 0]"]
        finally:
            watch.kill()
            watch.wait()
        # what another list holds, too, stays
        assert left() == [1, 1, before[2] + 2, 0, before[4] + 1]
        assert fermium.held(other)
        fermium.discard(other, "x")
    finally:
        controller.task(LIST, name=other, state="absent")
    assert left() == [0, 0, before[2], 0, before[4]]
    proved(
        f"{count} held messages of a list that is {state} go in short transactions, with tokens and files",
        f"{time.monotonic() - began:.0f} s",
    )


AS_A_USER = r"""
from mailman.core.initialize import initialize
initialize()
from mailman.config import config
from mailman.interfaces.listmanager import IListManager
from mailman.interfaces.usermanager import IUserManager
from mailman.utilities.datetime import now
from zope.component import getUtility
manager = getUtility(IUserManager)
user = manager.create_user("{address}", "Pat")
address = list(user.addresses)[0]
address.verified_on = now()
user.preferred_address = address
getUtility(IListManager).get("{name}").subscribe(user)
config.db.commit()
if {gone}:
    manager.delete_address(address)
    config.db.commit()
"""


def test_people_who_subscribed_as_users(
    controller: Controller, fermium: MailServer, name: str, word: str, proved: Proved
) -> None:
    """By their preferred address, which may be gone: then Mailman itself does not know where they are."""

    def subscribe(address: str, gone: bool) -> None:
        program = AS_A_USER.format(address=address, name=name, gone=gone)
        fermium.check("runuser", "-u", "list", "--", "python3", "-c", program)

    address = f"known-{word}@example.net"
    controller.task(LIST, name=name)
    subscribe(address, gone=False)
    assert_idempotent(controller, fermium, MEMBER, list=name, address=address, display_name="Max")
    assert fermium.members(name)[address]["display_name"] == "Max"
    subscribe(f"gone-{word}@example.net", gone=True)
    assert controller.task(MEMBER, list=name, address=address, display_name="Max")["changed"] is False
    people = controller.task(INFO, list=name)["lists"][name]["rosters"]["member"]
    assert [each["address"] for each in people] == [address]
    proved("who subscribed as a user has another name; one whose address is gone holds up nobody")


def test_one_list_does_not_hold_up_the_others(
    controller: Controller, fermium: MailServer, word: str, proved: Proved
) -> None:
    names = [f"{word}-{key}@{DOMAIN}" for key in "abc"]
    lists = [{"name": each, "state": "disabled"} for each in names]
    controller.task(LIST, lists=[{"name": each} for each in names])
    in_the_way = f"/var/lib/mailman3/lists/{names[1].replace('@', '.')}/listops-disabled.json.new"
    fermium.check("runuser", "-u", "list", "--", "mkdir", "-p", in_the_way)
    try:
        message = refusal(controller, LIST, lists=lists)
        assert message.startswith(f"list {names[1]}: ") and message.endswith("; the other lists are done")
        now = state(fermium)
        assert [now[each]["emergency"] for each in names] == [True, False, True]
        fermium.check("rmdir", in_the_way)
        done = controller.task(LIST, lists=lists)
        assert [each["name"] for each in done["lists"]] == [names[1]]
        assert controller.task(LIST, lists=lists)["changed"] is False
    finally:
        controller.task(LIST, lists=[dict(each, state="absent") for each in lists])
    proved("of three lists one fails: it is named, the others are done, and the next run does the rest")


def test_info_says_what_rest_says(controller: Controller, fermium: MailServer, name: str, proved: Proved) -> None:
    members = [{"address": "Bob@Example.net", "display_name": "Bób", "delivery_mode": "plaintext_digests"}]
    controller.task(LIST, name=name, description="déjà vu", members=members, settings={"moderator_password": "secret"})
    said = controller.task(INFO, list=name)
    entry, rest = said["lists"][name], fermium.rest("GET", f"lists/{name}/config")
    words = [key for key in entry["settings"] if key in rest and not isinstance(entry["settings"][key], int)]
    compared = {key: rest[key] for key in words if not key.endswith(("_period", "_after", "_interval", "_password"))}
    assert {key: entry["settings"][key] for key in compared} == compared
    assert entry["settings"]["moderator_password"] == "set"
    assert entry["rosters"]["member"][0]["delivery_mode"] == "plaintext_digests"
    assert said["version"] and said["domains"] == [DOMAIN]
    proved("mailman_list_info says what REST says", f"{len(compared)} settings equal")


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"name": "../x"}, "the list name is '../x': give lower-case letters"),
        ({"name": "x", "owners": ["bob"]}, "list x: owners is 'bob': give an e-mail address"),
        ({"name": "x", "bans": ["^("]}, "give a regular expression that compiles"),
        ({"name": "x", "settings": {"max_num": 3}}, "list x: 'max_num' is not an option here"),
        ({"name": "x", "settings": {"max_num_recipients": "many"}}, "list x: max_num_recipients is 'many': give"),
        ({"name": "x", "archive_policy": "pubic"}, "archive_policy must be one of: public, private, never"),
        ({"name": "x@elsewhere.example.com"}, "its domain elsewhere.example.com is unknown to Mailman"),
        (
            {"lists": [{"name": "ok"}, {"name": "x", "advertised": "maybe"}]},
            "list x: advertised is 'maybe': give true",
        ),
        (
            {"lists": [{"name": "ok"}, {"name": "x", "preferred_language": "tlh"}]},
            "list x: preferred_language is 'tlh'",
        ),
        ({"lists": [{"name": "ok"}, {"name": "ok"}]}, f"list ok@{DOMAIN} is declared twice"),
        ({"lists": [{"name": "ok", "archivers": ["nowhere"]}]}, "archivers has 'nowhere': give"),
        ({"name": "x", "settings": {"max_num_recipients": 2**40}}, "give a whole number from 0 to 2147483647"),
        (
            {"name": "x", "acceptable_aliases": [r"^x\S"]},
            r"a regular expression without \S: Mailman keeps it in lower case",
        ),
    ],
)
def test_bad_input_changes_nothing(
    controller: Controller, fermium: MailServer, options: dict[str, Any], sentence: str, proved: Proved
) -> None:
    before = [entry["fqdn_listname"] for entry in fermium.entries("lists")]
    message = refusal(controller, LIST, **options)
    assert sentence in message and "\n" not in message
    assert [entry["fqdn_listname"] for entry in fermium.entries("lists")] == before
    proved("refused: " + message[:70])


def test_an_empty_exact_roster_is_refused(
    controller: Controller, fermium: MailServer, name: str, proved: Proved
) -> None:
    people = [f"p{number}@example.net" for number in range(12)]
    controller.task(LIST, name=name, members=people)
    for left in ([], people[:5]):
        message = refusal(controller, LIST, name=name, members={"state": "exact", "addresses": left})
        assert f"would remove {12 - len(left)} of 12 and leave {len(left)}" in message
    assert len(fermium.members(name)) == 12
    assert_idempotent(
        controller, fermium, LIST, name=name, members={"state": "exact", "addresses": people[:5]}, allow_shrink=True
    )
    assert len(fermium.members(name)) == 5
    proved("an exact roster that shrinks too much is refused with the numbers")


def test_a_banned_address_is_not_added(controller: Controller, fermium: MailServer, name: str, proved: Proved) -> None:
    controller.task(LIST, name=name, bans=["^.*@spam\\.example\\.net"])
    message = refusal(controller, MEMBER, list=name, address="x@spam.example.net")
    assert "x@spam.example.net cannot be added, the ban" in message
    assert_idempotent(controller, fermium, MEMBER, list=name, address="x@spam.example.net", override_bans=True)
    proved("a ban stops an addition unless it is overridden")


def test_a_private_archive_is_not_published_by_accident(
    controller: Controller, fermium: MailServer, name: str, proved: Proved
) -> None:
    """HyperKitty keeps the archive of a list that is gone; the next list of that name must not open it."""
    controller.task(LIST, name=name, archive_policy="private")
    program = (
        "from email import message_from_string; from email.policy import default;"
        "from hyperkitty.lib.incoming import add_to_list;"
        "text = 'From: a@example.net\\nSubject: s\\nMessage-ID: <1@example.net>\\n\\nsecret\\n';"
        f"add_to_list({name!r}, message_from_string(text, policy=default))"
    )
    fermium.manage("shell", "-c", program)
    controller.task(LIST, name=name, state="absent")
    message = refusal(controller, LIST, name=name, archive_policy="public")
    assert "would publish 1 messages of a private archive" in message
    assert name not in [entry["fqdn_listname"] for entry in fermium.entries("lists")]
    controller.task(LIST, name=name, archive_policy="private")
    proved("a list made again does not publish its old private archive")


def test_ten_lists_of_a_hundred_are_quick(controller: Controller, word: str, proved: Proved) -> None:
    lists = [
        {"name": f"{word}-{number}", "members": [f"member{index}@example.net" for index in range(100)]}
        for number in range(10)
    ]
    controller.task(LIST, domain=DOMAIN, lists=lists)
    task = {"name": "no-op", LIST: {"domain": DOMAIN, "lists": lists}}
    source = json.dumps([{"hosts": "fermium", "gather_facts": False, "tasks": [task]}])
    said = controller.playbook("/dev/stdin", stdin=source)
    assert results(said)[0]["changed"] is False
    began, ended = (
        datetime.datetime.fromisoformat(said["plays"][0]["tasks"][0]["task"]["duration"][side].rstrip("Z"))
        for side in ("start", "end")
    )
    seconds = (ended - began).total_seconds()
    controller.task(LIST, lists=[dict(name=entry["name"], state="absent") for entry in lists], domain=DOMAIN)
    assert seconds < 6, seconds
    proved(
        "ten lists with a hundred members each: a run that changes nothing", f"{seconds:.1f} s with Ansible's own time"
    )
