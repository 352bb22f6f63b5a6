# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lists of sodium move to fermium and go back with what fermium took meanwhile; then they move again."""

from __future__ import annotations

import json
import os
import pathlib
import time
from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest

from support import site
from support.controller import Controller, changed, results
from support.inside import eventually
from support.mail_server import MailServer
from support.mailman21_server import STATE, Mailman21Server
from support.migration import HERE, NEW, OLD, Operator, door, interrupted
from support.outside import Outside, archived_at
from support.proved import Proved

ENGINE = os.environ.get("LISTOPS_ENGINE") or "podman"
PROJECT = os.environ.get("LISTOPS_PROJECT") or "listops"
OPEN, CLOSED, MODERATED = (f"{name}@{site.DOMAIN}" for name in ("fair", "committee", "notices"))
HELPDESK = f"helpdesk@{site.DOMAIN}"
JOBS = "/etc/cron.d/mailman"
FLOODED = (OPEN, CLOSED)
WORD = "flood" + os.urandom(4).hex()
PATIENT = pathlib.Path(__file__).parents[1] / "support/patient.py"
DATABASE = "/var/lib/mailman3/web/mailman3web.db"


@pytest.fixture(scope="module")
def sodium() -> Iterator[Mailman21Server]:
    host = Mailman21Server(ENGINE, f"{PROJECT}-sodium")
    yield host
    host.close()


@pytest.fixture(scope="module")
def operator(controller: Controller, tmp_path_factory: pytest.TempPathFactory) -> Operator:
    return Operator(controller, tmp_path_factory.mktemp("host_vars") / "fermium", migrate_address=NEW)


def points_to(outside: Outside, sodium: Mailman21Server, fermium: MailServer, host: str) -> None:
    """The domain's DNS names lead to one of the two."""
    both = {"sodium": sodium.address(), "fermium": fermium.address()}
    named = {name: outside.ask("read", path=f"/etc/dnsmasq.names/{name}").split()[1:] for name in both}
    own = {name: [f"{name}.example.org", name] for name in both}
    domains = [each for name in both for each in named[name] if each not in own[name]]
    # the other one gives the names up first
    for name in sorted(both, key=lambda each: each == host):
        names = [*own[name], *(domains if name == host else [])]
        outside.ask("write", path=f"/etc/dnsmasq.names/{name}", text=" ".join([both[name], *names]) + "\n")
    outside.check("systemctl", "kill", "--signal=HUP", "dnsmasq.service")
    eventually(
        lambda: both[host] in outside.run("getent", "hosts", site.DOMAIN)["out"], f"{site.DOMAIN} leads to {host}"
    )


def archive_of(sodium: Mailman21Server, name: str) -> Counter[str]:
    """How often each Message-ID is in the archive of the old server."""
    mbox = f"{STATE}/archives/private/{name}.mbox/{name}.mbox"
    said = sodium.run("grep", "-aiE", "^message-id:", mbox)["out"]
    return Counter(line.partition(":")[2].strip(" <>") for line in said.splitlines())


def archive_here(fermium: MailServer, fqdn: str) -> Counter[str]:
    query = f"""select e.message_id, e.subject from hyperkitty_email e join hyperkitty_mailinglist m on m.id = e.mailinglist_id
                where m.name = '{fqdn}'"""
    return Counter(row[0] for row in fermium.ask("rows", database=DATABASE, query=query))


def subjects_here(fermium: MailServer, fqdn: str) -> Counter[str]:
    query = f"""select e.subject from hyperkitty_email e join hyperkitty_mailinglist m on m.id = e.mailinglist_id
                where m.name = '{fqdn}'"""
    return Counter(row[0] for row in fermium.ask("rows", database=DATABASE, query=query))


def is_archived(fermium: MailServer, fqdn: str, subject: str) -> bool:
    return any(subject in each for each in subjects_here(fermium, fqdn))


def in_mbox(sodium: Mailman21Server, name: str, subject: str) -> int:
    """How often a subject is in the archive of the old server."""
    mbox = f"{STATE}/archives/private/{name}.mbox/{name}.mbox"
    return int(sodium.run("grep", "-ac", f"^Subject: .*{subject}", mbox)["out"])


def has_all(look: Callable[[], Counter[str]], wanted: set[str]) -> bool:
    return wanted <= look().keys()


def queued(host: MailServer, fqdn: str) -> str:
    """The messages that a mail server has for a list."""
    return str(host.check("exiqgrep", "-i", "-r", f"^{fqdn}$").strip())


def state(fermium: MailServer) -> str:
    said = fermium.run("cat", f"{HERE}/state.json")["out"]
    return str(json.loads(said)["state"]) if said else "new"


class Flood:
    """The sender that does not give up, and the stranger."""

    def __init__(self, outside: Outside) -> None:
        self.outside = outside
        self.file = "/run/patient.json"

    def start(self, looks: list[tuple[str, str, str]]) -> None:
        task = {"server": site.DOMAIN, "sender": site.ALICE, "lists": FLOODED, "word": WORD, "looks": looks}
        self.outside.ask("write", path=self.file, text=json.dumps(task))
        self.outside.ask("write", path="/run/patient.py", text=PATIENT.read_text(encoding="utf-8"))
        self.outside.check(
            "systemd-run",
            "--quiet",
            "--collect",
            "--unit=patient.service",
            "sh",
            "-c",
            f"exec python3 /run/patient.py {self.file} > /run/patient.out",
        )

    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.outside.ask("read", path="/run/patient.out").splitlines()]

    def taken(self) -> int:
        return sum(1 for line in self.lines() if "taken" in line)

    def stop(self) -> list[dict[str, Any]]:
        self.outside.check("rm", "-f", self.file)
        eventually(lambda: self.outside.run("systemctl", "is-active", "patient")["rc"] != 0, "all mail is taken", 400)
        return self.lines()


@pytest.fixture(scope="module")
def flood(outside: Outside) -> Iterator[Flood]:
    made = Flood(outside)
    yield made
    outside.run("systemctl", "stop", "patient")


def test_lists_are_moved_while_mail_comes_in(
    sodium: Mailman21Server, fermium: MailServer, outside: Outside, operator: Operator, flood: Flood, proved: Proved
) -> None:
    points_to(outside, sodium, fermium, "sodium")
    people = [site.ALICE, site.BOB]
    common = {"members": people, "owners": [site.OWNER], "default_nonmember_action": "hold"}
    Controller(ENGINE, PROJECT, "sodium").task(
        "listops.mailman.mailman_list",
        lists=[
            {"name": OPEN, **common, "archive_policy": "public"},
            {"name": CLOSED, **common, "archive_policy": "private", "advertised": False},
            {"name": MODERATED, **common, "archive_policy": "public"},
        ],
        mailman_engine="mailman21",
    )
    if not sodium.moves_mail:
        sodium.check("touch", f"{STATE}/data/standin-moves-mail")
    old, new = sodium.address(), fermium.address()
    committee = CLOSED.partition("@")[0]
    looks = [
        (new, site.DOMAIN, f"/mailman3/hyperkitty/list/{CLOSED}/"),
        (new, site.DOMAIN, f"/mailman3/hyperkitty/api/list/{CLOSED}/emails/"),
    ]
    looks += [
        (old, site.DOMAIN, f"{way}{committee}.mbox/{committee}.mbox") for way in ("/pipermail/", "/mailman/private/")
    ]
    looks += [(new, site.DOMAIN, f"/mailman3/hyperkitty/list/{CLOSED}/export/{CLOSED}.mbox.gz")]
    flood.start(looks)
    eventually(lambda: sum(archive_of(sodium, "fair").values()) > 5, "mail goes through the old server")
    operator.run("preflight")
    assert "the migration is" in operator.stopped("rollback")
    operator.run("copy")
    proved("the lists are copied while mail comes in")


def test_one_list_moves_and_the_others_go_on(
    sodium: Mailman21Server, fermium: MailServer, outside: Outside, operator: Operator, word: str, proved: Proved
) -> None:
    """Mail for it reaches the new server by way of the old one, and then the other way round for the others."""
    only = ["--extra-vars", json.dumps({"migrate_only": ["fair"]})]
    assert "which is about all lists" in operator.stopped("copy", *only)
    assert outside.send(site.BOB, OPEN, f"before {word}").accepted
    interrupted(operator, "cutover", lambda: '"batch"' in fermium.run("cat", f"{HERE}/state.json")["out"], *only)
    assert "the cut-over of" in operator.stopped("cutover") and "the cut-over of" in operator.stopped("copy")
    assert changed(operator.run("cutover", *only)) > 0
    operator.run("cutover", *only)
    assert state(fermium) == "copied"
    assert sodium.run("test", "-e", f"{STATE}/lists/fair/config.pck")["rc"] != 0
    eventually(partial(is_archived, fermium, OPEN, f"before {word}"), "what was sent before has moved")
    seen = sum(archive_of(sodium, "committee").values()), sum(archive_here(fermium, OPEN).values())
    eventually(lambda: sum(archive_here(fermium, OPEN).values()) > seen[1] + 3, "the old server forwards")
    eventually(lambda: sum(archive_of(sodium, "committee").values()) > seen[0] + 3, "the other list goes on")
    operator.run("copy")
    points_to(outside, sodium, fermium, "fermium")
    assert outside.send(site.BOB, CLOSED, f"forwarded {word}").accepted
    eventually(lambda: in_mbox(sodium, "committee", f"forwarded {word}") == 1, "the new server forwards")
    assert not is_archived(fermium, CLOSED, f"forwarded {word}")
    back = {"X-Listops-Forwarded": CLOSED}
    assert outside.send(site.BOB, CLOSED, f"back {word}", headers=back).refusal.startswith("451")
    eventually(lambda: not queued(sodium, OPEN) and not queued(fermium, CLOSED), "nothing is left in a queue")
    said = operator.run("status")
    (found,) = (result for result in results(said) if "totals" in result)
    assert [each["list"] for each in found["lists"] if each["here"]] == [OPEN]
    proved("one list moves, and both servers forward mail for the lists of the other one")


def test_the_other_lists_follow(
    sodium: Mailman21Server, fermium: MailServer, outside: Outside, operator: Operator, flood: Flood, proved: Proved
) -> None:
    sodium.check("test", "-e", JOBS)
    operator.run("cutover")
    assert sodium.run("test", "-e", JOBS)["rc"] != 0, "it would send the digests that fermium sends"
    seen = flood.taken()
    eventually(lambda: flood.taken() > seen + 10, "mail goes through the new server")
    proved("the lists are moved while mail comes in", f"{seen} messages by then")


def test_going_back_is_looked_at_first(
    sodium: Mailman21Server, fermium: MailServer, outside: Outside, operator: Operator, word: str, proved: Proved
) -> None:
    outside.trusts(fermium.certificate())
    assert outside.send(site.BOB, OPEN, f"public {word}", f"Said {word}.\n").accepted
    assert outside.send(site.BOB, CLOSED, f"private {word}", f"Said {word}.\n").accepted
    assert outside.send(site.STRANGER, MODERATED, f"stranger {word}", f"Said {word}.\n").accepted
    fermium.becomes(lambda: f"stranger {word}" in fermium.held(MODERATED), "it is held")
    assert fermium.subscribe(OPEN, site.ERIN)
    fermium.unsubscribe(MODERATED, site.BOB)
    handled = next(each for each in sorted(fermium.held(HELPDESK)) if each.isascii())
    fermium.discard(HELPDESK, handled)
    assert handled in sodium.held(HELPDESK)
    for name, what in ((OPEN, "public"), (CLOSED, "private")):
        eventually(partial(is_archived, fermium, name, f"{what} {word}"), f"the {what} post is archived")
    before = sodium.check(
        "sh", "-c", f"cd {STATE} && find lists archives data qfiles -type f -exec sha256sum {{}} + | sort"
    )
    said = operator.run("rollback", "--check")
    after = sodium.check(
        "sh", "-c", f"cd {STATE} && find lists archives data qfiles -type f -exec sha256sum {{}} + | sort"
    )
    assert before == after and state(fermium) == "moved"
    (found,) = (each for each in results(said) if "declarations" in each)
    assert found["found"]["post"] >= 2 and found["found"]["held"] == 1 and found["found"]["handled"] == 1
    assert [each["name"] for each in found["declarations"]] == [OPEN]
    assert [each["name"] for each in found["absences"]] == [MODERATED]
    WORDS.update(word=word, handled=handled)
    proved("what goes back is said first, and nothing is changed", json.dumps(found["found"]))


WORDS: dict[str, str] = {}


def test_killed_it_is_finished_by_the_next_run(
    sodium: Mailman21Server, fermium: MailServer, outside: Outside, operator: Operator, proved: Proved
) -> None:
    interrupted(operator, "rollback", lambda: state(fermium) == "returning")
    assert "the migration is returning" in operator.stopped("cutover")
    there = f"{STATE}/data/listops-returned.jsonl"
    interrupted(operator, "rollback", lambda: sodium.run("test", "-e", there)["rc"] == 0)
    waits = f"ls {STATE}/qfiles/archive | grep -q pck"
    interrupted(operator, "rollback", lambda: sodium.run("sh", "-c", waits)["rc"] == 0)
    began = time.monotonic()
    said = operator.run("rollback")
    seconds = time.monotonic() - began
    assert state(fermium) == "back"
    sodium.check("test", "-e", JOBS)
    points_to(outside, sodium, fermium, "sodium")
    (settled,) = (each for each in results(said) if "sentences" in each and "found" in each)
    assert settled["found"]["found"] == sum(settled["found"][each] for each in ("returned", "merged", "quarantined"))
    assert settled["found"]["quarantined"] == 0, settled["named"]
    assert changed(operator.run("rollback")) == 0
    (standing,) = (each for each in results(operator.run("status")) if "totals" in each)
    assert standing["totals"]["returned"]["found"] == settled["found"]["found"]
    proved(
        "killed three times, the next run brings everything back", f"{json.dumps(settled['found'])}, {seconds:.0f} s"
    )


def test_the_old_server_has_everything_once(
    sodium: Mailman21Server, fermium: MailServer, outside: Outside, flood: Flood, proved: Proved
) -> None:
    word = WORDS["word"]
    for name, what in (("fair", "public"), ("committee", "private")):
        eventually(partial(in_mbox, sodium, name, f"{what} {word}"), f"the {what} post is archived")
        assert in_mbox(sodium, name, f"{what} {word}") == 1
        assert len(outside.mailbox(site.ALICE).all(f"{what} {word}")) == 1
        again = {each: number for each, number in archive_of(sodium, name).items() if number != 1}
        assert not again
    assert f"stranger {word}" in sodium.held(MODERATED) and f"stranger {word}" not in fermium.held(MODERATED)
    assert WORDS["handled"] not in sodium.held(HELPDESK)
    assert sodium.member(OPEN, site.ERIN) and not sodium.member(MODERATED, site.BOB)
    seen = flood.taken()
    eventually(lambda: flood.taken() > seen + 5, "mail flows through the old server")
    assert door(outside)["rc"] == 0
    refused = outside.run("python3", "-c", f"import socket; socket.create_connection(('{NEW}', 25), 5)")
    assert "refused" in refused["err"]
    assert not any(fermium.held(name) for name in (MODERATED, HELPDESK))
    assert "listops" not in sodium.check("ls", f"{STATE}/data")
    ssh = [
        "ssh",
        "-i",
        f"{HERE}/key",
        "-o",
        "BatchMode=yes",
        "-o",
        f"UserKnownHostsFile={HERE}/known_hosts",
        f"root@{OLD}",
    ]
    assert "for copying" in fermium.run(*ssh, "return")["err"]
    proved("the old server has every post once, what waits, and who subscribed; the new one refuses")


def test_the_lists_move_again(
    sodium: Mailman21Server, fermium: MailServer, outside: Outside, operator: Operator, flood: Flood, proved: Proved
) -> None:
    word = WORDS["word"]
    held = len(sodium.held(HELPDESK))
    assert sodium.subscribe(MODERATED, site.SUE)
    operator.run("copy")
    operator.run("cutover")
    points_to(outside, sodium, fermium, "fermium")
    seen = flood.taken()
    eventually(lambda: flood.taken() > seen + 5, "mail flows through the new server again", 180)
    assert (
        fermium.member(OPEN, site.ERIN)
        and fermium.member(MODERATED, site.SUE)
        and not fermium.member(MODERATED, site.BOB)
    )
    assert f"stranger {word}" in fermium.held(MODERATED) and len(fermium.held(HELPDESK)) == held
    copy = outside.mailbox(site.ALICE).wait_for(f"public {word}")
    assert f"Said {word}" in outside.wait_for_page(archived_at(copy)).text
    assert changed(operator.run("cutover")) == 0
    proved("the lists move again, with what the old server has by then")


def test_each_message_arrived_once(
    sodium: Mailman21Server, fermium: MailServer, outside: Outside, flood: Flood, proved: Proved
) -> None:
    lines = flood.stop()
    assert not [line for line in lines if "left" in line]
    seen = [line["seen"] for line in lines if "seen" in line]
    assert not seen
    sent = [line["taken"] for line in lines if "taken" in line]
    unsure = {one["id"] for one in sent if one["unsure"]}
    for name in FLOODED:
        wanted = {one["id"] for one in sent if one["list"] == name}
        eventually(partial(has_all, partial(archive_here, fermium, name), wanted), f"{name} is archived", 180)
        archived = Counter(each for each in archive_here(fermium, name).elements() if WORD in each)
        assert archived == Counter(wanted)
        subjects = Counter(each for each in subjects_here(fermium, name).elements() if WORD in each)
        assert len(wanted) == sum(subjects.values())
        eventually(partial(has_all, partial(received, outside), wanted), "each is delivered", 180)
    twice = {each: number for each, number in received(outside).items() if number != 1 and each not in unsure}
    assert not twice
    (asked,) = (line["asked"] for line in lines if "asked" in line)
    tries = Counter("at once" if one["tries"] == 1 else "later" for one in sent)
    proved(
        "each message is at each subscriber and in the archive once, whenever it was sent",
        f"{len(sent)} messages, {tries['later']} tried again, {len(unsure)} unsure; {asked} looks at private archives, 0 answers of 200",
    )


def received(outside: Outside) -> Counter[str]:
    """How often Bob has each message of the flood."""
    return Counter(str(each["message-id"]).strip(" <>") for each in outside.mailbox(site.BOB).all(WORD))
