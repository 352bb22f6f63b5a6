# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes the inventory of a host that exists; the documentation is the module's."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Any

from ansible.errors import AnsibleActionFail
from ansible.parsing.vault import VaultLib, is_encrypted
from ansible.plugins.action import ActionBase

from ansible_collections.listops.mailman.plugins.plugin_utils import variables_file
from ansible_collections.listops.mailman.plugins.plugin_utils.adopt import host as host_configuration
from ansible_collections.listops.mailman.plugins.plugin_utils.adopt import inventory

SECRETS = "secrets.yml"
SECRETS_HEAD = ("Passwords and keys of this host, as they were when it was adopted.",)


class ActionModule(ActionBase):
    """Everything happens on the controller, from what mailman_list_info returned."""

    TRANSFERS_FILES = False
    _requires_connection = False

    def run(self, tmp: Any = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        result: dict[str, Any] = super().run(tmp, task_vars)
        _validated, arguments = self.validate_argument_spec(
            {
                "found": {"type": "dict", "required": True},
                "directory": {"type": "path", "required": True},
                "members": {"type": "str", "choices": ["leave", "inventory", "files"], "default": "leave"},
                "engine": {"type": "str", "choices": ["same", "mailman3"], "default": "same"},
                "server": {"type": "dict", "default": {}},
                "secrets": {"type": "dict", "default": {}},
                "host": {"type": "dict"},
                "secrets_in": {"type": "str", "choices": ["vault", "clear", "none"], "default": "vault"},
                "overwrite": {"type": "bool", "default": False},
            }
        )
        folder = Path(self._loader.path_dwim(arguments["directory"]))
        found = arguments["found"]
        host = self._host(arguments)
        server = {**host.variables, **arguments["server"]}
        made = inventory.write(found, arguments["members"], server, arguments["engine"], host.renamed, host.external)
        files = {folder / name: content for name, content in made.files.items()}
        private = {folder / name for name in made.private}
        hidden = folder / SECRETS
        secrets = {} if arguments["secrets_in"] == "none" else {**host.secrets, **arguments["secrets"]}
        if secrets:
            files[hidden] = variables_file.variables(secrets, SECRETS_HEAD)
        before = {path: self._read(path) for path in files}
        changed = [path for path, content in files.items() if before[path] != content]
        result["diff"] = [_diff(path, before[path], files[path], path == hidden) for path in changed]
        notes = {**made.notes, **host.notes}
        result.update(
            changed=bool(changed),
            files=[str(path) for path in files],
            notes=notes,
            sentences=["{0}: {1}".format(name, each) for name, said in notes.items() for each in said],
        )
        taken = [path for path in changed if before[path] is not None]
        if taken and not arguments["overwrite"] and not self._task.check_mode:
            raise AnsibleActionFail(
                "{0} exists and says something else: look at the difference with --check --diff, then set "
                "adopt_overwrite to true, or adopt_directory to another folder".format(taken[0]),
                result=result,
            )
        contents = {path: files[path].encode("utf-8") for path in changed}
        if hidden in contents and arguments["secrets_in"] == "vault":
            contents[hidden] = self._sealed(contents[hidden])
        if not self._task.check_mode:
            for path, content in contents.items():
                _write(path, content, path == hidden or path in private)
        return result

    def _host(self, arguments: dict[str, Any]) -> host_configuration.Host:
        if arguments["host"] is None:
            return host_configuration.Host({}, {}, {}, {})
        found = arguments["found"]
        return host_configuration.read(
            arguments["host"],
            found["engine"],
            inventory.domains_of(found),
            found["lists"],
            with_secrets=arguments["secrets_in"] != "none",
            target=arguments["engine"],
        )

    def _read(self, path: Path) -> str | None:
        """What a file says, decrypted; None where there is none."""
        try:
            content = path.read_bytes()
        except FileNotFoundError:
            return None
        except OSError as exc:
            raise AnsibleActionFail("{0} cannot be read: {1}".format(path, exc.strerror)) from exc
        if is_encrypted(content):
            content = self._vault().decrypt(content)
        return content.decode("utf-8", "surrogateescape")

    def _vault(self) -> VaultLib:
        vault: VaultLib = self._loader._vault
        return vault

    def _sealed(self, content: bytes) -> bytes:
        vault = self._vault()
        if not vault.secrets:
            raise AnsibleActionFail(
                "this host has passwords that belong into the inventory, and there is no vault: give --vault-id or "
                "--ask-vault-pass, or set adopt_secrets to clear to have them in clear text, or to none"
            )
        sealed: bytes = vault.encrypt(content)
        return sealed


def _diff(path: Path, before: str | None, after: str, hidden: bool) -> dict[str, str]:
    shown = {"before": before or "", "after": after}
    if hidden:
        shown = {"before": "(secrets)\n" if before else "", "after": "(other secrets)\n" if before else "(secrets)\n"}
    return {**shown, "before_header": str(path), "after_header": str(path)}


def _write(path: Path, content: bytes, private: bool) -> None:
    """Put a file in place whole, or not at all. private: nobody but its owner reads it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=".{0}.".format(path.name))
    try:
        with os.fdopen(descriptor, "wb") as handle:
            handle.write(content)
        if not private:
            umask = os.umask(0)
            os.umask(umask)
            os.chmod(temporary, 0o666 & ~umask)
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise
