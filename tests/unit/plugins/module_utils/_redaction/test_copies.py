# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a migration of a real Mailman 2.1 left: a message is redacted in all of it, and nothing else changes."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import os
import quopri
import shutil
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.listops.mailman.plugins.module_utils._migrate.remote.messages import NO_ID, made_up_id
from ansible_collections.listops.mailman.plugins.module_utils._programs import identity
from ansible_collections.listops.mailman.plugins.module_utils._redaction.copies import CopiesStore, Remains
from support import recorded21

LIST = "announce@lists.example.org"
# It has a page, an attachment, an entry of a text, and is in the mailbox.
IDENT = "announce.0025.1f02ad9c@example.com"
WORDS = (b"Budget relabelling", b"Lost umbrella", b"emil.juniper")
TEXT = {"text": "Removed.", "subject": None, "sender": None}
ALL = {"text": "Removed.", "subject": "(removed)", "sender": ["Nobody", "no@example.org"]}
QUOTED = b"From x@y Mon Jan  5 10:00:00 2026\nFrom: x@y\nSubject: a digest\nMessage-ID: <digest@y>\n"


class Host:
    """Folders of a host, and its store."""

    def __init__(self, root: Path, state: Path) -> None:
        self.root = root
        self.migration = root / "migrate/sodium"
        self.copy = self.migration / "copy"
        for part in ("archives/private/announce", "archives/private/announce.mbox", "lists/announce", "data"):
            shutil.copytree(state / part, self.copy / part)
        self.account = self._need(self.migration / "account")
        self.pages = root / "files"
        self.write(self.migration / "state.json", json.dumps({"state": "accepted"}))
        self.write(self.account / "lists.json", json.dumps({LIST: LIST, "board@lists.example.org": "x@y"}))

    @staticmethod
    def _need(path: Path) -> Path:
        path.mkdir(parents=True)
        return path

    @staticmethod
    def write(path: Path, content: str | bytes) -> Path:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    def remains(self, **more: Any) -> Remains:
        given = {"copies": [], "archives": [], "names": [], "pages": str(self.pages), **more}
        return Remains(migrations=str(self.root / "migrate"), **given)

    def files(self) -> dict[str, bytes]:
        return {str(path.relative_to(self.root)): path.read_bytes() for path in self.root.rglob("*") if path.is_file()}

    def run(self, replacement: dict[str, Any], ident: str | None = IDENT, **more: Any) -> tuple[Any, Any]:
        """Look, redact, look again. Returns both answers; the second finds nothing more to do."""
        page = more.pop("page", None)
        asked = {"list": LIST, "message_id": ident, "page": page, "hash": None, "replacement": replacement}
        with CopiesStore(self.remains(**more)) as store:
            before = self.files()
            first = store.look(asked, originals=True)
            assert self.files() == before
            if first["found"]:
                asked["message_id"] = first["found"]["message_id"]
            store.look(asked)
            store.redact(asked)
            again = store.look(asked)
        assert again["places"] == [] and again["found"] == first["found"] and again["left"] == first["left"]
        return first, again


@pytest.fixture(scope="module")
def state(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return recorded21.unpacked(tmp_path_factory.mktemp("state"))


@pytest.fixture
def host(tmp_path: Path, state: Path, monkeypatch: pytest.MonkeyPatch) -> Host:
    me = identity.Identity("tests", os.geteuid(), os.getegid(), str(tmp_path))
    monkeypatch.setattr(identity, "nobody", lambda: me)
    return Host(tmp_path, state)


def where(host: Host, answer: Any) -> dict[str, list[str]]:
    return {str(Path(each["place"]).relative_to(host.root)): each["what"] for each in answer["places"]}


def test_the_copy_says_nothing_of_it_any_more(host: Host) -> None:
    before = host.files()
    first, _again = host.run(TEXT)
    archive = "migrate/sodium/copy/archives/private/announce"
    assert where(host, first) == {
        f"{archive}/attachments/20170206/1112c767": ["1 attachments"],
        f"{archive}/2017/000025.html": ["page"],
        f"{archive}/2017.txt": ["month"],
        f"{archive}.mbox/announce.mbox": ["mailbox"],
    }
    assert first["found"] == {"message_id": IDENT, "url": None, "replies": []} and first["left"] == []
    after = host.files()
    assert before.keys() - after.keys() == {f"{archive}/attachments/20170206/1112c767/attachment.htm"}
    changed = {path for path in after if after[path] != before[path]}
    assert changed == where(host, first).keys() - {f"{archive}/attachments/20170206/1112c767"}
    assert not [path for path in changed if WORDS[0] in after[path] or b"Removed." not in after[path]]
    kept = {name: base64.b64decode(data) for name, data in first["originals"]}
    assert sum(WORDS[0] in data for data in kept.values()) == 2 and len(kept) == 3


def test_nothing_names_subject_or_sender_or_it_is_said(host: Host) -> None:
    first, _again = host.run(ALL)
    own = host.files()["migrate/sodium/copy/archives/private/announce/2017/000025.html"]
    assert not [word for word in WORDS if word in own]
    # Pipermail's own index, which are pickles
    database = host.copy / "archives/private/announce/database"
    named = {said.partition(": ")[0] for said in first["left"]}
    assert named == {str(database / f"2017-{part}") for part in ("article", "author", "subject")}
    for name in ("thread", "subject", "author", "date"):
        page = host.files()[f"migrate/sodium/copy/archives/private/announce/2017/{name}.html"]
        assert b"(removed)" in page and b"Nobody" in page
    assert b"(removed)\n</A></li>" in host.files()["migrate/sodium/copy/archives/private/announce/2017/000024.html"]


def test_old_pages_are_found_without_an_account(host: Host) -> None:
    source = host.copy / "archives/private/announce"
    page = (source / "2017/000025.html").read_bytes()
    host.write(host.pages / "announce/2017/000025.html", page)
    host.write(host.pages / "announce/2017.txt.gz", gzip.compress((source / "2017.txt").read_bytes()))
    host.write(host.pages / "board/2017/000025.html", page)
    (host.account / "lists.json").unlink()
    first, _again = host.run(TEXT)
    assert where(host, first) == {"files/announce/2017/000025.html": ["page"], "files/announce/2017.txt.gz": ["month"]}
    assert WORDS[0] not in gzip.decompress((host.pages / "announce/2017.txt.gz").read_bytes())
    # of another list
    assert (host.pages / "board/2017/000025.html").read_bytes() == page


def test_a_page_that_is_given_names_the_message(host: Host) -> None:
    first, _again = host.run(TEXT, None, page=["2017", "000025.html"])
    assert first["found"]["message_id"] == IDENT and len(first["places"]) == 4


def test_a_page_without_a_message_id_is_said(host: Host) -> None:
    path = host.write(host.pages / "announce/2017/000025.html", "<HTML>a secret</HTML>")
    (host.copy / "archives/private/announce/2017/000025.html").unlink()
    first, _again = host.run(TEXT, None, page=["2017", "000025.html"])
    assert first["found"] is None
    assert first["left"] == [f"{path}: it names no Message-ID, by which copies are found: remove the file by hand"]


def test_encodings_hide_nothing(host: Host) -> None:
    section = (
        b"Topics:\n\n   1. A secret (Ann)\n\n" + b"-" * 70 + b"\n\nMessage: 1\nFrom: Ann <a@x>\nSubject: A secret\n"
    )
    section += (
        b"Message-ID: <" + IDENT.encode() + b">\n\nThe s\xc3\xa9cret = " + b"x" * 100 + b"\n\n" + b"-" * 30 + b"\n\n"
    )
    section += b"End of digest\n"
    kind = b"MIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: "
    quoted = QUOTED + kind + b"quoted-printable\n\n" + quopri.encodestring(section) + b"\n"
    based = QUOTED.replace(b"digest@", b"other@") + kind + b"base64\n\n" + base64.encodebytes(section) + b"\n"
    mailbox = host.write(host.account / f"{LIST}.quarantine.mbox", quoted + based)
    host.write(
        host.account / f"{LIST}.requests/held-1-abc.eml", b"Message-ID: <" + IDENT.encode() + b">\n\nThe secret.\n"
    )
    first, _again = host.run(TEXT)
    assert where(host, first)[f"migrate/sodium/account/{mailbox.name}"] == ["mailbox"]
    assert where(host, first)[f"migrate/sodium/account/{LIST}.requests/held-1-abc.eml"] == ["message"]
    now = mailbox.read_bytes()
    assert b"s=C3=A9cret" not in now and now.count(b"Removed.") == 1
    assert "sécret".encode() not in base64.b64decode(now.rpartition(b"base64\n\n")[2])
    assert b"Removed." in base64.b64decode(now.rpartition(b"base64\n\n")[2])


def test_what_cannot_be_edited_is_named(host: Host) -> None:
    held = host.write(host.copy / "data/heldmsg-announce-7.pck", b"\x80\x02Message-ID: <" + IDENT.encode() + b">")
    other = host.write(host.copy / "data/heldmsg-announce-two-7.pck", b"Message-ID: <" + IDENT.encode() + b">")
    shunted = host.write(host.copy / "qfiles/shunt/1.pck", b"<" + IDENT.encode() + b">")
    damaged = host.write(host.pages / "announce/2016.txt.gz", b"no gzip")
    dump = host.migration / "dump"
    dump.mkdir()
    host.write(host.migration / "state.json", json.dumps({"state": "copied"}))
    first, _again = host.run(TEXT)
    named = {said.partition(": ")[0]: said.partition(": ")[2] for said in first["left"]}
    assert named.keys() == {str(path) for path in (held, shunted, damaged, dump, host.migration)}
    assert "cannot be edited" in named[str(held)] and "cannot be read" in named[str(damaged)]
    assert "redact it on the old server" in named[str(host.migration)] and other.exists()


def test_lines_of_the_account_say_other_names(host: Host) -> None:
    mine = {"message_id": IDENT, "position": 24, "sha256": "0", "state": "merged", "subject": "Lost", "from": "emil"}
    lines = [mine, {**mine, "message_id": "other@x"}]
    path = host.write(
        host.account / f"{LIST}.messages.jsonl", "".join(json.dumps(line) + "\n" for line in lines) + '{"cut'
    )
    said = {"key": "1", "kind": "held", "about": "a message of emil, 'Lost'", "message_id": IDENT}
    asked = host.write(host.account / f"{LIST}.requests.jsonl", json.dumps(said) + "\n")
    host.run(TEXT)
    assert "emil" in path.read_text() and "emil" in asked.read_text()
    first, _again = host.run(ALL)
    assert where(host, first)[f"migrate/sodium/account/{path.name}"] == ["account"]
    now = path.read_text().splitlines()
    assert json.loads(now[0]) == {**mine, "subject": "(removed)", "from": "Nobody <no@example.org>"}
    assert now[1:] == [json.dumps(lines[1]), '{"cut']
    assert json.loads(asked.read_text())["about"] == "a message that was redacted"


def test_a_mail_without_a_message_id_is_known_by_the_account(host: Host) -> None:
    raw = b"From: a@x\nSubject: none\n\nThe secret.\n"
    box = host.copy / "archives/private/announce.mbox/announce.mbox"
    box.write_bytes(b"From a@x Mon Jan  5 10:00:00 2026\n" + raw + b"\n" + QUOTED + b"\nA text.\n")
    ident = made_up_id(raw)
    line = {"message_id": ident, "position": 0, "sha256": hashlib.sha256(raw).hexdigest(), "reason": NO_ID}
    host.write(host.account / f"{LIST}.messages.jsonl", json.dumps(line) + "\n")
    first, _again = host.run(TEXT, ident)
    assert where(host, first) == {"migrate/sodium/copy/archives/private/announce.mbox/announce.mbox": ["mailbox"]}
    assert [said.partition(": ")[0] for said in first["left"]] == [str(host.copy / "archives/private/announce")]
    # a second redaction says more, and finds it by its place
    second, _again = host.run(ALL, ident)
    assert second["places"] and b"Subject: none" not in box.read_bytes() and b"A text." in box.read_bytes()


def test_another_text_of_the_same_message_id_stays(host: Host) -> None:
    raws = [b"Message-ID: <" + IDENT.encode() + b">\n\n" + text for text in (b"The secret.\n", b"Another text.\n")]
    box = host.copy / "archives/private/announce.mbox/announce.mbox"
    box.write_bytes(b"".join(b"From a@x Mon Jan  5 10:00:00 2026\n" + raw + b"\n" for raw in raws))
    other = {
        "message_id": made_up_id(b"x"),
        "sha256": hashlib.sha256(raws[1]).hexdigest(),
        "reason": "its Message-ID ...",
    }
    host.write(host.account / f"{LIST}.messages.jsonl", json.dumps(other) + "\n")
    host.run(TEXT)
    now = box.read_bytes()
    assert b"The secret." not in now and b"Another text." in now and now.count(b"\n\nFrom a@x ") == 1


def test_a_renamed_list_is_named(host: Host) -> None:
    host.write(host.account / "lists.json", json.dumps({"old@lists.example.org": LIST}))
    first, _again = host.run(TEXT)
    assert first["places"] == [] and first["found"] is None
    assert [said.partition(": ")[0] for said in first["left"]] == [str(host.migration)]
    first, _again = host.run(TEXT, names=["announce"])
    assert len(first["places"]) == 4 and first["left"] == []


def test_links_lead_nowhere(host: Host, tmp_path: Path) -> None:
    secret = host.write(
        tmp_path / "elsewhere/000025.html", (host.copy / "archives/private/announce/2017/000025.html").read_bytes()
    )
    (host.pages / "announce").mkdir(parents=True)
    (host.pages / "announce/2017").symlink_to(secret.parent)
    (host.pages / "announce/2017.txt").symlink_to(secret)
    before = secret.read_bytes()
    first, _again = host.run(ALL)
    assert "files" not in {path.partition("/")[0] for path in where(host, first)} and secret.read_bytes() == before


def test_without_a_migration_no_process_starts(tmp_path: Path) -> None:
    with CopiesStore(Remains(str(tmp_path / "none"), [], str(tmp_path / "pages"), [], [])) as store:
        asked = {"list": LIST, "message_id": IDENT, "page": None, "replacement": TEXT}
        assert store.look(asked) == {"found": None, "places": [], "left": [], "originals": []}
        store.redact(asked)
        assert store._process is None


def test_a_file_keeps_its_owner_and_mode(host: Host) -> None:
    path = host.copy / "archives/private/announce/2017/000025.html"
    path.chmod(0o640)
    host.run(TEXT)
    assert path.stat().st_mode & 0o7777 == 0o640
