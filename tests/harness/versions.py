# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The versions of ansible-core that their upstream supports, each in an environment of its own."""

from __future__ import annotations

import shutil
import sys
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from harness import stories
from harness.checkout import CACHE, VENV, environment
from harness.console import Problem, ask, say
from harness.prerequisites import make_venv
from harness.results import Count, Run
from harness.sanity import sanity, search_path
from harness.units import units


@dataclass(frozen=True)
class Core:
    version: str
    # the community package that brings it, and the collections that we depend on
    bundle: str
    # the oldest Python that it runs on
    python: tuple[int, int]


# From the oldest to the newest. The support policy, requires_ansible and the workflow say the same (test_versions.py).
CORES = (
    Core("2.19", "ansible~=12.0", (3, 11)),
    Core("2.20", "ansible~=13.0", (3, 12)),
    Core("2.21", "ansible~=14.0", (3, 12)),
)
TOOLS = ["dnspython", "hypothesis", "molecule", "passlib", "pytest", "pytest-testinfra", "pytest-xdist"]


def interpreter(core: Core) -> str:
    """A Python that an ansible-core runs on: the one that runs this, or else the newest one here."""
    if sys.version_info[:2] >= core.python:
        return sys.executable
    path = search_path(environment()["PATH"])
    for minor in range(19, core.python[1] - 1, -1):
        found = shutil.which(f"python3.{minor}", path=path)
        if found:
            return found
    wanted = "{}.{}".format(*core.python)
    raise Problem(f"ansible-core {core.version} needs Python {wanted}: run make with PYTHON=/path/to/python{wanted}.")


def core_of(venv: Path) -> str:
    python = str(venv / "bin/python")
    status, output = ask(
        [python, "-c", "from ansible.release import __version__; print(__version__)"], env=environment()
    )
    if status:
        raise Problem(f"{python} has no ansible-core: {output}")
    return output


def is_of(core: Core, venv: Path) -> bool:
    return core_of(venv).startswith(f"{core.version}.")


def environment_of(version: str) -> Path:
    """The virtual environment with an ansible-core, made where it is not there; the usual one, if that has it."""
    core = next((core for core in CORES if core.version == version), None)
    if version and not core:
        raise Problem(f"CORE is {version}: give {', '.join(core.version for core in CORES)}.")
    if not core or is_of(core, VENV):
        return VENV
    venv, python = CACHE / f"ansible-{core.version}", interpreter(core)
    _status, number = ask([python, "-c", "import sys; print('%d.%d' % sys.version_info[:2])"], env=environment())
    wanted = [core.bundle, *TOOLS]
    make_venv(venv, ["--upgrade", *wanted], f"{number} {' '.join(wanted)}\n", python=python)
    say(f"ansible-core {core_of(venv)} on Python {number}")
    return venv


def _red(problem: Problem) -> Count:
    raise problem


def other_versions(parts: Run, engine: dict[str, str]) -> None:
    """Units and sanity on each, and the main story on the oldest and the newest; what has just been used is not run again."""
    for core in CORES:
        if is_of(core, VENV):
            say(f"ansible-core {core_of(VENV)} is tested above")
            continue
        try:
            venv = environment_of(core.version)
        except Problem as exc:
            parts.part(f"ansible-core {core.version}", partial(_red, exc))
            continue
        parts.part(f"units on {core.version}", partial(units, f"units on {core.version}", venv=venv))
        parts.part(f"sanity on {core.version}", partial(sanity, f"sanity on {core.version}", venv=venv))
        if core in (CORES[0], CORES[-1]):
            story = partial(stories.run_story, stories.find("default"), engine, venv=venv)
            parts.part(f"story default on {core.version}", story)
