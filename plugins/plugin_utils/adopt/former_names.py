# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Former names of lists, as Exim's aliases and Apache's redirects have them. Pure."""

from __future__ import annotations

import re
from typing import Any, Collection, Iterator, NamedTuple

from ansible_collections.listops.mailman.plugins.plugin_utils.preflight.kinds import POSTING_ADDRESS

# What may follow the name of a list in an address.
_SUFFIX = re.compile(r"-(admin|bounces|confirm|join|leave|owner|request|subscribe|unsubscribe)\Z")


class Former(NamedTuple):
    """old, new: addresses, with the same suffix such as -owner or without one. what: mail, pages or archive. path: which file says so."""

    old: str
    new: str
    what: str
    path: str


class Names:
    """The lists of a host, and what they were called.

    lists: posting addresses. domains: of the site, the first one for names without. archives: of which names Mailman 2.1 has archives.
    """

    def __init__(self, lists: Collection[str], domains: list[str], engine: str, archives: Collection[str] = ()) -> None:
        self.lists = frozenset(lists)
        self.domains = domains
        self.mailman21 = engine == "mailman21"
        self.archives = frozenset(archives)
        self.old_domains: list[str] = []
        # addresses that lead to a program such as MHonArc, which archives what it gets
        self.external: set[str] = set()
        self.found: dict[Former, None] = {}
        self._by_local: dict[str, list[str]] = {}
        for address in sorted(self.lists):
            self._by_local.setdefault(address.partition("@")[0], []).append(address)

    @property
    def first(self) -> str:
        return self.domains[0] if self.domains else ""

    def add(self, former: Former) -> None:
        self.found[former] = None

    def full(self, name: str) -> str:
        return name if "@" in name else "{0}@{1}".format(name, self.first)

    def is_list(self, address: str) -> bool:
        """Whether an address is the one of a list that exists; Mailman 2.1 has a name once for all domains."""
        if address in self.lists:
            return True
        local, _at, domain = address.partition("@")
        return self.mailman21 and domain in self.domains and local in self._by_local

    def listed(self, address: str, domain: str) -> str:
        """The list that an address belongs to, with a suffix or without; empty where there is none."""
        whole = address if "@" in address else "{0}@{1}".format(address, domain or self.first)
        local, _at, where = whole.partition("@")
        for name in (local, _SUFFIX.sub("", local)):
            found = self.by_name(name, where)
            if found:
                return found
        return ""

    def by_name(self, name: str, domain: str = "") -> str:
        """The posting address of a list by its name in a domain, or in whichever if there is only one such list."""
        if domain:
            address = "{0}@{1}".format(name, domain)
            if address in self.lists:
                return address
            if not (self.mailman21 and domain in self.domains):
                return ""
        there = self._by_local.get(name, [])
        return there[0] if len(there) == 1 else ""

    def certain(self) -> tuple[dict[str, list[Former]], Iterator[tuple[str, str]]]:
        """Former names by posting address of the list, and why others are none: path and sentence."""
        targets: dict[str, dict[str, list[Former]]] = {}
        for former in self.found:
            old, new = _base(former, self)
            if old and new:
                targets.setdefault(old, {}).setdefault(new, []).append(former._replace(old=old, new=new))
        out: dict[str, list[Former]] = {}
        said: list[tuple[str, str]] = []
        for old, there in targets.items():
            if len(there) > 1:
                paths = [formers[0].path for formers in there.values()]
                said.append((paths[0], "{0} leads to more than one list, {1}.".format(old, ", ".join(sorted(there)))))
                continue
            ((new, formers),) = there.items()
            if not POSTING_ADDRESS.accepts(old):
                said.append((formers[0].path, "{0} leads to {1}, and can be no list's name.".format(old, new)))
            elif self.is_list(old):
                said.append((formers[0].path, "{0} leads to the list {1}, and is a list itself.".format(old, new)))
            elif self.mailman21 and old.partition("@")[2] != new.partition("@")[2]:
                said.append(
                    (
                        formers[0].path,
                        "{0} leads to {1}, and Mailman 2.1 has former names in the same domain only.".format(old, new),
                    )
                )
            else:
                out.setdefault(new, []).extend(formers)
        return out, iter(said)


def _base(former: Former, names: Names) -> tuple[str, str]:
    """Posting addresses of both names; nothing where only one of them has a suffix, or they have different ones."""
    new = names.listed(former.new, "")
    if not new:
        return "", ""
    local, _at, domain = former.old.partition("@")
    suffix = former.new.partition("@")[0][len(new.partition("@")[0]) :]
    if suffix and not local.endswith(suffix):
        return "", ""
    return "{0}@{1}".format(local[: len(local) - len(suffix)], domain), new


def entries(names: Names) -> tuple[dict[str, dict[str, Any]], list[tuple[str, str]]]:
    """Keys of the entries of lists by posting address, and sentences about what is not certain, by path."""
    certain, said = names.certain()
    out: dict[str, dict[str, Any]] = {}
    for new, formers in sorted(certain.items()):
        old = list(dict.fromkeys(former.old for former in formers))
        moved = {former.old for former in formers if former.what == "archive"}
        # Its pages lead there, and there is none of the former name.
        follows = all(each in moved and each.partition("@")[0] not in names.archives for each in old)
        out[new] = {"renamed_from": [_short(each, new) for each in sorted(old)]}
        if not follows:
            out[new]["renamed_archives"] = "stay"
    return out, list(said)


def _short(old: str, new: str) -> str:
    local, _at, domain = old.partition("@")
    return local if domain == new.partition("@")[2] else old
