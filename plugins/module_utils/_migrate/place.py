# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What of a Mailman 2.1 is put into another one, with which permissions, what is refused, and what became of it. Pure.

A list's parts are the mailbox and the pages of its archive, the files of its held messages, and its own folder; see
_mailman21/remote/place.py.
"""

from __future__ import annotations

import posixpath
import re
from typing import Any, Collection, Iterable, Iterator, Mapping, NamedTuple, Sequence, Tuple

# Where the parts are below /var/lib/mailman.
FOLDERS = {
    "mbox": "archives/private/{0}.mbox",
    "pages": "archives/private/{0}",
    "held": "data",
    "list": "lists/{0}",
}
# What rsync puts before the target of a link, so that nothing follows it.
MUNGED = "/rsyncd-munged/"
# Before the names of files that a cut-over of this list put aside on the old server, see _mailman21/remote/aside.py.
ASIDE = "listops-moved-"
# Part and path of a file.
Place = Tuple[str, str]


class FileEntry(NamedTuple):
    """Something that a part of a list has. path: empty for the part itself. kind: folder, file, link or other.

    time: in seconds. more: permissions, or where a link leads.
    """

    part: str
    path: str
    kind: str
    size: int
    time: int
    more: Any

    @property
    def place(self) -> Place:
        return self.part, self.path


class Archives(NamedTuple):
    """folder: Mailman's folder of archives, on both hosts. lists: all lists that the old server has."""

    folder: str
    lists: Collection[str]


class Staging(NamedTuple):
    """What makes the staged parts of a list those of the copy; as the request `stage` takes it.

    wanted: all files and links that are moved. odd: what is not moved -> the reason.
    """

    gone: list[Place]
    folders: list[tuple[str, str, int]]
    files: list[tuple[str, str, int]]
    links: list[tuple[str, str, str]]
    wanted: list[FileEntry]
    odd: dict[Place, str]

    @property
    def size(self) -> int:
        """How many bytes are to be written."""
        written = {(part, path) for part, path, _mode in self.files}
        return sum(entry.size for entry in self.wanted if entry.place in written)

    @property
    def nothing(self) -> bool:
        return not (self.gone or self.folders or self.files or self.links)

    def request(self) -> dict[str, Any]:
        return {"gone": self.gone, "folders": self.folders, "files": self.files, "links": self.links}


def path_of(name: str, part: str, path: str) -> str:
    """Where a file is below /var/lib/mailman."""
    return posixpath.join(FOLDERS[part].format(name), path) if path else FOLDERS[part].format(name)


def mode(part: str, path: str, kind: str) -> int:
    """Permissions as Mailman gives them. The copy has others, since nobody but this host's Mailman shall read it."""
    own = part == "pages" and path.partition("/")[0] in ("database", "pipermail.pck")
    if kind == "folder":
        return 0o2770 if own or part == "held" else 0o2775
    # config.pck, what waits, the digest in progress: a list's texts may be read by the web server
    return 0o660 if own or part == "held" or (part == "list" and "/" not in path) else 0o664


def lead(name: str, entry: FileEntry, archives: Archives) -> tuple[str, str]:
    """Where a link of the copy shall lead, or an empty text and the reason why there shall be none."""
    target = entry.more[len(MUNGED) :] if entry.more.startswith(MUNGED) else entry.more
    if entry.part not in ("pages", "mbox"):
        return "", "it is a link to {0}, where Mailman keeps a file".format(target)
    if target.startswith(archives.folder + "/"):
        inside = target[len(archives.folder) + 1 :]
    else:
        here = path_of(name, entry.part, entry.path)[len("archives/private/") :]
        inside = posixpath.join(posixpath.dirname(here), target)
    inside = posixpath.normpath(inside)
    owner = inside.partition("/")[0]
    if inside.startswith(("/", "..")) or owner == ".":
        return "", "it is a link to {0}, which is not in an archive".format(target)
    owner = owner[: -len(".mbox")] if owner.endswith(".mbox") else owner
    # a former name of a list leads to its present one
    if entry.path and owner != name and owner in archives.lists:
        return "", "it is a link into the archive of the list {0}, which has readers of its own".format(owner)
    return target, ""


def staging(
    name: str,
    copy: Iterable[FileEntry],
    staged: Iterable[FileEntry],
    archives: Archives,
    differing: Collection[Place] = (),
) -> Staging:
    """What is to be staged of a list. differing: files whose content is another one, although size and time are the same."""
    there = {entry.place: entry for entry in staged}
    made = Staging([], [], [], [], [], {})
    kept: set[Place] = set()
    copy = list(copy)
    if any(entry.part == "held" for entry in copy):
        copy.insert(0, FileEntry("held", "", "folder", 0, 0, 0))
    for entry in copy:
        if entry.part == "list" and entry.path.startswith(ASIDE):
            # A run that was killed between two files left it; config.pck is there, and the others are its spares.
            made.odd[entry.place] = "a cut-over that was interrupted put this spare of config.pck aside"
            continue
        before = there.get(entry.place)
        allowed = mode(entry.part, entry.path, entry.kind)
        if entry.kind == "folder":
            if before is None or (before.kind, before.more) != ("folder", allowed):
                made.folders.append((entry.part, entry.path, allowed))
        elif entry.kind == "file":
            made.wanted.append(entry)
            same = before is not None and before[2:] == ("file", entry.size, entry.time, allowed)
            if not same or entry.place in differing:
                made.files.append((entry.part, entry.path, allowed))
        else:
            target, reason = (
                lead(name, entry, archives) if entry.kind == "link" else ("", "it is neither a file nor a link")
            )
            if reason:
                made.odd[entry.place] = reason
                continue
            made.wanted.append(entry)
            if before is None or (before.kind, before.more) != ("link", target):
                made.links.append((entry.part, entry.path, target))
        kept.add(entry.place)
    kinds = {entry.place: entry.kind for entry in copy}
    for place, entry in there.items():
        if place not in kept or kinds[place] != entry.kind:
            made.gone.append(place)
    return made


# ---- what is refused


def refusals(
    lists: Mapping[str, Mapping[str, Any]],
    target: Mapping[str, Any],
    state: str,
    version: str,
    python3: Collection[str] = (),
) -> list[str]:
    """Why lists cannot be moved to a Mailman at all, in sentences.

    lists: name -> attributes. target: what PlaceHandler.server_info says. state: the old server's /var/lib/mailman. version: of
    its Mailman, empty where nobody knows it. python3: names of all lists there that a Mailman 2 on Python 3 wrote.
    """
    said = []
    folder = state + "/archives/private"
    if target["archives"] != folder:
        said.append(
            "the archives of the old server are in {0}, and those of this host in {1}: give this host's Mailman the same folder, "
            "since Pipermail's files name it".format(folder, target["archives"])
        )
    if not target["one_device"]:
        said.append(
            "the folders data and lists of this host's Mailman are on two disks: have them on one, since lists are renamed from one "
            "to the other"
        )
    if version and not version.startswith("2.1."):
        said.append(
            "the old server has Mailman {0}: give one with Mailman 2.1, or a host with Mailman 3".format(version)
        )
    if python3:
        said.append(
            "the old server has a Mailman 2 on Python 3, whose files this host's Mailman {0} would read wrongly: give a host with "
            "Mailman 3".format(target["version"])
        )
    for name, attributes in sorted(lists.items()):
        written = attributes.get("data_version")
        if target["data_version"] and isinstance(written, int) and written > target["data_version"]:
            said.append(
                "list {0} has the format {1} of a newer Mailman, and this host's Mailman {2} knows {3}: give this host a newer "
                "Mailman".format(name, written, target["version"], target["data_version"])
            )
        spoken = [*(attributes.get("available_languages") or ()), attributes.get("preferred_language")]
        missing = sorted({str(code) for code in spoken if code} - set(target["languages"]))
        if missing:
            said.append(
                "list {0} speaks {1}, which this host's Mailman does not: add {2} to its languages (LC_DESCRIPTIONS in "
                "mm_cfg.py)".format(name, " and ".join(missing), "it" if len(missing) == 1 else "them")
            )
    return said


def version_of(said: str) -> str:
    """Mailman's version, from its file data/last_mailman_version: 0x20127f0 is 2.1.39. Empty for anything else."""
    try:
        number = int(said.strip(), 16)
    except ValueError:
        return ""
    return ".".join(str(number >> shift & 0xFF) for shift in (24, 16, 8))


def taken(
    lists: Mapping[str, str], archives: Collection[str], found: Mapping[str, Mapping[str, Any]], made: Collection[str]
) -> list[str]:
    """What this host has already, and the migration did not make, by its account's names.

    lists: posting address -> name. archives: those without a list. found: what the request `look` says. made: see standing.MADE.
    """
    there = [
        address
        for address, name in lists.items()
        if address not in made and (found[name]["list"] or found[name]["archive"])
    ]
    return sorted(
        there + [name for name in archives if name not in made and (found[name]["list"] or found[name]["archive"])]
    )


def named(
    lists: Mapping[str, Mapping[str, Any]], target: Mapping[str, Any], version: str, site_list: bool, shunted: int
) -> list[str]:
    """What a person should know, in sentences; see refusals().

    site_list: whether there is one that is not moved. shunted: messages that the old Mailman had given up.
    """
    said = []
    if version and version != target["version"]:
        said.append("the old server has Mailman {0}, and this host {1}".format(version, target["version"]))
    urls, mails = set(target["hosts"]), set(target["hosts"].values())
    for word, known, hosts in (
        ("mail", mails, {str(each.get("host_name", "")).lower() for each in lists.values()}),
        ("pages", urls, {_url_host(str(each.get("web_page_url", ""))) for each in lists.values()}),
    ):
        said += [
            "lists have their {0} at {1}, which this host's mm_cfg.py does not name: add it to mailman_domains".format(
                word, host
            )
            for host in sorted(hosts - known - {""})
        ]
    if site_list:
        said.append(
            "the site list stays that of this host, and is not moved; give it in migrate_lists, with migrate_existing, to move it, too"
        )
    if shunted:
        said.append(
            "{0} messages that the old Mailman could not handle (qfiles/shunt) stay there: look at them with its bin/unshunt "
            "before the cut-over".format(shunted)
        )
    said.append("the passwords of the site and of list creators stay those of this host")
    return said


def _url_host(url: str) -> str:
    return url.partition("://")[2].partition("/")[0].partition(":")[0].lower()


# ---- the account


def file_lines(
    name: str, made: Staging, copy: Mapping[Place, str], staged: Mapping[Place, str]
) -> Iterator[dict[str, Any]]:
    """What became of each file. copy, staged: content hashes, by place."""
    for entry in made.wanted:
        line = {"path": path_of(name, *entry.place), "part": entry.part, "file": entry.path, "size": entry.size}
        if entry.kind == "link":
            yield {**line, "state": "moved", "link": True}
        else:
            same = entry.place in copy and copy[entry.place] == staged.get(entry.place)
            yield {**line, "sha256": copy.get(entry.place), "state": "moved" if same else "differs"}
    for place, reason in sorted(made.odd.items()):
        yield {
            "path": path_of(name, *place),
            "part": place[0],
            "file": place[1],
            "state": "quarantined",
            "reason": reason,
        }


def mail_lines(copy: Sequence[str], staged: Sequence[str]) -> Iterator[dict[str, Any]]:
    """What became of each mail of a mailbox, by the hashes of both."""
    for position, value in enumerate(copy):
        same = position < len(staged) and staged[position] == value
        yield {"position": position, "sha256": value, "state": "moved" if same else "differs"}


def waiting_lines(found: Mapping[str, Any], moved: Collection[Place]) -> Iterator[dict[str, Any]]:
    """What became of each thing that waits, which is in files that were moved. found: what the request `waiting` says of the copy."""
    for each in found["requests"]:
        files = [("list", "request.pck")]
        if "message" in each:
            files.append(("held", each["record"]["file"]))
        yield _waits("{0} {1}".format(each["kind"], each["id"]), files, moved)
    for each in found["unnamed"]:
        yield _waits("unnamed {0}".format(each["file"]), [("held", each["file"])], moved)
    for position, each in enumerate(found["confirmations"]):
        # the token is a secret
        yield _waits("confirmation {0} {1}".format(position, each["kind"]), [("list", "pending.pck")], moved)
    for position, _message in enumerate(found["digest"]):
        yield _waits("digest {0}".format(position), [("list", "digest.mbox")], moved)


def _waits(key: str, files: Sequence[Place], moved: Collection[Place]) -> dict[str, Any]:
    return {"key": key, "state": "moved" if all(file in moved for file in files) else "differs"}


# ---- afterwards

# What Mailman removes when it is done with it.
_PASSES = re.compile(r"(?:held/.*|list/(?:digest\.mbox|request\.pck|pending\.pck|config\.pck\.last))\Z")


def judge(line: Mapping[str, Any], entry: FileEntry | None, value: str | None, since: float) -> str:
    """What became of a moved file since: "same", "changed" by whoever uses the list, or "damaged".

    line: of the account. entry, value: the file and its hash now, or None. since: when it was put there.
    """
    if line.get("link"):
        return "same" if entry is not None and entry.kind == "link" else "damaged"
    if entry is None or value is None:
        return "changed" if _PASSES.match("{0}/{1}".format(line["part"], line["file"])) else "damaged"
    if value == line["sha256"]:
        return "same"
    # A file that was moved has the time that it had on the old server; config.pck.last is what config.pck was.
    return "changed" if entry.time >= int(since) or line["file"] == "config.pck.last" else "damaged"


def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    """Which attributes of a list are others when each host's Mailman is read; as the request `read` returns a list."""
    differing = [
        key
        for key in sorted({*before["attributes"], *after["attributes"]})
        if before["attributes"].get(key) != after["attributes"].get(key)
    ]
    if sorted(map(repr, before["members"])) != sorted(map(repr, after["members"])):
        differing.append("members")
    return differing + [key for key in ("saved", "texts") if before.get(key) != after.get(key)]
