# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""make test-contract: what the modules must do on Mailman 2.1, on the stand-in or on a real one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from harness import images
from harness.checkout import CACHE, CHECKOUT, ROOT, environment, project
from harness.console import Failed, Problem, ask, run, step
from harness.results import Count, PartFailed, read_junit

# The modules run in Debian 11's Python 3.9, and with these suites in others.
OTHER_PYTHONS = (("bookworm", "3.11"), ("trixie", "3.13"))
STANDIN = ROOT / "tests/standin21"
# Debian 11's Python 2.7, which no later Debian has, runs there all the same.
PYTHON27 = "usr/bin/python2.7 usr/lib/python2.7 etc/python2.7 usr/lib/*/libcrypto.so.1.1"

# The first process there, which takes leave of those whose parent a test killed: else their numbers stay in use, and so do their locks.
INIT = """from signal import *
signal(SIGCHLD, SIG_IGN)
end = [SIGTERM, SIGRTMIN + 3]
pthread_sigmask(SIG_BLOCK, end)
sigwait(end)
"""


@contextmanager
def standin(engine: dict[str, str], suite: str) -> Iterator[str]:
    """A throw-away host with the stand-in for Mailman 2.1, and the suite's own Python 3: the container's name."""
    image = images.PYTHON27 if suite == images.PYTHON27[1] else ("host", suite)
    images.ensure([images.PYTHON27, image], engine)
    tool, env, name = engine["LISTOPS_ENGINE"], environment(engine), project("contract")
    carry = f"{tool} run --rm {images.name_of(images.PYTHON27)} sh -c 'cd /; tar -c {PYTHON27}' | {tool} exec -i {name} tar -x -C /"
    ask([tool, "rm", "--force", name], env=env)
    start = ["run", "--detach", f"--label=listops.checkout={CHECKOUT}", f"--name={name}"]
    try:
        for command in (
            [tool, *start, "--hostname=lists.example.org", images.name_of(image), "python3", "-c", INIT],
            ["true"] if image == images.PYTHON27 else ["sh", "-c", carry],
            [tool, "cp", f"{STANDIN}/.", f"{name}:/root/standin21"],
            [tool, "exec", name, "sh", "/root/standin21/install"],
        ):
            status, output = ask(command, env=env)
            if status:
                raise Problem(f"The host of the stand-in could not be made: {output}")
        yield name
    finally:
        ask([tool, "rm", "--force", name], env=env)


def running(name: str, engine: dict[str, str]) -> None:
    """Refuse a container that is not there, or has no Mailman 2.1."""
    command = [engine["LISTOPS_ENGINE"], "exec", name, "test", "-x", "/usr/sbin/config_list"]
    status, output = ask(command, env=environment(engine))
    if status:
        raise Problem(f"MAILMAN2_HOST is {name}: give a running container with Mailman 2.1 ({output or 'none in it'})")


def prove(host: str, engine: dict[str, str], tests: Sequence[str] = ("tests/contract",)) -> Count:
    """Run the tests on a host."""
    report = CACHE / "contract.xml"
    report.unlink(missing_ok=True)
    env = environment({**engine, "MAILMAN2_HOST": host})
    try:
        run(["python", "-m", "pytest", "-q", *tests, f"--junitxml={report}"], log="contract", env=env)
    except Failed as exc:
        raise PartFailed(str(exc), read_junit(report)) from exc
    return read_junit(report)


def contract(
    engine: dict[str, str], host: str = "", suite: str = "", tests: Sequence[str] = ("tests/contract",)
) -> Count:
    """host: a container with Mailman 2.1, else the stand-in on the Debian of this name, whose Python the modules run in."""
    if host:
        step(f"contract on Mailman 2.1 in {host}")
        running(host, engine)
        return prove(host, engine, tests)
    suite = suite or images.PYTHON27[1]
    step(f"contract on the stand-in for Mailman 2.1, on {suite}")
    with standin(engine, suite) as name:
        return prove(name, engine, tests)
