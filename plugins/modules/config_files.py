#!/usr/bin/python
# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: config_files
short_description: Install the directories, files and templates of a service in one call
version_added: 0.2.0
author: The listops.mailman contributors (@listops)
description:
  - Does for many files what M(ansible.builtin.file), M(ansible.builtin.copy) and M(ansible.builtin.template) do for one, which take two
    calls to the host for each that is as it should be.
  - Templates are rendered on the controller, and all is sent to the host at once. There directories come first, then files, in their order.
    Each file is validated, and replaced whole; what fails leaves it and those after it as they were.
  - A file has its owner and permissions before it has its content, so that nobody may read a secret for a moment.
  - Each path is gone from one open directory to the next, and symbolic links are followed only where nobody but root could have put
    them. One that is in the place of a file is replaced.
extends_documentation_fragment:
  - listops.mailman.attributes
attributes:
  check_mode:
    details:
      - Nothing is validated. A directory, a user or a group that is not there may be one that the run would make.
  diff_mode:
    support: full
options:
  directories:
    description: The directories. Those that they are in and that are missing are made, and belong to root.
    type: list
    elements: dict
    default: []
    suboptions:
      path:
        description: Its absolute path.
        type: str
        required: true
      owner:
        description: The user to whom it belongs.
        type: str
        default: root
      group:
        description: The group to which it belongs.
        type: str
        default: root
      mode:
        description: Its permissions, an octal number in quotes.
        type: str
        default: "0755"
  files:
    description: The files. Each has one of O(files[].src), O(files[].template) and O(files[].content).
    type: list
    elements: dict
    default: []
    suboptions:
      path:
        description: Its absolute path.
        type: str
        required: true
      src:
        description: A file on the controller, looked for where M(ansible.builtin.copy) does.
        type: str
      template:
        description: A template on the controller, looked for where M(ansible.builtin.template) does.
        type: str
      variables:
        description: Variables for O(files[].template), beside those of the task.
        type: dict
        default: {}
      content:
        description: The content.
        type: str
      owner:
        description: The user to whom it belongs.
        type: str
        default: root
      group:
        description: The group to which it belongs.
        type: str
        default: root
      mode:
        description: Its permissions, an octal number in quotes.
        type: str
        default: "0644"
      validate:
        description: A command that fails where the new content is wrong; V(%s) stands for a file with it, which only root can read.
        type: str
      replace:
        description: Whether one that is there is given the content; otherwise it only gets its owner and permissions.
        type: bool
        default: true
      show:
        description: Whether differences are shown; not to be done of secrets.
        type: bool
        default: true
  _contents:
    description: What O(files[].src), O(files[].template) and O(files[].content) come to. The action plugin of this module says it.
    type: str
seealso:
  - module: listops.mailman.config_copy
  - module: listops.mailman.service_directory
"""

EXAMPLES = r"""
- name: Configure the dump
  listops.mailman.config_files:
    directories:
      - path: /var/backups/listops
        mode: "0700"
    files:
      - path: /usr/local/sbin/listops-dump
        src: listops-dump
        mode: "0755"
      - path: /etc/listops/backup.json
        template: backup.json.j2
        validate: /usr/local/sbin/listops-dump --config %s --check
"""

RETURN = r"""
paths:
  description: The directories and files that were or would be changed.
  returned: success, and failure after the first
  type: list
  elements: str
  sample: [/etc/listops/backup.json]
"""

import base64
import json
import os
import stat
import tempfile
import zlib
from typing import Any

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.listops.mailman.plugins.module_utils import _nofollow as nofollow
from ansible_collections.listops.mailman.plugins.module_utils import _visible as visible

# As Ansible's own: no difference is shown of longer ones.
SHOWN_MOST = 104448


class Problem(Exception):
    """What is wrong, in one sentence; details are further arguments of fail_json."""

    def __init__(self, message: str, **details: Any) -> None:
        super().__init__(message)
        self.details = details


def unpack(packed: str) -> list[bytes]:
    """The contents of all files, as the action plugin packed them."""
    texts = json.loads(zlib.decompress(base64.b64decode(packed)).decode("ascii"))
    return [text.encode("latin-1") for text in texts]


def wanted(entry: dict[str, Any]) -> nofollow.Owner:
    try:
        return nofollow.owner(entry["owner"], entry["group"], entry["mode"])
    except ValueError as exc:
        raise Problem("{0}: {1}".format(entry["path"], exc)) from exc


def absolute(path: str) -> str:
    if not os.path.isabs(path) or os.path.normpath(path) == "/":
        raise Problem("path is {0!r}: give an absolute path.".format(path))
    return os.path.normpath(path)


def read(folder: int, path: str) -> bytes | None:
    """A file's content; None of a link, and where there is nothing."""
    name = os.path.basename(path)
    try:
        there = os.stat(name, dir_fd=folder, follow_symlinks=False)
    except FileNotFoundError:
        return None
    if stat.S_ISLNK(there.st_mode):
        return None
    if not stat.S_ISREG(there.st_mode):
        raise Problem("{0} is there, and is no file: remove it.".format(path))
    with os.fdopen(nofollow.open_entry(folder, name), "rb") as stream:
        return stream.read()


def difference(path: str, before: bytes, after: bytes) -> dict[str, Any]:
    """What is shown of two contents, as Ansible's own modules say it."""
    shown: dict[str, Any] = {"before_header": path, "after_header": path}
    for name, kind, content in (("before", "dst", before), ("after", "src", after)):
        if b"\0" in content:
            shown["{0}_binary".format(kind)] = 1
        elif len(content) > SHOWN_MOST:
            shown["{0}_larger".format(kind)] = SHOWN_MOST
        else:
            shown[name] = visible.escaped(content.decode("utf-8", "replace"), "\n\t")
    return shown


class Installation:
    """What is to be done, and what of it was to do."""

    def __init__(self, module: AnsibleModule) -> None:
        self.module = module
        self.check_mode: bool = module.check_mode
        self.paths: list[str] = []
        self.diffs: list[dict[str, Any]] = []

    def note(self, path: str, before: str, after: str) -> None:
        self.paths.append(path)
        self.diffs.append({"before_header": path, "after_header": path, "before": before + "\n", "after": after + "\n"})

    def directory(self, entry: dict[str, Any]) -> None:
        path = absolute(entry["path"])
        try:
            with nofollow.opened(path) as folder:
                self.attributes(path, folder, entry)
        except FileNotFoundError:
            self.note(path, "absent", "directory")
            if not self.check_mode:
                os.close(nofollow.make_folder(path, wanted(entry)))

    def attributes(self, path: str, descriptor: int, entry: dict[str, Any]) -> None:
        """Give what is open its owner and permissions."""
        try:
            owner = wanted(entry)
        except Problem:
            if not self.check_mode:
                raise
        else:
            if not nofollow.differs(os.fstat(descriptor), owner, owner.mode):
                return
            if not self.check_mode:
                nofollow.give(descriptor, owner)
        self.note(path, "other owner or mode", "as declared")

    def file(self, entry: dict[str, Any], content: bytes) -> None:
        path = absolute(entry["path"])
        try:
            with nofollow.opened(os.path.dirname(path)) as folder:
                self.file_in(folder, path, entry, content)
        except FileNotFoundError:
            if not self.check_mode:
                raise
            self.replaced(path, entry, b"", content)

    def file_in(self, folder: int, path: str, entry: dict[str, Any], content: bytes) -> None:
        name = os.path.basename(path)
        present = read(folder, path)
        if present is not None and (present == content or not entry["replace"]):
            descriptor = nofollow.open_entry(folder, name)
            try:
                self.attributes(path, descriptor, entry)
            finally:
                os.close(descriptor)
            return
        if not self.check_mode:
            if entry["validate"]:
                self.validate(path, entry["validate"], content)
            with nofollow.replacing(folder, name, wanted(entry)) as stream:
                stream.write(content)
        self.replaced(path, entry, present or b"", content)

    def replaced(self, path: str, entry: dict[str, Any], before: bytes, after: bytes) -> None:
        self.paths.append(path)
        if entry["show"]:
            self.diffs.append(difference(path, before, after))

    def validate(self, path: str, command: str, content: bytes) -> None:
        if "%s" not in command:
            raise Problem("validate is {0!r}: give a command with %s for the file.".format(command))
        # nobody else can look into this folder
        descriptor, name = tempfile.mkstemp(dir=self.module.tmpdir)
        try:
            with os.fdopen(descriptor, "wb") as stream:
                stream.write(content)
            status, output, error = self.module.run_command(command.replace("%s", name))
        finally:
            os.unlink(name)
        if status:
            raise Problem("{0}: failed to validate".format(path), exit_status=status, stdout=output, stderr=error)


def main() -> None:
    owned = dict(
        path=dict(type="str", required=True),
        owner=dict(type="str", default="root"),
        group=dict(type="str", default="root"),
    )
    module = AnsibleModule(
        argument_spec=dict(
            directories=dict(
                type="list", elements="dict", default=[], options=dict(owned, mode=dict(type="str", default="0755"))
            ),
            files=dict(
                type="list",
                elements="dict",
                default=[],
                options=dict(
                    owned,
                    src=dict(type="str"),
                    template=dict(type="str"),
                    variables=dict(type="dict", default={}),
                    content=dict(type="str"),
                    mode=dict(type="str", default="0644"),
                    validate=dict(type="str"),
                    replace=dict(type="bool", default=True),
                    show=dict(type="bool", default=True),
                ),
            ),
            # of the action plugin: what src, template and content come to
            _contents=dict(type="str", no_log=True),
        ),
        supports_check_mode=True,
    )
    work = Installation(module)
    path = ""
    try:
        for entry in module.params["directories"]:
            path = entry["path"]
            work.directory(entry)
        for entry, content in zip(module.params["files"], unpack(module.params["_contents"])):
            path = entry["path"]
            work.file(entry, content)
    except Problem as exc:
        module.fail_json(msg=str(exc), paths=work.paths, **exc.details)
    except nofollow.Unsafe as exc:
        module.fail_json(msg=str(exc), paths=work.paths)
    except OSError as exc:
        module.fail_json(msg="{0}: {1}".format(path, exc.strerror), paths=work.paths)
    module.exit_json(changed=bool(work.paths), paths=work.paths, **({"diff": work.diffs} if module._diff else {}))


if __name__ == "__main__":
    main()
