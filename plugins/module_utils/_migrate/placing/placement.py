# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Carries out a move of lists from a copy of a Mailman 2.1 to this host's Mailman 2.1."""

from __future__ import annotations

import json
import time
from typing import Any, Collection, Mapping, NamedTuple, Sequence

from ansible_collections.listops.mailman.plugins.module_utils._errors import HostError
from ansible_collections.listops.mailman.plugins.module_utils._lists.vocabulary import Invalid
from ansible_collections.listops.mailman.plugins.module_utils._mailman21 import stock
from ansible_collections.listops.mailman.plugins.module_utils._migrate import account, place, standing
from ansible_collections.listops.mailman.plugins.module_utils._migrate.folder import AccountFolder
from ansible_collections.listops.mailman.plugins.module_utils._migrate.lists import choose, leave, taken
from ansible_collections.listops.mailman.plugins.module_utils._migrate.placing.target import PlaceTarget, read
from ansible_collections.listops.mailman.plugins.module_utils._programs.process import Process

# Name in the account -> the folder that was renamed into place, and when.
PLACED = "placed.json"
ATTRIBUTES = (
    "archive_private",
    "available_languages",
    "data_version",
    "host_name",
    "preferred_language",
    "web_page_url",
)
ALL_ATTRIBUTES = (*ATTRIBUTES, *(str(row[0]) for row in stock.OPTIONS))


class Moved(NamedTuple):
    """One list, or an archive without a list.

    key: its posting address, or the name of the archive. name: of its folders. public: whether strangers may read its archive.
    """

    key: str
    name: str
    is_list: bool
    public: bool


class Placement:
    """source: a process that reads the copy. params: of the module migrate_place."""

    def __init__(self, source: Process, target: PlaceTarget, params: Mapping[str, Any], check_mode: bool) -> None:
        self.source, self.target, self.params = source, target, params
        self.write = not check_mode
        self.account = AccountFolder(params["account"], write=self.write)
        self.placed: dict[str, dict[str, Any]] = self._recorded(PLACED)
        self.made: dict[str, str] = self._recorded(standing.MADE)
        self.changed = False
        self.result: dict[str, Any] = {}
        self._choose()

    def _recorded(self, name: str) -> Any:
        return json.loads(self.account.read(name) or b"{}")

    def _record(self, name: str, content: Any) -> None:
        text = json.dumps(content, indent=1, sort_keys=True) + "\n"
        self.account.write(name, text.encode("utf-8"))

    # ---- what is moved

    def _choose(self) -> None:
        """Raises Invalid for what is refused."""
        there, info = self.source.server_info, self.target.info
        found = {"lists": {"{0}@{1}".format(name, host): name for name, host in there["lists"].items()}}
        asked = self.params["lists"]
        names: dict[str, str] = dict(leave(choose(found, asked) if asked else found, self.params["leave"])["lists"])
        site = [address for address, name in names.items() if name == info["site_list"] and not asked]
        for address in site:
            del names[address]
        # The archive of a list that cannot be read is not one without a list, which might be public.
        every = {*there["lists"], *there["unreadable"], info["site_list"]}
        source = self.target.source(every)
        self.unreadable = {**there["unreadable"], **self.target.loadable(names.values())}
        wanted = list(names.values())
        names = {address: name for address, name in names.items() if name not in self.unreadable}
        attributes, memberships = {}, 0
        for name, row in read(self.source, sorted(names.values()), ATTRIBUTES, self.unreadable):
            attributes[name] = row["attributes"]
            memberships += len(row["members"])
        if asked:
            # The others can go on without those that nobody named.
            said = [self.unreadable[name] for name in wanted if name in self.unreadable]
            if said:
                raise HostError("; ".join(said))
        version = place.version_of(source["version"])
        archives = {} if asked else source["archives"]
        look = self.target.look([*names.values(), *archives])
        self.found, self.staged = look["found"], look["staged"]
        refused = place.refusals(attributes, info, self.params["source_state"], version, there["python3"])
        if refused:
            raise Invalid("; ".join(refused))
        taken(place.taken(names, archives, self.found, self.made), self.params["existing"])
        self.archives = place.Archives(info["archives"], every)
        self.moved = [
            Moved(address, name, is_list=True, public=not attributes[name].get("archive_private", True))
            for address, name in sorted(names.items())
            if name in attributes
        ]
        self.moved += [Moved(name, name, is_list=False, public=archives[name]) for name in sorted(archives)]
        self.result.update(
            lists=[{"list": each.key, "source": each.name} for each in self.moved if each.is_list],
            archives=sorted(archives),
            memberships=memberships,
            named=place.named(attributes, info, version, bool(site), source["shunted"]),
            free=self.target.room(),
            unreadable=self.unreadable,
        )

    def _is_placed(self, moved: Moved) -> bool:
        number = self.placed.get(moved.key, {}).get("folder")
        return bool(number) and self.found[moved.name]["folder"] == number

    # ---- beside the place

    def prepare(self) -> None:
        """Stage all of them, and say what is to be moved.

        What an earlier migration put into place, from which somebody went back, is put into place again.
        """
        staged = {moved.key for moved in self.moved}
        if staged.intersection(self.placed):
            self._record(PLACED, {key: each for key, each in self.placed.items() if key not in staged})
        self._note_staged()
        self._drop()
        files = size = 0
        odd: list[str] = []
        for moved in self.moved:
            made, _number = self._stage(moved)
            files += len(made.wanted)
            size += sum(entry.size for entry in made.wanted)
            odd += self._odd(moved, made)
        self.result.update(files=files, bytes=size, quarantined=odd)

    def _note_staged(self) -> None:
        """Note which lists there are. Those that are named come to the others."""
        before = self._recorded(standing.STAGED) if self.params["lists"] else {}
        self._record(standing.STAGED, {**before, **{moved.key: moved.key for moved in self.moved}})

    def _drop(self) -> None:
        """Remove what was staged of lists that the old server does not have any more."""
        gone = set() if self.params["lists"] else set(self.staged).difference(each.name for each in self.moved)
        self.changed |= bool(gone)
        if gone and self.write:
            self.target.drop(gone)

    @staticmethod
    def _odd(moved: Moved, made: place.Staging) -> list[str]:
        return ["{0}: {1}".format(place.path_of(moved.name, *there), why) for there, why in sorted(made.odd.items())]

    def _stage(self, moved: Moved, differing: Collection[place.Place] = ()) -> tuple[place.Staging, int]:
        """What it needed, and the number of the folder that makes it one."""
        copy = self.target.tree(moved.name, "copy")
        staged = self.target.tree(moved.name, "staged")
        made = place.staging(moved.name, copy, staged, self.archives, differing)
        if made.nothing or not self.write:
            self.changed |= not made.nothing
            return made, 0
        self.changed = True
        free = self.target.room()
        if made.size > free:
            raise HostError(
                "{0} has {1} MB of free space, and the files of {2} need {3} MB: make room, and run again".format(
                    self.archives.folder, free >> 20, moved.key, (made.size >> 20) + 1
                )
            )
        return made, self.target.stage(moved.name, made)

    # ---- into place

    def place(self) -> None:
        """Stage what changed, compare each file with the copy, and put all of them into place."""
        self._drop()
        waiting = [moved for moved in self.moved if not self._is_placed(moved)]
        self.changed |= bool(waiting)
        self.result["placed"] = [moved.key for moved in waiting]
        held = {}
        for moved in waiting:
            held[moved.key] = self._account(moved)
        if not self.write:
            return
        self._note_staged()
        if waiting:
            # Before they are there, so that the next run knows them as its own.
            self._record(standing.MADE, {**self.made, **{each.key: each.key for each in waiting}})
            self._record(PLACED, self.placed)
            self.target.settle()
        for moved in self.moved:
            self.target.place(moved.name, list=moved.is_list, public=moved.public, held=held.get(moved.key, []))
        self._compare_readings([moved for moved in waiting if moved.is_list])

    def _account(self, moved: Moved) -> list[str]:
        """Compare what is staged with the copy and write the account. Returns the files of held messages."""
        made, number = self._stage(moved)
        files = [entry.place for entry in made.wanted if entry.kind == "file"]
        copy = self.target.contents(moved.name, "copy", files)
        staged = self.target.contents(moved.name, "staged", files)
        differing = [each for each in files if self.write and copy.files.get(each) != staged.files.get(each)]
        if differing:
            # Written twice within a second, with as many bytes.
            made, number = self._stage(moved, differing)
            staged = self.target.contents(moved.name, "staged", files)
        there = staged if self.write else copy
        lines = list(place.file_lines(moved.name, made, copy.files, there.files))
        right = {(line["part"], line["file"]) for line in lines if line["state"] == "moved"}
        self._sums(moved, "files", lines, sum(1 for each in made.wanted if each.place in right))
        mails = list(place.mail_lines(copy.mails, there.mails))
        self._sums(moved, "messages", mails, len(there.mails))
        if moved.is_list:
            answer = self.source.request("waiting", lists=[moved.name])
            if moved.name in answer["unreadable"]:
                raise HostError(answer["unreadable"][moved.name])
            waits = list(place.waiting_lines(answer["lists"][moved.name], right))
            self._sums(moved, "requests", waits, len(waits))
        self.placed[moved.key] = {"folder": number or self._number(moved), "at": time.time()}
        return [path for part, path in files if part == "held"]

    def _number(self, moved: Moved) -> int:
        """Of a staged list that needed nothing."""
        return self.target.stage(moved.name, place.Staging([], [], [], [], [], {})) if self.write else 0

    def _sums(self, moved: Moved, kind: str, lines: Sequence[Mapping[str, Any]], there: int) -> None:
        """Write the account of one kind. Raises Inexact unless the sums agree with what is there."""
        sums = account.Sums(moved.key, standing.KINDS[kind], len(lines))
        sums.add(lines)
        with self.account.replace("{0}.{1}.jsonl".format(moved.key, kind)) as handle:
            for line in lines:
                handle.write(account.line(line).encode("utf-8"))
        self._record("{0}.{1}.json".format(moved.key, kind), sums.verify(there))

    def _compare_readings(self, lists: Sequence[Moved]) -> None:
        """Compare settings and people as both hosts' files are read. Raises HostError."""
        names = sorted(moved.name for moved in lists)
        here = self.target.read(names, ALL_ATTRIBUTES)
        for name, before in read(self.source, names, ALL_ATTRIBUTES):
            same, after = next(here, ("", {}))
            if same != name:
                raise HostError("list {0} cannot be read on this host".format(name))
            wrong = place.differences(before, after)
            if wrong:
                raise HostError("list {0} is read otherwise on this host: {1}".format(name, ", ".join(wrong[:8])))

    # ---- afterwards

    def compare(self) -> None:
        """Compare what is here with the account, or with the copy where it is only staged. Raises HostError for what is wrong."""
        said: dict[str, int] = {"same": 0, "changed": 0}
        wrong: list[str] = []
        untouched = []
        for moved in self.moved:
            if not self._is_placed(moved):
                wrong += self._compare_staged(moved, said)
                continue
            judged = self._judge(moved)
            for path, state in judged.items():
                if state == "damaged":
                    wrong.append("{0} is not what was moved".format(path))
                else:
                    said[state] += 1
            if moved.is_list and judged.get(place.path_of(moved.name, "list", "config.pck")) == "same":
                untouched.append(moved)
        self.result.update(same=said["same"], changed_since=said["changed"])
        if wrong:
            more = ["and {0} more".format(len(wrong) - 5)] if len(wrong) > 5 else []
            raise HostError("; ".join(wrong[:5] + more))
        self._compare_readings(untouched)

    def _compare_staged(self, moved: Moved, said: dict[str, int]) -> list[str]:
        made, _number = self._stage(moved)
        files = [entry.place for entry in made.wanted if entry.kind == "file"]
        copy = self.target.contents(moved.name, "copy", files)
        staged = self.target.contents(moved.name, "staged", files)
        differing = [each for each in files if copy.files.get(each) != staged.files.get(each)]
        said["same"] += len(files) - len(differing)
        return ["{0} is not what was copied".format(place.path_of(moved.name, *each)) for each in differing]

    def _judge(self, moved: Moved) -> dict[str, str]:
        """What became of each file of a list: see place.judge()."""
        text = (self.account.read(moved.key + ".files.jsonl") or b"").decode("utf-8")
        lines = [line for line in map(json.loads, text.splitlines()) if line["state"] == "moved"]
        if not lines:
            raise HostError(
                "account has no files of {0}, which is here: give the account of this migration".format(moved.key)
            )
        there = {entry.place: entry for entry in self.target.tree(moved.name, "placed")}
        files = [(line["part"], line["file"]) for line in lines if not line.get("link")]
        values = self.target.contents(moved.name, "placed", files).files
        since = self.placed[moved.key]["at"]
        return {
            line["path"]: place.judge(line, there.get(at), values.get(at), since)
            for line in lines
            for at in [(line["part"], line["file"])]
        }
