# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rules for the variables of the lists role. Pure, except that it reads the shipped tables of settings."""

from __future__ import annotations

from ansible_collections.listops.mailman.plugins.module_utils._lists.server_info import SITE_BANS_OF_21
from ansible_collections.listops.mailman.plugins.module_utils._lists.vocabulary import as_ban
from ansible_collections.listops.mailman.plugins.plugin_utils.preflight import declared
from ansible_collections.listops.mailman.plugins.plugin_utils.preflight.given import Given
from ansible_collections.listops.mailman.plugins.plugin_utils.preflight.kinds import (
    DOMAIN,
    Kind,
    ListOf,
    Rule,
    number,
)

_BAN = "an e-mail address, or a regular expression that starts with ^ and matches addresses"


RULES: dict[str, Rule] = {
    "lists_domain": Kind(DOMAIN.accepted, lambda value: value == "" or DOMAIN.accepts(value.lower())),
    "lists_site_bans": ListOf(Kind(_BAN, lambda value: as_ban(value) is not None)),
    "lists_diff_limit": number(0)._replace(accepted="a number of lines, 0 for no limit"),
    "lists_mailman_lock_timeout": number(0),
}
_OPTIONS = ("lists_declared", "lists_defaults", "lists_naming", "lists_domain")


def together(given: Given) -> None:
    """Check the declared lists."""
    if not given.fine(*_OPTIONS):
        return
    engine = given["lists_mailman_engine"] if given.fine("lists_mailman_engine") else "auto"
    if engine == "auto" and given.fine("mailman_engine"):
        engine = given["mailman_engine"]
    if engine == "mailman21" and given.fine("lists_site_bans"):
        given.refuse("lists_site_bans", SITE_BANS_OF_21)
    site = "mailman_lists" in given and not given.said("lists_declared")
    words = (
        declared.Words("mailman_lists", "mailman_list_defaults", "mailman_list_naming")
        if site
        else declared.Words(*_OPTIONS[:3])
    )
    settings = given["mailman_settings"] if given.fine("mailman_settings") else {}
    for sentence in declared.wrong_lists(
        *(given[name] for name in _OPTIONS[:3]),
        words=words,
        domain=given["lists_domain"].lower() or "lists.example.invalid",
        languages=[name.partition(".")[2] for name in settings if str(name).startswith("language.")],
        engine=engine,
    ):
        given.complain("{0}.".format(sentence))
