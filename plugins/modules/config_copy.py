#!/usr/bin/python
# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: config_copy
short_description: Keep copies of configuration files that somebody else wrote
version_added: 0.2.0
author: The listops.mailman contributors (@listops)
description:
  - Run it before a role replaces configuration files. It copies each file that is neither as its package installed it nor written by the
    role, once for each content, and returns it with the settings that the new file does not have.
  - A copy has the owner and the permissions of the file from the beginning.
  - Contents and values are not shown, since they may be secrets.
extends_documentation_fragment:
  - listops.mailman.attributes
attributes:
  diff_mode:
    support: none
    details:
      - The files may have secrets in them.
  idempotent:
    details:
      - The name of a copy has the beginning of its content's SHA-1, so that each content is copied once.
options:
  files:
    description: The files.
    type: list
    elements: dict
    required: true
    suboptions:
      path:
        description: The file. A missing file is skipped. The target of a symbolic link is copied.
        type: path
        required: true
      mark:
        description: A text that only the role writes into O(files[].mark_path). A file with it was written by the role.
        type: str
        required: true
      mark_path:
        description: The file to search for O(files[].mark), when it is not O(files[].path).
        type: path
      setting:
        description: A regular expression with a group that matches the name of a setting. V(^) and V($) match at each line.
        type: str
      content:
        description: The new content of the file. Settings that it has are not returned.
        type: str
        default: ""
"""

EXAMPLES = r"""
- name: Keep a copy of an operator's exim4.conf
  listops.mailman.config_copy:
    files:
      - path: /etc/exim4/exim4.conf
        mark: "# Mail server of a mailing-list host."
        setting: '^([a-z_]+) *='
        content: "{{ lookup('ansible.builtin.template', 'exim4.conf.j2') }}"
"""

RETURN = r"""
foreign:
  description: The files that somebody else wrote or changed.
  returned: success
  type: list
  elements: dict
  contains:
    path:
      description: The file.
      type: str
    kept:
      description: The copy.
      type: str
    settings:
      description: Names of settings that are not in O(files[].content).
      type: list
      elements: str
  sample: [{path: /etc/exim4/exim4.conf, kept: /etc/exim4/exim4.conf.1a2b3c4d~, settings: [dns_ipv4_lookup]}]
"""

import hashlib
import os
import stat
from typing import Any, NamedTuple

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.listops.mailman.plugins.module_utils import _foreign as foreign
from ansible_collections.listops.mailman.plugins.module_utils import _nofollow as nofollow
from ansible_collections.listops.mailman.plugins.module_utils import _packages as packages


def sums(module: AnsibleModule) -> dict[str, set[str]]:
    """The MD5 sums that packages gave to their files."""
    hashes = nofollow.read_file("/var/lib/ucf/hashfile")
    return packages.sums(module, hashes[0].decode() if hashes else "")


class Foreign(NamedTuple):
    """A file that somebody else wrote. said: what the module returns of it."""

    said: dict[str, Any]
    data: bytes
    there: os.stat_result

    def keep(self) -> None:
        """Write the copy, with the owner, permissions and times of the file."""
        place, name = os.path.split(self.said["kept"])
        owner = nofollow.Owner(self.there.st_uid, self.there.st_gid, stat.S_IMODE(self.there.st_mode) & 0o777)
        with nofollow.opened(place) as folder, nofollow.replacing(folder, name, owner) as stream:
            stream.write(self.data)
            stream.flush()
            os.utime(stream.fileno(), (self.there.st_atime, self.there.st_mtime))


def look(entry: dict[str, Any], known: dict[str, set[str]]) -> Foreign | None:
    """The file, if somebody else wrote it."""
    path = entry["path"]
    found = nofollow.read_file(path)
    marked = nofollow.read_file(entry["mark_path"]) if entry["mark_path"] else found
    if found is None or (marked is not None and entry["mark"].encode() in marked[0]):
        return None
    data, there = found
    # dpkg and ucf keep MD5 sums
    digest = hashlib.md5(data, usedforsecurity=False).hexdigest()
    # an empty one is what an interrupted run left that was to write it
    if not data.strip() or digest in known.get(path, ()) or data == entry["content"].encode():
        return None
    text = data.decode("utf-8", errors="replace")
    names = foreign.settings(text, entry["setting"]) if entry["setting"] else []
    new = set(foreign.settings(entry["content"], entry["setting"])) if entry["setting"] else set()
    kept = f"{path}.{hashlib.sha1(data, usedforsecurity=False).hexdigest()[:8]}~"
    return Foreign({"path": path, "kept": kept, "settings": [name for name in names if name not in new]}, data, there)


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "files": {
                "type": "list",
                "elements": "dict",
                "required": True,
                "options": {
                    "path": {"type": "path", "required": True},
                    "mark": {"type": "str", "required": True},
                    "mark_path": {"type": "path"},
                    "setting": {"type": "str"},
                    "content": {"type": "str", "default": ""},
                },
            }
        },
        supports_check_mode=True,
    )
    try:
        known = sums(module)
        found = [file for file in (look(entry, known) for entry in module.params["files"]) if file]
        missing = [file for file in found if nofollow.read_file(file.said["kept"]) is None]
        for file in [] if module.check_mode else missing:
            try:
                file.keep()
            except OSError as exc:
                module.fail_json(msg="{path} cannot be copied to {kept}: {0}".format(exc.strerror, **file.said))
    except nofollow.Unsafe as exc:
        module.fail_json(msg=str(exc))
    module.exit_json(changed=bool(missing), foreign=[file.said for file in found])


if __name__ == "__main__":
    main()
