# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from ansible_collections.listops.mailman.plugins.module_utils._redaction.remote import digests, pipermail

REPLACEMENT = {"text": "Removed & gone.", "subject": None, "sender": None}
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

   1. A secret (Ann)
   2.  (x)

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


MIME = b"""<!--beginarticle-->
<PRE>Topics:

   1. A secret (Ann)
   2. A secret (Ann)
-------------- next part --------------
An embedded message was scrubbed...
From: Ann &lt;<A HREF="http://l/listinfo/x">ann at example.net</A>&gt;
Subject: A secret
Date: Mon, 5 Jan 2026
Size: 306
URL: &lt;<A HREF="http://l/attachments/20260106/38a94abc/attachment.eml">http://l/attachments/20260106/38a94abc/attachment.eml</A>&gt;
</PRE>
<!--endarticle-->
"""


def test_only_the_article_of_a_page_changes() -> None:
    page = b"head\n<!--beginarticle-->\n<PRE>old\n</PRE>\n<!--endarticle-->\nfoot <!--x-->"
    new = pipermail.page_body(page, b"<PRE>new\n</PRE>")
    assert new == b"head\n<!--beginarticle-->\n<PRE>new\n</PRE>\n<!--endarticle-->\nfoot <!--x-->"
    assert pipermail.page_body(new, b"<PRE>new\n</PRE>") == new
    assert pipermail.page_body(b"no marks", b"x") == b"no marks"


def test_only_the_entry_of_an_index_changes() -> None:
    new = pipermail.index_entry(INDEX, "000001.html", b"(removed)", b"Nobody")
    assert new == INDEX.replace(b"A secret", b"(removed)", 1).replace(b"Ann", b"Nobody", 1)
    assert pipermail.index_entry(INDEX, "000001.html", None, b"Nobody") == INDEX.replace(b"Ann", b"Nobody", 1)
    assert pipermail.index_entry(INDEX, "000003.html", b"x", b"y") == INDEX


def test_only_the_links_of_a_neighbour_change() -> None:
    page = b'<LI>Next: <A HREF="000001.html">A secret\n</A></li>\n<A HREF="000001.html">A secret\n</A></li> in a text'
    new = pipermail.link_texts(page, "000001.html", rb"\1 (removed)")
    assert new == page.replace(b"A secret", rb"\1 (removed)", 1)


def test_only_one_entry_of_a_month_changes() -> None:
    new = b"From x\nFrom: nobody\nDate: d\nMessage-ID: <One@example.net>\n\nRemoved.\n\n"
    arguments = (IDENT, new)
    rest = (REPLACEMENT, b" at ", "us-ascii")
    once = pipermail.month_text(MONTH, *arguments, False, *rest)
    secret = b"The secret.\nFrom here it is still the secret.\n\n"
    assert once == MONTH.replace(secret, b"Removed.\n\n", 1)
    assert pipermail.month_text(once, *arguments, False, *rest) == once
    renamed = pipermail.month_text(MONTH, *arguments, True, *rest)
    assert renamed == new + MONTH[MONTH.index(b"From bob") :]
    assert pipermail.month_text(b"", *arguments, True, *rest) == b""


def test_only_one_section_of_a_digests_page_changes() -> None:
    arguments = (REPLACEMENT, b" at ", "us-ascii")
    new = pipermail.page_digest(DIGEST, IDENT, *arguments)
    assert new == DIGEST.replace(b"The &lt;secret&gt;.\n", b"Removed &amp; gone.\n")
    assert pipermail.page_digest(new, IDENT, *arguments) == new
    last = pipermail.page_digest(DIGEST, b"two@example.net", *arguments)
    assert last == DIGEST.replace(b"&gt;<i> The quote.\n</I>\n\n", b"Removed &amp; gone.\n\n")
    assert pipermail.page_digest(last, b"two@example.net", *arguments) == last
    named = dict(REPLACEMENT, subject="x", sender=["x", "x@y.z"])
    bare = pipermail.page_digest(DIGEST, IDENT, named, b" at ", "us-ascii")
    ann = b'Ann &lt;<A HREF="http://l/listinfo/x">ann at example.net</A>&gt;\n'
    assert bare == new.replace(ann, b"x &lt;x at y.z&gt;\n").replace(b"Subject: A secret", b"Subject: x").replace(
        b"   1. A secret (Ann)", b"   1. x (x)"
    )
    assert pipermail.page_digest(bare, IDENT, named, b" at ", "us-ascii") == bare
    assert named_only(DIGEST) == DIGEST.replace(b"(Ann)", b"(x)", 1).replace(ann, b"x &lt;x at y.z&gt;\n")


def named_only(page: bytes) -> bytes:
    """With another sender, and the text back."""
    replacement = dict(REPLACEMENT, sender=["x", "x@y.z"])
    new = pipermail.page_digest(page, IDENT, replacement, b" at ", "us-ascii")
    return new.replace(b"Removed &amp; gone.\n", b"The &lt;secret&gt;.\n")


def test_a_digest_whose_messages_were_taken_out_names_one_otherwise() -> None:
    path = b"attachments/20260106/38a94abc/attachment"
    attached = [(path + b".eml", (2, ("A secret", "Ann"))), (path + b"-0001.eml", (None, ("A secret", "Ann")))]
    replacement = dict(REPLACEMENT, subject="<removed>")
    arguments = (IDENT, replacement, b" at ", "us-ascii")
    new = pipermail.page_digest(MIME, *arguments, attached)
    wanted = MIME.replace(b"   2. A secret", b"   2. &lt;removed&gt;").replace(b": A secret", b": &lt;removed&gt;")
    assert new == wanted and pipermail.page_digest(new, *arguments, attached) == new
    assert pipermail.page_digest(MIME, *arguments) == MIME
    month = pipermail.unescaped(MIME)
    assert digests.plain_digest(month, IDENT, replacement, "us-ascii", b" at ", attached) == pipermail.unescaped(wanted)


def test_a_message_that_was_taken_out_says_what_it_was() -> None:
    raw = b"[From nobody\nMessage-ID: &lt;One@example.net&gt;\nFrom: Ann &lt;a@b&gt;\nSubject: &quot;A&quot;\nMessage: 2\n\nThe text.\n]"
    assert pipermail.attached_message(raw, IDENT) == (2, ('"A"', "Ann"))
    assert pipermail.attached_message(raw, b"two@example.net") is None


def test_an_attached_message_stays_escaped() -> None:
    raw = b"[From nobody\nMessage-ID: &lt;One@example.net&gt;\nSubject: &quot;A&quot;\n\nThe &lt;secret&gt;.\n]"
    new = pipermail.attached_text(raw, IDENT, REPLACEMENT)
    assert b"secret" not in new and b"Removed &amp; gone." in new and b"Subject: &quot;A&quot;\n" in new
    assert pipermail.attached_text(new, IDENT, REPLACEMENT) == new
    assert pipermail.attached_text(raw, b"two@example.net", REPLACEMENT) == raw


def test_an_attached_digest_is_a_digest() -> None:
    part = b"--x\nContent-Type: message/rfc822\n\nMessage-ID: &lt;One@example.net&gt;\n\nThe secret.\n--x--\n"
    raw = (
        b"[From nobody\nMessage-ID: &lt;d@e&gt;\nContent-Type: multipart/digest; boundary=&quot;x&quot;\n\n"
        + part
        + b"]"
    )
    new = pipermail.attached_text(raw, IDENT, REPLACEMENT)
    assert b"secret" not in new and b"Removed &amp; gone." in new and new.startswith(raw.partition(b"&lt;One")[0])
    assert new.endswith(b"--x--\n]") and pipermail.attached_text(new, IDENT, REPLACEMENT) == new
