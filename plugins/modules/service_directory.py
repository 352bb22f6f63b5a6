#!/usr/bin/python
# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: service_directory
short_description: Create a directory of a service's user, and set the owner of its content
version_added: 0.2.0
author: The listops.mailman contributors (@listops)
description:
  - Creates a directory below directories that belong to a service, and gives it to the service's user, with its content if you want.
  - It follows nothing that such a user can put there, before or while it runs. Each step starts at an open directory, and
    symbolic links are followed only where nobody but root can have made them.
  - M(ansible.builtin.file) follows paths, and would give away any file that their user makes them lead to.
  - Symbolic links, pipes, sockets, devices, files with more than one name, and mounts below the directory are left as they are.
extends_documentation_fragment:
  - listops.mailman.attributes
attributes:
  diff_mode:
    support: full
options:
  path:
    description: Absolute path of the directory. Missing parent directories are created, and belong to root.
    type: path
    required: true
  owner:
    description: The user that owns it.
    type: str
    required: true
  group:
    description: The group that owns it.
    type: str
    required: true
  mode:
    description:
      - Permissions of the directory, an octal number in quotes, V("0750").
      - When omitted, a new directory gets V("0755"), and an existing one keeps its own.
      - With O(recurse=true) directories in it get the same permissions, and files those without execution.
    type: str
  recurse:
    description: Whether files and directories in it get the same owner and group.
    type: bool
    default: false
  tmpfs:
    description:
      - Mount a tmpfs with these options on the directory, unless something is mounted there.
      - Use M(ansible.posix.mount) to mount it at later boots, and to change its options.
    type: str
seealso:
  - module: ansible.builtin.file
"""

EXAMPLES = r"""
- name: Give the web interface its search index
  listops.mailman.service_directory:
    path: /var/lib/mailman3/web/fulltext_index
    owner: www-data
    group: www-data
    recurse: true
"""

RETURN = r"""
path:
  description: The path as it was given.
  returned: success
  type: str
  sample: /var/lib/mailman3/web/fulltext_index
given:
  description: Paths that had another owner or mode.
  returned: success
  type: list
  elements: str
  sample: [/var/lib/mailman3/web/fulltext_index/MAIN_WRITELOCK]
mounted:
  description: Whether a tmpfs was or would be mounted.
  returned: success
  type: bool
  sample: false
"""

import os
import subprocess
from typing import Any, Mapping

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.listops.mailman.plugins.module_utils import _nofollow as nofollow


def wanted(params: Mapping[str, Any]) -> nofollow.Owner:
    return nofollow.owner(params["owner"], params["group"], params["mode"])


def is_mounted(folder: int) -> bool:
    """Whether something is mounted on an open directory."""
    return os.fstat(folder).st_dev != os.stat("..", dir_fd=folder).st_dev


def mount(folder: int, options: str) -> None:
    # On the directory that is open, and not on what its path leads to by now.
    argv = ["mount", "--no-canonicalize", "-t", "tmpfs", "-o", options, "tmpfs", "."]
    here = "/proc/self/fd/{0}".format(folder)
    done = subprocess.run(
        argv, cwd=here, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, pass_fds=[folder], check=False
    )
    if done.returncode:
        raise ValueError("mount failed: {0}".format(done.stdout.decode("utf-8", "replace").strip()))


def bring_about(params: Mapping[str, Any], check_mode: bool) -> dict[str, Any]:
    path = os.path.normpath(params["path"])
    if not os.path.isabs(path) or path == "/":
        raise ValueError("path is {0!r}: give the absolute path of a directory.".format(params["path"]))
    given = []
    mounted = False
    made = False
    try:
        folder = nofollow.open_folder(path)
    except FileNotFoundError:
        made = True
        given.append(path)
        if check_mode:
            # The user may be made by this very run.
            return result(path, given, made, bool(params["tmpfs"]))
        owner = wanted(params)
        folder = nofollow.make_folder(path, owner)
    try:
        if not made:
            owner = wanted(params)
        if nofollow.differs(os.fstat(folder), owner, owner.mode):
            given.append(path)
            if not check_mode:
                nofollow.give(folder, owner)
        if params["recurse"]:
            given.extend(nofollow.give_contents(folder, path, owner, check_mode=check_mode))
        if params["tmpfs"] and not is_mounted(folder):
            mounted = True
            if not check_mode:
                mount(folder, params["tmpfs"])
    finally:
        os.close(folder)
    return result(path, given, made, mounted)


def result(path: str, given: list[str], made: bool, mounted: bool) -> dict[str, Any]:
    before = "".join(
        "{0}: {1}\n".format(name, "absent" if made and name == path else "other owner or mode") for name in given
    )
    after = "".join("{0}: as declared\n".format(name) for name in given)
    if mounted:
        before, after = before + "{0}: not mounted\n".format(path), after + "{0}: tmpfs\n".format(path)
    return {
        "changed": bool(given) or mounted,
        "path": path,
        "given": given,
        "mounted": mounted,
        "diff": {"before_header": path, "after_header": path, "before": before, "after": after},
    }


def main() -> None:
    module = AnsibleModule(
        argument_spec=dict(
            path=dict(type="path", required=True),
            owner=dict(type="str", required=True),
            group=dict(type="str", required=True),
            mode=dict(type="str"),
            recurse=dict(type="bool", default=False),
            tmpfs=dict(type="str"),
        ),
        supports_check_mode=True,
    )
    try:
        done = bring_about(module.params, module.check_mode)
    except (ValueError, nofollow.Unsafe) as exc:
        module.fail_json(msg=str(exc))
    except OSError as exc:
        module.fail_json(msg="{0}: {1}".format(exc.filename or module.params["path"], exc.strerror))
    module.exit_json(**done)


if __name__ == "__main__":
    main()
