# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Other virtual hosts of Apache that answer for a name."""

from __future__ import annotations

DOCUMENTATION = r"""
name: virtual_hosts
short_description: Virtual hosts of Apache that answer for names
version_added: 0.2.0
author: The listops.mailman contributors (@listops)
description:
  - Reads the output of C(apache2ctl -S), and returns the virtual hosts that answer for one of the names and are not in O(own).
  - A wildcard counts where it is read before O(own), or has an address of its own. Apache takes the first virtual host that fits.
positional: names
options:
  _input:
    description: The output of C(apache2ctl -S).
    type: str
    required: true
  names:
    description: Host names.
    type: list
    elements: str
    required: true
  own:
    description: The file with our own virtual hosts, in the folder of enabled sites.
    type: str
    required: true
"""

EXAMPLES = r"""
- name: Find others that answer for lists.example.org
  ansible.builtin.set_fact:
    others: "{{ shown.stdout | listops.mailman.virtual_hosts(['lists.example.org'], own='/etc/apache2/sites-enabled/mailman.conf') }}"
"""

RETURN = r"""
_value:
  description: Dictionaries with C(name), as it is asked for, C(said), as the virtual host has it, C(port), C(file) and C(line).
  type: list
  elements: dict
"""

import fnmatch
import os
import re
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple


class VirtualHost(NamedTuple):
    address: str
    port: int
    file: str
    line: int
    names: list[str]


PLACE = r"(?P<name>\S+) \((?P<file>/.+):(?P<line>\d+)\)$"
# The only virtual host of an address, and one of several.
ALONE = re.compile(r"(?P<address>\S+):(?P<port>\d+|\*) +" + PLACE)
ONE_OF = re.compile(r" +port (?P<port>\d+|\*) namevhost " + PLACE)


def parse(text: str) -> Iterator[VirtualHost]:
    """The virtual hosts, with their ServerName and aliases; Apache does not show the aliases of one that is alone."""
    address = ""
    found: VirtualHost | None = None
    for line in text.splitlines():
        several = re.match(r"(\S+):(?:\d+|\*) +is a NameVirtualHost$", line)
        alias = re.match(r" +(?:wild )?alias (\S+)$", line)
        match = ALONE.match(line) or ONE_OF.match(line)
        if several:
            address = several[1]
        elif alias and found:
            found.names.append(alias[1].lower())
        elif match:
            if found:
                yield found
            given = match.groupdict()
            name = re.sub(r"^\w+://|:\d+$", "", given["name"]).lower()
            port = 0 if given["port"] == "*" else int(given["port"])
            found = VirtualHost(given.get("address", address), port, given["file"], int(given["line"]), [name])
    if found:
        yield found


def virtual_hosts(text: str, names: Sequence[str], own: str) -> list[dict[str, object]]:
    """Virtual hosts outside our own file that answer for the names."""
    others = []
    for host in parse(text):
        if host.file == own:
            continue
        first = (os.path.dirname(host.file), host.file) != (os.path.dirname(own), max(host.file, own))
        for name in names:
            said = next((text for text in host.names if text == name), None)
            if said is None and (first or host.address != "*"):
                said = next((text for text in host.names if fnmatch.fnmatchcase(name, text)), None)
            if said is not None:
                others.append({"name": name, "said": said, "port": host.port, "file": host.file, "line": host.line})
    return others


class FilterModule:
    def filters(self) -> dict[str, Callable[..., list[dict[str, object]]]]:
        return {"virtual_hosts": virtual_hosts}
