# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From a word on the command line to what it does."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable
from functools import partial

from harness import images, lint, prerequisites, site, stories, versions
from harness.bench import bench
from harness.checkout import ROOT
from harness.clean import clean
from harness.console import Problem, elapsed, say, side_by_side, table
from harness.contract import OTHER_PYTHONS, contract
from harness.demo import demo
from harness.matrix import matrix
from harness.results import Count, Run
from harness.sanity import sanity
from harness.signing import sign
from harness.truth import truth
from harness.units import units

COMMANDS = [
    "demo",
    "test",
    "test-all",
    "test-contract",
    "test-truth",
    "bench",
    "story",
    "stories",
    "matrix",
    "package",
    "docs",
    "docs-site",
    "test-docs-site",
    "lint",
    "units",
    "sanity",
    "clean",
]


def list_stories() -> int:
    told = [part for story in stories.stories() for part in (story, *stories.test_groups(story))]
    say(table([(story.name, story.line) for story in told]))
    return 0


def list_matrix() -> int:
    say("\n".join(matrix(everything=os.environ.get("EVERYTHING") == "true")))
    return 0


def one_story(name: str) -> int:
    story = stories.find(name)
    tests: list[str] = []
    host = os.environ.get("MAILMAN2_HOST", "")
    if host:
        story, tests = stories.on_mailman21(story)
    prerequisites.set_up()
    venv = versions.environment_of(os.environ.get("CORE", ""))
    engine = prerequisites.engine()
    parts = Run()
    if tests:
        parts.part(f"story {name} on {host}", partial(contract, engine, host, tests=tests))
    else:
        parts.part(f"story {name}", partial(stories.run_story, story, engine, venv=venv))
    return parts.finish()


def one_part(name: str) -> int:
    prerequisites.set_up()
    parts = Run()
    if name == "units":
        prerequisites.need_gnupg()
    venv = versions.environment_of(os.environ.get("CORE", ""))
    if name == "lint":
        lint.lint(parts)
    elif name == "test-truth":
        parts.part(name, truth)
    else:
        parts.part(name, partial({"units": units, "sanity": sanity}[name], venv=venv))
    return parts.finish()


def test_contract() -> int:
    host, suite = os.environ.get("MAILMAN2_HOST", ""), os.environ.get("SUITE", "")
    prerequisites.set_up()
    engine = prerequisites.engine()
    parts = Run()
    parts.part(f"contract on {host or 'the stand-in'}", partial(contract, engine, host, suite))
    return parts.finish()


def test(everything: bool) -> int:
    told = [story for story in stories.stories() if everything or not story.rare]
    prerequisites.need_gnupg()
    prerequisites.set_up()
    engine = prerequisites.engine()
    parts = Run()

    def look_at_the_code() -> None:
        lint.lint(parts)
        parts.part("units", units)
        parts.part("sanity", sanity)
        parts.part("truth", truth)

    def part(name: str, action: Callable[[], Count]) -> Callable[[], None]:
        return partial(parts.part, name, action)

    images.ensure([image for story in told for image in story.images], engine)
    work = {"code": look_at_the_code, "contract": part("contract", partial(contract, engine))}
    often = [story for story in told if not story.rare]
    # the longest first, so that none is left alone at the end
    for story in sorted(often, key=lambda story: story.minutes, reverse=True):
        slow = everything or not story.slow_is_rare
        work[story.name] = part(f"story {story.name}", partial(stories.run_story, story, engine, slow=slow))
    side_by_side(work, at_once=min(2, os.cpu_count() or 1))
    # some of these measure times
    for story in told:
        if story.rare:
            parts.part(f"story {story.name}", partial(stories.run_story, story, engine))
    if everything:
        for suite, python in OTHER_PYTHONS:
            parts.part(f"contract, modules in Python {python}", partial(contract, engine, suite=suite))
        parts.part("documentation site", partial(site.browse, engine))
        versions.other_versions(parts, engine)
    return parts.finish()


def package(key: str) -> int:
    if key:
        prerequisites.need_gnupg()
    prerequisites.set_up()
    archive = lint.build()
    for path in [archive, *([sign(archive, key)] if key else [])]:
        say(f"made {path.relative_to(ROOT)}")
    return 0


def docs() -> int:
    prerequisites.set_up()
    lint.docs()
    return 0


def docs_site() -> int:
    prerequisites.set_up()
    site.build()
    say(f"made {(site.HTML / 'index.html').relative_to(ROOT)}")
    return 0


def test_docs_site() -> int:
    prerequisites.set_up()
    engine = prerequisites.engine()
    parts = Run()
    parts.part("documentation site", partial(site.browse, engine))
    return parts.finish()


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="make")
    parser.add_argument("command", choices=COMMANDS)
    parser.add_argument("story", nargs="?", default="")
    given = parser.parse_args(arguments)
    commands: dict[str, Callable[[], int]] = {
        "demo": demo,
        "test": partial(test, everything=False),
        "test-all": partial(test, everything=True),
        "test-contract": test_contract,
        "story": partial(one_story, given.story),
        "stories": list_stories,
        "matrix": list_matrix,
        "bench": partial(
            bench, os.environ.get("MAILMAN2_HOST", ""), os.environ.get("BEFORE", ""), os.environ.get("MAILS", "")
        ),
        "package": partial(package, os.environ.get("KEY", "")),
        "docs": docs,
        "docs-site": docs_site,
        "test-docs-site": test_docs_site,
        "clean": clean,
    }
    try:
        return commands.get(given.command, partial(one_part, given.command))()
    except Problem as exc:
        say(f"\nmake {given.command} stopped after {elapsed()} s: {exc}")
        return 1
    except KeyboardInterrupt:
        say(f"\nmake {given.command} was interrupted after {elapsed()} s.")
        return 130
