# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What HyperKitty and the accounts of the web interface have, as sums. Runs in Django's interpreter, and changes nothing."""

from __future__ import annotations

import hashlib
import importlib.metadata
import os
from collections.abc import Iterator
from typing import Any

from ansible_collections.listops.mailman.plugins.module_utils._programs.remote.server import chunks, serve
from ansible_collections.listops.mailman.plugins.module_utils._programs.remote.web import enter

# Whose tables are counted; those of sessions and of tasks change by themselves.
COUNTED = ("account", "auth", "django_mailman3", "hyperkitty", "postorius", "socialaccount")
# Of what comes with the programs, each has what belongs to its version.
OF_THE_PROGRAM = ("auth.permission",)
COLUMNS = (
    "pk",
    "message_id_hash",
    "message_id",
    "thread__thread_id",
    "sender_id",
    "sender_name",
    "subject",
    "content",
    "date",
    "timezone",
    "archived_date",
)


def short(*parts: Any) -> str:
    """A sum of some values."""
    found = hashlib.sha256()
    for part in parts:
        raw = bytes(part) if isinstance(part, (bytes, memoryview)) else str(part).encode("utf-8", "surrogatepass")
        found.update(b"%d:" % len(raw) + raw)
    return found.hexdigest()[:32]


def total_of(sums: list[str]) -> dict[str, Any]:
    return {"found": len(sums), "sum": short(*sorted(sums))}


def version(name: str, package: str) -> str:
    """The version of a program, as it says itself, or its package does."""
    module = __import__(name)
    found = getattr(module, "VERSION", None)
    if isinstance(found, tuple):
        return ".".join(str(part) for part in found[:3])
    return str(found or importlib.metadata.version(package))


class WholeWebHandler:
    """Django's models of the web interface."""

    def __init__(self, manage: str) -> None:
        enter(manage)

    def server_info(self) -> dict[str, Any]:
        return {}

    def server(self, _request: dict[str, Any]) -> dict[str, Any]:
        """What it is. answer: {"versions", "database", "bytes", "path", "texts", "index", "attachments", "policies"}."""
        from django.conf import settings
        from hyperkitty.models import ArchivePolicy, MailingList

        words = {policy.value: policy.name for policy in ArchivePolicy}
        index = settings.HAYSTACK_CONNECTIONS["default"].get("PATH")
        attachments = getattr(settings, "HYPERKITTY_ATTACHMENT_FOLDER", None)
        database = self._database()
        return {
            "versions": {
                "django": version("django", "Django"),
                "hyperkitty": version("hyperkitty", "HyperKitty"),
                "postorius": version("postorius", "postorius"),
            },
            "database": database,
            "bytes": database["bytes"] + sum(size for folder in (index, attachments) for size in self._sizes(folder)),
            "path": settings.FORCE_SCRIPT_NAME or "",
            "texts": settings.POSTORIUS_TEMPLATE_BASE_URL,
            "index": index,
            "index_engine": settings.HAYSTACK_CONNECTIONS["default"]["ENGINE"],
            "attachments": attachments,
            "policies": {
                name: words.get(policy, str(policy))
                for name, policy in MailingList.objects.values_list("name", "archive_policy")
            },
        }

    @staticmethod
    def _database() -> dict[str, Any]:
        from django.db import connection

        if connection.vendor != "sqlite":
            return {"kind": connection.vendor, "path": None, "bytes": 0}
        path = os.path.abspath(str(connection.settings_dict["NAME"]))
        return {"kind": "sqlite", "path": path, "bytes": os.stat(path).st_size}

    @staticmethod
    def _sizes(folder: str | None) -> Iterator[int]:
        for where, _folders, files in os.walk(folder) if folder else ():
            yield from (os.lstat(os.path.join(where, name)).st_size for name in files)

    def sums(self, _request: dict[str, Any]) -> dict[str, Any]:
        """All that it has. answer: {"lists": {address: {"policy", "messages", "attachments"}}, "accounts", "tables"}."""
        from hyperkitty.models import MailingList

        lists = {}
        for key, name, policy in MailingList.objects.values_list("pk", "name", "archive_policy"):
            mails, attachments = self._mails(key)
            lists[name] = {
                "policy": policy,
                "messages": total_of(list(mails.values())),
                "attachments": total_of(attachments),
            }
        return {
            "lists": lists,
            "accounts": total_of(self._accounts()),
            "tables": dict(self._tables()),
        }

    def mails(self, request: dict[str, Any]) -> dict[str, Any]:
        """The messages of an archive. request: {"list": posting address}. answer: {"messages": {hash: sum}}."""
        from hyperkitty.models import MailingList

        keys = MailingList.objects.filter(name=request["list"]).values_list("pk", flat=True)
        return {"messages": {name: each for key in keys for name, each in self._mails(key)[0].items()}}

    @staticmethod
    def _mails(key: int) -> tuple[dict[str, str], list[str]]:
        """The sums of the messages of an archive by hash, which its addresses end with, and those of their attachments."""
        from hyperkitty.models import Attachment, Email

        mails: dict[str, str] = {}
        attachments: list[str] = []
        numbers: list[int] = []
        hashes: dict[int, str] = {}
        for number, name, *values in (
            Email.objects.filter(mailinglist_id=key).order_by("pk").values_list(*COLUMNS).iterator()
        ):
            mails[name] = short(name, *values)
            hashes[number] = name
            numbers.append(number)
        for part in chunks(numbers):
            for each in Attachment.objects.filter(email_id__in=part).order_by("pk").iterator(chunk_size=1):
                content = each.get_content()
                attachments.append(
                    short(hashes[each.email_id], each.counter, each.name, each.content_type, each.encoding, content)
                )
        return mails, attachments

    @staticmethod
    def _accounts() -> list[str]:
        """A sum for each account: what it may do, its password as it is kept, and its addresses."""
        from allauth.account.models import EmailAddress
        from django.contrib.auth import get_user_model

        addresses: dict[int, list[Any]] = {}
        for user, *values in EmailAddress.objects.order_by("email").values_list(
            "user_id", "email", "verified", "primary"
        ):
            addresses.setdefault(user, []).append(values)
        fields = ("password", "email", "is_active", "is_staff", "is_superuser", "first_name", "last_name")
        return [
            short(*values, addresses.get(key, []))
            for key, *values in get_user_model().objects.values_list("pk", "username", *fields)
        ]

    @staticmethod
    def _tables() -> Iterator[tuple[str, int]]:
        from django.apps import apps
        from django.db import connection

        # An application that nobody set up has models without tables.
        tables = set(connection.introspection.table_names())
        for model in apps.get_models():
            label = model._meta.label_lower
            counts = model._meta.app_label in COUNTED and label not in OF_THE_PROGRAM
            if counts and model._meta.db_table in tables:
                yield label, model._base_manager.count()


def main() -> None:
    serve(lambda request: WholeWebHandler(request["command"]))
