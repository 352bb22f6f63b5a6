# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An archived message says something else: everywhere, and nothing else changes."""

from __future__ import annotations

import base64
import contextlib
import copy
import email.message
import email.policy
import email.utils
import io
import json
import re
import subprocess
import tarfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from support import site
from support.controller import Controller, results
from support.inside import eventually
from support.mail_server import MailServer
from support.outside import CERTIFICATE, Outside, archived_at
from support.proved import Proved

MODULE = "listops.mailman.mailman_redact"
LIST = "listops.mailman.mailman_list"
ENGINE = "[i]mport json, os, sys, types"
KILL = f"kill -9 $(ps -o ppid=,pid= -p $(pgrep -d, -f '{ENGINE}'))"
LOG = "/var/log/listops-redactions.jsonl"
STATE = "/var/lib/mailman3"
REMOVED = "Removed, says the court."


class Archive:
    """A list of four posts: a thread of three with the secret in the middle, and one beside it."""

    def __init__(self, fermium: MailServer, outside: Outside, word: str, policy: str = "public") -> None:
        self.fermium, self.outside, self.word = fermium, outside, word
        self.address = f"red-{word}@{site.DOMAIN}"
        # words that are in the message and nowhere else
        self.secret, self.enclosed, self.title = f"secret{word}", f"enclosed{word}", f"title{word}"
        self.pages: dict[str, str] = {}
        self.wanted = 403 if policy == "private" else 200
        self.first = self.post("first", f"first {word}", f"Hello, {word}.\n")
        self.ident = self.post(
            "secret", f"Re: {self.title}", f"It is {self.secret}.\n", answers=self.first, attach=True
        )
        self.post("reply", f"Re: first {word}", f"I see, {word}.\n", answers=self.ident)
        self.post("beside", f"beside {word}", f"Other things, {word}.\n")

    def post(self, name: str, subject: str, text: str, *, answers: str = "", attach: bool = False) -> str:
        message = email.message.EmailMessage(policy=email.policy.SMTP)
        message["From"], message["To"], message["Subject"] = f"Alice <{site.ALICE}>", self.address, subject
        message["Date"] = email.utils.formatdate()
        if answers:
            message["In-Reply-To"] = answers
        message.set_content(text)
        if attach:
            message.add_attachment(f"{self.enclosed}\n".encode(), "application", "x-record", filename="record.bin")
        return self.hand_in(name, message)

    def hand_in(self, name: str, message: email.message.EmailMessage) -> str:
        del message["Message-ID"]
        message["Message-ID"] = email.utils.make_msgid(domain="mx.example.net")
        said = self.outside.ask(
            "smtp",
            host=self.outside.mail_server,
            mail_from=site.ALICE,
            recipients=[self.address],
            message=message.as_bytes(policy=email.policy.SMTP).decode(),
        )
        assert said["data"][0] == 250
        delivered = self.outside.mailbox(site.ALICE).wait_for(str(message["Message-ID"]))
        self.pages[name] = archived_at(delivered)
        eventually(lambda: self.outside.get(self.pages[name]).status == self.wanted, f"{name} is archived")
        return str(message["Message-ID"])

    def digests(self) -> None:
        """Mailman's own digests, which somebody sends to the list: one MIME, one plain."""
        self.fermium.check("runuser", "-u", "list", "--", "mailman", "digests", "--send", "--list", self.address)
        for name, reader in (("mime", site.CAROL), ("plain", site.BOB)):
            digest = self.outside.mailbox(reader).wait_for(self.secret)
            forwarded = copy.deepcopy(digest)
            for header in [key for key in forwarded if not key.lower().startswith(("content-", "mime-"))]:
                del forwarded[header]
            forwarded["From"], forwarded["To"] = site.ALICE, self.address
            forwarded["Subject"] = f"a {name} digest"
            self.hand_in(name, forwarded)

    def topics(self) -> dict[str, list[str]]:
        """What the tables of contents of the digests name: in the archive, and where they wait to be sent in one."""
        texts = {name: self.api(name)["content"] for name in ("mime", "plain")}
        texts["waiting"] = self.fermium.check("cat", f"{STATE}/lists/{self.address.replace('@', '.')}/digest.mmdf")
        found = {name: re.findall(r"^   \d\. .*(?:\n {6}\S.*)*", text, re.MULTILINE) for name, text in texts.items()}
        return {name: [" ".join(entry.split()) for entry in entries] for name, entries in found.items()}

    def crawl(self) -> dict[str, str]:
        """Every page of the archive that can be reached, those included that scripts ask for."""
        found: dict[str, str] = {}
        front = f"{site.ARCHIVES}/list/{self.address}/"
        parts = ("", "latest", "recent-threads", "top-threads", "pop-threads", "top-posters", "feed/")
        queue = [*self.pages.values(), *(front + part for part in parts)]
        while queue:
            url = queue.pop()
            page = self.outside.get(url)
            assert page.status in (200, 302), f"{url}: {page.status}"
            found[url] = page.text
            if re.search(r"/thread/\w+/$", url):
                queue.append(url + "replies?sort=thread")
            for link in re.findall(r'href="([^"#?]+)', page.text):
                target = link if link.startswith("https:") else f"https://{site.DOMAIN}{link}"
                inside = f"/list/{self.address}/" in target and not re.search(r"/(reply|delete|new|vote)/?$", target)
                if inside and "/export/" not in target and target not in [*found, *queue]:
                    queue.append(target)
        return found

    def mbox(self) -> str:
        url = f"{site.ARCHIVES}/list/{self.address}/export/all.mbox.gz"
        text = self.outside.check("sh", "-c", f"curl -sf --cacert {CERTIFICATE} '{url}' | gunzip")
        # HyperKitty makes it each time, and draws lots for what divides its parts
        return re.sub(r"={15}\d+==", "=boundary=", text)

    def api(self, name: str) -> Any:
        return json.loads(
            self.outside.get(f"{site.ARCHIVES}/api/list/{self.address}/email/{self.hash(name)}/?format=json").text
        )

    def hash(self, name: str) -> str:
        return self.pages[name].rstrip("/").rpartition("/")[2]

    def finds(self, what: str, name: str = "secret") -> bool:
        page = self.outside.get(f"{site.ARCHIVES}/search?mlist={self.address}&q={what}")
        assert page.status == 200
        return self.hash(name) in page.text

    def on_disk(self, *words: str) -> list[str]:
        """Files of Mailman, its web interface and its search index in which one of the words is."""
        patterns = [part for word in words for part in ("-e", word)]
        return str(self.fermium.run("grep", "-rlaF", *patterns, STATE, LOG)["out"]).split()


@pytest.fixture
def archive(fermium: MailServer, outside: Outside, controller: Controller, word: str) -> Iterator[Archive]:
    address = f"red-{word}@{site.DOMAIN}"
    members = [
        site.ALICE,
        {"address": site.CAROL, "delivery_mode": "mime_digests"},
        {"address": site.BOB, "delivery_mode": "plaintext_digests"},
    ]
    controller.task(LIST, name=address, members=members, digests_enabled=True, digest_size_threshold=1000)
    yield Archive(fermium, outside, word)
    controller.task(LIST, name=address, state="absent", archives="drop")


@pytest.fixture
def lawyers(tmp_path: Path) -> Iterator[Path]:
    """A key ring; its public key is in `public`."""
    home = tmp_path / "gpg"
    home.mkdir(mode=0o700)
    gpg(home, "--passphrase", "", "--quick-generate-key", "lawyers@example.com", "rsa2048", "encrypt", "never")
    (home / "public").write_bytes(gpg(home, "--armor", "--export"))
    yield home
    subprocess.run(["gpgconf", "--homedir", str(home), "--kill", "all"], check=True)


def gpg(home: Path, *arguments: str, stdin: bytes = b"") -> bytes:
    command = ["gpg", "--homedir", str(home), "--batch", "--quiet", *arguments]
    return subprocess.run(command, input=stdin, capture_output=True, check=True).stdout


@contextlib.contextmanager
def held(fermium: MailServer, lock: str) -> Iterator[None]:
    """Another process has a lock."""
    program = f"import fcntl, sqlite3, sys\nlock = {lock}\nprint('held', flush=True)\nsys.stdin.read()"
    command = [*fermium.engine, "exec", "-i", fermium.container, "python3", "-c", program]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert process.stdout and process.stdin and process.stdout.readline() == b"held\n"
    try:
        yield
    finally:
        process.stdin.close()
        process.wait()


def test_a_message_is_redacted_everywhere(
    fermium: MailServer, outside: Outside, controller: Controller, archive: Archive, lawyers: Path, proved: Proved
) -> None:
    secrets = (archive.secret, archive.enclosed)
    prototype = f"{STATE}/archives/prototype/{archive.address}"
    raw = archive.outside.mailbox(site.ALICE).wait_for(archive.secret).as_bytes().decode()
    fermium.check(
        "runuser", "-u", "list", "--", "mkdir", "-p", *(f"{prototype}/{part}" for part in ("cur", "new", "tmp"))
    )
    fermium.check("runuser", "-u", "list", "--", "sh", "-c", f"cat > {prototype}/new/1.x", stdin=raw)
    archive.digests()
    fermium.manage("update_index_one_list", archive.address)
    assert archive.finds(archive.secret)
    mbox, pages = archive.mbox(), archive.crawl()
    (attached,) = [url for url in pages if url.endswith("/record.bin")]
    others = {name: archive.api(name) for name in ("first", "reply", "beside")}
    assert mbox.count(archive.secret) >= 2, "the digest is not in the download"
    spots = archive.on_disk(*secrets)
    assert len(spots) >= 4, spots

    replacement: dict[str, Any] = {
        "list": archive.address,
        "message_id": archive.ident,
        "reason": "court order 4711",
        "replacement": REMOVED,
        "by": "op",
        "escrow_key": (lawyers / "public").read_text(encoding="ascii"),
    }
    shown = controller.task(MODULE, check_mode=True, **replacement)
    assert shown["changed"] is True and archive.mbox() == mbox, "check mode redacted it"
    assert archive.on_disk(*secrets) == spots
    assert fermium.run("test", "-e", shown["escrow"])["rc"] != 0
    done = controller.task(MODULE, **replacement)
    assert {**done, "invocation": 0} == {**shown, "invocation": 0}, "check mode showed something else"
    for again in (controller.task(MODULE, check_mode=True, **replacement), controller.task(MODULE, **replacement)):
        assert again["changed"] is False and again["places"] == [], again["places"]
    kinds = [what for place in done["places"] for what in place["what"]]
    assert sorted(kinds) == sorted(
        ["content", "1 attachments", "attached message", "section of a plain digest", "message", "digest in progress"]
    ), done["places"]
    assert done["replies"] == [archive.pages["reply"].partition(site.DOMAIN)[2]]

    # nowhere any more: not on a page, in a download, a search, the interface, a file, a result
    after = archive.crawl()
    assert set(after) == set(pages) - {attached}
    assert outside.get(attached).status == 404
    for place in (*after.values(), archive.mbox(), json.dumps(archive.api("secret")), json.dumps(done)):
        assert not any(secret in place for secret in secrets)
    assert not archive.finds(archive.secret) and archive.finds("court")
    assert archive.on_disk(*secrets) == []
    # in its place, and the others as they were
    assert REMOVED in outside.get(archive.pages["secret"]).text
    assert {name: archive.api(name) for name in others} == others
    left = archive.mbox()
    assert left.count(REMOVED) == 2, "the message, and in a plain digest"
    assert [REMOVED in text for url, text in after.items() if "/attachment/" in url].count(True) == 1, (
        "in a MIME digest"
    )
    assert left.count("\nMessage-ID: ") == mbox.count("\nMessage-ID: ")
    assert archive.pages["secret"] in after

    # a digest that was in progress goes out without it
    fermium.check("runuser", "-u", "list", "--", "mailman", "digests", "--send", "--list", archive.address)
    sent = eventually(lambda: outside.mailbox(site.CAROL).all(REMOVED), "the next digest")
    assert not any(secret in str(sent[0]) for secret in secrets)

    # the original, for whom it was sealed
    sealed = fermium.check("base64", "-w0", done["escrow"])
    assert fermium.check("stat", "-c", "%a %U", done["escrow"]).split() == ["600", "root"]
    assert fermium.check("stat", "-c", "%a", done["escrow"].rpartition("/")[0]).strip() == "700"
    opened = gpg(lawyers, "--decrypt", stdin=base64.b64decode(sealed))
    with tarfile.open(fileobj=io.BytesIO(opened)) as tar:
        files = {name: tar.extractfile(name).read() for name in tar.getnames()}  # type: ignore[union-attr]
    assert sorted(files) == ["hyperkitty.eml", "prototype-0.eml"]
    for data in files.values():
        message = email.message_from_bytes(data, policy=email.policy.default)
        parts = [part.get_payload(decode=True) or b"" for part in message.walk()]
        assert any(archive.secret.encode() in part for part in parts)
        assert any(archive.enclosed.encode() in part for part in parts)
    lines = [json.loads(line) for line in fermium.check("cat", LOG).splitlines()]
    mine = [line for line in lines if line["list"] == archive.address]
    assert [line["state"] for line in mine] == ["begun", "done"]
    assert (mine[0]["by"], mine[0]["reason"], mine[0]["replaced"]) == ("op", "court order 4711", ["content"])
    assert fermium.check("stat", "-c", "%a %U", LOG).split() == ["600", "root"]
    proved("a message is redacted in the archive, downloads, search, digests and files", f"{len(spots)} files -> 0")
    proved("every page before is there after", f"{len(after)} pages, 1 attachment gone")
    proved("the original is sealed for one key", " + ".join(sorted(files)))


def test_subject_and_sender_by_playbook(
    fermium: MailServer, outside: Outside, controller: Controller, archive: Archive, proved: Proved
) -> None:
    secrets = (archive.secret, archive.enclosed, archive.title)
    # what HyperKitty keeps ready of a thread is the subject of its first message
    beginning = f"beginning{archive.word}"
    began = archive.post("beginning", beginning, "Hello again.\n")
    archive.digests()
    named = [
        f"1. first {archive.word} (Alice)",
        f"2. Re: {archive.title} (Alice)",
        f"3. Re: first {archive.word} (Alice)",
    ]
    named += [f"4. beside {archive.word} (Alice)", f"5. {beginning} (Alice)"]
    assert archive.topics() == {"mime": named, "plain": named, "waiting": named * 2}
    pages = archive.crawl()
    assert sum(beginning in text for text in pages.values()) >= 4
    controller.task(MODULE, list=archive.address, message_id=began, reason="ticket 12", subject="(none)")
    eventually(lambda: outside.get(archive.pages["beginning"]).status == 200, "the web service is back")
    assert [url for url, text in archive.crawl().items() if beginning in text] == []
    named[4] = "5. (none) (Alice)"
    assert archive.topics() == {"mime": named, "plain": named, "waiting": named * 2}
    options = [
        f"redact_url={archive.pages['secret']}",
        "redact_reason=ticket 12",
        "redact_subject=(removed)",
        "redact_sender=Removed <removed@lists.example.org>",
    ]
    arguments = [part for option in options for part in ("-e", json.dumps(dict([option.split("=", 1)])))]
    said = results(controller.playbook("playbooks/redact.yml", *arguments))[-1]["msg"]
    page = archive.pages["secret"].partition(site.DOMAIN)[2]
    assert f"{page}: content, 1 attachments, subject, sender" in said["redacted"]
    eventually(lambda: outside.get(archive.pages["secret"]).status == 200, "the web service is back")
    after = archive.crawl()
    assert {url for url in pages if not url.endswith("record.bin")} == set(after)
    leaks = [(url, secret) for url, text in after.items() for secret in secrets if secret in text]
    assert leaks == []
    entry = archive.api("secret")
    assert (entry["subject"], entry["sender_name"]) == ("(removed)", "Removed")
    assert archive.hash("secret") == entry["message_id_hash"]
    assert not any(secret in archive.mbox() for secret in secrets)
    assert not archive.finds(archive.title) and archive.finds("Removed")
    assert archive.on_disk(*secrets) == []
    named[1] = "2. (removed) (Removed)"
    assert archive.topics() == {"mime": named, "plain": named, "waiting": named * 2}
    again = controller.playbook("playbooks/redact.yml", *arguments)
    assert again["stats"]["fermium"]["changed"] == 0
    assert results(again)[-1]["msg"]["redacted"] == ["nothing"]
    # only the sender, of a message whose sender and subject others have, too
    alone: dict[str, Any] = {
        "list": archive.address,
        "message_id": archive.first,
        "reason": "r",
        "sender": "Removed <removed@example.org>",
    }
    assert controller.task(MODULE, **alone)["changed"] is True
    assert controller.task(MODULE, **alone)["changed"] is False
    named[0] = f"1. first {archive.word} (Removed)"
    assert archive.topics() == {"mime": named, "plain": named, "waiting": named * 2}
    eventually(lambda: outside.get(archive.pages["secret"]).status == 200, "the web service is back")
    # the thread goes on
    archive.post("later", "Re: (removed)", "Still here.\n", answers=archive.ident)
    assert archive.api("later")["thread"] == entry["thread"]
    proved("subject and sender are redacted, too, by the page's address", f"{len(after)} pages as before")
    proved("digests name a redacted message otherwise in their contents", "MIME and plain, archived and not sent yet")


def test_a_redaction_that_is_killed_is_finished_by_the_next_run(
    fermium: MailServer, outside: Outside, controller: Controller, archive: Archive, proved: Proved
) -> None:
    archive.digests()
    fermium.manage("update_index_one_list", archive.address)
    assert archive.finds(archive.secret, "plain")
    replacement: dict[str, Any] = {
        "list": archive.address,
        "message_id": archive.ident.strip("<>"),
        "reason": "ticket 13",
    }
    # stopped where it waits for somebody: at the archive's database, and at the search index, which knows of a digest first
    with held(
        fermium, f"sqlite3.connect('{STATE}/web/mailman3web.db', isolation_level=None).execute('BEGIN IMMEDIATE')"
    ):
        run = controller.begin(MODULE, **replacement)
        eventually(lambda: archive.address in fermium.run("cat", LOG)["out"], "it is noted")
        fermium.run("sh", "-c", KILL)
        run.wait()
    assert archive.secret in outside.get(archive.pages["secret"]).text
    (lock,) = fermium.check("sh", "-c", f"find {STATE}/web/*_index -name lockfile -o -name MAIN_WRITELOCK").split()
    with held(fermium, f"[(file := open('{lock}')), fcntl.flock(file, fcntl.LOCK_EX)]"):
        run = controller.begin(MODULE, **replacement)
        eventually(lambda: fermium.run("grep", "-c", archive.address, LOG)["out"].strip() == "2", "it is noted again")
        # longer than it takes when it need not wait
        time.sleep(4)
        fermium.run("sh", "-c", KILL)
        run.wait()
    assert all(archive.secret in outside.get(archive.pages[name]).text for name in ("secret", "plain"))
    finished = controller.task(MODULE, **replacement)
    assert finished["changed"] is True and finished["finished"] is True
    assert controller.task(MODULE, **replacement)["changed"] is False
    assert archive.on_disk(archive.secret, archive.enclosed) == []
    assert not any(
        archive.finds(word, name) for word in (archive.secret, archive.enclosed) for name in ("secret", "plain")
    )
    proved("a redaction that is killed is finished by the next run", "at the database, at the search index")


def test_a_private_archive_stays_private(
    fermium: MailServer, outside: Outside, controller: Controller, word: str, proved: Proved
) -> None:
    address = f"red-{word}@{site.DOMAIN}"
    controller.task(LIST, name=address, members=[site.ALICE], archive_policy="private")
    archive = Archive(fermium, outside, word, "private")
    done = controller.task(MODULE, list=address, message_id=archive.ident, reason="ticket 14", replacement=REMOVED)
    assert done["changed"] is True
    doors = [archive.pages["secret"], f"{site.ARCHIVES}/search?q=court", f"{site.ARCHIVES}/list/{address}/"]
    assert outside.get(doors[0]).status == 403
    assert not any(REMOVED in outside.get(door).text for door in doors)
    controller.task(LIST, name=address, state="absent", archives="drop")
    proved("a redacted message of a private archive stays private", f"{len(doors)} doors")


def test_bad_input(fermium: MailServer, controller: Controller, archive: Archive) -> None:
    replacement: dict[str, Any] = {"list": archive.address, "message_id": archive.ident, "reason": "r"}
    before = archive.mbox()
    bad: dict[str, dict[str, Any]] = {
        f"<no@where> is not in the archive of {archive.address}": {"message_id": "<no@where>"},
        "reason is ' ': give a text": {"reason": " "},
        "give a name and an address": {"sender": "somebody"},
        "gpg cannot encrypt for escrow_key: give one public key": {"escrow_key": "no key"},
        "mutually exclusive": {"url": archive.pages["secret"]},
    }
    tasks = [{"name": "bad", MODULE: {**replacement, **more}, "ignore_errors": True} for more in bad.values()]
    play = json.dumps([{"hosts": "fermium", "gather_facts": False, "tasks": tasks}])
    for sentence, said in zip(bad, results(controller.playbook("/dev/stdin", stdin=play)), strict=True):
        assert said["failed"] is True and sentence in said["msg"], said["msg"]
    assert archive.mbox() == before
