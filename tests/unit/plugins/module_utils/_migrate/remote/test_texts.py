# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A mailbox is made of the texts that Pipermail publishes, by the process that reads them."""

from __future__ import annotations

import email
import email.utils
import gzip
import os
from pathlib import Path

import pytest

from ansible_collections.listops.mailman.plugins.module_utils._errors import HostError
from ansible_collections.listops.mailman.plugins.module_utils._migrate import archive
from ansible_collections.listops.mailman.plugins.module_utils._migrate.archive import Source
from ansible_collections.listops.mailman.plugins.module_utils._migrate.remote import messages, texts
from ansible_collections.listops.mailman.plugins.module_utils._programs import identity
from support import recorded21

NAME = "talk@lists.example.org"
FIRST = b"""From zoe at example.org  Mon Jan  4 10:00:00 2010
From: zoe at example.org (Zoe (at home))
Date: Mon, 04 Jan 2010 10:00:00 +0000
Subject: [Talk] Hello
Message-ID: <1@example.org>

Write to eve at example.net, or meet me at home.
From here on nothing is a mail.
"""
SECOND = b"""From eve at example.net  Mon Jan  4 11:00:00 2010
From: eve at example.net (Eve)
Date: Mon, 04 Jan 2010 12:00:00 +0100
Subject: [Talk] Hello
In-Reply-To: <1@example.org>
References: <1@example.org>
Message-ID: <2@example.net>

Gr\xfc\xdfe
"""
THIRD = SECOND.replace(b"2010", b"2011").replace(b"<2@", b"<3@").replace(b"\xfc\xdf", "üß".encode())


@pytest.fixture(autouse=True)
def own_files(monkeypatch: pytest.MonkeyPatch) -> None:
    """Test files are this user's, who reads them as whoever runs the tests."""
    monkeypatch.setattr(
        "ansible_collections.listops.mailman.plugins.module_utils._programs.identity.reader",
        lambda folder, option: identity.Identity("tests", os.geteuid(), os.getegid(), str(folder)),
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "2011-January.txt.gz").write_bytes(gzip.compress(THIRD))
    (tmp_path / "2010-January.txt").write_bytes(FIRST + b"\n" + SECOND)
    # older than the text itself
    (tmp_path / "2010-January.txt.gz").write_bytes(gzip.compress(FIRST))
    (tmp_path / "index.html").write_text("<html>")
    (tmp_path / "2010-January").mkdir()
    return tmp_path


def converted(folder: Path, charset: str = "iso-8859-1") -> bytes:
    descriptor = archive.open_source(Source(NAME, NAME, None, texts=str(folder), charset=charset))
    try:
        return os.pread(descriptor, 1 << 20, 0)
    finally:
        os.close(descriptor)


def mails(content: bytes) -> list[bytes]:
    return [mail for _offset, mail in messages.split([content])]


def test_addresses_of_senders_are_turned_back_and_all_else_stays(folder: Path) -> None:
    first, second, third = mails(converted(folder))
    assert first == FIRST.replace(b"zoe at ", b"zoe@") + b"\n"
    assert email.utils.parseaddr(email.message_from_bytes(first)["From"])[1] == "zoe@example.org"
    assert [messages.message_id(messages.parts_of(mail)[1]) for mail in (first, second, third)] == [
        "1@example.org",
        "2@example.net",
        "3@example.net",
    ]
    assert second.startswith(b"From eve@example.net  Mon Jan  4 11:00:00 2010\nFrom: eve@example.net (Eve)\n")


@pytest.mark.parametrize("charset", ["iso-8859-1", "cp1252"])
def test_texts_get_the_charset_that_they_have(folder: Path, charset: str) -> None:
    first, second, third = (
        email.message_from_bytes(mail.partition(b"\n")[2]) for mail in mails(converted(folder, charset))
    )
    assert "Content-Type" not in first
    for message, named in ((second, charset), (third, "utf-8")):
        assert message.get_content_charset() == named
        assert message.get_payload(decode=True).decode(named).strip() == "Grüße"  # type: ignore[union-attr]


def test_real_texts_have_the_mails_of_the_mailboxes_that_they_were_made_of(tmp_path: Path) -> None:
    archives = recorded21.unpacked(tmp_path) / "archives/private"
    whole = differing = 0
    for folder in sorted(path for path in archives.iterdir() if list(path.glob("*.txt"))):
        made, kept = (
            {message_id: (sender, when) for message_id, sender, when in map(told, mails(content))}
            for content in (converted(folder), (archives / f"{folder.name}.mbox/{folder.name}.mbox").read_bytes())
        )
        # of a mail without a Message-ID, Pipermail made one up
        missing = kept.keys() - made.keys() - {None}
        assert not missing and len(made.keys() - kept.keys()) <= 1, (folder.name, missing, made.keys() - kept.keys())
        whole += len(made.keys() & kept.keys())
        differing += sum(made[each] != kept[each] for each in made.keys() & kept.keys())
    assert whole > 500 and differing == 0, (whole, differing)


def told(mail: bytes) -> tuple[str | None, str, int | None]:
    """Message-ID, sender, and when."""
    raw = messages.parts_of(mail)[1]
    parsed = email.message_from_bytes(raw)
    when = messages.headers(raw)[2]
    return (
        messages.message_id(raw),
        email.utils.parseaddr(str(parsed["From"]))[1].lower(),
        when and messages.date_seconds(when),
    )  # type: ignore[return-value]


def test_the_same_mailbox_is_made_each_time(folder: Path) -> None:
    assert converted(folder) == converted(folder)


@pytest.mark.parametrize("word", ["en", "bei", "à", "на"])
def test_other_languages_have_another_word(folder: Path, word: str) -> None:
    for file in ("2010-January.txt.gz", "2011-January.txt.gz"):
        (folder / file).unlink()
    content = (FIRST + b"\n" + SECOND).replace(b" at example", b" " + word.encode() + b" example")
    (folder / "2010-January.txt").write_bytes(content)
    found = mails(converted(folder))
    assert (
        len(found) == 2
        and found[0].startswith(b"From zoe@example.org  Mon")
        and b"\nFrom: zoe@example.org (" in found[0]
    )
    assert b"eve " + word.encode() + b" example.net, or" in found[0]


def test_addresses_that_are_not_hidden_stay() -> None:
    mail = FIRST.replace(b" at example.org", b"@example.org")
    assert texts.mended(mail, "utf-8") == mail
    assert next(texts.separators([mail])) == mail


@pytest.mark.parametrize("size", [1, 7, 64, 1 << 20])
def test_a_text_is_the_same_in_pieces_of_any_size(size: int) -> None:
    whole = FIRST + b"\n" + SECOND
    pieces = texts.separators(whole[at : at + size] for at in range(0, len(whole), size))
    assert b"".join(pieces) == whole.replace(b"From zoe at ", b"From zoe@").replace(b"From eve at ", b"From eve@")


def test_texts_come_in_the_order_of_their_dates() -> None:
    names = [
        "2010-March.txt",
        "2010-January.txt.gz",
        "2009.txt",
        "2010q2.txt",
        "20100105.txt",
        "Week-of-Mon-20100208.txt",
    ]
    assert texts.chosen([*names, "2010-Foo.txt", "x.txt", "2010-May.txt.bz2", "thread.html"]) == [
        "2009.txt",
        "2010-January.txt.gz",
        "20100105.txt",
        "Week-of-Mon-20100208.txt",
        "2010-March.txt",
        "2010q2.txt",
    ]


def test_folders_that_have_none_are_refused(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "nothing"):
        with pytest.raises(HostError, match="texts is '.*': give a folder"):
            archive.check_source(Source(NAME, NAME, None, texts=str(path)))


@pytest.mark.parametrize("content", [gzip.compress(FIRST)[:-9], b"\x1f\x8bjunk", b"no gzip"])
def test_a_damaged_text_stops_it(folder: Path, content: bytes) -> None:
    (folder / "2012-May.txt.gz").write_bytes(content)
    with pytest.raises(HostError, match=r"2012-May\.txt\.gz is damaged"):
        converted(folder)


def test_links_are_not_followed_and_pipes_not_waited_for(folder: Path) -> None:
    (folder / "2012-May.txt").symlink_to("/etc/passwd")
    with pytest.raises(HostError, match=r"2012-May\.txt is damaged"):
        converted(folder)
    (folder / "2012-May.txt").unlink()
    os.mkfifo(folder / "2012-May.txt")
    with pytest.raises(HostError, match=r"which 2012-May\.txt is not"):
        converted(folder)


def test_a_text_that_grows_without_end_is_refused(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(texts, "LARGEST", 1000)
    handler = texts.TextsHandler({"folder": str(folder), "option": "texts", "charset": "utf-8", "out": 0})
    (folder / "2012-May.txt.gz").write_bytes(gzip.compress(b"x" * 5000))
    with pytest.raises(texts.Failure, match="larger than any"):
        list(handler._pieces("2012-May.txt.gz"))
