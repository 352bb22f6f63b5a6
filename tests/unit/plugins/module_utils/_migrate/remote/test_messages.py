# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import email.utils
import random

import pytest

from ansible_collections.listops.mailman.plugins.module_utils._migrate.remote import messages
from ansible_collections.listops.mailman.plugins.module_utils._migrate.remote.messages import Mailbox, split

LINE = b"From a@example.net Mon Jan  4 10:00:00 2010\n"
# 2010-01-04 10:00 UTC
MONDAY = 1262599200
NOW = 1800000000.0


def mail(head: bytes = b"Message-ID: <1@x>\n", text: bytes = b"text\n", line: bytes = LINE) -> bytes:
    return line + head + b"\n" + text + b"\n"


def mailbox(content: bytes, ids=None) -> Mailbox:
    return Mailbox(lambda size, offset: content[offset : offset + size], NOW, ids)


def mails(content: bytes, ids=None):
    box = mailbox(content, ids)
    return [box.mail(position) for position in range(len(box))]


# ---- where a mail begins


@pytest.mark.parametrize("size", [1, 2, 7, 64, 1 << 20])
def test_a_file_is_split_the_same_in_pieces_of_any_size(size):
    parts = [
        mail(),
        mail(text=b"Hello\n\nFrom here on it is text\nmore\n"),
        mail(text=b"\nFrom a@example.net Mon Jan  4 10:00:00 2010\nand no header follows\n"),
        mail(text=b"From\n"),
        mail(text=b"no empty line after it\n")[:-1],
        mail(line=b"From a at example.net  Mon Jan  4 10:00:00 2010\n"),
        mail(text=b"the end"),
    ]
    content = b"".join(parts)
    found = list(split(content[at : at + size] for at in range(0, len(content), size)))
    assert [one for _offset, one in found] == parts
    assert [content[offset : offset + len(one)] for offset, one in found] == parts


def test_lines_that_end_as_on_windows_are_split_too():
    content = (mail() + mail()).replace(b"\n", b"\r\n")
    assert len(list(split([content]))) == 2


def test_text_before_the_first_mail_is_not_lost():
    (first, second) = mails(b"Something else\n\n" + mail())
    assert second.message_id == "1@x"
    assert first.position == 0


def test_empty_lines_before_the_first_mail_and_an_empty_file_are_no_mails():
    assert [one.message_id for one in mails(b"\n\n" + mail())] == ["1@x"]
    assert mails(b"") == []


def test_only_the_present_mail_is_in_memory():
    read = []

    def pieces():
        for _each in range(50):
            read.append(1)
            yield mail()

    found = split(pieces())
    next(found)
    assert len(read) <= 2
    assert sum(1 for _each in found) == 49


# ---- Message-IDs


@pytest.mark.parametrize(
    ("header", "found"),
    [
        (b"Message-ID: <a@x>", "a@x"),
        (b"message-id:<a@x>", "a@x"),
        (b"Message-Id:\n <folded@x>", "folded@x"),
        (b"Message-ID: <a\n b@x>", "ab@x"),
        (b"Message-ID: <cm@x> (added by postmaster@x)", "cm@x"),
        (b"Message-ID: <<id@x>>", "id@x"),
        (b"Message-ID: bare@x", "bare@x"),
        (b"Message-ID: <\xe4a@x>", "a@x"),
        (b"Message-ID: <" + b"z" * 300 + b"@x>", "z" * 254),
        (b"Message-ID: <" + b"z" * 252 + b"@x>", "z" * 252 + "@x"),
        (b"Message-ID: <>", None),
        (b"Message-ID:", None),
        (b"Message-ID: <>\nMessage-ID: <second@x>", None),
        (b"X-Message-ID: <a@x>", None),
        (b"Subject: x\n\nMessage-ID: <in.text@x>", None),
    ],
)
def test_a_message_id_is_what_hyperkitty_keeps(header, found):
    assert messages.message_id(header + b"\n\ntext\n") == found


def test_hashes_are_those_of_hyperkitty():
    assert (
        messages.message_id_hash("<dup@x>") == messages.message_id_hash("dup@x") == "KOG3MXSWUTPTRHY53UVT5LW5T6VFCKSI"
    )
    # cut at 254 first
    assert messages.message_id_hash("<" + "z" * 300 + "@x>") == messages.message_id_hash("z" * 254)


def test_mails_without_a_message_id_get_one_that_stays():
    content = mail(b"Subject: one\n") + mail(b"Message-ID: <>\n") + mail(b"Subject: two\n")
    first, second, third = mails(content)
    assert len({first.message_id, second.message_id, third.message_id}) == 3
    assert first.message_id == mails(mail() + content)[1].message_id
    assert first.reason == "it has no Message-ID" and first.merged is None
    assert first.message_id.endswith("@made-up-message-id.invalid")


def test_message_ids_that_pipermail_made_up_are_kept():
    content = mail(b"Subject: one\n") + mail(b"Message-ID: <own@x>\n")
    first, second = mails(content, {"0": "<mailman.1.123@lists.example.org>", "1": "<other@x>"})
    assert first.message_id == "mailman.1.123@lists.example.org"
    assert second.message_id == "own@x"


# ---- mails that are there twice


def test_a_mail_that_is_there_twice_is_merged_however_it_travelled():
    head = b"Message-ID: <a@x>\n"
    first, second = mails(
        mail(head, b"Hello \n>From me\n") + mail(head + b"Received: by x\n", b"\nHello\nFrom me\n\n\n")
    )
    assert first.merged is None and first.reason is None
    assert second.merged == 0 and second.reason == "it has the Message-ID and the text of mail 0"


def test_another_text_under_the_same_message_id_gets_one_of_its_own():
    head = b"Message-ID: <a@x>\n"
    content = (
        mail(head, b"one\n") + mail(head, b"two\n") + mail(head + b"Received: by x\n", b"two\n") + mail(head, b"one\n")
    )
    first, second, third, fourth = mails(content)
    assert second.merged is None and second.message_id != first.message_id
    assert second.reason == "its Message-ID is also that of mail 0, which has another text"
    assert (third.merged, fourth.merged) == (1, 0)
    assert mails(content)[1].message_id == second.message_id


def test_two_mails_of_the_same_bytes_without_a_message_id_are_one():
    _first, second = mails(mail(b"Subject: x\n") * 2)
    assert second.merged == 0


# ---- dates


@pytest.mark.parametrize(
    ("line", "seconds"),
    [
        (b"From a@x Mon Jan  4 10:00:00 2010", MONDAY),
        (b"From a at x  Mon Jan 04 10:00:00 2010", MONDAY),
        (b"From a@x Mon Jan  4 10:00 2010", MONDAY),
        (b"From a@x Mon Jan  4 12:00:00 2010 +0200", MONDAY),
        (b"From a@x Mon Jan  4 10:00:00 GMT 2010", MONDAY),
        (b"From a@x Mon Foo  4 10:00:00 2010", None),
        (b"From a@x Mon Jan 44 10:00:00 2010", None),
        (b"From a@x Mon Jan  4 99:00:00 2010", None),
        (b"", None),
    ],
)
def test_a_from_line_says_when(line, seconds):
    assert messages.line_seconds(line) == seconds


def test_a_mail_arrives_by_its_line_or_its_date_or_with_the_mail_beside_it():
    never = b"From a@x Thu Jan  1 00:00:00 1970\n"
    future = b"From a@x Mon Jan  4 10:00:00 2099\n"
    date = b"Date: Mon, 04 Jan 2010 11:00:00 +0000\n"
    content = b"".join(
        [
            mail(b"Subject: before\n", line=never),
            mail(),
            mail(b"Subject: between\n", line=future),
            mail(b"Message-ID: <2@x>\n" + date, line=never),
            mail(b"Subject: after\nDate: Foo\n", line=never),
        ]
    )
    arrived = [one.arrived for one in mails(content)]
    assert arrived == [MONDAY, MONDAY, MONDAY, MONDAY + 3600, MONDAY + 3600]
    assert [one.arrived for one in mails(mail(b"Subject: alone\n", line=never))] == [None]


@pytest.mark.parametrize(
    "text", ["", "x", "Mon, 04 Jan 99999999999 10:00:00 +0000", "Mon, 04 Jan 2010 10:00:00 +99999999999999"]
)
def test_dates_of_nonsense_are_no_errors(text):
    messages.date_seconds(text)


# ---- order


def ordered(*pairs):
    """The Message-IDs in the order in which they are put in; pairs: (Message-ID, what it answers)."""
    content = b"".join(
        mail(b"Message-ID: <%b>\n" % own + (b"In-Reply-To: <%b>\n" % parent if parent else b""))
        for own, parent in pairs
    )
    box = mailbox(content)
    return [box.mail(at).message_id for at in box.order()]


def test_what_is_answered_comes_first():
    assert ordered((b"r@x", b"p@x"), (b"q@x", b""), (b"p@x", b"g@x"), (b"g@x", b"")) == ["g@x", "p@x", "r@x", "q@x"]


def test_circles_and_answers_to_oneself_end():
    assert sorted(ordered((b"a@x", b"b@x"), (b"b@x", b"a@x"), (b"s@x", b"s@x"))) == ["a@x", "b@x", "s@x"]


def test_an_answer_is_found_by_its_last_reference():
    content = mail(b"Message-ID: <r@x>\nReferences: <o@x>\n <p@x>\n") + mail(b"Message-ID: <p@x>\n")
    assert list(mailbox(content).order()) == [1, 0]


def test_places_in_a_thread_are_by_date_below_what_is_answered():
    rows = [(1, None, 10), (2, 1, 30), (3, 1, 20), (4, 3, 40), (5, 2, 31)]
    assert messages.thread_positions(rows) == {1: (0, 0), 3: (1, 1), 4: (2, 2), 2: (3, 1), 5: (4, 2)}


def test_a_thread_whose_mails_answer_each_other_has_places_for_all():
    assert messages.thread_positions([(1, 2, 10), (2, 1, 20), (3, 99, 5)]) == {3: (0, 0), 1: (1, 0), 2: (2, 1)}


def test_a_long_thread_needs_no_recursion():
    rows = [(number, number - 1 or None, number) for number in range(1, 5001)]
    assert messages.thread_positions(rows)[5000] == (4999, 4999)


# ---- whatever is in a file


def test_every_byte_of_any_file_is_in_a_mail():
    chance = random.Random(7)
    words = [
        b"From ",
        b"\n",
        b"\n\n",
        LINE,
        b"\r\n",
        b"\0",
        b"\xff",
        b"Message-ID: <a@x>\n",
        b"Date: ",
        b">From ",
        b"x" * 70,
        b"<>",
    ]
    for _round in range(300):
        content = b"".join(chance.choice(words) for _each in range(chance.randrange(40)))
        assert b"".join(one for _offset, one in split([content])) == content
        for one in mails(content):
            assert one.message_id and len(one.message_id) < 255
            assert email.utils.unquote(one.message_id) == one.message_id or '"' in one.message_id


def test_a_file_that_becomes_shorter_is_an_error():
    with pytest.raises(EOFError):
        messages.whole(lambda size, offset: b"", 0, 5)


@pytest.mark.parametrize(
    ("header", "said"),
    [
        (b"Subject: plain", "plain"),
        (b"SUBJECT : two\r\n\tlines", "two lines"),
        (b"Subject: =?utf-8?q?Caf=C3=A9?=", "Café"),
        (b"Subject: =?utf-8?q?", "=?utf-8?q?"),
        (b"Subject: =?nothing?q?x?=", "=?nothing?q?x?="),
        (b"Subject: caf\xe9", "caf\ufffd"),
        # what would clear a terminal, or turn the direction of a line
        (b"Subject: a\x1b[2Jb =?utf-8?b?4oCuYw==?=", "a [2Jb c"),
        (b"Subject: " + b"x" * 1000, "x" * 199 + "…"),
        (b"X-Subject: x", ""),
    ],
)
def test_people_are_shown_a_header_on_one_line(header: bytes, said: str) -> None:
    found = messages.shown(b"From: Ann <a@x>\n" + header + b"\n\nSubject: in the text\n")
    assert found == {"from": "Ann <a@x>", "date": "", "subject": said}
