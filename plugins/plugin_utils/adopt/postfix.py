# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Postfix's configuration, as far as it is about lists and the exim role has variables for it. Pure."""

from __future__ import annotations

import re
from typing import Iterator, Mapping

from ansible_collections.listops.mailman.plugins.plugin_utils.adopt import host_variables
from ansible_collections.listops.mailman.plugins.plugin_utils.adopt.former_names import Names
from ansible_collections.listops.mailman.plugins.plugin_utils.adopt.host_variables import Found

MAIN = "/etc/postfix/main.cf"
_LOOPBACK = re.compile(r"127\.|\[?::1|\[::ffff:127\.")


def parse(text: str) -> dict[str, str]:
    """Settings by name; a line that begins with a blank continues the one before it."""
    lines = (line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#"))
    pairs = (line.partition("=") for line in re.sub(r"\n[ \t]+", " ", "\n".join(lines)).splitlines())
    return {name.strip(): value.strip() for name, equals, value in pairs if equals}


def maps(files: Mapping[str, str]) -> Iterator[str]:
    """Files with aliases of whole addresses, but for those that Mailman makes of its lists."""
    said = parse(files.get(MAIN, "")).get("virtual_alias_maps", "")
    for path in re.findall(r"(?:^|[\s,])[a-z]+:(/[^\s,]+)", said):
        if path in files and "/mailman/" not in path:
            yield path


def read(files: Mapping[str, str], names: Names, found: Found) -> None:
    """files: path -> text. Where there is an Exim, too, its own configuration says what holds."""
    settings = parse(files.get(MAIN, ""))
    defaults = host_variables.defaults("exim")

    def items(name: str) -> list[str]:
        # what is looked up, or made of other settings, is not written out
        value = re.sub(r"\$\{?myhostname\}?", settings.get("myhostname", ""), settings.get(name, ""))
        return [item for item in re.split(r"[\s,]+", value) if item and not re.match(r"!|/|[a-z]+:/|.*\$", item)]

    host = re.fullmatch(r"\[?([^\[\]:]+)\]?(?::([0-9]+))?", settings.get("relayhost", ""))
    if host:
        found.take(MAIN, "exim_smarthost", host[1] + (":" + host[2] if host[2] else ""), defaults["exim_smarthost"])
    networks = [re.sub(r"[\[\]]", "", item) for item in items("mynetworks") if not _LOOPBACK.match(item)]
    found.take(MAIN, "exim_relay_from_hosts", networks, defaults["exim_relay_from_hosts"])
    usual = defaults["exim_system_domains"]
    here = [name for name in items("mydestination") if name not in (*usual, *names.domains) and "." in name]
    found.take(MAIN, "exim_system_domains", [*usual, *here], usual)
    found.take(MAIN, "exim_relay_to_domains", items("relay_domains"), defaults["exim_relay_to_domains"])
