# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The recorded state of a real Mailman 2.1: its /var/lib/mailman."""

from __future__ import annotations

import os
import pathlib
import subprocess
from typing import Any
from unittest import mock

from ansible_collections.listops.mailman.plugins.module_utils._lists.found import presented
from ansible_collections.listops.mailman.plugins.module_utils._mailman21.copy import CopiedMailman21
from ansible_collections.listops.mailman.plugins.module_utils._programs import identity

STATE = pathlib.Path(__file__).resolve().parents[2] / "truth/sodium-var-lib-mailman.tgz"
LISTS = 16
ROLES = ["owner", "moderator", "member", "nonmember"]


def unpacked(folder: pathlib.Path) -> pathlib.Path:
    """Its /var/lib/mailman below a folder, with files of whoever runs the tests."""
    subprocess.run(["tar", "-x", "--no-same-owner", "-f", STATE, "-C", folder], check=True)
    return folder / "var/lib/mailman"


def read(folder: pathlib.Path) -> dict[str, Any]:
    """What mailman_list_info returns of it, unpacked below a folder."""
    place = str(unpacked(folder))
    reader = identity.Identity("tests", os.geteuid(), os.getegid(), place)
    with mock.patch.object(identity, "reader", return_value=reader), CopiedMailman21(place) as backend:
        lists, facts = backend.read(), backend.facts(None)
        shown = backend.own_archive().policies()
        return {
            "engine": "mailman21",
            "domains": list(backend.info.domains),
            "unreadable": {},
            "available_settings": backend.info.schema,
            "lists": {name: presented(each, facts[name], ROLES, shown.get(name)) for name, each in lists.items()},
        }
