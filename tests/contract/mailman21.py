# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A host with Mailman 2.1: its own commands, and the modules run there."""

from __future__ import annotations

import ast
import contextlib
import io
import json
import pathlib
import shlex
import subprocess
import tarfile
from collections.abc import Iterator
from typing import Any

import ansible
from support.inside import Inside

ROOT = pathlib.Path(__file__).resolve().parents[2]
COLLECTION = "ansible_collections/listops/mailman"
STATE = "/var/lib/mailman"


class Mailman21(Inside):
    """prefix: what the names of this run's lists begin with, so that nobody else's are touched.

    Commands run in `room`, a folder of this run in the host, where the programs
    of tests/contract/inside are for withlist.
    """

    def __init__(self, engine: str, container: str, prefix: str) -> None:
        super().__init__(engine, container)
        self.prefix = prefix
        self.found: dict[str, str] = {}
        self.room = f"/root/{prefix}"

    # -- what is there for the tests

    def settle(self) -> None:
        """Bring the tests' programs and the modules there."""
        here = pathlib.Path(__file__).parent
        data = io.BytesIO()
        with tarfile.open(fileobj=data, mode="w") as tar:
            for path in (here / "inside").glob("*"):
                tar.add(path, path.name, filter=no_bytecode)
            package = pathlib.Path(ansible.__file__).parent
            for name in ("__init__.py", "release.py", "module_utils"):
                tar.add(package / name, f"lib/ansible/{name}", filter=no_bytecode)
            for name in ("module_utils", "modules"):
                tar.add(ROOT / "plugins" / name, f"lib/{COLLECTION}/plugins/{name}", filter=no_bytecode)
        self.check("mkdir", "-p", self.room)
        unpack = [*self.engine, "exec", "-i", self.container, "tar", "-x", "-C", self.room]
        subprocess.run(unpack, input=data.getvalue(), check=True)

    def leave(self) -> None:
        """Remove every list of this run, and all else that it made."""
        mine = self.prefix + "*"
        for name in self.lists():
            if name.startswith(self.prefix):
                self.check("rmlist", "-a", name)
        for folder in ("lists", "archives/private", "archives/public"):
            self.sh(f"rm -rf {STATE}/{folder}/{mine}")
        self.sh(f"rm -f {STATE}/data/heldmsg-{mine} {STATE}/locks/{mine}; rm -rf {self.room}")
        self.close()

    # -- Mailman's own commands

    def shell(self, command: str) -> dict[str, Any]:
        """A line for a shell: its status, and output and complaints as they come."""
        script = f"cd {self.room}; export PYTHONPATH={self.room} PYTHONDONTWRITEBYTECODE=1; exec 2>&1; {command}"
        return self.run("bash", "-c", script)

    def sh(self, command: str) -> str:
        done = self.shell(command)
        assert done["rc"] == 0, f"{command}: {done['out']}"
        return str(done["out"])

    def lists(self) -> list[str]:
        return self.check("list_lists", "-b").split()

    def withlist(self, function: str, name: str, *arguments: str, lock: bool = True) -> str:
        words = ["withlist", "-q", *(["-l"] if lock else []), "-r", function, name, *arguments]
        return self.sh(shlex.join(words))

    def config(self, name: str) -> dict[str, Any]:
        """What config_list prints."""
        tree = ast.parse(self.sh(f"config_list -o - {name}"))
        found: dict[str, Any] = {}
        for node in tree.body:
            assert isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)
            found[node.targets[0].id] = ast.literal_eval(node.value)
        return found

    def attributes(self, name: str, *names: str) -> dict[str, Any]:
        """What Mailman's class holds; a byte is one character."""
        lines = self.withlist("show.attr", name, *names, lock=False).splitlines()
        return {key: ast.literal_eval(value) for key, _equals, value in (line.partition(" = ") for line in lines)}

    def attribute(self, name: str, what: str) -> Any:
        return self.attributes(name, what)[what]

    def members(self, name: str, *options: str) -> list[str]:
        return self.sh(shlex.join(["list_members", *options, name])).splitlines()

    def member(self, name: str, address: str) -> dict[str, Any]:
        found: dict[str, Any] = ast.literal_eval(self.withlist("show.member", name, address, lock=False))
        return found

    def state(self, name: str) -> dict[str, Any]:
        """All that is kept of a list."""
        found: dict[str, Any] = ast.literal_eval(self.withlist("show.everything", name, lock=False))
        return found

    def fqdn(self) -> str:
        """The name that locks have of this host."""
        return self.check("python3", "-c", "import socket; print(socket.getfqdn())").strip()

    @contextlib.contextmanager
    def holding(self, name: str, end: str = "INT") -> Iterator[int]:
        """Another process has the list's lock, until a signal ends it; its number."""
        script = f"cd {self.room}; export PYTHONPATH={self.room}; exec withlist -q -l -r locks.hold {name} 600"
        holder = subprocess.Popen(
            [*self.engine, "exec", self.container, "bash", "-c", script],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        try:
            assert holder.stdout
            pid = int(holder.stdout.readline())
            yield pid
        finally:
            self.run("kill", f"-{end}", str(pid))
            holder.wait()
            holder.stdout.close()

    # -- the collection

    def module(self, module: str, *, check_mode: bool = False, **options: Any) -> dict[str, Any]:
        """Run a module in the host as Ansible does, what it is told on standard input."""
        told = dict(options, _ansible_check_mode=check_mode, _ansible_diff=True)
        argv = [
            "env",
            f"PYTHONPATH={self.room}/lib",
            "python3",
            "-m",
            f"{COLLECTION.replace('/', '.')}.plugins.modules.{module}",
        ]
        done = self.run(*argv, stdin=json.dumps({"ANSIBLE_MODULE_ARGS": told}))
        lines = done["out"].strip().splitlines()
        assert lines, done["err"]
        said: dict[str, Any] = json.loads(lines[-1])
        return said

    def apply(self, module: str, **options: Any) -> dict[str, Any]:
        said = self.module(module, **options)
        assert not said.get("failed"), said
        return said

    def refusal(self, module: str, **options: Any) -> str:
        """The one sentence of a module that will not."""
        said = self.module(module, **options)
        assert said.get("failed") is True, said
        assert "\n" not in said["msg"], said["msg"]
        return str(said["msg"])

    def climb(self, module: str, **options: Any) -> dict[str, Any]:
        """Check, apply, check again, apply again; give what the first application said."""
        before = self.fingerprint()
        checked = self.module(module, check_mode=True, **options)
        assert checked.get("changed") is True, checked
        assert self.fingerprint() == before, "check mode wrote"
        applied = self.apply(module, **options)
        assert applied["changed"] is True
        assert applied["diff"] == checked["diff"], "check mode showed something else than what was done"
        assert applied["lists"] == checked["lists"]
        after = self.fingerprint()
        assert after != before, "nothing was written"
        for check_mode in (True, False):
            again = self.module(module, check_mode=check_mode, **options)
            assert again.get("changed") is False, again
            assert again["diff"]["before"] == again["diff"]["after"] == ""
        assert self.fingerprint() == after, "the second run wrote"
        return applied

    # -- files

    def belongings(self) -> dict[str, str]:
        """What is not this run's: the lists, and every file of theirs and of the archives."""
        return {"lists": self.check("list_lists", "-b"), "files": self.fingerprint()}

    @contextlib.contextmanager
    def kept(self, *paths: str) -> Iterator[None]:
        """Put files of Mailman's state back afterwards, or take away what was not there."""
        names = " ".join(paths)
        self.sh(f"cd {STATE}; tar -cf {self.room}/kept.tar --ignore-failed-read {names} 2>/dev/null")
        yield
        self.sh(f"cd {STATE}; rm -f {names}; tar -xpf {self.room}/kept.tar")

    def fingerprint(self, *folders: str) -> str:
        """Every file of Mailman's state, with owner, mode, time and checksum; locks are not state."""
        where = " ".join(f"{STATE}/{folder}" for folder in folders or ("lists", "archives", "data"))
        return self.sh(
            f"find {where} -printf '%p %M %u:%g %l %T@\\n' | grep -v ' d' | sort;"
            f" find {where} -type f -exec sha256sum {{}} + | sort"
        )


def no_bytecode(info: tarfile.TarInfo) -> tarfile.TarInfo | None:
    return None if "__pycache__" in info.name or info.name.endswith(".pyc") else info
