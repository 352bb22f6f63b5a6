# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The throw-away host under the bench: files go there by standard input, commands run and are measured there."""

from __future__ import annotations

import io
import json
import subprocess
import tarfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.checkout import ROOT, VENV

INSIDE = Path(__file__).parent / "inside"
HOME = "/opt/bench"
# A module as Ansible's own debugging runs it: its main() in the host's python, arguments on standard input.
MODULE = ("/usr/bin/python3", "-m", "ansible_collections.listops.mailman.plugins.modules.mailman_list")
INFO_MODULE = (*MODULE[:2], f"{MODULE[2]}_info")
ENVIRONMENT = {"PYTHONPATH": f"{HOME}/lib", "PYTHONDONTWRITEBYTECODE": "1"}


@dataclass(frozen=True)
class Measured:
    """seconds: of each run; megabytes: the most that the module, and an engine it started, held; out: what it said."""

    seconds: list[float]
    megabytes: dict[str, float]
    out: str


class Host:
    """engine: podman or docker; container: the host's name; env: what the engine's commands need."""

    def __init__(self, engine: str, container: str, env: Mapping[str, str]) -> None:
        self.engine = engine
        self.container = container
        self.env = dict(env)

    def run(self, *argv: str, stdin: bytes = b"") -> str:
        """Run a command that must succeed; what it printed."""
        done = subprocess.run(
            [self.engine, "exec", "-i", self.container, *argv],
            input=stdin,
            capture_output=True,
            check=False,
            env=self.env,
        )
        if done.returncode:
            said = (done.stderr or done.stdout).decode(errors="replace")[-3000:]
            raise RuntimeError(f"{self.container}: {' '.join(argv)[:200]}: {said}")
        return done.stdout.decode()

    def write(self, path: str, content: Iterable[bytes]) -> None:
        """Write a file that everybody can read, piece by piece: it may be bigger than the memory."""
        argv = [self.engine, "exec", "-i", self.container, "sh", "-c", f"umask 022; cat > {path}"]
        with subprocess.Popen(argv, stdin=subprocess.PIPE, env=self.env) as process:
            assert process.stdin is not None
            process.stdin.writelines(content)
        if process.returncode:
            raise RuntimeError(f"{self.container}: {path} cannot be written")

    def put(self, name: str, value: Any) -> str:
        """Keep a value as JSON in a file that only root and Mailman can read; its path."""
        path = f"{HOME}/{name}.json"
        self.run("sh", "-c", f"umask 022; cat > {path}", stdin=json.dumps(value).encode())
        return path

    def install(self) -> None:
        """Bring the collection, Ansible's own part of a module, and the programs of the bench there."""
        (ansible,) = VENV.glob("lib/python*/site-packages/ansible")
        buffer = io.BytesIO()
        with tarfile.open(fileobj=buffer, mode="w") as tar:
            for name in ("__init__.py", "release.py", "_vendor", "module_utils"):
                tar.add(ansible / name, f"lib/ansible/{name}", filter=_source)
            tar.add(ROOT / "plugins", "lib/ansible_collections/listops/mailman/plugins", filter=_source)
            tar.add(INSIDE, "inside", filter=_source)
        self.run("mkdir", "-p", HOME)
        self.run("tar", "-C", HOME, "-xf", "-", stdin=buffer.getvalue())

    def measure(self, *argv: str, stdin: str = "", user: str = "", times: int = 1, together: bool = False) -> Measured:
        """Run a command so many times, with a file as its standard input. together: measure the sum of its processes' memory, too."""
        asked = {
            "argv": argv,
            "stdin": stdin,
            "user": user,
            "times": times,
            "together": together,
            "env": {} if user else ENVIRONMENT,
        }
        said = json.loads(self.run("python3", f"{HOME}/inside/measure.py", stdin=json.dumps(asked).encode()))
        return Measured(said["seconds"], said["megabytes"], said["out"])

    def module(self, arguments: str) -> tuple[Measured, dict[str, Any]]:
        """Run mailman_list; how long that took, and what it said."""
        measured = self.measure(*MODULE, stdin=arguments)
        return measured, json.loads(measured.out[measured.out.index("{") :])

    def read_all(self) -> Measured:
        """Run mailman_list_info of everything."""
        return self.measure(*INFO_MODULE, stdin=self.put("info", {"ANSIBLE_MODULE_ARGS": {}}))

    def kill_module(self, arguments: str, seconds: float, *, child: bool, after: str | None = None) -> bool:
        """Run mailman_list and kill it, or only its engine, after a while; whether it was still running.

        after: a file that must be there before the while begins.
        """
        asked: dict[str, Any] = {"argv": MODULE, "stdin": arguments, "env": ENVIRONMENT}
        asked |= {"seconds": seconds, "child": child, "after": after}
        return bool(json.loads(self.run("python3", f"{HOME}/inside/killed.py", stdin=json.dumps(asked).encode())))


def _source(info: tarfile.TarInfo) -> tarfile.TarInfo | None:
    info.uid = info.gid = 0
    return None if "__pycache__" in info.name else info
