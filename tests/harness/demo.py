# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""make demo: the example site on a throw-away host, proved, and left running to look around."""

from __future__ import annotations

import re

from harness import images, prerequisites
from harness.checkout import HOME, environment, project
from harness.console import Problem, ask, elapsed, run, say, step

STORY = "demo"
INVENTORIES = ["--inventory=inventory/hosts.yml", "--inventory=molecule/resources/inventory/hosts.yml"]
PROOFS = "tests/proof"


def headline(line: str) -> str:
    """Of Ansible's output, the tasks' names and what went wrong."""
    task = re.match(r"(?:TASK|RUNNING HANDLER) \[(.*)\]", line)
    return "  " + task.group(1) if task else line if line.startswith(("fatal:", "[ERROR]", "failed:")) else ""


def playbook(path: str, log: str, env: dict[str, str], *, brief: str = "") -> dict[str, int]:
    """Run a playbook on the demo's hosts: what it counted for fermium."""
    command = ["ansible-playbook", *INVENTORIES, path]
    output = run(command, log=log, env=env, brief=brief, only=headline)
    return recap(output, "fermium")


def recap(output: str, host: str) -> dict[str, int]:
    found = re.search(rf"^{host}\s+: (.*)$", output, re.MULTILINE)
    return {name: int(number) for name, number in re.findall(r"(\w+)=(\d+)", found.group(1))} if found else {}


def create_hosts(env: dict[str, str]) -> None:
    step("two hosts: fermium, and outside, which plays the rest of the Internet")
    playbook("molecule/resources/create.yml", "demo-create", env, brief="create")
    playbook("molecule/resources/prepare.yml", "demo-prepare", env, brief="prepare")


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
        raise Problem(f"the second run of playbooks/site.yml should change nothing, and {lines[-1]}; see .cache/logs/demo-site-2.log.")
    return lines


def prove(env: dict[str, str]) -> str:
    step("proofs")
    output = run(["python", "-m", "pytest", "-q", "-rN", "--tb=short", PROOFS], log="demo-proofs", env=env)
    if not re.search(r"^\d+ passed", output, re.MULTILINE):
        raise Problem("the proofs proved nothing: pytest ran no test.")
    return output.splitlines()[-1]


def port(engine: dict[str, str], inside: int) -> str:
    _status, output = ask([engine["LISTOPS_ENGINE"], "port", f"{project(STORY)}-fermium", f"{inside}/tcp"], env=environment(engine))
    return output.rpartition(":")[2]


def look_around(engine: dict[str, str]) -> str:
    """How to reach what runs."""
    name = engine["LISTOPS_ENGINE"]
    if "CONTAINERS_CONF" in engine:
        name = f"CONTAINERS_CONF={engine['CONTAINERS_CONF']} {name}"
    fermium = f"{project(STORY)}-fermium"
    https = port(engine, 443)
    return f"""\
The server is running. To look around:
  web pages      https://lists.example.org:{https}/  with the line `127.0.0.1 lists.example.org` in /etc/hosts,
                 or: curl -k --connect-to lists.example.org:443:127.0.0.1:{https} https://lists.example.org/
  a shell        {name} exec -it {fermium} bash
  its mail log   {name} exec {fermium} tail -f /var/log/exim4/mainlog
  the Internet   {name} exec -it {project(STORY)}-outside bash
  remove it all  make clean"""


def demo() -> int:
    prerequisites.set_up()
    engine = prerequisites.engine()
    images.ensure([("server", "trixie")], engine)
    host = {"LISTOPS_PROJECT": project(STORY), "LISTOPS_IMAGE_STAGE": "server", "LISTOPS_SUITE": "trixie"}
    env = environment({"HOME": str(HOME), **host, **engine})
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
