# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Accounts of Mailman 3's web interface, as people have them who signed up and confirmed their addresses."""

from __future__ import annotations

import json

from .mail_server import MailServer

PASSWORD = "Correct-horse-7"
# In the environment and the directory of the web interface, as its user.
_AS_WEB = """
set -a; eval "$(systemctl show --property=Environment --value mailman3-web.service | tr ' ' '\\n')"
cd /usr/share/mailman3-web
PYTHONPATH=$PYTHONPATH:. exec setpriv --reuid=www-data --regid=www-data --init-groups /usr/bin/python3 -c "$0"
"""
_SETUP = """
import json, sys
from django import setup
setup()
from allauth.account.models import EmailAddress
from django.contrib.auth import get_user_model
asked = json.load(sys.stdin)
"""
_SIGN_UP = """
person = get_user_model().objects.create_user(asked["name"], asked["email"], asked["password"])
EmailAddress.objects.create(user=person, email=asked["email"], verified=True, primary=True)
"""
_REMOVE = """
get_user_model().objects.filter(username__startswith=asked["beginning"]).delete()
"""


def as_web(fermium: MailServer, program: str, seconds: float = 90, **asked: object) -> str:
    """Run a program of Python as the web interface does. asked: what it reads, as JSON."""
    return fermium.check("sh", "-c", _AS_WEB, program, stdin=json.dumps(asked), seconds=seconds)


def sign_up(fermium: MailServer, name: str, address: str) -> None:
    as_web(fermium, _SETUP + _SIGN_UP, name=name, email=address, password=PASSWORD)


def remove_accounts(fermium: MailServer, beginning: str) -> None:
    """Remove all accounts whose names begin so."""
    as_web(fermium, _SETUP + _REMOVE, beginning=beginning)
