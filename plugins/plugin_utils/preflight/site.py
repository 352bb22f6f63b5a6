# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Variables that several roles share, and rules of several roles together. Pure."""

from __future__ import annotations

from typing import Any

from ansible_collections.listops.mailman.plugins.filter.archives_without_list import archives_without_list
from ansible_collections.listops.mailman.plugins.plugin_utils.preflight.given import Given, Questions
from ansible_collections.listops.mailman.plugins.plugin_utils.preflight.kinds import (
    DOMAIN,
    MISSING,
    ListOf,
    Rule,
    one_of,
)
from ansible_collections.listops.mailman.plugins.plugin_utils.preflight.types import Option

_RULE = {"pattern": {"type": "str", "required": True}, "explanation": {"type": "str", "required": True}}
OPTIONS: dict[str, Option] = {
    "mailman_domains": {"type": "list", "elements": "str", "required": True},
    "mailman_lists": {"type": "list", "elements": "dict", "required": True},
    "mailman_list_defaults": {"type": "dict", "default": {}},
    "mailman_list_naming": {
        "type": "dict",
        "default": {},
        "options": {
            "rules": {"type": "list", "elements": "dict", "options": _RULE},
            "exceptions": {"type": "list", "elements": "str"},
        },
    },
}
# The same for playbooks that work without these variables.
OPTIONAL: dict[str, Option] = {name: {**option, "required": False, "default": None} for name, option in OPTIONS.items()}
RULES: dict[str, Rule] = {"mailman_domains": ListOf(DOMAIN, least=1)}
# Values for defaults that follow from a refused variable.
STAND_INS: dict[str, Any] = {
    "mailman_domains": ["lists.example.invalid"],
    "mailman_lists": [],
    "mailman_list_defaults": {},
    "mailman_list_naming": {},
}

# The folders with Mailman's folder of each list.
FOLDERS = {"mailman3": "/var/lib/mailman3/lists/", "mailman21": "/var/lib/mailman/lists/"}
_ARCHIVES = ("apache_digest_archives", "apache_list_domain", "mailman_engine", "mailman_lists", "lists_domain")


def _without_list(given: Given) -> dict[str, str]:
    """Guarded archives of undeclared lists: the folder that exists if the list does, and its address."""
    if not given.fine(*_ARCHIVES):
        return {}
    archives, archive_domain, engine, lists, domain = (given[name] for name in _ARCHIVES)
    defaults = given["mailman_list_defaults"] if given.fine("mailman_list_defaults") else {}
    return {
        FOLDERS[engine] + (address.split("@")[0] if engine == "mailman21" else address.replace("@", ".")): address
        for address in archives_without_list(archives, lists, defaults.get("domain") or domain, archive_domain)
    }


def questions(given: Given) -> Questions:
    """Questions that only the host can answer."""
    return {"files": list(_without_list(given))}


_SMTP = ("mailman_smtp_host", "mailman_smtp_port", "exim_local_interfaces", "exim_smtp_ports")


def together(given: Given) -> None:
    """Rules of one role about variables of another."""
    for folder, address in _without_list(given).items():
        if folder in (given.found or {}).get("missing_files", ()):
            accepted = "a list that mailman_lists declares or {0} has, else its readers are locked out of its archive"
            given.refuse("apache_digest_archives", accepted.format(given.host_name), address)
    # The role mailman finds the paths of Mailman 2.1.
    if given.fine("mailman_engine", "mailman_web_path", "apache_server_name") and given["mailman_engine"] == "mailman3":
        given.must("mailman_web_path", one_of(["/mailman3"]), ", which the apache role serves")
    if given.fine(*_SMTP):
        _mail_reaches_exim(given)
    if given.fine("mailman_database", "mailman_postgresql_local", "backup_databases"):
        elsewhere = given["mailman_database"] == "postgresql" and not given["mailman_postgresql_local"]
        if elsewhere and not given.said("backup_databases"):
            given.refuse(
                "backup_databases",
                "the two databases of Mailman, with host, user and password, as mailman_postgresql_local is false",
                MISSING,
            )


def _mail_reaches_exim(given: Given) -> None:
    host, port, interfaces, ports = (given[name] for name in _SMTP)
    if host not in ("127.0.0.1", "localhost", "::1"):
        return
    address = host.replace("localhost", "127.0.0.1")
    if interfaces and not {address, "0.0.0.0"} & set(interfaces):
        given.refuse(
            "exim_local_interfaces",
            "{0} among them, since Mailman sends there, or another mailman_smtp_host".format(address),
        )
    if port not in ports:
        given.refuse(
            "exim_smtp_ports", "{0} among them, since Mailman sends there, or another mailman_smtp_host".format(port)
        )
