# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""make bench: how fast the collection is on a big site, with the targets it must meet.

On throw-away hosts with Mailman 3; or, with MAILMAN2_HOST, on the Mailman 2.1 in the running container of that name.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from bench import mailman3, mailman21
from bench.archive import Archives
from bench.figures import Figure, Target, median, report
from bench.host import Host
from harness import contract, images, prerequisites
from harness.checkout import CACHE, CREDENTIALS, HOME, ROOT, claim, environment, project
from harness.console import Problem, elapsed, run, say, step
from harness.demo import INVENTORIES, playbook, recap

LISTS = 1000
MAILS = 4000
IMAGE: images.Image = ("server", "trixie")
Env = dict[str, str]


def with_mailman3(database: str, lists: int, mails: int, env: Env) -> list[Figure]:
    """The figures of Mailman 3 with one database, on a host that is gone afterwards. mails: see Archives.most."""
    name = f"mailman3.{database}"
    step(f"{name}: a host with Mailman")
    env = {**env, "LISTOPS_PROJECT": project(f"bench-{database}")}
    options = [f"--extra-vars=mailman_database={database}"]
    try:
        playbook("molecule/resources/create.yml", f"bench-{database}-create", env, brief="create")
        playbook("molecule/modules/converge.yml", f"bench-{database}-host", env, brief="mailman", options=options)
        step(f"{name}: figures")
        host = Host(env["LISTOPS_ENGINE"], f"{env['LISTOPS_PROJECT']}-fermium", env)
        figures = mailman3.Mailman3(name, host, lists, say, loop=partial(loop, env, options)).figures()
        return figures + Archives(f"migration.{database}", host, MAILS, say, most=mails).figures()
    finally:
        playbook("molecule/resources/destroy.yml", f"bench-{database}-destroy", env, brief="destroy")


def loop(env: Env, options: list[str], entries: list[dict[str, object]]) -> None:
    path = Path(CACHE / "bench-loop.json")
    path.write_text(mailman3.play(entries), encoding="utf-8")
    run(["ansible-playbook", *INVENTORIES, *options, str(path)], log="bench-loop", env=env, only=lambda _line: "")


def with_mailman21(container: str, lists: int, env: Env) -> list[Figure]:
    """The figures of the Mailman 2.1 in a container, which is as it was afterwards."""
    step(f"mailman21: figures, in {container}")
    return mailman21.Mailman21("mailman21", Host(env["LISTOPS_ENGINE"], container, env), lists, say).figures()


def tree_of(commit: str) -> Path:
    """The tree of a commit, laid out as Ansible wants it."""
    top = CACHE / "bench-before"
    shutil.rmtree(top, ignore_errors=True)
    tree = top / "ansible_collections/listops/mailman"
    tree.mkdir(parents=True)
    archive = top / "tree.tar"
    run(["git", "-C", str(ROOT), "archive", f"--output={archive}", commit], log="bench-before", env=environment())
    run(["tar", "-xf", str(archive), "-C", str(tree)], log="bench-before", env=environment())
    return tree


@dataclass(frozen=True)
class Server:
    """A throw-away host, and the tree whose playbooks/site.yml makes it a server."""

    name: str
    tree: Path
    env: Env

    def play(self, path: str) -> dict[str, int]:
        inventories = [f"--inventory={self.tree / option.partition('=')[2]}" for option in INVENTORIES]
        log = f"{self.name}-{Path(path).stem}"
        output = run(["ansible-playbook", *inventories, str(self.tree / path)], log=log, env=self.env, brief=self.name)
        return recap(output, "fermium")

    def noop(self) -> tuple[int, float]:
        """The tasks and the seconds of a run that changes nothing."""
        began = time.monotonic()
        counts = self.play("playbooks/site.yml")
        if not counts.get("ok") or counts.get("changed"):
            raise Problem(f"{self.name}: a run of playbooks/site.yml that should change nothing did: {counts}.")
        return counts["ok"], time.monotonic() - began


def whole_site(env: Env, before: str) -> list[Figure]:
    """The figures of playbooks/site.yml on the example's inventory; before: a commit to compare with, or nothing."""
    trees = {"site": ROOT} | ({"site-before": tree_of(before)} if before else {})
    servers = []
    for name, tree in trees.items():
        own = {"LISTOPS_PROJECT": project(f"bench-{name}")}
        if tree != ROOT:
            own["ANSIBLE_COLLECTIONS_PATH"] = str(tree.parents[2])
        servers.append(Server(f"bench-{name}", tree, {**env, **own}))
    try:
        for server in servers:
            step(f"{server.name}: a whole server")
            server.play("molecule/resources/create.yml")
            server.play("playbooks/site.yml")
        step("site: figures")
        runs = [[server.noop() for server in servers] for _round in range(3)]
    finally:
        for server in servers:
            server.play("molecule/resources/destroy.yml")
    seconds = [median([each[index][1] for each in runs]) for index in range(len(servers))]
    figures = [
        Figure("site.noop_tasks", runs[0][0][0], "tasks", Target(120)),
        Figure("site.noop_seconds", seconds[0], "seconds"),
    ]
    if before:
        figures += [
            Figure("site.noop_tasks_before", runs[0][1][0], "tasks"),
            Figure("site.noop_vs_before", seconds[0] / seconds[1], "times", Target(0.6)),
        ]
    return figures


# One side for each engine and database that gets hosts of its own.
SIDES: dict[str, Callable[[int, int, Env], list[Figure]]] = {
    "mailman3.sqlite": partial(with_mailman3, "sqlite"),
    "mailman3.postgresql": partial(with_mailman3, "postgresql"),
}


def bench(mailman2_host: str = "", before: str = "", mails: str = "", lists: int = LISTS) -> int:
    """Print the figures; 1 when a target is missed.

    mailman2_host: measure the Mailman 2.1 in this container alone. before: measure a run of the whole site alone, beside
    the tree of this commit. mails: how many the biggest mailbox has, instead of the usual number.
    """
    if mails and not (mails.isdecimal() and int(mails) > MAILS):
        raise Problem(f"MAILS is {mails!r}: give a number of mails above {MAILS}.")
    prerequisites.set_up()
    engine = prerequisites.engine()
    if mailman2_host:
        contract.running(mailman2_host, engine)
        figures = with_mailman21(mailman2_host, lists, environment(engine))
        step("figures: medians of at least 3; the commands measured on a few lists and extrapolated")
    else:
        images.ensure([IMAGE], engine)
        claim(CREDENTIALS)
        chosen = {"HOME": str(HOME), "LISTOPS_IMAGE_STAGE": IMAGE[0], "LISTOPS_SUITE": IMAGE[1]}
        env = environment({**chosen, **engine})
        figures = whole_site(env, before)
        if not before:
            figures += [figure for measure in SIDES.values() for figure in measure(lists, int(mails or 0), env)]
        step("figures: medians of at least 3; REST, commands and Ansible loop measured on a few lists and extrapolated")
    for line in report(figures):
        say(line)
    missed = [figure for figure in figures if figure.missed]
    say(f"\n{len(missed)} of {sum(1 for f in figures if f.target)} targets missed, in {elapsed()} s")
    return 1 if missed else 0
