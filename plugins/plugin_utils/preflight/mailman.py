# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rules for the variables of the mailman role. Pure."""

from __future__ import annotations

import re
from typing import Any, Iterator

import zoneinfo

from ansible_collections.listops.mailman.plugins.plugin_utils.preflight import mailman_cfg
from ansible_collections.listops.mailman.plugins.plugin_utils.preflight.given import Given
from ansible_collections.listops.mailman.plugins.plugin_utils.preflight.kinds import (
    DOMAIN,
    HOST_NAME,
    PORT,
    SYSTEM_NAME,
    UNIT,
    By,
    Kind,
    ListOf,
    Refusal,
    Rule,
    number,
    one_of,
    or_empty,
    pattern,
)

_ADDRESS = pattern(
    r"""[^@\s<>"'\\]+@[A-Za-z0-9-]+([.][A-Za-z0-9-]+)+(?<!@example\.com)""",
    "a mail address that a person reads, such as postmaster@lists.example.org",
)
_COUNT = number(1, 1000)
_CAPITALS = pattern("[A-Z][A-Z0-9_]*", "a name in capitals")
# Mailman cannot put brackets around an address.
_LOOPBACK = ["127.0.0.1", "localhost"]

# Keys of mailman.cfg that other parts must know, too.
OWN_KEYS = {
    "webservice": ({"admin_pass", "admin_user", "hostname", "port"}, "mailman_rest_..."),
    "mta": ({"lmtp_host", "lmtp_port"}, "mailman_lmtp_..."),
    "database": ({"class", "url"}, "mailman_database_..."),
}
_SWITCH = re.compile("true|yes|1|on|enabled?|false|no|0|off|disabled?", re.IGNORECASE)
_OWN_WEB_SETTINGS = ["DATABASES", "SECRET_KEY", "MAILMAN_REST_API_PASS", "MAILMAN_ARCHIVER_KEY"]
_OWN_MM_CFG = {"SUBSCRIBE_FORM_SECRET": "mailman_subscribe_form_secret", "VIRTUAL_HOSTS": "mailman_domains"}

# The secrets that each engine has.
SECRETS = {
    "mailman3": ("mailman_rest_password", "mailman_archiver_key", "mailman_web_secret_key"),
    "mailman21": ("mailman_subscribe_form_secret",),
}
_DATABASE_SECRETS = ("mailman_database_password", "mailman_web_database_password")
# White space would get lost in some of the files that a secret is written to.
SECRET = Kind(
    'printable ASCII without white space, in quotes, or "" to have one generated',
    lambda value: isinstance(value, str) and bool(re.fullmatch("[!-~]*", value)),
)

# Cron ignores a whole file with one invalid time.
_CRON_FIELDS = (
    "[0-5]?[0-9]",
    "[01]?[0-9]|2[0-3]",
    "0?[1-9]|[12][0-9]|3[01]",
    "0?[1-9]|1[0-2]|jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec",
    "[0-7]|mon|tue|wed|thu|fri|sat|sun",
)
_CRON = re.compile(
    "@(hourly|daily|midnight|weekly|monthly|annually|yearly|reboot)|(?i:{0})".format(
        " +".join("([*]|{0})([,-]([*]|{0})|/[0-9]+)*".format(field) for field in _CRON_FIELDS)
    )
)


def is_time_zone(name: str) -> bool:
    """Whether a time zone exists, if this machine knows any."""
    known = zoneinfo.available_timezones()
    return not known or name in known


def _settings(key: str, value: Any) -> Iterator[Refusal]:
    """Check sections of mailman.cfg; refusals do not show values, which may be passwords."""
    for section, keys in value.items():
        part = '{0}["{1}"]'.format(key, section)
        known = mailman_cfg.keys_of(str(section))
        if known is None:
            yield Refusal("a key of {0}".format(key), section, "a section of mailman.cfg, such as mailman or mta")
        elif not isinstance(keys, dict):
            yield Refusal(part, keys, 'keys and a plain value for each, such as {"cache_life": "7d"}', secret=True)
        else:
            yield from _keys(part, str(section), keys, known)


def _keys(part: str, section: str, keys: dict[str, Any], known: dict[str, str]) -> Iterator[Refusal]:
    own, variables = OWN_KEYS.get(section, (frozenset(), ""))
    for name, setting in keys.items():
        path = '{0}["{1}"]'.format(part, name)
        # Otherwise the web interface, Exim and other rules would not know these values.
        if name in own:
            yield Refusal(
                path, setting, "the variables {0}, which other parts know, too".format(variables), secret=True
            )
        elif name not in known:
            yield Refusal("a key of {0}".format(part), name, "one of {0}".format(", ".join(known)))
        elif not isinstance(setting, (str, int, float)):
            yield Refusal(path, setting, "a plain value", secret=True)
        elif known[name] == "bool" and not _SWITCH.fullmatch(str(setting)):
            yield Refusal(path, setting, "yes or no")
        elif known[name] == "int" and not re.fullmatch(r"\s*-?[0-9]+\s*", str(setting)):
            yield Refusal(path, setting, "a whole number")


def _web_settings(key: str, value: Any) -> Iterator[Refusal]:
    for name in value:
        if not _CAPITALS.accepts(name):
            yield Refusal("a key of {0}".format(key), name, "the name of a Django setting, in capitals")
        elif name in _OWN_WEB_SETTINGS:
            yield Refusal(
                "a key of {0}".format(key), name, "no database and no secret, which have variables of their own"
            )


def _mm_cfg(key: str, value: Any) -> Iterator[Refusal]:
    for name in value:
        if name in _OWN_MM_CFG:
            yield Refusal("a key of {0}".format(key), name, "{0} instead".format(_OWN_MM_CFG[name]))
        elif not _CAPITALS.accepts(name):
            yield Refusal("a key of {0}".format(key), name, "the name of a setting of Defaults.py, in capitals")


def _cron_jobs(key: str, value: Any) -> Iterator[Refusal]:
    for name, time in value.items():
        if not re.fullmatch("[a-z_]+", str(name)):
            yield Refusal("a key of {0}".format(key), name, "a program of Mailman's cron folder, such as senddigests")
        elif not isinstance(time, str) or not _CRON.fullmatch(time):
            yield Refusal('{0}["{1}"]'.format(key, name), time, "five fields as in crontab, or a word such as @daily")


RULES: dict[str, Rule] = {
    "mailman_domains": ListOf(DOMAIN, least=1),
    "mailman_web_domain": HOST_NAME,
    "mailman_web_allowed_hosts": ListOf(HOST_NAME),
    "mailman_site_owner": _ADDRESS,
    "mailman_web_from_email": _ADDRESS,
    "mailman_web_server_email": _ADDRESS,
    "mailman_admin_email": _ADDRESS,
    "mailman_admin_name": pattern(
        "[A-Za-z0-9@.+_-]{0,150}", 'letters, digits and the characters @ . + - _, or "" for no administrator'
    ),
    "mailman_rest_user": pattern("[A-Za-z0-9._-]+", "letters, digits and the characters . _ -"),
    "mailman_noreply_name": pattern("[a-z0-9._-]+", "the part of an address before the @, such as noreply"),
    "mailman_web_path": pattern(
        "(/[A-Za-z0-9_-]+)*", 'a path without a slash at its end, such as /mailman3, or "" for the root of the site'
    ),
    "mailman_web_socket": pattern(
        "/run/mailman3-web/[A-Za-z0-9_.-]+", "a file in /run/mailman3-web, which belongs to the web interface"
    ),
    "mailman_web_time_zone": Kind("a time zone, such as UTC or Europe/Berlin", is_time_zone),
    "mailman_language": pattern("[a-z]{2,3}(_[A-Z]{2})?", "the code of a language, such as en or pt_BR"),
    "mailman_web_language": pattern("[a-z]{2,3}(-[a-z]{2,4})?", "the code of a language of Django, such as en-us"),
    "mailman_rest_host": one_of(_LOOPBACK)._replace(accepted="a loopback address, 127.0.0.1 or localhost"),
    "mailman_lmtp_host": one_of([*_LOOPBACK, "::1"])._replace(
        accepted="a loopback address, 127.0.0.1 or localhost or ::1"
    ),
    "mailman_smtp_port": PORT,
    "mailman_lmtp_port": PORT,
    "mailman_rest_port": PORT,
    "mailman_database_port": PORT,
    "mailman_web_loopback_port": PORT,
    "mailman_smtp_max_recipients": _COUNT,
    "mailman_web_processes": _COUNT,
    "mailman_web_threads": _COUNT,
    "mailman_web_task_workers": _COUNT,
    "mailman_web_mails_per_client": _COUNT,
    "mailman_web_mails_per_address": _COUNT,
    "mailman_web_failed_logins": _COUNT,
    "mailman_settings": By("a dictionary of sections of mailman.cfg", _settings),
    "mailman_web_settings": By("a dictionary of Django settings", _web_settings),
    "mailman_mm_cfg": By("a dictionary of settings of mm_cfg.py", _mm_cfg),
    "mailman_cron_jobs": By("a dictionary of programs and times", _cron_jobs),
    "mailman_start_after": ListOf(UNIT),
}
# Values for defaults that follow from a refused variable without a default.
STAND_INS = {"mailman_domains": ["lists.example.invalid"]}


def together(given: Given) -> None:
    """Rules of several variables, and of the host."""
    ports = ("mailman_lmtp_port", "mailman_rest_port", "mailman_web_loopback_port")
    if given.fine(*ports) and len({given[name] for name in ports}) < len(ports):
        for name in ports:
            if [given[other] for other in ports].count(given[name]) > 1:
                given.refuse(name, "three different ports in {0}".format(", ".join(ports)))
    if not given.fine("mailman_engine"):
        return
    engine = given["mailman_engine"]
    # Debian 11's Mailman 3 is not tested.
    release = str(given.host.get("distribution_major_version", ""))
    if engine == "mailman3" and release.isdigit() and int(release) < 12:
        given.refuse(
            "mailman_engine",
            "mailman21, or a host with Debian 12 or 13, since {0} is Debian {1}".format(given.host_name, release),
        )
    _secrets(given, engine)
    if engine == "mailman21":
        _mailman21(given)


def _secrets(given: Given, engine: str) -> None:
    for name in SECRETS[engine]:
        given.must_raw(name, SECRET)
    if engine == "mailman3" and given.fine("mailman_admin_name") and given["mailman_admin_name"]:
        given.must_raw("mailman_admin_password", SECRET)
    if given.fine("mailman_database", "mailman_postgresql_local") and given["mailman_database"] == "postgresql":
        for name in _DATABASE_SECRETS:
            if engine == "mailman3":
                given.must_raw(name, SECRET)
            if not given["mailman_postgresql_local"] and given.fine(name) and not given[name]:
                given.refuse(
                    name, "the password of the database's user, as mailman_postgresql_local is false", value=""
                )


def _mailman21(given: Given) -> None:
    also = ", as mailman_engine is mailman21"
    given.must("mailman_prefix", or_empty(pattern("(/[A-Za-z0-9_.-]+)+", "an absolute path")), also)
    given.must("mailman_web_path", one_of(["/mailman", "/cgi-bin/mailman"]), also)
    given.must("mailman_user", SYSTEM_NAME)
    given.must("mailman_spam_discard_score", number(0, 50, more=", 0 to discard nothing"))
