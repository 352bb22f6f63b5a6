# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.listops.mailman.plugins.module_utils._redaction.remote import contents as topics

SUBJECT = {"text": "t", "subject": "(removed)", "sender": None}
SENDER = {"text": "t", "subject": None, "sender": ["Nobody", "no@example.org"]}
BOTH = {**SENDER, "subject": "(removed)"}
# as both Mailmans write it
TABLE = """Today's Topics:

   1. the same (Ann)
   2. Re: the same (Bob (at work))
   3. the same (Ann)
   4. a subject that is so long that it leaves no place for who wrote it
      (Ann)
   5.  (ann@example.net)
   6. six (Ann)
   7. seven (Ann)
   8. eight (Ann)
   9. nine (Ann)
  10. one that is (folded) since its number has two digits, and its
      words do not fit into one line (Ann)
  11. eleven (Ann)
"""
LONG = "a subject that is so long that it leaves no place for who wrote it"
FOLDED = "one that is (folded) since its number has two digits, and its words do not fit into one line"


def after(table: str, place: int, said: tuple[str, str], replacement: dict[str, Any], at: bytes = b"@") -> str:
    lines = table.encode().split(b"\n")
    edits = topics.topic(lines, place, said, replacement, "utf-8", at)
    assert edits is not None
    new = topics.spliced(lines, edits)
    # one that was interrupted finds in the message what it says by now
    fresh = (replacement["subject"] or said[0], replacement["sender"][0] if replacement["sender"] else said[1])
    for message in (said, fresh):
        assert topics.topic(new, place, message, replacement, "utf-8", at) == [], "twice is not once"
    return b"\n".join(new).decode()


@pytest.mark.parametrize(
    ("place", "said", "replacement", "old", "new"),
    [
        (3, ("the same", "Ann"), BOTH, "   3. the same (Ann)", "   3. (removed) (Nobody)"),
        (3, ("the same", "Ann"), SUBJECT, "   3. the same (Ann)", "   3. (removed) (Ann)"),
        # the list's prefix is not in the table
        (2, ("Re: [list] the same", "Bob (at work)"), SENDER, "same (Bob (at work))", "same (Nobody)"),
        (2, ("Re: [list] the same", "Bob (at work)"), SUBJECT, "Re: the same (Bob", "(removed) (Bob"),
        (4, (LONG, "Ann"), SENDER, " who wrote it\n      (Ann)", " who\n      wrote it (Nobody)"),
        (5, ("", "ann@example.net"), BOTH, "5.  (ann@example.net)", "5. (removed) (Nobody)"),
        (5, ("", "ann@example.net"), SENDER, "5.  (ann@example.net)", "5. (Nobody)"),
        (10, (FOLDED, "Ann"), SENDER, "fit into one line (Ann)", "fit into one line (Nobody)"),
        (11, ("eleven", "Ann"), BOTH, "  11. eleven (Ann)", "  11. (removed) (Nobody)"),
    ],
)
def test_only_the_entry_of_the_message_changes(
    place: int, said: tuple[str, str], replacement: dict[str, Any], old: str, new: str
) -> None:
    assert TABLE.count(old) == 1
    assert after(TABLE, place, said, replacement) == TABLE.replace(old, new)


def test_nothing_is_done_for_a_message_that_is_named_as_before() -> None:
    neither = {**BOTH, "subject": None, "sender": None}
    assert after(TABLE, 3, ("the same", "somebody else"), neither) == TABLE
    same = {**BOTH, "subject": LONG, "sender": ["Ann", "ann@example.net"]}
    assert after(TABLE, 4, (LONG, "Ann"), same) == TABLE


def test_a_text_without_a_table_is_told() -> None:
    for text in ("", "Hello.", "1. one\n2. two", TABLE):
        assert topics.topic(text.encode().split(b"\n"), 12, ("x", "y"), BOTH, "utf-8") is None


def test_a_list_of_rules_is_no_table_of_contents() -> None:
    rules = "Rules:\n\n   1. be kind\n   2. stay on topic\n\n"
    both = f"{rules}{TABLE}\n{rules}"
    new = after(both, 2, ("Re: the same", "Bob (at work)"), SENDER)
    assert new == both.replace("(Bob (at work))", "(Nobody)")


def test_only_the_masthead_of_a_plain_digest_is_looked_at() -> None:
    ruler = "-" * 70
    lines = f"{TABLE}\n\n{ruler}\n\nMessage: 1\n\n   1. one\n{ruler} \n".encode().split(b"\n")
    assert topics.before_ruler(lines) == TABLE.rstrip().encode().split(b"\n")
    assert topics.before_ruler(lines[lines.index(ruler.encode()) :]) == []


def test_a_message_that_was_cut_off_is_found_by_its_place_and_what_it_said() -> None:
    lines = f"{TABLE}\n\n{'-' * 70}\n\nMessage: 1\n\nHello.\n".encode().split(b"\n")

    def cut(least: int, subject: str, sender: str) -> str:
        return b"\n".join(topics.spliced(lines, topics.cut_topic(lines, least, (subject, sender), BOTH))).decode()

    old = b"\n".join(lines).decode()
    third = old.replace("   3. the same (Ann)", "   3. (removed) (Nobody)")
    # one of its two predecessors may be in no archive
    assert cut(2, "the same", "Ann") == cut(3, "the same", "Ann") == third
    assert cut(1, "the same", "Ann") == old.replace("   1. the same (Ann)", "   1. (removed) (Nobody)")
    assert cut(4, "the same", "Ann") == cut(1, "the same", "Bob") == cut(1, "same", "Ann") == old
    assert "  10. (removed) (Nobody)\n  11." in cut(2, FOLDED, "Ann")
    assert topics.cut_topic([], 1, ("x", "y"), BOTH) == []


def test_a_table_lacks_the_prefix_of_the_list() -> None:
    assert topics.unprefixed("Re: [a+b] c", "[a+b] ") == "Re: c"
    assert topics.unprefixed("[A+B] c", "[a+b] ") == "c"
    assert topics.unprefixed("c [a+b] ", "[a+b] ") == "c [a+b] "
    assert topics.unprefixed("c", "") == "c"


def test_addresses_are_written_as_the_archive_writes_them() -> None:
    table = "   1. x (ann at example.net)\n"
    replacement = {**SENDER, "sender": ["", "no@example.org"]}
    assert after(table, 1, ("x", "ann@example.net"), replacement, b" at ") == "   1. x (no at example.org)\n"
    head = [(b"from", b"From: Ann at Work <ann at example.net>\n"), (b"subject", b"Subject: =?utf-8?q?=C3=A4?=\n b\n")]
    assert topics.said(head, "utf-8", b" at ") == ("ä b", "Ann at Work")
    assert topics.said([(b"from", b"From: ann at example.net\n")], "utf-8", b" at ") == ("", "ann@example.net")
    assert topics.said([(b"from", b"From: \xe4 <a@b>\n")], "latin-1") == ("", "ä")
    assert topics.said([(b"subject", b"Subject: =?no-such?q?=C3=A4?=\n")]) == ("=?no-such?q?=C3=A4?=", "")


def test_the_number_of_a_message_is_the_one_that_mailman_added() -> None:
    assert topics.number([(b"message", b"Message: to all\n"), (b"message", b"Message: 12\n")]) == 12
    assert topics.number([(b"message", b"Message: to all\n")]) is None
    assert topics.number([]) is None


NOTE = """An embedded message was scrubbed...
From: =?utf-8?q?A?=
\t<ann at example.net>
Subject: A secret
Date: Mon, 05 Jan 2026 12:00:00 +0000
Size: 739
URL: <http://l/pipermail/a/attachments/2026/x/attachment.eml>
"""


@pytest.mark.parametrize("note", [NOTE, NOTE.replace("From", "Von").replace("Subject", "Betreff")])
def test_where_pipermail_took_a_message_out_it_is_named_otherwise(note: str) -> None:
    text = f"1. A secret\n{note}{note.replace('attachment.', 'attachment-0001.')}"
    lines = text.encode().split(b"\n")

    def edited(path: bytes, replacement: dict[str, Any]) -> tuple[int, str]:
        found = topics.notes(lines, path, replacement, "utf-8", b" at ")
        assert found
        new = topics.spliced(lines, found[1])
        again = topics.notes(new, path, replacement, "utf-8", b" at ")
        assert again and again[1] == [], "twice is not once"
        return found[0], b"\n".join(new).decode()

    first = "attachments/2026/x/attachment.eml"
    assert edited(first.encode(), SUBJECT) == (2, text.replace(": A secret", ": (removed)", 1))
    sender = text.replace(": =?utf-8?q?A?=\n\t<ann at example.net>", ": Nobody <no at example.org>", 1)
    assert edited(first.encode(), SENDER) == (2, sender)
    place, second = edited(b"attachments/2026/x/attachment-0001.eml", BOTH)
    assert place == 9 and second.startswith(text[:-300]) and second.count("A secret") == 2
    assert topics.notes(lines, b"attachments/2026/y/attachment.eml", BOTH, "utf-8") is None


def test_other_files_that_pipermail_took_out_are_none() -> None:
    note = "A non-text attachment was scrubbed...\nName: a.eml\nType: x/y\nSize: 15 bytes\nDesc: z\nURL: <http://l/x/a.eml>"
    assert topics.notes(note.encode().split(b"\n"), b"x/a.eml", BOTH, "utf-8") is None


WORDS = st.lists(st.text("abc([.:)]é", min_size=1, max_size=30), min_size=1, max_size=9).map(" ".join)


@given(st.lists(st.tuples(WORDS, WORDS), min_size=1, max_size=12), st.data())
def test_any_table_loses_one_entry_and_nothing_else(messages: list[tuple[str, str]], data: st.DataObject) -> None:
    def table(named: list[tuple[str, str]]) -> list[list[bytes]]:
        entries = [topics._folded(place, f"{subject} ({sender})") for place, (subject, sender) in enumerate(named, 1)]
        return [[line.encode() for line in entry] for entry in entries]

    place = data.draw(st.integers(1, len(messages)))
    replacement = data.draw(st.sampled_from([SUBJECT, SENDER, BOTH]))
    old, wanted = table(messages), list(messages)
    subject, sender = messages[place - 1]
    wanted[place - 1] = (
        replacement["subject"] or subject,
        replacement["sender"][0] if replacement["sender"] else sender,
    )
    edits = topics.topic(sum(old, []), place, messages[place - 1], replacement, "utf-8")
    assert edits is not None
    assert topics.spliced(sum(old, []), edits) == sum(table(wanted), [])
