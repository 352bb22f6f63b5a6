#!/usr/bin/python
# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: migrate_redirects
short_description: Let the addresses of Mailman 2.1's archive pages lead to HyperKitty
version_added: 0.2.0
author: The listops.mailman contributors (@listops)
description:
  - Reads the archives in a copy of Mailman 2.1's files and writes where each of their pages is now, for the apache role
    (C(apache_migrated_lists)). The messages must be in HyperKitty already.
  - A page of a message leads to the message with the same Message-ID. The page names it, or Pipermail's own index does. Pages that are left
    from an earlier numbering count, too. Pages of a month and the front page lead to those of HyperKitty.
  - Pages that have the same Message-ID and show several messages stay as they were.
  - Texts of months, attachments, and pages whose message HyperKitty does not have are kept as files, and served as they were.
  - What a new run finds as it shall be is left alone. Archives that are not named stay as they were.
  - Apache shows all of it to strangers only where the guard in front of HyperKitty knows the list for public. So a list that is not public
    must be known to the guard, which M(listops.mailman.mailman_list) sees to.
  - No symbolic link below O(archives[].folder) is followed, and nothing in Pipermail's index is run.
extends_documentation_fragment:
  - listops.mailman.attributes
  - listops.mailman.mailman
  - listops.mailman.web
attributes:
  diff_mode:
    support: none
    details: The numbers in the result say what differs.
options:
  archives:
    description:
      - The archives.
      - Without any, only a map is made where there is none, which Apache needs to start.
    type: list
    elements: dict
    default: []
    suboptions:
      list:
        description: Posting address of the list, which must exist.
        type: str
        required: true
      source:
        description:
          - Name of the list with Mailman 2.1, as its old addresses have it. By default the part of O(archives[].list) before the C(@).
        type: str
      folder:
        description: The folder with the pages in the copy, C(archives/private/NAME). It belongs to root.
        type: path
        required: true
      name:
        description: The name of the files of this archive in the account. By default the list.
        type: str
  map:
    description:
      - The map that Apache reads, a file of the GDBM kind. Each archive has its part of it as text in a folder of the same name with C(.d).
      - It is replaced whole; until then Apache reads the old one.
    type: path
    default: /var/lib/listops/pipermail/pages.dbm
  files:
    description: The folder for what is kept, with a folder for each archive.
    type: path
    default: /var/lib/listops/pipermail/files
  group:
    description: The group of Apache and of the web interface, which may read both.
    type: str
    default: www-data
  account:
    description:
      - A folder of root's, which is created. C(NAME.pages.jsonl) gets a line of JSON for each page and file of an archive, and
        C(NAME.pages.json) the sums.
    type: path
    default: /var/lib/listops/migrate/account
seealso:
  - module: listops.mailman.mailman_list
"""

EXAMPLES = r"""
- name: Let old addresses lead to HyperKitty
  listops.mailman.migrate_redirects:
    archives:
      - list: wikitech-l@lists.example.org
        source: wikitech-l
        folder: /var/lib/listops/migrate/old.example.org/archives/private/wikitech-l
    account: /var/lib/listops/migrate/account
"""

RETURN = r"""
archives:
  description:
    - How many pages and files each archive had, in the order of O(archives).
    - C(found) is the sum of C(moved), C(merged) (pages of a message to which an earlier page leads) and C(quarantined) (what is not
      served, for a reason that the account has).
    - C(moved) and C(merged) together are C(link), C(index), C(month), C(file) and C(page), by how the place of a page was found.
  returned: success
  type: list
  elements: dict
  sample:
    - list: wikitech-l@lists.example.org
      source: wikitech-l
      found: 634
      moved: 634
      merged: 0
      quarantined: 0
      link: 202
      index: 0
      month: 48
      file: 384
      page: 0
sentences:
  description: The sums for people.
  returned: success
  type: list
  elements: str
  sample: ["wikitech-l@lists.example.org: 634 pages found, 634 moved, 0 merged, 0 quarantined"]
problems:
  description: What of Pipermail's index is not read, and why.
  returned: success
  type: list
  elements: str
  sample: ["wikitech-l: database/2003-March-article: the record of 'a@b.example': it holds a posix.system"]
"""

import grp
import json
import os
import stat
from typing import Any, Iterator, Mapping

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.listops.mailman.plugins.module_utils import _nofollow as nofollow
from ansible_collections.listops.mailman.plugins.module_utils import _visible as visible
from ansible_collections.listops.mailman.plugins.module_utils._argspec import (
    CONNECTION_SPEC,
    WEB_SPEC,
    Connection,
    WebInterface,
)
from ansible_collections.listops.mailman.plugins.module_utils._errors import HostError, failure
from ansible_collections.listops.mailman.plugins.module_utils._hyperkitty.client import HyperKitty
from ansible_collections.listops.mailman.plugins.module_utils._lists.vocabulary import Invalid
from ansible_collections.listops.mailman.plugins.module_utils._mailman3.client import Mailman3
from ansible_collections.listops.mailman.plugins.module_utils._migrate import pipermail, tree
from ansible_collections.listops.mailman.plugins.module_utils._migrate.account import Inexact, Sums, line, sentence
from ansible_collections.listops.mailman.plugins.module_utils._migrate.folder import AccountFolder

BUILD = "httxt2dbm"
LINK = "a symbolic link is not followed"
NO_FILE = "it is no file"


def asked(archives: list[dict[str, Any]]) -> list[dict[str, str]]:
    """The archives with all of their names; Invalid for what is not accepted."""
    found: list[dict[str, str]] = []
    for number, entry in enumerate(archives):
        address = entry["list"].lower()
        source = (entry["source"] or address.partition("@")[0]).lower()
        key = "archives[{0}].source".format(number)
        if not pipermail.NAME.fullmatch(source):
            raise Invalid("{0} is {1!r}: give the name of a list of Mailman 2.1".format(key, source))
        if source in {each["source"] for each in found}:
            raise Invalid("{0} is {1!r}: give each name once".format(key, source))
        if not os.path.isabs(entry["folder"]):
            raise Invalid("archives[{0}].folder is {1!r}: give an absolute path".format(number, entry["folder"]))
        name = entry["name"] or address
        if "/" in name or name.startswith(".") or name in {each["name"] for each in found}:
            raise Invalid("archives[{0}].name is {1!r}: give each archive a name of its own".format(number, name))
        found.append({"list": address, "source": source, "folder": entry["folder"], "name": name})
    return found


def check(archives: list[dict[str, str]], policies: Mapping[str, str], private: frozenset[str] | None) -> None:
    """Refuse lists that are not there, and those whose old pages nobody would guard. private: see ArchiveGuard.names."""
    for number, archive in enumerate(archives):
        name = archive["list"]
        if name not in policies:
            raise Invalid("archives[{0}].list is {1!r}: give a list that exists".format(number, name))
        # Without its file, the guard lets strangers see nothing; when it has one, lists without an archive are not among the private ones.
        guarded = policies[name] == "private" if private is None else name in private
        if policies[name] != "public" and not guarded:
            raise Invalid(
                "list {0} has archive_policy {1}, and the guard of the archives does not know it for private: "
                "run listops.mailman.lists first, with private or public".format(name, policies[name])
            )


class Migration:
    """What is to be done for each archive, and what of it was to do."""

    def __init__(self, module: AnsibleModule, owner: nofollow.Owner) -> None:
        self.module = module
        self.check_mode: bool = module.check_mode
        self.map: str = module.params["map"]
        self.files: str = module.params["files"]
        self.owner = owner
        self.changed = False
        self.problems: list[str] = []
        self._texts: dict[str, bytes] = {}
        if not self.check_mode:
            for path in (self.map, self.files):
                os.close(nofollow.need_folder(os.path.dirname(os.path.dirname(path)), 0o755))

    def archive(self, archive: dict[str, str], hashes: frozenset[str] | None) -> tuple[pipermail.Pages, int]:
        """Read an archive, and copy what is kept of it. Returns how many files it has that are not Pipermail's own, too."""
        pages = pipermail.Pages(hashes)
        source = archive["source"]
        with nofollow.opened(archive["folder"]) as descriptor:
            top = tree.Folder(descriptor)
            indexes: dict[str, dict[str, str]] = {}
            count = 0
            for path, folder, name, status in top.files():
                place = pipermail.place(path)
                count += place.kind != "internal"
                if place.kind == "month":
                    pages.month(path, place.page)
                elif place.kind == "internal":
                    continue
                elif not stat.S_ISREG(status.st_mode):
                    pages.left(path, LINK if stat.S_ISLNK(status.st_mode) else NO_FILE)
                elif place.kind == "file":
                    if pages.file(path):
                        self._keep(folder, name, status, source, path)
                else:
                    found, ids = "link", pipermail.page_ids(folder.read(name, pipermail.HEAD))
                    if not ids:
                        if place.volume not in indexes:
                            indexes[place.volume] = self._index(top, source, place.volume)
                        indexed = indexes[place.volume].get(name)
                        found, ids = "index", [] if indexed is None else [indexed]
                    if pages.message(path, found, ids).kept:
                        self._keep(folder, name, status, source, path)
            self._part(top, pages, source)
        self._tidy(source, {entry.path for entry in pages.entries if entry.kept})
        self._texts[source] = "".join(pages.lines(source)).encode("ascii")
        return pages, count

    def _part(self, top: tree.Folder, pages: pipermail.Pages, source: str) -> None:
        """Keep the pages of which several have the same Message-ID, and not the same message."""
        parted: set[str] = set()
        for entries in pages.twice():
            digests = set()
            for entry in entries:
                with top.at(entry.path) as (folder, name, _status):
                    digests.add(pipermail.text_digest(folder.read(name)))
            if len(digests) > 1:
                parted.update(entry.path for entry in entries)
        pages.part(parted)
        for path in sorted(parted):
            with top.at(path) as (folder, name, status):
                self._keep(folder, name, status, source, path)

    def _index(self, top: tree.Folder, source: str, volume: str) -> dict[str, str]:
        """The Message-IDs of a volume's pages, as far as its index can be read."""
        folder, name = pipermail.INDEX[0], pipermail.INDEX[1].format(volume)
        try:
            with top.below(folder) as database:
                index = pipermail.Index(database.read(name))
        except (pipermail.Damaged, OSError) as exc:
            reason = exc.strerror if isinstance(exc, OSError) else exc
            self.problems.append("{0}: {1}/{2}: {3}".format(source, folder, name, reason))
            return {}
        self.problems += ["{0}: {1}/{2}: {3}".format(source, folder, name, each) for each in index.problems]
        return index.pages

    def _keep(self, folder: tree.Folder, name: str, status: os.stat_result, source: str, path: str) -> None:
        target = os.path.join(self.files, source, path)
        if tree.same(target, status):
            return
        self.changed = True
        if not self.check_mode:
            tree.copy(folder, name, target, self.owner)

    def _tidy(self, source: str, kept: set[str]) -> None:
        """Remove what is not kept any more, and see that the rest is there."""
        path = os.path.join(self.files, source)
        there = set()
        try:
            with nofollow.opened(path) as descriptor:
                there = {each for each, _folder, _name, _status in tree.Folder(descriptor).files()}
        except FileNotFoundError:
            pass
        for each in sorted(there - kept):
            self.changed = True
            if not self.check_mode:
                tree.remove(os.path.join(path, each))
        if not self.check_mode and kept - there:
            raise HostError("{0} lacks {1} of {2} files".format(path, len(kept - there), len(kept)))

    def write_map(self) -> None:
        """Make the map anew where a part of it is another one. The parts are replaced after it: an interrupted run is noticed."""
        parts = self.map + ".d"
        other = {name: text for name, text in self._texts.items() if tree.read(os.path.join(parts, name)) != text}
        if not other and os.path.lexists(self.map):
            return
        self.changed = True
        if self.check_mode:
            return
        tree.make(parts, self.owner)
        text = os.path.join(parts, tree.UNFINISHED + "text")
        fresh = os.path.join(os.path.dirname(self.map), tree.UNFINISHED + "map")
        tree.write(text, self._all(parts), self.owner)
        try:
            self._build(text, fresh)
            tree.put(fresh, self.map, self.owner)
        finally:
            tree.remove(text)
        for name, content in other.items():
            tree.write(os.path.join(parts, name), [content], self.owner)
            if tree.read(os.path.join(parts, name)) != content:
                raise HostError("{0} is not what was written".format(os.path.join(parts, name)))

    def _all(self, parts: str) -> Iterator[bytes]:
        """The text of all archives, also of those that this run is not about."""
        with nofollow.opened(parts) as descriptor:
            there = os.listdir(descriptor)
            for name in sorted({each for each in there if not each.startswith(tree.UNFINISHED)} | self._texts.keys()):
                yield self._texts[name] if name in self._texts else tree.Folder(descriptor).read(name)

    def _build(self, text: str, fresh: str) -> None:
        if os.path.lexists(fresh):
            tree.remove(fresh)
        program = self.module.get_bin_path(BUILD, opt_dirs=["/usr/sbin"])
        if program is None:
            raise HostError("{0} is not here: install apache2-utils".format(BUILD))
        status, output, error = self.module.run_command([program, "-f", "GDBM", "-i", text, "-o", fresh])
        if status or not os.path.lexists(fresh):
            raise HostError("{0} failed: {1}".format(BUILD, (error or output).strip()))


def sums(archive: dict[str, str], pages: pipermail.Pages, found: int) -> dict[str, Any]:
    """The numbers of an archive. found: how many files it has that are not Pipermail's own. Raises Inexact where they do not agree."""
    counted = Sums(archive["list"], "pages", found)
    counted.add(pages.account(archive["source"], archive["list"]))
    return {"list": archive["list"], "source": archive["source"], **counted.total(), **pages.kinds()}


def main() -> None:
    module = AnsibleModule(
        argument_spec=dict(
            archives=dict(
                type="list",
                elements="dict",
                default=[],
                options=dict(
                    list=dict(type="str", required=True),
                    source=dict(type="str"),
                    folder=dict(type="path", required=True),
                    name=dict(type="str"),
                ),
            ),
            map=dict(type="path", default="/var/lib/listops/pipermail/pages.dbm"),
            files=dict(type="path", default="/var/lib/listops/pipermail/files"),
            group=dict(type="str", default="www-data"),
            account=dict(type="path", default="/var/lib/listops/migrate/account"),
            **CONNECTION_SPEC,
            **WEB_SPEC,
        ),
        supports_check_mode=True,
    )
    params = module.params
    account = AccountFolder(params["account"], write=not module.check_mode)
    found: list[dict[str, Any]] = []
    try:
        archives = asked(params["archives"])
        try:
            owner = nofollow.Owner(os.geteuid(), grp.getgrnam(params["group"]).gr_gid, 0o750)
        except KeyError:
            raise Invalid("group is {0!r}: give a group of this host".format(params["group"])) from None
        migration = Migration(module, owner)
        if archives:
            with HyperKitty(WebInterface.of(params)) as archive_backend:
                with Mailman3(Connection.of(params), readonly=True) as backend:
                    lists = backend.read(settings=["archive_policy"], rosters=[])
                policies = {name: one["settings"]["archive_policy"] for name, one in lists.items()}
                check(archives, policies, archive_backend.guard().names)
                known = archive_backend.look([archive["list"] for archive in archives])
                for archive in archives:
                    hashes = archive_backend.hashes(archive["list"]) if archive["list"] in known else None
                    pages, count = migration.archive(archive, hashes)
                    found.append(sums(archive, pages, count))
                    text = "".join(map(line, pages.account(archive["source"], archive["list"])))
                    migration.changed |= account.write(archive["name"] + ".pages.jsonl", text.encode("ascii"))
        migration.write_map()
        for archive, totals in zip(archives, found):
            text = json.dumps(totals, sort_keys=True) + "\n"
            migration.changed |= account.write(archive["name"] + ".pages.json", text.encode("ascii"))
    except (Invalid, HostError, Inexact, nofollow.Unsafe, OSError) as exc:
        module.fail_json(**failure(exc))
    for problem in migration.problems:
        module.warn(visible.sentence(problem))
    said = [sentence(each["list"], "pages", each) for each in found]
    module.exit_json(changed=migration.changed, archives=found, sentences=said, problems=migration.problems)


if __name__ == "__main__":
    main()
