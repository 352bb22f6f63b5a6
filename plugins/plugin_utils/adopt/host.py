# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the configuration of a host says, as variables: all services together. Pure."""

from __future__ import annotations

from typing import Any, Collection, Mapping, NamedTuple

from ansible_collections.listops.mailman.plugins.plugin_utils.adopt import (
    apache,
    exim,
    foreign,
    former_names,
    mailman3,
    mailman21,
    postfix,
    spamassassin,
)
from ansible_collections.listops.mailman.plugins.plugin_utils.adopt.former_names import Names
from ansible_collections.listops.mailman.plugins.plugin_utils.adopt.host_variables import Found

# What no Mailman 3 has.
_MAILMAN21 = (
    *("mailman_mm_cfg", "mailman_cron_jobs", "mailman_spam_discard_score", "mailman_web_path"),
    "mailman_subscribe_form_secret",
)


class Host(NamedTuple):
    """variables, secrets: by name. renamed: posting address -> keys of its entry. notes: path -> sentences.

    external: addresses of external archives on this host.
    """

    variables: Mapping[str, Any]
    secrets: Mapping[str, Any]
    renamed: Mapping[str, Mapping[str, Any]]
    notes: Mapping[str, list[str]]
    external: Collection[str] = ()


def read(
    host: Mapping[str, Any],
    engine: str,
    domains: list[str],
    lists: Mapping[str, Any],
    *,
    with_secrets: bool,
    target: str = "same",
) -> Host:
    """What config_info returned, as variables.

    engine: of the Mailman whose lists are adopted. domains: of the site, the first one for names without. lists: posting address -> list.
    with_secrets: whether there is a place for secrets. target: mailman3 for an inventory of a Mailman 3, whatever the host has.
    """
    files: Mapping[str, str] = host["files"]
    found = Found(with_secrets)
    names = Names(lists, domains, engine, host["archives"])
    first = domains[0] if domains else "localhost"
    if engine == "mailman3":
        mailman3.read(files, domains, found)
    else:
        mailman21.read(files, domains, found)
    web_domain = found.variables.get("mailman_web_domain", first)
    if "postfix" in host["mail_servers"]:
        postfix.read(files, names, found)
    exim.read(files, names, found)
    apache.read(files, host["digest_users"], names, web_domain, found)
    spamassassin.read({path: text for path, text in files.items() if path not in host["packaged"]}, found)
    renamed, uncertain = former_names.entries(names)
    for path, sentence in uncertain:
        found.note(path, sentence)
    for path, sentence in foreign.notes(files, host["packaged"], host["mail_servers"], web_domain, engine):
        found.note(path, sentence)
    for path, reason in host["unread"].items():
        # Debian's Mailman has links to the file that was read, and to the folder where it is.
        if "/Mailman/" in path and mailman21.configuration(files):
            continue
        found.note(path, "It is not read: {0}.".format(reason))
    if target not in ("same", engine):
        for name in [name for name in (*found.variables, *found.secrets) if name.startswith(_MAILMAN21)]:
            found.variables.pop(name, None)
            found.secrets.pop(name, None)
    if found.secrets and not with_secrets:
        sentence = "{0}: they are not adopted, and where the host is not ours, others are made up."
        found.note("secrets.yml", sentence.format(", ".join(sorted(found.secrets))))
        found.secrets.clear()
    notes = {path: found.notes[path] for path in sorted(found.notes)}
    return Host(found.variables, found.secrets, renamed, notes, names.external)
