# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Finds Mailman on the host and talks to the program that runs in its interpreter."""

from __future__ import annotations

import contextlib
import inspect
import json
import os
import shlex
import subprocess
import tempfile
from types import ModuleType
from typing import IO, Any, Iterable, Iterator, Mapping

from ansible_collections.listops.mailman.plugins.module_utils import _visible as visible
from ansible_collections.listops.mailman.plugins.module_utils._accounts.remote import main as accounts_engine
from ansible_collections.listops.mailman.plugins.module_utils._hyperkitty.remote import main as hyperkitty_engine
from ansible_collections.listops.mailman.plugins.module_utils._hyperkitty.remote import redact as hyperkitty_redact
from ansible_collections.listops.mailman.plugins.module_utils._lists.model import ListSpec, one_id_each, one_name_each
from ansible_collections.listops.mailman.plugins.module_utils._mailman3.remote import main as mailman3_engine
from ansible_collections.listops.mailman.plugins.module_utils._mailman3.remote import notices as mailman3_notices
from ansible_collections.listops.mailman.plugins.module_utils._mailman3.remote import people as mailman3_people
from ansible_collections.listops.mailman.plugins.module_utils._mailman3.remote import read as mailman3_read
from ansible_collections.listops.mailman.plugins.module_utils._mailman3.remote import redact as mailman3_redact
from ansible_collections.listops.mailman.plugins.module_utils._mailman3.remote import rename as mailman3_rename
from ansible_collections.listops.mailman.plugins.module_utils._mailman3.remote import settings as mailman3_settings
from ansible_collections.listops.mailman.plugins.module_utils._mailman3.remote import templates as mailman3_templates
from ansible_collections.listops.mailman.plugins.module_utils._mailman3.remote import (
    transactions as mailman3_transactions,
)
from ansible_collections.listops.mailman.plugins.module_utils._mailman3.remote import write as mailman3_write
from ansible_collections.listops.mailman.plugins.module_utils._mailman21.remote import archives as mailman21_archives
from ansible_collections.listops.mailman.plugins.module_utils._mailman21.remote import lock as mailman21_lock
from ansible_collections.listops.mailman.plugins.module_utils._mailman21.remote import main as mailman21_engine
from ansible_collections.listops.mailman.plugins.module_utils._mailman21.remote import passwords as mailman21_passwords
from ansible_collections.listops.mailman.plugins.module_utils._mailman21.remote import read as mailman21_read
from ansible_collections.listops.mailman.plugins.module_utils._mailman21.remote import redact as mailman21_redact
from ansible_collections.listops.mailman.plugins.module_utils._mailman21.remote import rename as mailman21_rename
from ansible_collections.listops.mailman.plugins.module_utils._mailman21.remote import write as mailman21_write
from ansible_collections.listops.mailman.plugins.module_utils._programs import identity
from ansible_collections.listops.mailman.plugins.module_utils._programs.remote import server as program
from ansible_collections.listops.mailman.plugins.module_utils._programs.remote import web as web_program
from ansible_collections.listops.mailman.plugins.module_utils._redaction.remote import contents as redact_topics
from ansible_collections.listops.mailman.plugins.module_utils._redaction.remote import digests as redact_digests
from ansible_collections.listops.mailman.plugins.module_utils._redaction.remote import message as redact_text
from ansible_collections.listops.mailman.plugins.module_utils._redaction.remote import pipermail as redact_pages

# One program per Mailman, and two for the web interface:
# its modules in the order of their imports, the one with main() last.
PROGRAMS: dict[str, list[ModuleType]] = {
    "mailman3": [
        program,
        redact_topics,
        redact_text,
        redact_digests,
        mailman3_redact,
        mailman3_settings,
        mailman3_templates,
        mailman3_read,
        mailman3_people,
        mailman3_write,
        mailman3_rename,
        mailman3_transactions,
        mailman3_notices,
        mailman3_engine,
    ],
    "mailman21": [
        program,
        mailman21_read,
        mailman21_lock,
        mailman21_passwords,
        redact_topics,
        redact_text,
        redact_digests,
        redact_pages,
        mailman21_redact,
        mailman21_archives,
        mailman21_write,
        mailman21_rename,
        mailman21_engine,
    ],
    "hyperkitty": [
        program,
        web_program,
        redact_topics,
        redact_text,
        redact_digests,
        hyperkitty_redact,
        hyperkitty_engine,
    ],
    "accounts": [program, web_program, accounts_engine],
}
# Where distributions, pip and the Mailman documentation put the command whose
# first line names the interpreter.
COMMANDS = {
    "mailman3": (
        "/usr/lib/mailman3/bin/mailman",
        "/usr/bin/mailman",
        "/usr/local/bin/mailman",
        "/opt/mailman/venv/bin/mailman",
        "/opt/mailman/mm/venv/bin/mailman",
    ),
    "mailman21": (
        "/usr/lib/mailman/bin/config_list",
        "/var/lib/mailman/bin/config_list",
        "/usr/local/mailman/bin/config_list",
        "/usr/local/cpanel/3rdparty/mailman/bin/config_list",
        "/opt/mailman/bin/config_list",
    ),
    "hyperkitty": ("/usr/share/mailman3-web/manage.py",),
    "accounts": ("/usr/share/mailman3-web/manage.py",),
}
# The module option that names the user of each.
USER_OPTIONS = {
    "mailman3": "mailman_user",
    "mailman21": "mailman_user",
    "hyperkitty": "web_user",
    "accounts": "web_user",
}
# For how long the first line of a command may take.
READ_SECONDS = 30
# Reads its modules from standard input, so that neither they nor a secret are in argv.
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


class EngineError(Exception):
    """What went wrong on the host, in one sentence; details hold a traceback for -vvv. Both are safe for a terminal."""

    def __init__(self, message: str, details: str = "") -> None:
        super().__init__(visible.sentence(message))
        self.details = visible.lines(details)


class NotInstalled(EngineError):
    """There is no Mailman on this host."""


def find_command(engine: str, command: str | None, option: str) -> str:
    """The path of the service's own command; option is the name of the module option that sets it."""
    if command:
        if os.path.isfile(command):
            return command
        raise NotInstalled("{0} is {1!r}, and there is no such file".format(option, command))
    found = installed(engine)
    if found is None:
        raise NotInstalled(
            "Mailman is not installed here (looked for {0}); install it, or set {1}".format(
                ", ".join(COMMANDS[engine]), option
            )
        )
    return found


def installed(engine: str) -> str | None:
    """The service's own command where it is known to be, or None."""
    return next((path for path in COMMANDS[engine] if os.path.isfile(path)), None)


def first_line(command: str, who: identity.Identity) -> str:
    """The first line of a script, read as the user whose it may be: it could be a link to what that user cannot read."""
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
        raise EngineError("cannot read {0} as {1}: {2}".format(command, who.name, exc)) from None
    if done.returncode:
        said = done.stderr.decode("utf-8", "replace").strip().rpartition(": ")[2]
        raise EngineError("cannot read {0} as {1}: {2}".format(command, who.name, said))
    output: bytes = done.stdout
    return output.split(b"\n", 1)[0].decode("utf-8", "replace").strip()


def interpreter(command: str, first: str) -> list[str]:
    """The interpreter that the first line of a script names, with its arguments."""
    try:
        words = shlex.split(first[2:]) if first.startswith("#!") else []
    except ValueError:
        words = []
    if not words or "python" not in first:
        raise EngineError("{0} does not start with a Python interpreter".format(command))
    return words


def _pipes(process: subprocess.Popen[bytes] | None) -> tuple[IO[bytes], IO[bytes]]:
    if process is None or process.stdin is None or process.stdout is None:
        raise EngineError("the engine is not running; use it in a with statement")
    return process.stdin, process.stdout


class Engine:
    """One process in the service's own interpreter for the whole task, as the service's own user. A context manager.

    engine: a key of PROGRAMS.
    command: the service's own command, or None to look for it; option names
        the module option for messages.
    opening: the first request, beside "op"; "user" in it is whose process it is.
    hello: the program's answer to it; until somebody asks, the program only gets ready, and touches nothing.
    waited: for how many seconds apply() found the service's database busy.
    """

    # The systemd unit that runs it.
    service = "mailman3"

    def __init__(self, engine: str, *, command: str | None, option: str, opening: Mapping[str, Any]) -> None:
        self.command = find_command(engine, command, option)
        self._modules = PROGRAMS[engine]
        self._user, self._user_option = str(opening["user"]), USER_OPTIONS[engine]
        self._opening = dict(opening, op="open", command=self.command)
        self._process: subprocess.Popen[bytes] | None = None
        self._hello: Mapping[str, Any] | None = None
        self._opens = False
        self.waited = 0.0

    def __enter__(self) -> Engine:
        try:
            who = identity.find(self._user, self._user_option)
        except identity.Refused as exc:
            raise EngineError(str(exc)) from None
        self._argv = interpreter(self.command, first_line(self.command, who))
        self._stderr = tempfile.TemporaryFile()
        try:
            # Root is gone before the interpreter starts: it, and what it imports, may belong to its user.
            self._process = subprocess.Popen(
                self._argv + ["-c", BOOT],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._stderr,
                **who.options(),
            )
        except (OSError, subprocess.SubprocessError) as exc:
            self._stderr.close()
            reason = getattr(exc, "strerror", None) or exc
            raise EngineError(
                "the interpreter {0} does not start as {1}: {2}".format(self._argv[0], who.name, reason)
            ) from None
        try:
            sources = [inspect.getsource(module).encode("utf-8") for module in self._modules]
            header = [[module.__name__, len(source)] for module, source in zip(self._modules, sources)]
            self._write(json.dumps(header).encode("ascii") + b"\n" + b"".join(sources))
        except BaseException:
            self.__exit__()
            raise
        return self

    @property
    def hello(self) -> Mapping[str, Any]:
        return self._open()

    def __exit__(self, *_exc: Any) -> None:
        process, self._process = self._process, None
        if process is not None:
            stdin, stdout = _pipes(process)
            # If it died with a request half read, request() has said so.
            with contextlib.suppress(BrokenPipeError):
                stdin.close()
            stdout.close()
            process.wait()
        self._stderr.close()

    def read(self, **request: Any) -> Mapping[str, Mapping[str, Any]]:
        """State of lists by posting address."""
        lists: Mapping[str, Mapping[str, Any]] = self.request(dict(request, op="read"))["lists"]
        return lists

    @property
    def unreadable(self) -> Mapping[str, str]:
        """Why lists cannot be read, by posting address, or by local name when that is all there is to know."""
        return {}

    def tidy(self) -> None:
        """Remove what killed runs left."""

    def check(self, specs: Iterable[ListSpec]) -> None:
        """Refuse what this Mailman cannot express."""
        specs = list(specs)
        one_name_each(specs)
        one_id_each(specs, self.hello["lists"])

    def adapt(
        self, specs: list[ListSpec], actual: Mapping[str, Mapping[str, Any]]
    ) -> tuple[list[ListSpec], Mapping[str, Mapping[str, Any]]]:
        """Declared and actual lists as this Mailman compares them."""
        return specs, actual

    def apply(self, steps: list[Mapping[str, Any]]) -> Mapping[str, str]:
        """Carry out the steps of a plan; the lists that failed, with a sentence each. The others are done."""
        answer = self.request({"op": "apply", "steps": steps})
        self.waited = float(answer.get("waited", 0))
        failed: Mapping[str, str] = answer.get("failed", {})
        return failed

    def request(self, message: Mapping[str, Any]) -> Mapping[str, Any]:
        """Send one request, return its answer; the first one opens the service."""
        self._open()
        return self._exchange(message)

    def requests(self, messages: Iterable[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
        """The answers to several requests, of a few kilobytes each. The next is worked on while the caller looks at one."""
        self._open()
        waiting = 0
        for message in messages:
            self._send(message)
            waiting += 1
            if waiting == 2:
                yield self._answer()
                waiting -= 1
        while waiting:
            yield self._answer()
            waiting -= 1

    def begin(self) -> None:
        """Let it open the service while the caller does something else."""
        if not self._opens:
            self._send(self._opening)
            self._opens = True

    def _open(self) -> Mapping[str, Any]:
        if self._hello is None:
            self.begin()
            self._hello = self._answer()
        return self._hello

    def _exchange(self, message: Mapping[str, Any]) -> Mapping[str, Any]:
        self._send(message)
        return self._answer()

    def _send(self, message: Mapping[str, Any]) -> None:
        self._write(json.dumps(message).encode("utf-8") + b"\n")

    def _answer(self) -> Mapping[str, Any]:
        line = _pipes(self._process)[1].readline()
        if not line:
            raise EngineError("the interpreter {0} stopped early".format(self._argv[0]), self._complaints())
        answer: Mapping[str, Any] = json.loads(line.decode("utf-8"))
        if answer.get("absent"):
            raise NotInstalled(answer["error"])
        if "error" in answer:
            raise EngineError(answer["error"], answer.get("traceback", "") + self._complaints())
        return answer

    def _write(self, data: bytes) -> None:
        stdin = _pipes(self._process)[0]
        try:
            stdin.write(data)
            stdin.flush()
        except BrokenPipeError:
            raise EngineError("the interpreter {0} does not start".format(self._argv[0]), self._complaints()) from None

    def _complaints(self) -> str:
        self._stderr.seek(0)
        return self._stderr.read().decode("utf-8", "replace")[-4000:]
