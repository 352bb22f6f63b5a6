# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Redacts a message in HyperKitty. Runs in HyperKitty's own interpreter.

The row stays, with its number, thread and page. Downloads are made from it.
"""

from __future__ import annotations

import base64
import os
import shutil
from typing import Any, Iterator

from ansible_collections.listops.mailman.plugins.module_utils._hyperkitty.remote import search
from ansible_collections.listops.mailman.plugins.module_utils._hyperkitty.remote.main import HyperKittyHandler
from ansible_collections.listops.mailman.plugins.module_utils._programs.remote.server import serve
from ansible_collections.listops.mailman.plugins.module_utils._programs.remote.web import retry_when_locked
from ansible_collections.listops.mailman.plugins.module_utils._redaction.remote.contents import (
    cut_topic,
    spliced,
    unprefixed,
)
from ansible_collections.listops.mailman.plugins.module_utils._redaction.remote.digests import (
    cleaned,
    contents,
    first_ident,
    held_message,
    plain_digest,
)


class MessageRedactor:
    """One message: {"list": posting address, "message_id": bare, or None, "hash": of its page, or None}, and the replacement.

    replacement: see _redaction/remote/message.py.
    """

    def __init__(self, request: dict[str, Any]) -> None:
        from hyperkitty.models import Email

        self.replacement = request["replacement"]
        found = Email.objects.filter(mailinglist__name=request["list"])
        if request["message_id"] is not None:
            found = found.filter(message_id=request["message_id"])
        else:
            found = found.filter(message_id_hash=request["hash"])
        self.message = found.select_related("mailinglist", "sender", "thread").first()

    @property
    def ident(self) -> bytes:
        ident: str = self.message.message_id
        return ident.encode("utf-8")

    def look(self, originals: bool) -> dict[str, Any]:
        """Find what is to be redacted. answer: {"found": {...} or None, "places": [{"place", "what"}], "originals": [[name, base64]]}."""
        from django.urls import reverse
        from hyperkitty.models import Email

        message = self.message
        if message is None:
            return {"found": None, "places": [], "originals": []}
        page = {"mlist_fqdn": message.mailinglist.name, "message_id_hash": message.message_id_hash}
        replies = Email.objects.filter(mailinglist=message.mailinglist, in_reply_to=message.message_id)
        found = {
            "message_id": message.message_id,
            "url": reverse("hk_message_index", kwargs=page),
            "replies": [
                reverse("hk_message_index", kwargs=dict(page, message_id_hash=value))
                for value in replies.order_by("date").values_list("message_id_hash", flat=True)
            ],
        }
        places = [{"place": found["url"], "what": self._parts()}] if self._parts() else []
        for host, what in self._copies():
            url = reverse("hk_message_index", kwargs=dict(page, message_id_hash=host.message_id_hash))
            places.append({"place": "digest {0}".format(url), "what": [what[0]]})
        raw = [["hyperkitty.eml", base64.b64encode(message.as_bytes()).decode("ascii")]] if originals else []
        return {"found": found, "places": places, "originals": raw}

    def _parts(self) -> list[str]:
        """The parts of the message that are not redacted yet."""
        message, replacement = self.message, self.replacement
        parts = []
        if message.content != replacement["text"]:
            parts.append("content")
        attachments = message.attachments.count()
        if attachments:
            parts.append("{0} attachments".format(attachments))
        if replacement["subject"] is not None and message.subject != replacement["subject"]:
            parts.append("subject")
        if replacement["sender"] is not None and [message.sender_name, message.sender_id] != replacement["sender"]:
            parts.append("sender")
        return parts

    def _copies(self) -> Iterator[tuple[Any, tuple[str, Any, bytes]]]:
        """The digests in the same archive that contain the message: (their rows, (what, attachment or None, new bytes))."""
        from django.db.models import Q
        from hyperkitty.models import Attachment, Email

        others = Email.objects.filter(mailinglist=self.message.mailinglist).exclude(pk=self.message.pk)
        attached = Attachment.objects.filter(email__in=others, content_type="message/rfc822")
        held: dict[int, list[Any]] = {}
        for attachment in attached.select_related("email__mailinglist").iterator(chunk_size=20):
            raw = bytes(attachment.get_content())
            found = held_message(raw, self.ident)
            if found:
                held.setdefault(attachment.email_id, []).append(found)
            new = cleaned(raw, self.ident, self.replacement)
            if new != raw:
                yield attachment.email, ("attached message", attachment, new)
        named = others.filter(Q(content__contains=self.message.message_id) | Q(pk__in=list(held)))
        for host in named.iterator():
            text = host.content.encode("utf-8", "surrogatepass")
            section = plain_digest(text, self.ident, self.replacement)
            new = contents(section, held.get(host.pk, []), self.replacement)
            if new != text:
                what = "contents of a digest" if section == text else "section of a plain digest"
                yield host, (what, None, new)
        if self.replacement["subject"] is not None or self.replacement["sender"] is not None:
            cut = others.filter(content__contains="-" * 70).exclude(content__contains=self.message.message_id)
            for host in cut.exclude(pk__in=list(held)).iterator():
                shorter = self._cut(host)
                if shorter is not None:
                    yield host, ("contents of a digest", None, shorter)

    def _cut(self, host: Any) -> bytes | None:
        """The text of a plain digest that is archived only in part, without the message but with its table of contents."""
        from hyperkitty.models import Email

        text = host.content.encode("utf-8", "surrogatepass")
        message = self.message
        archived = Email.objects.filter(mailinglist=message.mailinglist)
        first = archived.filter(message_id=first_ident(text).decode("utf-8", "replace")).first()
        if first is None or not first.archived_date <= message.archived_date <= host.archived_date:
            return None
        before = archived.filter(archived_date__gte=first.archived_date, archived_date__lt=message.archived_date)
        subject = unprefixed(message.subject, message.mailinglist.subject_prefix or "")
        lines = text.split(b"\n")
        edits = cut_topic(
            lines, before.count() + 1, (subject, message.sender_name or message.sender_id), self.replacement
        )
        return b"\n".join(spliced(lines, edits)) if edits else None

    def apply(self) -> None:
        """Redact, or finish an interrupted redaction; every part can be repeated.

        The search index is updated first with copies, since a redacted one in the database is not found again. Old words in it
        and caches are removed last.
        """
        copies, texts = list(self._copies()), []
        for host, (_what, attachment, new) in copies:
            if attachment is None:
                host.content = new.decode("utf-8", "surrogatepass")
                texts.append(host)
        if texts:
            search.add(texts)
        for host in texts:
            type(host).objects.filter(pk=host.pk).update(content=host.content)
        for _host, (_what, attachment, new) in copies:
            if attachment is not None:
                attachment.set_content(new)
                attachment.save()
        self._rewrite()
        search.add([self.message])
        search.scrub()
        self._forget()

    def _rewrite(self) -> None:
        from django.db import transaction
        from hyperkitty.models import Attachment, Email, Sender

        message, replacement = self.message, self.replacement
        values = {"content": replacement["text"]}
        if replacement["subject"] is not None:
            values["subject"] = replacement["subject"]
        before = message.sender_id
        with transaction.atomic():
            if replacement["sender"] is not None:
                name, address = replacement["sender"]
                values.update(sender_name=name, sender=Sender.objects.get_or_create(address=address)[0])
            # Without the signals of save(), so that nothing of its thread changes.
            Email.objects.filter(pk=message.pk).update(**values)
            message.attachments.all().delete()
            if replacement["sender"] is not None:
                Sender.objects.filter(pk=before, emails__isnull=True).delete()
        folder = Attachment(email=message, counter=0)._get_folder()
        if folder and os.path.isdir(folder):
            shutil.rmtree(folder)
        message.refresh_from_db()

    def _forget(self) -> None:
        """Remove HyperKitty's caches of a thread and of a list."""
        from django.core.cache import cache
        from django.core.cache.utils import make_template_fragment_key

        thread = self.message.thread
        for value in [*thread.cached_values.values(), *self.message.mailinglist.recent_cached_values]:
            cache.delete(value._get_cache_key())
        cache.delete(make_template_fragment_key("thread_participants", [thread.id]))

    @staticmethod
    def cached_in_processes() -> bool:
        """Whether each process of the web service has a cache of its own, until it ends."""
        from django.conf import settings

        return "locmem" in str(settings.CACHES["default"]["BACKEND"])


class HyperKittyRedactionHandler(HyperKittyHandler):
    """Adds the requests of a redaction."""

    def look_message(self, request: dict[str, Any]) -> dict[str, Any]:
        """Find a message that is to be redacted.

        request: see MessageRedactor, and "originals": whether to return the original.
        answer: see its look, and "cached_in_processes".
        """
        redactor = MessageRedactor(request)
        return dict(redactor.look(request["originals"]), cached_in_processes=redactor.cached_in_processes())

    def redact_message(self, request: dict[str, Any]) -> dict[str, Any]:
        """Redact it, if it is here. request: as of look_message; answer: {}."""
        redactor = MessageRedactor(request)
        if redactor.message is not None:
            retry_when_locked(redactor.apply)
        return {}


def main() -> None:
    serve(lambda request: HyperKittyRedactionHandler(request["command"]))
