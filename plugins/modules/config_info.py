#!/usr/bin/python
# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: config_info
short_description: Read the configuration of a list server
version_added: 0.2.0
author: The listops.mailman contributors (@listops)
description:
  - Reads what Mailman 3, Mailman 2.1, Exim, Apache, SpamAssassin and their neighbours are configured with, also the files that they name,
    such as those with aliases. Nothing is run.
  - The files have passwords in them. Give the task C(no_log=true).
  - A symbolic link is followed only if nobody but root could have made it; what a file names is read only if nobody but root could have
    written that file.
  - The playbook C(listops.mailman.adopt) uses it, with M(listops.mailman.adopt).
extends_documentation_fragment:
  - listops.mailman.attributes
attributes:
  check_mode:
    details:
      - It only looks.
  diff_mode:
    support: N/A
options:
  mailman_prefix:
    description: Where Mailman 2.1 is. Without it, the usual places are looked at.
    type: path
"""

EXAMPLES = r"""
- name: Read the configuration
  listops.mailman.config_info:
  register: host
  no_log: true
"""

RETURN = r"""
files:
  description: What each file says, by path. A file that is larger than 1 MiB is not read.
  returned: success
  type: dict
packaged:
  description: Those of RV(files) that are as their package installed them.
  returned: success
  type: list
  elements: str
unread:
  description: Files that were not read, and why.
  returned: success
  type: dict
  sample: {/etc/exim4/aliases/lists.example.org: it is larger than 1024 KiB}
digest_users:
  description: Users of the files for Apache's digest authentication, by path; their passwords stay where they are.
  returned: success
  type: dict
  sample: {/etc/apache2/arbcom-l.htdigest: [{name: alice, realm: arbcom-l archive}]}
archives:
  description: Names of the lists of which Mailman 2.1 has an archive.
  returned: success
  type: list
  elements: str
mail_servers:
  description: Packages of mail servers other than Exim.
  returned: success
  type: list
  elements: str
"""

import hashlib

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.listops.mailman.plugins.module_utils import _configuration as configuration
from ansible_collections.listops.mailman.plugins.module_utils import _packages as packages

UCF = "/var/lib/ucf/hashfile"
ARCHIVES = "/var/lib/mailman/archives/private"


def main() -> None:
    module = AnsibleModule(argument_spec={"mailman_prefix": {"type": "path"}}, supports_check_mode=True)
    try:
        known = packages.sums(module, configuration.text(configuration.content(UCF)[0]))
    except (OSError, configuration.NotRead):
        known = packages.sums(module, "")
    found = configuration.read((module.params["mailman_prefix"] or "").rstrip("/"))
    module.exit_json(
        files=found.files,
        packaged=[
            path
            for path, data in found.contents.items()
            # dpkg and ucf keep MD5 sums
            if hashlib.md5(data, usedforsecurity=False).hexdigest() in known.get(path, ())
        ],
        unread=found.unread,
        digest_users={
            path: [{"name": name, "realm": realm} for name, realm in users] for path, users in found.users.items()
        },
        archives=[name for name in configuration.names_in(ARCHIVES) if not name.endswith(".mbox")],
        mail_servers=packages.mail_servers(module),
    )


if __name__ == "__main__":
    main()
