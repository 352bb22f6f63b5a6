# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Redacts a message in Pipermail's archive. Runs in Mailman 2.1's own Python 2.7, under the list's lock.

A rebuild of the archive from its mailbox would change the numbers of messages.
Therefore each file is edited in place, and only where it has this message.
"""

import base64
import glob
import gzip
import io
import marshal
import os
import pickle
import re
import shutil
from functools import partial

try:
    from urllib import quote  # type: ignore[attr-defined] # Python 2's
except ImportError:
    from urllib.parse import quote

from ansible_collections.listops.mailman.plugins.module_utils._mailman21.remote.main import Mailman21Handler
from ansible_collections.listops.mailman.plugins.module_utils._programs.remote.server import (
    Failure,
    replace_bytes,
    serve,
)
from ansible_collections.listops.mailman.plugins.module_utils._redaction.remote import message as texts
from ansible_collections.listops.mailman.plugins.module_utils._redaction.remote.digests import cleaned_chunk
from ansible_collections.listops.mailman.plugins.module_utils._redaction.remote.pipermail import (
    attached_message,
    attached_text,
    index_entry,
    link_texts,
    month_text,
    page_body,
    page_digest,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, Iterable, Iterator  # noqa: F401

# Extensions that Mailman may give to a message that was attached to another one.
ATTACHED = (".eml", ".mht", ".mhtml", ".nws", ".txt")


class PipermailRedactor(object):
    """mlist: Mailman's list; request: {"message_id": bare or None, "page": [volume, file] or None, "replacement": see message.py}."""

    def __init__(self, mlist, request):
        # type: (Any, dict[str, Any]) -> None
        from Mailman import Utils, i18n, mm_cfg

        i18n.set_language(mlist.preferred_language)
        self.mlist = mlist
        self.replacement = request["replacement"]
        self.folder = mlist.archive_dir()
        self.mbox = mlist.ArchiveFileName()
        self.charset = Utils.GetCharSet(mlist.preferred_language)
        # Pipermail's form of @ in addresses.
        self.at = i18n._(" at ") if mm_cfg.ARCHIVER_OBSCURES_EMAILADDRS else b"@"  # type: bytes
        self.volume, self.article = self._find(request)
        self.ident = b""
        if self.article is not None:
            self.ident = texts.bare(self.article._message_id or b"")
        elif request["message_id"] is not None:
            self.ident = request["message_id"].encode("utf-8")
        self.raw = next(self._own(self.mbox), None) if self.ident else None
        self.new = self._rendered() if self.found else None  # type: Any
        self.attached = list(self._attached()) if self.found and self._renamed else []

    @property
    def found(self):
        # type: () -> bool
        return self.article is not None or self.raw is not None

    def look(self, originals):
        # type: (bool) -> dict[str, Any]
        """See _hyperkitty/remote/redact.py."""
        if not self.found:
            return {"found": None, "places": [], "originals": []}
        if not self.ident:
            raise Failure("{0} has no Message-ID, which is needed to find its copies".format(self._page or self.mbox))
        url = None
        if self.article is not None:
            url = "{0}{1}/{2}".format(self.mlist.GetBaseArchiveURL(), self.volume, self.article.filename)
        found = {
            "message_id": self.ident.decode("utf-8", "replace"),
            "url": url,
            "replies": self._replies(),
        }
        places = []  # type: list[dict[str, Any]]
        for path, what, _new in self._edits():
            if places and places[-1]["place"] == path:
                places[-1]["what"].append(what)
            else:
                places.append({"place": path, "what": [what]})
        return {"found": found, "places": places, "originals": self._originals() if originals else []}

    def apply(self):
        # type: () -> None
        """Edit the files one by one; the mailbox, from which the others are found, last."""
        for path, _what, new in self._edits():
            if new is None:
                shutil.rmtree(path)
            else:
                replace_bytes(path, new())

    # -- what there is

    def _shelf(self, volume, kind):
        # type: (str, str) -> dict[Any, Any]
        with open(self._shelf_path(volume, kind), "rb") as handle:
            shelf = marshal.load(handle)  # type: dict[Any, Any]
        return shelf

    def _shelf_path(self, volume, kind):
        # type: (str, str) -> str
        return os.path.join(self.folder, "database", "{0}-{1}".format(volume, kind))

    def _volumes(self):
        # type: () -> list[str]
        paths = glob.glob(os.path.join(self.folder, "database", "*-article"))
        return sorted(os.path.basename(path)[: -len("-article")] for path in paths)

    def _find(self, request):
        # type: (dict[str, Any]) -> tuple[str | None, Any]
        """Find volume and article of the message."""
        from Mailman.Archiver import HyperArch  # noqa: F401 # its class is in the pickles

        wanted, page = request["message_id"], request["page"]
        for volume in self._volumes():
            if page is not None and page[0] != volume:
                continue
            for message_id, stored in sorted(self._shelf(volume, "article").items()):
                if page is None and texts.bare(message_id) != wanted.encode("utf-8"):
                    continue
                article = pickle.loads(stored)
                if page is None or article.filename == page[1]:
                    article.setListIfUnset(self.mlist)
                    return volume, article
        return None, None

    def _own(self, path):
        # type: (str) -> Iterator[bytes]
        """The message in a mailbox."""
        if os.path.exists(path):
            with open(path, "rb") as handle:
                for chunk in texts.mailbox(handle):
                    if texts.message_id(chunk) == self.ident:
                        yield chunk

    def _replies(self):
        # type: () -> list[str]
        base = self.mlist.GetBaseArchiveURL()
        found = []
        for volume in self._volumes():
            for stored in self._shelf(volume, "article").values():
                if self.ident in stored:
                    article = pickle.loads(stored)
                    if texts.bare(article.in_reply_to or b"") == self.ident:
                        found.append("{0}{1}/{2}".format(base, volume, article.filename))
        return sorted(found)

    def _originals(self):
        # type: () -> list[list[str]]
        """The original: the whole message in the mailbox, its page, and its extracted attachments."""
        page = self._page
        paths = [("page.html", page)] if page else []
        for folder in self._attachments():
            paths += [("attachments/" + name, os.path.join(folder, name)) for name in sorted(os.listdir(folder))]
        rows = [("mailbox.eml", self.raw)] if self.raw is not None else []
        for name, path in paths:
            with open(path, "rb") as handle:
                rows.append((name, handle.read()))
        return [[name, base64.b64encode(data).decode("ascii")] for name, data in rows]

    @property
    def _page(self):
        # type: () -> str | None
        if self.article is None:
            return None
        return os.path.join(self.folder, self.volume or "", self.article.filename)

    def _attachments(self):
        # type: () -> list[str]
        """The folder with the extracted attachments of the message."""
        from Mailman.Handlers import Scrubber

        message = texts.parse(self.raw if self.raw is not None else self._synthetic())
        folder = os.path.join(self.folder, Scrubber.calculate_attachments_dir(self.mlist, message, {}))
        return [folder] if os.path.isdir(folder) else []

    def _attached(self):
        # type: () -> Iterator[tuple[bytes, tuple[int | None, Any]]]
        """The places where Pipermail extracted it from a digest, see _redaction/remote/pipermail.py."""
        for path in self._files():
            with open(path, "rb") as handle:
                held = attached_message(handle.read(), self.ident)
            if held:
                yield path[len(self.folder) + 1 :].encode("utf-8"), held

    def _files(self):
        # type: () -> list[str]
        """Extracted attachments that may be messages themselves."""
        paths = sorted(glob.glob(os.path.join(self.folder, "attachments", "*", "*", "*")))
        return [path for path in paths if path.endswith(ATTACHED) and os.path.isfile(path)]

    # -- what shall be

    def _synthetic(self):
        # type: () -> Any
        """A message from Pipermail's index, where there is no mailbox."""
        article = self.article
        lines = [
            "From: {0} <{1}>".format(article.author, article.email.replace(self.at, b"@")),
            "Subject: {0}".format(article.subject),
            "Date: {0}".format(article.datestr),
            "Message-ID: {0}".format(article._message_id),
        ]
        lines += ["{0}: {1}".format(*pair) for pair in self._references(article) if pair[1]]
        return "\n".join(lines) + "\n\n"

    @staticmethod
    def _references(article):
        # type: (Any) -> list[tuple[str, Any]]
        return [("In-Reply-To", article._in_reply_to), ("References", article._references)]

    def _rendered(self):
        # type: () -> Any
        """The article that Pipermail would make of the redacted message in the same place."""
        import email

        from Mailman import Message
        from Mailman.Archiver import HyperArch

        raw = texts.redacted(self.raw if self.raw is not None else self._synthetic(), self.replacement)
        message = email.message_from_string(raw, Message.Message)  # type: ignore[call-overload] # bytes are Python 2's
        old = self.article
        number = old.sequence if old is not None else 0
        new = HyperArch.Article(message, number, lang=self.mlist.preferred_language, mlist=self.mlist)
        for name in ("date", "datestr", "fromdate", "filename", "parentID", "threadKey"):
            if old is not None and hasattr(old, name):
                setattr(new, name, getattr(old, name))
        new.text = new.as_text()

        class Formatter(HyperArch.HyperArchive):
            """The part of Pipermail's archive that formats one article."""

            def __init__(self, mlist):
                # type: (Any) -> None
                self.maillist, self.lang = mlist, mlist.preferred_language

        Formatter(self.mlist).format_article(new)
        return new

    @property
    def _renamed(self):
        # type: () -> bool
        return self.replacement["subject"] is not None or self.replacement["sender"] is not None

    def _edits(self):
        # type: () -> Iterator[tuple[str, str, Callable[[], Iterable[bytes]] | None]]
        """Path, parts of the message in it, and a function for the new content; None removes a folder."""
        for folder in self._attachments():
            yield folder, "{0} attachments".format(len(os.listdir(folder))), None
        for path, what, change in self._changes():
            with open(path, "rb") as handle:
                data = handle.read()
            new = change(data)
            if new != data:
                yield path, what, partial(list, [new])
        boxes = [os.path.join(self.mlist.fullpath(), "digest.mbox"), self.mbox]
        for path, what in zip(boxes, ("digest in progress", "mailbox")):
            if os.path.exists(path) and any(old != new for old, new in self._chunks(path)):
                yield path, what, partial(self._cleaned, path)

    def _chunks(self, path):
        # type: (str) -> Iterator[tuple[bytes, bytes]]
        with open(path, "rb") as handle:
            for chunk in texts.mailbox(handle):
                yield chunk, cleaned_chunk(chunk, self.ident, self.replacement, self.attached)

    def _cleaned(self, path):
        # type: (str) -> Iterator[bytes]
        return (new for _old, new in self._chunks(path))

    def _changes(self):
        # type: () -> Iterator[tuple[str, str, Callable[[bytes], bytes]]]
        "Files that may have a copy, and functions for their content without it."
        replacement = self.replacement
        for path in self._files():
            yield path, "attached message", lambda data: attached_text(data, self.ident, replacement, self.attached)
        for path in sorted(glob.glob(os.path.join(self.folder, "*", "[0-9]*.html"))):
            if path != self._page:
                yield path, "digest", partial(self._other_page, path)
        if self._page and os.path.exists(self._page):
            yield self._page, "page", partial(self._new_page, self._page)
            for name in ("thread", "subject", "author", "date") if self._renamed else ():
                path = os.path.join(self.folder, str(self.volume), name + ".html")
                if os.path.exists(path):
                    yield path, "entry", self._new_index
            for path in sorted(glob.glob(os.path.join(self.folder, str(self.volume), "[0-9]*.html"))):
                if replacement["subject"] is not None and path != self._page:
                    yield path, "link", lambda data: link_texts(data, self.new.filename, self._quoted("subject"))
        for path in sorted(glob.glob(os.path.join(self.folder, "*.txt"))):
            yield path, "month", self._new_month
        for path in sorted(glob.glob(os.path.join(self.folder, "*.txt.gz"))):
            yield path, "compressed month", self._new_compressed
        for kind in ("article", "author", "subject") if self.article is not None and self._renamed else ():
            yield self._shelf_path(str(self.volume), kind), "index", partial(self._new_shelf, kind)

    def _quoted(self, name):
        # type: (str) -> bytes
        """Subject or author in the form of Pipermail's pages."""
        from Mailman.Archiver import HyperArch

        value = self.new.decoded.get(name, getattr(self.new, name))
        if name == "author":
            value = value.replace("@", str(self.at))
        return self._bytes(HyperArch.CGIescape(value, self.mlist.preferred_language))

    def _bytes(self, value):
        # type: (Any) -> bytes
        return value if isinstance(value, bytes) else value.encode(self.charset, "replace")

    def _other_page(self, path, data):
        # type: (str, bytes) -> bytes
        """The page of a digest, or of a message that was posted twice, of which Pipermail's index has only the last."""
        if b"In-Reply-To=%3C" + quote(self.ident).encode("ascii") + b"%3E" in data:
            return self._new_page(path, data)
        return page_digest(data, self.ident, self.replacement, self.at, self.charset, self.attached)

    def _new_page(self, path, data):
        # type: (str, bytes) -> bytes
        """Replace only the part between Pipermail's marks, unless other parts name sender or subject, too."""
        html = self._bytes("".join(self.new.html_body))
        if not self._renamed:
            return page_body(data, html)
        near = {}
        for name, mark in (("prev", b"Previous"), ("next", b"Next")):
            found = re.search(texts.pattern(r'<LINK REL="') + mark + texts.pattern(r'"\s+HREF="([^"]+)"'), data)
            near[name] = self._by_file(found.group(1)) if found else None
        self.new.prev, self.new.next = near["prev"], near["next"]
        self.new.sequence = int(os.path.basename(path).partition(".")[0])
        return self._bytes(self.new.as_html())

    def _by_file(self, filename):
        # type: (bytes) -> Any
        for stored in self._shelf(str(self.volume), "article").values():
            article = pickle.loads(stored)
            if article.filename == filename:
                return article
        return None

    def _new_index(self, data):
        # type: (bytes) -> bytes
        subject = self._quoted("subject") if self.replacement["subject"] is not None else None
        author = self._quoted("author") if self.replacement["sender"] is not None else None
        return index_entry(data, self.new.filename, subject, author)

    def _new_month(self, data):
        # type: (bytes) -> bytes
        new = self._bytes(self.new.text)
        return month_text(data, self.ident, new, self._renamed, self.replacement, self.at, self.charset, self.attached)

    def _new_compressed(self, data):
        # type: (bytes) -> bytes
        with gzip.GzipFile(fileobj=io.BytesIO(data)) as handle:
            text = handle.read()
        new = self._new_month(text)
        if new == text:
            return data
        out = io.BytesIO()
        with gzip.GzipFile(fileobj=out, mode="wb") as handle:
            handle.write(new)
        return out.getvalue()

    def _new_shelf(self, kind, data):
        # type: (str, bytes) -> bytes
        """Pipermail's own index of a volume: articles by Message-ID, Message-IDs by author and by subject."""
        from Mailman.Archiver import pipermail

        shelf, old, new = marshal.loads(data), self.article, self.new
        if kind == "article":
            stored = pickle.loads(shelf[old.msgid])
            said = dict.fromkeys(("subject", "author", "email", "decoded"))
            said.update((name, getattr(new, name)) for name in said)
            if all(getattr(stored, name) == value for name, value in said.items()):
                return data
            stored.__dict__.update(said)
            shelf[old.msgid] = pickle.dumps(stored)
            return marshal.dumps(shelf)
        if kind == "author":
            word = pipermail.fixAuthor(new.decoded.get("author", new.author))
        else:
            word = new.decoded.get("stripped", new.subject).lower()
        key = (word, old.date, old.msgid)
        mine = [found for found, message_id in shelf.items() if message_id == old.msgid]
        if mine == [key]:
            return data
        for found in mine:
            del shelf[found]
        shelf[key] = old.msgid
        return marshal.dumps(shelf)


class Mailman21RedactionHandler(Mailman21Handler):
    """Adds the requests of a redaction."""

    def look_message(self, request):
        # type: (dict[str, Any]) -> dict[str, Any]
        """Find an archived message that is to be redacted.

        request: see PipermailRedactor, "list": name, and "originals": whether to return the original.
        answer: see its look.
        """
        from Mailman.MailList import MailList

        name = str(request["list"])
        self.files.config(name)
        return PipermailRedactor(MailList(name, lock=0), request).look(request["originals"])

    def redact_message(self, request):
        # type: (dict[str, Any]) -> dict[str, Any]
        """Redact it, if it is here. request: as of look_message; answer: {}."""
        with self.writer.locked(str(request["list"])) as mlist:
            # The archiver takes the same lock.
            redactor = PipermailRedactor(mlist, request)
            if redactor.found:
                redactor.apply()
        return {}


def main():
    # type: () -> None
    serve(lambda request: Mailman21RedactionHandler(str(request["command"]), int(request["wait"])))
