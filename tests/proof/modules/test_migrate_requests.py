# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What waited in a real Mailman 2.1 waits in a Mailman 3, once, and is handled there as it would have been."""

from __future__ import annotations

import base64
import inspect
import json
import pathlib
import pickle
import shutil
import subprocess
import sys
import tarfile
import time
import types
from collections.abc import Iterator
from typing import Any

import pytest
from ansible.parsing.dataloader import DataLoader

from ansible_collections.listops.mailman.plugins.module_utils._mailman21.copy import SAID
from ansible_collections.listops.mailman.plugins.module_utils._mailman21.remote.pending import PendingHandler
from ansible_collections.listops.mailman.plugins.module_utils._mailman21.remote.read import load
from ansible_collections.listops.mailman.plugins.module_utils._migrate.waiting import items
from ansible_collections.listops.mailman.plugins.module_utils._migrate.waiting.program import REQUESTS
from ansible_collections.listops.mailman.plugins.module_utils._programs.process import BOOT
from ansible_collections.listops.mailman.plugins.plugin_utils.adopt import inventory
from support import site
from support.controller import Controller
from support.inside import eventually
from support.mail_server import MailServer
from support.proved import Proved

FIXTURE = pathlib.Path(__file__).resolve().parents[2] / "truth/sodium-var-lib-mailman.tgz"
COPY = "/srv/sodium"
STATE = f"{COPY}/var/lib/mailman"
ACCOUNT = "/srv/sodium-account"
LIST, INFO, MIGRATE = (f"listops.mailman.{name}" for name in ("mailman_list", "mailman_list_info", "migrate_requests"))
SINK = "/run/listops-sink"
MBOX = "listops.mailman.mailman_mbox"
HELD = {"helpdesk": 4, "helpdesk-announce": 3, "filters-l": 2, "regions-umbrella": 1, "wiki-old": 1}
NAMES = sorted([*HELD, "board", "cafe-fr", "gardeners", "village-talk"])
SAY = """
import smtplib, sys
with smtplib.LMTP("127.0.0.1", 8024) as mailman:
    mailman.sendmail(sys.argv[1], [sys.argv[2]], sys.stdin.read())
"""


def address(name: str) -> str:
    return f"{name}@{site.DOMAIN}"


def options(names: list[str], **more: Any) -> dict[str, Any]:
    lists = [{"list": address(name), "source": name} for name in names]
    return {"copy": STATE, "lists": lists, "account": ACCOUNT, **more}


class UserDesc:
    """What pending.pck has of a person who is asked to confirm a subscription."""

    __module__ = "Mailman.UserDesc"

    def __init__(self, **said: Any) -> None:
        self.said = {key.encode(): value for key, value in said.items()}

    def __getstate__(self) -> dict[bytes, Any]:
        return self.said


def pending(records: dict[str, Any]) -> bytes:
    """A pending.pck whose confirmations are valid for three days."""
    module = types.ModuleType("Mailman.UserDesc")
    module.UserDesc = UserDesc  # type: ignore[attr-defined]
    UserDesc.__qualname__ = "UserDesc"
    sys.modules.update({"Mailman": types.ModuleType("Mailman"), "Mailman.UserDesc": module})
    said: dict[bytes, Any] = {token.encode(): record for token, record in records.items()}
    said[b"evictions"] = dict.fromkeys(said, time.time() + 3 * 86400)
    said[b"version"] = 2
    try:
        return pickle.dumps(said, protocol=3)
    finally:
        del sys.modules["Mailman"], sys.modules["Mailman.UserDesc"]


# Tokens of confirmations that people got by mail.
JOINS, LEAVES, MOVES, CANCELS = ("1" * 40, "2" * 40, "3" * 40, "4" * 40)
JOINER, LEAVER, MOVER = "joiner@example.net", "ines.briar@example.com", ("old@example.net", "new@example.net")


@pytest.fixture(scope="module")
def copy(controller: Controller, fermium: MailServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A copy of a real /var/lib/mailman, and with it confirmations that are still valid."""
    controller.task("ansible.builtin.file", path=COPY, state="directory", mode="0755")
    controller.task("ansible.builtin.unarchive", src=str(FIXTURE), dest=COPY)
    person = UserDesc(address=JOINER.encode(), fullname=b"J. Oiner", password=b"x", digest=0, language=b"en")
    records: dict[str, dict[str, Any]] = {
        "cafe-fr": {JOINS: (b"S", person)},
        "village-talk": {LEAVES: (b"U", b""), MOVES: (b"C", *(each.encode() for each in MOVER), 0)},
        "filters-l": {CANCELS: (b"H", 2)},
    }
    truth = json.loads((FIXTURE.parent / "sodium-truth.json").read_text(encoding="utf-8"))["lists"]["village-talk"]
    (digest, *_others) = (key for key, member in truth["members"].items() if member["digest"])
    records["village-talk"][LEAVES] = (b"U", digest.encode())
    with tarfile.open(FIXTURE) as tar:
        (entry,) = (each for each in tar.getmembers() if each.name.endswith("/cafe-fr/config.pck"))
        stored = tar.extractfile(entry)
        assert stored
        config = load(stored)
    config.update({b"volume": 7, b"next_digest_number": 12, b"digest_last_sent_at": 1795000000.5})
    content = base64.b64encode(pickle.dumps(config, protocol=3)).decode()
    fermium.check("sh", "-c", f"echo {content} | base64 -d > {STATE}/lists/cafe-fr/config.pck")
    for name, said in records.items():
        content = base64.b64encode(pending(said)).decode()
        command = f"echo {content} | base64 -d > {STATE}/lists/{name}/pending.pck"
        fermium.check("sh", "-c", command)
    yield digest
    fermium.check("rm", "-rf", COPY)


@pytest.fixture(scope="module")
def lists(controller: Controller, fermium: MailServer, copy: str) -> Iterator[None]:
    """The lists of that Mailman, made as an inventory of theirs declares them."""
    found = controller.task(INFO, mailman_copy=STATE, lists=[address(name) for name in NAMES])
    written = inventory.write(found, "inventory", {}, "mailman3")
    said: dict[str, Any] = {}
    for content in written.files.values():
        said.update(json.loads(json.dumps(DataLoader().load(content), default=str)))
    defaults = {**said["mailman_list_defaults"], "domain": site.DOMAIN}
    controller.task(LIST, lists=said["mailman_lists"], defaults=defaults, override_bans=True)
    yield
    gone = [{"name": address(name), "state": "absent", "archives": "drop"} for name in NAMES]
    controller.task(LIST, lists=gone)
    fermium.check("rm", "-rf", ACCOUNT)


@pytest.fixture(scope="module")
def sink(fermium: MailServer) -> Iterator[str]:
    """A mail server that takes all that Mailman sends, and keeps it."""
    handler = ["-c", "aiosmtpd.handlers.Mailbox", f"{SINK}/mail"]
    fermium.check("install", "-d", "-o", "list", SINK)
    command = ["systemd-run", "--unit=listops-sink", "python3", "-m", "aiosmtpd", "-n", "-l", "127.0.0.1:25", *handler]
    fermium.check(*command)
    eventually(lambda: fermium.ask("listening", host="127.0.0.1", port=25), "the mail server listens")
    yield SINK
    fermium.check("systemctl", "stop", "listops-sink")
    fermium.check("rm", "-rf", SINK)


def received(fermium: MailServer, *words: str) -> list[str]:
    """The messages that Mailman sent which have all of these words, however their headers are folded."""
    each = 'for file in "$0"/mail/new/*; do cat "$file"; echo ----END----; done'
    found = fermium.run("sh", "-c", each, SINK)["out"].replace("\n ", " ").split("----END----")
    return [text for text in found if all(word in text for word in words)]


def kinds(said: dict[str, Any], kind: str, what: str) -> int:
    return sum(each["kinds"].get(kind, {}).get(what, 0) for each in said["lists"])


def account(fermium: MailServer, name: str) -> list[dict[str, Any]]:
    text = fermium.check("cat", f"{ACCOUNT}/{address(name)}.requests.jsonl")
    return [json.loads(line) for line in text.splitlines()]


def counted(fermium: MailServer) -> dict[str, int]:
    return {name: len(fermium.held(address(name))) for name in HELD}


def requests_of(fermium: MailServer, name: str, kind: str = "subscription") -> dict[str, dict[str, Any]]:
    path = f"lists/{address(name)}/requests?request_type={kind}"
    return {each["email"]: each for each in fermium.entries(path)}


@pytest.fixture(scope="module")
def moved(controller: Controller, fermium: MailServer, lists: None, sink: str) -> dict[str, Any]:
    """What the module says of its first run, after check mode said the same."""
    checked = controller.task(MIGRATE, check_mode=True, **options(NAMES, ask_again=True))
    assert set(counted(fermium).values()) == {0}, "check mode wrote"
    assert fermium.run("ls", ACCOUNT)["rc"] != 0
    said = controller.task(MIGRATE, **options(NAMES, ask_again=True))
    assert said["changed"] is True and said["lists"] == checked["lists"] and said["diff"] == checked["diff"]
    return said


def test_all_that_waits_is_moved_once(
    controller: Controller, fermium: MailServer, moved: dict[str, Any], proved: Proved
) -> None:
    assert counted(fermium) == HELD
    for each in moved["lists"]:
        assert each["found"] == each["moved"] + each["merged"] + each["quarantined"]
        assert len(account(fermium, each["list"].partition("@")[0])) == each["found"]
    assert kinds(moved, "held", "moved") == kinds(moved, "held", "found") == 11
    assert kinds(moved, "digest", "moved") == kinds(moved, "digest", "found") == 5
    truth = json.loads((FIXTURE.parent / "sodium-truth.json").read_text(encoding="utf-8"))["lists"]["village-talk"]
    member, flags = next((key, each["options"]) for key, each in truth["members"].items() if each["options"] & 2)
    link = fermium.members(address("village-talk"))[member]["self_link"].rpartition("/")[2]
    chosen = fermium.rest("GET", f"members/{link}/preferences")
    assert (chosen["receive_own_postings"], chosen.get("receive_list_copy", True)) == (False, not flags & 256)
    held = fermium.held(address("helpdesk"))["Später"]
    assert held["reason"] == "Post by non-member to a members-only list" and held["sender"] == "outsider@example.com"
    assert held["message_id"] == "<held.hd.3@example.org>" and held["hold_date"].startswith("2026-11-22T16:23:41")
    assert not received(fermium, "Subject: ", "post from"), "moderators were told"
    for check_mode in (True, False):
        again = controller.task(MIGRATE, check_mode=check_mode, **options(NAMES, ask_again=True))
        assert again["changed"] is False and again["lists"] == [{**each, "put": 0} for each in moved["lists"]]
    assert counted(fermium) == HELD
    # killed before the account was written
    fermium.check("rm", "-rf", ACCOUNT)
    again = controller.task(MIGRATE, **options(NAMES, ask_again=True))
    assert counted(fermium) == HELD and not any(each["put"] for each in again["lists"])
    # to whom it cannot be carried over is written once
    eventually(lambda: received(fermium, f"X-RcptTo: {MOVER[1]}"), "who wanted another address is asked again")
    assert len(received(fermium, f"X-RcptTo: {MOVER[1]}")) == 1
    totals = {key: sum(each[key] for each in moved["lists"]) for key in ("found", "moved", "merged", "quarantined")}
    proved(
        "what waited in a recorded Mailman 2.1 waits in Mailman 3, once",
        ", ".join(f"{v} {k}" for k, v in totals.items()),
    )


def test_what_moderators_do_holds(
    controller: Controller, fermium: MailServer, moved: dict[str, Any], proved: Proved
) -> None:
    name = address("helpdesk")
    accepted, discarded = (fermium.held(name)[subject] for subject in ("Ticket 0", "Ticket 1"))
    members = len(fermium.members(name))
    fermium.rest("POST", f"lists/{name}/held/{accepted['request_id']}", action="accept")
    fermium.rest("POST", f"lists/{name}/held/{discarded['request_id']}", action="discard")
    one = "Message-ID: <held.hd.0@example.org>"
    sent = eventually(lambda: received(fermium, one, "Printer again."), "it reaches the subscribers")
    recipients = {word for each in sent for word in each.replace(",", " ").split() if "@" in word}
    assert {"ada.aspen@students.example.com", "bram.sorrel@example.com"} <= recipients

    archive: dict[str, Any] = {"lists": [name], "directory": "/run", "allow_private": True}
    eventually(lambda: controller.task(MBOX, **archive)["files"][0]["messages"], "it is in the archive", pause=2)
    assert one in fermium.check("cat", f"/run/{name}.mbox")
    fermium.check("rm", f"/run/{name}.mbox")
    again = controller.task(MIGRATE, **options(NAMES, ask_again=True))
    assert set(fermium.held(name)) == {"Ticket 2", "Später"}
    assert not any(each["put"] for each in again["lists"])
    waits = {
        line["about"].rpartition(", ")[2]: line["waits"]
        for line in account(fermium, "helpdesk")
        if line["kind"] == "held"
    }
    assert waits == {"'Ticket 0'": False, "'Ticket 1'": False, "'Ticket 2'": True, "'Später'": True}
    proved("a moved message is accepted, or discarded, and does not come back", f"{members} members, archived")


def test_requests_of_people(fermium: MailServer, moved: dict[str, Any], proved: Proved) -> None:
    name = address("board")
    asking, leaving = requests_of(fermium, "board"), requests_of(fermium, "board", "unsubscription")
    assert set(asking) == {"applicant@example.com", "applicant2@example.com"}
    assert set(leaving) == {"hedda.nettle@example.org"}
    assert asking["applicant2@example.com"]["display_name"] == "André Two"
    assert {each["token_owner"] for each in (*asking.values(), *leaving.values())} == {"moderator"}
    for each in (asking["applicant2@example.com"], leaving["hedda.nettle@example.org"]):
        fermium.rest("POST", f"lists/{name}/requests/{each['token']}", action="accept")
    fermium.rest("POST", f"lists/{name}/requests/{asking['applicant@example.com']['token']}", action="discard")
    member = fermium.member(name, "applicant2@example.com")
    assert member and member["delivery_mode"] == "plaintext_digests" and member["display_name"] == "André Two"
    assert fermium.member(name, "hedda.nettle@example.org") is None
    assert fermium.member(name, "applicant@example.com") is None
    proved("a request for a subscription, and one to leave, are accepted by a moderator of Mailman 3")


def confirm(fermium: MailServer, name: str, token: str, sender: str) -> None:
    to = f"{name}-confirm+{token}@{site.DOMAIN}"
    text = f"From: {sender}\nTo: {to}\nSubject: Re: confirm {token}\nMessage-ID: <{token}@example.net>\n\nYes.\n"
    done = fermium.run("python3", "-c", SAY, sender, to, stdin=text)
    assert done["rc"] == 0, done


def test_tokens_that_were_mailed_before(
    controller: Controller, fermium: MailServer, copy: str, moved: dict[str, Any], proved: Proved
) -> None:
    assert fermium.member(address("cafe-fr"), JOINER) is None
    assert fermium.member(address("village-talk"), copy) is not None
    confirm(fermium, "cafe-fr", JOINS, JOINER)
    confirm(fermium, "village-talk", LEAVES, copy)
    confirm(fermium, "filters-l", CANCELS, "nils.yarrow@example.org")
    member = fermium.becomes(lambda: fermium.member(address("cafe-fr"), JOINER), "who confirms is a member")
    assert member and member["display_name"] == "J. Oiner"
    fermium.becomes(lambda: fermium.member(address("village-talk"), copy) is None, "who confirms has left")
    fermium.becomes(
        lambda: set(fermium.held(address("filters-l"))) == {"has a report header"}, "who wrote takes it back"
    )
    again = controller.task(MIGRATE, **options(NAMES, ask_again=True))
    assert not any(each["put"] for each in again["lists"])
    assert fermium.member(address("village-talk"), copy) is None
    proved(
        "tokens that people got by mail from Mailman 2.1 are confirmed on Mailman 3",
        "a subscription, a leave, a held message",
    )


def test_the_digest_goes_on(fermium: MailServer, moved: dict[str, Any], proved: Proved) -> None:
    name = address("village-talk")
    fermium.check("runuser", "-u", "list", "--", "mailman", "digests", "--send", "--list", name)
    sent = eventually(lambda: received(fermium, "Digest, Vol 1, Issue 1", "Live post one"), "a digest is sent")
    assert "Delivered through exim and the qrunners." in sent[0]
    config = fermium.rest("GET", f"lists/{address('cafe-fr')}/config")
    assert (config["volume"], config["next_digest_number"]) == (7, 12)
    assert config["digest_last_sent_at"].startswith("2026-11-18T11:06:40")
    proved("the digest in progress is in the next digest")


# Kills the program at the end of one of its functions, where only a part is done.
SABOTAGE = """
import signal
def _die_after(owner, name):
    former = getattr(owner, name)
    def dies(*args, **more):
        former(*args, **more)
        os.kill(os.getpid(), signal.SIGKILL)
    setattr(owner, name, dies)
_die_after(Transactions if {0!r} == "run" else MovedList, {0!r})
"""
POINTS = ("note", "run", "stage_digest", "note_digest", "place_digest")


def kill_after(fermium: MailServer, function: str, put: dict[str, Any]) -> None:
    """Put items with the module's own program, which is killed after one of its functions."""
    sources = [inspect.getsource(module) for module in REQUESTS.modules]
    sources[-1] += SABOTAGE.format(function)
    names = [module.__name__ for module in REQUESTS.modules]
    header = json.dumps([[name, len(source.encode())] for name, source in zip(names, sources, strict=True)])
    asked = [json.dumps({"op": "open", "readonly": False}), json.dumps({"op": "put", **put})]
    text = header + "\n" + "".join(sources) + "\n".join(asked) + "\n"
    done = fermium.run("runuser", "-u", "list", "--", "python3", "-c", BOOT, stdin=text)
    assert done["rc"] in (-9, 137), done


def test_a_killed_run_is_finished_and_doubles_nothing(
    controller: Controller,
    fermium: MailServer,
    copy: str,
    sink: str,
    word: str,
    tmp_path: pathlib.Path,
    proved: Proved,
) -> None:
    names = {function: f"{word}-{function.replace('_', '-')}@{site.DOMAIN}" for function in POINTS}
    subprocess.run(["tar", "-xzf", FIXTURE, "--no-same-owner", "-C", tmp_path], check=True)
    state = tmp_path / "var/lib/mailman"
    shutil.copy(state / "lists/village-talk/digest.mbox", state / "lists/wiki-old")
    found = PendingHandler(str(state), dict(SAID), "copy").waiting({"lists": ["wiki-old"]})["lists"]["wiki-old"]
    made = {"archive_policy": "never", "owners": [site.OWNER]}
    controller.task(LIST, lists=[{"name": name, **made} for name in names.values()])
    try:
        for function in names:
            folder = f"{STATE}/lists/{function}"
            fermium.check("cp", "-r", f"{STATE}/lists/wiki-old", folder)
            fermium.check("cp", f"{STATE}/lists/village-talk/digest.mbox", folder)
        for function, name in names.items():
            waits = items.waiting(function, found, time.time()).items
            put = {"list": name, "items": [item.put() for item in waits], "issue": None}
            kill_after(fermium, function, put)
        asked: dict[str, Any] = {
            "copy": STATE,
            "account": f"{ACCOUNT}-{word}",
            "notify": True,
            "lists": [{"list": name, "source": function} for function, name in names.items()],
        }
        said = controller.task(MIGRATE, **asked)
        for each in said["lists"]:
            name = each["list"]
            assert [entry["subject"] for entry in fermium.entries(f"lists/{name}/held")] == ["anyone here?"], name
            where = f"/var/lib/mailman3/lists/{name.replace('@', '.')}"
            assert fermium.check("cat", f"{where}/digest.mmdf").count("Delivered through exim and the qrunners.") == 1
            assert fermium.check("ls", where).split() == ["digest.mmdf"], name
            # with the options of the members
            assert (each["found"], each["moved"]) == (3, 3), each
        assert controller.task(MIGRATE, **asked)["changed"] is False
        # whose message was not put before
        told = f"The {names['note']} list has 1 moderation requests waiting."
        eventually(lambda: received(fermium, f"X-RcptTo: {site.OWNER}", told), "its owner is told, as was asked for")
        assert len(received(fermium, told)) == 1
    finally:
        controller.task(LIST, lists=[{"name": name, "state": "absent"} for name in names.values()])
        fermium.check("rm", "-rf", f"{ACCOUNT}-{word}", *(f"{STATE}/lists/{function}" for function in POINTS))
    proved(
        "a run that is killed between any two steps is finished by the next one, and doubles nothing",
        f"{len(POINTS)} kills",
    )
