# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The commands of services, whose first line names the interpreter for a program."""

from __future__ import annotations

import os
from typing import Sequence

from ansible_collections.listops.mailman.plugins.module_utils._errors import NotInstalled

# The paths of distributions, pip and Mailman's documentation.
MAILMAN3 = (
    "/usr/lib/mailman3/bin/mailman",
    "/usr/bin/mailman",
    "/usr/local/bin/mailman",
    "/opt/mailman/venv/bin/mailman",
    "/opt/mailman/mm/venv/bin/mailman",
)
MAILMAN21 = (
    "/usr/lib/mailman/bin/config_list",
    "/var/lib/mailman/bin/config_list",
    "/usr/local/mailman/bin/config_list",
    "/usr/local/cpanel/3rdparty/mailman/bin/config_list",
    "/opt/mailman/bin/config_list",
)
WEB = ("/usr/share/mailman3-web/manage.py",)


def installed(commands: Sequence[str]) -> str | None:
    """The first of these commands that exists, or None."""
    return next((path for path in commands if os.path.isfile(path)), None)


def find(commands: Sequence[str], command: str | None, option: str) -> str:
    """The path of a service's command: as given, or one of the known paths. option: the name of the module option."""
    if command:
        if os.path.isfile(command):
            return command
        raise NotInstalled("{0} is {1!r}: give a file that exists".format(option, command))
    found = installed(commands)
    if found is None:
        raise NotInstalled(
            "Mailman is not installed here (looked for {0}): install it, or give {1}".format(
                ", ".join(commands), option
            )
        )
    return found
