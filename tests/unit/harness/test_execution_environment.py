# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""ansible-builder accepts the definition, and learns from the collection what it needs."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from harness.checkout import ROOT, VENV, environment
from harness.lint import build

DEFINITION = ROOT / "execution-environment.yml"


def builder(*arguments: str | Path, cwd: Path) -> str:
    done = subprocess.run(
        [VENV / "bin/ansible-builder", *arguments],
        cwd=cwd,
        env=environment(),
        check=False,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


@pytest.fixture(scope="module")
def checkout(tmp_path_factory) -> Path:
    """The definition beside the archive of `make package`."""
    folder = tmp_path_factory.mktemp("checkout")
    build(folder / ".cache/package")
    shutil.copy(DEFINITION, folder)
    return folder


@pytest.fixture(scope="module")
def context(checkout) -> Path:
    builder("create", "--context", checkout / "context", cwd=checkout)
    return checkout / "context"


def test_the_archive_is_what_is_installed(checkout, context):
    (archive,) = (checkout / ".cache/package").glob("*.tar.gz")
    assert (context / "_build/artefact" / archive.name).read_bytes() == archive.read_bytes()
    (collection,) = yaml.safe_load((context / "_build/requirements.yml").read_text(encoding="utf-8"))["collections"]
    steps = (context / "Containerfile").read_text(encoding="utf-8")
    assert steps.index(f"COPY _build/artefact/listops-mailman-*.tar.gz {collection['name']}\n") < steps.index(
        "ansible-galaxy collection install"
    )


def test_what_runs_on_the_controller_is_installed(tmp_path, checkout):
    collections = tmp_path / "collections"
    (archive,) = (checkout / ".cache/package").glob("*.tar.gz")
    install = [
        "ansible-galaxy",
        "collection",
        "install",
        "--offline",
        "--no-deps",
        "-p",
        str(collections),
        str(archive),
    ]
    env = environment({"ANSIBLE_COLLECTIONS_PATH": str(collections)})
    subprocess.run(install, env=env, check=True, stdout=subprocess.DEVNULL)
    needed = yaml.safe_load(builder("introspect", collections, cwd=tmp_path))
    debian = {line.split()[0] for line in needed["system"] if "platform:rpm" not in line}
    assert debian == {"openssh-client", "gpg", "tzdata"}
    assert needed["python"] == []


def test_it_has_the_ansible_core_that_is_tested():
    definition = yaml.safe_load(DEFINITION.read_text(encoding="utf-8"))
    tested = re.search(r"^ansible-core\S+", (ROOT / "tests/requirements.in").read_text(encoding="utf-8"), re.MULTILINE)
    assert tested and definition["dependencies"]["ansible_core"]["package_pip"] == tested.group()
