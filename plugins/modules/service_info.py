#!/usr/bin/python
# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: service_info
short_description: See whether services run, and know their configuration
version_added: 0.2.0
author: The listops.mailman contributors (@listops)
description:
  - Says of several units of systemd at once which are not as they shall be. A role that hears of none need not call
    M(ansible.builtin.systemd_service) for each of them.
  - A unit whose file or drop-in systemd has not read, or that was started or reloaded before one of its files was written, is what a run
    leaves that stopped before its handlers.
  - A file counts that is more than a second newer, since systemd shows whole seconds.
extends_documentation_fragment:
  - listops.mailman.attributes
attributes:
  check_mode:
    details:
      - It only looks. A file that is not there is passed over, which is an error otherwise.
  diff_mode:
    support: N/A
options:
  services:
    description: The units.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description: Its name, with its kind, such as C(cron.service).
        type: str
        required: true
      enabled:
        description: Whether it shall be started at boot; when omitted, both will do.
        type: bool
      active:
        description: Whether it shall run; when omitted, both will do.
        type: bool
      files:
        description: Files, and folders with what is in them, that it reads when it is started or reloaded.
        type: list
        elements: path
        default: []
      start_files:
        description: The same of what it reads only when it is started.
        type: list
        elements: path
        default: []
      user:
        description: The user who looks at the files, where a path leads through a folder of the service.
        type: str
"""

EXAMPLES = r"""
- name: See whether Exim runs, and knows its configuration
  listops.mailman.service_info:
    services:
      - name: exim4.service
        enabled: true
        active: true
        files: [/etc/exim4/exim4.conf]
        start_files: [/etc/default/exim4]
  register: exim
"""

RETURN = r"""
unsettled:
  description: The units that are not enabled or active as they shall be, or are in one of the other lists.
  returned: success
  type: list
  elements: str
  sample: [exim4.service]
outdated:
  description: The units of which a file is newer than their last start or reload.
  returned: success
  type: list
  elements: str
  sample: [exim4.service]
unread:
  description: The units of which systemd has not read the present files.
  returned: success
  type: list
  elements: str
  sample: []
newer:
  description: Of each unit of O(services), the files that are newer than its last start or reload.
  returned: success
  type: dict
  sample: {"exim4.service": ["/etc/exim4/exim4.conf"]}
"""

from typing import Any

from ansible.module_utils.basic import AnsibleModule

PROPERTIES = (
    "ActiveState",
    "UnitFileState",
    "NeedDaemonReload",
    "StateChangeTimestamp",
    "ActiveEnterTimestamp",
)
ENABLED = {True: "enabled", False: "disabled"}
ACTIVE = {True: "active", False: "inactive"}


def states(shown: str) -> list[dict[str, str]]:
    """What systemctl shows of each unit, in their order."""
    return [dict(line.split("=", 1) for line in block.splitlines()) for block in shown.strip("\n").split("\n\n")]


def differs(wanted: bool | None, words: dict[bool, str], state: str) -> bool:
    return wanted is not None and state != words[wanted]


class Look:
    """Looks by programs of the host."""

    def __init__(self, module: AnsibleModule) -> None:
        self.module = module

    def show(self, names: list[str]) -> list[dict[str, str]]:
        argv = ["systemctl", "show", "--property={0}".format(",".join(PROPERTIES)), "--", *names]
        _status, shown, _error = self.module.run_command(argv, check_rc=True, environ_update={"TZ": "UTC"})
        return states(shown)

    def newer(self, files: list[str], moment: str, user: str | None) -> list[str]:
        """Files that are newer than a moment; of a link both itself and where it leads."""
        if not files or not moment:
            return []
        found = []
        for follow in ("-P", "-H"):
            argv = ["runuser", "-u", user, "--"] if user else []
            argv += ["find", follow, *files, "-newermt", "1 second {0}".format(moment)]
            status, paths, error = self.module.run_command(argv, cwd="/")
            # before the first run files may not be there yet
            if status and not self.module.check_mode:
                self.module.fail_json(msg=error.strip() or "find failed: {0}".format(status))
            found += paths.splitlines()
        return list(dict.fromkeys(found))


def main() -> None:
    module = AnsibleModule(
        argument_spec=dict(
            services=dict(
                type="list",
                elements="dict",
                required=True,
                options=dict(
                    name=dict(type="str", required=True),
                    enabled=dict(type="bool"),
                    active=dict(type="bool"),
                    files=dict(type="list", elements="path", default=[]),
                    start_files=dict(type="list", elements="path", default=[]),
                    user=dict(type="str"),
                ),
            )
        ),
        supports_check_mode=True,
    )
    look = Look(module)
    services: list[dict[str, Any]] = module.params["services"]
    unsettled, outdated, unread = [], [], []
    newer = {}
    for service, state in zip(services, look.show([service["name"] for service in services])):
        name, user = service["name"], service["user"]
        found = look.newer(service["files"], state["StateChangeTimestamp"], user)
        found += look.newer(service["start_files"], state["ActiveEnterTimestamp"], user)
        newer[name] = list(dict.fromkeys(found))
        if state["NeedDaemonReload"] == "yes":
            unread.append(name)
        if newer[name]:
            outdated.append(name)
        if (
            name in outdated + unread
            or differs(service["enabled"], ENABLED, state["UnitFileState"])
            or differs(service["active"], ACTIVE, state["ActiveState"])
        ):
            unsettled.append(name)
    module.exit_json(unsettled=unsettled, outdated=outdated, unread=unread, newer=newer)


if __name__ == "__main__":
    main()
