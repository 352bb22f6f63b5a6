# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Facts about a Mailman, read before its lists. Pure."""

from __future__ import annotations

from typing import Any, Mapping, NamedTuple, Sequence

# Where Mailman 2.1 has what is banned from every list.
SITE_BANS_OF_21 = "GLOBAL_BAN_LIST in mailman_settings, where Mailman 2.1 has them"


class ServerInfo(NamedTuple):
    """One Mailman. The defaults stand for one that is not installed yet.

    engine: mailman3 or mailman21, only to be shown; each difference between them has a field below.
    lists: posting addresses.
    archive_policies: posting address -> who may read the archive.
    schema: name of a setting -> {"type", "choices", ...}, see vocabulary.Field.
    archivers, idle_archivers: the archivers that a list can use, and those that Mailman's configuration does not enable.
    templates, template_urls: names of templates, and their placeholders for pages of the web interface.
    listname_chars: a regular expression for a character of a local part.
    protected: lists that must not be removed or renamed.
    asks_dns: whether it can look up the DMARC policy of a domain.
    runs: whether its processes run, as far as it knows.
    stopped: whether an earlier task stopped it and was interrupted.
    site_bans, site_bans_variable: what is banned from every list, and where it is declared if not in site_bans.
    charsets, default_language: language -> charset, and the language of new lists.
    charset_settings: settings whose text goes into mail in the charset of a list's language.
    charset_names: whether the display name of a list does, too.
    charset_remedy: what to set where that charset lacks a character; {0} is the language.
    """

    engine: str = ""
    version: str = ""
    domains: Sequence[str] = ()
    lists: Sequence[str] = ()
    archive_policies: Mapping[str, str] = {}
    schema: Mapping[str, Mapping[str, Any]] = {}
    site_bans: Sequence[str] = ()
    site_bans_variable: str = ""
    archivers: Sequence[str] = ()
    idle_archivers: Sequence[str] = ()
    templates: Sequence[str] = ()
    template_urls: Sequence[str] = ()
    listname_chars: str = "."
    protected: Sequence[str] = ()
    asks_dns: bool = True
    runs: bool = True
    stopped: bool = False
    charsets: Mapping[str, str] = {}
    default_language: str = "en"
    charset_settings: Sequence[str] = ()
    charset_names: bool = False
    charset_remedy: str = ""
