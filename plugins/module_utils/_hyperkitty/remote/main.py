# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The program that runs in the interpreter of HyperKitty, the web archive of Mailman 3.

HyperKitty learns the policy of a list late from Mailman, and takes a list that it
does not know for public. Therefore it is told of private lists before Mailman
is. The program is sent there with the modules that it imports: see _hyperkitty/program.py.
"""

from __future__ import annotations

import base64
import os
import shutil
from functools import partial
from typing import Any

from ansible_collections.listops.mailman.plugins.module_utils._hyperkitty.remote import search
from ansible_collections.listops.mailman.plugins.module_utils._programs.remote.server import chunks, serve
from ansible_collections.listops.mailman.plugins.module_utils._programs.remote.web import enter, retry_when_locked

# Maximum size of an answer with a part of an archive, in bytes.
PORTION = 4 << 20


def one_line(text: Any) -> Any:
    """A header's text without line ends for Python's email package, which HyperKitty does not remove."""
    return " ".join(text.splitlines()) if isinstance(text, str) else text


def written(found: Any) -> bytes:
    """A message of HyperKitty in mbox format. found is not saved."""
    from email.generator import BytesGenerator
    from io import BytesIO

    for name in ("subject", "sender_name", "in_reply_to"):
        setattr(found, name, one_line(getattr(found, name)))
    message = found.as_message()
    # Otherwise it would be another one each time.
    message.set_boundary("=" * 15 + found.message_id_hash)
    out = BytesIO()
    BytesGenerator(out, mangle_from_=True).flatten(message, unixfrom=True)
    return out.getvalue() + b"\n\n"


class HyperKittyHandler:
    """HyperKitty through its own models."""

    def __init__(self, manage: str) -> None:
        enter(manage)

    def server_info(self) -> dict[str, Any]:
        return {}

    def look(self, request: dict[str, Any]) -> dict[str, Any]:
        """Find existing archives.

        request: {"lists": [posting addresses]}.
        answer: {"archives": {address: {"archive_policy", "messages"}}}.
        """
        return retry_when_locked(partial(self._look, request["lists"]))

    @staticmethod
    def _look(lists: list[str]) -> dict[str, Any]:
        from django.db.models import Count
        from hyperkitty.models import ArchivePolicy, MailingList

        archives: dict[str, Any] = {}
        for part in chunks(lists):
            found = MailingList.objects.filter(name__in=part).annotate(messages=Count("emails"))
            for name, policy, messages in found.values_list("name", "archive_policy", "messages"):
                archives[name] = {"archive_policy": ArchivePolicy(policy).name, "messages": messages}
        return {"archives": archives}

    def policies(self, _request: dict[str, Any]) -> dict[str, Any]:
        """HyperKitty's policies of lists. answer: {"policies": {address: archive_policy}}."""
        return {"policies": retry_when_locked(self._policies)}

    @staticmethod
    def _policies() -> dict[str, str]:
        from hyperkitty.models import ArchivePolicy, MailingList

        words = {policy.value: policy.name for policy in ArchivePolicy}
        rows = MailingList.objects.values_list("name", "archive_policy")
        return {name: words.get(policy, str(policy)) for name, policy in rows}

    def messages(self, request: dict[str, Any]) -> dict[str, Any]:
        """The messages of an archive, the oldest first.

        request: {"list": posting address}.
        answer: {"messages": [keys]}.
        """
        from hyperkitty.models import Email

        found = Email.objects.filter(mailinglist__name=request["list"]).order_by("archived_date", "pk")
        return {"messages": list(found.values_list("pk", flat=True))}

    def hashes(self, request: dict[str, Any]) -> dict[str, Any]:
        """What the addresses of an archive's messages end with.

        request: {"list": posting address}.
        answer: {"hashes": [hashes]}.
        """
        from hyperkitty.models import Email

        found = Email.objects.filter(mailinglist__name=request["list"])
        return {"hashes": list(found.values_list("message_id_hash", flat=True))}

    def mbox(self, request: dict[str, Any]) -> dict[str, Any]:
        """Messages as in HyperKitty's own download, but byte for byte the same each time.

        request: {"messages": [keys]}.
        answer: {"mbox": base64, "messages": how many of them were read, at least one, "left_out": [{"message_id",
        "reason"}] of those that HyperKitty cannot write}.
        """
        from io import BytesIO

        from hyperkitty.models import Email

        out = BytesIO()
        count = 0
        left_out = []
        for key in request["messages"]:
            count += 1
            for found in Email.objects.filter(pk=key):
                try:
                    out.write(written(found))
                except Exception as exc:
                    # Anybody can send a message that fails here; it must not stop the others.
                    reason = "{0}: {1}".format(type(exc).__name__, exc)
                    left_out.append({"message_id": found.message_id, "reason": reason})
            if out.tell() >= PORTION:
                break
        return {
            "mbox": base64.b64encode(out.getvalue()).decode("ascii"),
            "messages": count,
            "left_out": left_out,
        }

    def set_policies(self, request: dict[str, Any]) -> dict[str, Any]:
        """Set the policies of lists, also of lists that HyperKitty does not know yet.

        request: {"policies": {address: archive_policy}}.
        answer: {}.
        """
        for names in chunks(request["policies"]):
            policies = {name: request["policies"][name] for name in names}
            retry_when_locked(partial(self._set_policies, policies))
        return {}

    def correct_policies(self, request: dict[str, Any]) -> dict[str, Any]:
        """Set the policies of existing archives only. request and answer: see set_policies."""
        return self.set_policies(request)

    @staticmethod
    def _set_policies(policies: dict[str, str]) -> None:
        from django.db import transaction
        from hyperkitty.models import ArchivePolicy, MailingList

        with transaction.atomic():
            known = {archive.name: archive for archive in MailingList.objects.filter(name__in=list(policies))}
            for name, word in policies.items():
                policy = ArchivePolicy[word].value
                archive = known.get(name) or MailingList(name=name, list_id=name.replace("@", ".", 1))
                if archive.archive_policy != policy or name not in known:
                    archive.archive_policy = policy
                    archive.save()

    def drop(self, request: dict[str, Any]) -> dict[str, Any]:
        """Delete archives: first from the search index, last from the database, so that an interrupted deletion is noticed.

        request: {"lists": [posting addresses]}.
        answer: {}.
        """
        for name in request["lists"]:
            retry_when_locked(partial(self._drop, name))
        return {}

    def _drop(self, name: str) -> None:
        from hyperkitty.models import MailingList

        for mlist in MailingList.objects.filter(name=name):
            search.remove(list(mlist.emails.values_list("pk", flat=True)))
            folder = self._attachments(name)
            if folder and os.path.isdir(folder):
                shutil.rmtree(folder)
            mlist.delete()

    def move(self, request: dict[str, Any]) -> dict[str, Any]:
        """Move archives to other lists, which may have archives already.

        The old list is removed last, when the search index has the new name, so
        that an interrupted move is noticed.

        request: {"renames": [[old posting address, new one]]}.
        answer: {}.
        """
        for old, new in request["renames"]:
            retry_when_locked(partial(self._move, old, new))
        return {}

    def _move(self, old: str, new: str) -> None:
        from hyperkitty.models import MailingList
        from hyperkitty.search_indexes import update_index

        self._take_over(old, new)
        self._move_attachments(old, new)
        update_index(listname=new)
        MailingList.objects.filter(name=old).delete()

    @staticmethod
    def _take_over(old: str, new: str) -> None:
        from django.db import transaction
        from hyperkitty.models import Email, MailingList, Thread

        with transaction.atomic():
            source = MailingList.objects.get(name=old)
            fresh = {"archive_policy": source.archive_policy, "list_id": new.replace("@", ".", 1)}
            target, _created = MailingList.objects.get_or_create(name=new, defaults=fresh)
            twice = Email.objects.filter(mailinglist=target).values("message_id_hash")
            Email.objects.filter(mailinglist=source, message_id_hash__in=twice).delete()
            begun = dict(Thread.objects.filter(mailinglist=target).values_list("thread_id", "pk"))
            for thread in Thread.objects.filter(mailinglist=source, thread_id__in=list(begun)):
                Email.objects.filter(thread=thread).update(thread_id=begun[thread.thread_id])
                thread.delete()
            Thread.objects.filter(mailinglist=source).update(mailinglist=target)
            Email.objects.filter(mailinglist=source).update(mailinglist=target)
            MailingList.objects.filter(pk=target.pk).update(created_at=source.created_at)

    def _move_attachments(self, old: str, new: str) -> None:
        source, target = self._attachments(old), self._attachments(new)
        if source and target and os.path.isdir(source):
            # They are named by the numbers of messages, which are unique.
            shutil.copytree(source, target, dirs_exist_ok=True)
            shutil.rmtree(source)

    @staticmethod
    def _attachments(name: str) -> str | None:
        """Move attachments that HyperKitty keeps in files, under <domain>/<list>."""
        from django.conf import settings

        folder = getattr(settings, "HYPERKITTY_ATTACHMENT_FOLDER", None)
        local, _at, domain = name.rpartition("@")
        return os.path.join(folder, domain, local) if folder else None


def main() -> None:
    serve(lambda request: HyperKittyHandler(request["command"]))
