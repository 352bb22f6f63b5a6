# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which Mailman of a host a task uses."""

from __future__ import annotations

from ansible_collections.listops.mailman.plugins.module_utils._argspec import Connection
from ansible_collections.listops.mailman.plugins.module_utils._errors import HostError, NotInstalled
from ansible_collections.listops.mailman.plugins.module_utils._lists.server_info import SITE_BANS_OF_21, ServerInfo
from ansible_collections.listops.mailman.plugins.module_utils._programs import commands

# Of a Mailman 3 that is not installed yet.
LISTNAME_CHARS = "[-_.0-9a-z]"


def choose(connection: Connection) -> str:
    """mailman3 or mailman21, by the options or by what is installed. Raises NotInstalled."""
    if connection.engine != "auto":
        return connection.engine
    if connection.prefix:
        return "mailman21"
    if connection.command:
        return "mailman3"
    mailman3, mailman21 = commands.installed(commands.MAILMAN3), commands.installed(commands.MAILMAN21)
    if mailman3 and mailman21:
        raise HostError(
            "mailman_engine is auto, and Mailman 3 ({0}) and Mailman 2.1 ({1}) are both installed here: "
            "give mailman3 or mailman21".format(mailman3, mailman21)
        )
    if not mailman3 and not mailman21:
        raise NotInstalled(
            "neither Mailman 3 nor Mailman 2.1 is installed here: install one, or give mailman_command or mailman_prefix"
        )
    return "mailman21" if mailman21 else "mailman3"


def expected(connection: Connection) -> ServerInfo:
    """Facts about a Mailman that is not installed yet."""
    if connection.engine == "mailman21" or connection.prefix:
        return ServerInfo(site_bans_variable=SITE_BANS_OF_21)
    return ServerInfo(listname_chars=LISTNAME_CHARS)
