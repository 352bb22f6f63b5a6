# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""make demo: the example site on a throw-away host, proved, and left running to look around."""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence

from harness import images, prerequisites
from harness.checkout import CREDENTIALS, HOME, LOGS, ROOT, claim, environment, project
from harness.console import Failed, Problem, ask, elapsed, run, say, step
from harness.results import reason

STORY = "demo"
INVENTORIES = ["--inventory=inventory/hosts.yml", "--inventory=molecule/resources/inventory/hosts.yml"]
# That the server serves. Failures, texts, the audit and the vocabulary take two minutes more, and are told by the stories.
PROOFS = [
    "tests/proof/server",
    "--ignore-glob=*/test_9_*",
    "--ignore-glob=*/test_8_audit.py",
    "--ignore-glob=*/test_8_texts.py",
]


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
    playbook("molecule/resources/outside.yml", "demo-outside", env, brief="outside")


def changed_tasks(output: str) -> list[str]:
    """The tasks that changed something on fermium."""
    found = re.findall(r"^(?:TASK|RUNNING HANDLER) \[(.*)\]|^(changed): \[fermium\]", output, re.MULTILINE)
    tasks = [(found[index - 1][0], found[index][1]) for index in range(1, len(found))]
    return [task for task, changed in tasks if changed and task]


def apply_site(env: dict[str, str]) -> list[str]:
    """The site's playbook twice: one line about each run."""
    lines = []
    for number, title in ((1, "first run"), (2, "second run")):
        began = elapsed()
        step(f"playbooks/site.yml, {title}")
        counts = playbook("playbooks/site.yml", f"demo-site-{number}", env, brief="site")
        lines.append(f"{title}: ok={counts.get('ok', 0)} changed={counts.get('changed', 0)} in {elapsed() - began} s")
        say(lines[-1])
    if not counts.get("ok") or counts.get("changed"):
        tasks = "; ".join(changed_tasks((LOGS / "demo-site-2.log").read_text(encoding="utf-8")))
        raise Problem(
            f"the second run of playbooks/site.yml should change nothing, and these did: {tasks or 'unknown'}."
        )
    return lines


def unproved(output: str) -> str:
    """What tests/proof/conftest.py says of the proofs that failed, or pytest's last line."""
    lines = re.findall(r"^NOT PROVED +(.*)$", output, re.MULTILINE)
    return "; ".join(lines) or (output.splitlines() or ["pytest said nothing"])[-1]


def prove(env: dict[str, str]) -> str:
    step("proofs")
    try:
        output = run(["python", "-m", "pytest", "-q", "-rN", "--tb=short", *PROOFS], log="demo-proofs", env=env)
    except Failed as exc:
        raise Problem(f"not proved: {unproved((LOGS / 'demo-proofs.log').read_text(encoding='utf-8'))}") from exc
    if not re.search(r"^\d+ passed", output, re.MULTILINE):
        raise Problem("the proofs proved nothing: pytest ran no test.")
    return output.splitlines()[-1]


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
    env = environment({"HOME": str(HOME), **host, **engine})
    claim(CREDENTIALS)
    create_hosts(env)
    began = elapsed()
    lines = apply_site(env)
    try:
        lines.append(prove(env))
    finally:
        say("\n" + look_around(engine))
    say("\n" + "\n".join(lines))
    say(f"make demo: all proved in {elapsed()} s, {elapsed() - began} s of them after the set-up.")
    return 0
