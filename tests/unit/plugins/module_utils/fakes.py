# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A host to plan and apply on: a Mailman, its archive, the guard in front of it, and systemd, which all remember.

Every change is a step, and a run can be killed at any of them, as by SIGKILL: nothing is done from there on. Or the step
fails, as on a full disk.
"""

from __future__ import annotations

import copy

from ansible_collections.listops.mailman.plugins.module_utils._archives.guard import ArchiveGuard
from ansible_collections.listops.mailman.plugins.module_utils._argspec import Connection
from ansible_collections.listops.mailman.plugins.module_utils._backends.base import ArchiveBackend, ListBackend
from ansible_collections.listops.mailman.plugins.module_utils._errors import HostError
from ansible_collections.listops.mailman.plugins.module_utils._lists.model import ArchiveState
from ansible_collections.listops.mailman.plugins.module_utils._lists.server_info import ServerInfo

DOMAIN = "lists.example.org"
SCHEMA = {
    "archive_policy": {"type": "enum", "choices": ["public", "private", "never"]},
    "description": {"type": "line"},
    "acceptable_aliases": {"type": "list"},
    "display_name": {"type": "line"},
    "subject_prefix": {"type": "line"},
    "preferred_language": {"type": "enum", "choices": ["en"]},
}
CONNECTION = Connection(engine="mailman3")


class Killed(BaseException):
    """By SIGKILL."""


def as_list(policy="public", **people):
    """The state of a list; people: role -> addresses."""
    return {
        "settings": {"archive_policy": policy},
        "rosters": {role: {address: {"address": address} for address in given} for role, given in people.items()},
        "bans": [],
        "header_matches": [],
        "archivers": {},
        "templates": {},
        "saved": None,
    }


class Host:
    """What is on its disk.

    lists: posting address -> policy, or see as_list; archives: posting address -> (policy, messages).
    guarded: names that the guard keeps private, None when its file is damaged; guard: whether it is installed.
    odd, nonsense: lists that cannot be read, as is known from the start, or once they are read.
    refuses: lists that Mailman does not change.
    """

    def __init__(self, lists, archives=None, guarded=(), guard=True):
        self.lists = {name: as_list(it) if isinstance(it, str) else it for name, it in lists.items()}
        self.archives = {name: ArchiveState(*it) for name, it in (archives or {}).items()}
        self.guarded = None if guarded is None else frozenset(guarded)
        self.guard = guard
        self.unfinished = set()
        self.odd, self.nonsense, self.refuses = set(), set(), set()
        self.copies, self.greeted = set(), []
        self.banned = []
        self.runs, self.noted, self.tidied = True, False, False
        self.begin()

    def begin(self, kill=None, fail=None):
        """A new run. kill, fail: the number of the step at which it is killed, or that fails."""
        self.steps, self.kill, self.fail, self.dead = [], kill, fail, False

    def step(self, who, what, *more):
        """Note a change that is about to be made; False in a run that was killed."""
        if self.dead:
            raise Killed
        if len(self.steps) == self.kill:
            self.dead = True
            raise Killed
        self.steps.append((who, what, *more))
        self.check()
        if len(self.steps) - 1 == self.fail:
            raise HostError("{0}: {1} failed".format(who, what))

    def check(self):
        """At no moment does an archive go by another policy than Mailman's private, but for what the guard keeps shut."""
        for name, it in self.lists.items():
            if it["settings"]["archive_policy"] == "private" and self.watches:
                shut = self.guarded is None or name in self.guarded if self.guard else self.told(name) == "private"
                assert shut, "{0} is open before {1}".format(name, self.steps[-1])

    watches = True

    def told(self, name):
        return self.archives[name].policy if name in self.archives else "public"

    def state(self):
        """All that a run leaves."""
        return copy.deepcopy((self.lists, self.archives, self.guarded, self.runs, self.noted, self.copies, self.banned))


class FakeGuard(ArchiveGuard):
    def __init__(self, host):
        self.host = host
        self.installed = host.guard
        self.names = host.guarded if host.guard else None
        self.damaged = host.guard and host.guarded is None

    def write(self, names):
        if frozenset(names) == self.names:
            return
        self.host.step("guard", "write", *sorted(names))
        self.host.guarded = self.names = frozenset(names)


class FakeMailman(ListBackend):
    service = "mailman3"

    def __init__(self, host, readonly=False, **said):
        self.host, self.readonly = host, readonly
        self.said = said
        self.asked = []

    def __enter__(self):
        # What it says of itself holds for the whole task.
        lists = self.host.lists
        said = {
            "domains": [DOMAIN],
            "lists": sorted(lists),
            "archive_policies": {name: it["settings"]["archive_policy"] for name, it in lists.items()},
            "schema": SCHEMA,
            "stopped": self.host.noted,
            "site_bans": self.host.banned,
            "runs": self.host.runs,
            **self.said,
        }
        self._info = ServerInfo(**said)
        return self

    def __exit__(self, *exc):
        pass

    @property
    def info(self):
        return self._info

    @property
    def unreadable(self):
        found = self.host.odd | (self.host.nonsense if self.asked else set())
        return {name: "list {0}: cannot be read".format(name) for name in found}

    def check(self, specs):
        pass

    def read(self, lists=None, *, settings=None, rosters=None, templates=None, secrets=None):
        self.asked.append(lists)
        found = self.host.lists if lists is None else {name: self.host.lists[name] for name in lists}
        out = copy.deepcopy({name: it for name, it in found.items() if name not in self.unreadable})
        for it in out.values():
            it["settings"] = {key: it["settings"].get(key) for key in settings or ()}
            it["rosters"] = {role: it["rosters"].get(role, {}) for role in rosters or ()}
        return out

    def facts(self, lists):
        return {}

    def archive_policies(self):
        return {name: it["settings"]["archive_policy"] for name, it in self.host.lists.items()}

    def ban_everywhere(self, bans):
        self.change("ban_everywhere")
        self.host.banned = list(bans)

    def tidy(self):
        assert not self.readonly
        self.host.tidied = True

    def unfinished_renames(self, former):
        return [name for name in former if name in self.host.unfinished]

    def copies(self, lists):
        return [name for name in lists if name in self.host.copies]

    def change(self, what, *more):
        assert not self.readonly
        self.host.step("mailman", what, *more)

    def drop_copies(self, lists):
        for name in lists:
            self.change("drop_copies", name)
            self.host.copies.discard(name)

    def rename(self, renames, follow):
        assert not self.host.runs, "Mailman runs"
        for old, new in renames:
            self.change("begin to rename", old)
            self.host.unfinished.add(old)
            if old in self.host.lists:
                self.host.lists[new] = self.host.lists.pop(old)
            self.change("end to rename", old)
            self.host.unfinished.discard(old)

    def note_stop(self):
        self.change("note_stop")
        self.host.noted = True

    def forget_stop(self):
        self.change("forget_stop")
        self.host.noted = False

    def notify(self, notices):
        self.change("notify")
        self.host.greeted += [notice["list"] for notice in notices]

    def apply(self, steps):
        """One list after the other; of those that it refuses nothing is done."""
        failed = {}
        for step in steps:
            name = step["list"]
            if name in self.host.refuses:
                failed[name] = "list {0}: no".format(name)
                continue
            self.change("apply", name)
            if step.get("delete"):
                del self.host.lists[name]
                continue
            if step.get("create"):
                self.host.lists[name] = as_list()
            self.host.lists[name]["settings"].update(step.get("set", {}))
            for role, change in step.get("rosters", {}).items():
                people = self.host.lists[name]["rosters"].setdefault(role, {})
                people.update((person["address"].lower(), person) for person in change["add"] + change["change"])
                for address in change["remove"]:
                    people.pop(address, None)
        return failed


class FakeArchive(ArchiveBackend):
    """HyperKitty: what it is told it knows, whether or not there was an archive."""

    follows_late = True

    def __init__(self, host, accessible=True):
        self.host, self._accessible = host, accessible

    @property
    def accessible(self):
        return self._accessible

    def guard(self):
        return FakeGuard(self.host)

    def look(self, lists):
        return {name: self.host.archives[name] for name in lists if name in self.host.archives}

    def policies(self):
        return {name: it.policy for name, it in self.host.archives.items()}

    def set_policies(self, policies):
        for name, policy in policies.items():
            self.host.step("archive", "set_policies", name, policy)
            there = self.host.archives.get(name, ArchiveState(None, 0))
            self.host.archives[name] = there._replace(policy=policy)

    def correct_policies(self, policies):
        self.set_policies(policies)
        return {}

    def drop(self, lists):
        for name in lists:
            self.host.step("archive", "drop", name)
            self.host.archives.pop(name, None)

    def move(self, renames):
        for old, new in renames:
            self.host.step("archive", "move", old, new)
            source = self.host.archives.pop(old)
            there = self.host.archives.get(new, source._replace(messages=0))
            self.host.archives[new] = there._replace(messages=there.messages + source.messages)

    def lines(self, name):
        return iter(())
