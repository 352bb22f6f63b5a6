# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The inventory of a host that exists: its files, and what in them needs a person. Pure."""

from __future__ import annotations

import re
from types import MappingProxyType
from typing import Any, Collection, Mapping, NamedTuple

from ansible_collections.listops.mailman.plugins.module_utils._lists import vocabulary
from ansible_collections.listops.mailman.plugins.module_utils._migrate import entries, to_mailman3
from ansible_collections.listops.mailman.plugins.module_utils._migrate.entries import Adopted, Path
from ansible_collections.listops.mailman.plugins.plugin_utils import variables_file
from ansible_collections.listops.mailman.plugins.plugin_utils.adopt import new_lists, review, shared
from ansible_collections.listops.mailman.plugins.plugin_utils.preflight.declared import vocabulary_of_mailman3

# Where members are: they subscribe themselves and are left alone, in the entry of their list, or in a file for each list.
MEMBERS = ("leave", "inventory", "files")
LISTS_HEAD = (
    "The mailing lists of this host as they were when it was adopted. Applied, this changes nothing.",
    "What is not here is Mailman's own default, or stays as it is. So do passwords, which nobody can read.",
)
CONVERTED_HEAD = (
    "The mailing lists of a Mailman 2.1, as far as Mailman 3 can hold them. What it cannot hold is named before each list.",
    "What is not here is Mailman 3's own default. Passwords cannot be taken over.",
)
SERVER_HEAD = ("Which Mailman this host has, and for which domains it takes mail.",)
# What a sentence about the bans of every list is about, among those about lists.
SITE_BANS = "every list"
_NO_BANS = "What is banned from every list stays as it is, since lists_site_bans takes only what bans somebody, in small letters: {0}."
MEMBERS_HEAD = ("The members of {0}: who is not here is removed from it, and who left is put back.",)


class Written(NamedTuple):
    """files: name -> content. private: those with people or secrets. notes: posting address -> sentences for a person."""

    files: Mapping[str, str]
    private: frozenset[str]
    notes: Mapping[str, list[str]]


def write(
    found: Mapping[str, Any],
    members: str,
    server: Mapping[str, Any],
    engine: str = "",
    renamed: Mapping[str, Mapping[str, Any]] = MappingProxyType({}),
    archives: Collection[str] = (),
) -> Written:
    """The files of a host.

    found: what mailman_list_info returned. members: see MEMBERS. server: variables of the site that are known besides.
    engine: mailman3 for an inventory of a Mailman 3 that shall have the lists of a Mailman 2.1.
    renamed: posting address -> renamed_from and renamed_archives, where they are known.
    archives: addresses of external archives besides the public ones.
    """
    lost: Mapping[str, list[str]] = {}
    head = LISTS_HEAD
    if engine == "mailman3" and found["engine"] == "mailman21":
        found, lost, _former = to_mailman3.convert(found, vocabulary_of_mailman3())
        head = CONVERTED_HEAD
    roles = ("owner", "moderator", "nonmember") if members == "leave" else tuple(entries.ROSTERS)
    reasons = {name: entries.undeclarable(name, each) for name, each in found["lists"].items()}
    left = {name: reason for name, reason in {**reasons, **found["unreadable"]}.items() if reason}
    lists = [
        entries.adopt(name, each, found["available_settings"], roles, renamed.get(name, {}), archives)
        for name, each in sorted(found["lists"].items())
        if name not in left
    ]
    domains = domains_of(found)
    defaults, own = shared.split(lists, new_lists.of(found["engine"], _archivers(found)))
    notes = {name: ["Not in the inventory: {0}.".format(reason)] for name, reason in sorted(left.items())}
    notes.update(lost)
    everywhere = list(found.get("site_bans", ())) if "mailman3" in (engine, found["engine"]) else []
    undeclarable = [ban for ban in everywhere if vocabulary.as_ban(ban) != ban]
    if undeclarable:
        notes[SITE_BANS] = [_NO_BANS.format(", ".join(undeclarable))]
    for each in lists:
        said = [*lost.get(each.name, ()), *review.sentences(found["lists"][each.name], each)]
        if said:
            notes[each.name] = said
    files: dict[str, str] = {}
    items = []
    for each, values in zip(lists, own):
        entry = _entry(_short(each.name, domains), each, values)
        if members == "files" and "members" in entry:
            variable = "mailman_members_" + _word(entry["name"], files)
            file = "members/{0}.yml".format(variable[len("mailman_members_") :])
            above = [sentence.format(each.name) for sentence in MEMBERS_HEAD]
            files[file] = variables_file.variables({variable: entry["members"]["addresses"]}, above)
            entry["members"] = {"state": "exact", "addresses": variables_file.Template("{{ " + variable + " }}")}
        items.append((notes.get(each.name, ()), entry))
    private = frozenset([*files, *(["lists.yml"] if members == "inventory" else [])])
    content = variables_file.variables({}, head)
    if defaults:
        content += variables_file.dumped({"mailman_list_defaults": entries.nested(defaults.items())}) + "\n"
    content += variables_file.comment(
        sentence for name in [*([SITE_BANS] if undeclarable else []), *sorted(left)] for sentence in notes[name]
    )
    if everywhere and not undeclarable:
        content += variables_file.dumped({"lists_site_bans": everywhere}) + "\n"
    files["lists.yml"] = content + variables_file.entries("mailman_lists", items)
    site = {"mailman_engine": found["engine"], "mailman_domains": domains, **server}
    files["server.yml"] = variables_file.variables(site, SERVER_HEAD)
    return Written(files, private, notes)


def _entry(name: str, adopted: Adopted, values: Mapping[Path, Any]) -> dict[str, Any]:
    state = {} if adopted.state == "present" else {"state": adopted.state}
    more = (((key,), value) for key, value in adopted.more.items())
    return {"name": name, **state, **entries.nested([*values.items(), *more])}


def _word(name: str, taken: Mapping[str, str]) -> str:
    """A name for a variable and a file, which no other list has."""
    word = re.sub(r"[^0-9a-z]", "_", name)
    same, count = word, 1
    while "members/{0}.yml".format(word) in taken:
        count += 1
        word = "{0}_{1}".format(same, count)
    return word


def domains_of(found: Mapping[str, Any]) -> list[str]:
    """The domains of Mailman; the one with most lists first, for names without one are in that."""
    used = [name.rpartition("@")[2] for name in found["lists"]]
    return sorted({*found["domains"], *used}, key=lambda domain: (-used.count(domain), domain))


def _short(name: str, domains: list[str]) -> str:
    """A list's name without the domain that a name without one is in."""
    local, _at, domain = name.rpartition("@")
    return local if domains and domain == domains[0] else name


def _archivers(found: Mapping[str, Any]) -> dict[str, bool]:
    """What most lists are archived by: a new list has what the site has."""
    votes: dict[str, int] = {}
    for each in found["lists"].values():
        for name, on in each["archivers"].items():
            votes[name] = votes.get(name, 0) + (1 if on else -1)
    return {name: count > 0 for name, count in votes.items()}
