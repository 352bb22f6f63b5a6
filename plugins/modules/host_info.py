#!/usr/bin/python
# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: host_info
short_description: Find services of a host that conflict with a list server
version_added: 0.2.0
author: The listops.mailman contributors (@listops)
description:
  - Returns which processes listen on ports, and which mail servers other than Exim are installed, with their queues.
  - Returns which packages and files are missing, so that a role calls other modules only where there is something to do.
  - The roles of this collection stop before they take a port, or remove a mail server, that is in use.
  - It also answers questions of M(listops.mailman.preflight) that only the host can answer.
extends_documentation_fragment:
  - listops.mailman.attributes
attributes:
  check_mode:
    details:
      - It only looks.
  diff_mode:
    support: N/A
options:
  ports:
    description: TCP ports to check.
    type: list
    elements: int
    default: []
  addresses:
    description: The addresses on which O(ports) are needed. Empty for all.
    type: list
    elements: str
    default: []
  own:
    description: Names of units and programs that may listen on O(ports).
    type: list
    elements: str
    default: []
  calendars:
    description: Calendar events, such as C(daily), for systemd to check.
    type: list
    elements: str
    default: []
    version_added: 0.2.0
  timespans:
    description: Time spans, such as C(5min), for systemd to check.
    type: list
    elements: str
    default: []
    version_added: 0.2.0
  packages:
    description: Packages that should be installed, as M(ansible.builtin.apt) takes them.
    type: list
    elements: str
    default: []
    version_added: 0.2.0
  files:
    description: Paths that should exist.
    type: list
    elements: str
    default: []
    version_added: 0.2.0
  key_pairs:
    description: Pairs of paths, of a certificate and its key, that should match.
    type: list
    elements: list
    default: []
    version_added: 0.2.0
  drop_ins:
    description: Drop-ins of systemd's units. Others of the same units are looked at that systemd reads after them.
    type: list
    elements: dict
    default: []
    version_added: 0.2.0
    suboptions:
      path:
        description: Where it is or will be, such as C(/etc/systemd/system/a.service.d/b.conf).
        type: path
        required: true
      content:
        description: What it says or will say.
        type: str
        required: true
"""

EXAMPLES = r"""
- name: See who has the ports of the web
  listops.mailman.host_info:
    ports: [80, 443]
    own: [apache2.service]
  register: host
"""

RETURN = r"""
taken:
  description: Which other process listens on which of O(ports).
  returned: success
  type: list
  elements: str
  sample: ["nginx (pid 812, nginx.service) has port 80"]
mail_servers:
  description: Mail servers that are installed, without Exim.
  returned: success
  type: list
  elements: dict
  contains:
    package:
      description: The package.
      type: str
    said:
      description: The package and its queue in a few words.
      type: str
    queue:
      description: The directories in which its mail waits, empty when it has none or is not known.
      type: list
      elements: str
    messages:
      description: How many messages wait there.
      type: int
  sample:
    - package: postfix
      queue: [/var/spool/postfix/deferred]
      messages: 3
      said: postfix, with 3 messages in /var/spool/postfix/deferred
unreadable_times:
  description: Which of O(calendars) and O(timespans) systemd cannot read, and what it says.
  returned: success
  type: dict
  sample: {"daily at 3": "Failed to parse calendar specification"}
missing_packages:
  description:
    - Which of O(packages) are not installed, or are installed only because another package needs them.
    - A package with a version, an architecture or a pattern is always among them.
  returned: success
  type: list
  elements: str
missing_files:
  description: Which of O(files) do not exist.
  returned: success
  type: list
  elements: str
later_drop_ins:
  description: Drop-ins that change what one of O(drop_ins) says.
  returned: success
  type: list
  elements: dict
  contains:
    path:
      description: The drop-in.
      type: str
    ours:
      description: The one of O(drop_ins).
      type: str
    settings:
      description: Names of the settings that it changes.
      type: list
      elements: str
  sample:
    - path: /etc/systemd/system/a.service.d/override.conf
      ours: /etc/systemd/system/a.service.d/b.conf
      settings: [ExecStart]
wrong_keys:
  description: Keys of O(key_pairs) that do not match their certificate or need a passphrase, with the error.
  returned: success
  type: dict
"""

import glob
import os
import ssl

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.listops.mailman.plugins.module_utils import _foreign as foreign


def read(path: str) -> str:
    """A file's text; empty when it is not there, or no longer."""
    try:
        with open(path, encoding="utf-8", errors="replace") as stream:
            return stream.read()
    except OSError:
        return ""


def holders(inodes: set[str]) -> dict[str, list[int]]:
    """The processes that have sockets open."""
    found: dict[str, list[int]] = {}
    for entry in glob.glob("/proc/[0-9]*/fd/*"):
        try:
            target = os.readlink(entry)
        except OSError:
            continue
        inode = target[len("socket:[") : -1] if target.startswith("socket:[") else ""
        if inode in inodes:
            found.setdefault(inode, []).append(int(entry.split("/")[2]))
    return found


def who_listens(ports: list[int], addresses: list[str], own: list[str]) -> list[str]:
    """Other processes that have a port, in words."""
    sockets = [
        socket
        for table in ("/proc/net/tcp", "/proc/net/tcp6")
        for socket in foreign.listeners(read(table))
        if socket.port in ports and foreign.overlap(socket.address, addresses)
    ]
    processes = holders({socket.inode for socket in sockets})
    said = []
    for socket in sockets:
        # the first process is the one that the others come from
        pid = min(processes.get(socket.inode, [0]))
        program, unit = read(f"/proc/{pid}/comm").strip(), foreign.unit(read(f"/proc/{pid}/cgroup"))
        if not {program, unit} & set(own):
            said.append(foreign.describe(socket.port, pid, program, unit))
    return list(dict.fromkeys(said))


def packages(module: AnsibleModule) -> str:
    """What dpkg knows, as the functions that read it want it."""
    program = module.get_bin_path("dpkg-query", required=True)
    show = "${Package}\t${Architecture}\t${db:Status-Abbrev}\t${Provides}\n"
    _status, known, _error = module.run_command([program, "--show", f"--showformat={show}"], check_rc=True)
    return str(known)


def mail_servers(known: str) -> list[dict[str, object]]:
    said: list[dict[str, object]] = []
    for package in foreign.mail_servers(known):
        queue = [folder for folder in foreign.QUEUES.get(package, ()) if os.path.isdir(folder)]
        messages = sum(
            foreign.is_message(package, name)
            for folder in queue
            for _folder, _folders, names in os.walk(folder)
            for name in names
        )
        words = f"{package}, with {messages} messages in {', '.join(queue)}" if queue else package
        said.append({"package": package, "queue": queue, "messages": messages, "said": words})
    return said


def unreadable_times(module: AnsibleModule, kind: str, times: list[str]) -> dict[str, str]:
    """What systemd says of times that it cannot read."""
    said = {}
    for time in times:
        status, _output, error = module.run_command(["systemd-analyze", kind, "--", time])
        if status:
            said[time] = error.strip()
    return said


def wrong_key(certificate: str, key: str) -> str:
    """Why a key does not open as its certificate's, empty where it does."""
    try:
        # an empty passphrase, or the library would ask for one
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(certificate, key, password="")
    except (OSError, ValueError) as exc:
        return str(exc)
    return ""


def later_drop_ins(drop_ins: list[dict[str, str]]) -> list[dict[str, object]]:
    """Drop-ins of the same units that change what these say."""
    said: list[dict[str, object]] = []
    for entry in drop_ins:
        unit = os.path.basename(os.path.dirname(entry["path"]))[: -len(".d")]
        paths = [
            path
            for folder in foreign.drop_in_folders(unit)
            for path in sorted(glob.glob(os.path.join(glob.escape(folder), "*.conf")))
        ]
        for path in foreign.later_drop_ins(entry["path"], paths):
            names = foreign.overruled(entry["content"], read(path))
            if names:
                said.append({"path": path, "ours": entry["path"], "settings": names})
    return said


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "ports": {"type": "list", "elements": "int", "default": []},
            "addresses": {"type": "list", "elements": "str", "default": []},
            "own": {"type": "list", "elements": "str", "default": []},
            "calendars": {"type": "list", "elements": "str", "default": []},
            "timespans": {"type": "list", "elements": "str", "default": []},
            "packages": {"type": "list", "elements": "str", "default": []},
            "files": {"type": "list", "elements": "str", "default": []},
            "key_pairs": {"type": "list", "elements": "list", "default": [], "no_log": False},
            "drop_ins": {
                "type": "list",
                "elements": "dict",
                "default": [],
                "options": {"path": {"type": "path", "required": True}, "content": {"type": "str", "required": True}},
            },
        },
        supports_check_mode=True,
    )
    taken = who_listens(module.params["ports"], module.params["addresses"], module.params["own"])
    known = packages(module)
    pairs = {key: wrong_key(certificate, key) for certificate, key in module.params["key_pairs"]}
    module.exit_json(
        taken=taken,
        mail_servers=mail_servers(known),
        unreadable_times={
            **unreadable_times(module, "calendar", module.params["calendars"]),
            **unreadable_times(module, "timespan", module.params["timespans"]),
        },
        later_drop_ins=later_drop_ins(module.params["drop_ins"]),
        missing_packages=foreign.missing(module.params["packages"], known, read("/var/lib/apt/extended_states")),
        missing_files=[path for path in module.params["files"] if not os.path.exists(path)],
        wrong_keys={key: said for key, said in pairs.items() if said},
    )


if __name__ == "__main__":
    main()
