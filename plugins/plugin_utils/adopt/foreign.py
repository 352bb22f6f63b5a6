# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What becomes of the configuration that somebody else wrote when listops.mailman.site is applied. Pure.

What of a file's settings goes, the roles themselves say when they replace it.
"""

from __future__ import annotations

import fnmatch
import re
from typing import Any, Collection, Iterator, Mapping, NamedTuple

from ansible_collections.listops.mailman.plugins.plugin_utils.adopt import (
    apache,
    exim,
    host_variables,
    mailman3,
    mailman21,
)

_COPY = "It is replaced, and a copy stays beside it"
_STAYS = "It stays as it is"


class Fate(NamedTuple):
    """pattern: of paths. sentence: what becomes of the file. engine: for which Mailman, empty for both."""

    pattern: str
    sentence: str
    engine: str = ""


# The role takes two lines out of it.
_WEB_CRON = "/etc/cron.d/mailman3-web"
_NO_MORE = "Exim reads it no more, as there is an exim4.conf then: variables of the exim role keep what they can."
_TWICE = "; what /etc/cron.d/mailman runs, too, runs twice"
# The first that fits a path holds.
FATES = (
    Fate("/etc/mailman3/mailman.cfg", _COPY + ": mailman_settings keeps what is in it.", "mailman3"),
    Fate("/etc/mailman3/mailman-hyperkitty.cfg", _COPY + ": the role knows the archive's address itself.", "mailman3"),
    Fate("/etc/mailman3/mailman-web.py", _COPY + ": mailman_web_settings keeps what is in it.", "mailman3"),
    Fate("*/mm_cfg.py", _COPY + ": mailman_mm_cfg keeps what is in it.", "mailman21"),
    Fate(
        "/etc/exim4/exim4.conf",
        _COPY
        + ": exim_main_settings, exim_routes and other variables of the exim role keep settings of its main section; routers, "
        "transports and ACLs of its own go.",
    ),
    Fate(
        "/etc/exim4/system_filter", _COPY + ": exim_privacy_filter and exim_private_lists say what the role's own does."
    ),
    Fate(exim.TEMPLATE, _NO_MORE),
    Fate("/etc/exim4/conf.d/*", _NO_MORE),
    Fate("/etc/spamassassin/local.cf", _COPY + ": spamassassin_settings and spamassassin_rules keep what is in it."),
    Fate("/etc/spamassassin/*.cf", _STAYS + "."),
    Fate(
        "/etc/cron.d/mailman",
        _COPY + ": mailman_cron_jobs keeps the times; other jobs belong into another file.",
        "mailman21",
    ),
    Fate(_WEB_CRON, _STAYS + " but for two rounds in which there is nothing to do.", "mailman3"),
    Fate("/etc/cron.d/*", _STAYS + _TWICE + ".", "mailman21"),
    Fate("/etc/cron.d/*", _STAYS + "."),
    Fate("/var/spool/cron/crontabs/list", _STAYS + _TWICE + ".", "mailman21"),
    Fate("/var/spool/cron/crontabs/list", _STAYS + "."),
    Fate("/etc/logrotate.d/mailman", _COPY + ": what shall stay belongs into another file.", "mailman21"),
    Fate("/etc/logrotate.d/*", _STAYS + "."),
    Fate(
        "/etc/systemd/system/*.service.d/*.conf",
        _STAYS + " beside listops.conf; of two, the last one by its name holds.",
    ),
    Fate("/*/systemd/system/*.service", _STAYS + ", with a drop-in of the role."),
    Fate(
        "/etc/apache2/conf-enabled/*",
        _STAYS + ", and holds for our site, too: take out what it says of Mailman's pages.",
    ),
)
# What is of interest only where it is about lists.
_ABOUT_LISTS = re.compile(r"mailman|pipermail|hyperkitty|postorius", re.IGNORECASE)
# What a role installs as it is, by name.
_INSTALLED = {path.name: path for path in host_variables.ROLES.glob("*/files/*.service")}
_POSTFIX = "/etc/postfix/main.cf"
_REMOVED = (
    "The host has {0}: listops.mailman.site refuses until exim_replace_mail_server is true, and then removes it; what is in its queue "
    "stays unsent. exim_smarthost, exim_relay_from_hosts and exim_aliases keep what is like its relayhost, mynetworks and aliases; what "
    "else it has, goes."
)
_NGINX = "While nginx has port 80 or 443, listops.mailman.site refuses: stop it, or let it listen elsewhere. Apache serves the pages then."


def notes(
    files: Mapping[str, str], packaged: Collection[str], mail_servers: Collection[str], web_domain: str, engine: str
) -> Iterator[tuple[str, str]]:
    """Path and sentence of all that is neither ours nor as its package installed it.

    files: path -> text. packaged: paths of files that are as their package installed them.
    """
    if mail_servers:
        yield (
            _POSTFIX if "postfix" in mail_servers else "mail server",
            _REMOVED.format(", ".join(sorted(mail_servers))),
        )
    unread = ["/etc/exim4/conf.d/", exim.TEMPLATE]
    if exim.MONOLITHIC not in files:
        unread = [exim.TEMPLATE if exim.is_split(files) else "/etc/exim4/conf.d/"]
    mm_cfg = mailman21.configuration(files)
    web_is_ours = _is_ours(mailman3.WEB, files.get(mailman3.WEB, ""))
    nginx = False
    for path, text in sorted(files.items()):
        if path.startswith("/etc/nginx/"):
            nginx = True
        elif path.startswith(apache.SITES):
            yield from _site(path, text, web_domain, ours=path == apache.OWN and apache.is_ours(files))
        elif path not in packaged and not _is_ours(path, text) and not path.startswith(tuple(unread)):
            # Debian's Mailman has links to the one mm_cfg.py.
            passed = (path == _WEB_CRON and web_is_ours) or (path.endswith("/mm_cfg.py") and path != mm_cfg)
            fate = None if passed else _fate(path, engine)
            if fate is not None and (_ABOUT_LISTS.search(text) or not path.startswith("/etc/apache2/")):
                yield path, fate.sentence
    if nginx:
        yield "/etc/nginx", _NGINX


def _fate(path: str, engine: str) -> Fate | None:
    return next(
        (fate for fate in FATES if fate.engine in ("", engine) and fnmatch.fnmatchcase(path, fate.pattern)), None
    )


def marks() -> tuple[str, ...]:
    """Texts that only our own files have."""
    marked: list[Any] = host_variables.role_variable("mailman", "_mailman_marked")
    return (*(one["mark"] for one in marked), host_variables.role_variable("exim", "_exim_mark"))


def _is_ours(path: str, text: str) -> bool:
    name = path.rpartition("/")[2]
    if name in _INSTALLED and text == _INSTALLED[name].read_text(encoding="utf-8"):
        return True
    return name.startswith("listops-") or "Ansible managed" in text[:400] or any(mark in text for mark in marks())


def _site(path: str, text: str, web_domain: str, *, ours: bool) -> Iterator[tuple[str, str]]:
    name = path[len(apache.SITES) :].rpartition(".conf")[0]
    if ours:
        return
    if path == apache.OWN:
        yield path, _COPY + ": what shall stay belongs into a site of its own, or into conf-available."
    elif name == "000-default":
        yield path, "It is disabled; apache_disable_default_site keeps it when it is false."
    elif web_domain in apache.names_of(apache.directives(text)):
        yield (
            path,
            "It answers for {0}, as our site shall: listops.mailman.site refuses until apache_disabled_sites has {1}, or another name is in"
            " one of them.".format(web_domain, name),
        )
    else:
        yield path, _STAYS + "."
