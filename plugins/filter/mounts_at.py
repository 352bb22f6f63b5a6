# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Mounts at given directories, in whatever way their paths are written."""

from __future__ import annotations

DOCUMENTATION = r"""
name: mounts_at
short_description: Entries of fstab or of the table of mounts for given directories
version_added: 0.2.0
author: The listops.mailman contributors (@listops)
description:
  - Reads C(/etc/fstab) or C(/proc/self/mounts), and returns the entries whose mount point is one of the directories, in whatever way it
    is written there. A slash at the end, two in a row, C(/./) and C(/../) make no difference, nor do symbolic links when O(links) has them.
positional: paths
options:
  _input:
    description: The content of the table.
    type: str
    required: true
  paths:
    description: Absolute paths of directories.
    type: list
    elements: str
    required: true
  links:
    description: What paths with symbolic links lead to, those of O(paths) and those in the table.
    type: dict
    default: {}
"""

EXAMPLES = r"""
- name: Find what fstab mounts at the scan directory
  ansible.builtin.set_fact:
    found: "{{ fstab.content | b64decode | listops.mailman.mounts_at(['/var/spool/exim4/scan']) }}"
"""

RETURN = r"""
_value:
  description: Dictionaries with C(path), of O(paths), and C(point), C(source) and C(type), as the table has them.
  type: list
  elements: dict
"""

import posixpath
import re
from collections.abc import Callable, Mapping, Sequence


def unescape(field: str) -> str:
    """Decode a field of the table, in which white space and backslashes are octal numbers."""
    return re.sub(r"\\([0-7]{3})", lambda found: chr(int(found[1], 8)), field)


def plain(path: str, links: Mapping[str, str]) -> str:
    """A path in a normal form."""
    return posixpath.normpath("/" + links.get(path, path).lstrip("/"))


def mounts_at(table: str, paths: Sequence[str], links: Mapping[str, str] | None = None) -> list[dict[str, str]]:
    """The entries for the paths, in the order of the table."""
    wanted = {plain(path, links or {}): path for path in paths}
    found = []
    for line in table.splitlines():
        fields = [unescape(field) for field in line.split()]
        if len(fields) < 3 or fields[0].startswith("#"):
            continue
        path = wanted.get(plain(fields[1], links or {}))
        if path:
            found.append({"path": path, "source": fields[0], "point": fields[1], "type": fields[2]})
    return found


class FilterModule:
    def filters(self) -> dict[str, Callable[..., object]]:
        return {"mounts_at": mounts_at}
