# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Carries out steps of a plan on lists of Mailman 2.1. Runs in Mailman's own Python 2.7.

Every step takes the list's lock, which reads the list again, then compares again,
and saves the list once if something differs.
"""

import contextlib
import os
import shutil
import sys
import types

from ansible_collections.listops.mailman.plugins.module_utils._mailman21.remote import archives, lock
from ansible_collections.listops.mailman.plugins.module_utils._mailman21.remote.passwords import REASON, renew
from ansible_collections.listops.mailman.plugins.module_utils._mailman21.remote.read import (
    CONFIG_FILES,
    SAVED,
    digest,
    own_held_file,
    plain,
    text,
)
from ansible_collections.listops.mailman.plugins.module_utils._programs.remote.server import Failure

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Iterator  # noqa: F401

    from ansible_collections.listops.mailman.plugins.module_utils._mailman21.remote.read import Files  # noqa: F401

MODERATED = 128
# The name of Mailman's lock for new lists.
SITE_LOCK = "<site>"
# Mailman keeps this as Unicode when the list's charset cannot hold it. The others it
# prints, and list_lists of the whole site stumbles over one list's Unicode.
UNICODE_ATTRIBUTES = ("subject_prefix",)

# Attributes with both addresses and regular expressions.
ADDRESS_ATTRIBUTES = (
    "owner",
    "moderator",
    "ban_list",
    "accept_these_nonmembers",
    "hold_these_nonmembers",
    "reject_these_nonmembers",
    "discard_these_nonmembers",
)

# Also saved, because the old script disable_list may run on top of it.
SCRIPT_ATTRIBUTES = ("member_moderation_action", "generic_nonmember_action")


# Python 2's unicode, in which JSON returns all text.
TEXT = type(b"".decode("ascii"))


def always(_mlist):
    # type: (Any) -> bool
    return True


class Mailman21Writer(object):
    """Carries out steps; see mailman21.raw_step for their form.

    wait: seconds to wait for a list's lock.
    """

    def __init__(self, files, wait):
        # type: (Files, int) -> None
        self.files = files
        self.wait = wait

    def apply(self, step):
        # type: (dict[str, Any]) -> None
        name = str(step["list"])
        if step.get("delete"):
            self._delete(name)
            return
        mlist = self._create(name, step["create"]) if "create" in step else self.open_list(name)
        try:
            if self._change(mlist, step) or "create" in step:
                if mlist.archive_private:
                    # Mailman closes it after saving the list, so a run that is killed in between would leave it open.
                    archives.close(name)
                mlist.Save()
        except BaseException:
            if "create" in step:
                self._discard_unfinished(name)
            raise
        finally:
            mlist.Unlock()

    def renew_password(self, name, reason):
        # type: (str, str) -> None
        with self.locked(name) as mlist:
            if getattr(mlist, REASON, None) != reason:
                renew(mlist, reason)

    @contextlib.contextmanager
    def locked(self, name):
        # type: (str) -> Iterator[Any]
        """A list under its lock."""
        mlist = self.open_list(name)
        try:
            yield mlist
        finally:
            mlist.Unlock()

    def move_archive(self, old, new):
        # type: (str, str) -> None
        """Rename the archive of a renamed list."""
        with self.locked(new) as mlist:
            archives.move(old, new)
            archives.forget(old, new)
            mlist.CheckHTMLArchiveDir()

    def correct_archive(self, name):
        # type: (str) -> None
        """Make the links of an archive match the policy of the list."""
        with self.locked(name) as mlist:
            told = hasattr(mlist, "archive_private")
            if not told or mlist.archive_private:
                archives.close(name)
            if told:
                mlist.CheckHTMLArchiveDir()

    # ---- the list as a whole

    def lock_path(self, name):
        # type: (str) -> str
        from Mailman import mm_cfg

        return str(os.path.join(mm_cfg.LOCK_DIR, name + ".lock"))

    def open_list(self, name):
        # type: (str) -> Any
        from Mailman.MailList import MailList

        # Mailman would load an old copy of an unreadable list.
        self.files.config(name)
        mlist = MailList(name, lock=0)
        lock.take(mlist.Lock, self.lock_path(name), "list {0}".format(name), self.wait)
        # Mailman checks the lock in the file system for every member; Save() checks it once more.
        mlist.Locked = types.MethodType(always, mlist)
        return mlist

    def _create(self, name, request):
        # type: (str, dict[str, Any]) -> Any
        from Mailman import Utils, mm_cfg
        from Mailman.MailList import MailList

        domain = str(request["domain"])
        hosts = [url for url, email in mm_cfg.VIRTUAL_HOSTS.items() if email.lower() == domain]
        url_host = mm_cfg.DEFAULT_URL_HOST if mm_cfg.DEFAULT_URL_HOST in hosts or not hosts else sorted(hosts)[0]
        languages = [mm_cfg.DEFAULT_SERVER_LANGUAGE]
        mlist = MailList()
        self._bound_lock(mlist, name)
        try:
            # Nobody knows this password, until one is declared.
            password = digest(os.urandom(20).encode("hex"))  # type: ignore[attr-defined] # Python 2's
            mlist.Create(name, Utils.get_site_email(), password, langs=languages, emailhost=domain, urlhost=url_host)
            # Its parts stored the paths of their files before the list had a folder.
            for part in MailList.__bases__:
                if hasattr(part, "InitTempVars"):
                    part.InitTempVars(mlist)
            mlist.Locked = types.MethodType(always, mlist)
            mlist.host_name = domain
            mlist.web_page_url = mm_cfg.DEFAULT_URL_PATTERN % url_host
            mlist.owner = []
            self.tell_mail_server("create", mlist)
        except BaseException:
            mlist.Unlock()
            self._discard_unfinished(name)
            raise
        return mlist

    def _bound_lock(self, mlist, name):
        # type: (Any, str) -> None
        """Limit the wait for the lock for new lists, for which Create() would wait forever."""
        own = mlist._MailList__lock
        acquire = own.lock

        def take():
            # type: () -> None
            lock.take(acquire, self.lock_path(SITE_LOCK), "the making of list {0}".format(name), self.wait)
            if self.files.exists(name):
                raise Failure("list {0} was made by somebody else just now; run again".format(name))

        own.lock = take

    def _discard_unfinished(self, name):
        # type: (str) -> None
        folder = os.path.join(self.files.lists, name)
        if not any(os.path.exists(os.path.join(folder, file)) for file in CONFIG_FILES):
            shutil.rmtree(folder, ignore_errors=True)

    @staticmethod
    def tell_mail_server(what, mlist):
        # type: (str, Any) -> None
        from Mailman import mm_cfg

        if mm_cfg.MTA:
            module = "Mailman.MTA." + mm_cfg.MTA
            __import__(module)
            getattr(sys.modules[module], what)(mlist)

    def _delete(self, name):
        # type: (str) -> None
        """Do what rmlist does, but under the lock, and without opening a private archive."""
        mlist = self.open_list(name)
        try:
            self.tell_mail_server("remove", mlist)
            self._hide_archive(name)
            for file in os.listdir(self.files.data):
                if own_held_file(name, file):
                    os.unlink(os.path.join(self.files.data, file))
            folder = os.path.join(self.files.lists, name)
            # The file that makes it a list is removed last, so that the next run finishes an interrupted removal.
            for file in sorted(os.listdir(folder), key=lambda file: file in CONFIG_FILES):
                path = os.path.join(folder, file)
                if os.path.isdir(path) and not os.path.islink(path):
                    shutil.rmtree(path)
                else:
                    os.unlink(path)
            os.rmdir(folder)
        finally:
            mlist.Unlock()
        lock.sweep(self.lock_path(name))

    @staticmethod
    def _hide_archive(name):
        # type: (str) -> None
        for suffix in archives.FOLDERS:
            public, private = archives.public(name + suffix), archives.private(name)
            if os.path.islink(public):
                if not suffix and os.path.isdir(private):
                    open(os.path.join(private, archives.WAS_PUBLIC), "w").close()
                os.unlink(public)

    # ---- changes

    def _change(self, mlist, step):
        # type: (Any, dict[str, Any]) -> bool
        """Apply the step to the list. Returns whether anything differed."""
        changed = False
        # Keys of members are bytes in the charset that the list has now.
        charset = self._charset(mlist)
        self._still(mlist, step.get("seen", {}), charset)
        if "restore" in step:
            saved = mlist.__dict__.pop(SAVED, None)
            if saved is not None and plain(saved, charset) != step["restore"]:
                raise changed_meanwhile(mlist, "what was saved of it")
            changed = saved is not None
            changed |= self._assign(mlist, step["restore"])
        changed |= self._assign(mlist, step.get("set", {}))
        for name, password in step.get("passwords", {}).items():
            changed |= self._put(mlist, str(name), digest(password))
        if "moderate_all" in step:
            for address in mlist.getMembers():
                changed |= self._option(mlist, address, MODERATED, step["moderate_all"])
        for name, patterns in step.get("patterns", {}).items():
            changed |= self._patterns(mlist, str(name), patterns)
        for name, change in step.get("people", {}).items():
            changed |= self._people(mlist, str(name), change, charset)
        changed |= self._members(mlist, step.get("members", {}), charset)
        if "disable" in step:
            self._disable(mlist, step["disable"])
            changed = True
        if "saved" in step:
            if not hasattr(mlist, SAVED):
                raise changed_meanwhile(mlist, "whether it is disabled")
            changed |= self._put(mlist, SAVED, dict(getattr(mlist, SAVED), **step["saved"]))
        if "ban" in step:
            changed |= self._ban(mlist, step["ban"])
        return changed

    @staticmethod
    def _still(mlist, seen, charset):
        # type: (Any, dict[str, Any], str) -> None
        """Fail if attributes changed since they were read for the plan."""
        for name, value in sorted(seen.items()):
            if plain(getattr(mlist, str(name), None), charset) != value:
                raise changed_meanwhile(mlist, name)

    def _ban(self, mlist, addresses):
        # type: (Any, list[str]) -> bool
        """Ban additional addresses; on a disabled list, when it is enabled again."""
        saved = getattr(mlist, SAVED, None)
        bans = saved["ban_list"] if saved else mlist.ban_list
        charset = self._charset(mlist)
        known = set(plain(ban, charset).lower() for ban in bans)
        new = [self._stored("ban_list", address, charset) for address in addresses if address.lower() not in known]
        if not new:
            return False
        if saved:
            return self._put(mlist, SAVED, dict(saved, ban_list=bans + new))
        return self._put(mlist, "ban_list", bans + new)

    def _patterns(self, mlist, name, patterns):
        # type: (Any, str, list[str]) -> bool
        """Set the patterns of an attribute that also has addresses of nonmembers, which stay."""
        charset = self._charset(mlist)
        have = getattr(mlist, name)
        rules = dict((plain(item, charset), item) for item in have if item.startswith(("^", "@")))
        stored = [rules[rule] if rule in rules else self._stored(name, rule, charset) for rule in patterns]
        return self._put(mlist, name, [item for item in have if not item.startswith(("^", "@"))] + stored)

    def _put(self, mlist, name, value):
        # type: (Any, str, Any) -> bool
        if getattr(mlist, name) == value:
            return False
        setattr(mlist, name, value)
        return True

    def _assign(self, mlist, values):
        # type: (Any, dict[str, Any]) -> bool
        """Set attributes, except values that mean the same to Mailman (True for 1)."""
        changed = False
        language = values.get("preferred_language")
        if language is not None and language != mlist.preferred_language:
            self._speak(mlist, str(language))
            changed = True
        charset = self._charset(mlist)
        for name, value in sorted(values.items()):
            name = str(name)
            if plain(getattr(mlist, name, None), charset) == value:
                continue
            setattr(mlist, name, self._stored(name, value, charset))
            changed = True
        return changed

    def _charset(self, mlist):
        # type: (Any) -> str
        return self.files.charsets.get(mlist.preferred_language, "us-ascii")

    def _speak(self, mlist, language):
        # type: (Any, str) -> None
        """Change the language, and with it the charset of all texts of the list."""
        old = self._charset(mlist)
        mlist.preferred_language = language
        if language not in mlist.available_languages:
            mlist.available_languages = mlist.available_languages + [language]
        new = self._charset(mlist)
        if old == new:
            return
        for name, value in list(mlist.__dict__.items()):
            if isinstance(value, (str, list, tuple)) and not name.startswith("_"):
                setattr(mlist, name, self._recoded(name, value, old, new))
        for key, name in list(mlist.usernames.items()):
            if isinstance(name, str):
                mlist.usernames[key] = self._name(text(name, old))
        # These are names of topics, whose bytes have changed.
        for key, names in list(mlist.topics_userinterest.items()):
            mlist.topics_userinterest[key] = self._recoded("topics", names, old, new)

    def _recoded(self, name, value, old, new):
        # type: (str, Any, str, str) -> Any
        """Convert a value to another charset."""
        if isinstance(value, (list, tuple)):
            return type(value)([self._recoded(name, item, old, new) for item in value])
        if not isinstance(value, str):
            return value
        said = text(value, old)
        if name in ADDRESS_ATTRIBUTES:
            # An address is compared by its bytes, so keep them unless the text would change.
            if text(value, new) == said:
                return value
            try:
                return said.encode(new)
            except (UnicodeEncodeError, LookupError):
                return value
        return self._stored(name, said, new)

    def _stored(self, name, value, charset):
        # type: (str, Any, str) -> Any
        """A value in Mailman's own types."""
        if isinstance(value, list):
            items = [self._stored(name, item, charset) for item in value]
            # Header rules and topics are tuples.
            return [tuple(item) if isinstance(item, list) else item for item in items]
        if not isinstance(value, TEXT):
            return value
        try:
            return value.encode(charset)
        except (UnicodeEncodeError, LookupError):
            return value if name in UNICODE_ATTRIBUTES else value.encode("us-ascii", "xmlcharrefreplace")

    @staticmethod
    def _name(name):
        # type: (Any) -> Any
        """A person's name; Unicode when it is not ASCII, as from Mailman's own pages."""
        try:
            return str(name)
        except UnicodeEncodeError:
            return name

    def _disable(self, mlist, request):
        # type: (Any, dict[str, Any]) -> None
        """Save the settings, set those that disable the list, and discard held messages."""
        from Mailman import mm_cfg

        if request["save"]:
            charset = self._charset(mlist)
            names = set(request["set"]).union(SCRIPT_ATTRIBUTES)
            saved = dict((str(name), plain(getattr(mlist, name), charset)) for name in names)
            setattr(mlist, SAVED, dict(saved, **request["saved"]))
        self._assign(mlist, request["set"])
        name = mlist.internal_name()
        for key in mlist.GetHeldMessageIds():
            if own_held_file(name, os.path.basename(mlist.GetRecord(key)[4])):
                mlist.HandleRequest(key, mm_cfg.DISCARD)
            else:
                # A record copied from another list (a list renamed by hand): keep that list's message.
                del mlist._ListAdmin__db[key]

    # ---- people

    @staticmethod
    def _people(mlist, name, change, charset):
        # type: (Any, str, dict[str, list[str]], str) -> bool
        """Change the addresses of an attribute that is a list of them."""
        remove = set(change["remove"])
        old = getattr(mlist, name)
        said = [plain(address, charset).lower() for address in old]
        have = [address for address, key in zip(old, said) if key not in remove]
        known = set(said).difference(remove)
        have += [checked_address(mlist, address) for address in change["add"] if address.lower() not in known]
        if have == old:
            return False
        setattr(mlist, name, have)
        return True

    def _members(self, mlist, change, charset):
        # type: (Any, dict[str, Any], str) -> bool
        changed = False
        members = Members(mlist, charset)
        for address in change.get("remove", []):
            for key in members.keys(address):
                if not mlist.isMember(key):
                    raise Failure(
                        "list {0}: Mailman cannot remove {1}, which it does not find among its own members".format(
                            mlist.internal_name(), said_by(address)
                        )
                    )
                mlist.removeMember(key)
                changed = True
        for person in change.get("add", []):
            keys = members.keys(person["address"])
            if not keys:
                keys = [checked_address(mlist, person["address"])]
                self._subscribe(mlist, keys[0])
                changed = True
            changed |= self._update(mlist, person, keys[0])
        for person in change.get("change", []):
            for key in members.keys(person["address"]):
                changed |= self._update(mlist, person, key)
        return changed

    @staticmethod
    def _subscribe(mlist, address):
        # type: (Any, str) -> None
        """Do what Mailman's ApprovedAddMember does, except checking bans and sending mail."""
        from Mailman import Errors, Utils, mm_cfg

        try:
            Utils.ValidateEmail(address)
        except Errors.EmailAddressError:
            raise no_address(mlist, address)
        mlist.addNewMember(Utils.LCDomain(address), digest=0 if mlist.nondigestable else 1)
        mlist.setMemberOption(address, mm_cfg.DisableMime, 1 - mlist.mime_is_default_digest)
        mlist.setMemberOption(address, mm_cfg.Moderate, mlist.default_member_moderation)

    def _update(self, mlist, person, address):
        # type: (Any, dict[str, Any], str) -> bool
        """Set options of a member that differ; setting an equal one would change timestamps."""
        changed = False
        if "digest" in person and bool(mlist.getMemberOption(address, 0)) != person["digest"]:
            if not (mlist.digestable if person["digest"] else mlist.nondigestable):
                kind = "digests" if person["digest"] else "single posts"
                raise Failure(
                    "list {0} does not send {1}, which are declared for {2}".format(
                        mlist.internal_name(), kind, said_by(person["address"])
                    )
                )
            mlist.setMemberOption(address, 0, person["digest"])
            changed = True
        for flag, value in person.get("flags", []):
            changed |= self._option(mlist, address, flag, value)
        if "status" in person and mlist.getDeliveryStatus(address) != person["status"]:
            mlist.setDeliveryStatus(address, person["status"])
            changed = True
        if "name" in person:
            charset = self._charset(mlist)
            if (plain(mlist.getMemberName(address), charset) or "") != person["name"]:
                mlist.setMemberName(address, self._name(person["name"]))
                changed = True
        if "language" in person and mlist.getMemberLanguage(address) != person["language"]:
            mlist.setMemberLanguage(address, str(person["language"]))
            changed = True
        return changed

    @staticmethod
    def _option(mlist, address, flag, value):
        # type: (Any, str, int, bool) -> bool
        if bool(mlist.getMemberOption(address, flag)) == bool(value):
            return False
        mlist.setMemberOption(address, flag, bool(value))
        return True


class Members(object):
    """The members of a list by the text of their addresses; Mailman's keys are bytes of any charset."""

    def __init__(self, mlist, charset):
        # type: (Any, str) -> None
        self.mlist = mlist
        self.charset = charset
        self._by_text = None  # type: dict[str, list[Any]] | None

    def keys(self, address):
        # type: (str) -> list[Any]
        """Mailman's keys of an address; empty when it is not a member."""
        try:
            if self.mlist.isMember(str(address)):
                return [str(address)]
        except UnicodeEncodeError:
            pass
        if self._by_text is None:
            self._by_text = {}
            for key in self.mlist.getMembers():
                self._by_text.setdefault(plain(key, self.charset).lower(), []).append(key)
        return self._by_text.get(address.lower(), [])


def said_by(address):
    # type: (Any) -> str
    """An address in a form for a sentence in Python 2."""
    return str(address.encode("utf-8")) if isinstance(address, TEXT) else str(address)


def no_address(mlist, address):
    # type: (Any, Any) -> Failure
    return Failure("list {0}: Mailman does not take {1} for an address".format(mlist.internal_name(), said_by(address)))


def checked_address(mlist, address):
    # type: (Any, str) -> str
    """A new address in Mailman's own form, ASCII."""
    try:
        return str(address)
    except UnicodeEncodeError:
        raise no_address(mlist, address)


def changed_meanwhile(mlist, what):
    # type: (Any, str) -> Failure
    return Failure(
        "list {0}: {1} was changed by somebody else while this ran; run again".format(mlist.internal_name(), what)
    )
