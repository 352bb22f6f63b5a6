# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A missing prerequisite is one sentence that says what to do, before anything is changed."""

from __future__ import annotations

import platform
import shutil
import types

import pytest

from harness import prerequisites
from harness.console import Problem


@pytest.fixture(autouse=True)
def nothing_runs(monkeypatch):
    def run(*_arguments, **_options):
        raise AssertionError("a command was run")

    monkeypatch.setattr(prerequisites, "run", run)
    monkeypatch.delenv("LISTOPS_ENGINE", raising=False)


@pytest.fixture
def lacks(monkeypatch):
    """Make programs missing, and this user an ordinary one."""

    def lack(*names: str) -> None:
        there = shutil.which
        monkeypatch.setattr(
            prerequisites.shutil, "which", lambda name: None if name in names else there(name) or f"/usr/bin/{name}"
        )
        monkeypatch.setattr(prerequisites.os, "geteuid", lambda: 1000)

    return lack


def sentence(action) -> str:
    with pytest.raises(Problem) as problem:
        action()
    said = str(problem.value)
    assert "\n" not in said
    assert said.endswith(".")
    return said


def test_no_engine_and_not_root(lacks):
    lacks("podman", "docker")
    said = sentence(prerequisites.engine)
    assert said.startswith("podman is missing and this is not root: run `apt-get install podman ")


def test_no_engine_and_no_apt(lacks):
    lacks("podman", "docker", "apt-get")
    assert "install what Debian calls podman" in sentence(prerequisites.engine)


def test_docker_asked_for_and_missing(lacks, monkeypatch):
    lacks("docker")
    monkeypatch.setenv("LISTOPS_ENGINE", "docker")
    assert (
        sentence(prerequisites.engine)
        == "LISTOPS_ENGINE is docker, which is not installed: give podman, or install it."
    )


def test_unknown_engine(monkeypatch):
    monkeypatch.setenv("LISTOPS_ENGINE", "lxc")
    assert sentence(prerequisites.engine) == "LISTOPS_ENGINE is lxc: give podman or docker."


def test_no_git(lacks):
    lacks("git")
    assert sentence(prerequisites.set_up) == "git is missing: install it, then try again."


def test_another_machine(monkeypatch):
    monkeypatch.setattr(platform, "machine", lambda: "riscv64")
    assert sentence(prerequisites.set_up) == "The test hosts run on aarch64 and x86_64, and this machine is riscv64."


def test_no_space(tmp_path, monkeypatch):
    monkeypatch.setattr(prerequisites.shutil, "disk_usage", lambda _where: types.SimpleNamespace(free=1_000_000_000))
    said = sentence(lambda: prerequisites.need_space(tmp_path / "not/there/yet", 2, "The virtual environment"))
    assert said == f"The virtual environment needs 2 GB in {tmp_path}, and 1.0 GB are free."


def test_no_venv_module(tmp_path, lacks, monkeypatch):
    lacks()
    monkeypatch.setattr(prerequisites, "ROOT", tmp_path)
    monkeypatch.setattr(prerequisites.importlib.util, "find_spec", lambda _name: None)
    said = sentence(lambda: prerequisites.make_venv(tmp_path / ".venv", ["x"], "3.11 x\n"))
    assert (
        said
        == "Python's venv module is missing and this is not root: run `apt-get install python3-venv` as root, then try again."
    )


def test_a_stamped_environment_is_left_alone(tmp_path):
    (tmp_path / "listops-stamp").write_text("3.11 x\n", encoding="utf-8")
    prerequisites.make_venv(tmp_path, ["x"], "3.11 x\n")
