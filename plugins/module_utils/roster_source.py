# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A roster as other systems write it: a text with a person on each line. Pure."""

from __future__ import annotations

from email.utils import parseaddr
from typing import Any

from ansible_collections.listops.mailman.plugins.module_utils import vocabulary
from ansible_collections.listops.mailman.plugins.module_utils.vocabulary import Invalid


def people(text: str) -> list[dict[str, Any]]:
    """People from lines such as `alice@example.net` or `Alice <alice@example.net>`; # starts a comment.

    Whoever is there twice is returned once. One line that is neither is an error: a source that is half broken must
    not decide who is a member.
    """
    found: dict[str, dict[str, Any]] = {}
    for number, line in enumerate(text.splitlines(), 1):
        line = line.strip()
        if not line or line.startswith("#"):
            continue
        name, address = parseaddr(line) if line.endswith(">") else ("", line)
        if not vocabulary.is_address(address):
            raise Invalid(
                "line {0} of the roster is {1!r}; accepted: alice@example.net, or Alice <alice@example.net>".format(
                    number, line
                )
            )
        person = {"address": address, "display_name": name} if name else {"address": address}
        found.setdefault(address.lower(), person)
    return list(found.values())
