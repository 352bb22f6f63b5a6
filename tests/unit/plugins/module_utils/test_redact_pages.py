# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from ansible_collections.listops.mailman.plugins.module_utils import redact_pages

WISH = {"text": "Removed & gone.", "subject": None, "sender": None}
IDENT = b"One@example.net"
INDEX = b"""<LI><A HREF="000001.html">A secret
</A><A NAME="1">&nbsp;</A>
<I>Ann
</I>
<LI><A HREF="000002.html">A secret
</A><A NAME="2">&nbsp;</A>
<I>Ann
</I>
"""
MONTH = b"""From ann at example.net  Mon Jan  5 10:00:00 2026
From: ann at example.net (Ann)
Date: Mon, 5 Jan 2026
Subject: A secret
Message-ID: <One@example.net>

The secret.
From here it is still the secret.

From bob at example.net  Mon Jan  5 11:00:00 2026
From: bob at example.net (Bob)
Date: Mon, 5 Jan 2026
Subject: other
Message-ID: <two@example.net>

> The secret.\xff

"""
DIGEST = b"""<H1>Digest</H1>
<!--beginarticle-->
<PRE>Topics:

----------------------------------------------------------------------

Message: 1
From: Ann &lt;<A HREF="http://l/listinfo/x">ann at example.net</A>&gt;
Subject: A secret
Message-ID: &lt;<A HREF="http://l/listinfo/x">One at example.net</A>&gt;

The &lt;secret&gt;.

------------------------------

Message: 2
Message-ID: &lt;<A HREF="http://l/listinfo/x">two at example.net</A>&gt;

&gt;<i> The quote.
</I>

</PRE>
<!--endarticle-->
footer
"""


def test_only_the_article_of_a_page_changes() -> None:
    page = b"head\n<!--beginarticle-->\n<PRE>old\n</PRE>\n<!--endarticle-->\nfoot <!--x-->"
    new = redact_pages.page_body(page, b"<PRE>new\n</PRE>")
    assert new == b"head\n<!--beginarticle-->\n<PRE>new\n</PRE>\n<!--endarticle-->\nfoot <!--x-->"
    assert redact_pages.page_body(new, b"<PRE>new\n</PRE>") == new
    assert redact_pages.page_body(b"no marks", b"x") == b"no marks"


def test_only_the_entry_of_an_index_changes() -> None:
    new = redact_pages.index_entry(INDEX, "000001.html", b"(removed)", b"Nobody")
    assert new == INDEX.replace(b"A secret", b"(removed)", 1).replace(b"Ann", b"Nobody", 1)
    assert redact_pages.index_entry(INDEX, "000001.html", None, b"Nobody") == INDEX.replace(b"Ann", b"Nobody", 1)
    assert redact_pages.index_entry(INDEX, "000003.html", b"x", b"y") == INDEX


def test_only_the_links_of_a_neighbour_change() -> None:
    page = b'<LI>Next: <A HREF="000001.html">A secret\n</A></li>\n<A HREF="000001.html">A secret\n</A></li> in a text'
    new = redact_pages.link_texts(page, "000001.html", rb"\1 (removed)")
    assert new == page.replace(b"A secret", rb"\1 (removed)", 1)


def test_only_one_entry_of_a_month_changes() -> None:
    new = b"From x\nFrom: nobody\nDate: d\nMessage-ID: <One@example.net>\n\nRemoved.\n\n"
    arguments = (IDENT, new)
    rest = (WISH, b" at ", "us-ascii")
    once = redact_pages.month_text(MONTH, *arguments, False, *rest)
    secret = b"The secret.\nFrom here it is still the secret.\n\n"
    assert once == MONTH.replace(secret, b"Removed.\n\n", 1)
    assert redact_pages.month_text(once, *arguments, False, *rest) == once
    renamed = redact_pages.month_text(MONTH, *arguments, True, *rest)
    assert renamed == new + MONTH[MONTH.index(b"From bob") :]
    assert redact_pages.month_text(b"", *arguments, True, *rest) == b""


def test_only_one_section_of_a_digests_page_changes() -> None:
    arguments = (WISH, b" at ", "us-ascii")
    new = redact_pages.page_digest(DIGEST, IDENT, *arguments)
    assert new == DIGEST.replace(b"The &lt;secret&gt;.\n", b"Removed &amp; gone.\n")
    assert redact_pages.page_digest(new, IDENT, *arguments) == new
    last = redact_pages.page_digest(DIGEST, b"two@example.net", *arguments)
    assert last == DIGEST.replace(b"&gt;<i> The quote.\n</I>\n\n", b"Removed &amp; gone.\n\n")
    assert redact_pages.page_digest(last, b"two@example.net", *arguments) == last
    named = dict(WISH, subject="x", sender=["x", "x@y.z"])
    bare = redact_pages.page_digest(DIGEST, IDENT, named, b" at ", "us-ascii")
    assert b"A secret" not in bare and b"ann at" not in bare


def test_an_attached_message_stays_escaped() -> None:
    raw = b"[From nobody\nMessage-ID: &lt;One@example.net&gt;\nSubject: &quot;A&quot;\n\nThe &lt;secret&gt;.\n]"
    new = redact_pages.attached_text(raw, IDENT, WISH)
    assert b"secret" not in new and b"Removed &amp; gone." in new and b"Subject: &quot;A&quot;\n" in new
    assert redact_pages.attached_text(new, IDENT, WISH) == new
    assert redact_pages.attached_text(raw, b"two@example.net", WISH) == raw
