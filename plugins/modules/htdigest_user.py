#!/usr/bin/python
# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: htdigest_user
short_description: Manage the users of a realm in an htdigest file
version_added: 0.1.0
author: The listops.mailman contributors (@listops)
description:
  - Adds, changes and removes users in a file for Apache's digest authentication (C(AuthType Digest), C(AuthUserFile)).
  - One call manages one user (O(name)) or any number of users of one realm (O(users)).
  - All other lines stay as they are, byte for byte, such as comments, other realms, lines in other encodings and line endings.
    Only a last line without a line break gets one when a user is added after it.
  - The file is replaced atomically, and never has more permissions than O(mode).
extends_documentation_fragment:
  - ansible.builtin.files
  - listops.mailman.attributes
attributes:
  diff_mode:
    support: full
    details:
      - The diff shows which users come and go, and whose password changes. It never shows a password or a hash.
  idempotent:
    details:
      - Passwords are compared with the hashes in the file, so a password that is already right is no change.
options:
  path:
    description:
      - Path of the htdigest file, in a folder where nobody but root (or the user of the task) creates files. A symbolic link is followed
        where only these can have made it.
    type: path
    required: true
  realm:
    description:
      - The realm, as in Apache's C(AuthName).
      - Must not be empty, contain a colon or control characters, begin or end with white space, begin with V(#), end with a backslash,
        or be longer than 255 bytes in UTF-8.
    type: str
    required: true
  name:
    description:
      - Name of the user, in any script. The limits of O(realm) apply.
      - Mutually exclusive with O(users).
    type: str
  password:
    description:
      - Password of the user. Without one, a user with O(state=present) keeps the password that he has, here or in O(source).
    type: str
  state:
    description:
      - Whether the user of O(name) should be there.
    type: str
    choices: [present, absent]
    default: present
  users:
    description:
      - The users to manage, in one call.
    type: list
    elements: dict
    suboptions:
      name:
        description: Name of the user, see O(name).
        type: str
        required: true
      password:
        description: Password of the user. Without one, a user with O(users[].state=present) keeps the password that he has.
        type: str
      state:
        description: Whether the user should be there.
        type: str
        choices: [present, absent]
        default: present
  exact:
    description:
      - Remove the users of O(realm) that are not named in O(users). Users of other realms are not touched.
      - With an empty list of O(users), nobody is left in the realm.
    type: bool
    default: false
  update_password:
    description:
      - V(always) sets the password whenever the hash in the file does not match it.
      - V(on_create) only sets the password of a new user.
    type: str
    choices: [always, on_create]
    default: always
  source:
    description:
      - Another htdigest file on the host. Who should keep a password and is not in O(path) has it from there. It is not changed.
    type: path
    version_added: 0.2.0
  create:
    description:
      - Create the file when it does not exist and a user should be in it. Its folder must exist.
      - When V(false), a missing file is an error, unless no user should be in it.
    type: bool
    default: true
  mode:
    description:
      - The permissions of the file. Quote octal numbers, V("0640").
      - When omitted, a new file gets V("0640") and an existing file keeps its permissions.
seealso:
  - name: mod_auth_digest
    description: Apache's digest authentication.
    link: https://httpd.apache.org/docs/2.4/mod/mod_auth_digest.html
"""

EXAMPLES = r"""
- name: Let alice read the archive of arbcom-l
  listops.mailman.htdigest_user:
    path: /etc/apache2/arbcom-l.htdigest
    realm: arbcom-l archive
    name: alice
    password: "{{ lookup('ansible.builtin.password', '/dev/null', length=24) }}"
    update_password: on_create
    owner: root
    group: www-data
    mode: "0640"

- name: Take the access away again
  listops.mailman.htdigest_user:
    path: /etc/apache2/arbcom-l.htdigest
    realm: arbcom-l archive
    name: alice
    state: absent

- name: Take over the readers of another file with the passwords that they have
  listops.mailman.htdigest_user:
    path: /etc/apache2/digest/arbcom-l@lists.example.org.htdigest
    source: /etc/apache2/arbcom-l.htdigest
    realm: arbcom-l archive
    users:
      - name: alice
      - name: bob

- name: Exactly these people read the archive
  listops.mailman.htdigest_user:
    path: /etc/apache2/arbcom-l.htdigest
    realm: arbcom-l archive
    users:
      - name: bob
        password: not-a-good-password
      - name: Жанна
        password: another-bad-password
    exact: true
    owner: root
    group: www-data
    mode: "0640"
"""

RETURN = r"""
path:
  description: Path of the file, links followed.
  returned: success
  type: str
  sample: /etc/apache2/arbcom-l.htdigest
realm:
  description: The realm.
  returned: success
  type: str
  sample: arbcom-l archive
users:
  description: The users of the realm after this call, in the order of the file.
  returned: success
  type: list
  elements: str
  sample: [alice, bob]
created:
  description: Users that were added.
  returned: success
  type: list
  elements: str
  sample: [bob]
updated:
  description: Users whose password was changed.
  returned: success
  type: list
  elements: str
  sample: [alice]
removed:
  description: Users that were removed.
  returned: success
  type: list
  elements: str
  sample: []
"""

import os
import tempfile
from typing import Any

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.listops.mailman.plugins.module_utils import _htdigest as htdigest
from ansible_collections.listops.mailman.plugins.module_utils import _nofollow as nofollow
from ansible_collections.listops.mailman.plugins.module_utils import _visible as visible


def wanted_users(params: dict[str, Any]) -> list[htdigest.User]:
    """The users as asked for; a ValueError holds one sentence that says what is wrong."""
    problem = htdigest.check_field("realm", params["realm"])
    if problem:
        raise ValueError(problem)
    entries = params["users"]
    if entries is None:
        entries = [{key: params[key] for key in ("name", "password", "state")}]
    seen = set()
    users = []
    for entry in entries:
        name, password, state = entry["name"], entry["password"], entry["state"]
        problem = htdigest.check_field("name", name)
        if not problem and name in seen:
            problem = f"users has {name!r} twice: give each user once."
        if not problem and state == "present":
            problem = None if password is None else htdigest.check_password(name, password)
        if problem:
            raise ValueError(problem)
        seen.add(name)
        present = state == "present"
        users.append(htdigest.User(name, password if present else None, keeps=present and password is None))
    return users


def read(module: AnsibleModule, path: str) -> bytes | None:
    try:
        found = nofollow.read_file(path)
    except nofollow.Unsafe as exc:
        module.fail_json(msg=str(exc))
    except OSError as exc:
        module.fail_json(msg=f"Cannot read {path}: {exc.strerror}.")
    return found[0] if found else None


def refuse_folder_of_others(module: AnsibleModule, path: str) -> None:
    """Whoever can write there could have owner and permissions given to any file, and read passwords' hashes."""
    try:
        folder = nofollow.open_folder(os.path.dirname(path))
    except (FileNotFoundError, NotADirectoryError):
        module.fail_json(msg=f"path is {path!r}: give a path in a folder that exists.")
    except nofollow.Unsafe as exc:
        module.fail_json(msg=str(exc))
    trusted = nofollow.is_trusted(os.fstat(folder))
    os.close(folder)
    if not trusted:
        module.fail_json(msg=f"path is {path!r}: give a path in a folder where only root creates files.")


def write(module: AnsibleModule, path: str, data: bytes) -> None:
    """Replace the file; a new one starts readable by its owner only, an old one keeps its permissions."""
    handle, temporary = tempfile.mkstemp(prefix="htdigest-", dir=module.tmpdir)
    module.add_cleanup_file(temporary)
    with os.fdopen(handle, "wb") as stream:
        stream.write(data)
    # atomic_move gives a new file what the umask leaves of 0666.
    old_umask = os.umask(0o177)
    try:
        module.atomic_move(temporary, path, unsafe_writes=module.params["unsafe_writes"])
    finally:
        os.umask(old_umask)


def content_diff(path: str, realm: str, before: list[str], after: list[str], updated: list[str]) -> dict[str, Any]:
    """Names only: neither passwords nor hashes may show up in a diff."""
    return {
        "before_header": f"{path} ({realm})",
        "after_header": f"{path} ({realm})",
        "before": "".join(f"{visible.one_line(name)}\n" for name in before),
        "after": "".join(
            f"{visible.one_line(name)}{' (password changed)' if name in updated else ''}\n" for name in after
        ),
    }


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "path": {"type": "path", "required": True},
            "realm": {"type": "str", "required": True},
            "name": {"type": "str"},
            "password": {"type": "str", "no_log": True},
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
            "users": {
                "type": "list",
                "elements": "dict",
                "options": {
                    "name": {"type": "str", "required": True},
                    "password": {"type": "str", "no_log": True},
                    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
                },
            },
            "exact": {"type": "bool", "default": False},
            "update_password": {
                "type": "str",
                "choices": ["always", "on_create"],
                "default": "always",
                "no_log": False,
            },
            "source": {"type": "path"},
            "create": {"type": "bool", "default": True},
        },
        mutually_exclusive=[("name", "users"), ("password", "users")],
        required_one_of=[("name", "users")],
        add_file_common_args=True,
        supports_check_mode=True,
    )
    params = module.params
    if params["exact"] and params["users"] is None:
        module.fail_json(msg="exact is true, and name is given: give users, the list of all users.")
    try:
        users = wanted_users(params)
    except ValueError as exc:
        module.fail_json(msg=str(exc))

    realm = params["realm"]
    path = os.path.realpath(params["path"])
    data = read(module, path)
    lines = htdigest.parse(data or b"")
    source = (read(module, params["source"]) or b"") if params["source"] else b""
    try:
        change = htdigest.plan(
            lines,
            realm,
            users,
            exact=params["exact"],
            update_password=params["update_password"] == "always",
            source=htdigest.parse(source),
        )
    except htdigest.NoPassword as exc:
        places = " or ".join(filter(None, (path, params["source"])))
        module.fail_json(
            msg=f"The password of {str(exc)!r} is missing, and {places} has none: give one, or state: absent."
        )
    new_data = htdigest.render(change.lines)

    must_exist = any(user.keeps or user.password is not None for user in users)
    if data is None and must_exist and not params["create"]:
        module.fail_json(
            msg=f"create is false, and {path} does not exist: give true, or the path of a file that exists."
        )
    if data is not None or must_exist:
        refuse_folder_of_others(module, path)

    result: dict[str, Any] = {
        "changed": new_data != (data or b""),
        "path": path,
        "realm": realm,
        "users": htdigest.users_of(change.lines, realm),
        "created": change.created,
        "updated": change.updated,
        "removed": change.removed,
    }
    diff = content_diff(path, realm, htdigest.users_of(lines, realm), result["users"], change.updated)

    file_args = module.load_file_common_arguments(params, path=path)
    attribute_diff: dict[str, Any] = {}
    if data is None:
        if file_args["mode"] is None:
            file_args["mode"] = "0640"
    else:
        # First, so that new hashes are never written with too wide permissions.
        result["changed"] = module.set_fs_attributes_if_different(file_args, result["changed"], diff=attribute_diff)
    if not module.check_mode and new_data != (data or b""):
        write(module, path, new_data)
        module.set_fs_attributes_if_different(file_args, True)

    if module._diff:  # pylint: disable=protected-access
        result["diff"] = [diff] + ([attribute_diff] if attribute_diff else [])
    module.exit_json(**result)


if __name__ == "__main__":
    main()
