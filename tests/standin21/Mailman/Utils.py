# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names, addresses and passwords."""

import errno
import hashlib
import os
import random
import re

from Mailman import Errors, Site, mm_cfg

try:
    import dns.resolver
    dns_resolver = bool(dns.resolver)
except ImportError:
    dns_resolver = False

_HOSTILE = re.compile(r'[][()<>|:;^,\\"\000-\037\177-\377]')
_CONSONANTS, _VOWELS = 'bcdfghjkmnprstvwz', 'aeiou'

sha_new = hashlib.sha1


def list_exists(listname):
    folder = Site.get_listpath(listname)
    return any(os.access(os.path.join(folder, 'config' + end), os.R_OK) for end in ('.pck', '.pck.last', '.db', '.db.last'))


def list_names():
    return [name for name in os.listdir(mm_cfg.LIST_DATA_DIR) if list_exists(name)]


def ParseEmail(email):
    user, at, domain = email.partition('@')
    return (user, domain.split('.')) if at else (user, None)


def LCDomain(address):
    user, at, domain = address.partition('@')
    return user + at + domain.lower()


def ValidateEmail(address):
    if not address or ' ' in address:
        raise Errors.MMBadEmailError
    if _HOSTILE.search(address) or (isinstance(address, type(u'')) and re.search(u'[^\0-\x7f]', address)):
        raise Errors.MMHostileAddress(address)
    user, domain = ParseEmail(address)
    if not user or not domain or len(domain) < 2 or not all(domain):
        raise Errors.MMBadEmailError(address)
    if re.search('[^-A-Za-z0-9]', ''.join(domain)):
        raise Errors.MMHostileAddress(address)


def GetCharSet(language):
    return mm_cfg.LC_DESCRIPTIONS[language][1]


def GetLanguageDescr(language):
    return mm_cfg.LC_DESCRIPTIONS[language][0]


def IsLanguage(language):
    return language in mm_cfg.LC_DESCRIPTIONS


def get_domain():
    return mm_cfg.DEFAULT_EMAIL_HOST.lower()


def get_site_email(hostname=None, extra=None):
    return '%s%s@%s' % (mm_cfg.MAILMAN_SITE_LIST, '-' + extra if extra else '', hostname or get_domain())


def MakeRandomPassword(length=10):
    chooser = random.SystemRandom()
    return ''.join(chooser.choice((_CONSONANTS, _VOWELS)[number % 2]) for number in range(length))


def _password_file(siteadmin):
    return mm_cfg.SITE_PW_FILE if siteadmin else mm_cfg.LISTCREATOR_PW_FILE


def set_global_password(password, siteadmin=True):
    mask = os.umask(0o027)
    try:
        with open(_password_file(siteadmin), 'w') as handle:
            handle.write(sha_new(password).hexdigest() + '\n')
    finally:
        os.umask(mask)


def get_global_password(siteadmin=True):
    try:
        with open(_password_file(siteadmin)) as handle:
            return handle.read().strip()
    except IOError as error:
        if error.errno != errno.ENOENT:
            raise
        return None


def check_global_password(response, siteadmin=True):
    challenge = get_global_password(siteadmin)
    return challenge == sha_new(response).hexdigest() if challenge else None


def maketext(templatefile, dict=None, raw=False, lang=None, mlist=None):
    """One page, for the archive of a list without posts."""
    return '<html><body>%(listname)s: no messages yet.</body></html>\n' % dict
