# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Starts a process in the interpreter of a service, sends it a program, and exchanges JSON with it."""

from __future__ import annotations

import contextlib
import inspect
import json
import shlex
import subprocess
import sys
import tempfile
from types import ModuleType
from typing import IO, Any, Iterable, Iterator, Mapping, NamedTuple, Sequence

from ansible_collections.listops.mailman.plugins.module_utils._errors import HostError, NotInstalled
from ansible_collections.listops.mailman.plugins.module_utils._programs import commands, identity

# Time limit for reading the first line of a command.
READ_SECONDS = 30
# It reads its modules from standard input, so that neither they nor a secret are in argv.
# Python 2.7 and 3; the former looks for the packages above a module too. What was
# answered is done, so there is nothing to tidy up, which a big site takes long to do.
BOOT = """
import json, os, sys, types
stdin = getattr(sys.stdin, "buffer", sys.stdin)
for name, size in json.loads(stdin.readline().decode("ascii")):
    words = str(name).split(".")
    for end in range(1, len(words) + 1):
        path = ".".join(words[:end])
        if path not in sys.modules:
            module = sys.modules[path] = types.ModuleType(path)
            module.__path__ = []
    if len(words) > 1:
        setattr(sys.modules[".".join(words[:-1])], words[-1], module)
    exec(compile(stdin.read(size), str(name), "exec"), module.__dict__)
module.main()
os._exit(0)
"""


class Program(NamedTuple):
    """A program for the interpreter of a service.

    modules: from folders called `remote`, in the order of their imports, the one with main() last.
    commands: possible paths of the service's command, whose first line names the interpreter.
    command_option, user_option: the module options for the command and the user.
    """

    modules: Sequence[ModuleType]
    commands: Sequence[str]
    command_option: str
    user_option: str


def first_line(command: str, who: identity.Identity) -> str:
    """The first line of a script. It is read as the service's user, since it could be a link to a file that this user cannot read."""
    argv = ["head", "-c", "4096", "--", command]
    try:
        done = subprocess.run(
            argv,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=READ_SECONDS,
            check=False,
            **who.options(),
        )
    except (OSError, subprocess.SubprocessError) as exc:
        raise HostError("cannot read {0} as {1}: {2}".format(command, who.name, exc)) from None
    if done.returncode:
        said = done.stderr.decode("utf-8", "replace").strip().rpartition(": ")[2]
        raise HostError("cannot read {0} as {1}: {2}".format(command, who.name, said))
    output: bytes = done.stdout
    return output.split(b"\n", 1)[0].decode("utf-8", "replace").strip()


def interpreter(command: str, first: str) -> list[str]:
    """The interpreter that the first line of a script names, with its arguments."""
    try:
        words = shlex.split(first[2:]) if first.startswith("#!") else []
    except ValueError:
        words = []
    if not words or "python" not in first:
        raise HostError("{0} does not start with a Python interpreter".format(command))
    return words


def _pipes(process: subprocess.Popen[bytes] | None) -> tuple[IO[bytes], IO[bytes]]:
    if process is None or process.stdin is None or process.stdout is None:
        raise HostError("the program is not running; use it in a with statement")
    return process.stdin, process.stdout


class Process:
    """One process in a service's own interpreter for the whole task, as the service's own user. A context manager.

    command: the service's own command, or None to look for it.
    user: the user that it runs as.
    descriptors: open files that it gets under the same numbers.
    opening: the first request. Until another request the program only starts, and changes nothing.
    """

    def __init__(
        self, program: Program, *, command: str | None, user: str, descriptors: Sequence[int] = (), **opening: Any
    ) -> None:
        self.command = commands.find(program.commands, command, program.command_option)
        self._user = user
        self._descriptors = descriptors
        self._prepare(program, dict(opening, command=self.command))

    def _prepare(self, program: Program, opening: Mapping[str, Any]) -> None:
        self._program = program
        self._opening = dict(opening, op="open")
        self._process: subprocess.Popen[bytes] | None = None
        self._server_info: Mapping[str, Any] | None = None
        self._opens = False

    def _interpreter(self) -> tuple[list[str], identity.Identity]:
        """The interpreter with its arguments, and the user that it runs as."""
        try:
            who = identity.find(self._user, self._program.user_option)
        except identity.Refused as exc:
            raise HostError(str(exc)) from None
        return interpreter(self.command, first_line(self.command, who)), who

    def __enter__(self) -> Process:
        self._argv, who = self._interpreter()
        self._stderr = tempfile.TemporaryFile()
        try:
            # Root's rights are dropped before the interpreter starts, since it and its modules may belong to that user.
            self._process = subprocess.Popen(
                self._argv + ["-c", BOOT],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._stderr,
                pass_fds=self._descriptors,
                **who.options(),
            )
        except (OSError, subprocess.SubprocessError) as exc:
            self._stderr.close()
            reason = getattr(exc, "strerror", None) or exc
            raise HostError(
                "the interpreter {0} does not start as {1}: {2}".format(self._argv[0], who.name, reason)
            ) from None
        try:
            sources = [inspect.getsource(module).encode("utf-8") for module in self._program.modules]
            header = [[module.__name__, len(source)] for module, source in zip(self._program.modules, sources)]
            self._write(json.dumps(header).encode("ascii") + b"\n" + b"".join(sources))
        except BaseException:
            self.__exit__()
            raise
        return self

    @property
    def server_info(self) -> Mapping[str, Any]:
        """The program's facts about its service, from its first answer."""
        if self._server_info is None:
            self.begin()
            self._server_info = self._answer()
        return self._server_info

    def __exit__(self, *_exc: Any) -> None:
        process, self._process = self._process, None
        if process is not None:
            stdin, stdout = _pipes(process)
            # If it died while reading a request, request() has raised an error.
            with contextlib.suppress(BrokenPipeError):
                stdin.close()
            stdout.close()
            process.wait()
        self._stderr.close()

    def request(self, op: str, **fields: Any) -> Mapping[str, Any]:
        """Send one request and return its answer. The first one opens the service. op: a method of the program's handler."""
        self.server_info  # noqa: B018
        self._send(dict(fields, op=op))
        return self._answer()

    def requests(self, op: str, messages: Iterable[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
        """Answers to several small requests. The program works on the next one while the caller handles an answer."""
        self.server_info  # noqa: B018
        waiting = 0
        for message in messages:
            self._send(dict(message, op=op))
            waiting += 1
            if waiting == 2:
                yield self._answer()
                waiting -= 1
        while waiting:
            yield self._answer()
            waiting -= 1

    def begin(self) -> None:
        """Let the program open the service while the caller does something else."""
        if not self._opens:
            self._send(self._opening)
            self._opens = True

    def _send(self, message: Mapping[str, Any]) -> None:
        self._write(json.dumps(message).encode("utf-8") + b"\n")

    def _answer(self) -> Mapping[str, Any]:
        answer: dict[str, Any] = self._line()
        if answer.get("absent"):
            raise NotInstalled(answer["error"])
        if "error" in answer:
            raise HostError(answer["error"], answer.get("traceback", "") + self._complaints())
        if "streamed" in answer:
            answer["lists"] = dict(self._line() for _each in range(answer.pop("streamed")))
        return answer

    def _line(self) -> Any:
        line = _pipes(self._process)[1].readline()
        if not line:
            raise HostError("the interpreter {0} stopped early".format(self._argv[0]), self._complaints())
        return json.loads(line)

    def _write(self, data: bytes) -> None:
        stdin = _pipes(self._process)[0]
        try:
            stdin.write(data)
            stdin.flush()
        except BrokenPipeError:
            raise HostError("the interpreter {0} does not start".format(self._argv[0]), self._complaints()) from None

    def _complaints(self) -> str:
        self._stderr.seek(0)
        return self._stderr.read().decode("utf-8", "replace")[-4000:]


def reader_of(folder: str, option: str) -> identity.Identity:
    """Who reads a folder of a service's files. option: the one that named it."""
    try:
        return identity.reader(folder, option)
    except identity.Refused as exc:
        raise HostError(str(exc)) from None
    except OSError as exc:
        raise HostError("{0} is {1}, which cannot be looked at: {2}".format(option, folder, exc.strerror)) from None


class OwnProcess(Process):
    """A process in Ansible's own interpreter, for files whose service is not here, as who may read those."""

    def __init__(
        self, program: Program, who: identity.Identity, *, descriptors: Sequence[int] = (), **opening: Any
    ) -> None:
        self._who = who
        self._descriptors = descriptors
        self._prepare(program, opening)

    def _interpreter(self) -> tuple[list[str], identity.Identity]:
        return [sys.executable], self._who
