# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The oldest and the newest ansible-core that this Python carries, each in an environment of its own."""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path

from harness import stories
from harness.checkout import CACHE, VENV, environment
from harness.console import Problem, ask, say
from harness.prerequisites import make_venv
from harness.results import Count, Run
from harness.units import units

# The community package that brings the oldest ansible-core we promise, or the oldest
# that supports this Python as a controller. It brings the collections, too.
OLDEST = {(3, 11): "ansible~=9.0", (3, 12): "ansible~=9.0", (3, 13): "ansible~=11.0"}
NEWEST = "ansible"
TOOLS = ["hypothesis", "molecule", "passlib", "pytest", "pytest-testinfra"]


def core_of(python: str) -> str:
    status, output = ask(
        [python, "-c", "from ansible.release import __version__; print(__version__)"], env=environment()
    )
    if status:
        raise Problem(f"{python} has no ansible-core: {output}")
    return output


def _refuse(core: str, venv: Path) -> Count:
    raise Problem(
        f"ansible-core {core} runs no module from {venv}: up to 2.16 it knows no path with white space, so use a clone without."
    )


def other_versions(parts: Run, engine: dict[str, str]) -> None:
    """Units and the main story on each; what `make test` has just used is not run again."""
    tested = {core_of(str(VENV / "bin/python"))}
    oldest = OLDEST.get(sys.version_info[:2], NEWEST)
    for name, bundle in (("oldest", oldest), ("newest", NEWEST)):
        venv = CACHE / f"ansible-{name}"
        make_venv(
            venv,
            ["--upgrade", bundle, *TOOLS],
            f"{sys.version_info[0]}.{sys.version_info[1]} {bundle} {' '.join(TOOLS)}\n",
        )
        core = core_of(str(venv / "bin/python"))
        if core in tested:
            say(f"the {name} ansible-core for this Python is {core}, tested above")
            continue
        tested.add(core)
        say(f"the {name} ansible-core for this Python is {core}")
        if ask([str(venv / "bin/ansible"), "localhost", "-m", "ansible.builtin.ping"], env=environment(venv=venv))[0]:
            parts.part(f"units on {core}", partial(_refuse, core, venv))
            continue
        parts.part(f"units on {core}", partial(units, f"units on {core}", venv=venv))
        parts.part(f"story default on {core}", partial(stories.run_story, stories.find("default"), engine, venv=venv))
