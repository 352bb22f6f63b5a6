# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The site's defaults; /etc/mailman/mm_cfg.py changes them."""

import os

from Mailman.Version import VERSION  # pylint: disable=unused-import

No = False
Yes = True
Off = False
On = True

PYTHON = '/usr/bin/python2.7'
PREFIX = '/usr/lib/mailman'
VAR_PREFIX = '/var/lib/mailman'
EXEC_PREFIX = PREFIX
MAILMAN_USER = 'list'
MAILMAN_GROUP = 'list'
BIN_DIR = os.path.join(PREFIX, 'bin')
LIST_DATA_DIR = os.path.join(VAR_PREFIX, 'lists')
DATA_DIR = os.path.join(VAR_PREFIX, 'data')
LOCK_DIR = os.path.join(VAR_PREFIX, 'locks')
LOG_DIR = os.path.join(VAR_PREFIX, 'logs')
QUEUE_DIR = os.path.join(VAR_PREFIX, 'qfiles')
VIRGINQUEUE_DIR = os.path.join(QUEUE_DIR, 'virgin')
INQUEUE_DIR = os.path.join(QUEUE_DIR, 'in')
ARCHQUEUE_DIR = os.path.join(QUEUE_DIR, 'archive')
PUBLIC_ARCHIVE_FILE_DIR = os.path.join(VAR_PREFIX, 'archives', 'public')
ARCHIVE_TO_MBOX = 2
PRIVATE_ARCHIVE_FILE_DIR = os.path.join(VAR_PREFIX, 'archives', 'private')
SITE_PW_FILE = os.path.join(DATA_DIR, 'adm.pw')
LISTCREATOR_PW_FILE = os.path.join(DATA_DIR, 'creator.pw')

MAILMAN_SITE_LIST = 'mailman'
DEFAULT_EMAIL_HOST = 'localhost.example.org'
DEFAULT_URL_HOST = 'localhost.example.org'
DEFAULT_URL_PATTERN = 'http://%s/mailman/'
DEFAULT_SERVER_LANGUAGE = 'en'
DEFAULT_SUBJECT_PREFIX = '[%(real_name)s] '
ADMIN_CATEGORIES = ['general', 'passwords', 'language', 'members', 'nondigest', 'digest', 'privacy', 'bounce', 'archive',
                    'gateway', 'autoreply', 'contentfilter', 'topics']
ADMIN_PASSWORD_LENGTH = 10
ACCEPTABLE_LISTNAME_CHARACTERS = '[-+_.=a-z0-9]'
ALLOW_OPEN_SUBSCRIBE = No
ALLOW_SITE_ADMIN_COOKIES = No
DEFAULT_DMARC_MODERATION_ACTION = 0
DEFAULT_SEND_REMINDERS = Yes
DMARC_ORGANIZATIONAL_DOMAIN_DATA_URL = 'https://publicsuffix.org/list/public_suffix_list.dat'
IMAGE_LOGOS = '/icons/'
KNOWN_SPAMMERS = []
NNTP_PASSWORD = None
OWNERS_CAN_DELETE_THEIR_OWN_LISTS = No
PIDFILE = os.path.join(DATA_DIR, 'master-qrunner.pid')
PUBLIC_ARCHIVE_URL = 'http://%(hostname)s/pipermail/%(listname)s'
SMTPHOST = 'localhost'
SMTPPORT = 0
SMTP_MAX_RCPTS = 500
SUBSCRIBE_FORM_SECRET = None
VERP_CONFIRMATIONS = No
MTA = 'Manual'
GLOBAL_BAN_LIST = []
SYNC_AFTER_WRITE = No
LIST_LOCK_LIFETIME = 5 * 60 * 60
LIST_LOCK_TIMEOUT = 10
VIRTUAL_HOSTS = {}
LC_DESCRIPTIONS = {
    'de': ('German', 'iso-8859-1', 'ltr'),
    'en': ('English (USA)', 'us-ascii', 'ltr'),
    'fr': ('French', 'iso-8859-1', 'ltr'),
    'ja': ('Japanese', 'euc-jp', 'ltr'),
}

# What a moderator can do with a request.
DEFER, APPROVE, REJECT, DISCARD, SUBSCRIBE, UNSUBSCRIBE, ACCEPT, HOLD = range(8)
# The widgets of the web pages, which are the types of the settings.
(
    Toggle, Radio, String, Text, Email, EmailList, Host, Number, FileUpload, Select, Topics, Checkbox, EmailListEx,
    HeaderFilter,
) = range(1, 15)
# A member's options.
Digests = 0
DisableDelivery = 1
DontReceiveOwnPosts = 2
AcknowledgePosts = 4
DisableMime = 8
ConcealSubscription = 16
SuppressPasswordReminder = 32
ReceiveNonmatchingTopics = 64
Moderate = 128
DontReceiveDuplicates = 256
OPTINFO = {
    'ack': AcknowledgePosts,
    'digest': Digests,
    'hide': ConcealSubscription,
    'mod': Moderate,
    'nmtopics': ReceiveNonmatchingTopics,
    'nodupes': DontReceiveDuplicates,
    'nomail': DisableDelivery,
    'noremind': SuppressPasswordReminder,
    'notmetoo': DontReceiveOwnPosts,
    'plain': DisableMime,
}


def add_virtualhost(urlhost, emailhost=None):
    VIRTUAL_HOSTS[urlhost.lower()] = (emailhost or urlhost).lower()
