# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a Mailman gives to a new list, which an inventory need not say. From what was recorded of real ones."""

from __future__ import annotations

from typing import Any, Callable, Mapping

from ansible_collections.listops.mailman.plugins.module_utils._lists.vocabulary import LIST_FIELDS
from ansible_collections.listops.mailman.plugins.module_utils._mailman21 import options, stock
from ansible_collections.listops.mailman.plugins.module_utils._migrate.entries import Path
from ansible_collections.listops.mailman.plugins.plugin_utils.preflight.declared import vocabulary_of_mailman3

EMPTY = ("owners", "moderators", "bans", "header_matches")


def of(engine: str, archivers: Mapping[str, bool]) -> Callable[[str, Path], Any]:
    """Value of a new list by posting address and path; None where nothing is known.

    archivers: those that a new list of this site uses.
    """
    settings = _mailman21() if engine == "mailman21" else _mailman3()

    def value(name: str, path: Path) -> Any:
        # Both Mailmans capitalise the name.
        shown = name.partition("@")[0].capitalize()
        if path == ("display_name",):
            return shown
        if path == ("subject_prefix",):
            return "[{0}] ".format(shown)
        if path[0] in EMPTY:
            return []
        if path[0] == "archivers":
            return archivers.get(path[1])
        if path[0] == "templates":
            return ""
        return settings.get(path[-1])

    return value


def _mailman3() -> dict[str, Any]:
    return {name: entry.get("default") for name, entry in vocabulary_of_mailman3().items()}


def _mailman21() -> dict[str, Any]:
    schema = options.schema(stock.OPTIONS, sorted(stock.CHARSETS))
    return {
        name: options.read_setting(name, stock.NEW_LIST, kind)
        for name, kind in schema.items()
        if kind["type"] != "secret" and (name in LIST_FIELDS or name not in ("web_page_url",))
    }
