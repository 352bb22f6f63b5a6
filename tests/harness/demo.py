# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""make demo: the example site on a throw-away host, proved, and left running to look around."""

from __future__ import annotations

import fcntl
import re
import shlex
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial

from harness import images, prerequisites
from harness.checkout import CACHE, CREDENTIALS, HOME, LOGS, ROOT, claim, environment, project
from harness.console import Failed, Problem, ask, beside, elapsed, run, say, step
from harness.results import reason

STORY = "demo"
INVENTORIES = ["--inventory=inventory/hosts.yml", "--inventory=molecule/resources/inventory/hosts.yml"]
LOCK = CACHE / "demo-run"
# That the server serves. Failures, texts, the audit and more take minutes, and are told by the stories.
PROOFS = ["tests/proof/server", "-m", "not slow"]


def headline(line: str) -> str:
    """Of Ansible's output, the tasks' names and what went wrong."""
    task = re.match(r"(?:TASK|RUNNING HANDLER) \[(.*)\]", line)
    return "  " + task.group(1) if task else line if line.startswith(("fatal:", "[ERROR]", "failed:")) else ""


def playbook(path: str, log: str, env: dict[str, str], *, brief: str, options: Sequence[str] = ()) -> dict[str, int]:
    """Run a playbook on throw-away hosts: what it counted for fermium."""
    try:
        output = run(["ansible-playbook", *INVENTORIES, *options, path], log=log, env=env, brief=brief, only=headline)
    except Failed as exc:
        output = (LOGS / f"{log}.log").read_text(encoding="utf-8")
        raise Problem(f"{path} failed at {reason(output)}") from exc
    return recap(output, "fermium")


def recap(output: str, host: str) -> dict[str, int]:
    found = re.search(rf"^{host}\s+: (.*)$", output, re.MULTILINE)
    return {name: int(number) for name, number in re.findall(r"(\w+)=(\d+)", found.group(1))} if found else {}


def create_hosts(env: dict[str, str]) -> None:
    step("two hosts: fermium, and outside, which plays the rest of the Internet")
    playbook("molecule/resources/create.yml", "demo-create", env, brief="create")


def set_up_outside(env: dict[str, str]) -> None:
    playbook("molecule/resources/outside.yml", "demo-outside", env, brief="outside")


def apply_site(number: int, env: dict[str, str]) -> str:
    """The site's playbook on fermium: one line about the run."""
    began = elapsed()
    counts = playbook("playbooks/site.yml", f"demo-site-{number}", env, brief="site", options=["--diff"])
    line = f"run {number}: ok={counts.get('ok', 0)} changed={counts.get('changed', 0)} in {elapsed() - began} s"
    say(line)
    if number > 1 and (not counts.get("ok") or counts.get("changed")):
        tasks = "; ".join(changed_tasks((LOGS / f"demo-site-{number}.log").read_text(encoding="utf-8")))
        raise Problem(
            "the second run of playbooks/site.yml should change nothing, and these did: "
            f"{tasks or 'unknown'}; .cache/logs/demo-site-{number}.log has the differences."
        )
    return line


def changed_tasks(output: str) -> list[str]:
    """The tasks that changed something on fermium."""
    found = re.findall(r"^(?:TASK|RUNNING HANDLER) \[(.*)\]|^(changed): \[fermium\]", output, re.MULTILINE)
    tasks = [(found[index - 1][0], found[index][1]) for index in range(1, len(found))]
    return [task for task, changed in tasks if changed and task]


@contextmanager
def second_run(env: dict[str, str], lines: list[str]) -> Iterator[None]:
    """Beside the block; the proof that runs a playbook of its own waits for the lock (tests/proof/conftest.py)."""
    with LOCK.open("w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)

        def apply_again() -> None:
            with lock:
                lines.append(apply_site(2, env))

        with beside(apply_again):
            yield


def unproved(output: str) -> str:
    """What tests/proof/conftest.py says of the proofs that failed, or pytest's last line."""
    lines = re.findall(r"^NOT PROVED +(.*)$", output, re.MULTILINE)
    return "; ".join(lines) or (output.splitlines() or ["pytest said nothing"])[-1]


def proof(line: str) -> str:
    """Of pytest's output, the test that has just ended."""
    found = re.match(r"\S*::(.+) ([A-Z]+) +\[", line)
    return f"{found.group(1)} {found.group(2).lower()}" if found else ""


def prove(env: dict[str, str]) -> str:
    """Show the table of what was proved; give pytest's last line."""
    try:
        output = run(
            ["python", "-m", "pytest", "-v", "-rN", "--tb=short", *PROOFS],
            log="demo-proofs",
            env=env,
            brief="proof",
            only=proof,
        )
    except Failed as exc:
        raise Problem(f"not proved: {unproved((LOGS / 'demo-proofs.log').read_text(encoding='utf-8'))}") from exc
    *lines, last = [line.strip("= ") for line in output.splitlines()]
    if not re.match(r"\d+ passed", last):
        raise Problem("the proofs proved nothing: pytest ran no test.")
    say("\n" + "\n".join(lines[lines.index(next(line for line in lines if line.startswith("what was proved"))) :]))
    return last


def port(engine: dict[str, str], inside: int) -> str:
    _status, output = ask(
        [engine["LISTOPS_ENGINE"], "port", f"{project(STORY)}-fermium", f"{inside}/tcp"], env=environment(engine)
    )
    return output.rpartition(":")[2]


def look_around(engine: dict[str, str]) -> str:
    """How to reach what runs."""
    name = engine["LISTOPS_ENGINE"]
    fermium = f"{project(STORY)}-fermium"
    https = port(engine, 443)
    lines = [
        "The server is running. To look around:",
        f"  web pages      https://lists.example.org:{https}/ with the line `127.0.0.1 lists.example.org` in /etc/hosts, or:",
        f"                 curl -k --connect-to lists.example.org:443:127.0.0.1:{https} https://lists.example.org/",
        f"  administrator  listadmin, with the password in {(CREDENTIALS / 'listadmin').relative_to(ROOT)}",
        f"  a shell        {name} exec -it {fermium} bash",
        f"  its mail log   {name} exec {fermium} tail -f /var/log/exim4/mainlog",
        f"  the Internet   {name} exec -it {project(STORY)}-outside bash",
        "  remove it all  make clean",
    ]
    if "CONTAINERS_CONF" in engine:
        lines.insert(1, f"  first          export CONTAINERS_CONF={shlex.quote(engine['CONTAINERS_CONF'])}")
    return "\n".join(lines)


def demo() -> int:
    prerequisites.set_up()
    engine = prerequisites.engine()
    images.ensure([images.OUTSIDE, ("server", "trixie")], engine)
    host = {"LISTOPS_PROJECT": project(STORY), "LISTOPS_IMAGE_STAGE": "server", "LISTOPS_SUITE": "trixie"}
    host["LISTOPS_RUN_LOCK"] = str(LOCK)
    env = environment({"HOME": str(HOME), **host, **engine})
    claim(CREDENTIALS)
    create_hosts(env)
    began = elapsed()
    lines = []
    step("playbooks/site.yml on fermium, and beside it the set-up of outside")
    with beside(partial(set_up_outside, env)):
        lines.append(apply_site(1, env))
    step("the same again, which must change nothing, and beside it the proofs")
    try:
        with second_run(env, lines):
            proved = prove(env)
    finally:
        say("\n" + look_around(engine))
    say("\n" + "\n".join([*lines, proved]))
    say(f"make demo: all proved in {elapsed()} s, {elapsed() - began} s of them after the set-up.")
    return 0
