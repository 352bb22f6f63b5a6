# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Stories are molecule scenarios; each is one end-to-end proof with hosts of its own.

A scenario may have test groups, folders of its proofs: each is a story by name, and all are run on one host.
"""

from __future__ import annotations

import os
import shlex
import tomllib
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from harness import images
from harness.checkout import CACHE, CREDENTIALS, HOME, LOGS, ROOT, VENV, claim, environment, project
from harness.console import Failed, Problem, run, say, step
from harness.images import Image
from harness.prerequisites import need_program
from harness.results import Count, PartFailed, left_out, read_junit, reason


@dataclass(frozen=True)
class Story:
    name: str
    line: str
    images: list[Image]
    # which of them the mail host starts from, if the scenario's inventory does not say
    host: Image = ("host", "trixie")
    # run by test-all only
    rare: bool = False
    # its slow proofs are
    slow_is_rare: bool = False
    # how long it takes on a quiet machine
    minutes: int = 0
    # folders of the scenario's proofs that can be run alone; of a test group: its scenario
    groups: tuple[str, ...] = ()
    scenario: str = ""
    # what the proofs run on this machine
    programs: tuple[str, ...] = ()
    # of itself or a test group: what proves it on Mailman 2.1, another story or tests of the contract
    old: dict[str, list[str]] = field(default_factory=dict)


# Of a scenario's story.toml: each key and the type of its value; rare and slow_is_rare have the reason.
KEYS = {
    "proves": str,
    "rare": str,
    "slow_is_rare": str,
    "minutes": int,
    "host": list,
    "images": list,
    "groups": list,
    "needs": list,
    "mailman21": dict,
}


def read_story(path: Path) -> Story:
    """What a scenario proves, and on which images, from the story.toml beside its molecule.yml."""
    where = "/".join(path.parts[-2:])
    try:
        told: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, tomllib.TOMLDecodeError) as exc:
        raise Problem(f"{where} cannot be read: {exc}") from exc
    for key, value in told.items():
        if not isinstance(value, KEYS.get(key, ())):
            raise Problem(f"{where} has {key} = {value!r}: give the keys {', '.join(KEYS)}, each of its type.")
    if "proves" not in told:
        raise Problem(f"{where} lacks proves: give one line that says what the story proves.")
    stage, suite = told.get("host", Story.host)
    found: list[Image] = [(image[0], image[1]) for image in told.get("images", [])]
    if "host" in told or not found:
        found.append((stage, suite))
    return Story(
        path.parent.name,
        told["proves"],
        found,
        (stage, suite),
        "rare" in told,
        "slow_is_rare" in told,
        told.get("minutes", 0),
        tuple(told.get("groups", ())),
        programs=tuple(told.get("needs", ())),
        old=told.get("mailman21", {}),
    )


def test_groups(story: Story) -> list[Story]:
    """The parts of a story that can be run alone."""
    line = f"test group of {story.name}"
    return [replace(story, name=name, line=line, groups=(), scenario=story.name) for name in story.groups]


def stories() -> list[Story]:
    """All of them, the main one first."""
    found = [read_story(path.with_name("story.toml")) for path in sorted(ROOT.glob("molecule/*/molecule.yml"))]
    return sorted(found, key=lambda story: (story.name != "default", story.name))


def find(name: str) -> Story:
    known = {part.name: part for story in stories() for part in (story, *test_groups(story))}
    if name not in known:
        raise Problem(f"STORY is {name or 'not set'}: give {', '.join(known)}.")
    return known[name]


def on_mailman21(story: Story) -> tuple[Story, list[str]]:
    """What proves the same on Mailman 2.1: a story, or these tests of the contract.

    A scenario of the same name and 21 has the same test groups.
    """
    if images.PYTHON27 in story.images:
        return story, []
    known = {other.name: other for other in stories()}
    words = story.old.get(story.name, [f"{story.scenario or story.name}21"])
    if words[0].startswith("tests/"):
        return story, words
    if words[0] not in known:
        raise Problem(f"MAILMAN2_HOST is set, and the story {story.name} is of Mailman 3 only: give it without.")
    found = known[words[0]]
    if not story.scenario or story.name in story.old:
        return found, []
    group = replace(story, line=f"test group of {found.name}", scenario=found.name)
    return replace(group, images=found.images, host=found.host), []


def run_story(story: Story, engine: dict[str, str], *, venv: Path = VENV, slow: bool = True) -> Count:
    """Run a story from nothing to nothing; a story that proves nothing has failed. slow: with its slow proofs."""
    for program in story.programs:
        need_program(program, f"which the story {story.name} uses")
    images.ensure([images.OUTSIDE, *story.images], engine)
    label = story.name if venv == VENV else f"{story.name}-{venv.name}"
    step(f"story {label}: {story.line}")
    report = CACHE / f"story-{label}.xml"
    report.unlink(missing_ok=True)
    for host in ("fermium", "sodium"):
        claim(CREDENTIALS.with_name(host))
    settings = {
        "HOME": str(HOME),
        "LISTOPS_IMAGE_STAGE": story.host[0],
        "LISTOPS_SUITE": story.host[1],
        "LISTOPS_TEST_GROUP": story.name if story.scenario else "",
        "LISTOPS_PROJECT": project(label),
        "MOLECULE_COMMAND_BORDERS": "0",
        "MOLECULE_EPHEMERAL_DIRECTORY": str(CACHE / "molecule" / label),
        "PYTEST_ADDOPTS": shlex.join([f"--junitxml={report}", *([] if slow else ["-m", "not slow"])]),
    }
    old = os.environ.get("MAILMAN2_HOST", "") if images.PYTHON27 in story.images else ""
    real = images.copy_of(old, engine) if old else ""
    env = environment({**settings, **engine, "LISTOPS_MAILMAN2_IMAGE": real}, venv=venv)
    try:
        run(["molecule", "test", "--scenario-name", story.scenario or story.name], log=f"story-{label}", env=env)
    except Failed as exc:
        count = read_junit(report)
        if count.failed:
            raise PartFailed(str(exc), count) from exc
        output = (LOGS / f"story-{label}.log").read_text(encoding="utf-8")
        raise PartFailed(f"{exc} It stopped at {reason(output)}", count) from exc
    count = read_junit(report)
    for why in left_out(report):
        say(f"  left out: {why}")
    if not count.passed:
        raise PartFailed("it proved nothing: its verify step ran no test.", count)
    return count
