# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A list that gets another name, and another: everything that has the old one still leads to it."""

from __future__ import annotations

import re
import time
from typing import Any

from support import site
from support.controller import Controller
from support.declared import Declared
from support.mail_server import MailServer
from support.outside import Outside, archived_at
from support.proved import Proved

MODULE = "listops.mailman.mailman_list"
# the engines and the module that started them
ENGINE = "[i]mport json, os, sys, types"
KILL = f"pids=$(pgrep -f '{ENGINE}') && kill -9 $(ps -o ppid= -p $pids) $pids"
SUFFIXES = ["owner", "request", "bounces", "bounces+x=y", "join", "leave", "subscribe", "unsubscribe", "confirm+0"]


def address(name: str, suffix: str = "") -> str:
    return f"{name}-{suffix}@{site.DOMAIN}" if suffix else f"{name}@{site.DOMAIN}"


def redirected(outside: Outside, url: str) -> str:
    """Where a page has gone for good; it must be there."""
    page = outside.get(url)
    assert page.status == 301, f"{url}: {page.status}"
    target = page.headers["location"]
    assert outside.get(target).status == 200, f"{url} -> {target}"
    return target


def arrives_once(outside: Outside, word: str, list_id: str) -> None:
    mailbox = outside.mailbox(site.ALICE)
    assert list_id in str(mailbox.wait_for(word)["List-Id"])
    time.sleep(2)
    assert len(mailbox.all(word)) == 1


def test_everything_follows_the_name(
    fermium: MailServer, outside: Outside, controller: Controller, declared: Declared, word: str, proved: Proved
) -> None:
    first, second, third = f"first-{word}", f"second-{word}", f"third-{word}"
    members = [site.ALICE]
    entry: dict[str, Any] = {"name": first, "members": members, "owners": [site.OWNER], "bans": ["spam@example.net"]}
    controller.task(MODULE, **entry, default_nonmember_action="hold")

    # what there is under the first name: an archive, a held post, a question to a newcomer
    began = outside.send(site.ALICE, address(first), f"one {word}", "First.\n")
    message = archived_at(outside.mailbox(site.ALICE).wait_for(f"one {word}"))
    outside.send(site.ALICE, address(first), f"Re: one {word}", headers={"In-Reply-To": began.message_id})
    reply = archived_at(outside.mailbox(site.ALICE).wait_for(f"Re: one {word}"))
    outside.wait_for_page(reply)
    thread = re.search(rf'href="(/[^"]*{re.escape(address(first))}/thread/[^"#?]+)', outside.get(message).text)
    assert thread
    assert outside.send(site.STRANGER, address(first), f"may I {word}").accepted
    fermium.becomes(lambda: f"may I {word}" in fermium.held(address(first)), "a stranger's post is held")
    newcomer = f"new-{word}@example.net"
    assert outside.send(newcomer, address(first, "join"), "").accepted
    question = outside.mailbox(newcomer).wait_for("confirm+")
    token = re.search(rf"{first}-confirm\+(\w+)@", question.as_string())
    assert token
    fermium.check("sh", "-c", f"echo a digest > /var/lib/mailman3/lists/{first}.{site.DOMAIN}/digest.mmdf")
    pages = [
        message,
        reply,
        f"https://{site.DOMAIN}{thread.group(1)}",
        f"{site.ARCHIVES}/list/{address(first)}/",
        f"{site.ARCHIVES}/list/{address(first)}/latest",
        f"{site.ARCHIVES}/api/list/{address(first)}/",
        f"{site.LISTS}{first}.{site.DOMAIN}/",
        f"{site.LISTS}{address(first)}/",
    ]

    renamed = {**entry, "name": second, "renamed_from": [first]}
    assert declared.apply(renamed) > 0
    assert declared.apply(renamed) == 0, "the second run changed something"

    config = fermium.rest("GET", f"lists/{address(second)}/config")
    assert config["display_name"] == second.capitalize()
    assert config["subject_prefix"] == f"[{second.capitalize()}] "
    assert config["acceptable_aliases"] == [address(first)]
    assert list(fermium.members(address(second))) == members
    assert [ban["email"] for ban in fermium.entries(f"lists/{address(second)}/bans")] == ["spam@example.net"]
    fermium.check("test", "-s", f"/var/lib/mailman3/lists/{second}.{site.DOMAIN}/digest.mmdf")

    # mail
    old = [address(first)] + [address(first, suffix) for suffix in SUFFIXES]
    # and where the lists were before
    old += [item.replace(site.DOMAIN, site.OLD_DOMAIN) for item in old]
    assert set(outside.offer(site.ALICE, old).values()) == {250}
    assert outside.send(site.ALICE, [address(first), address(second)], f"both {word}").accepted
    arrives_once(outside, f"both {word}", f"{second}.{site.DOMAIN}")
    assert outside.send(site.STRANGER, address(first, "owner"), f"dear owner {word}").accepted
    outside.mailbox(site.OWNER).wait_for(f"dear owner {word}")
    assert outside.send(newcomer, address(first, f"confirm+{token.group(1)}"), f"Re: {question['Subject']}").accepted
    fermium.becomes(lambda: fermium.member(address(second), newcomer), "the newcomer is a member")
    held = fermium.held(address(second))[f"may I {word}"]
    fermium.rest("POST", f"lists/{address(second)}/held/{held['request_id']}", action="accept")
    arrives_once(outside, f"may I {word}", f"{second}.{site.DOMAIN}")

    # pages
    for page in pages:
        assert first not in redirected(outside, page), page
    assert outside.get(f"{site.ARCHIVES}/search?mlist={address(second)}&q={word}").text.count(f"one {word}") >= 1

    # once more
    again = {**entry, "name": third, "renamed_from": [second, first]}
    assert declared.apply(again) > 0
    assert declared.apply(again) == 0
    for page in pages + [page.replace(first, second) for page in pages]:
        assert third in redirected(outside, page), page
    assert outside.send(site.ALICE, address(first), f"last {word}").accepted
    arrives_once(outside, f"last {word}", f"{third}.{site.DOMAIN}")
    controller.task(MODULE, name=third, state="absent", archives="drop")
    proved(
        "a list renamed twice: settings, people, held post, confirmation, archive", f"{len(old)} addresses, 1 copy each"
    )
    proved("every old page leads to its new place", f"{3 * len(pages)} x 301 -> 200")


def test_a_rename_that_is_killed_is_finished_by_the_next_run(
    fermium: MailServer, outside: Outside, controller: Controller, word: str, proved: Proved
) -> None:
    name, new = f"first-{word}", f"second-{word}"
    controller.task(MODULE, name=name, members=[site.ALICE], archive_policy="private")
    assert outside.send(site.ALICE, address(name), f"one {word}").accepted
    message = archived_at(outside.mailbox(site.ALICE).wait_for(word))
    fermium.becomes(lambda: outside.get(message).status == 403, "it is archived")
    killed = 0
    for seconds in (1, 6, 14):
        run = controller.begin(MODULE, name=new, renamed_from=[name])
        while fermium.run("pgrep", "-f", ENGINE)["rc"] and run.poll() is None:
            time.sleep(0.05)
        time.sleep(seconds)
        killed += fermium.run("sh", "-c", KILL)["rc"] == 0
        run.wait()
        assert f"one {word}" not in outside.get(message).text
    assert controller.task(MODULE, name=new, renamed_from=[name])["changed"] in (True, False)
    assert fermium.is_active("mailman3")
    assert controller.task(MODULE, name=new, renamed_from=[name])["changed"] is False
    fermium.becomes(fermium.rest_answers, "Mailman answers")
    assert list(fermium.members(address(new))) == [site.ALICE]
    assert fermium.run("test", "-e", f"/var/lib/mailman3/lists/{name}.{site.DOMAIN}")["rc"] != 0
    moved = message.replace(address(name), address(new))
    assert outside.get(moved).status == 403 and outside.get(message).status == 404
    controller.task(MODULE, name=new, state="absent", archives="drop")
    assert killed
    proved("a rename that is killed is finished by the next run", f"{killed} kills, private all along")


def test_a_private_list_whose_archive_stays_is_private_at_once(
    outside: Outside, controller: Controller, word: str, proved: Proved
) -> None:
    name, new = f"first-{word}", f"second-{word}"
    controller.task(MODULE, name=name, archive_policy="private")
    controller.task(MODULE, name=new, renamed_from=[name], renamed_archives="stay")
    # nobody has written to it yet, so what is not private is not there
    assert outside.get(f"{site.ARCHIVES}/list/{address(new)}/").status == 403
    controller.task(MODULE, name=new, state="absent", archives="drop")
    proved("a private list is renamed and its archive stays: private under its new name before the first post", "403")


def test_names_that_cannot_be_meant_are_refused(controller: Controller, word: str, proved: Proved) -> None:
    both = controller.refused(MODULE, name="announce", renamed_from=["wikitech-l"])
    assert "both lists exist" in both
    same = controller.refused(
        MODULE, lists=[{"name": f"a-{word}", "renamed_from": "x"}, {"name": f"b-{word}", "renamed_from": "x"}]
    )
    assert "renamed_from has x@lists.example.org" in same
    hostile = controller.refused(MODULE, name=f"a-{word}", renamed_from=[".."])
    assert "renamed_from" in hostile
    proved("renames that cannot be meant are refused", "3 sentences")
