# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The files for the hosting of the repository do what .ci/run does, and say the project's address once."""

from __future__ import annotations

import json
import os
import re
import subprocess
from pathlib import Path

import pytest
import yaml

from harness import stories
from harness.checkout import ROOT, VENV, environment
from harness.lint import tracked

WORKFLOW = yaml.safe_load((ROOT / ".github/workflows/ci.yml").read_text(encoding="utf-8"))


def steps(job: str) -> list[str]:
    return [step["run"] for step in WORKFLOW["jobs"][job]["steps"] if "run" in step]


def matrix(everything: str, folder: Path) -> dict[str, list[str]]:
    """What the workflow's own step writes to where its jobs read it."""
    (script,) = steps("matrix")
    output = folder / "output"
    # the words of the step's environment but the expression, which the host of the workflow computes
    env = environment({"GITHUB_OUTPUT": str(output), "EVERYTHING": everything, "PYTHONPATH": "tests"})
    subprocess.run(["bash", "-e", "-c", script], cwd=ROOT, env=env, check=True)
    return {
        key: json.loads(value)
        for key, _equals, value in (line.partition("=") for line in output.read_text().split("\n")[:-1])
    }


def test_it_runs_each_story(tmp_path):
    every = stories.stories()
    assert matrix("false", tmp_path)["stories"] == [story.name for story in every if not story.rare]
    (tmp_path / "output").unlink()
    weekly = matrix("true", tmp_path)
    assert weekly["stories"] == [story.name for story in every]
    assert weekly["suites"] == ["", "bookworm", "trixie"]


def test_it_runs_each_part_of_make_test():
    commands = {part for job in WORKFLOW["jobs"] for run in steps(job) for part in re.findall(r"make ([a-z-]+)", run)}
    checks = set(WORKFLOW["jobs"]["code"]["strategy"]["matrix"]["check"])
    assert commands | checks == {"lint", "units", "sanity", "test-truth", "test-contract", "test-docs-site", "story"}


def test_a_part_that_failed_fails_the_whole():
    passed = WORKFLOW["jobs"]["passed"]
    assert set(passed["needs"]) == set(WORKFLOW["jobs"]) - {"passed", "matrix"}
    (script,) = steps("passed")
    for results, status in (("success", 0), ("failure", 1), ("cancelled", 1), ("skipped", 1)):
        words = ["success"] * (len(passed["needs"]) - 1) + [results]
        env = {**os.environ, "RESULTS": " ".join(words)}
        assert subprocess.run(["bash", "-c", script], env=env, check=False).returncode == status


def test_it_may_not_write_to_the_repository():
    assert WORKFLOW["permissions"] == {"contents": "read"}
    for job in WORKFLOW["jobs"].values():
        assert "permissions" not in job
        for step in job["steps"]:
            if step.get("uses", "").startswith("actions/checkout@"):
                assert step["with"]["persist-credentials"] is False


def test_a_branch_name_is_no_program():
    """What others choose reaches a shell as a variable, never as text of the script."""
    for job in WORKFLOW["jobs"]:
        for run in steps(job):
            assert not re.search(r"\$\{\{(?! matrix\.check )", run), run


def test_the_address_is_in_one_place():
    galaxy = yaml.safe_load((ROOT / "galaxy.yml").read_text(encoding="utf-8"))
    address = galaxy["repository"].encode()
    found = {name for name in tracked() if (ROOT / name).is_file() and address in (ROOT / name).read_bytes()}
    assert found == {"galaxy.yml", ".github/ISSUE_TEMPLATE/config.yml"}


def call(folder: Path, *command: str | Path) -> subprocess.CompletedProcess[str]:
    env = {key: value for key, value in os.environ.items() if not key.startswith("GIT_")}
    env.update(GIT_CONFIG_GLOBAL=os.devnull, PRE_COMMIT_HOME=str(folder / ".git/pre-commit"))
    return subprocess.run(command, cwd=folder, env=env, check=False, capture_output=True, text=True)


@pytest.fixture
def checkout(tmp_path):
    """A repository of its own with the project's hooks and tools."""
    (tmp_path / ".venv").symlink_to(VENV)
    for name in (".pre-commit-config.yaml", ".yamllint", "pyproject.toml", "changelogs/config.yaml", "galaxy.yml"):
        target = tmp_path / name
        target.parent.mkdir(exist_ok=True)
        target.write_bytes((ROOT / name).read_bytes())
    for command in (
        ["git", "init", "-q"],
        ["git", "config", "user.name", "A. Contributor"],
        ["git", "config", "user.email", "contributor@example.org"],
        [VENV / "bin/pre-commit", "install"],
    ):
        done = call(tmp_path, *command)
        assert done.returncode == 0, done.stdout + done.stderr
    return tmp_path


WORKFLOW_OF_ONE = '---\nname: one\n"on": push\njobs:\n  one:\n    runs-on: ubuntu-24.04\n    steps:\n      - run: {0}\n'


@pytest.mark.parametrize(
    ("hook", "name", "good", "bad"),
    [
        ("ruff-check", "tests/x.py", "import os\n\nprint(os)\n", "import os\n"),
        ("ruff-format", "tests/x.py", "x = 1\n", "x=1\n"),
        ("yamllint", "x.yml", "---\na: 1\n", "---\na:  1\n"),
        ("github-workflows", ".github/workflows/x.yml", WORKFLOW_OF_ONE.format("make"), WORKFLOW_OF_ONE.format("[]")),
        (
            "changelog",
            "changelogs/fragments/x.yml",
            "---\nbugfixes:\n  - exim - stops.\n",
            "---\nmishaps:\n  - exim - stops.\n",
        ),
    ],
)
def test_a_commit_is_refused_by_the_hook_that_says_why(checkout, hook, name, good, bad):
    path = checkout / name
    path.parent.mkdir(parents=True, exist_ok=True)
    for text, status in ((bad, 1), (good, 0)):
        path.write_text(text, encoding="utf-8")
        call(checkout, "git", "add", name)
        done = call(checkout, "git", "commit", "-qm", "Try it")
        said = done.stdout + done.stderr
        assert done.returncode == status, said
        assert (f"hook id: {hook}" in said) == bool(status), said
    assert call(checkout, "git", "log", "--format=%s").stdout == "Try it\n"
