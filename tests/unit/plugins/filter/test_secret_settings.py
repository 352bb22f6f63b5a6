# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from ansible_collections.listops.mailman.plugins.filter.secret_settings import secret_settings


def test_by_name_and_by_value_within_it():
    hidden = {
        "EMAIL_HOST_PASSWORD": "x",
        "api_Token": 5,
        "SOCIALACCOUNT_PROVIDERS": {"gitlab": {"APPS": [{"secret": "x"}]}},
        "CACHES": {"default": {"LOCATION": "redis://user:x@127.0.0.1"}},
    }
    shown = {"DEBUG": False, "A": "https://example.org/a@b:c", "B": None, "C": ["pas", "s"]}
    assert secret_settings({**hidden, **shown}) == hidden
    assert secret_settings({}) == {}


def test_in_sections():
    settings = {
        "mailman": {"cache_life": "7d"},
        "nntp": {"user": "a", "password": "b"},
        "mta": {"smtp_pass": "x", "max_recipients": 5},
    }
    assert secret_settings(settings, True) == {"nntp": {"password": "b"}, "mta": {"smtp_pass": "x"}}
