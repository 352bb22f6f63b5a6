# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import email
import marshal
import os
import pickle
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.listops.mailman.plugins.module_utils._migrate import pipermail
from ansible_collections.listops.mailman.plugins.module_utils._migrate.remote.messages import message_id_hash

TRUTH = Path(__file__).resolve().parents[4] / "truth"
MADE_UP = "mailman.0.1795363960.9901.village-talk@lists.example.org"


@pytest.fixture(scope="module")
def private(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The archives of the recorded Mailman 2.1."""
    folder = tmp_path_factory.mktemp("sodium")
    archive = TRUTH / "sodium-var-lib-mailman.tgz"
    subprocess.run(["tar", "-x", "--no-same-owner", "-f", archive, "-C", folder], check=True)
    return next(folder.rglob("archives/private"))


def ids_of(mbox: Path) -> list[str | None]:
    parts = b"\n".join([b"", mbox.read_bytes()]).split(b"\nFrom ")[1:]
    return [email.message_from_bytes(part.partition(b"\n")[2])["Message-ID"] for part in parts]


def messages(archive: Path) -> list[Path]:
    return [
        path
        for path in sorted(archive.rglob("*.html"))
        if pipermail.place(str(path.relative_to(archive))).kind == "message"
    ]


def test_every_page_of_the_record_names_a_message(private: Path) -> None:
    named = by_index = 0
    unknown = set()
    for archive in sorted(path for path in private.iterdir() if path.suffix != ".mbox"):
        mbox = private / f"{archive.name}.mbox" / f"{archive.name}.mbox"
        hashes = {message_id_hash(each) for each in ids_of(mbox) if each} if mbox.exists() else set()
        pages = pipermail.Pages(hashes)
        for path in messages(archive):
            name = str(path.relative_to(archive))
            ids = pipermail.page_ids(path.read_bytes()[: pipermail.HEAD])
            entry = pages.message(name, "link", ids)
            named += entry.page is not None
            unknown |= {entry.message_id} if entry.page is None else set()
            folder, file = pipermail.INDEX
            index = pipermail.Index((archive / folder / file.format(path.parent.name)).read_bytes())
            assert not index.problems
            by_index += index.pages[path.name] in ids
        assert sum(pages.kinds().values()) == len(pages.entries) and not pages.twice()
    # The other shows the end of a mail in which a line begins with From, under a Message-ID that Pipermail made up.
    assert (named, by_index, unknown) == (532, 533, {MADE_UP})


def page(link: str) -> bytes:
    return f'<HTML>\n <HEAD>\n   <TITLE> x\n   </TITLE>\n   <LINK REL="made" HREF="mailto:{link}">\n'.encode("latin-1")


@pytest.mark.parametrize(
    ("link", "ids"),
    [
        ("l%40example.org?Subject=Re%3A%20x&In-Reply-To=%3Ca%40b.example%3E", ["a@b.example"]),
        ("l%40example.org?Subject=Re%3A%20x&amp;In-Reply-To=%3Ca%40b.example%3E", ["a@b.example"]),
        ("l%40example.org?Subject=Re%3A%20x&In-Reply-To=<a@b.example>", ["a@b.example"]),
        # a subject can say what it likes
        ("l?Subject=Re%3A%20%26In-Reply-To%3D%253Cc%253E&In-Reply-To=%3Ca%40b.example%3E", ["a@b.example"]),
        ("l?In-Reply-To=%3Cc%3E&In-Reply-To=%3Ca%40b.example%3E", ["a@b.example"]),
        ("l?In-Reply-To=%3C%E9%40b.example%3E", ["é@b.example"]),
        ("l?In-Reply-To=%3C%C3%A9%40b.example%3E", ["é@b.example"]),
        ("l?In-Reply-To=%3C%3Ca%40b.example%3E%3E", ["<a@b.example>"]),
        ("l%40example.org", []),
        ("l?In-Reply-To=", []),
        ("l?In-Reply-To=%3C%3E", []),
    ],
)
def test_what_a_page_names(link: str, ids: list[str]) -> None:
    assert pipermail.page_ids(page(link))[: len(ids) or None] == ids[:1]


def test_a_page_without_a_link_names_nothing() -> None:
    assert pipermail.page_ids(b"") == pipermail.page_ids(b"<A HREF='mailto:x?In-Reply-To=%3Ca%3E'>") == []


# ---- Pipermail's index, as Python 2 wrote it


def record(name: str | None, module: bytes = b"Mailman.Archiver.HyperArch", kind: bytes = b"Article") -> bytes:
    filename = b"S'filename'\nS'%s'\ns" % name.encode() if name else b""
    return b"(i%s\n%s\n(dS'sequence'\nI7\ns%sb." % (module, kind, filename)


def index(records: Mapping[bytes, bytes], version: int = 1) -> bytes:
    return marshal.dumps(dict(records), version)


class Hostile:
    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __reduce__(self) -> Any:
        return os.mkdir, (str(self.folder / "was-here"),)


@pytest.mark.parametrize("version", [0, 1, 2, 4])
def test_an_index(version: int) -> None:
    found = pipermail.Index(index({b"a@b.example": record("000003.html"), b"\xe9@c": record(None)}, version))
    assert found.pages == {"000003.html": "a@b.example", "000007.html": "é@c"}
    assert found.problems == []


def test_an_index_with_words_that_are_referred_to() -> None:
    """As Python 2 writes words that it has interned, and Python 3 all that it has seen."""
    word = b"t" + (4).to_bytes(4, "little") + b"a@bc"
    value = record("000001.html")
    text = b"s" + len(value).to_bytes(4, "little") + value
    assert pipermail.Index(b"{" + word + text + b"R" + bytes(4) + text + b"0").pages == {"000001.html": "a@bc"}
    short = bytes([ord("z") | 0x80, 4]) + b"a@bc"
    again = b"r" + (1).to_bytes(4, "little")
    assert pipermail.Index(bytes([ord("{") | 0x80]) + short + text + again + text + b"0").pages


def test_a_hostile_record_is_named_and_runs_nothing(tmp_path: Path) -> None:
    records = {b"a@b": record("000001.html")}
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        records[b"evil-%d" % protocol] = pickle.dumps(Hostile(tmp_path), protocol)
    found = pipermail.Index(index(records))
    assert found.pages == {"000001.html": "a@b"}
    assert len(found.problems) == pickle.HIGHEST_PROTOCOL + 1
    assert all("it holds a posix.mkdir" in each or "it holds a os.mkdir" in each for each in found.problems)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (b"", "EOFError"),
        (b"\xff\xff", "KeyError"),
        (b"N.", "it is no record of an article"),
        (record(None).replace(b"I7\n", b"N"), "it names no page"),
        (record("x", b"os", b"system"), "it holds a os.system"),
        (record("x", kind=b"HyperArchive"), "it holds a Mailman.Archiver.HyperArch.HyperArchive"),
        # one that Python's own reader in C would make room for
        (b"N" + b"r\xff\xff\xff\x7f" + b".", "it is no record of an article"),
        (b"cMailman.Archiver.HyperArch\nArticle\n(S'x'\ntR.", "TypeError"),
        (b"cMailman.Archiver.HyperArch\nArticle\n(dS'__class__'\nS'x'\nsb.", "TypeError"),
        (b"P1\n.", "unsupported persistent id encountered"),
    ],
)
def test_a_damaged_record_is_named(value: bytes, reason: str) -> None:
    (problem,) = pipermail.Index(index({b"a@b": value})).problems
    assert problem.startswith(f"the record of 'a@b': {reason}")


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "it ends early"),
        (b"{", "it ends early"),
        (b"{s\xff\xff\xff\x7f", "it ends early"),
        (b"{s\xff\xff\xff\xff", "it ends early"),
        (b"[\x00\x00\x00\x00", "it is no dictionary"),
        (b"{i\x00\x00\x00\x00", "it holds something else than text"),
        (b"{c" + bytes(40), "it holds something else than text"),
        (b"{R\x00\x00\x00\x00", "it refers to nothing"),
        (b"{r\x05\x00\x00\x00", "it refers to nothing"),
        (b"{s\x00\x00\x00\x000", "a key has no value"),
    ],
)
def test_a_damaged_index(data: bytes, reason: str) -> None:
    with pytest.raises(pipermail.Damaged, match=reason):
        pipermail.Index(data)


# ---- places


@pytest.mark.parametrize(
    ("path", "place"),
    [
        ("2003-March/000123.html", ("message", "2003-March", "")),
        ("2003/123.html", ("message", "2003", "")),
        ("Week-of-Mon-20030303/000123.html", ("message", "Week-of-Mon-20030303", "")),
        ("index.html", ("month", "", "/")),
        ("2003-March/thread.html", ("month", "", "/2003/3/")),
        ("2003-March/index.html", ("month", "", "/2003/3/")),
        ("2003/date.html", ("month", "", "/")),
        ("2003q4/author.html", ("month", "", "/2003/10/")),
        ("Week-of-Mon-20030303/subject.html", ("month", "", "/2003/3/")),
        ("20030309/subject.html", ("month", "", "/2003/3/9/")),
        ("20031301/subject.html", ("file", "", "")),
        ("2003-Smarch/000123.html", ("file", "", "")),
        ("0000-March/000123.html", ("file", "", "")),
        ("2003-March/other.html", ("file", "", "")),
        ("2003-March/attachments/000123.html", ("file", "", "")),
        ("2003-March.txt.gz", ("file", "", "")),
        ("attachments/20030303/0123abcd/attachment.html", ("file", "", "")),
        ("database/2003-March-article", ("internal", "", "")),
        ("pipermail.pck", ("internal", "", "")),
        ("2003-March/.thread.html.swp", ("internal", "", "")),
        (".htaccess", ("internal", "", "")),
    ],
)
def test_places(path: str, place: tuple[str, str, str]) -> None:
    assert pipermail.place(path) == place


KNOWN, OTHER = "a@b.example", "c@d.example"
HASH = message_id_hash(KNOWN)


@pytest.mark.parametrize(
    "shown", [KNOWN, f"<{KNOWN}", f"{KNOWN}> (comment", "a@b\n .example", "é" + KNOWN, f"<{KNOWN}>"]
)
def test_a_message_is_found_by_what_pipermail_shows_of_an_odd_one(shown: str) -> None:
    """Mailman 2.1 takes one character off each end of a Message-ID; its importer keeps what is in the first brackets."""
    entry = pipermail.Pages({HASH}).message("2003-March/000001.html", "link", [shown])
    assert entry.page == f"/message/{HASH}/"


@pytest.fixture
def pages() -> pipermail.Pages:
    """An archive with one of each."""
    pages = pipermail.Pages({HASH})
    pages.month("index.html", "/")
    pages.month("2003-March/index.html", "/2003/3/")
    pages.message("2003-March/000001.html", "link", [KNOWN])
    pages.message("2003-March/000002.html", "index", [KNOWN])
    pages.message("2003-March/000003.html", "link", [OTHER])
    pages.message("2003-March/000004.html", "index", [])
    pages.file("attachments/ä b%?.html")
    pages.file("attachments/ä b%.html")
    pages.left("x", "a symbolic link is not followed")
    return pages


def test_how_places_were_found(pages: pipermail.Pages) -> None:
    assert pages.kinds() == {"link": 1, "index": 1, "month": 2, "file": 1, "page": 2}
    states = [entry.state for entry in pages.entries]
    assert {state: states.count(state) for state in states} == {"moved": 6, "merged": 1, "quarantined": 2}


ARTICLE = """<H1>{0}</H1> <B>a</B> <I>Mon Mar  7 13:45:53 UTC 2016</I> <LI>Next message: <A HREF="{1}.html">b</A>
<!--beginarticle--><PRE>Hello, URL: &lt;<A HREF="http://x/{1}">http://x/{1}</A>&gt; {2}</PRE><!--endarticle--> {1}"""


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        # the same in another numbering
        (("s", "1", "t"), ("s", "2", "t"), True),
        (("s", "1", "t"), ("s", "1", "u"), False),
        (("s", "1", "t"), ("r", "1", "t"), False),
    ],
)
def test_whether_two_pages_show_the_same(one: tuple[str, ...], other: tuple[str, ...], same: bool) -> None:
    digests = {pipermail.text_digest(ARTICLE.format(*parts).encode()) for parts in (one, other)}
    assert (len(digests) == 1) is same


def test_pages_of_another_kind_are_the_same_only_as_a_whole() -> None:
    assert pipermail.text_digest(b"<H1>a</H1> b") != pipermail.text_digest(b"<H1>a</H1> c")


def test_pages_that_show_several_messages_stay(pages: pipermail.Pages) -> None:
    (entries,) = pages.twice()
    assert [entry.path for entry in entries] == ["2003-March/000001.html", "2003-March/000002.html"]
    pages.part({entry.path for entry in entries})
    assert all(entry.kept and entry.state == "moved" for entry in pages.entries[2:4])
    assert pages.entries[2].reason == "pages with this Message-ID show several messages"
    assert "000001" not in "".join(pages.lines("l"))


def test_the_account(pages: pipermail.Pages) -> None:
    lines = {line["path"]: line for line in pages.account("l", "l@lists.example.org")}
    assert len(lines) == 9
    first = "/mailman3/hyperkitty/list/l@lists.example.org"
    assert lines["/pipermail/l/2003-March/000001.html"] == {
        "path": "/pipermail/l/2003-March/000001.html",
        "message_id": KNOWN,
        "target": f"{first}/message/{HASH}/",
        "found": "link",
        "state": "moved",
    }
    second = lines["/pipermail/l/2003-March/000002.html"]
    assert (second["target"], second["found"], second["state"]) == (f"{first}/message/{HASH}/", "index", "merged")
    # what HyperKitty does not have stays the page that it is
    third = lines["/pipermail/l/2003-March/000003.html"]
    assert (third["target"], third["found"], third["message_id"]) == (third["path"], "page", OTHER)
    assert third["reason"] == "the archive has no such message"
    fourth = lines["/pipermail/l/2003-March/000004.html"]
    assert (fourth["target"], fourth["message_id"]) == (fourth["path"], None)
    assert fourth["reason"] == "neither the page nor the index names its message"
    kept = "/pipermail/l/attachments/%C3%A4%20b%25.html"
    assert (lines[kept]["target"], lines[kept]["state"]) == (kept, "moved")
    odd = lines["/pipermail/l/attachments/%C3%A4%20b%25%3F.html"]
    assert (odd["target"], odd["found"], odd["state"]) == (None, None, "quarantined")
    assert lines["/pipermail/l/x"]["reason"] == "a symbolic link is not followed"


def test_the_map_has_redirects_only(pages: pipermail.Pages) -> None:
    assert "".join(pages.lines("l")).splitlines() == [
        "l/index.html /",
        "l/ /",
        "l /",
        "l/2003-March/index.html /2003/3/",
        "l/2003-March/ /2003/3/",
        "l/2003-March /2003/3/",
        f"l/2003-March/000001.html /message/{HASH}/",
        f"l/2003-March/000002.html /message/{HASH}/",
    ]


def test_an_archive_that_hyperkitty_does_not_know_leads_to_the_list() -> None:
    pages = pipermail.Pages(None)
    pages.month("index.html", "/")
    assert list(pages.lines("l"))[0] == "l/index.html list\n"
    (line,) = pages.account("l", "new@lists.example.org")
    assert line["target"] == "/mailman3/postorius/lists/new.lists.example.org/"
