# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Pages and texts of Pipermail, redacted where no Mailman 2.1 is left."""

from __future__ import annotations

import pytest

from ansible_collections.listops.mailman.plugins.module_utils._redaction.remote import pages

REPLACEMENT = {"text": "Removed & gone.", "subject": None, "sender": None}
ALL = {"text": "Entfernt: ä\nFrom here.", "subject": "(gelöscht) <x>", "sender": ["Nobody", "no@example.org"]}
IDENT = b"O&ne=1@example.net"
PAGE = b"""<HTML>
 <HEAD>
   <TITLE> A secret
   </TITLE>
   <LINK REL="made" HREF="mailto:talk%40lists.example.org?Subject=Re%3A%20A%20secret&In-Reply-To=%3CO%26ne%3D1%40example.net%3E">
   <META http-equiv="Content-Type" content="text/html; charset=us-ascii">
 </HEAD>
 <BODY BGCOLOR="#ffffff">
   <H1>A secret</H1>
    <B>Ann Secret</B>
    <A HREF="mailto:talk%40lists.example.org?In-Reply-To=%3CO%26ne%3D1%40example.net%3E"
       TITLE="A secret">ann at example.net
       </A><BR>
    <I>Mon Jan  5 10:00:00 UTC 2026</I>
    <LI>Previous message: <A HREF="000000.html">other
</A></li>
<!--beginarticle-->
<PRE>The secret.
</PRE>
<!--endarticle-->
</BODY></HTML>
"""
MONTH = b"""From ann at example.net  Mon Jan  5 10:00:00 2026
From: ann at example.net (Ann Secret)
Date: Mon, 5 Jan 2026 10:00:00 +0000
Subject: A secret
\tof mine
Message-ID: <O&ne=1@example.net>

The secret.
From here it is still the secret.

From bob at example.net  Mon Jan  5 11:00:00 2026
From: bob at example.net (Bob)
Date: Mon, 5 Jan 2026 11:00:00 +0000
Subject: Re: A secret
In-Reply-To: <O&ne=1@example.net>
References: <O&ne=1@example.net>
Message-ID: <two@example.net>

Fine.

"""


@pytest.mark.parametrize(
    "written",
    [
        b"&In-Reply-To=%3CO%26ne%3D1%40example.net%3E",
        b"&amp;In-Reply-To=%3CO%26ne%3D1%40example.net%3E",
        b"?in-reply-to=%3co%26ne".replace(b"o%26", b"O%26") + b"%3d1%40example.net%3e",
        b"&In-Reply-To=%20%3CO%26ne%3D1%40example.net%3E%0A",
    ],
)
def test_a_page_says_which_message_it_shows(written: bytes) -> None:
    page = b'<LINK REL="made" HREF="mailto:x@y?Subject=Re' + written + b'">\n<!--beginarticle-->\n'
    assert pages.page_ident(page) == IDENT


def test_what_a_text_quotes_does_not_say_it() -> None:
    assert pages.page_ident(b"<HTML>\n<!--beginarticle-->\n?In-Reply-To=%3Cx@y%3E") == b""


def test_of_its_own_page_the_text_changes() -> None:
    new = pages.copied_page(PAGE, IDENT, REPLACEMENT)
    assert new == PAGE.replace(b"The secret.", b"Removed &amp; gone.")
    assert pages.copied_page(new, IDENT, REPLACEMENT) == new
    assert pages.copied_page(PAGE, b"two@example.net", REPLACEMENT) == PAGE


def test_with_another_subject_and_sender_nothing_of_it_stays() -> None:
    new = pages.copied_page(PAGE, IDENT, ALL)
    assert b"ecret" not in new and b"ann" not in new.lower()
    # in the charset of the page, which has no such letters
    assert b"<H1>(gel&#246;scht) &lt;x&gt;</H1>" in new and b"Entfernt: &#228;\n" in new and new.isascii()
    assert b"<B>Nobody</B> no at example.org<BR>" in new and b"Mon Jan  5 10:00:00 UTC 2026" in new
    assert pages.page_ident(new) == IDENT and pages.copied_page(new, IDENT, ALL) == new


def test_only_what_is_given_changes() -> None:
    new = pages.copied_page(PAGE, IDENT, dict(REPLACEMENT, subject="(removed)"))
    assert b"A secret" not in new and b"<B>Ann Secret</B> ann at example.net<BR>" in new
    new = pages.copied_page(PAGE, IDENT, dict(REPLACEMENT, sender=["", "no@example.org"]))
    assert b"<H1>A secret</H1>" in new and b"Ann" not in new and b"<B></B> no at example.org" in new


def test_a_page_without_marks_is_written_anew() -> None:
    odd = PAGE.replace(b"<!--beginarticle-->\n", b"<hr>")
    new = pages.own_page(odd, IDENT, REPLACEMENT)
    assert b"The secret." not in new and b"<H1>A secret</H1>" in new and b"Ann Secret" in new
    assert pages.own_page(new, IDENT, REPLACEMENT) == new


def test_of_a_month_one_entry_changes() -> None:
    new = pages.copied_month(MONTH, IDENT, REPLACEMENT)
    assert new == MONTH.replace(b"The secret.\nFrom here it is still the secret.\n", b"Removed & gone.\n")
    assert pages.copied_month(new, IDENT, REPLACEMENT) == new
    assert pages.copied_month(MONTH, b"three@example.net", REPLACEMENT) == MONTH
    new = pages.copied_month(MONTH, IDENT, ALL)
    first, second = new.split(b"From bob at", 1)
    assert b"ecret" not in first and b"ann" not in first.lower() and second == MONTH.split(b"From bob at", 1)[1]
    assert first.startswith(b"From no at example.org  Mon Jan  5 10:00:00 2026\nFrom: no at example.org (Nobody)\n")
    assert "Subject: (gelöscht) <x>\n".encode() in first and b"\n>From here.\n\n" in first
    assert pages.copied_month(new, IDENT, ALL) == new


def test_a_month_keeps_its_charset() -> None:
    old = MONTH.replace(b"Fine.", b"Gr\xfc\xdfe")
    new = pages.copied_month(old, IDENT, ALL)
    assert "(gelöscht)".encode("iso-8859-1") in new and b"Gr\xfc\xdfe" in new


@pytest.mark.parametrize(
    ("word", "found"), [(b" at ", b" at "), ("\xa0à\xa0".encode(), b"@"), (b" chez ", b" chez "), (b"@", b"@")]
)
def test_addresses_are_written_in_the_language_of_the_list(word: bytes, found: bytes) -> None:
    assert pages.written_at(b"Message-ID: &lt;" + IDENT.replace(b"@", word) + b"&gt;", IDENT) == found


@pytest.mark.parametrize(
    ("text", "there"),
    [
        (b"&lt;O&amp;ne=1 at example.net&gt;", True),
        (b"%3CO%26ne%3D1%40example.net%3E", True),
        (b"<O&ne=3D1@example.net>", True),
        (b"<O&ne=1@example.net>", True),
        (b"one@example.net", False),
    ],
)
def test_a_message_id_is_seen_however_it_is_written(text: bytes, there: bool) -> None:
    assert pages.names(text, IDENT) == there


def test_the_folder_of_attachments_is_mailmans() -> None:
    """As a Mailman 2.1.39 called it for a message with this Message-ID."""
    assert pages.attachment_folder(b"announce.0025.1f02ad9c@example.com") == "1112c767"
