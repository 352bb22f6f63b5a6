# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The checks that read the files and run none of them."""

from __future__ import annotations

import shutil
import tarfile
from collections.abc import Callable
from pathlib import Path

from harness.checkout import CACHE, HOME, ROOT, environment
from harness.console import Problem, ask, run, step
from harness.results import ONE, Count, Run

PACKAGE = CACHE / "package"
GENERATE_DOCS = "tests/docs/generate.py"
COMMANDS = {
    "yamllint": ["yamllint", "--strict", "."],
    "ansible-lint": ["ansible-lint", "-q"],
    "ruff check": ["ruff", "check", "."],
    "ruff format": ["ruff", "format", "--check", "."],
    "mypy": ["mypy"],
    "changelog": ["antsibull-changelog", "lint"],
    "docs up to date": ["python", GENERATE_DOCS, "--check"],
    "links of docs": ["python", "tests/docs/pages.py", "--check"],
    # of the files that git knows
    "antsibull-docs": [
        "antsibull-docs",
        "lint-collection-docs",
        "--plugin-docs",
        "--validate-collection-refs=dependent",
        ".",
    ],
}


# The files for the hosting of the repository, by the schema that check-jsonschema has of each.
HOSTING = {
    "vendor.github-workflows": ".github/workflows/*.yml",
    "vendor.github-issue-forms": ".github/ISSUE_TEMPLATE/[!c]*.yml",
    "vendor.github-issue-config": ".github/ISSUE_TEMPLATE/config.yml",
    "vendor.dependabot": ".github/dependabot.yml",
}


def command(name: str) -> Callable[[], Count]:
    def check() -> Count:
        step(name)
        run(COMMANDS[name], log=name.replace(" ", "-"), env=environment())
        return ONE

    return check


def hosting() -> Count:
    """The files for the hosting of the repository are what it takes, and leave nothing open."""
    step("hosting")
    for schema, pattern in HOSTING.items():
        files = sorted(map(str, ROOT.glob(pattern)))
        if not files:
            raise Problem(f"There is no {pattern}.")
        run(["check-jsonschema", "--builtin-schema", schema, *files], log=schema, env=environment())
    # offline, it asks no host about actions
    run(["zizmor", "--offline", "--quiet", "--no-progress", ".github"], log="zizmor", env=environment())
    run(["pre-commit", "validate-config"], log="pre-commit-config", env=environment())
    return ONE


def tracked() -> set[str]:
    """The files of the checkout, those not yet committed included."""
    status, output = ask(
        ["git", "-c", "core.quotePath=false", "ls-files", "--cached", "--others", "--exclude-standard"],
        env=environment(),
    )
    if status:
        raise Problem(f"This folder is not a git checkout: {output}")
    return {name for name in output.splitlines() if (ROOT / name).exists()}


def build(target: Path = PACKAGE) -> Path:
    """The collection as an archive, alone in its folder."""
    shutil.rmtree(target, ignore_errors=True)
    run(["ansible-galaxy", "collection", "build", "--output-path", str(target)], log="package", env=environment())
    (archive,) = target.glob("*.tar.gz")
    return archive


def package() -> Count:
    """The built collection holds files of the checkout and nothing that was made here, and can be installed."""
    step("package")
    archive = build()
    with tarfile.open(archive) as tar:
        names = {member.name for member in tar if not member.isdir()}
    strange = sorted(names - tracked() - {"MANIFEST.json", "FILES.json"})
    if strange:
        raise Problem(
            f"The built collection holds {len(strange)} files that git does not know, {strange[0]} first: see build_ignore in galaxy.yml."
        )
    # Where the checkout itself is found as the collection, there is nothing to install.
    collections = PACKAGE / "collections"
    run(
        ["ansible-galaxy", "collection", "install", "--offline", "--no-deps", "-p", str(collections), str(archive)],
        log="package-install",
        env=environment({"ANSIBLE_COLLECTIONS_PATH": str(collections)}),
    )
    if not (collections / "ansible_collections/listops/mailman/MANIFEST.json").is_file():
        raise Problem("ansible-galaxy did not install the built collection.")
    return ONE


def complaints(output: str) -> list[str]:
    """What Galaxy's importer has against a collection; of warnings it tells, and succeeds."""
    return [line for line in output.splitlines() if line.startswith(("WARNING:", "ERROR:", "CRITICAL:"))]


def importer() -> Count:
    """Galaxy's own importer accepts the built collection without a word."""
    step("galaxy-importer")
    archive = build()
    env = environment({"GALAXY_IMPORTER_CONFIG": str(ROOT / "tests/galaxy-importer.cfg"), "HOME": str(HOME)})
    output = run(
        ["python", "-m", "galaxy_importer.main", str(archive)],
        log="galaxy-importer",
        env=env,
        cwd=PACKAGE,
        only=lambda line: "" if line.startswith("Loading ") else line,
    )
    found = complaints(output)
    if found:
        raise Problem(f"Galaxy's importer has {len(found)} complaints, {found[0]} first.")
    return ONE


def lint(parts: Run) -> None:
    for name in COMMANDS:
        parts.part(name, command(name))
    parts.part("hosting", hosting)
    parts.part("package", package)
    parts.part("galaxy-importer", importer)


def docs() -> None:
    step("reference pages")
    run(["python", GENERATE_DOCS], log="docs", env=environment())
