# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A test host: one Python process inside it, asked over its standard input."""

from __future__ import annotations

import json
import pathlib
import selectors
import shlex
import subprocess
import time
from collections.abc import Callable
from typing import Any, TypeVar

# What a failed proof is explained by: the logs of the mail servers, and what Mailman could not handle.
LAST_WORDS = """
tail -n 25 /var/log/exim4/*log /var/log/mailman*/error /var/log/mailman3/mailman.log
find /var/lib/mailman3/queue /var/lib/mailman/qfiles /var/lib/mailman3/archives/hyperkitty/spool -type f
exim4 -bp
systemctl --failed
journalctl --no-pager --lines=20 --unit=mailman3-web --unit=spamd
cat /proc/loadavg
"""
PROGRAM = (pathlib.Path(__file__).parent / "program.py").read_text(encoding="utf-8")
T = TypeVar("T")


def eventually(look: Callable[[], T], what: str, seconds: float = 90, pause: float = 0.2) -> T:
    """Look until something is there; fail with one sentence when it never comes."""
    deadline = time.monotonic() + seconds
    while True:
        seen = look()
        if seen:
            return seen
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {seconds:.0f} s in vain: {what}")
        time.sleep(pause)


class Inside:
    def __init__(self, engine: str, container: str) -> None:
        self.engine = shlex.split(engine)
        self.container = container
        self._process: subprocess.Popen[bytes] | None = None

    def ask(self, do: str, *, seconds: float = 90, **arguments: Any) -> Any:
        process = self._process
        if process is None or process.poll() is not None:
            process = self._process = subprocess.Popen(
                [*self.engine, "exec", "-i", self.container, "python3", "-c", PROGRAM],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                bufsize=0,
            )
        assert process.stdin and process.stdout
        process.stdin.write(json.dumps({"do": do, "with": arguments}).encode() + b"\n")
        answer = json.loads(self._line(process, seconds, do))
        if "error" in answer:
            raise RuntimeError(f"{self.container}: {do}: {answer['error']}")
        return answer["ok"]

    def _line(self, process: subprocess.Popen[bytes], seconds: float, do: str) -> bytes:
        assert process.stdout
        line = b""
        deadline = time.monotonic() + seconds
        with selectors.DefaultSelector() as selector:
            selector.register(process.stdout, selectors.EVENT_READ)
            while not line.endswith(b"\n"):
                if not selector.select(max(0, deadline - time.monotonic())):
                    self.close()
                    raise RuntimeError(f"{self.container}: {do}: no answer in {seconds:.0f} s")
                part = process.stdout.read(1 << 20)
                if not part:
                    self.close()
                    raise RuntimeError(f"{self.container}: {do}: the container went away")
                line += part
        return line

    def run(self, *argv: str, stdin: str = "", seconds: float = 90) -> dict[str, Any]:
        done: dict[str, Any] = self.ask("run", argv=list(argv), stdin=stdin, timeout=seconds, seconds=seconds + 5)
        return done

    def check(self, *argv: str, stdin: str = "", seconds: float = 90) -> str:
        """Run a command that must succeed, and give its output."""
        done = self.run(*argv, stdin=stdin, seconds=seconds)
        assert done["rc"] == 0, f"{self.container}: {shlex.join(argv)}: {done['err'] or done['out']}"
        return str(done["out"])

    def last_words(self) -> str:
        try:
            return str(self.run("sh", "-c", LAST_WORDS)["out"])
        except (RuntimeError, BrokenPipeError) as exc:
            return str(exc)

    def engine_call(self, *argv: str) -> str:
        """Ask the container engine about this container."""
        done = subprocess.run([*self.engine, *argv], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def address(self) -> str:
        return self.engine_call(
            "inspect", "--format", "{{range .NetworkSettings.Networks}}{{.IPAddress}} {{end}}", self.container
        ).split()[0]

    def close(self) -> None:
        if self._process:
            assert self._process.stdin
            self._process.stdin.close()
            try:
                self._process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            self._process = None
