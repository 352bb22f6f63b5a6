# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sodium, with Mailman 2.1, is moved to fermium, with the same Mailman, phase by phase."""

from __future__ import annotations

import json
import os
import pathlib
import threading
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from support import site
from support.controller import Controller, changed, results
from support.inside import eventually
from support.mailman21_server import STATE, Mailman21Server
from support.migration import HERE, NEW, OLD, Operator, door, files, interrupted, sums, total
from support.outside import Outside
from support.proved import Proved

ENGINE = os.environ.get("LISTOPS_ENGINE") or "podman"
PROJECT = os.environ.get("LISTOPS_PROJECT") or "listops"
TALK, BOARD, HELPDESK, ANNOUNCE = (
    f"{name}@{site.DOMAIN}" for name in ("village-talk", "board", "helpdesk", "helpdesk-announce")
)
# Before the name of config.pck of a list that moved before the others.
ASIDE = "listops-moved-"
ELSEWHERE = "/etc/exim4/lists_elsewhere"
READER = ("reader", "a password of the proofs")
AS_LIST = ("runuser", "-u", "list", "--")
# Where strangers look for a private archive: where it will be, and where it is staged.
DOORS = [
    f"https://{site.DOMAIN}{way}{name}"
    for way in ("/pipermail/", "/mailman/private/", "/cgi-bin/mailman/private/")
    for name in (
        "board/",
        "board/2017-March/000001.html",
        "board/2018-June.txt",
        "board.mbox/board.mbox",
        ".listops-moving:board/pages/2017-March/000001.html",
        ".listops-replaced:board/pages/2017-March/000001.html",
        "../private/board/2017-March/000001.html",
    )
]
# Fetches each page over one connection, and says its status and hash.
WALK = """
import hashlib, http.client, json, ssl, sys, urllib.parse
names, out = json.load(sys.stdin), {}
server = http.client.HTTPSConnection("lists.example.org", context=ssl.create_default_context(cafile="/etc/ssl/fermium.pem"))
for name in names:
    server.request("GET", urllib.parse.quote(name, safe="/+"))
    answer = server.getresponse()
    out[name] = [answer.status, hashlib.sha256(answer.read()).hexdigest()]
json.dump(out, sys.stdout)
"""
# Kills what puts lists into place, as soon as there is one. The shell of this text must not kill itself.
KILL = f"""
until [ -e {STATE}/lists/announce/config.pck ]; do :; done
pkill -9 -u list -f 'import json, [o]s'
ls {STATE}/lists
"""


@pytest.fixture(scope="module")
def operator(controller: Controller, tmp_path_factory: pytest.TempPathFactory) -> Operator:
    return Operator(controller, tmp_path_factory.mktemp("host_vars") / "fermium", migrate_address=NEW)


class Prober:
    """A stranger who tries all doors of a private archive, again and again."""

    def __init__(self) -> None:
        self.statuses: Counter[int] = Counter()
        self.opened: set[str] = set()
        self._ends = threading.Event()
        self._thread = threading.Thread(target=self._probe)

    def _probe(self) -> None:
        outside = Outside(ENGINE, f"{PROJECT}-outside", mail_server=site.DOMAIN)
        paths = [url.partition(site.DOMAIN)[2] for url in DOORS]
        while not self._ends.wait(0.3):
            done = outside.run("python3", "-c", WALK, stdin=json.dumps(paths))
            if done["rc"]:
                # the web server is being restarted
                continue
            said = json.loads(done["out"])
            self.statuses.update(status for status, _hash in said.values())
            self.opened |= {path for path, (status, _hash) in said.items() if status == 200}
        outside.close()

    def begin(self) -> None:
        self._thread.start()

    def end(self) -> None:
        self._ends.set()
        self._thread.join()


@pytest.fixture(scope="module", autouse=True)
def prober(outside: Outside) -> Iterator[Prober]:
    stranger = Prober()
    stranger.begin()
    yield stranger
    if stranger._thread.is_alive():
        stranger.end()


def everything(host: Mailman21Server) -> str:
    """All that Mailman keeps, with owners and permissions."""
    return host.check(
        "sh", "-c", f"cd {STATE} && find . -printf '%p %y %m %u:%g %s %T@ %l\\n' | grep -v '^./qfiles/in' | sort"
    )


def permissions(host: Mailman21Server) -> dict[str, list[str]]:
    """Permissions and group of all that lists and archives have, the time of files in seconds, and where links lead."""
    text = host.check(
        "sh",
        "-c",
        f"cd {STATE} && find lists archives/private archives/public data/held* "
        "\\( -type f -printf '%p %m %g %T@\\n' -o -type l -printf '%p %l\\n' -o -printf '%p %m %g\\n' \\)",
    )
    lines = text.replace(f"/{ASIDE}", "/").splitlines()
    rows = [line.split(" ") for line in lines if "/mailman" not in line.split(" ")[0]]
    rows = [row for row in rows if row[0].count("/") > 1 or row[0].startswith(("lists/", "data/"))]
    return {path: [word.partition(".")[0] if word[0].isdigit() else word for word in words] for path, *words in rows}


def without_site_list(text: str) -> set[str]:
    """Lines of files(), as they were before lists were put aside."""
    return {line for line in text.replace(f"/{ASIDE}", "/").splitlines() if "/mailman" not in line}


def of_list(text: str, name: str) -> set[str]:
    """Those of the folders of a list."""
    return {line for line in without_site_list(text) if f"/{name}/" in line or f"/{name}.mbox/" in line}


def way(host: Mailman21Server, address: str) -> str:
    """How its Exim would deliver a mail to somebody."""
    said = host.run("exim4", "-bt", address)
    return str(said["out"] + said["err"])


def test_looking_changes_nothing(
    sodium: Mailman21Server, fermium: Mailman21Server, operator: Operator, proved: Proved
) -> None:
    assert "there is no copy yet" in operator.stopped("preflight", "--check")
    before, here = everything(sodium), everything(fermium)
    said = operator.run("preflight")
    assert everything(sodium) == before and everything(fermium) == here
    (found,) = (result for result in results(said) if "named" in result)
    assert len(found["lists"]) == 15 and not found["unreadable"] and found["memberships"] > 400
    assert any("site list" in sentence for sentence in found["named"])
    (report,) = (result for result in results(said) if "forecast" in result)
    assert report["totals"]["mails"] > 500 and "copied and compared at" in report["forecast"]["sentence"]
    assert "the migration is new" in operator.stopped("cutover")
    proved("preflight says what is there, and changes nothing", f"15 lists, {found['memberships']} memberships")


def test_what_is_in_the_way_is_named(
    sodium: Mailman21Server, fermium: Mailman21Server, operator: Operator, proved: Proved
) -> None:
    sodium.check(*AS_LIST, "sh", "-c", f"mkdir {STATE}/lists/broken; echo no pickle > {STATE}/lists/broken/config.pck")
    assert "list broken: " in operator.stopped("preflight")
    sodium.check("rm", "-r", f"{STATE}/lists/broken")
    fermium.make_list(HELPDESK)
    assert f"has {HELPDESK} already" in operator.stopped("preflight")
    fermium.check("rmlist", "-a", "helpdesk")
    operator.run("preflight")
    proved("a damaged list and one that is here already are refused by name")


def test_files_are_staged_while_the_old_server_works(
    sodium: Mailman21Server, fermium: Mailman21Server, operator: Operator, proved: Proved
) -> None:
    before = files(sodium)
    operator.run("copy", "--check")
    assert changed(operator.run("copy")) > 0
    assert changed(operator.run("copy")) == 0
    assert changed(operator.run("verify")) == 0
    assert files(sodium) == before
    assert set(fermium.lists()) == {f"mailman@{site.DOMAIN}"}, "a list is staged, and none yet"
    proved("files are staged, the second copy changes nothing, and no list is made")


def test_what_changes_meanwhile_follows(
    sodium: Mailman21Server, fermium: Mailman21Server, operator: Operator, proved: Proved
) -> None:
    staged = f"{STATE}/data/listops-moving:village-talk/list/config.pck"
    assert sodium.subscribe(TALK, site.ERIN)
    sodium.make_list(f"passing@{site.DOMAIN}")
    operator.run("copy")
    there = sodium.check("sha256sum", f"{STATE}/lists/village-talk/config.pck").split()[0]
    assert fermium.check("sha256sum", staged).split()[0] == there
    assert fermium.run("test", "-e", f"{STATE}/data/listops-moving:passing")["rc"] == 0
    sodium.unsubscribe(TALK, site.ERIN)
    sodium.check("rmlist", "-a", "passing")
    operator.run("copy")
    assert fermium.check("sha256sum", staged).split()[0] != there
    assert fermium.run("test", "-e", f"{STATE}/data/listops-moving:passing")["rc"] != 0
    assert "passing" not in fermium.check("ls", "-A", f"{STATE}/archives/private")
    proved("who subscribes or leaves there meanwhile, and lists that come and go, follow")


def test_one_list_moves_and_the_others_go_on(
    sodium: Mailman21Server, fermium: Mailman21Server, operator: Operator, proved: Proved
) -> None:
    assert f"host {OLD}" in way(fermium, BOARD), "the new server forwards for lists that have not moved"
    both = ["--extra-vars", json.dumps({"migrate_only": ["board", "helpdesk"]})]
    before = everything(sodium)
    fermium.make_list(HELPDESK)
    assert f"has {HELPDESK} already" in operator.stopped("cutover", *both)
    fermium.check("rmlist", "-a", "helpdesk")
    assert everything(sodium) == before and sodium.run("test", "-e", ELSEWHERE)["rc"] != 0
    only = ["--extra-vars", json.dumps({"migrate_only": ["board"]})]
    there = of_list(files(sodium), "board")
    aside = f"{STATE}/lists/board/{ASIDE}config.pck"
    interrupted(operator, "cutover", lambda: sodium.run("test", "-e", aside)["rc"] == 0, *only)
    assert "is being moved" in way(sodium, BOARD)
    assert BOARD not in sodium.lists() and TALK in sodium.lists()
    assert changed(operator.run("cutover", *only)) > 0
    assert set(fermium.lists()) == {f"mailman@{site.DOMAIN}", BOARD}
    assert there and of_list(files(fermium), "board") == there == of_list(files(sodium), "board")
    assert fermium.run("test", "-e", f"{STATE}/archives/public/board")["rc"] != 0
    assert sodium.run("systemctl", "is-active", "mailman")["rc"] == 0
    assert f"host {NEW}" in way(sodium, BOARD) and f"host {OLD}" in way(fermium, TALK)
    assert "list_elsewhere" not in way(fermium, BOARD) and "list_elsewhere" not in way(sodium, TALK)
    proved(
        "a list that cannot be placed is refused before anything moves; a cut-over of one that was killed is finished"
    )


def test_further_lists_follow(
    sodium: Mailman21Server, fermium: Mailman21Server, operator: Operator, proved: Proved
) -> None:
    here = of_list(files(fermium), "board")
    said = operator.run("cutover", "--extra-vars", json.dumps({"migrate_only": ["board", "helpdesk-announce"]}))
    (placed,) = (result["placed"] for result in results(said) if "placed" in result)
    assert placed == [ANNOUNCE] and set(fermium.lists()) == {f"mailman@{site.DOMAIN}", BOARD, ANNOUNCE}
    assert of_list(files(fermium), "board") == here and {BOARD, ANNOUNCE}.isdisjoint(sodium.lists())
    (found,) = (result for result in results(operator.run("status")) if "totals" in result)
    assert {each["list"] for each in found["lists"] if each["here"]} == {BOARD, ANNOUNCE}
    assert len([each for each in found["lists"] if each["staged"]]) == 13
    proved("the next list follows, those that moved are left alone, and one command says where each is")


def test_a_cut_over_that_is_killed_leaves_whole_lists_only(
    sodium: Mailman21Server, fermium: Mailman21Server, operator: Operator, outside: Outside, proved: Proved
) -> None:
    # an archive whose list was removed, and a link that nobody makes
    sodium.check(*AS_LIST, "sh", "-c", f"ln -s /etc/passwd {STATE}/archives/private/village-talk/passwd")
    sodium.check("rmlist", "dev.ops+test")
    assert sodium.subscribe(TALK, site.ERIN)
    killer = Mailman21Server(ENGINE, f"{PROJECT}-fermium")
    seen: list[str] = []
    thread = threading.Thread(target=lambda: seen.append(killer.run("sh", "-c", KILL, seconds=600)["out"]))
    thread.start()
    said = operator.stopped("cutover")
    thread.join()
    killer.close()
    there, here = (without_site_list(files(host)) for host in (sodium, fermium))
    placed = set(fermium.lists()) - {f"mailman@{site.DOMAIN}"}
    assert 2 < len(placed) < 14, (said, seen)
    names = {address.partition("@")[0] for address in placed}
    for name in names:
        own = {line for line in there if f"/{name}/" in line or f"/{name}.mbox/" in line or f"heldmsg-{name}-" in line}
        own = {line for line in own if "heldmsg-" not in line or line.rpartition("-")[0].endswith(f"heldmsg-{name}")}
        assert own and own <= here, f"half of {name} is here"
    left = set(fermium.check("ls", f"{STATE}/lists").split()) - names - {"mailman"}
    assert not left, "a folder is here that is no list"
    assert sodium.run("systemctl", "is-active", "mailman")["rc"] != 0
    assert "refused" in door(outside)["err"]
    proved("killed while it puts lists into place, there are whole lists and none", f"{len(placed)} of 14 were there")


def test_the_next_run_moves_everything(
    sodium: Mailman21Server, fermium: Mailman21Server, operator: Operator, proved: Proved
) -> None:
    assert changed(operator.run("cutover")) > 0
    assert changed(operator.run("cutover")) == 0
    assert changed(operator.run("verify")) == 0
    there, here = (without_site_list(files(host)) for host in (sodium, fermium))
    assert here == there
    old, new = permissions(sodium), permissions(fermium)
    del old["archives/private/village-talk/passwd"]
    assert new == old
    owners = fermium.check(
        "sh", "-c", f"find {STATE}/lists/*/ {STATE}/archives/private/*/ {STATE}/data/held* -printf '%u:%g\\n'"
    )
    assert set(owners.split()) <= {"list:list", "root:list"}
    assert "listops-" not in fermium.check("ls", "-A", f"{STATE}/data", f"{STATE}/archives/private")
    assert fermium.member(TALK, site.ERIN)
    moved = {kind: total(sums(fermium, kind)) for kind in ("files", "messages", "requests")}
    assert moved["messages"]["found"] > 500 and moved["requests"]["found"] > 11
    assert moved["files"]["quarantined"] == 1
    proved(
        "the next run moves the rest: every file the same, with owners, permissions and times",
        "; ".join(f"{each['moved']} of {each['found']} {kind}" for kind, each in moved.items()),
    )


def test_people_and_what_waits_are_the_same(sodium: Mailman21Server, fermium: Mailman21Server, proved: Proved) -> None:
    members = 0
    tokens = 0
    for fqdn in sodium.lists():
        if fqdn.startswith("mailman@"):
            continue
        assert fermium.members(fqdn) == sodium.members(fqdn)
        passwords = sodium.passwords(fqdn)
        assert fermium.passwords(fqdn) == passwords
        assert fermium.held(fqdn).keys() == sodium.held(fqdn).keys()
        assert fermium.tokens(fqdn) == sodium.tokens(fqdn)
        members, tokens = members + len(passwords), tokens + len(fermium.tokens(fqdn))
    assert members > 400 and tokens > 0
    proved("members, their passwords, held messages and tokens are the same", f"{members} passwords, {tokens} tokens")


def test_every_page_has_the_same_bytes(sodium: Mailman21Server, outside: Outside, proved: Proved) -> None:
    text = sodium.check(
        "sh", "-c", f"cd {STATE}/archives/public && find -L . -type f -not -path './mailman/*' -exec sha256sum {{}} +"
    )
    pages = {
        f"/pipermail/{path.strip()[2:]}": value
        for value, _space, path in (line.partition(" ") for line in text.splitlines())
    }
    pages.pop("/pipermail/village-talk/passwd", None)
    pages = {path: value for path, value in pages.items() if "/database/" not in path and "pipermail.pck" not in path}
    said = json.loads(outside.check("python3", "-c", WALK, stdin=json.dumps(list(pages)), seconds=300))
    wrong = {path: answer for path, answer in said.items() if answer != [200, pages[path]]}
    assert not wrong and len(pages) > 500
    proved("every public page has its old address and the same bytes", f"{len(pages)} pages")


def test_the_private_archive_is_for_its_readers(
    fermium: Mailman21Server, outside: Outside, operator: Operator, prober: Prober, proved: Proved
) -> None:
    # a user of its own opens it without Mailman, whose stand-in shows none
    reader = {"name": READER[0], "password": READER[1]}
    guarded = json.dumps({"apache_digest_archives": [{"list": "board", "users": [reader]}]})
    operator.controller.playbook("playbooks/site.yml", "--tags=apache", f"--extra-vars={guarded}")
    address = f"https://{site.DOMAIN}/mailman/private/board/2017-March/000001.html"
    assert outside.get(address, *READER).status == 200
    assert outside.get(address).status == 401
    assert fermium.run("test", "-e", f"{STATE}/archives/public/board")["rc"] != 0
    eventually(lambda: prober.statuses[401] > 0, "a stranger is asked for a password")
    prober.end()
    assert not prober.opened
    tried = sum(prober.statuses.values())
    proved("a private archive was never shown to a stranger", f"{tried} requests: {dict(prober.statuses)}")


def test_mail_goes_on_at_the_new_server(fermium: Mailman21Server, outside: Outside, word: str, proved: Proved) -> None:
    assert outside.send(site.ERIN, TALK, f"moved {word}", f"At the new server, said {word}.\n").accepted
    (subject, *_more) = fermium.held(HELPDESK)
    fermium.approve(HELPDESK, subject)
    assert subject not in fermium.held(HELPDESK)
    if fermium.moves_mail:
        assert f"said {word}" in str(outside.mailbox(site.ERIN).wait_for(word))
        eventually(
            lambda: fermium.run("grep", "-rlF", f"said {word}", f"{STATE}/archives/private/village-talk")["rc"] == 0,
            "the post is archived",
        )
    else:
        queue = f"{STATE}/qfiles/in"
        eventually(lambda: fermium.run("grep", "-rlF", f"said {word}", queue)["rc"] == 0, "Mailman has the post")
        assert fermium.run("grep", "-rlF", subject, queue)["rc"] == 0, "the approved message is not on its way"
    proved("a post reaches the list at the new server, and a held one is approved there")


def test_what_people_change_since_is_no_damage(fermium: Mailman21Server, operator: Operator, proved: Proved) -> None:
    fermium.unsubscribe(TALK, site.ERIN)
    said = operator.run("verify")
    (found,) = (result for result in results(said) if "changed_since" in result)
    assert 0 < found["changed_since"] < 20 < found["same"]
    page = f"{STATE}/archives/private/village-talk/index.html"
    damage = f"cp -p {page} /root/page; printf x >> {page}; touch -r /root/page {page}"
    fermium.check("sh", "-c", damage)
    assert "village-talk/index.html is not what was moved" in operator.stopped("verify")
    fermium.check("sh", "-c", f"cat /root/page > {page}; touch -r /root/page {page}")
    operator.run("verify")
    proved(
        "what is changed since is told from damage", f"{found['same']} files the same, {found['changed_since']} changed"
    )


def test_the_inventory_of_the_new_server_changes_nothing(operator: Operator, proved: Proved) -> None:
    operator.adopt()
    proved("the lists that were moved become an inventory, which changes nothing")


def test_a_list_that_is_here_is_replaced_if_that_is_asked_for(
    fermium: Mailman21Server, controller: Controller, proved: Proved
) -> None:
    options: dict[str, Any] = {
        "state": "placed",
        "copy": f"{HERE}/copy",
        "account": "/var/lib/listops/migrate/again",
        "lists": ["helpdesk"],
        "mailman_engine": "mailman21",
    }
    assert f"has {HELPDESK} already" in controller.refused("listops.mailman.migrate_place", **options)
    others = files(fermium)
    before = set(fermium.held(HELPDESK))
    said = controller.task("listops.mailman.migrate_place", existing="take", check_mode=True, **options)
    assert said["placed"] == [HELPDESK] and files(fermium) == others
    said = controller.task("listops.mailman.migrate_place", existing="take", **options)
    assert said["placed"] == [HELPDESK]
    assert set(fermium.held(HELPDESK)) > before
    again = controller.task("listops.mailman.migrate_place", existing="take", **options)
    assert not again["changed"]
    kept = {line for line in files(fermium).splitlines() if "helpdesk" not in line}
    assert kept == {line for line in others.splitlines() if "helpdesk" not in line}
    fermium.check("rm", "-r", "/var/lib/listops/migrate/again")
    proved("a list that is here already is replaced only if that is asked for, and others are left alone")


def test_a_lock_is_respected(fermium: Mailman21Server, controller: Controller, proved: Proved) -> None:
    holder = (
        "import sys, time; sys.path.insert(0, '/usr/lib/mailman/bin'); import paths; from Mailman import MailList; "
        "MailList.MailList('helpdesk'); print('locked'); sys.stdout.flush(); time.sleep(600)"
    )
    fermium.check("systemd-run", "--collect", "--unit=holder", "--uid=list", "python2.7", "-c", holder)
    eventually(lambda: fermium.run("test", "-e", "/run/lock/mailman/helpdesk.lock")["rc"] == 0, "the list is locked")
    said = controller.refused(
        "listops.mailman.migrate_place",
        state="placed",
        copy=f"{HERE}/copy",
        account="/var/lib/listops/migrate/again",
        lists=["helpdesk"],
        existing="take",
        mailman_engine="mailman21",
        mailman_lock_timeout=2,
    )
    assert "is locked by process" in said
    fermium.check("systemctl", "stop", "holder")
    fermium.check("rm", "-r", "/var/lib/listops/migrate/again")
    fermium.check(
        "rm", "-rf", f"{STATE}/data/listops-moving:helpdesk", f"{STATE}/archives/private/.listops-moving:helpdesk"
    )
    proved("a list that somebody else has locked is waited for, and then left alone")


def test_the_account_says_where_each_list_stands(
    fermium: Mailman21Server, operator: Operator, tmp_path: pathlib.Path, proved: Proved
) -> None:
    page = tmp_path / "migration.html"
    said = operator.run("status", "--extra-vars", json.dumps({"migrate_page": str(page)}))
    (found,) = (result for result in results(said) if "totals" in result)
    assert len(found["lists"]) == 15, "14 lists, and the archive of one that was removed"
    assert found["totals"] == {kind: total(sums(fermium, kind)) for kind in ("messages", "requests", "files")}
    text = page.read_text(encoding="utf-8")
    assert "Migration of sodium" in text and all(each["list"] in text for each in found["lists"])
    (talk,) = (line for line in found["sentences"] if line.startswith(TALK))
    proved("one command says where each list stands, and writes a page of it", talk.partition(": ")[2])


def test_it_ends_with_the_key(sodium: Mailman21Server, operator: Operator, proved: Proved) -> None:
    assert OLD
    assert changed(operator.run("accept")) > 0
    assert changed(operator.run("accept")) == 0
    assert "listops" not in sodium.run("cat", "/root/.ssh/authorized_keys")["out"]
    proved("accepted, and the key is taken away")
