# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rules for the variables of the backup role. Pure."""

from __future__ import annotations

import re
from typing import Any, Iterator

from ansible_collections.listops.mailman.plugins.plugin_utils.preflight.given import Given, Questions
from ansible_collections.listops.mailman.plugins.plugin_utils.preflight.kinds import (
    PORT,
    By,
    Fields,
    Kind,
    ListOf,
    Refusal,
    Rule,
    number,
    pattern,
)

_FILE = pattern(r'/[^\s"\\*?\[]+', "an absolute path without white space, quote, backslash or wildcard")
_PATH = Kind(_FILE.accepted, lambda value: _FILE.accepts(value) and "/../" not in value + "/")
_NOT_ITS_OWN = ["/var/backups", "/var/lib", "/var/spool", "/var/log"]
# The unit cannot write dumps there, or they would be lost at a boot.
_OUT_OF_REACH = "/(boot|efi|etc|home|proc|root|run|sys|tmp|usr|var/run|var/tmp)/"
_BACULA_NAME = pattern("[A-Za-z][A-Za-z0-9_.:-]*", "a name of letters, digits and '_.:-', such as backup-dir")
_TLS_FILE = pattern(r'/[^\s"\\]+', "the absolute path of a file on the host")
_TLS = ("backup_bacula_tls_ca", "backup_bacula_tls_certificate", "backup_bacula_tls_key")


def _directory(value: str) -> bool:
    return bool(
        _PATH.accepts(value)
        and re.fullmatch("(/[^/]+){2,}", value)
        and value not in _NOT_ITS_OWN
        and not re.match(_OUT_OF_REACH, value)
    )


_DATABASE = ListOf(
    Fields({"name": pattern("[A-Za-z0-9][A-Za-z0-9_-]*", "letters, digits, '-' and '_'"), "path": _PATH, "port": PORT})
)


def _databases(key: str, value: Any) -> Iterator[Refusal]:
    yield from _DATABASE.check(key, value)
    for number_, database in enumerate(value):
        part = "{0}[{1}]".format(key, number_)
        keys = {name for name, setting in database.items() if setting is not None}
        if database["kind"] == "sqlite":
            if "path" not in keys or keys - {"name", "kind", "path"}:
                yield Refusal(part, database, "name, kind and path of a sqlite database, and nothing else")
        elif "path" in keys:
            yield Refusal(
                part,
                database,
                "no path for postgresql, but database and, when the server is not local, host, user and password",
            )
        elif ("host" in keys) != ("user" in keys):
            yield Refusal(part, database, "host and user together for postgresql, or neither for the local socket")
        elif "password" in keys and "host" not in keys:
            yield Refusal(part, database, "host and user with a password, or no password for the local socket")


RULES: dict[str, Rule] = {
    "backup_paths": ListOf(_PATH),
    "backup_keys": ListOf(_PATH),
    "backup_excludes": ListOf(_PATH),
    "backup_directory": Kind(
        "a directory that holds nothing else, such as /var/backups/listops, and that is in none of /boot, /efi, /etc, /home,"
        " /proc, /root, /run, /sys, /tmp, /usr and /var/tmp",
        _directory,
    ),
    "backup_databases": By(_DATABASE.accepted, _databases),
    "backup_keep": number(1),
}


def _tls_files(given: Given) -> list[str]:
    if (
        given.fine("backup_bacula", "backup_bacula_tls", *_TLS)
        and given["backup_bacula"]
        and given["backup_bacula_tls"]
    ):
        return [given[name] for name in _TLS]
    return []


def questions(given: Given) -> Questions:
    """Questions that only the host can answer."""
    return {
        "calendars": given.values("backup_on_calendar"),
        "files": [path for path in _tls_files(given) if _TLS_FILE.accepts(path)],
    }


def together(given: Given) -> None:
    """Rules of several variables, and of the host."""
    given.refuse_times("backup_on_calendar")
    places = ("backup_paths", "backup_keys")
    if given.fine("backup_directory", *places) and any(given["backup_directory"] in given[name] for name in places):
        given.refuse("backup_directory", "a directory that is in neither backup_paths nor backup_keys")
    if given.fine("backup_databases"):
        names = [database["name"] for database in given["backup_databases"]]
        for name in sorted({name for name in names if names.count(name) > 1}):
            given.refuse("backup_databases", "each database a name of its own", {"name": name})
    if given.fine("backup_bacula") and given["backup_bacula"]:
        _bacula(given)


def _bacula(given: Given) -> None:
    for name in ("backup_bacula_director_name", "backup_bacula_client_name", "backup_bacula_job_defaults"):
        given.must(name, _BACULA_NAME, ", as backup_bacula is true")
    given.must(
        "backup_bacula_director_password",
        pattern(r'[^"\\\s]{12,}', "at least 12 characters without white space, quote or backslash"),
        ", as backup_bacula is true",
    )
    given.must("backup_bacula_client_address", pattern("[A-Za-z0-9.:-]+", "an address or host name"))
    given.must("backup_bacula_client_port", PORT)
    if given.fine("backup_bacula_tls") and given["backup_bacula_tls"]:
        for name in _TLS:
            given.must(name, _TLS_FILE, ", as backup_bacula_tls is true")
        given.refuse_missing_files(*_TLS)
