# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a Mailman says of itself before any of its lists is looked at. Pure."""

from __future__ import annotations

from typing import Any, Mapping, NamedTuple, Sequence


class ServerInfo(NamedTuple):
    """One Mailman. Of one that is not there yet, the defaults.

    engine: mailman3 or mailman21, to be shown; what differs between them has a name of its own below.
    lists: posting addresses.
    archive_policies: posting address -> who may read the archive.
    schema: name of a setting -> {"type", "choices", ...}, see vocabulary.Field.
    archivers, idle_archivers: what a list can be archived by, and what of that archives nothing, because the site does not.
    templates, template_urls: names of texts, and placeholders of them that stand for pages of its web interface.
    listname_chars: a regular expression of the characters of a local part.
    protected: lists that must stay.
    asks_dns: whether it learns which policy the domain of a poster publishes.
    runs: whether its processes do, as far as it knows.
    stopped: a task before this one stopped it, and was interrupted.
    charsets, default_language: language -> charset, and the language of new lists.
    charset_settings: settings whose text goes into mail in the charset of a list's language.
    charset_names: whether the name of a list does.
    charset_remedy: what to set where that charset lacks a character; {0} is the language.
    """

    engine: str = ""
    version: str = ""
    domains: Sequence[str] = ()
    lists: Sequence[str] = ()
    archive_policies: Mapping[str, str] = {}
    schema: Mapping[str, Mapping[str, Any]] = {}
    site_bans: Sequence[str] = ()
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
