# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The operator's own machine: Ansible, the inventory and the playbooks."""

from __future__ import annotations

import json
import os
import pathlib
import subprocess
import sys
from collections.abc import Sequence
from typing import Any

ROOT = pathlib.Path(__file__).resolve().parents[3]
PICTURES = ROOT / "tests/output/screenshots"
INVENTORIES = ("inventory/hosts.yml", "molecule/resources/inventory/hosts.yml")


class Controller:
    """host: the one in the inventories that tasks are for."""

    def __init__(
        self, engine: str, project: str, host: str = "fermium", inventories: Sequence[str] = INVENTORIES
    ) -> None:
        self.host = host
        self.inventories = inventories
        # what runs molecule may have set Ansible up its own way
        self.environment = {name: value for name, value in os.environ.items() if not name.startswith("ANSIBLE_")}
        self.environment |= {
            "LISTOPS_ENGINE": engine,
            "LISTOPS_PROJECT": project,
            "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"),
            "ANSIBLE_COLLECTIONS_PATH": str(ROOT / ".ansible/collections"),
            "ANSIBLE_CONNECTION_PLUGINS": str(ROOT / "molecule/resources/connection"),
            "ANSIBLE_STDOUT_CALLBACK": "ansible.posix.json",
            "ANSIBLE_DEPRECATION_WARNINGS": "false",
        }

    def _command(self, path: str, *options: str) -> list[str]:
        # a story may lay inventories of its own over the others
        extra = [path for path in os.environ.get("LISTOPS_INVENTORY", "").split(":") if path]
        inventories = [f"--inventory={path}" for path in (*self.inventories, *extra)]
        program = str(pathlib.Path(sys.executable).parent / "ansible-playbook")
        return [program, *inventories, f"--limit={self.host}", *options, path]

    def playbook(self, path: str, *options: str, stdin: str = "") -> dict[str, Any]:
        """Run a playbook that must succeed; give what each task said."""
        shown = self._succeed(path, options, stdin, self.environment)
        said: dict[str, Any] = json.loads(shown[shown.index("{") :])
        return said

    def screen(self, tasks: list[dict[str, Any]], *options: str) -> str:
        """What an operator sees of tasks on fermium, which must succeed."""
        play = [{"hosts": self.host, "gather_facts": False, "tasks": tasks}]
        environment = {**self.environment, "ANSIBLE_STDOUT_CALLBACK": "default", "ANSIBLE_NOCOLOR": "1"}
        return self._succeed("/dev/stdin", options, json.dumps(play), environment)

    def stopped(self, path: str, *options: str) -> str:
        """Run a playbook that must fail on fermium; give the sentence with which it stopped."""
        done = self._run(path, options, "", self.environment)
        said = results(json.loads(done.stdout[done.stdout.index("{") :]), self.host)
        assert done.returncode == 2, said
        # what comes after it tidies up
        last = [item for item in said if item.get("failed")][-1]
        # a task with a loop says it of each round
        failed = [item for item in last.get("results", [last]) if item.get("failed")]
        return str(failed[0]["msg"])

    def playbook_fails(self, path: str, *options: str) -> str:
        """Run a playbook that must fail; give all that it said."""
        done = self._run(path, options, "", self.environment)
        assert done.returncode == 2, done.stdout[-3000:]
        return done.stdout

    def _succeed(self, path: str, options: Sequence[str], stdin: str, environment: dict[str, str]) -> str:
        done = self._run(path, options, stdin, environment)
        assert done.returncode == 0, f"{path}: {done.stdout[-3000:]}{done.stderr[-1000:]}"
        return done.stdout

    def _run(
        self, path: str, options: Sequence[str], stdin: str, environment: dict[str, str]
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self._command(path, *options),
            cwd=ROOT,
            env=environment,
            input=stdin,
            capture_output=True,
            text=True,
            check=False,
        )

    def task(self, module: str, *, check_mode: bool = False, **options: Any) -> dict[str, Any]:
        """Run one module on the host. What it is told, passwords too, goes by standard input."""
        return self._one({"name": module, module: options, "check_mode": check_mode})

    def refused(self, module: str, **options: Any) -> str:
        """Run one module that must fail; give its sentence."""
        said = self._one({"name": module, module: options, "ignore_errors": True})
        assert said["failed"] is True, said
        return str(said["msg"])

    def begin(self, module: str, **options: Any) -> subprocess.Popen[bytes]:
        """Start one module on fermium, and do not wait for it."""
        play = [{"hosts": self.host, "gather_facts": False, "tasks": [{"name": module, module: options}]}]
        process = subprocess.Popen(
            self._command("/dev/stdin"),
            cwd=ROOT,
            env=self.environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        assert process.stdin
        process.stdin.write(json.dumps(play).encode())
        process.stdin.close()
        return process

    def _one(self, task: dict[str, Any]) -> dict[str, Any]:
        play = [{"hosts": self.host, "gather_facts": False, "tasks": [task]}]
        result: dict[str, Any] = results(self.playbook("/dev/stdin", stdin=json.dumps(play)), self.host)[0]
        return result


def results(said: dict[str, Any], host: str = "fermium") -> list[dict[str, Any]]:
    return [task["hosts"][host] for play in said["plays"] for task in play["tasks"] if host in task["hosts"]]


def changed(said: dict[str, Any], host: str = "fermium") -> int:
    return int(said["stats"][host]["changed"])


def differences(said: dict[str, Any]) -> list[str]:
    """The lines that differ, as --diff shows them."""
    lines = []
    for result in results(said):
        for diff in result.get("diff") or [] if isinstance(result.get("diff"), list) else [result.get("diff") or {}]:
            before, after = (str(diff.get(side) or "").splitlines() for side in ("before", "after"))
            lines += [f"-{line.strip()}" for line in before if line not in after]
            lines += [f"+{line.strip()}" for line in after if line not in before]
    return lines
