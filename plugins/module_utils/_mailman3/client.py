# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Mailman 3 as a list backend."""

from __future__ import annotations

from typing import Any, Collection, Iterable, Mapping, Sequence

from ansible_collections.listops.mailman.plugins.module_utils._argspec import Connection
from ansible_collections.listops.mailman.plugins.module_utils._backends.base import ListBackend, ListState, Pair, Step
from ansible_collections.listops.mailman.plugins.module_utils._lists.model import ListSpec, one_id_each, one_name_each
from ansible_collections.listops.mailman.plugins.module_utils._lists.server_info import ServerInfo
from ansible_collections.listops.mailman.plugins.module_utils._mailman3.program import PROGRAM
from ansible_collections.listops.mailman.plugins.module_utils._programs.process import Process

CHARSET_REMEDY = "another preferred_language, or mailman_settings: {{language.{0}: {{charset: utf-8}}}}"

# Limits how many steps exist as text at once.
LISTS_PER_APPLY = 200


class Mailman3(ListBackend):
    """readonly: do not initialize a new Mailman."""

    service = "mailman3"

    def __init__(self, connection: Connection, *, readonly: bool) -> None:
        self._process = Process(
            PROGRAM,
            command=connection.command,
            user=connection.user,
            config=connection.config,
            readonly=readonly,
        )
        self._info: ServerInfo | None = None

    def __enter__(self) -> Mailman3:
        self._process.__enter__()
        return self

    def __exit__(self, *exc: Any) -> None:
        self._process.__exit__(*exc)

    @property
    def info(self) -> ServerInfo:
        if self._info is None:
            said = self._process.server_info
            self._info = ServerInfo(**said, charset_names=True, charset_remedy=CHARSET_REMEDY)
        return self._info

    def check(self, specs: Iterable[ListSpec]) -> None:
        specs = list(specs)
        one_name_each(specs)
        one_id_each(specs, self.info.lists)

    def read(
        self,
        lists: Collection[str] | None = None,
        *,
        settings: Collection[str] | None = None,
        rosters: Collection[str] | None = None,
        templates: Collection[str] | None = None,
        secrets: Mapping[str, Mapping[str, str]] | None = None,
    ) -> Mapping[str, ListState]:
        answer = self._process.request(
            "read",
            lists=None if lists is None else list(lists),
            settings=None if settings is None else list(settings),
            rosters=None if rosters is None else list(rosters),
            templates=None if templates is None else list(templates),
            secrets=secrets or {},
        )
        found: Mapping[str, ListState] = answer["lists"]
        return found

    def facts(self, lists: Collection[str] | None) -> Mapping[str, Mapping[str, Any]]:
        answer = self._process.request("facts", lists=None if lists is None else list(lists))
        found: Mapping[str, Mapping[str, Any]] = answer["lists"]
        return found

    def apply(self, steps: Sequence[Step]) -> Mapping[str, str]:
        failed: dict[str, str] = {}
        for start in range(0, len(steps), LISTS_PER_APPLY):
            answer = self._process.request("apply", steps=steps[start : start + LISTS_PER_APPLY])
            self.waited += float(answer["waited"])
            failed.update(answer["failed"])
        return failed

    def ban_everywhere(self, bans: Sequence[str]) -> None:
        self.waited += float(self._process.request("ban_everywhere", bans=list(bans))["waited"])

    def archive_policies(self) -> Mapping[str, str]:
        policies: Mapping[str, str] = self._process.request("policies")["policies"]
        return policies

    def aliases(self, addresses: Collection[str]) -> Collection[str]:
        known = self._process.request("aliases", addresses=sorted(addresses))["addresses"]
        return {*addresses, *known}

    def people(self, addresses: Collection[str]) -> Mapping[str, str]:
        # Of an address that no user has, Mailman knows no other.
        known = self._process.request("people", addresses=sorted(addresses))["people"]
        return {address: known.get(address, address) for address in addresses}

    def unfinished_renames(self, former: Sequence[str]) -> list[str]:
        return list(self._process.request("unfinished", lists=former)["lists"])

    def rename(self, renames: Sequence[Pair], follow: Sequence[str]) -> None:
        # HyperKitty keeps the archives.
        self._process.request("rename", renames=renames)

    def note_stop(self) -> None:
        self._process.request("note_stop")

    def forget_stop(self) -> None:
        self._process.request("forget_stop")

    def notify(self, notices: Sequence[Mapping[str, Any]]) -> None:
        self._process.request("notify", notices=notices)

    def copies(self, lists: Sequence[str]) -> list[str]:
        return list(self._process.request("copies", lists=lists)["lists"])

    def drop_copies(self, lists: Sequence[str]) -> None:
        self._process.request("drop_copies", lists=lists)
