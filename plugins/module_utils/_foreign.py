# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is on a host that another hand than ours set up: configuration files, mail servers, and who listens on a port.

Everything here is a pure function of what the host's files and commands say.
"""

from __future__ import annotations

import ipaddress
import re
from typing import NamedTuple

# Where mail waits, as each package has it, and what is no message there.
QUEUES: dict[str, tuple[str, ...]] = {
    "postfix": tuple(f"/var/spool/postfix/{queue}" for queue in ("maildrop", "incoming", "active", "deferred", "hold")),
    "sendmail-bin": ("/var/spool/mqueue", "/var/spool/mqueue-client"),
    "opensmtpd": ("/var/spool/smtpd/queue",),
    "nullmailer": ("/var/spool/nullmailer/queue",),
    "dma": ("/var/spool/dma",),
    "courier-mta": ("/var/lib/courier/msgq",),
}
# Of sendmail, dma and courier, a message has a file for its envelope, and others.
ENVELOPES = {"sendmail-bin": r"qf", "dma": r"M", "courier-mta": r"C"}


class Listener(NamedTuple):
    """A socket that accepts connections."""

    address: str
    port: int
    inode: str


def packaged(conffiles: str, ucf: str) -> dict[str, set[str]]:
    """The MD5 sums that packages gave to their files.

    conffiles: dpkg-query's ${Conffiles} of all packages, lines of a path, a sum and perhaps "obsolete".
    ucf: /var/lib/ucf/hashfile, lines of a sum and a path; it has the files that packages make at their installation.
    """
    sums: dict[str, set[str]] = {}
    for line in conffiles.splitlines():
        found = re.match(r" (/.*) ([0-9a-f]{32})(?: obsolete)?(?: remove-on-upgrade)?$", line)
        if found:
            sums.setdefault(found.group(1), set()).add(found.group(2))
    for line in ucf.splitlines():
        digest, _blank, path = line.partition("  ")
        sums.setdefault(path, set()).add(digest)
    return sums


def settings(text: str, pattern: str) -> list[str]:
    """What a configuration sets: the first group of each match that took part, in the order of the file, each once."""
    found = re.finditer(pattern, text, re.MULTILINE)
    return list(dict.fromkeys(next(group for group in match.groups() if group) for match in found))


def mail_servers(packages: str) -> list[str]:
    """Packages that are a mail server and not Exim.

    packages: lines of a name, an abbreviated state and what it provides, separated by tabs, as dpkg-query writes them.
    """
    found = []
    for line in packages.splitlines():
        name, state, provides = line.split("\t")
        words = [word.partition(" ")[0] for word in provides.split(", ")]
        # the second letter is what is; the first what is wanted
        if state[1:2] not in "nc" and "mail-transport-agent" in words and not name.startswith("exim4"):
            found.append(name)
    return sorted(found)


def is_message(package: str, name: str) -> bool:
    """Whether a file in the queue of a mail server stands for a message."""
    return re.match(ENVELOPES.get(package, r"[^.]"), name) is not None


def listeners(table: str) -> list[Listener]:
    """The sockets that listen, from /proc/net/tcp or tcp6."""
    found = []
    for line in table.splitlines()[1:]:
        fields = line.split()
        # 0A is LISTEN
        if fields[3] != "0A":
            continue
        address, port = fields[1].split(":")
        found.append(Listener(_address(address), int(port, 16), fields[9]))
    return found


def _address(text: str) -> str:
    """An address as the kernel writes it, in words of four bytes, each of them the wrong way around."""
    data = bytes.fromhex(text)
    packed = b"".join(data[index : index + 4][::-1] for index in range(0, len(data), 4))
    found = ipaddress.ip_address(packed)
    mapped = getattr(found, "ipv4_mapped", None)
    return str(mapped or found)


def unit(cgroups: str) -> str:
    """The systemd unit of a process, from /proc/PID/cgroup; empty when it has none."""
    for line in cgroups.splitlines():
        _number, controllers, path = line.split(":", 2)
        if controllers in ("", "name=systemd"):
            units = [part for part in path.split("/") if re.search(r"\.(service|socket)$", part)]
            if units:
                return units[0]
    return ""


ALL = {"0.0.0.0", "::"}


def overlap(address: str, wanted: list[str]) -> bool:
    """Whether a socket is in the way of one on the wanted addresses, none for all."""
    return not wanted or address in ALL or bool(ALL.intersection(wanted)) or address in wanted


def describe(port: int, pid: int, program: str, unit: str) -> str:
    """Who has a port, in words."""
    # in another container, say
    who = f"{program} ({', '.join(filter(None, [f'pid {pid}', unit]))})" if pid else "a process that is not to be seen"
    return f"{who} has port {port}"
