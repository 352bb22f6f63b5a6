# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A host with Mailman 2.1: its own commands, and the modules run there."""

from __future__ import annotations

import ast
import contextlib
import functools
import io
import json
import pathlib
import re
import shlex
import subprocess
import tarfile
from collections.abc import Iterator
from typing import Any

import ansible

from support.inside import Inside, eventually

ROOT = pathlib.Path(__file__).resolve().parents[2]
COLLECTION = "ansible_collections/listops/mailman"
STATE = "/var/lib/mailman"
# What the old script's `disable_list` set.
OLD_DISABLE = "advertised=0\nemergency=1\nmember_moderation_action=2\ngeneric_nonmember_action=2\nban_list=['^.*@.*']\n"


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
            # the package's own __init__ is for the controller
            tar.addfile(tarfile.TarInfo("lib/ansible/__init__.py"))
            for name in ("release.py", "module_utils"):
                tar.add(package / name, f"lib/ansible/{name}", filter=no_bytecode)
            for name in ("module_utils", "modules"):
                tar.add(ROOT / "plugins" / name, f"lib/{COLLECTION}/plugins/{name}", filter=no_bytecode)
        self.check("mkdir", "-p", self.room)
        unpack = [*self.engine, "exec", "-i", self.container, "tar", "-x", "-C", self.room]
        subprocess.run(unpack, input=data.getvalue(), check=True)

    def leave(self) -> None:
        self.remove_mine()
        self.check("rm", "-rf", self.room)
        runner = self._runner
        runner.communicate()
        self.close()

    def remove_mine(self) -> None:
        """Remove every list of this run, and what it left."""
        mine = self.prefix + "*"
        for name in self.lists():
            if name.startswith(self.prefix):
                self.check("rmlist", "-a", name)
        for folder in ("lists", "archives/private", "archives/public"):
            self.sh(f"rm -rf {STATE}/{folder}/{mine}")
        self.sh(f"rm -f {STATE}/data/heldmsg-{mine} {STATE}/locks/{mine}; {self.queued(self.prefix)} | xargs -r rm -f")

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

    def config_list(self, name: str, text: str) -> None:
        """What an administrator types into config_list -i."""
        done = self.run("bash", "-c", f"config_list -i /dev/stdin {name}", stdin=f"# -*- coding: utf-8 -*-\n{text}")
        assert done["rc"] == 0, done

    @functools.cached_property
    def domain(self) -> str:
        """The domain of new lists."""
        return str(self.attribute("mailman", "host_name"))

    def fqdn(self) -> str:
        """The name that locks have of this host."""
        return self.check("python3", "-c", "import socket; print(socket.getfqdn())").strip()

    @contextlib.contextmanager
    def holding(self, name: str, end: str = "INT") -> Iterator[int]:
        """Another process has the list's lock, until a signal ends it; its number."""
        with self._busy(f"-l -r locks.hold {name} 600", end) as pid:
            yield pid

    @contextlib.contextmanager
    def making(self, name: str, end: str = "INT") -> Iterator[int]:
        """Another process is making a list, until a signal ends it; its number."""
        with self._busy(f"-r locks.make mailman {name} 600", end) as pid:
            yield pid

    @contextlib.contextmanager
    def _busy(self, words: str, end: str) -> Iterator[int]:
        script = f"cd {self.room}; export PYTHONPATH={self.room}; exec withlist -q {words}"
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

    @contextlib.contextmanager
    def watched(self, path: str) -> Iterator[list[str]]:
        """Whether a path was there at any moment: looked at without a pause."""
        seen: list[str] = []
        script = f"echo $$; while :; do [ -e {path} -o -L {path} ] && echo seen; done"
        watcher = subprocess.Popen([*self.engine, "exec", self.container, "sh", "-c", script], stdout=subprocess.PIPE)
        assert watcher.stdout
        pid = int(watcher.stdout.readline())
        try:
            yield seen
        finally:
            self.run("kill", str(pid))
            seen += watcher.communicate()[0].decode().split()

    @contextlib.contextmanager
    def no_mail_of(self, name: str) -> Iterator[None]:
        """Mailman writes no mail for a list."""
        before = self.mail_of(name)
        yield
        assert self.mail_of(name) == before

    @staticmethod
    def queued(name: str) -> str:
        """A command that lists the files of mail that waits and names a list."""
        return f"find {STATE}/qfiles -name '*.[pb]?k' -exec grep -l '{name}' {{}} + 2>/dev/null"

    def mail_of(self, name: str) -> int:
        """How many notices Mailman wrote for a list: those that wait, and those a queue runner has handed on."""
        own = f"grep -aoh '<mailman[.0-9]*{name}@'"
        # one whose delivery fails is in both
        waiting = f"for file in $({self.queued(name)}); do {own} $file | head -1 | grep . || ls $file 2>/dev/null; done"
        sent = f"cat /var/log/mailman/smtp 2>/dev/null | {own}"
        return len(self.sh(f"{{ {waiting}; {sent}; }} | sort -u").split())

    def words_in_mail_of(self, name: str) -> set[str]:
        """The words of the notices that wait."""
        return set(self.sh(f"{self.queued(name)} | xargs -r cat | grep -aoE '[[:alnum:]]+'; true").split())

    def verdict(self, name: str, sender: str) -> str:
        """What becomes of a post: accept, hold, reject or discard.

        By what config_list shows, and the same must come out of Mailman's own pipeline where there is one.
        """
        found = self.config(name)
        verdict = judged(found, moderated=self.members(name, "-m"), members=self.members(name), sender=sender)
        judge = self.withlist("post.judge", name, sender).strip()
        assert judge in (verdict, "unknown"), f"Mailman says {judge} and its settings mean {verdict}"
        return verdict

    # -- the collection

    def module(self, module: str, *, check_mode: bool = False, **options: Any) -> dict[str, Any]:
        """Run a module in the host as Ansible does, what it is told on standard input."""
        runner = self._runner
        assert runner.stdin and runner.stdout
        wish = {"module": self.dotted(module), "told": self.told(options, check_mode)}
        runner.stdin.write(json.dumps(wish).encode() + b"\n")
        runner.stdin.flush()
        done = json.loads(runner.stdout.readline())
        lines = done["out"].strip().splitlines()
        assert lines, done["err"]
        said: dict[str, Any] = json.loads(lines[-1])
        del said["invocation"]
        return said

    @functools.cached_property
    def _runner(self) -> subprocess.Popen[bytes]:
        return self._python("-c", (pathlib.Path(__file__).parent / "runner.py").read_text(encoding="utf-8"))

    def _python(self, *arguments: str) -> subprocess.Popen[bytes]:
        """The host's own Python with the collection and Ansible's share of a module."""
        argv = [*self.engine, "exec", "-i", self.container, "env", f"PYTHONPATH={self.room}/lib", "python3", *arguments]
        return subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)

    @staticmethod
    def dotted(module: str) -> str:
        return f"{COLLECTION.replace('/', '.')}.plugins.modules.{module}"

    @staticmethod
    def told(options: dict[str, Any], check_mode: bool = False) -> dict[str, Any]:
        return dict(options, _ansible_check_mode=check_mode, _ansible_diff=True)

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

    def assert_idempotent(self, module: str, **options: Any) -> dict[str, Any]:
        """Check, apply, check again, apply again; give what the first application said."""
        self._rest()
        before = self.fingerprint()
        checked = self.module(module, check_mode=True, **options)
        assert checked.get("changed") is True, checked
        assert self.fingerprint() == before, "check mode wrote"
        applied = self.apply(module, **options)
        assert applied["changed"] is True
        assert applied == checked, "check mode showed something else than what was done"
        self._rest()
        after = self.fingerprint()
        assert after != before, "nothing was written"
        for check_mode in (True, False):
            again = self.module(module, check_mode=check_mode, **options)
            assert again.get("changed") is False, again
            assert again["diff"]["before"] == again["diff"]["after"] == ""
        assert self.fingerprint() == after, "the second run wrote"
        return applied

    def _rest(self) -> None:
        """Wait for the runner that hands a list's notices on, and saves the list then."""
        if self.run("pgrep", "-f", "runner=VirginRunner")["rc"] == 0:
            eventually(lambda: self.sh(f"find {STATE}/qfiles/virgin -type f") == "", "notices are handed on")

    def begin(self, module: str, **options: Any) -> subprocess.Popen[bytes]:
        """A module that works meanwhile, as a command of its own."""
        process = self._python("-m", self.dotted(module))
        assert process.stdin
        process.stdin.write(json.dumps({"ANSIBLE_MODULE_ARGS": self.told(options)}).encode())
        process.stdin.close()
        return process

    @contextlib.contextmanager
    def started(self, module: str, **options: Any) -> Iterator[None]:
        """A module whose engine is running; it is waited for."""
        process = self.begin(module, **options)
        self.sh(f"for try in $(seq 100); do pgrep -P $(pgrep -f 'modules[.]{module}$') && break; sleep 0.1; done")
        yield
        process.wait()

    def meanwhile(self, statement: str, locked: str, module: str, **options: Any) -> dict[str, Any]:
        """What a module says that has read a list before somebody else changed it (m, in Python), and has its lock after that."""
        sign, locks = f"{self.room}/sign", f"{STATE}/locks/{locked}.lock"
        self.sh(f"rm -f {sign}")
        with self._busy(f"-l -r locks.change {locked} {shlex.quote(statement)} {sign}", "CONT"):
            process = self.begin(module, mailman_lock_timeout=120, **options)
            # whoever waits for a lock has a file of its own
            self.sh(
                f"for try in $(seq 600); do [ $(ls {locks}.* | wc -l) -ge 2 ] && break; sleep 0.1; done; touch {sign}"
            )
            assert process.stdout
            out = process.stdout.read().decode()
            process.wait()
        said: dict[str, Any] = json.loads(out.strip().splitlines()[-1])
        return said

    def interrupt(self, module: str, signal: str, *, after: str, **options: Any) -> None:
        """Send a signal to a module and to what it started, as soon as a list is there, and see both end."""
        process = self.begin(module, **options)
        self.sh(
            f"for try in $(seq 600); do [ -e {STATE}/lists/{after}/config.pck ] && break; sleep 0.05; done;"
            f" module=$(pgrep -f 'modules[.]{module}$'); started=$(pgrep -P $module); kill -{signal} $module $started;"
            f" for try in $(seq 300); do kill -0 $started 2>/dev/null || exit 0; sleep 0.1; done; exit 1"
        )
        process.wait()

    # -- files

    def belongings(self) -> dict[str, str]:
        """What is not this run's: the lists, and every file of theirs and of the archives."""
        return {"lists": self.check("list_lists", "-b"), "files": self.fingerprint()}

    @contextlib.contextmanager
    def kept(self, *paths: str) -> Iterator[None]:
        """Put files of Mailman's state back afterwards, or take away what was not there."""
        names = " ".join(paths)
        self.sh(f"cd {STATE}; tar --format=posix -cf {self.room}/kept.tar --ignore-failed-read {names} 2>/dev/null")
        yield
        self.sh(f"cd {STATE}; rm -f {names}; tar -xpf {self.room}/kept.tar")

    def fingerprint(self, *folders: str) -> str:
        """Every file of Mailman's state, with owner, mode, time and checksum; locks and the number of a process are none."""
        where = " ".join(f"{STATE}/{folder}" for folder in folders or ("lists", "archives", "data"))
        return self.sh(
            f"find {where} -name '*.pid' -o -printf '%p %M %u:%g %l %T@\\n' | grep -v ' d' | sort;"
            f" find {where} -type f ! -name '*.pid' -exec sha256sum {{}} + | sort"
        )


def judged(found: dict[str, Any], *, moderated: list[str], members: list[str], sender: str) -> str:
    """What Mailman's settings make of a post, in the order in which it looks at them."""
    for pattern, action, _flag in found["header_filter_rules"]:
        if re.search(pattern, f"From: {sender}\nSubject: hello\n", re.IGNORECASE | re.MULTILINE):
            return {2: "reject", 3: "discard", 6: "accept", 7: "hold"}[action]
    if sender in members:
        verdict = ("hold", "reject", "discard")[found["member_moderation_action"]] if sender in moderated else "accept"
    elif sender in found["accept_these_nonmembers"]:
        verdict = "accept"
    else:
        verdict = ("accept", "hold", "reject", "discard")[found["generic_nonmember_action"]]
    return "hold" if verdict == "accept" and found["emergency"] else verdict


def no_bytecode(info: tarfile.TarInfo) -> tarfile.TarInfo | None:
    return None if "__pycache__" in info.name or info.name.endswith(".pyc") else info
