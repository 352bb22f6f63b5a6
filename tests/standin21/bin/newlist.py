# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""usage: newlist [-q] [-l language] [-u urlhost] [-e emailhost] [listname [admin-address [password]]]"""

from __future__ import print_function

import sys

import paths  # pylint: disable=unused-import
from Mailman import Errors, MailList, Message, Utils, mm_cfg
from Mailman.command import options, usage

found, arguments = options(__doc__, 'ql:u:e:', ['quiet', 'language=', 'urlhost=', 'emailhost='])
given = dict(found)
language = given.get('-l', given.get('--language', mm_cfg.DEFAULT_SERVER_LANGUAGE))
urlhost = given.get('-u', given.get('--urlhost'))
emailhost = given.get('-e', given.get('--emailhost'))
if not Utils.IsLanguage(language):
    usage(__doc__, 1, 'Unknown language: ' + language)
if len(arguments) < 3:
    usage(__doc__, 1, 'Give a list name, an address and a password.')
name, owner, password = arguments[:3]
name, at, domain = name.lower().partition('@')
if at:
    emailhost = emailhost or domain
    urlhost = urlhost or domain
if Utils.list_exists(name):
    usage(__doc__, 1, 'List already exists: ' + name)
if not password:
    usage(__doc__, 1, 'The list password cannot be empty')
languages = [language] if language == mm_cfg.DEFAULT_SERVER_LANGUAGE else [language, mm_cfg.DEFAULT_SERVER_LANGUAGE]
mlist = MailList.MailList()
try:
    mlist.Create(name, owner, Utils.sha_new(password).hexdigest(), languages, emailhost, urlhost)
    mlist.preferred_language = language
    mlist.Save()
except Errors.BadListNameError as error:
    usage(__doc__, 1, 'Illegal list name: %s' % error)
except Errors.EmailAddressError as error:
    usage(__doc__, 1, 'Bad owner email address: %s - owner addresses need to be fully-qualified names like '
                      '"owner@example.com", not just "owner".' % error)
finally:
    if mlist.internal_name():
        mlist.Unlock()
if '-q' not in given and '--quiet' not in given:
    print('Hit enter to notify %s owner...' % name)
    sys.stdin.readline()
    Message.UserNotification(owner, Utils.get_site_email(extra='owner'), 'Your new mailing list: ' + name,
                             'Your mailing list password is:\n\n    %s\n' % password).send(mlist)
