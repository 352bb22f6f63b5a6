# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What somebody else set up on a host: configuration files, drop-ins of units, mail servers, and processes that listen on ports.

All functions are pure; they get the output of commands and the content of files.
"""

from __future__ import annotations

import ipaddress
import posixpath
import re
from typing import Iterable, NamedTuple

# The queue of each package, and the files in it that are not messages.
QUEUES: dict[str, tuple[str, ...]] = {
    "postfix": tuple(f"/var/spool/postfix/{queue}" for queue in ("maildrop", "incoming", "active", "deferred", "hold")),
    "sendmail-bin": ("/var/spool/mqueue", "/var/spool/mqueue-client"),
    "opensmtpd": ("/var/spool/smtpd/queue",),
    "nullmailer": ("/var/spool/nullmailer/queue",),
    "dma": ("/var/spool/dma",),
    "courier-mta": ("/var/lib/courier/msgq",),
}
# With sendmail, dma and courier, a message has several files; only that of the envelope counts.
ENVELOPES = {"sendmail-bin": r"qf", "dma": r"M", "courier-mta": r"C"}


# Of the settings in our drop-ins, those to which another drop-in adds unless it empties them first; it takes the place of the others.
ADDS = {
    *("After", "Before", "Wants", "ExecStartPost", "RuntimeDirectory", "OnCalendar"),
    *("AmbientCapabilities", "CapabilityBoundingSet"),
}
# Where systemd looks for drop-ins.
UNITS = ("/etc/systemd/system", "/run/systemd/system", "/usr/local/lib/systemd/system", "/usr/lib/systemd/system")


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
    """The settings of a configuration: the first non-empty group of each match, in the order of the file, each once."""
    found = re.finditer(pattern, text, re.MULTILINE)
    return list(dict.fromkeys(next(group for group in match.groups() if group) for match in found))


def drop_in_folders(unit: str) -> list[str]:
    """Where systemd looks for the drop-ins of a unit: its own folders, those of its name's beginnings, and of its type.

    unit: such as a-b.service, of which a-.service.d is read, too.
    """
    stem, kind = posixpath.splitext(unit)
    words = stem.split("-")
    starts = ["-".join(words[:count]) + "-" for count in range(len(words) - 1, 0, -1)]
    return [f"{place}/{name}{kind}.d" for place in UNITS for name in (stem, *starts)] + [
        f"{place}/{kind[1:]}.d" for place in UNITS
    ]


def later_drop_ins(ours: str, paths: Iterable[str]) -> list[str]:
    """Which drop-ins systemd reads after ours, in its order: by their names, of which the first path hides the others."""
    found: dict[str, str] = {}
    for path in paths:
        found.setdefault(posixpath.basename(path), path)
    return [path for name, path in sorted(found.items()) if name > posixpath.basename(ours)]


def overruled(ours: str, theirs: str) -> list[str]:
    """Names of the settings of a drop-in that a later one gives another value, or empties."""
    wanted = _assignments(ours)
    later = _assignments(theirs)
    emptied = {(section, key) for section, key, value in later if not value}
    last = {(section, key): value for section, key, value in later}
    mine = {(section, key): value for section, key, value in wanted}
    names = []
    for (section, key), value in mine.items():
        kind = key.partition(" ")[0]
        # where none is said ours stays, unless it is emptied
        said = last.get((section, key), None if (section, kind) in emptied else value)
        if said != value and (said is None or kind not in ADDS or (section, kind) in emptied):
            names.append(key)
    return names


def _assignments(text: str) -> list[tuple[str, str, str]]:
    """Section, setting and value of a unit's file, in its order; each variable of Environment is a setting."""
    section = ""
    found: list[tuple[str, str, str]] = []
    for line in re.sub(r"\\\n", " ", text).splitlines():
        line = line.strip()
        key, equals, value = (part.strip() for part in line.partition("="))
        if line.startswith("["):
            section = line.strip("[]")
        elif equals and not line.startswith(("#", ";")):
            if key == "Environment" and value:
                variables = [word.strip("\"'").partition("=") for word in value.split()]
                found += [(section, f"Environment {name}", content) for name, _equals, content in variables]
            else:
                found.append((section, key, value))
    return found


def mail_servers(packages: str) -> list[str]:
    """Packages of mail servers other than Exim.

    packages: lines of a name, an architecture, an abbreviated state and what it provides, separated by tabs, as dpkg-query
        writes them.
    """
    found = []
    for line in packages.splitlines():
        name, _architecture, state, provides = line.split("\t")
        words = [word.partition(" ")[0] for word in provides.split(", ")]
        # The second letter is the actual state, the first the wanted one.
        if state[1:2] not in "nc" and "mail-transport-agent" in words and not name.startswith("exim4"):
            found.append(name)
    return sorted(found)


def missing(wanted: list[str], packages: str, extended_states: str) -> list[str]:
    """Packages that are not installed for the host's architecture, or only for the sake of another package.

    wanted: as apt takes them; one with a version, an architecture or a pattern is never known to be there.
    packages: as for `mail_servers`.
    extended_states: apt's file of that name.
    """
    lines = [line.split("\t") for line in packages.splitlines()]
    native = [architecture for name, architecture, _state, _provides in lines if name == "dpkg"]
    # the third letter is an error
    installed = {
        name
        for name, architecture, state, _provides in lines
        if state[1:].rstrip() == "i" and architecture in ["all", *native]
    }
    dependencies = {
        line[len("Package: ") :]
        for stanza in extended_states.split("\n\n")
        if re.search("^Auto-Installed: 1$", stanza, re.MULTILINE)
        for line in stanza.splitlines()
        if line.startswith("Package: ")
    }
    return [name for name in wanted if name not in installed or name in dependencies]


def is_message(package: str, name: str) -> bool:
    """Whether a file in the queue of a mail server counts as a message."""
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
    """Decode an address of the kernel, which writes words of four bytes in reverse order."""
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
    """Whether a socket conflicts with one on the wanted addresses (none: all addresses)."""
    return not wanted or address in ALL or bool(ALL.intersection(wanted)) or address in wanted


def describe(port: int, pid: int, program: str, unit: str) -> str:
    """The owner of a port in words."""
    # such as a process in another container
    who = f"{program} ({', '.join(filter(None, [f'pid {pid}', unit]))})" if pid else "a process that is not to be seen"
    return f"{who} has port {port}"
