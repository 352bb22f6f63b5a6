# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The program that runs inside the interpreter of HyperKitty, the web archive of Mailman 3.

HyperKitty learns only later what Mailman's database says of a list, and takes
a list it does not know for public. So that a private archive is never public,
it is told before Mailman is. Sent there by engine.py, with program.py.
"""

from __future__ import annotations

import os
import shutil
import sys
from typing import Any

from ansible_collections.listops.mailman.plugins.module_utils.program import become, chunks, serve


class Engine:
    """HyperKitty through its own models."""

    def __init__(self, user: str, manage: str) -> None:
        become(user, "web_user")
        folder = os.path.dirname(manage)
        os.chdir(folder)
        sys.path.insert(0, folder)
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "settings")
        import django

        django.setup()

    def hello(self) -> dict[str, Any]:
        return {}

    def look(self, request: dict[str, Any]) -> dict[str, Any]:
        """What is archived.

        request: {"lists": [posting addresses]}.
        answer: {"archives": {address: {"archive_policy", "messages"}}}.
        """
        from django.db.models import Count
        from hyperkitty.models import ArchivePolicy, MailingList

        archives: dict[str, Any] = {}
        for part in chunks(request["lists"]):
            found = MailingList.objects.filter(name__in=part).annotate(messages=Count("emails"))
            for name, policy, messages in found.values_list("name", "archive_policy", "messages"):
                archives[name] = {"archive_policy": ArchivePolicy(policy).name, "messages": messages}
        return {"archives": archives}

    def set_policies(self, request: dict[str, Any]) -> dict[str, Any]:
        """Make HyperKitty know the policy of lists, whether it has heard of them or not.

        request: {"policies": {address: archive_policy}}.
        answer: {}.
        """
        from hyperkitty.models import ArchivePolicy, MailingList

        for name, policy in request["policies"].items():
            MailingList.objects.update_or_create(
                name=name,
                defaults={"archive_policy": ArchivePolicy[policy].value, "list_id": name.replace("@", ".", 1)},
            )
        return {}

    def drop(self, request: dict[str, Any]) -> dict[str, Any]:
        """Delete archives: first from the search index, last from the database, so that what was interrupted is seen.

        request: {"lists": [posting addresses]}.
        answer: {}.
        """
        from hyperkitty.models import MailingList

        for name in request["lists"]:
            for mlist in MailingList.objects.filter(name=name):
                self._unindex(list(mlist.emails.values_list("pk", flat=True)))
                self._remove_attachments(mlist.name)
                mlist.delete()
        return {}

    @staticmethod
    def _unindex(keys: list[int]) -> None:
        from haystack import connections
        from haystack.constants import ID

        backend = connections["default"].get_backend()
        documents = ["hyperkitty.email.{0}".format(key) for key in keys]
        if not hasattr(backend, "index"):
            for document in documents:
                backend.remove(document)
            return
        # Whoosh commits each removal by itself.
        from whoosh.writing import AsyncWriter

        backend.setup()
        writer = AsyncWriter(backend.index)
        for document in documents:
            writer.delete_by_term(ID, document)
        writer.commit()

    @staticmethod
    def _remove_attachments(name: str) -> None:
        """HyperKitty can keep attachments in files, under <domain>/<list>."""
        from django.conf import settings

        folder = getattr(settings, "HYPERKITTY_ATTACHMENT_FOLDER", None)
        if folder:
            local, _at, domain = name.rpartition("@")
            path = os.path.join(folder, domain, local)
            if os.path.isdir(path):
                shutil.rmtree(path)


def main() -> None:
    serve(lambda request: Engine(request["user"], request["command"]))
