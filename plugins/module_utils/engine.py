# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Finds Mailman on the host and talks to the program that runs in its interpreter."""

from __future__ import annotations

import inspect
import json
import os
import shlex
import subprocess
import tempfile
from types import ModuleType
from typing import Any, Mapping, Optional

from ansible_collections.listops.mailman.plugins.module_utils import mailman3_engine

# One program per Mailman; Mailman 2.1 plugs in here.
PROGRAMS: dict[str, ModuleType] = {"mailman3": mailman3_engine}
# Where distributions, pip and the Mailman documentation put the command.
COMMANDS = {
    "mailman3": (
        "/usr/lib/mailman3/bin/mailman",
        "/usr/bin/mailman",
        "/usr/local/bin/mailman",
        "/opt/mailman/venv/bin/mailman",
        "/opt/mailman/mm/venv/bin/mailman",
    )
}
# Reads its own program from standard input, so that neither it nor a secret is in argv.
BOOT = (
    "import sys;"
    "size=int(sys.stdin.buffer.readline());"
    "code=sys.stdin.buffer.read(size).decode('utf-8');"
    "exec(compile(code,{0!r},'exec'),{{'__name__':'__main__'}})"
)


class EngineError(Exception):
    """What went wrong on the host, in one sentence; details hold a traceback for -vvv."""

    def __init__(self, message: str, details: str = "") -> None:
        super().__init__(message)
        self.details = details


class NotInstalled(EngineError):
    """There is no Mailman on this host."""


def find_command(engine: str, command: Optional[str] = None) -> str:
    """The path of Mailman's own command, from whose first line its interpreter follows."""
    if command:
        if os.path.isfile(command):
            return command
        raise NotInstalled("mailman_command is {0!r}, and there is no such file".format(command))
    for path in COMMANDS[engine]:
        if os.path.isfile(path):
            return path
    raise NotInstalled(
        "Mailman is not installed here (looked for {0}); install it, or set mailman_command".format(
            ", ".join(COMMANDS[engine])
        )
    )


def interpreter(command: str) -> list[str]:
    """The interpreter in the first line of a script, with its arguments."""
    try:
        with open(command, "rb") as handle:
            first = handle.readline(4096).decode("utf-8", "replace").strip()
    except OSError as exc:
        raise EngineError("cannot read {0}: {1}".format(command, exc.strerror)) from None
    words = shlex.split(first[2:]) if first.startswith("#!") else []
    if not words or "python" not in first:
        raise EngineError("{0} does not start with a Python interpreter; set mailman_command".format(command))
    return words


class Engine:
    """One process in Mailman's interpreter for the whole task. A context manager.

    hello: what the program says of this Mailman when it starts (see
    mailman3_engine.Engine.hello).
    """

    def __init__(
        self,
        *,
        user: str,
        command: Optional[str] = None,
        config: Optional[str] = None,
        engine: str = "mailman3",
    ) -> None:
        self._argv = interpreter(find_command(engine, command))
        self._program = inspect.getsource(PROGRAMS[engine]).encode("utf-8")
        self._open = {"op": "open", "user": user, "config": config}
        self._process: Optional[subprocess.Popen[bytes]] = None
        self.hello: Mapping[str, Any] = {}

    def __enter__(self) -> "Engine":
        self._stderr = tempfile.TemporaryFile()
        argv = self._argv + ["-c", BOOT.format("listops engine")]
        # PYTHONPATH and the like are Ansible's business, not Mailman's.
        environment = {key: value for key, value in os.environ.items() if not key.startswith("PYTHON")}
        environment["LC_ALL"] = "C.UTF-8"
        self._process = subprocess.Popen(
            argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._stderr, env=environment, close_fds=True
        )
        try:
            self._write(b"%d\n" % len(self._program) + self._program)
            self.hello = self.request(self._open)
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_exc: Any) -> None:
        process, self._process = self._process, None
        if process is not None:
            assert process.stdin is not None and process.stdout is not None
            try:
                process.stdin.close()
            except BrokenPipeError:
                # It died with a request half read; request() has said so.
                pass
            process.stdout.close()
            process.wait()
        self._stderr.close()

    def read(self, **request: Any) -> Mapping[str, Mapping[str, Any]]:
        """State of lists by posting address."""
        lists: Mapping[str, Mapping[str, Any]] = self.request(dict(request, op="read"))["lists"]
        return lists

    def apply(self, steps: list[Mapping[str, Any]]) -> None:
        """Carry out the steps of a plan."""
        self.request({"op": "apply", "steps": steps})

    def request(self, message: Mapping[str, Any]) -> Mapping[str, Any]:
        """Send one request, return its answer."""
        assert self._process is not None and self._process.stdout is not None
        self._write(json.dumps(message).encode("utf-8") + b"\n")
        line = self._process.stdout.readline()
        if not line:
            raise EngineError("Mailman's interpreter {0} stopped early".format(self._argv[0]), self._complaints())
        answer: Mapping[str, Any] = json.loads(line.decode("utf-8"))
        if "error" in answer:
            raise EngineError(answer["error"], answer.get("traceback", "") + self._complaints())
        return answer

    def _write(self, data: bytes) -> None:
        assert self._process is not None and self._process.stdin is not None
        try:
            self._process.stdin.write(data)
            self._process.stdin.flush()
        except BrokenPipeError:
            raise EngineError(
                "Mailman's interpreter {0} does not start".format(self._argv[0]), self._complaints()
            ) from None

    def _complaints(self) -> str:
        self._stderr.seek(0)
        return self._stderr.read().decode("utf-8", "replace")[-4000:]
