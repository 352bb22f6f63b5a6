# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Adds mails to HyperKitty's search index, some at a time and the newest first. Runs in HyperKitty's interpreter.

What is in the index already is replaced by the same, so a step can be repeated.
"""

from __future__ import annotations

import datetime
import os
from typing import Any, Mapping, Sequence

from ansible_collections.listops.mailman.plugins.module_utils._hyperkitty.remote import search
from ansible_collections.listops.mailman.plugins.module_utils._programs.remote.server import serve
from ansible_collections.listops.mailman.plugins.module_utils._programs.remote.web import enter, retry_when_locked

# Mails of one step. The index writes its files once for each.
MAILS = 1000
# People use the server meanwhile.
NICENESS = 10


def mails(request: Mapping[str, Any]) -> Any:
    """The mails of some lists with keys between two. request: {"lists": [posting address], "above": key, "top": key}."""
    from hyperkitty.models import Email

    found = Email.objects.filter(mailinglist__name__in=list(request["lists"]))
    return found.filter(pk__gt=request["above"], pk__lte=request["top"])


def page_of(request: Mapping[str, Any], most: int) -> list[tuple[Any, int]]:
    """The dates and keys of the next mails, from the newest on. request: as of mails, and "at": the last one that is done."""
    from django.db.models import Q

    found = mails(request).order_by("-date", "-pk")
    if request["at"] is not None:
        date, key = datetime.datetime.fromisoformat(request["at"][0]), request["at"][1]
        found = found.filter(Q(date__lt=date) | Q(date=date, pk__lt=key))
    return list(found.values_list("date", "pk")[:most])


class SearchIndexHandler:
    """request: {"command": path of manage.py}."""

    def __init__(self, request: Mapping[str, Any]) -> None:
        enter(request["command"])
        os.nice(NICENESS)

    def server_info(self) -> dict[str, Any]:
        return {}

    def newest(self, request: dict[str, Any]) -> dict[str, Any]:
        """The highest key of a mail of some lists. request: {"lists": [posting address]}; answer: {"key": key, or None without any}."""
        from django.db.models import Max
        from hyperkitty.models import Email

        found = Email.objects.filter(mailinglist__name__in=list(request["lists"]))
        return {"key": found.aggregate(key=Max("pk"))["key"]}

    def count(self, request: dict[str, Any]) -> dict[str, Any]:
        """How many mails these are. request: as of mails; answer: {"mails"}."""
        return {"mails": mails(request).count()}

    def step(self, request: dict[str, Any]) -> dict[str, Any]:
        """Index the next mails. request: as of page_of.

        answer: {"at": the last one, as [date in ISO 8601, key], or None when none is left, "indexed": how many}.
        """
        rows = retry_when_locked(lambda: page_of(request, MAILS))
        if not rows:
            return {"at": None, "indexed": 0}
        self._add([key for _date, key in rows])
        return {"at": [rows[-1][0].isoformat(), rows[-1][1]], "indexed": len(rows)}

    @staticmethod
    def _add(keys: Sequence[int]) -> None:
        from hyperkitty.models import Email

        found = Email.objects.filter(pk__in=list(keys)).select_related("sender", "thread")
        search.add(retry_when_locked(lambda: list(found)))


def main() -> None:
    serve(SearchIndexHandler)
