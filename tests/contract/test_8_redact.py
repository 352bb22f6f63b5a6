# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A message in Pipermail's archive says something else; no other byte of the archive changes."""

from __future__ import annotations

import base64
import email.message
import io
import json
import re
import subprocess
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mailman21 import STATE, Mailman21

MODULE = "mailman_redact"
REMOVED = "Removed, says the court."


class Archive:
    """The archive of a list with a thread of three, the secret in the middle, one beside it, and two digests of them."""

    def __init__(self, host: Mailman21, name: str) -> None:
        self.host, self.name = host, name
        # words that are in the message and nowhere else
        word = name.rpartition("-")[2]
        self.secret, self.enclosed, self.title = f"secret{word}", f"enclosed{word}", f"title{word}"
        self.author = f"author{word}"
        self.ident = f"<Two.{word}@example.net>"
        self.log = f"{host.room}/{name}.jsonl"
        # where Mailman's user can read, too
        self.room = f"/tmp/{name}"
        host.sh(f"umask 022; mkdir {self.room}; cp archive.py {self.room}")
        self.posted = 0
        # a public archive, as most are
        host.config_list(name, "archive_private = 0\n")
        self.post(
            self.message(1, "Bob <bob@example.org>", f"first {word}", "Hello.\n"),
            self.message(2, f"{self.author} <{self.author}@example.org>", self.title, f"It is {self.secret}.\n", 1),
            self.message(3, "Bob <bob@example.org>", f"Re: first {word}", "From here, I see.\n", 2),
            self.message(4, "Eve <eve@example.org>", f"beside {word}", "Caf\xe9.\n"),
        )
        assert self.as_list("archive.digests").strip() == "2"

    def as_list(self, function: str, *arguments: str) -> str:
        """As the user whose the files are."""
        words = f"withlist -q -l -r {function} {self.name} {' '.join(arguments)}"
        return self.host.sh(f"cd {self.room}; umask 002; runuser -u list -- env PYTHONPATH={self.room} {words}")

    def message(self, number: int, sender: str, subject: str, text: str, answers: int = 0) -> bytes:
        names = ("", "One", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight", "Nine")
        word = self.name.rpartition("-")[2]
        post = email.message.EmailMessage()
        post["From"], post["To"], post["Subject"] = sender, f"{self.name}@example.org", subject
        post["Date"] = f"Mon, 05 Jan 2026 1{number}:00:00 +0000"
        post["Message-ID"] = f"<{names[number]}.{word}@example.net>"
        if answers:
            post["In-Reply-To"] = f"<{names[answers]}.{word}@example.net>"
        post.set_content(text)
        if number == 2:
            post.add_attachment(f"{self.enclosed}\n".encode(), "application", "x-record", filename="record.bin")
        return post.as_bytes()

    def post(self, *messages: bytes) -> None:
        folder = f"{self.room}/posts-{self.posted}"
        self.host.check("mkdir", "-p", folder)
        for at, message in enumerate(messages):
            self.host.run("sh", "-c", f"cat > {folder}/{at}", stdin=message.decode("utf-8"))
        self.posted += 1
        self.as_list("archive.post", folder)

    def files(self) -> dict[str, str]:
        """Every file of the archive with its checksum."""
        where = f"{STATE}/archives/private/{self.name} {STATE}/archives/private/{self.name}.mbox {STATE}/lists/{self.name}/digest.mbox"
        lines = self.host.sh(f"find {where} -type f ! -name '*.lock*' -exec sha256sum {{}} + | sort -k2").splitlines()
        return {path: digest for digest, _blank, path in (line.partition("  ") for line in lines)}

    def having(self, *words: str) -> list[str]:
        """Files of Mailman in which one of the words is, compressed or not."""
        patterns = " ".join(f"-e {word}" for word in words)
        found = self.host.shell(f"grep -rlaF {patterns} {STATE}; zgrep -laF {patterns} $(find {STATE} -name '*.gz')")
        return sorted(set(found["out"].split()))

    def links(self) -> set[str]:
        """Where the pages of the archive lead to."""
        folder = f"{STATE}/archives/private/{self.name}"
        return set(
            self.host.sh(f"cd {folder}; grep -roihE 'href=\"[^\":]+\"' --include='*.html' . | sort -u").split("\n")
        )

    def redact(self, check_mode: bool = False, **more: Any) -> dict[str, Any]:
        replacement = {"list": self.name, "message_id": self.ident, "reason": "court order", "replacement": REMOVED}
        if "url" in more:
            del replacement["message_id"]
        return self.host.module(
            MODULE,
            check_mode=check_mode,
            log=self.log,
            escrow_directory=f"{self.host.room}/escrow",
            **{**replacement, **more},
        )


@pytest.fixture
def archive(host: Mailman21, made: str) -> Iterator[Archive]:
    if host.run("test", "-x", "/usr/lib/mailman/bin/arch")["rc"]:
        pytest.skip("the stand-in has no archive")
    yield Archive(host, made)
    host.check("rm", "-rf", f"/tmp/{made}")


def test_a_message_is_redacted_in_its_place(host: Mailman21, archive: Archive) -> None:
    host.sh(f"runuser -u list -- /usr/lib/mailman/cron/nightly_gzip {archive.name}")
    secrets = (archive.secret, archive.enclosed)
    before, links, spots = archive.files(), archive.links(), archive.having(*secrets)
    folder = f"{STATE}/archives/private/{archive.name}"
    assert len(spots) >= 7, spots
    shown = archive.redact(check_mode=True)
    assert shown.get("changed") is True, shown
    assert archive.files() == before, "check mode wrote"
    done = archive.redact()
    assert done == shown, "check mode showed something else"
    assert archive.having(*secrets) == []
    again = archive.redact(check_mode=True), archive.redact()
    assert [one["changed"] for one in again] == [False, False], again

    after = archive.files()
    gone = set(before) - set(after)
    assert gone and all("/attachments/20260105/" in path for path in gone)
    assert set(after) <= set(before)
    changed = {path for path in after if after[path] != before[path]}
    assert changed | {path.rpartition("/")[0] for path in gone} == {place["place"] for place in done["places"]}
    assert changed <= set(spots), "a file without the message changed"
    # its number, thread and page are what they were
    assert archive.links() == links
    page = host.check("cat", f"{folder}/2026-January/000001.html")
    assert REMOVED in page and archive.title in page
    assert "From here, I see." in host.check("cat", f"{folder}/2026-January/000002.html")
    month = host.check("cat", f"{folder}/2026-January.txt")
    assert month.count(REMOVED) == 2, "the message, and in the plain digest"
    assert done["replies"] == [done["message"]["url"].replace("000001", "000002")]
    lines = [json.loads(line) for line in host.check("cat", archive.log).splitlines()]
    assert [line["state"] for line in lines] == ["begun", "done"]
    assert not any(secret in json.dumps([done, lines]) for secret in secrets)

    # Mailman goes on with it, and makes the same of it from its mailbox
    archive.post(archive.message(5, "Bob <bob@example.org>", "later", "Later.\n", 2))
    assert archive.having(*secrets) == []
    assert archive.redact()["changed"] is False
    thread = f"sed -n 's/.*HREF=\"\\(0[0-9]*.html\\).*/\\1/p' {folder}/2026-January/thread.html"
    numbers = host.sh(thread)
    host.sh(f"runuser -u list -- /usr/lib/mailman/bin/arch -q --wipe {archive.name}")
    assert host.sh(thread) == numbers
    assert archive.having(*secrets) == []
    assert REMOVED in host.check("cat", f"{folder}/2026-January/000001.html")


def test_subject_and_sender_by_the_pages_address(host: Mailman21, archive: Archive) -> None:
    url = archive.redact(check_mode=True)["message"]["url"]
    assert url.endswith(f"/pipermail/{archive.name}/2026-January/000001.html")
    before, links = archive.files(), archive.links()
    more = {"url": url, "subject": "(gelöscht)", "sender": "Removed <removed@example.org>"}
    done = archive.redact(**more)
    assert done["changed"] is True, done
    assert archive.redact(**more)["changed"] is False
    assert archive.links() == links
    pages = f"{STATE}/archives/private/{archive.name}/2026-January"
    secrets = (archive.secret, archive.enclosed, archive.title, archive.author)
    assert archive.having(*secrets) == []
    for index in ("thread", "date", "subject", "author"):
        text = host.check("cat", f"{pages}/{index}.html")
        assert "(gel" in text and "Removed" in text, index
    page = host.check("cat", f"{pages}/000001.html")
    assert "(gel" in page and "Removed" in page and REMOVED in page
    after = archive.files()
    # the pages beside it and the digests change where they name it, and the others not at all
    assert 'Previous message (by thread): <A HREF="000001.html">(gel' in host.check("cat", f"{pages}/000002.html")
    assert {path for path in before if "/0000" in path and after[path] == before[path]} == {f"{pages}/000003.html"}
    archive.post(archive.message(5, "Bob <bob@example.org>", "later", "Later.\n", 2))
    assert archive.having(*secrets) == [], "Mailman brought it back"
    assert archive.redact(**more)["changed"] is False


def test_digests_name_it_otherwise_in_their_contents(host: Mailman21, archive: Archive) -> None:
    """Only that message, though others have its subject and sender, and in digests of digests, too."""
    word = archive.name.rpartition("-")[2]
    long = f"a subject of {word} that is so long that Mailman folds it when it is among the later ones"
    archive.post(*(archive.message(number, "Bob <bob@example.org>", long, "Text.\n") for number in range(5, 10)))
    assert archive.as_list("archive.digests").strip() == "2"
    folder = f"{STATE}/archives/private/{archive.name}"
    places = [f"{folder}/2026-January/0000{number}.html" for number in ("04", "05", "11", "12")]
    places += [f"{folder}.mbox/{archive.name}.mbox", f"{folder}/2026-January.txt"]
    places += [f"{STATE}/lists/{archive.name}/digest.mbox"]

    def topics() -> dict[str, list[str]]:
        return {place: entries(host.check("cat", place)) for place in places}

    before = topics()
    assert before[places[0]][2] == f"3. Re: first {word} (Bob)"
    assert before[places[3]][9] == f"10. {long} (Bob)"
    assert any("digest 0" in entry for entry in before[places[3]])

    def becomes(number: str, text: str, new: str, **more: Any) -> None:
        old = topics()
        done = archive.redact(message_id=f"<{number}.{word}@example.net>", **more)
        assert done["changed"] is True, done
        assert archive.redact(message_id=f"<{number}.{word}@example.net>", **more)["changed"] is False
        found = topics()
        for place in places:
            assert found[place] == [new if entry == text else entry for entry in old[place]], place
        assert len([place for place in places if found[place] != old[place]]) >= 4

    sender = {"sender": "Removed <removed@example.org>"}
    becomes("Three", f"3. Re: first {word} (Bob)", f"3. Re: first {word} (Removed)", **sender)
    becomes("Three", f"3. Re: first {word} (Removed)", "3. (gone) (Removed)", subject="(gone)")
    becomes("Eight", f"10. {long} (Bob)", f"10. {long} (Removed)", **sender)
    becomes("Two", f"2. {archive.title} ({archive.author})", "2. (none) (Removed)", subject="(none)", **sender)
    assert archive.having(archive.secret, archive.enclosed, archive.title, archive.author) == []


def entries(text: str) -> list[str]:
    """All that tables of contents name, each on a line."""
    text = re.sub(r"<[^>]*>", "", text)
    found = re.findall(r"^  ([ \d]\d\. .*(?:\n {6}\S.*)*)", text, re.MULTILINE)
    return [" ".join(entry.split()) for entry in found]


def test_a_message_that_was_posted_twice(host: Mailman21, archive: Archive) -> None:
    """Pipermail's index knows its second page only."""
    archive.post(archive.message(2, f"{archive.author} <{archive.author}@example.org>", "again", f"{archive.secret}\n"))
    pages = f"{STATE}/archives/private/{archive.name}/2026-January"
    assert len([path for path in archive.having(archive.secret) if path.startswith(f"{pages}/0")]) == 3
    assert archive.redact()["changed"] is True
    assert archive.having(archive.secret, archive.enclosed) == []
    assert archive.redact()["changed"] is False
    for number in (1, 6):
        assert REMOVED in host.check("cat", f"{pages}/00000{number}.html")


def test_a_redaction_that_is_killed_is_finished_by_the_next_run(host: Mailman21, archive: Archive) -> None:
    replacement = {
        "list": archive.name,
        "message_id": archive.ident,
        "reason": "r",
        "replacement": REMOVED,
        "log": archive.log,
    }
    for pause in (0.1, 0.15, 0.2, 0.22, 0.24, 0.26, 0.28, 0.3):
        process = host.begin(MODULE, **replacement)
        host.sh(
            f"for try in $(seq 200); do module=$(pgrep -f 'modules[.]{MODULE}$') && pgrep -P $module && break; sleep 0.01; done;"
            f" sleep {pause}; kill -9 $module $(pgrep -P $module) || test $? = 1"
        )
        process.wait()
    # as when the power goes after the last file, and before the log
    found = {"state": "begun", "list": f"{archive.name}@{host.domain}", "message_id": archive.ident.strip("<>")}
    host.run("sh", "-c", f"cat >> {archive.log}", stdin=json.dumps(found) + "\n")
    done = archive.redact()
    assert done["changed"] is True and done["finished"] is True, done
    assert archive.having(archive.secret, archive.enclosed) == []
    assert archive.redact()["changed"] is False
    states = [json.loads(line)["state"] for line in host.check("cat", archive.log).splitlines()]
    assert states[-1] == "done" and states.count("begun") > states.count("done"), states
    # no lock is left
    archive.post(archive.message(5, "Bob <bob@example.org>", "later", "Later.\n", 2))


def test_the_original_is_sealed_before(host: Mailman21, archive: Archive, tmp_path: Path) -> None:
    home = ["gpg", "--homedir", str(tmp_path), "--batch", "--quiet"]
    tmp_path.chmod(0o700)
    make = ["--passphrase", "", "--quick-generate-key", "lawyers@example.com", "rsa2048", "encrypt", "never"]
    subprocess.run([*home, *make], check=True, capture_output=True)
    key = subprocess.run([*home, "--armor", "--export"], check=True, capture_output=True, text=True).stdout
    before = archive.files()
    if host.run("which", "gpg")["rc"]:
        assert "there is no gpg on this host" in archive.redact(escrow_key=key)["msg"]
        assert archive.files() == before
        return
    assert "give one public key" in archive.redact(escrow_key="no key")["msg"]
    assert archive.files() == before
    sealed = archive.redact(escrow_key=key)["escrow"]
    assert host.check("stat", "-c", "%a", sealed).strip() == "600"
    data = base64.b64decode(host.check("base64", "-w0", sealed))
    opened = subprocess.run([*home, "--decrypt"], input=data, check=True, capture_output=True).stdout
    with tarfile.open(fileobj=io.BytesIO(opened)) as tar:
        names = tar.getnames()
        mail = tar.extractfile("mailbox.eml")
        assert mail and archive.secret.encode() in mail.read()
    assert "page.html" in names and any(name.startswith("attachments/") for name in names)
    assert archive.having(archive.secret, archive.enclosed) == []


def test_what_cannot_be_meant_is_refused(host: Mailman21, made: str) -> None:
    replacement = {"message_id": "<x@y>", "reason": "r", "log": f"{host.room}/none.jsonl"}
    missing = f"{made}-missing"
    assert host.refusal(MODULE, list=missing, **replacement).startswith(f"list {missing}@")
    assert "the list name is '..'" in host.refusal(MODULE, list="..", **replacement)
    assert "give a name and an address" in host.refusal(MODULE, list=made, sender="nobody", **replacement)
    assert host.run("test", "-e", replacement["log"])["rc"]


def test_a_message_that_is_not_there_is_named(archive: Archive) -> None:
    refused = archive.redact(message_id="<nothing@example.org>")
    assert refused["msg"].startswith("<nothing@example.org> is not in the archive of")
    page = archive.redact(url=f"http://lists.example.org/pipermail/{archive.name}/2026-January/000099.html")
    assert "000099.html is not in the archive of" in page["msg"]
