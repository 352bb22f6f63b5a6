# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The program that runs in Mailman 2.1's own Python 2.7. It reads and applies, and decides nothing.

It uses Mailman 2.1's own names of lists and attributes; _mailman21/translate.py
translates these. It is sent there with the modules that it imports (see
_mailman21/program.py) and nothing else of this collection.
"""

import base64
import contextlib
import gc
import os
import sys

from ansible_collections.listops.mailman.plugins.module_utils._mailman21.remote import archives, lock
from ansible_collections.listops.mailman.plugins.module_utils._mailman21.remote.passwords import (
    REASON,
    check_owners,
    set_site_password,
    stored_site_password,
)
from ansible_collections.listops.mailman.plugins.module_utils._mailman21.remote.read import (
    Files,
    plain,
    same_password,
    sentence,
)
from ansible_collections.listops.mailman.plugins.module_utils._mailman21.remote.rename import Mailman21Renamer, master
from ansible_collections.listops.mailman.plugins.module_utils._mailman21.remote.write import Mailman21Writer
from ansible_collections.listops.mailman.plugins.module_utils._programs.remote.server import Failure, serve

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Iterator  # noqa: F401


class Mailman21Handler(object):
    """Mailman 2.1: it reads its files, and writes through its own classes."""

    def __init__(self, command, wait):
        # type: (str, int) -> None
        os.chdir("/")
        # New files belong to Mailman, so its group may write them, too.
        os.umask(0o002)
        lock.raise_on_signals()
        # Mailman's commands find their library through the module `paths` beside them.
        sys.path.insert(0, os.path.dirname(command))
        import paths  # type: ignore[import-not-found] # noqa: F401 # pylint: disable=import-error,unused-import
        from Mailman import mm_cfg

        self.mm_cfg = mm_cfg
        charsets = dict((language, row[1]) for language, row in mm_cfg.LC_DESCRIPTIONS.items())
        self.files = Files(mm_cfg.LIST_DATA_DIR, mm_cfg.DATA_DIR, charsets)
        self.writer = Mailman21Writer(self.files, wait)
        self.renamer = Mailman21Renamer(self.writer)

    def server_info(self):
        # type: () -> dict[str, Any]
        """Facts about this Mailman, read before its lists."""
        from Mailman import Utils, Version

        lists, private, unreadable = self.files.policies()
        mm_cfg = self.mm_cfg
        domains = set(lists.values()) or set([mm_cfg.DEFAULT_EMAIL_HOST.lower()])
        domains.update(domain.lower() for domain in mm_cfg.VIRTUAL_HOSTS.values())
        return {
            "version": Version.VERSION,
            "domains": sorted(domains),
            "lists": lists,
            "private": private,
            "unreadable": unreadable,
            "listname_chars": mm_cfg.ACCEPTABLE_LISTNAME_CHARACTERS,
            "site_list": mm_cfg.MAILMAN_SITE_LIST,
            "site_bans": list(mm_cfg.GLOBAL_BAN_LIST),
            "languages": sorted(mm_cfg.LC_DESCRIPTIONS),
            "charsets": self.files.charsets,
            "default_language": mm_cfg.DEFAULT_SERVER_LANGUAGE,
            "options": self._options(),
            # Without dnspython it behaves as if no domain had a DMARC policy.
            "asks_dns": bool(getattr(Utils, "dns_resolver", True)),
            "runs": master() > 0,
            "stopped": os.path.exists(self._stop_note),
        }

    def policies(self, _request):
        # type: (dict[str, Any]) -> dict[str, Any]
        """Who may read the archives of lists. answer: {"lists": {name: host}, "private": [names]}."""
        lists, private, _unreadable = self.files.policies()
        return {"lists": lists, "private": private}

    @staticmethod
    def shown_archives(request):
        # type: (dict[str, Any]) -> dict[str, Any]
        """Who can read archives by their links. request: {"lists": [names]}; answer: {"shown": {name: see archives.shown}}."""
        return {"shown": dict((name, archives.shown(str(name))) for name in request["lists"])}

    def correct_archives(self, request):
        # type: (dict[str, Any]) -> dict[str, Any]
        """Make the links of archives match their policies.

        request: {"lists": [names]}; answer: {"failed": {name: sentence}}, the others are done.
        """
        failed = {}
        for name in request["lists"]:
            try:
                with naming(name):
                    self.writer.correct_archive(str(name))
            except Failure as exc:
                failed[name] = str(exc)
        return {"failed": failed}

    def look_archives(self, request):
        # type: (dict[str, Any]) -> dict[str, Any]
        """Find archives that are not empty.

        request: {"lists": [names]}.
        answer: {"archives": {name: {"archive_policy": of a list that is gone,
        "messages": number in its mbox, "parts": see archives.parts}}}.
        """
        existing = set(self.files.names())
        found = {}  # type: dict[str, Any]
        for name in map(str, request["lists"]):
            parts = archives.parts(name)
            if parts:
                policy = "public" if archives.was_public(name) else "private"
                found[name] = {
                    "archive_policy": None if name in existing else policy,
                    "messages": archives.messages_in(archives.mbox(name)),
                    "parts": parts,
                }
        return {"archives": found}

    def drop_archives(self, request):
        # type: (dict[str, Any]) -> dict[str, Any]
        """Remove archives. request: {"lists": [names]}."""
        for name in request["lists"]:
            archives.drop(str(name))
        return {}

    def unfinished(self, request):
        # type: (dict[str, Any]) -> dict[str, Any]
        """Which former names are still in use.

        request: {"lists": [names]}.
        answer: {"lists": [those that are in use]}.
        """
        return {"lists": [old for old in request["lists"] if self.renamer.unfinished(str(old))]}

    def rename(self, request):
        # type: (dict[str, Any]) -> dict[str, Any]
        """Rename lists, or finish interrupted renames. Mailman must not run.

        request: {"renames": [[old name, new one]], "follow": [old names whose archives follow]}.
        answer: {}.
        """
        for old, new in request["renames"]:
            with naming(new):
                self.renamer.rename(str(old), str(new), old in request["follow"])
        return {}

    def move_archives(self, request):
        # type: (dict[str, Any]) -> dict[str, Any]
        """Rename archives of lists that are renamed already. request: {"renames": [[old, new]]}."""
        for old, new in request["renames"]:
            with naming(new):
                self.writer.move_archive(str(old), str(new))
        return {}

    @property
    def _stop_note(self):
        # type: () -> str
        return os.path.join(self.files.data, "listops-stopped")

    def note_stop(self, _request):
        # type: (dict[str, Any]) -> dict[str, Any]
        """Note that Mailman is stopped and must be started again."""
        with open(self._stop_note, "w") as handle:
            os.fsync(handle.fileno())
        return {}

    def forget_stop(self, _request):
        # type: (dict[str, Any]) -> dict[str, Any]
        if os.path.exists(self._stop_note):
            os.unlink(self._stop_note)
        return {}

    def mbox_size(self, request):
        # type: (dict[str, Any]) -> dict[str, Any]
        """The size of a list's mbox in bytes, while no post is being added. request: {"list": name}; answer: {"size"}."""
        name = str(request["list"])
        mbox = archives.mbox(name)
        with self.writer.locked(name):
            return {"size": os.path.getsize(mbox) if os.path.exists(mbox) else 0}

    @staticmethod
    def mbox_part(request):
        # type: (dict[str, Any]) -> dict[str, Any]
        """A part of a list's mbox. request: {"list": name, "start", "size": in bytes}; answer: {"mbox": base64}."""
        with open(archives.mbox(str(request["list"])), "rb") as handle:
            handle.seek(request["start"])
            return {"mbox": base64.b64encode(handle.read(request["size"])).decode("ascii")}

    def _options(self):
        # type: () -> list[list[Any]]
        """Mailman's own table of the options that an owner may change: rows of name, kind of widget, choices."""
        from Mailman import i18n
        from Mailman.MailList import MailList

        class Blank(object):
            """Stands for a list: Mailman's pages read attributes of one, and no list may exist."""

            def __getattr__(self, name):
                # type: (str) -> Any
                return getattr(mlist, name, 0)

        mm_cfg = self.mm_cfg
        i18n.set_language("en")
        kinds = dict((getattr(mm_cfg, word), word) for word in WIDGETS if hasattr(mm_cfg, word))
        mlist = MailList()
        mlist._internal_name = mlist.real_name = mlist.host_name = "x"
        mlist.web_page_url = "http://localhost/"
        mlist.preferred_language = mm_cfg.DEFAULT_SERVER_LANGUAGE
        mlist.available_languages = [mm_cfg.DEFAULT_SERVER_LANGUAGE]
        rows = []
        for category in mm_cfg.ADMIN_CATEGORIES:
            for subcategory, _label in mlist.GetConfigSubCategories(category) or [(None, None)]:
                for gui in mlist._gui:
                    page = gui.GetConfigInfo(Blank(), category, subcategory) if hasattr(gui, "GetConfigInfo") else None
                    for row in page or []:
                        if isinstance(row, tuple) and not row[0].startswith("_"):
                            rows.append([row[0], kinds.get(row[1], ""), plain(row[2], "us-ascii")])
        return rows

    def read(self, request):
        # type: (dict[str, Any]) -> dict[str, Any]
        """The state of lists.

        request: {"lists": [names], "attributes": [names], "members": whether
        to read them, "count": whether to count them, "passwords": {list: {attribute: value to compare with}},
        "texts": whether to read the lists' own ones}.
        answer: {"lists": {name: {"attributes", "members", "count", "saved", "texts"}}, "unreadable":
        {name: sentence}}; see read.Files.members and texts.
        """
        answer, unreadable = {}, {}  # type: dict[str, Any], dict[str, str]
        for name in request["lists"]:
            try:
                answer[name] = self.files.entry(str(name), request)
            except Exception as exc:
                unreadable[name] = sentence(name, exc)
        return {"lists": answer, "unreadable": unreadable}

    def texts(self, request):
        # type: (dict[str, Any]) -> dict[str, Any]
        """The own texts of lists; see read.Files.all_texts. request: {"lists": [names]}."""
        return self.files.all_texts([str(name) for name in request["lists"]])

    def apply(self, request):
        # type: (dict[str, Any]) -> dict[str, Any]
        """Carry out steps (see mailman21.raw_step), each under the lock of its list.

        answer: {"failed": {list: sentence}}; the others are done.
        """
        failed = {}
        for step in request["steps"]:
            try:
                with naming(step["list"]):
                    self.writer.apply(step)
            except Failure as exc:
                failed[step["list"]] = str(exc)
        # Mailman's lists refer to themselves, and need garbage collection.
        gc.collect()
        return {"failed": failed}

    def tidy(self, _request):
        # type: (dict[str, Any]) -> dict[str, Any]
        """Remove files of killed processes, which nothing else removes."""
        lock.tidy_locks(self.mm_cfg.LOCK_DIR)
        lock.tidy_lists(self.files.lists)
        return {}

    def notify(self, request):
        # type: (dict[str, Any]) -> dict[str, Any]
        """Mailman's own messages to people who were added or removed.

        request: {"notices": [{"list": name, "welcome", "goodbye": [lower-case addresses]}]}.
        answer: {"sent": number of messages}.
        """
        from Mailman import i18n
        from Mailman.MailList import MailList

        sent = 0
        for notice in request["notices"]:
            mlist = MailList(str(notice["list"]), lock=0)
            i18n.set_language(mlist.preferred_language)
            for address in notice["welcome"]:
                # Mailman 2.1 cannot send to addresses that are not ASCII.
                if is_ascii(address) and mlist.isMember(address):
                    digest = mlist.getMemberOption(address, self.mm_cfg.Digests)
                    mlist.SendSubscribeAck(str(address), mlist.getMemberPassword(address), digest)
                    sent += 1
            for address in filter(is_ascii, notice["goodbye"]):
                mlist.SendUnsubscribeAck(str(address), mlist.preferred_language)
                sent += 1
        return {"sent": sent}

    def passwords(self, request):
        # type: (dict[str, Any]) -> dict[str, Any]
        """Set the site's passwords, and make new list passwords for owners.

        request: {"site": {"site" or "creator": password}, "renew": {list:
        reason}, "check": only look}.
        answer: {"site": [those that differ], "renew": [lists whose last reason is another], "failed": {list:
        sentence}}; the others are done.
        """
        renew, failed = [], {}  # type: list[str], dict[str, str]
        site = [
            name
            for name, password in sorted(request["site"].items())
            if same_password(stored_site_password(name), password) is not True
        ]
        for name in site if not request["check"] else ():
            set_site_password(name, request["site"][name])
        for name, reason in sorted(request["renew"].items()):
            try:
                with naming(name):
                    config = self.files.config(str(name))
                    if plain(config.get(REASON), "utf-8") == reason:
                        continue
                    check_owners(name, config.get("owner"))
                    if not request["check"]:
                        self.writer.renew_password(str(name), reason)
            except Failure as exc:
                failed[name] = str(exc)
            else:
                renew.append(name)
        return {"site": site, "renew": renew, "failed": failed}


WIDGETS = (
    "Toggle",
    "Radio",
    "String",
    "Text",
    "Email",
    "EmailList",
    "EmailListEx",
    "Host",
    "Number",
    "FileUpload",
    "Select",
    "Topics",
    "Checkbox",
    "HeaderFilter",
)


@contextlib.contextmanager
def naming(name):
    # type: (str) -> Iterator[None]
    """Name the list in all errors of this block."""
    try:
        yield
    except Failure:
        raise
    except Exception as exc:
        raise Failure(sentence(name, exc))


def is_ascii(address):
    # type: (str) -> bool
    return all(ord(char) < 128 for char in address)


def main():
    # type: () -> None
    serve(lambda request: Mailman21Handler(str(request["command"]), int(request["wait"])))
