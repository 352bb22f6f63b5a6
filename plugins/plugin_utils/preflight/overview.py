# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rules for the variables of the overview role. Pure."""

from __future__ import annotations

import re

from ansible_collections.listops.mailman.plugins.plugin_utils.preflight.kinds import (
    Kind,
    Rule,
    pattern,
)

_URL = Kind(
    "an address with no other placeholders than {name}, {address} and {list_id}",
    lambda value: not re.search("[{}]", re.sub("[{](name|address|list_id)[}]", "", value)),
)

RULES: dict[str, Rule] = {
    "overview_page": pattern("/.+[.]html", "the path of an .html file"),
    "overview_list_url": _URL,
    "overview_archive_url": _URL,
}
