# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Mailman 2.1 as the rest of the collection sees an engine."""

from __future__ import annotations

import os
from typing import Any, Iterable, Mapping

from ansible_collections.listops.mailman.plugins.module_utils._lists import rename
from ansible_collections.listops.mailman.plugins.module_utils._lists.model import ListSpec
from ansible_collections.listops.mailman.plugins.module_utils._lists.vocabulary import ROLES, Invalid
from ansible_collections.listops.mailman.plugins.module_utils._mailman21 import options as mailman21
from ansible_collections.listops.mailman.plugins.module_utils._mailman21 import translate as mailman21_translate
from ansible_collections.listops.mailman.plugins.module_utils._programs.process import (
    Engine,
    EngineError,
    NotInstalled,
    installed,
)

# So that Mailman's files are read while the lists before them are looked at, and nobody holds a whole site twice.
LISTS_PER_REQUEST = 50


class Mailman21(Engine):
    """The same requests and answers as Mailman 3's engine; the program itself speaks of attributes of 2.1."""

    service = "mailman"

    def __enter__(self) -> Mailman21:
        super().__enter__()
        self.site = mailman21_translate.site(super().hello)
        # Lists as last read, by posting address: in 2.1's attributes, and as the others see them.
        self._raw: dict[str, Mapping[str, Any]] = {}
        self._read: dict[str, Mapping[str, Any]] = {}
        # The names that lists had when they were read, by those that they shall have.
        self._former: dict[str, str] = {}
        self._unreadable: dict[str, str] = dict(self.hello["unreadable"])
        return self

    @property
    def hello(self) -> Mapping[str, Any]:
        return self.site.hello

    def check(self, specs: Iterable[ListSpec]) -> None:
        mailman21_translate.check(specs, self.site)

    def read(
        self,
        lists: Iterable[str] | None = None,
        settings: Iterable[str] | None = None,
        rosters: Iterable[str] | None = None,
        secrets: Mapping[str, Mapping[str, str]] | None = None,
        **_nothing_like_it: Any,
    ) -> Mapping[str, Mapping[str, Any]]:
        schema = self.site.schema
        names = sorted(schema) if settings is None else [name for name in settings if name in schema]
        roles = list(ROLES) if rosters is None else list(rosters)
        wanted = list(self.site.lists) if lists is None else list(lists)
        passwords = {
            self.site.lists[address]: {mailman21.TABLE[name].raw[0]: value for name, value in given.items()}
            for address, given in (secrets or {}).items()
            if address in self.site.lists
        }
        asked = {
            "op": "read",
            "attributes": mailman21_translate.attributes_for(names, roles),
            "members": "member" in roles,
        }
        parts = [wanted[start : start + LISTS_PER_REQUEST] for start in range(0, len(wanted), LISTS_PER_REQUEST)]
        requests = (
            dict(
                asked,
                lists=[self.site.lists[address] for address in part],
                passwords={name: passwords[name] for name in map(self.site.local, part) if name in passwords},
            )
            for part in parts
        )
        self._raw, self._read = {}, {}
        for part, answer in zip(parts, self.requests(requests)):
            for address in part:
                name = self.site.lists[address]
                if name in answer["unreadable"]:
                    self._unreadable[address] = answer["unreadable"][name]
                    continue
                entry = answer["lists"][name]
                try:
                    self._read[address] = mailman21_translate.read_entry(entry, self.site, names, roles)
                except Invalid as exc:
                    self._unreadable[address] = "list {0}: {1}".format(address, exc)
                    continue
                self._raw[address] = entry
                # They are in what was made of them, and a site has many.
                entry.pop("members", None)
        return self._read

    @property
    def unreadable(self) -> Mapping[str, str]:
        return self._unreadable

    def adapt(
        self, specs: Iterable[ListSpec], actual: Mapping[str, Mapping[str, Any]]
    ) -> tuple[list[ListSpec], Mapping[str, Mapping[str, Any]]]:
        specs = list(specs)
        self._former = {new: item.old for new, item in rename.due(specs, self.site.lists).items()}
        return mailman21_translate.adapt(specs, actual, self._raw, self._former)

    def apply(self, steps: list[Mapping[str, Any]]) -> Mapping[str, str]:
        failed: dict[str, str] = {}
        for start in range(0, len(steps), LISTS_PER_REQUEST):
            part = steps[start : start + LISTS_PER_REQUEST]
            raw = [self._raw_step(step) for step in part]
            said = self.request({"op": "apply", "steps": raw})["failed"]
            failed.update((step["list"], said[one["list"]]) for step, one in zip(part, raw) if one["list"] in said)
        return failed

    def tidy(self) -> None:
        super().request({"op": "tidy"})

    def _raw_step(self, step: Mapping[str, Any]) -> dict[str, Any]:
        name = self._former.get(step["list"], step["list"])
        return mailman21_translate.raw_step(step, self.site, self._raw.get(name), self._read.get(name))

    def set_passwords(
        self, site: Mapping[str, str], lists: Iterable[str], occasion: str | None, *, check_mode: bool
    ) -> list[str]:
        """Set passwords of the site, and new ones of lists; returns the names of those that differ."""
        by_name = {}
        for address in lists:
            if address not in self.site.lists:
                raise Invalid("list {0} does not exist".format(address))
            by_name[self.site.lists[address]] = address
        answer = self.request(
            {"op": "passwords", "site": site, "renew": dict.fromkeys(by_name, occasion), "check": check_mode}
        )
        changed = ["{0}_password".format(name) for name in answer["site"]]
        return changed + [by_name[name] for name in answer["renew"]]

    def request(self, message: Mapping[str, Any]) -> Mapping[str, Any]:
        if message["op"] in ("copies", "drop_copies"):
            # Pipermail's archive is the only one.
            return {"lists": []}
        if message["op"] == "notify":
            notices = [dict(notice, list=self.site.local(notice["list"])) for notice in message["notices"]]
            return super().request(dict(message, notices=notices))
        if message["op"] in ("look_message", "redact_message"):
            if message["list"] not in self.site.lists:
                raise Invalid("list {0} does not exist; its archive is edited with its help".format(message["list"]))
            return super().request(dict(message, list=self.site.lists[message["list"]]))
        if message["op"] == "unfinished":
            return {"lists": self._unfinished(message["lists"])}
        if message["op"] == "rename":
            renames = [[self.site.local(address) for address in pair] for pair in message["renames"]]
            follow = [self.site.local(address) for address in message["follow"]]
            return super().request(dict(message, renames=renames, follow=follow))
        if message["op"] == "facts":
            return {"lists": self._facts(message["lists"])}
        if message["op"] == "policies":
            return {"policies": mailman21_translate.archive_policies(super().request(message))}
        return super().request(message)

    def _unfinished(self, lists: Iterable[str]) -> list[str]:
        # A name may be that of a list in another domain meanwhile.
        taken = set(self.site.lists.values())
        names = {address: self.site.local(address) for address in lists}
        names = {address: name for address, name in names.items() if address in self.site.lists or name not in taken}
        found = super().request({"op": "unfinished", "lists": sorted(names.values())})["lists"]
        return [address for address, name in names.items() if name in found]

    def _facts(self, lists: Iterable[str] | None) -> dict[str, dict[str, Any]]:
        """See mailman3_engine.Engine.facts."""
        attributes = mailman21_translate.attributes_for([], ROLES) + list(mailman21_translate.TIMES)
        wanted = list(self.site.lists) if lists is None else list(lists)
        names = [self.site.lists[address] for address in wanted]
        request = {"op": "read", "lists": names, "attributes": attributes, "members": True, "passwords": {}}
        found = super().request(request)["lists"]
        out = {}
        for address in wanted:
            # Of one whose file cannot be read, read() says so.
            if self.site.lists[address] in found:
                try:
                    out[address] = mailman21_translate.facts(found[self.site.lists[address]], self.site)
                except Invalid as exc:
                    self._unreadable.setdefault(address, "list {0}: {1}".format(address, exc))
        return out


class Pipermail:
    """Mailman 2.1's own archives, asked as HyperKitty is (see hyperkitty_engine)."""

    def __init__(self, engine: Mailman21) -> None:
        self._engine = engine

    def __enter__(self) -> Pipermail:
        return self

    def __exit__(self, *_exc: Any) -> None:
        pass

    def request(self, message: Mapping[str, Any]) -> Mapping[str, Any]:
        if message["op"] == "set_policies":
            # The list itself says who may read its archive, and sees to it when it is saved.
            return {}
        if message["op"] == "policies":
            return {"policies": self._shown()}
        if message["op"] == "correct_policies":
            wrong = sorted(self._engine.site.local(address) for address in message["policies"])
            return self._engine.request({"op": "correct_archives", "lists": wrong})
        if message["op"] == "move":
            pairs = [[self._engine.site.local(address) for address in pair] for pair in message["renames"]]
            return self._engine.request({"op": "move_archives", "renames": pairs})
        names = {address: self._engine.site.local(address) for address in message["lists"]}
        answer = self._engine.request({"op": message["op"] + "_archives", "lists": sorted(names.values())})
        found = answer.get("archives", {})
        return {"archives": {address: found[name] for address, name in names.items() if name in found}}

    def _shown(self) -> dict[str, str]:
        lists = self._engine.site.lists
        shown = self._engine.request({"op": "shown_archives", "lists": list(lists.values())})["shown"]
        return {address: shown[name] for address, name in lists.items() if shown[name]}


def choose_engine(params: Mapping[str, Any]) -> str:
    """Which Mailman a module's connection options mean: that which is installed, unless they say."""
    if params["mailman_engine"] != "auto":
        return str(params["mailman_engine"])
    for option, engine in (("mailman_prefix", "mailman21"), ("mailman_command", "mailman3")):
        if params[option]:
            return engine
    found = {engine: installed(engine) for engine in ("mailman3", "mailman21")}
    if all(found.values()):
        raise EngineError(
            "Mailman 3 ({mailman3}) and Mailman 2.1 ({mailman21}) are both installed here; "
            "set mailman_engine to mailman3 or mailman21".format(**found)
        )
    if not any(found.values()):
        raise NotInstalled(
            "neither Mailman 3 nor Mailman 2.1 is installed here; install one, or set mailman_command or mailman_prefix"
        )
    return "mailman21" if found["mailman21"] else "mailman3"


def open_mailman21(params: Mapping[str, Any]) -> Mailman21:
    """The engine for Mailman 2.1, by a module's connection options."""
    prefix = params["mailman_prefix"]
    return Mailman21(
        "mailman21",
        command=os.path.join(prefix, "bin", "config_list") if prefix else None,
        option="mailman_prefix",
        opening={"user": params["mailman_user"], "wait": params["mailman_lock_timeout"]},
    )
