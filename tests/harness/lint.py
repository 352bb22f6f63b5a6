# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The checks that read the files and run none of them."""

from __future__ import annotations

import shutil
import tarfile
from collections.abc import Callable

from harness.checkout import CACHE, ROOT, environment
from harness.console import Problem, ask, run, step
from harness.results import ONE, Count, Run

GENERATE_DOCS = "tests/docs/generate.py"
COMMANDS = {
    "yamllint": ["yamllint", "--strict", "."],
    "ansible-lint": ["ansible-lint", "-q"],
    "ruff check": ["ruff", "check", "."],
    "ruff format": ["ruff", "format", "--check", "."],
    "mypy": ["mypy"],
    "changelog": ["antsibull-changelog", "lint"],
    "docs up to date": ["python", GENERATE_DOCS, "--check"],
    # of the files that git knows
    "antsibull-docs": [
        "antsibull-docs",
        "lint-collection-docs",
        "--plugin-docs",
        "--validate-collection-refs=dependent",
        ".",
    ],
}


def command(name: str) -> Callable[[], Count]:
    def check() -> Count:
        step(name)
        run(COMMANDS[name], log=name.replace(" ", "-"), env=environment())
        return ONE

    return check


def tracked() -> set[str]:
    """The files of the checkout, those not yet committed included."""
    status, output = ask(
        ["git", "-c", "core.quotePath=false", "ls-files", "--cached", "--others", "--exclude-standard"],
        env=environment(),
    )
    if status:
        raise Problem(f"This folder is not a git checkout: {output}")
    return {name for name in output.splitlines() if (ROOT / name).exists()}


def package() -> Count:
    """The built collection holds files of the checkout and nothing that was made here."""
    step("package")
    target = CACHE / "package"
    shutil.rmtree(target, ignore_errors=True)
    run(["ansible-galaxy", "collection", "build", "--output-path", str(target)], log="package", env=environment())
    (archive,) = target.glob("*.tar.gz")
    with tarfile.open(archive) as tar:
        names = {member.name for member in tar if not member.isdir()}
    strange = sorted(names - tracked() - {"MANIFEST.json", "FILES.json"})
    if strange:
        raise Problem(
            f"The built collection holds {len(strange)} files that git does not know, {strange[0]} first: see build_ignore in galaxy.yml."
        )
    collections = target / "collections"
    run(
        ["ansible-galaxy", "collection", "install", "--offline", "--no-deps", "-p", str(collections), str(archive)],
        log="package-install",
        env=environment(),
    )
    return ONE


def lint(parts: Run) -> None:
    for name in COMMANDS:
        parts.part(name, command(name))
    parts.part("package", package)


def docs() -> None:
    step("reference pages")
    run(["python", GENERATE_DOCS], log="docs", env=environment())
