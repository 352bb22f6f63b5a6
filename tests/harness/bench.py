# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""make bench: how fast the collection is on a big site, with the targets it must meet.

On throw-away hosts with Mailman 3; or, with MAILMAN2_HOST, on the Mailman 2.1 in the running container of that name.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from bench import mailman3, mailman21
from bench.figures import Figure, report
from bench.host import Host
from harness import contract, images, prerequisites
from harness.checkout import CACHE, CREDENTIALS, HOME, claim, environment, project
from harness.console import elapsed, run, say, step
from harness.demo import INVENTORIES, playbook

LISTS = 1000
IMAGE: images.Image = ("server", "trixie")
Env = dict[str, str]


def with_mailman3(database: str, lists: int, env: Env) -> list[Figure]:
    """The figures of Mailman 3 with one database, on a host that is gone afterwards."""
    name = f"mailman3.{database}"
    step(f"{name}: a host with Mailman")
    env = {**env, "LISTOPS_PROJECT": project(f"bench-{database}")}
    options = [f"--extra-vars=mailman_database={database}"]
    try:
        playbook("molecule/resources/create.yml", f"bench-{database}-create", env, brief="create")
        playbook("molecule/modules/converge.yml", f"bench-{database}-host", env, brief="mailman", options=options)
        step(f"{name}: figures")
        host = Host(env["LISTOPS_ENGINE"], f"{env['LISTOPS_PROJECT']}-fermium", env)
        return mailman3.Mailman3(name, host, lists, say, loop=partial(loop, env, options)).figures()
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


# One side for each engine and database that gets hosts of its own.
SIDES: dict[str, Callable[[int, Env], list[Figure]]] = {
    "mailman3.sqlite": partial(with_mailman3, "sqlite"),
    "mailman3.postgresql": partial(with_mailman3, "postgresql"),
}


def bench(mailman2_host: str = "", lists: int = LISTS) -> int:
    """Print the figures; 1 when a target is missed. mailman2_host: measure the Mailman 2.1 in this container alone."""
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
        figures = [figure for measure in SIDES.values() for figure in measure(lists, env)]
        step("figures: medians of at least 3; REST, commands and Ansible loop measured on a few lists and extrapolated")
    for line in report(figures):
        say(line)
    missed = [figure for figure in figures if figure.missed]
    say(f"\n{len(missed)} of {sum(1 for f in figures if f.target)} targets missed, in {elapsed()} s")
    return 1 if missed else 0
