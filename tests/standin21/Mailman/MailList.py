# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A mailing list: what is in its config.pck."""

import copy
import cPickle
import errno
import os
import re
import shutil
import socket
import time
import types

from Mailman import Errors, LockFile, Message, Site, Utils, mm_cfg
from Mailman.Gui import Gui, Pages
from Mailman.ListAdmin import ListAdmin
from Mailman.Logging.Syslog import syslog
from Mailman.OldStyleMemberships import OldStyleMemberships
from Mailman.settings import HIDDEN, SETTINGS

NAME = re.compile(r'[-+_.=a-z0-9]*\Z')


class MailList(OldStyleMemberships, ListAdmin, Gui):
    def __init__(self, name=None, lock=1):
        self._internal_name = name
        self.__read_at = 0
        # new lists are made under one lock for all of them
        path = os.path.join(mm_cfg.LOCK_DIR, name or '<site>') + '.lock'
        self.__lock = LockFile.LockFile(path, mm_cfg.LIST_LOCK_LIFETIME)
        self._gui = [Pages()]
        if name is not None:
            if lock:
                self.Lock()
            else:
                self.Load()

    def __getattr__(self, name):
        raise AttributeError(name)

    def internal_name(self):
        return self._internal_name

    def fullpath(self):
        return Site.get_listpath(self._internal_name)

    def getListAddress(self, extra=None):
        return '%s%s@%s' % (self._internal_name, '-' + extra if extra else '', self.host_name)

    GetListEmail = getListAddress

    def GetBouncesEmail(self):
        return self.getListAddress('bounces')

    def GetOwnerEmail(self):
        return self.getListAddress('owner')

    def GetScriptURL(self, target, absolute=0):
        return '%s%s/%s' % (self.web_page_url, target, self._internal_name)

    def archive_dir(self):
        return Site.get_archpath(self._internal_name)

    # -- locks

    def Locked(self):
        return self.__lock.locked()

    def Lock(self, timeout=0):
        """Wait for the list's lock, and read the list again if it was saved since."""
        self.__lock.lock(timeout or 0)
        try:
            self.Load()
        except BaseException:
            self.Unlock()
            raise

    def Unlock(self):
        self.__lock.unlock(unconditionally=True)

    # -- files

    @staticmethod
    def write_pickle(value, path):
        """All of it or nothing, whatever happens."""
        temporary = '%s.tmp.%s.%d' % (path, socket.getfqdn(), os.getpid())
        mask = os.umask(0o007)
        try:
            with open(temporary, 'wb') as handle:
                cPickle.dump(value, handle, 1)
        finally:
            os.umask(mask)
        os.rename(temporary, path)

    def _state(self):
        return dict((key, value) for key, value in self.__dict__.items()
                    if not key.startswith('_') and not isinstance(value, types.MethodType))

    def Save(self):
        self.__lock.refresh()
        path = os.path.join(self.fullpath(), 'config.pck')
        if os.path.exists(path):
            if os.path.exists(path + '.last'):
                os.unlink(path + '.last')
            os.link(path, path + '.last')
        self.write_pickle(self._state(), path)
        self.SaveRequestsDb()
        self.CheckHTMLArchiveDir()

    def _read(self, path):
        try:
            with open(path, 'rb') as handle:
                state = cPickle.load(handle)
                if not isinstance(state, dict):
                    raise TypeError('Load() expected to return a dictionary')
                return state, None
        except (EOFError, IOError, cPickle.UnpicklingError, TypeError, KeyError, ValueError, IndexError) as error:
            syslog('error', "couldn't load config file %s\n%s", path, error)
            return None, error

    def Load(self):
        if not Utils.list_exists(self._internal_name):
            raise Errors.MMUnknownListError
        first = os.path.join(self.fullpath(), 'config.pck')
        if os.path.exists(first) and os.path.getmtime(first) < self.__read_at:
            return
        self.__read_at = int(time.time())
        error = None
        for path in (first, first + '.last'):
            state, error = self._read(path)
            if state is not None:
                break
        else:
            syslog('error', 'All %s fallbacks were corrupt, giving up', self._internal_name)
            raise Errors.MMCorruptListDatabaseError(error)
        if path != first:
            syslog('error', 'fixing corrupt config file, using: %s', path)
            if os.path.exists(first):
                shutil.copy2(first, first + '.corrupt')
            shutil.copy2(path, first)
            shutil.copy2(path, first + '.safety')
        for key in self._state():
            del self.__dict__[key]
        self._ListAdmin__db = None
        self.__dict__.update(state)

    def CheckHTMLArchiveDir(self):
        """A public archive has a link among the public ones, a private one has none."""
        public = Site.get_archpath(self._internal_name, public=True)
        if self.archive_private:
            try:
                os.unlink(public)
            except OSError as error:
                if error.errno != errno.ENOENT:
                    raise
        elif not os.path.lexists(public):
            os.symlink(Site.get_archpath(self._internal_name), public)

    # -- a new list

    def Create(self, name, admin, crypted_password, langs=None, emailhost=None, urlhost=None):
        name = name.lower()
        emailhost = emailhost or mm_cfg.VIRTUAL_HOSTS.get(urlhost, mm_cfg.DEFAULT_EMAIL_HOST)
        if not NAME.match(name):
            raise Errors.BadListNameError(name)
        try:
            Utils.ValidateEmail('%s@%s' % (name, emailhost))
        except Errors.EmailAddressError:
            raise Errors.BadListNameError('%s@%s' % (name, emailhost))
        if Utils.list_exists(name):
            raise Errors.MMListAlreadyExistsError(name)
        Utils.ValidateEmail(admin)
        self._internal_name = name
        Site.get_listpath(name, create=1)
        self.__lock.lock()
        for _category, _subcategory, settings in SETTINGS:
            for what, _widget, _choices, default in settings:
                if not what.startswith('_'):
                    setattr(self, what, copy.copy(default))
        self.__dict__.update(copy.deepcopy(HIDDEN))
        self.real_name = name[0].upper() + name[1:]
        self.subject_prefix = mm_cfg.DEFAULT_SUBJECT_PREFIX % dict(real_name=self.real_name)
        self.owner = [admin]
        self.password = crypted_password
        self.host_name = emailhost
        self.web_page_url = mm_cfg.DEFAULT_URL_PATTERN % (urlhost or mm_cfg.DEFAULT_URL_HOST)
        self.available_languages = langs or [mm_cfg.DEFAULT_SERVER_LANGUAGE]
        self.preferred_language = self.available_languages[0]
        self.created_at = time.time()
        self._make_archive()

    def _make_archive(self):
        mask = os.umask(0o002)
        try:
            folder = Site.get_archpath(self._internal_name, create=True)
            Site.get_archpath(self._internal_name + '.mbox', create=True)
            index = os.path.join(folder, 'index.html')
            if not os.path.exists(index):
                with open(index, 'w') as handle:
                    handle.write(Utils.maketext('emptyarchive.html', {'listname': self.real_name}, mlist=self))
        finally:
            os.umask(mask)

    # -- members

    def GetBannedPattern(self, email):
        """The ban that covers an address, or None."""
        email = email.lower()
        for pattern in list(self.ban_list) + list(mm_cfg.GLOBAL_BAN_LIST):
            if pattern.startswith('^'):
                try:
                    if re.search(pattern, email, re.IGNORECASE):
                        return pattern
                except re.error:
                    continue
            elif pattern.lower() == email:
                return pattern
        return None

    def ApprovedAddMember(self, userdesc, ack=None, admin_notif=None, text='', whence=''):
        assert self.Locked(), 'the list is not locked'
        email = Utils.LCDomain(userdesc.address)
        name = getattr(userdesc, 'fullname', '')
        if self.isMember(email):
            raise Errors.MMAlreadyAMember(email)
        Utils.ValidateEmail(email)
        pattern = self.GetBannedPattern(email)
        if pattern:
            raise Errors.MembershipIsBanned(pattern)
        self.addNewMember(email, realname=name, digest=getattr(userdesc, 'digest', 0),
                          password=getattr(userdesc, 'password', None), language=getattr(userdesc, 'language', None))
        self.setMemberOption(email, mm_cfg.DisableMime, not self.mime_is_default_digest)
        if self.default_member_moderation:
            self.setMemberOption(email, mm_cfg.Moderate, 1)
        if self.send_welcome_msg if ack is None else ack:
            subject = 'Welcome to the "%s" mailing list' % self.real_name
            Message.UserNotification(email, self.getListAddress('request'), subject).send(self)
        if self.admin_notify_mchanges if admin_notif is None else admin_notif:
            Message.OwnerNotification(self, '%s subscription notification' % self.real_name).send(self)

    def ApprovedDeleteMember(self, name, whence=None, admin_notif=None, userack=None):
        assert self.Locked(), 'the list is not locked'
        email = self.getMemberCPAddress(name)
        self.removeMember(email)
        if self.send_goodbye_msg if userack is None else userack:
            subject = 'You have been unsubscribed from the %s mailing list' % self.real_name
            Message.UserNotification(email, self.GetBouncesEmail(), subject).send(self)
        if self.admin_notify_mchanges if admin_notif is None else admin_notif:
            Message.OwnerNotification(self, '%s unsubscribe notification' % self.real_name).send(self)
