# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.listops.mailman.plugins.plugin_utils.adopt import mailman21
from ansible_collections.listops.mailman.plugins.plugin_utils.adopt.host_variables import Found

DOMAINS = ["lists.example.org"]
PATH = "/etc/mailman/mm_cfg.py"
DEBIAN = """
# -*- python -*-
from Defaults import *
MAILMAN_SITE_LIST = 'mailman'
DEFAULT_URL_PATTERN = 'http://%s/cgi-bin/mailman/'
IMAGE_LOGOS         = '/images/mailman/'
DEFAULT_EMAIL_HOST = 'lists.example.org'
DEFAULT_URL_HOST   = 'www.example.org'
add_virtualhost(DEFAULT_URL_HOST, DEFAULT_EMAIL_HOST)
DEFAULT_SERVER_LANGUAGE = 'de'
DEFAULT_SEND_REMINDERS = 0
MTA=None
"""


def adopted(text: str, **more: str) -> Found:
    files = {PATH: text, **{name.replace("__", "."): content for name, content in more.items()}}
    found = Found()
    mailman21.read(
        {path if path[0] == "/" else "/etc/mailman/" + path: each for path, each in files.items()}, DOMAINS, found
    )
    return found


def test_a_usual_configuration() -> None:
    found = adopted(DEBIAN)
    assert found.variables == {
        "mailman_web_domain": "www.example.org",
        "mailman_web_path": "/cgi-bin/mailman",
        "mailman_web_https": False,
        "mailman_language": "de",
        "mailman_mm_cfg": {"MAILMAN_SITE_LIST": "mailman"},
    }
    assert found.secrets == {} and found.notes == {}


def test_settings_and_secrets() -> None:
    found = adopted(
        DEBIAN
        + "SMTPPORT = 0\nSMTPHOST = 'mx.example.org'\nSUBSCRIBE_FORM_SECRET = 'hush'\nNNTP_PASSWORD = 'hush {{ too }}'\n"
        "DEFAULT_MSG_FOOTER = u'caf\u00e9 {{ x }}'\nMTA = 'Postfix'\nPENDING_REQUEST_LIFE = days(5)\nLOG_DIR = os.path.join(PREFIX, 'x')\n"
    )
    assert found.variables["mailman_smtp_host"] == "mx.example.org" and "mailman_smtp_port" not in found.variables
    assert found.variables["mailman_mm_cfg"] == {
        "MAILMAN_SITE_LIST": "mailman",
        "NNTP_PASSWORD": "{{ mailman_mm_cfg_nntp_password }}",
        "DEFAULT_MSG_FOOTER": "caf\u00e9 {{ x }}",
        "PENDING_REQUEST_LIFE": 432000,
    }
    assert found.secrets == {
        "mailman_subscribe_form_secret": "hush",
        "mailman_mm_cfg_nntp_password": "hush {{ too }}",
    }
    (reasons,) = found.notes.values()
    assert len(reasons) == 2 and "hush" not in str(reasons)
    assert any("MTA" in reason for reason in reasons) and any("LOG_DIR" in reason for reason in reasons)


def test_ours_is_what_the_role_makes_of_nothing() -> None:
    ours = """
from Defaults import *
ALLOW_SITE_ADMIN_COOKIES = True
DEFAULT_DMARC_MODERATION_ACTION = 1
DEFAULT_EMAIL_HOST = "lists.example.org"
DEFAULT_SEND_REMINDERS = False
DEFAULT_SERVER_LANGUAGE = "en"
DEFAULT_URL_HOST = "lists.example.org"
DEFAULT_URL_PATTERN = "https://%s/mailman/"
KNOWN_SPAMMERS = [["X-Spam-Score", "[+]{6,}"]]
MTA = None
PUBLIC_ARCHIVE_URL = "https://%(hostname)s/pipermail/%(listname)s"
SMTPHOST = "127.0.0.1"
SMTPPORT = 25
VIRTUAL_HOSTS.clear()
add_virtualhost("lists.example.org", "lists.example.org")
execfile("/etc/mailman/mm_cfg_secrets.py")
"""
    found = adopted(ours, mm_cfg_secrets__py='SUBSCRIBE_FORM_SECRET = "made-up"\nNNTP_PASSWORD = "x"\n')
    assert found.variables == {"mailman_mm_cfg": {"NNTP_PASSWORD": "{{ mailman_mm_cfg_nntp_password }}"}}
    assert found.secrets == {"mailman_subscribe_form_secret": "made-up", "mailman_mm_cfg_nntp_password": "x"}
    assert found.notes == {}


@pytest.mark.parametrize(
    ("spammers", "score", "kept"),
    [
        ("[]", 0, None),
        ("[('X-Spam-Score', '[+]{8,}')]", 8.0, None),
        ("[('from', '.*@spam.example')]", None, [["from", ".*@spam.example"]]),
    ],
)
def test_known_spammers(spammers: str, score: float | None, kept: list[list[str]] | None) -> None:
    found = adopted(f"KNOWN_SPAMMERS = {spammers}\n")
    assert found.variables.get("mailman_spam_discard_score") == score
    assert found.variables.get("mailman_mm_cfg", {}).get("KNOWN_SPAMMERS") == kept


def test_virtual_hosts_that_the_role_does_not_have_are_said() -> None:
    found = adopted(
        "add_virtualhost('www.example.net', 'lists.example.net')\nadd_virtualhost('www.lists.example.org')\n"
    )
    assert found.variables == {"mailman_web_domain": "www.lists.example.org"}
    assert ["www.example.net" in sentence for sentence in found.notes[PATH]] == [True]


def test_what_is_changed_in_place_and_called_is_said() -> None:
    found = adopted(
        "GLOBAL_PIPELINE.insert(1, 'Ours')\nadd_language('xx', 'Ours', 'utf-8', 'ltr')\nMTA = None\n"
        "add_virtualhost('lists.example.org', 'lists.example.org')\n"
    )
    assert found.variables == {}
    assert [sentence.split()[:3] for sentence in found.notes[PATH]] == [
        ["GLOBAL_PIPELINE", "is", "no"],
        ["It", "calls", "add_language(),"],
    ]


DEFAULTS = """
try:
    True, False
except NameError:
    True = 1
PREFIX = '/usr/lib/mailman'
MAILMAN_SITE_LIST = 'mailman'
MTA = 'Manual'
IMAGE_LOGOS = '/icons/'
DEFAULT_SEND_REMINDERS = True
QUEUE_DIR = os.path.join(PREFIX, 'qfiles')
GLOBAL_PIPELINE = ['SpamDetect', 'Approve', 'ToOutgoing']
LC_DESCRIPTIONS = {}
"""


def test_against_mailmans_own_defaults() -> None:
    stock = {"/usr/lib/mailman/Mailman/Defaults.py": DEFAULTS}
    found = adopted(
        "MAILMAN_SITE_LIST = 'mailman'\nGLOBAL_PIPELINE.insert(1, 'SpamAssassin')\nGLOBAL_PIPELINE.remove('Approve')\n"
        "LC_DESCRIPTIONS['xx'] = ('Ours', 'utf-8')\nIMAGE_LOGOS = '/icons/'\nDEB_LISTMASTER = 'root'\n"
        "QUEUE_DIR = '/srv/queue'\nMTA = None\n",
        **stock,
    )
    assert found.variables == {
        "mailman_mm_cfg": {
            # the role has another value
            "IMAGE_LOGOS": "/icons/",
            "QUEUE_DIR": "/srv/queue",
            "GLOBAL_PIPELINE": ["SpamDetect", "SpamAssassin", "ToOutgoing"],
            "LC_DESCRIPTIONS": {"xx": ["Ours", "utf-8"]},
        }
    }
    assert [sentence.split()[:5] for sentence in found.notes[PATH]] == [
        ["Mailman", "has", "no", "setting", "DEB_LISTMASTER,"]
    ]
    # of defaults that nobody can read nothing is known
    assert adopted("MAILMAN_SITE_LIST = 'mailman'\n", **dict.fromkeys(stock, "print 'x'\n")).variables == {
        "mailman_mm_cfg": {"MAILMAN_SITE_LIST": "mailman"}
    }


def test_pages_are_where_mailmans_own_defaults_say() -> None:
    stock = {"/usr/lib/mailman/Mailman/Defaults.py": DEFAULTS + "DEFAULT_URL_PATTERN = 'http://%s/mailman/'\n"}
    assert adopted("MTA = None\n", **stock).variables == {"mailman_web_https": False}
    assert adopted("DEFAULT_URL_PATTERN = 'https://%s/mailman/'\n", **stock).variables == {}


def test_what_is_no_python_is_said_and_not_quoted() -> None:
    found = adopted("print 'x'\nSUBSCRIBE_FORM_SECRET = 'hush'\n")
    assert found.variables == {} and found.secrets == {}
    assert len(found.notes[PATH]) == 1 and "hush" not in str(found.notes)


def test_times_of_cron() -> None:
    found = Found()
    cron = (
        "MAILTO=root\n# 0 1 * * * list /usr/lib/mailman/cron/commented\n0 8 * * * list [ -x /usr/lib/mailman/cron/checkdbs ] && "
        "/usr/lib/mailman/cron/checkdbs\n@daily list /usr/lib/mailman/cron/senddigests\n*/5 * * * * list /usr/bin/other\n"
    )
    mailman21.read({mailman21.CRON: cron}, DOMAINS, found)
    assert found.variables == {"mailman_cron_jobs": {"checkdbs": "0 8 * * *", "senddigests": "@daily"}}


@given(st.text())
def test_any_text_is_read_or_said(text: str) -> None:
    found = Found()
    mailman21.read({PATH: text, mailman21.CRON: text, "/etc/mailman/listops-secrets.json": text}, DOMAINS, found)
