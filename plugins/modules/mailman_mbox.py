#!/usr/bin/python
# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: mailman_mbox
short_description: Write the archives of mailing lists to mbox files
version_added: 0.2.0
author: The listops.mailman contributors (@listops)
description:
  - Writes one file for each list on the host, C(ADDRESS.mbox), with every message of its archive, the oldest first. External archives
    can import such a file for the time before they got the posts of a list.
  - From HyperKitty the messages are those of its own download, with their attachments. From Pipermail the file is the list's mbox, in which
    lines that look like the beginning of a message are quoted.
  - A file with the same content is left alone.
  - A message that HyperKitty cannot write is left out, with a warning that names it. Messages with line breaks in headers are written.
extends_documentation_fragment:
  - listops.mailman.attributes
  - listops.mailman.mailman
  - listops.mailman.web
attributes:
  diff_mode:
    support: none
    details: What differs is mail.
options:
  lists:
    description: The lists, as V(name) or V(name@domain). They must exist.
    type: list
    elements: str
    required: true
    aliases: [list]
  domain:
    description: The domain of lists whose name has none. Not needed when Mailman has only one.
    type: str
  directory:
    description: An existing folder for the files. They are readable by their owner only.
    type: path
    required: true
  allow_private:
    description: Whether lists whose archive is not public may be among O(lists). They are refused before anything is written otherwise.
    type: bool
    default: false
seealso:
  - module: listops.mailman.mailman_list
"""

EXAMPLES = r"""
- name: What was posted so far
  listops.mailman.mailman_mbox:
    lists: [wikitech-l]
    directory: /root/backfill
"""

RETURN = r"""
files:
  description: The files, in the order of the lists.
  returned: success
  type: list
  elements: dict
  sample: [{"list": "wikitech-l@lists.example.org", "path": "/root/backfill/wikitech-l@lists.example.org.mbox", "messages": 202}]
left_out:
  description: Messages that are in none of the files.
  returned: success
  type: list
  elements: dict
  sample: [{"list": "wikitech-l@lists.example.org", "message_id": "1234@example.net", "reason": "IndexError: list index out of range"}]
"""

import errno
import hashlib
import os
import shutil
import stat
import tempfile
from typing import Any, BinaryIO, Iterator, Mapping, Sequence

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.listops.mailman.plugins.module_utils import _nofollow as nofollow
from ansible_collections.listops.mailman.plugins.module_utils import _visible as visible
from ansible_collections.listops.mailman.plugins.module_utils._archives.select import open_archive
from ansible_collections.listops.mailman.plugins.module_utils._argspec import (
    CONNECTION_SPEC,
    WEB_SPEC,
    Connection,
    WebInterface,
)
from ansible_collections.listops.mailman.plugins.module_utils._backends.base import ListState
from ansible_collections.listops.mailman.plugins.module_utils._backends.select import open_backend
from ansible_collections.listops.mailman.plugins.module_utils._errors import HostError, failure
from ansible_collections.listops.mailman.plugins.module_utils._lists import model
from ansible_collections.listops.mailman.plugins.module_utils._lists.server_info import ServerInfo
from ansible_collections.listops.mailman.plugins.module_utils._lists.vocabulary import Invalid


def checksum(stream: BinaryIO) -> str:
    found = hashlib.sha256()
    for part in iter(lambda: stream.read(1 << 20), b""):
        found.update(part)
    return found.hexdigest()


def export(module: AnsibleModule, lines: Iterator[bytes], folder: int, name: str) -> tuple[int, bool]:
    """Write lines to a file of an open folder, if it is to be another; how many messages they are, and whether it is or would be."""
    count = 0
    with tempfile.TemporaryFile(dir=module.tmpdir) as made:
        for line in lines:
            count += line.startswith(b"From ")
            made.write(line)
        made.seek(0)
        owner, same = nofollow.Owner(os.geteuid(), os.getegid(), 0o600), False
        try:
            descriptor = nofollow.open_entry(folder, name)
        except OSError as exc:
            # a link is replaced, too
            if exc.errno not in (errno.ENOENT, errno.ELOOP):
                raise
        else:
            with open(descriptor, "rb") as present:
                there = os.fstat(descriptor)
                owner = owner._replace(uid=there.st_uid, gid=there.st_gid)
                same = stat.S_IMODE(there.st_mode) == owner.mode and checksum(present) == checksum(made)
        if not same and not module.check_mode:
            made.seek(0)
            with nofollow.replacing(folder, name, owner) as stream:
                shutil.copyfileobj(made, stream)
    return count, not same


def chosen(info: ServerInfo, lists: Mapping[str, ListState], params: Mapping[str, Any]) -> list[str]:
    """Posting addresses of the lists that were asked for; Invalid for one that is not there, or not public."""
    names = model.chosen_lists(params["lists"], params["domain"], info.domains)
    for name in names:
        if name not in lists:
            raise Invalid("list {0} does not exist: give a list of this Mailman".format(name))
        policy = lists[name]["settings"]["archive_policy"]
        if policy != "public" and not params["allow_private"]:
            raise Invalid(
                "list {0} has archive_policy {1}: give lists whose archive is public, or allow_private: true".format(
                    name, policy
                )
            )
    return list(dict.fromkeys(names))


def main() -> None:
    module = AnsibleModule(
        argument_spec=dict(
            lists=dict(type="list", elements="str", required=True, aliases=["list"]),
            domain=dict(type="str"),
            directory=dict(type="path", required=True),
            allow_private=dict(type="bool", default=False),
            **CONNECTION_SPEC,
            **WEB_SPEC,
        ),
        supports_check_mode=True,
    )
    params = module.params
    files = []
    left_out: Sequence[Mapping[str, str]] = []
    changed = False
    try:
        folder = nofollow.open_folder(params["directory"])
    except (FileNotFoundError, NotADirectoryError):
        module.fail_json(msg="directory is {0!r}: give a folder that exists".format(params["directory"]))
    except nofollow.Unsafe as exc:
        module.fail_json(msg=str(exc))
    try:
        with open_backend(Connection.of(params), readonly=True) as backend:
            lists = backend.read(settings=["archive_policy"], rosters=[])
            names = chosen(backend.info, lists, params)
            with open_archive(backend, WebInterface.of(params)) as archive:
                for name in names:
                    file = name + ".mbox"
                    path = os.path.join(params["directory"], file)
                    try:
                        count, differs = export(module, archive.lines(name), folder, file)
                    except OSError as exc:
                        raise HostError("{0} cannot be written: {1}".format(path, exc.strerror)) from exc
                    changed |= differs
                    files.append({"list": name, "path": path, "messages": count})
                left_out = archive.left_out
    except (Invalid, HostError) as exc:
        module.fail_json(**failure(exc))
    for each in left_out:
        sentence = "{list}: message {message_id} is not in the file, HyperKitty cannot write it ({reason})".format(
            **each
        )
        module.warn(visible.sentence(sentence))
    module.exit_json(changed=changed, files=files, left_out=left_out)


if __name__ == "__main__":
    main()
